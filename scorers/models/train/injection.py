"""``python -m scorers.models.train.injection --data DIR``: fit ``attempted.json`` and ``attempted_sense.json``.

``injection_figures`` judges them by leaving out sources, manners and languages.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scorers.datasets.written import written
from scorers.formats.recorded import decode
from scorers.models.train import sense
from scorers.models.train.data import folder, rows
from scorers.models.train.injection_sense import Crossed, Prompt, prompt
from scorers.models.train.linear import Plan, Row, fit, write
from scorers.models.train.own_languages import foreign
from scorers.models.train.own_ordinary import developers, ordinary
from scorers.models.train.own_personas import personas
from scorers.models.train.own_prompts import prompts
from scorers.models.train.own_templates import templates
from scorers.prompt_injection import spoken
from scorers.reading.injection_signs import SIGNS, signs, view
from scorers.reading.language import Language
from scorers.reading.ngrams import FOLDER, Part
from scorers.reading.reading import Reading

PLAN = Plan((Part(2),), SIGNS, fewest=4, kept=3000, penalty=2.0, rounds=80)
#: Set -> (label of an attack, weight of a row).
SOURCES = {
    "deepset_injection": ("injection", 1.5),
    "tensortrust": ("injection", 0.5),
    "inthewild_jailbreaks": ("jailbreak", 0.7),
    "gptfuzz_templates": ("jailbreak", 1.0),
    "piguard_valid": ("injection", 1.5),
}
_OWN_WEIGHT, _PERSONA_WEIGHT = 0.7, 1.5
#: What was written apart by others: weights among the words, and among the vectors. Ours counts
#: less among these, but for the prompts of developers.
_APART_WEIGHT, _APART_SHARE = 2.0, 6.0
_OWN_SHARE, _DEVELOPERS_SHARE = 0.7, 2.0
#: Parts in which all that is no source is left out in turn.
QUARTERS = 4
#: Sets of one author each, who are left out as a whole: name of the part -> file.
AUTHORS = {
    "third author": "attempts-3",
    "fourth author": "attempts-4",
    "fifth author": "attempts-5",
    "sixth author": "attempts-6",
    "eighth author": "attempts-8",
}
#: Measured, and in no fit.
KEPT = {"seventh author": "attempts-7", "ninth author": "attempts-9"}
#: Benign rows that use the words of attacks, and long ones, are few and count more.
_HARD_WEIGHT = 2.0
_CALM_WEIGHT, _ORDINARY_WEIGHT = 0.6, 1.5
#: Sets whose prompts are ordinary: (name, rows). The threshold is chosen on others (``UNSEEN``).
_CALM = (("in3", 700), ("coconot_pref", 500), ("abg_coqa_turns", 500), ("begin", 400))
UNSEEN = (("in3_turns", 950), ("clariq", 187), ("halueval_qa_multi", 500))
#: Sets whose documents stand for long benign turns: (name, rows, characters).
_LONG = (("wice", 349, 4_000), ("abg_coqa", 300, 2_000), ("faceval", 150, 1_500), ("halueval_general", 400, 1_500))
_ASKS = ("Summarise this: ", "", "What does the author say? ", "Proofread the following.\n", "Is this true?\n\n")


def row(prompt: str, positive: bool, weight: float = 1.0) -> Row:
    """One turn as the head reads it."""
    seen = view(prompt)
    return Row((seen,), signs(seen), positive, weight)


def long_turns(data: Path) -> Iterator[Row]:
    """Ordinary long turns: a short request and a document of another task."""
    for name, most, characters in _LONG:
        seen: set[str] = set()
        for one in rows(data, name):
            text = one["context"] or one["response"]
            if len(seen) < most and len(text) > 200 and text[:100] not in seen:
                seen.add(text[:100])
                yield row(f"{_ASKS[len(seen) % len(_ASKS)]}{text[:characters]}", False)


def _labelled(one: dict[str, Any], label: str, weight: float) -> Row:
    attack = one["label"] == label
    return row(one["prompt"], attack, weight if attack else _HARD_WEIGHT)


def calm(data: Path, sets: tuple[tuple[str, int], ...]) -> list[Row]:
    """Prompts of ``sets`` (name, rows), none twice."""
    found = []
    for name, most in sets:
        texts = dict.fromkeys(one["prompt"] for one in rows(data, name) if one["prompt"])
        found += [row(text, False, _CALM_WEIGHT) for text in list(texts)[:most]]
    return found


def own(without: Language | None = None) -> list[Row]:
    """What was written here but for developers' prompts: trigger words, ordinary prompts, frames, attacks.
    ``without``: a language that is left out."""
    found = [row(text, attacks, _OWN_WEIGHT if attacks else _HARD_WEIGHT) for text, attacks in prompts()]
    found += [row(text, False, _ORDINARY_WEIGHT) for _, text in ordinary()]
    found += [
        row(text, attacks, 1.0 if attacks else _ORDINARY_WEIGHT)
        for language, text, attacks in foreign()
        if language != without
    ]
    return found + [row(text, attacks, _PERSONA_WEIGHT) for text, attacks in personas()]


@dataclass(frozen=True, slots=True)
class Turn:
    """What was asked in an exchange that was written apart: its manner, language and text, and whether it attacks.

    ``quarter``: that of its manner.
    """

    manner: str
    language: Language
    text: str
    attacks: bool
    quarter: int


def apart(name: str = "attempts") -> list[Turn]:
    """The exchanges of a file that was written apart, as the scorer reads them."""
    lines = list(written(name))
    alike = {label: sorted({one["manner"] for one in lines if one["label"] == label}) for label in ("yes", "no")}
    found = []
    for one in lines:
        doc = {"messages": one["messages"], "response": one["response"] or "-"}
        text = spoken(Reading(decode(json.dumps(doc).encode(), 1)))
        quarter = alike[one["label"]].index(one["manner"]) % QUARTERS
        found.append(Turn(one["manner"], Language(one["language"]), text, one["label"] == "yes", quarter))
    return [turn for turn in found if turn.text.strip()]


def sources(data: Path) -> dict[str, list[Row]]:
    """The rows of each source with attacks."""
    return {
        name: [_labelled(one, label, weight) for one in rows(data, name)] for name, (label, weight) in SOURCES.items()
    }


def parts(data: Path, without: Language | None = None) -> dict[str, list[Prompt]]:
    """All that is fitted on, in parts that are left out together: each source; quarters of the rest, none of which
    shares a manner of what the first two authors wrote apart; and what each other author wrote. ``without``: a language
    that is left out."""
    found = {name: [prompt(one, one.weight) for one in taken] for name, taken in sources(data).items()}
    benign = [row(one["prompt"], False, _CALM_WEIGHT) for one in rows(data, "halueval_general")]
    rest = [prompt(one, one.weight) for one in (*benign, *calm(data, _CALM), *long_turns(data))]
    rest += [prompt(one, _OWN_SHARE) for one in own(without)]
    rest += [prompt(row(text, False, _ORDINARY_WEIGHT), _DEVELOPERS_SHARE) for text in (*developers(), *templates())]
    turns = [turn for turn in apart() if turn.language is not without]
    for at in range(QUARTERS):
        found[str(at)] = [*rest[at::QUARTERS], *(_told(one) for one in turns if one.quarter == at)]
    for name, file in AUTHORS.items():
        found[name] = [_told(one) for one in apart(file) if one.language is not without]
    return found


def _told(one: Turn) -> Prompt:
    return Prompt(row(one.text, one.attacks, _APART_WEIGHT), _APART_SHARE, one.language)


def main() -> None:
    """Fit both heads on everything."""
    found = parts(folder(__doc__ or ""))
    write(fit([one.row for taken in found.values() for one in taken], PLAN), FOLDER / "attempted.json")
    sense.write(Crossed(found, PLAN).fit(), FOLDER / "attempted_sense.json")


if __name__ == "__main__":
    main()
