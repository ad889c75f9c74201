"""How much of the system prompt stands in an answer: copied runs of words, and the share of its word 4-grams.

Words that the user wrote or that a document holds leak nothing. Sentences of the prompt that tell the assistant how to
behave count in full (``prompt_orders``). Facts and policies in it are there to be told, so a copied one counts little,
and it is in no share. Works in any script, and sees copies only: a translated, paraphrased or encoded prompt has no
n-gram in common.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from scorers.reading.document_marks import marked
from scorers.reading.prompt_orders import ORDER, UNREAD, spans, weight_of
from scorers.reading.text import folded, sentences, words

#: Words of an n-gram.
_N = 4
#: Characters of prompt, answer and user text that are read.
MAX_CHARACTERS = 60_000
#: A character of Chinese, Japanese or Korean says less than a word.
_CHARACTER = 0.6
_WORD = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]|[^\W_\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]+")
#: What the assistant is told to say, word for word, is for users.
_TO_SAY = re.compile(
    r"\b(?:say|says|saying|reply|respond|answer|write|output|state|return|sentence|phrase|message|text|tell|greet|with|include)\b"
    r"[^\"'\u201c\u2018\n]{0,40}"
    r"(?:\"[^\"\n]{4,400}\"|\u201c[^\u201d\n]{4,400}\u201d|\u2018[^\u2019\n]{4,400}\u2019|'(?:[^'\n]|(?<=\w)'(?=\w)){4,400}')",
    re.IGNORECASE,
)
_WIDE = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")

Gram = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Found:
    """Words of the longest copied run (a run of facts counts less), share of the prompt's weighted 4-grams that are
    copied orders, the run itself."""

    run: float
    share: float
    text: str = ""


def tokens(text: str) -> list[str]:
    """Lower-case words; each character of Chinese, Japanese and Korean is one."""
    lowered = text.lower()
    return words(lowered) if lowered.isascii() else _WORD.findall(lowered)


@lru_cache(maxsize=64)
def _grams(prompt: str) -> dict[Gram, float]:
    """The 4-grams of a system prompt without its marked documents, with what each counts."""
    for block in marked(prompt):
        # An order that happens to stand under a mark such as "Context:" is still an order.
        if len(block) > 200 or weight_of(block) < ORDER:
            prompt = prompt.replace(block, "\n")
    prompt = _TO_SAY.sub(" ", prompt)
    found: dict[Gram, float] = {}
    for sentence in sentences(folded(prompt)):
        for span, counts in spans(sentence):
            said = tokens(span)
            weight = counts * (_CHARACTER if _WIDE.search(span) else 1.0)
            for gram in zip(said, said[1:], said[2:], said[3:], strict=False):
                found[gram] = max(weight, found.get(gram, 0.0))
    return found


def overlap(prompt: str, answer: str, known: str) -> Found:
    """What of ``prompt`` stands in ``answer`` and not in ``known`` (what the user wrote, what documents say)."""
    grams = _grams(prompt[:MAX_CHARACTERS])
    said = tokens(answer[:MAX_CHARACTERS])
    # Most answers have none of them, which is told without a list.
    if not grams or grams.keys().isdisjoint(zip(said, said[1:], said[2:], said[3:], strict=False)):
        return Found(0.0, 0.0)
    hits = [grams.get(gram, 0.0) for gram in zip(said, said[1:], said[2:], said[3:], strict=False)]
    given = tokens(known[:MAX_CHARACTERS])
    own = set(zip(given, given[1:], given[2:], given[3:], strict=False))
    best, best_at, run, start = 0.0, (0, 0), 0.0, 0
    copied: set[Gram] = set()
    for at, weight in enumerate(hits):
        gram = tuple(said[at : at + _N])
        if weight == 0.0 or gram in own:
            run = 0.0
            continue
        copied.add(gram)
        if run == 0.0:
            start, run = at, weight * (_N - 1)
        run += weight
        if run > best:
            best, best_at = run, (start, at + _N)
    total = sum(grams.values())
    told = sum(weight for gram in copied if (weight := grams[gram]) >= _CHARACTER * UNREAD)
    return Found(best, told / total, " ".join(said[best_at[0] : best_at[1]]))
