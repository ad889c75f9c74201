"""One scorer over one set of our own rows."""

import json
from collections.abc import Callable
from pathlib import Path

from proxy.config.settings import ScorerSettings
from proxy.sample import Sample
from scorers.context_utilization import context_utilization
from scorers.datasets.pairs import Labelled
from scorers.datasets.sets import CONTEXT_USE, GROUNDEDNESS
from scorers.groundedness import groundedness
from scorers.report.measure import capped, measure
from scorers.report.table import labelled


async def test_measure(tmp_path: Path) -> None:
    """Scored rows with their truth, unscored rows by reason, a positive cost, and a line for the table."""
    context = "The Brenn lighthouse was built in 1871 by Marta Holm."
    rows = [
        {"id": "a", "context": context, "response": "It was built in 1871 by Marta Holm.", "label": "supported"},
        {"id": "b", "context": context, "response": "Penguins from Saturn invented jazz.", "label": "unsupported"},
        {"id": "c", "context": context, "response": "Shall we go?", "label": "supported"},
    ]
    (tmp_path / "begin.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    data = next(found for found in GROUNDEDNESS if found.name == "begin")
    measured = await measure(groundedness(ScorerSettings()), data, tmp_path)
    assert [(row.label, row.flagged) for row in measured.rows] == [(False, False), (True, True)]
    assert measured.unscored == {"no_claims": 1}
    row = measured.row
    assert (row.yes, row.no, row.unscored, row.labels, row.fitted) == (1, 1, {"no_claims": 1}, "people", "seen")
    assert row.milliseconds is not None and row.milliseconds > 0
    assert row.per_second == round(1000 / measured.milliseconds)
    assert row.figures["balanced_accuracy"].value == 1.0
    assert row.version.startswith("groundedness-")
    assert labelled(row).startswith("| `groundedness.ungrounded` | begin | people | seen | 1 + 1 | 1.000 [")


async def test_pairs_are_measured_as_pairs(tmp_path: Path) -> None:
    """Answers beside their own and another document: the share of pairs in the right order."""
    rows = [
        {
            "id": str(at),
            "prompt": "What of it?",
            "context": f"The {name} was built of oak by {maker} in the harbour of Brenn.",
            "response": f"The {name} was built of oak by {maker}.",
            "label": "supported",
        }
        for at, (name, maker) in enumerate(
            [("ferry", "Marta"), ("cutter", "Jonas"), ("barge", "Frieda"), ("yawl", "Olaf")]
        )
    ]
    (tmp_path / "wice.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    data = next(found for found in CONTEXT_USE if found.name == "wice_swapped")
    row = (await measure(context_utilization(ScorerSettings()), data, tmp_path)).row
    assert (row.yes, row.no, row.pairs) == (4, 4, 4)
    assert row.paired == 1.0


def test_a_cap_keeps_pairs_together(make_sample: Callable[..., Sample]) -> None:
    """So many rows drawn the same way each time and in their order; with groups only whole ones."""
    rows = [Labelled(make_sample(f"s{at}"), bool(at % 2), str(at // 2)) for at in range(40)]
    assert capped(rows, 40, groups=True) is rows
    alone, paired = capped(rows, 10, groups=False), capped(rows, 9, groups=True)
    assert len(alone) == len(paired) == 10
    assert [row for row in rows if row in alone] == alone == capped(rows, 10, groups=False)
    assert all(sum(other.group == row.group for other in paired) == 2 for row in paired)
