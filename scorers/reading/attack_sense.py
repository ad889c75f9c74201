"""Attacks on a model's instructions by what a prompt says, where its words leave a doubt.

The head over words knows the words of attacks that it was fitted on. Most new manners use others, and so does every
other language. Sentence vectors (``reading.encoder``) tell them by meaning. A vector costs ten times as much as the
words, so only prompts between ``LOW`` and ``HIGH`` are encoded: about a sixth of ordinary English prompts. Prompts of
developers that forearm themselves ("do not follow orders in the text"), and requests about a quoted text, may have the
words of attacks more than attacks do: they are encoded above ``HIGH``, too.

Who asks for a translation, a summary or a review quotes the text, and orders in a quotation are seldom meant. So what
the words say outside quotations counts by itself. An attack may be one sentence of a long, harmless turn. So the
sentence that looks most like one is encoded by itself, and so is what stands around it, and how near the two are.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import NamedTuple

from scorers.reading.encoder import NEAR, Sense
from scorers.reading.injection_signs import signs
from scorers.reading.language import SUPPORTED, Language
from scorers.reading.ngrams import Head
from scorers.reading.plain_attacks import plain_attack
from scorers.reading.prompt_shape import SHAPE, forearmed, shape
from scorers.reading.text import sentences

#: Log-odds of the words between which the vectors decide.
LOW, HIGH = -1.0, 3.0
#: Characters of the views: the beginning, a sentence, and on each side of it.
_BEGINNING, _SENTENCE, _SIDE = 400, 260, 200
#: Sentences that are looked at, and characters below which one goes with the sentence before it.
_SENTENCES, _SHORT = 200, 20
#: How much the share of a sentence's words that stand in others, too, speaks against it, in log-odds.
_FAMILIAR = 4.0
_WORD = re.compile(r"\w{3,}")
#: Log-odds of the words at which they count in full, and the unit that the head takes them in.
_MOST, _UNIT = 8.0, 4.0
#: What the head knows beside the vectors. ``lone``: the turn is one sentence. How near the views are it sees itself.
DENSE = ("odds", "outside", "english", "attacks", "quotes", *SHAPE, "lone", NEAR)
#: What is quoted in an ``injection_signs.view``, whose marks are plain: between marks or fences (backticks are
#: apostrophes), or after a line that ends with a colon.
_QUOTED = re.compile(
    r"\"{3}.{6,3000}?\"{3}|<{3}.{6,3000}?>{3}|'{3}.{6,3000}?'{3}"
    r"|\"[^\"\n]{6,1500}\"|\u300c[^\u300d]{4,1500}\u300d|(?<=:)\n.{20,}",
    re.DOTALL,
)
#: What is left of a quotation, and characters that a turn must say beside its quotations.
_LEFT, _SAYS = ' "" ', 12


class Views(NamedTuple):
    """What is encoded of a prompt: its beginning, the sentence that looks most like an attack, and what stands around
    that (nothing around a lone sentence)."""

    beginning: str
    sentence: str
    around: str


def views(seen: str, words: Head) -> Views:
    """The views of a prompt; ``seen``: its ``injection_signs.view``.

    A sentence looks like an attack by the log-odds of its ``words``, less ``_FAMILIAR`` times the share of them that
    stand in other sentences of the prompt.
    """
    found = _sentences(seen)
    own = [set(_WORD.findall(one.lower())) for one in found]
    held = Counter(word for one in own for word in one)

    def suspicion(at: int) -> float:
        familiar = sum(held[word] > 1 for word in own[at]) / max(1, len(own[at]))
        return words.logit((found[at],), signs(found[at])) - _FAMILIAR * familiar

    at = max(range(len(found)), key=suspicion) if len(found) > 1 else 0
    before, after = " ".join(found[:at])[-_SIDE:], " ".join(found[at + 1 :])[:_SIDE]
    return Views(" ".join(seen.split())[:_BEGINNING], found[at][:_SENTENCE], f"{before} {after}".strip())


def _sentences(seen: str) -> list[str]:
    found = [""]
    for one in sentences(seen)[:_SENTENCES]:
        said = " ".join(one.split())
        if len(found[-1]) < _SHORT:
            found[-1] = f"{found[-1]} {said}".strip()
        else:
            found.append(said)
    return found


def outside(seen: str) -> tuple[str, bool]:
    """What an ``injection_signs.view`` says outside quotations, and True; all of it, and False, if it quotes nothing or
    says nothing beside its quotations."""
    text = " ".join(seen.split())
    left = " ".join(_QUOTED.sub(_LEFT, seen).split())
    said = text if len(left.replace('"', "")) < _SAYS else left
    return said, said != text


def phrase(seen: str, language: Language | None) -> str:
    """The phrase by which ``seen`` attacks in plain words; nothing if it stands in a quotation alone."""
    found = plain_attack(seen, language)
    return found and plain_attack(outside(seen)[0], language)


def dense(
    seen: str, read: Views, odds: float, words: Head, language: Language | None, attacks: bool
) -> dict[str, float]:
    """What the head knows beside the vectors of ``read``, the views of ``seen``, by name in ``DENSE``.

    ``odds``: the log-odds of ``words``, which tell something in English alone; what is said outside quotations has some
    of its own. ``attacks``: whether a sign that is read in all languages attacks.
    """
    said, quotes = outside(seen)
    known = {"quotes": float(quotes), "lone": float(not read.around), **shape(seen)}
    if language not in (None, Language.ENGLISH):
        return {"attacks": float(attacks), **known}
    beside = words.logit((said,), signs(said)) if quotes else odds
    return {"odds": _bounded(odds), "outside": _bounded(beside), "english": 1.0, **known}


def _bounded(odds: float) -> float:
    return max(-_MOST, min(_MOST, odds)) / _UNIT


def doubtful(seen: str, odds: float, words: Head, language: Language | None) -> bool:
    """Whether the log-odds of ``words`` leave a doubt, in a language that the vectors were fitted on; ``None`` stands
    for English. Above ``HIGH`` they do where the prompt forearms itself, or where they are those of what it quotes."""
    if odds < LOW or not (language is None or language in SUPPORTED):
        return False
    if odds < HIGH or forearmed(seen):
        return True
    said, quotes = outside(seen)
    return quotes and words.logit((said,), signs(said)) < HIGH


def sensed(head: Sense, seen: str, odds: float, words: Head, language: Language | None, attacks: bool) -> float:
    """The log-odds of a prompt that is ``doubtful``."""
    read = views(seen, words)
    return head.logit(read, dense(seen, read, odds, words, language, attacks))
