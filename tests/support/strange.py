"""What the scorer of attacks calls strange characters."""

from scorers.prompt_injection import ATTEMPTED
from scorers.reading.gibberish import strangeness
from scorers.reading.ngrams import logistic


def is_strange(text: str) -> bool:
    """Whether unlikely characters alone make an attack of ``text``."""
    return logistic(strangeness(text)[0]) >= ATTEMPTED.threshold
