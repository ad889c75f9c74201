"""``python -m scorers.models.train.injection --data DIR``: fit ``attempted.json``, judged by leaving one source out."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from scorers.datasets.figures import auroc
from scorers.models.train.data import folder, rows, share, threshold_at
from scorers.models.train.linear import Plan, Row, fit, write
from scorers.models.train.own_prompts import prompts
from scorers.reading.injection_signs import SIGNS, signs, view
from scorers.reading.ngrams import FOLDER, Head, Part

PLAN = Plan((Part(2),), SIGNS)
#: Set -> (label of an attack, weight of a row).
SOURCES = {
    "deepset_injection": ("injection", 1.5),
    "tensortrust": ("injection", 0.5),
    "inthewild_jailbreaks": ("jailbreak", 0.7),
    "gptfuzz_templates": ("jailbreak", 1.0),
    "piguard_valid": ("injection", 1.5),
}
#: The shipped threshold.
LOG_ODDS = 0.7
_OWN_WEIGHT = 0.7
#: Benign rows that use the words of attacks, and long ones, are few and count more.
_HARD_WEIGHT = 2.0
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


def fitted_rows(data: Path) -> tuple[dict[str, list[Row]], list[Row], list[Row]]:
    """The rows of each source, the ordinary prompts, and long turns with our own prompts."""
    sets = {
        name: [_labelled(one, label, weight) for one in rows(data, name)] for name, (label, weight) in SOURCES.items()
    }
    benign = [row(one["prompt"], False) for one in rows(data, "halueval_general")]
    own = (row(text, attacks, _OWN_WEIGHT if attacks else _HARD_WEIGHT) for text, attacks in prompts())
    return sets, benign, [*long_turns(data), *own]


def main() -> None:
    """Each source left out in turn, against prompts that no fit saw; then the fit on all."""
    data = folder(__doc__ or "")
    sets, benign, others = fitted_rows(data)
    patterns = prompts()
    hard = [row(text, False) for at, (text, attacks) in enumerate(patterns) if not attacks and at // 8 % 3 == 0]
    head = fit(
        [one for taken in sets.values() for one in taken]
        + benign
        + others[: -len(patterns)]
        + [row(t, a, _OWN_WEIGHT if a else _HARD_WEIGHT) for at, (t, a) in enumerate(patterns) if a or at // 8 % 3],
        PLAN,
    )
    print(
        f"unseen patterns of {len(hard)} prompts full of trigger words, at 0 and {LOG_ODDS}: "
        f"{[round(share(values(head, hard), at), 3) for at in (0.0, LOG_ODDS)]}",
        flush=True,
    )
    for left in SOURCES:
        fitted = [one for name, taken in sets.items() if name != left for one in taken]
        head = fit(fitted + benign[::2] + others, PLAN)
        yes = values(head, [one for one in sets[left] if one.positive])
        no = values(head, [one for one in sets[left] if not one.positive])
        unseen = values(head, benign[1::2])
        areas = f"AUROC against ordinary prompts {auroc(yes, unseen)}, within {auroc(yes, no)}"
        rates = [round(share(found, LOG_ODDS), 4) for found in (yes, unseen, no)]
        print(
            f"without {left}: {areas}; at {LOG_ODDS}: attacks, ordinary prompts, its benign {rates}; "
            f"log-odds at specificity .99 {threshold_at(unseen, 0.99):.2f}",
            flush=True,
        )
    write(fit([one for taken in sets.values() for one in taken] + benign + others, PLAN), FOLDER / "attempted.json")


def values(head: Head, taken: list[Row]) -> list[float]:
    """Log-odds of the rows."""
    return [head.logit(one.texts, one.dense) for one in taken]


if __name__ == "__main__":
    main()
