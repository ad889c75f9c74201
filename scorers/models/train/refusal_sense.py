"""``python -m scorers.models.train.refusal_sense --data DIR``: fit ``refusal_sense.json``, the second stage of refused.

The first stage is the head over words of ``scorers.models.train.refusal``. The second reads sentence vectors, and the
log-odds of the first: those of a head that has not seen the answer, where that is one of its own.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from scorers.datasets.figures import auroc
from scorers.datasets.written import written
from scorers.models.train import own_manners, own_voices, refusal, sense
from scorers.models.train.data import folder, rows, share
from scorers.models.train.linear import fit as fit_words
from scorers.models.train.own_refusals import answers
from scorers.reading.declining import wants_declining
from scorers.reading.encoder import Sense
from scorers.reading.language import Language
from scorers.reading.ngrams import FOLDER, Head, logistic
from scorers.reading.refusal_signs import signs
from scorers.reading.text import answer_text
from scorers.refusal import DENSE, REFUSED, Heads, dense, plain_in, sentence_in, views

PENALTY, DENSE_PENALTY = 2.0, 0.1
#: How much an answer of a source counts. ``unsaid``: most of its answers decline without saying so.
WEIGHTS = {"gptfuzz": 1.0, "coconot": 1.0, "own": 1.5, "in3": 1.0, "begin": 1.0, "written": 3.0, "unsaid": 0.5}
#: Answers of a set that declines nothing.
_MOST = 800
_FOLDS = 4
_FITTED = "dev-train"
#: Sources of the first stage.
_WORDS = frozenset({"coconot", "own"})
#: Sources of ``scorers.datasets.written``, by file.
APART = {"written": "refusals", "unsaid": "unsaid"}


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
        """Whether the first stage reads it."""
        return self.language is Language.ENGLISH


def everything(data: Path) -> list[Given]:
    """All labelled answers, but those where declining is what was asked for: there the scorer looks at the request."""
    found = [*_gptfuzz(data), *_ordinary(data)]
    own = [*answers(), *own_manners.answers(""), *own_voices.answers()]
    found += [Given("own", text[:20], answer_text(text), declines) for text, declines in own]
    return [*found, *(given for source, name in APART.items() for given in _apart(source, name))]


def _apart(source: str, name: str) -> Iterator[Given]:
    for one in written(name):
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


def fold_of(one: Given, folds: int = _FOLDS) -> int:
    """Which of ``folds`` an answer is in: those of one group of one source are together."""
    source = "written" if one.source in APART else one.source
    return _digest(source + one.group)[0] % folds


def seen(taken: list[Given], words: Head) -> list[sense.Seen]:
    """``taken`` as the second stage reads them, behind the first stage ``words``."""
    own = [one for one in taken if one.source in _WORDS]
    unseen = [
        fit_words([refusal.row(one.text, one.positive, WEIGHTS[one.source]) for one in own if fold_of(one) != fold],
                  refusal.PLAN)
        for fold in range(_FOLDS)
    ] if own else []  # fmt: skip
    return [_seen(one, unseen[fold_of(one)] if one.source in _WORDS else words) for one in taken]


def _seen(one: Given, words: Head) -> sense.Seen:
    if one.english:
        grams, shown = signs(one.text)
        told = dense(words.logit(grams, shown), bool(plain_in(one.text, shown)))
    else:
        told = dense(sentence=sentence_in(one.text, one.language), text=one.text)
    return sense.Seen(views(one.text), told, one.positive, WEIGHTS[one.source])


def fit(rows_: list[sense.Seen], encoded: sense.Encoded) -> Sense:
    """The second stage of these rows."""
    return sense.fit(rows_, encoded.of(rows_), DENSE, PENALTY, DENSE_PENALTY)


def logit(heads: Heads, one: Given) -> float:
    """What the scorer says of an answer with these heads."""
    return heads.english(one.text)[0] if one.english else heads.elsewhere(one.text, one.language)[0]


def main() -> None:
    """The fit on all that is not held out, and what it says of the questions held out."""
    taken = everything(folder(__doc__ or ""))
    words = Head.read("refusal")
    head = fit(seen([one for one in taken if not one.held], words), sense.Encoded())
    sense.write(head, FOLDER / "refusal_sense.json")
    values = [(logistic(logit(Heads(words, head), one)), one.positive) for one in taken if one.held and one.english]
    yes, no = ([value for value, positive in values if positive is side] for side in (True, False))
    print(
        f"held out: AUROC {auroc(yes, no)} {share(yes, REFUSED.threshold):.3f} {1 - share(no, REFUSED.threshold):.3f}"
    )


if __name__ == "__main__":
    main()
