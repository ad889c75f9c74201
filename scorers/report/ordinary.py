"""Ordinary traffic: what the shipped scorers flag in exchanges in which, but for the labelled ones, nothing happened.

The exchanges are in ``scorers/datasets/ordinary``. No weight and no threshold was fitted on them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import msgspec
import orjson

from proxy.sample import Sample
from scorers.estimates.tally import wilson
from scorers.formats.recorded import decode
from scorers.score import JUDGE_OUTPUTS, OUTPUTS, Scorer, Verdict

FOLDER = Path(__file__).resolve().parents[1] / "datasets" / "ordinary"
#: Outputs of the scorers alone, in their order.
TOLD = tuple(
    (scorer, output)
    for scorer, outputs in OUTPUTS.items()
    for output in outputs
    if (scorer, output) not in JUDGE_OUTPUTS
)

#: How the kinds of exchanges begin after which no rule was made.
KEPT = "kept "
#: An answer with the second event may or may not be said to have the first one: it is left out for it.
_UNDECIDED = {"context_utilization.ignored_context": "groundedness.ungrounded"}


class Exchange(msgspec.Struct, frozen=True):
    """A recorded sample with its kind and language; ``events`` are the outputs (``scorer.output``) that happened.

    ``only``: the outputs that it is labelled for; empty for all of them.
    """

    sample: Sample
    kind: str
    language: str
    events: frozenset[str]
    only: frozenset[str] = frozenset()


class Count(msgspec.Struct):
    """Of one output in one part: scored rows without the event, flagged ones among them; rows with it, and found."""

    no: int = 0
    alarms: int = 0
    yes: int = 0
    found: int = 0
    unscored: int = 0


#: part (``kind`` or ``language``) -> its value -> output -> counts.
Counts = Mapping[str, Mapping[str, Mapping[str, Count]]]


def exchanges(folder: Path = FOLDER) -> list[Exchange]:
    """All of them, files in the order of their names. Raises ``OSError``, and ``ValueError`` with file and line."""
    found = []
    for path in sorted(folder.glob("*.jsonl")):
        for number, line in enumerate(path.read_bytes().splitlines(), 1):
            try:
                doc = orjson.loads(line)
                sample = decode(line, number)
                kind, language, only = doc["kind"], doc["language"], frozenset(doc.get("only", ()))
            except (ValueError, KeyError) as error:
                raise ValueError(f"{path.name}:{number}: {error}") from None
            events = frozenset(name for name, label in sample.labels.items() if label == "yes")
            found.append(Exchange(sample, kind, language, events, only))
    return found


async def counted(scorers: Mapping[str, Scorer], rows: Iterable[Exchange]) -> Counts:
    """Run every scorer over every exchange and count by kind and by language."""
    counts: dict[str, dict[str, dict[str, Count]]] = {"kind": {}, "language": {}}
    for row in rows:
        for name, scorer in scorers.items():
            for score in await scorer(row.sample):
                output = f"{name}.{score.output}"
                if (name, score.output) not in TOLD or _undecided(output, row.events):
                    continue
                if row.only and output not in row.only:
                    continue
                flagged = None if score.value is None else score.verdict is Verdict.YES
                for part, value in (("kind", row.kind), ("language", row.language)):
                    _add(counts[part].setdefault(value, {}).setdefault(output, Count()), flagged, output in row.events)
    return counts


def _undecided(output: str, events: frozenset[str]) -> bool:
    return output not in events and _UNDECIDED.get(output) in events


def _add(count: Count, flagged: bool | None, happened: bool) -> None:
    if flagged is None:
        count.unscored += 1
    elif happened:
        count.yes += 1
        count.found += flagged
    else:
        count.no += 1
        count.alarms += flagged


def tables(counts: Counts) -> str:
    """Markdown: false alarms of each output by kind, by language and in 1,000, and the labelled events found."""
    outputs = [f"{scorer}.{output}" for scorer, output in TOLD]
    head = [output.partition(".")[2] for output in outputs]
    parts = []
    for part, words in (("kind", "By kind, all languages"), ("language", "By language, all kinds")):
        rows = [[value, *(_alarms(of.get(output)) for output in outputs)] for value, of in sorted(counts[part].items())]
        parts += [f"{words}: false alarms / exchanges without the event:", _table([part, *head], rows)]
    parts += _totals("All of it", counts["kind"], outputs)
    if kept := {kind: of for kind, of in counts["kind"].items() if kind.startswith(KEPT)}:
        parts += _totals("Kept aside, no rule was made after a look at them", kept, outputs)
    return "\n\n".join(parts)


def _totals(name: str, counts: Mapping[str, Mapping[str, Count]], outputs: Sequence[str]) -> list[str]:
    total = {output: _sum(of.get(output) for of in counts.values()) for output in outputs}
    rows = [
        [f"*{output}*", f"{one.no}", _per_thousand(one), f"{one.found} of {one.yes}", f"{one.unscored}"]
        for output, one in total.items()
    ]
    return [
        f"{name}: false alarms in 1,000 exchanges (95 % Wilson interval), labelled events found, and unscored:",
        _table(["output", "n", "false alarms in 1,000", "events found", "unscored"], rows),
    ]


def _sum(counts: Iterable[Count | None]) -> Count:
    total = Count()
    for one in counts:
        if one is not None:
            for field in Count.__struct_fields__:
                setattr(total, field, getattr(total, field) + getattr(one, field))
    return total


def _alarms(count: Count | None) -> str:
    return f"{count.alarms}/{count.no}" if count is not None and count.no else "–"


def _per_thousand(count: Count) -> str:
    lower, upper = wilson(count.alarms, count.no)
    return f"{1000 * count.alarms / max(1, count.no):.0f} [{1000 * lower:.0f}, {1000 * upper:.0f}]"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
