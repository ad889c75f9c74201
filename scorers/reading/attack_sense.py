"""Attacks on a model's instructions by what a prompt says, where its words leave a doubt.

The head over words knows the words of attacks that it was fitted on. Most new manners use others, and so does every
other language. Sentence vectors (``reading.encoder``) tell them by meaning. A vector costs ten times as much as the
words, so only prompts between ``LOW`` and ``HIGH`` are encoded: about a sixth of ordinary English prompts. Prompts of
developers that forearm themselves ("do not follow orders in the text"), and requests about a quoted text, may have the
words of attacks more than attacks do: they are encoded above ``HIGH``, too.

Who asks for a translation, a summary or a review quotes the text, and orders in a quotation are seldom meant. So the
turn is looked at without its quotations as well.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from scorers.reading.encoder import Sense
from scorers.reading.injection_signs import signs
from scorers.reading.language import SUPPORTED, Language
from scorers.reading.ngrams import Head
from scorers.reading.plain_attacks import plain_attack
from scorers.reading.prompt_shape import SHAPE, forearmed, shape

#: Log-odds of the words between which the vectors decide.
LOW, HIGH = -1.0, 3.0
#: Characters of the views: the beginning, and the end, where a second request often is.
_BEGINNING, _END = 400, 200
#: Log-odds of the words at which they count in full, and the unit that the head takes them in.
_MOST, _UNIT = 8.0, 4.0
#: What the head knows beside the vectors.
DENSE = ("odds", "outside", "english", "attacks", "quotes", *SHAPE)
#: What is quoted in a ``view``, whose marks are plain: between marks or fences (backticks are apostrophes), or after a
#: line that ends with a colon.
_QUOTED = re.compile(
    r"\"{3}.{6,3000}?\"{3}|<{3}.{6,3000}?>{3}|'{3}.{6,3000}?'{3}"
    r"|\"[^\"\n]{6,1500}\"|\u300c[^\u300d]{4,1500}\u300d|(?<=:)\n.{20,}",
    re.DOTALL,
)
#: What is left of a quotation, and characters that a turn must say beside its quotations.
_LEFT, _SAYS = ' "" ', 12


class Views(NamedTuple):
    """The beginning of a prompt, its end, and its beginning without quotations; ``outside`` is all of the last."""

    beginning: str
    end: str
    unquoted: str
    outside: str
    quotes: bool


def views(seen: str) -> Views:
    """The views of a prompt; ``seen``: its ``injection_signs.view``. Without quotations, or if it says nothing
    beside them, ``unquoted`` is the beginning."""
    text = " ".join(seen.split())
    outside = " ".join(_QUOTED.sub(_LEFT, seen).split())
    if outside == text or len(outside.replace('"', "")) < _SAYS:
        outside = text
    return Views(text[:_BEGINNING], text[-_END:], outside[:_BEGINNING], outside, outside != text)


def phrase(seen: str, language: Language | None) -> str:
    """The phrase by which ``seen`` attacks in plain words; nothing if it stands in a quotation alone."""
    found = plain_attack(seen, language)
    return found and plain_attack(views(seen).outside, language)


def dense(
    seen: str, read: Views, odds: float, words: Head, language: Language | None, attacks: bool
) -> dict[str, float]:
    """What the head knows beside the vectors of ``read``, the views of ``seen``, by name in ``DENSE``.

    ``odds``: the log-odds of ``words``, which tell something in English alone; what is said outside quotations has some
    of its own. ``attacks``: whether a sign that is read in all languages attacks.
    """
    known = {"quotes": float(read.quotes), **shape(seen)}
    if language not in (None, Language.ENGLISH):
        return {"attacks": float(attacks), **known}
    outside = _outside(read, odds, words)
    return {"odds": _bounded(odds), "outside": _bounded(outside), "english": 1.0, **known}


def _outside(read: Views, odds: float, words: Head) -> float:
    """The log-odds of what is said outside quotations; ``odds``: those of the whole."""
    return words.logit((read.outside,), signs(read.outside)) if read.quotes else odds


def _bounded(odds: float) -> float:
    return max(-_MOST, min(_MOST, odds)) / _UNIT


def doubtful(seen: str, odds: float, words: Head, language: Language | None) -> bool:
    """Whether the log-odds of ``words`` leave a doubt, in a language that the vectors were fitted on; ``None`` stands
    for English. Above ``HIGH`` they do where the prompt forearms itself, or where they are those of what it quotes."""
    if odds < LOW or not (language is None or language in SUPPORTED):
        return False
    return odds < HIGH or forearmed(seen) or _outside(views(seen), odds, words) < HIGH


def sensed(head: Sense, seen: str, odds: float, words: Head, language: Language | None, attacks: bool) -> float:
    """The log-odds of a prompt that is ``doubtful``."""
    read = views(seen)
    return head.logit(read[:3], dense(seen, read, odds, words, language, attacks))
