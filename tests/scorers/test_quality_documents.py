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
#: ``ungrounded`` aims at a specificity of .95 for each kind of evidence; ``contradicted`` is a hint and uses no words.
#: AUROC, sensitivity and specificity that may not be undercut, a little below what was measured.
FLOORS = {
    ("ungrounded", "begin"): (0.90, 0.42, 0.98),
    ("ungrounded", "faithdial_audit"): (0.85, 0.70, 0.80),
    ("ungrounded", "wice"): (0.80, 0.50, 0.91),
    ("ungrounded", "faceval"): (0.45, 0.05, 0.90),
    ("ungrounded", "halueval_qa_one"): (0.97, 0.40, 0.99),
    ("ungrounded", "halueval_qa_multi"): (0.97, 0.30, 0.99),
    ("ungrounded", "summedits"): (0.65, 0.28, 0.95),
    ("contradicted", "summedits"): (0.63, 0.20, 0.95),
    ("contradicted", "wice"): (0.54, 0.10, 0.92),
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
    assert row.figures["specificity"].value > {
        "faithdial_audit_swapped": 0.80,
        "faceval_swapped": 0.92,
        "summedits_swapped": 0.95,
        "wice_swapped": 0.94,
    }.get(data.name, 0.97)
