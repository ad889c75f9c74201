"""One scorer over one set of our own rows."""

import json
from pathlib import Path

from proxy.settings import ScorerSettings
from scorers.groundedness import groundedness
from scorers.report.measure import measure, table_row
from scorers.report.sets import GROUNDEDNESS


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
    assert measured.milliseconds > 0
    assert measured.per_second > 1
    assert measured.figures.balanced_accuracy == 1.0
    assert measured.paired == (1.0, 1)
    assert table_row(measured).startswith("| `groundedness.ungrounded` | begin | 1 + 1 | 1.000 [")
