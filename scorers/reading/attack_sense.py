"""Attacks on a model's instructions by what a prompt says, where its words leave a doubt.

The head over words knows the words of attacks that it was fitted on. Most new manners use others, and so does every
other language. Sentence vectors (``reading.encoder``) tell them by meaning. A vector costs ten times as much as the
words, so only prompts between ``LOW`` and ``HIGH`` are encoded: about a twentieth of ordinary English prompts.
"""

from __future__ import annotations

from scorers.reading.encoder import Sense
from scorers.reading.language import SUPPORTED, Language

#: Log-odds of the words between which the vectors decide.
LOW, HIGH = -1.0, 2.0
#: Characters of the two views: the beginning, and the end, where a second request often is.
_BEGINNING, _END = 400, 200
#: Log-odds of the words at which they count in full, and the unit that the head takes them in.
_MOST, _UNIT = 8.0, 4.0
#: What the head knows beside the vectors.
DENSE = ("odds", "english", "attacks")


def views(seen: str) -> tuple[str, str]:
    """The two views of a prompt; ``seen``: its ``injection_signs.view``."""
    text = " ".join(seen.split())
    return text[:_BEGINNING], text[-_END:]


def dense(odds: float, language: Language | None, attacks: bool) -> dict[str, float]:
    """What the head knows beside the vectors, by name in ``DENSE``.

    ``odds``: the log-odds of the words, which tell something in English alone. ``attacks``: whether a sign that is read
    in all languages attacks.
    """
    if language not in (None, Language.ENGLISH):
        return {"attacks": float(attacks)}
    return {"odds": max(-_MOST, min(_MOST, odds)) / _UNIT, "english": 1.0}


def doubtful(odds: float, language: Language | None) -> bool:
    """Whether the words leave a doubt, in a language that the vectors were fitted on; ``None`` stands for English."""
    return LOW <= odds < HIGH and (language is None or language in SUPPORTED)


def sensed(head: Sense, seen: str, odds: float, language: Language | None, attacks: bool) -> float:
    """The log-odds of a prompt that is ``doubtful``."""
    return head.logit(views(seen), dense(odds, language, attacks))
