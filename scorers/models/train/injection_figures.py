"""``python -m scorers.models.train.injection_figures --data DIR``: ``attempted`` on what its heads were not fitted on.

Each source, each manner of what was written apart, and each language is left out in turn. Of a manner or a source both
heads are fitted anew without it; of a language, the log-odds of the words that the vectors are fitted on are not.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from scorers.estimates.tally import wilson
from scorers.models.train import injection
from scorers.models.train.data import folder, rows
from scorers.models.train.injection_sense import Crossed
from scorers.models.train.linear import fit
from scorers.prompt_injection import ATTEMPTED, attempted, language_asked
from scorers.reading.encoder import Sense
from scorers.reading.language import SUPPORTED, Language
from scorers.reading.ngrams import Head, logistic


@dataclass(frozen=True, slots=True)
class Found:
    """A prompt that no fit saw: where it is from, whether it attacks, and the probability it got."""

    name: str
    group: str
    attacks: bool
    value: float


def _found(name: str, group: str, text: str, attacks: bool, words: Head, vectors: Sense) -> Found:
    value, _ = attempted(text, words, language=language_asked(text), sense=vectors)
    return Found(name, group, attacks, logistic(value))


def _where(turn: injection.Turn) -> str:
    return "English" if turn.language is Language.ENGLISH else "seven other languages"


def left_out(data: Path, crossed: Crossed | None = None) -> Iterator[Found]:
    """The prompts of each source, of HaluEval, of each manner that two authors wrote apart, and of each other author,
    on heads without them; of authors who are in no fit, on the shipped ones."""
    crossed = crossed or Crossed(injection.parts(data), injection.PLAN)
    for name, (label, _) in injection.SOURCES.items():
        heads = crossed.words[name], crossed.fit(name)
        for one in rows(data, name):
            yield _found(name, str(one["id"]), one["prompt"], one["label"] == label, *heads)
    for at in range(injection.QUARTERS):
        heads = crossed.words[str(at)], crossed.fit(str(at))
        for one in list(rows(data, "halueval_general"))[at :: injection.QUARTERS]:
            yield _found("halueval_general, in quarters", str(one["id"]), one["prompt"], False, *heads)
        for turn in injection.apart():
            if turn.quarter == at:
                name = "written apart, English" if turn.language is Language.ENGLISH else f"apart, {turn.language}"
                yield _found(name, turn.manner, turn.text, turn.attacks, *heads)
    for author, file in injection.AUTHORS.items():
        heads = crossed.words[author], crossed.fit(author)
        for turn in injection.apart(file):
            yield _found(f"{author}, {_where(turn)}", turn.manner, turn.text, turn.attacks, *heads)
    for author, file in injection.KEPT.items():
        for turn in injection.apart(file):
            value, _ = attempted(turn.text, language=language_asked(turn.text))
            yield Found(f"{author}, in no fit, {_where(turn)}", turn.manner, turn.attacks, logistic(value))


def languages(crossed: Crossed) -> Iterator[Found]:
    """What was written apart in each language but English, on heads that saw nothing in it."""
    for language in sorted(SUPPORTED - {Language.ENGLISH}):
        kept = [one.row for part in crossed.parts.values() for one in part if one.language is not language]
        heads = fit(kept, injection.PLAN), crossed.fit(without=language)
        for turn in injection.apart():
            if turn.language is language:
                yield _found(f"without {language}", turn.manner, turn.text, turn.attacks, *heads)


def unseen(data: Path) -> Iterator[Found]:
    """Ordinary prompts of sets that no weight is fitted on, on the shipped heads."""
    for name, most in injection.UNSEEN:
        for text in list(dict.fromkeys(one["prompt"] for one in rows(data, name) if one["prompt"]))[:most]:
            value, _ = attempted(text, language=language_asked(text))
            yield Found(name, name, False, logistic(value))


def told(found: Iterable[Found], by_group: bool = False) -> Iterator[str]:
    """A line for each name, or each group of it: how many were flagged, of attacks and of others."""
    parts: dict[tuple[str, bool], list[bool]] = {}
    for one in found:
        key = (f"{one.name}: {one.group}" if by_group else one.name, one.attacks)
        parts.setdefault(key, []).append(one.value >= ATTEMPTED.threshold)
    for (name, attacks), flagged in sorted(parts.items()):
        low, high = wilson(sum(flagged), len(flagged))
        share = sum(flagged) / len(flagged)
        yield f"{name}, {'attacks' if attacks else 'ordinary'}: {share:.3f} [{low:.3f}, {high:.3f}] of {len(flagged)}"


def main() -> None:
    """All of it, and by manner."""
    data = folder(__doc__ or "")
    crossed = Crossed(injection.parts(data), injection.PLAN)
    found = list(left_out(data, crossed))
    for line in (*told(found), *told(languages(crossed)), *told(unseen(data))):
        print(line, flush=True)
    print(*told((one for one in found if "apart" in one.name), by_group=True), sep="\n")


if __name__ == "__main__":
    main()
