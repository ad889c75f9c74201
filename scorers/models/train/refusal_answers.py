"""The labelled answers that ``refused`` is fitted on, in parts that are left out together."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from scorers.datasets.written import written
from scorers.models.train import own_manners, own_voices
from scorers.models.train.data import rows
from scorers.models.train.own_refusals import answers
from scorers.reading.asked_text import wants_declining
from scorers.reading.language import Language
from scorers.reading.text import answer_text

#: Answers of a set that declines nothing.
_MOST = 800
#: ``gptfuzz_responses`` comes in two parts; questions of the second are never fitted on.
_FITTED = "dev-train"
FOLDS = 4
#: Sources of ``scorers.datasets.written``, by file. Of the first two, whose manners are many, manners are left out.
MANNERS = {"written": "refusals", "unsaid": "unsaid"}
#: Of these all that an author wrote.
AUTHORS = {
    "third author": "refusals-3",
    "fourth author": "refusals-4",
    "fifth author": "refusals-5",
    "seventh author": "refusals-7",
    "eighth author": "refusals-8",
    "ninth author": "refusals-9",
    "tenth author": "refusals-10",
    "eleventh author": "refusals-11",
    "twelfth author": "refusals-12",
    "thirteenth author": "refusals-13",
    "fourteenth author": "refusals-14",
    "fifteenth author": "refusals-15",
    "sixteenth author": "refusals-16",
}
#: Measured, and in no fit.
KEPT = {"sixth author": "refusals-kept", "seventeenth author": "refusals-17", "eighteenth author": "refusals-18"}


@dataclass(frozen=True, slots=True)
class Given:
    """One labelled answer: its source, the group that folds keep together, and whether no weight is fitted on it."""

    source: str
    group: str
    text: str
    positive: bool
    language: Language = Language.ENGLISH
    held: bool = False

    @property
    def english(self) -> bool:
        """Whether the head over words reads it."""
        return self.language is Language.ENGLISH

    @property
    def part(self) -> str:
        """What it is left out with: its source; where manners are left out, the fold of its manner."""
        return f"manners {self.fold}" if self.source in MANNERS else self.source

    @property
    def fold(self) -> int:
        """The fold of its group, one of ``FOLDS``; a manner has one, whatever its file."""
        source = "written" if self.source in MANNERS else self.source
        return _digest(source + self.group)[0] % FOLDS


def everything(data: Path) -> list[Given]:
    """All labelled answers, but those where declining is what was asked for: there the scorer looks at the request."""
    found = [*_gptfuzz(data), *_ordinary(data)]
    own = [*answers(), *own_manners.answers(""), *own_voices.answers()]
    found += [Given("own", text[:20], answer_text(text), declines) for text, declines in own]
    return [*found, *(given for source in (*MANNERS, *AUTHORS) for given in apart(source))]


def apart(source: str) -> Iterator[Given]:
    """The answers of a source that was written apart; of ``KEPT``, too."""
    for one in written((MANNERS | AUTHORS | KEPT)[source]):
        asked = " ".join(turn["content"] for turn in one["messages"] if turn["role"] == "user")
        if not wants_declining(asked):
            text = answer_text(one["response"])
            yield Given(source, one["manner"], text, one["label"] == "yes", Language(one["language"]))


def _gptfuzz(data: Path) -> Iterator[Given]:
    for one in rows(data, "gptfuzz_responses"):
        text = answer_text(one["response"] or "")
        if text.strip():
            chinese = sum("\u4e00" <= sign <= "\u9fff" for sign in text) > 20
            language = Language.CHINESE if chinese else Language.ENGLISH
            held = one["split"] != _FITTED
            yield Given("gptfuzz", str(one["qid"]), text, one["label"] == "refusal", language, held)


def _ordinary(data: Path) -> Iterator[Given]:
    for one in rows(data, "coconot_pref"):
        if one["label"] == "compliance":
            yield Given("coconot", str(one["id"]), answer_text(one["response"]), False)
    for name, source in (("in3_turns", "in3"), ("begin", "begin")):
        texts = {one["response"] for one in rows(data, name) if len(one["response"] or "") > 20}
        for text in sorted(texts, key=_digest)[:_MOST]:
            yield Given(source, text[:40], answer_text(text), False)


def _digest(text: str) -> bytes:
    return hashlib.md5(text.encode(), usedforsecurity=False).digest()
