"""Figures of groundedness and context_utilization on labelled data beside the checkout, with floors that can fail."""

from pathlib import Path

import pytest

from proxy.config.settings import ScorerSettings
from scorers.context_utilization import context_utilization
from scorers.datasets.sets import CONTEXT_USE, GROUNDEDNESS, DataSet
from scorers.groundedness import groundedness
from scorers.report.measure import measure
from scorers.report.table import labelled

DATA = Path(__file__).resolve().parents[2].parent / "shared" / "data"
pytestmark = [
    pytest.mark.shared_data,
    pytest.mark.skipif(not DATA.is_dir(), reason="no labelled data beside the checkout"),
]
#: AUROC, sensitivity and specificity that may not be undercut, a little below what was measured.
FLOORS = {
    ("ungrounded", "begin"): (0.90, 0.38, 0.985),
    ("ungrounded", "faithdial_audit"): (0.84, 0.55, 0.85),
    ("ungrounded", "wice"): (0.78, 0.38, 0.94),
    ("ungrounded", "faceval"): (0.42, 0.0, 0.97),
    ("ungrounded", "halueval_qa_one"): (0.97, 0.40, 0.99),
    ("ungrounded", "halueval_qa_multi"): (0.97, 0.30, 0.99),
    ("ungrounded", "summedits"): (0.55, 0.08, 0.97),
    ("contradicted", "summedits"): (0.70, 0.25, 0.97),
    ("contradicted", "wice"): (0.70, 0.30, 0.88),
}


@pytest.mark.parametrize("data", GROUNDEDNESS, ids=lambda data: f"{data.output}-{data.name}")
async def test_groundedness(data: DataSet):
    """Each set by itself, never pooled; generic chat is left out."""
    measured = await measure(groundedness(ScorerSettings()), data, DATA)
    row = measured.row
    print(f"\n{labelled(row)} {row.unscored}")
    area, sensitivity, specificity = FLOORS[data.output.partition(".")[2], data.name]
    assert row.figures["auroc"].value > area
    assert row.figures["sensitivity"].value >= sensitivity
    assert row.figures["specificity"].value > specificity


@pytest.mark.parametrize("data", CONTEXT_USE, ids=lambda data: data.name)
async def test_context_utilization(data: DataSet):
    """With and without the document: the pair in the right order, and few alarms on answers that used it."""
    measured = await measure(context_utilization(ScorerSettings()), data, DATA)
    row = measured.row
    print(f"\n{labelled(row)} {row.unscored} paired {row.paired} of {row.pairs}")
    assert row.pairs > 100
    assert row.paired is not None
    assert row.paired > (0.97 if data.name.endswith("swapped") else 0.88)
    assert row.figures["specificity"].value > (0.82 if data.name.startswith("faithdial") else 0.97)
