"""``python -m scorers.models.train.injection --data DIR``: fit ``attempted.json``, judged by leaving one source out."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from scorers.datasets.figures import auroc
from scorers.models.train.data import folder, rows, share
from scorers.models.train.linear import Plan, Row, fit, write
from scorers.models.train.own_languages import foreign
from scorers.models.train.own_ordinary import developers, ordinary
from scorers.models.train.own_personas import personas
from scorers.models.train.own_prompts import prompts
from scorers.reading.injection_signs import SIGNS, signs, view
from scorers.reading.ngrams import FOLDER, Head, Part

PLAN = Plan((Part(2),), SIGNS, fewest=4, kept=3000, penalty=2.0, rounds=80)
#: Set -> (label of an attack, weight of a row).
SOURCES = {
    "deepset_injection": ("injection", 1.5),
    "tensortrust": ("injection", 0.5),
    "inthewild_jailbreaks": ("jailbreak", 0.7),
    "gptfuzz_templates": ("jailbreak", 1.0),
    "piguard_valid": ("injection", 1.5),
}
#: The shipped threshold.
LOG_ODDS = 0.85
_OWN_WEIGHT, _PERSONA_WEIGHT = 0.7, 1.5
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


def own() -> list[Row]:
    """What was written here: prompts full of trigger words, ordinary ones by kind and language, frames, attacks."""
    found = [row(text, attacks, _OWN_WEIGHT if attacks else _HARD_WEIGHT) for text, attacks in prompts()]
    found += [row(text, False, _ORDINARY_WEIGHT) for text in (*(text for _, text in ordinary()), *developers())]
    found += [row(text, attacks, 1.0 if attacks else _ORDINARY_WEIGHT) for _, text, attacks in foreign()]
    return found + [row(text, attacks, _PERSONA_WEIGHT) for text, attacks in personas()]


def fitted_rows(data: Path) -> tuple[dict[str, list[Row]], list[Row], list[Row]]:
    """The rows of each source, the prompts of HaluEval, and other ordinary prompts, long turns and our own prompts."""
    sets = {
        name: [_labelled(one, label, weight) for one in rows(data, name)] for name, (label, weight) in SOURCES.items()
    }
    benign = [row(one["prompt"], False, _CALM_WEIGHT) for one in rows(data, "halueval_general")]
    return sets, benign, [*calm(data, _CALM), *long_turns(data), *own()]


def main() -> None:
    """Each source left out in turn, against prompts that no fit saw; then the fit on all."""
    data = folder(__doc__ or "")
    sets, benign, others = fitted_rows(data)
    unseen = {name: calm(data, ((name, most),)) for name, most in UNSEEN}
    for left in SOURCES:
        fitted = [one for name, taken in sets.items() if name != left for one in taken]
        head = fit(fitted + benign[::2] + others, PLAN)
        yes = values(head, [one for one in sets[left] if one.positive])
        no = values(head, [one for one in sets[left] if not one.positive])
        plain = values(head, benign[1::2])
        rates = {"attacks": yes, "its benign": no, "halueval": plain}
        rates |= {name: values(head, taken) for name, taken in unseen.items()}
        told = {name: (len(found), round(share(found, LOG_ODDS), 4)) for name, found in rates.items()}
        print(f"without {left}: AUROC {auroc(yes, plain)}, within {auroc(yes, no)}; at {LOG_ODDS}: {told}", flush=True)
    write(fit([one for taken in sets.values() for one in taken] + benign + others, PLAN), FOLDER / "attempted.json")


def values(head: Head, taken: list[Row]) -> list[float]:
    """Log-odds of the rows."""
    return [head.logit(one.texts, one.dense) for one in taken]


if __name__ == "__main__":
    main()
