"""Heads: the data files, their arithmetic, their bounds."""

import math

import msgspec
import pytest

from scorers.reading.features.conflict import CONFLICTS
from scorers.reading.features.document_use import MEASURES as USAGE
from scorers.reading.features.heads import FOLDER, Head, read, value, written
from scorers.reading.features.kinds import KINDS, NOTE
from scorers.reading.features.support import MEASURES

NAMES = ("a", "b")


def test_the_logit_is_the_weighted_sum():
    """Bias, measures, and half of each known absent word."""
    head = Head(bias=-1.0, weights={"a": 2.0, "b": 3.0}, threshold=0.5, words={"x": 0.5})
    assert head.logit(NAMES, (1.0, 0.5)) == 2.5
    assert head.logit(NAMES, (1.0, 0.5), {"x", "y"}) == 2.75


def test_a_measure_without_weight_is_an_error():
    """Code and data file must speak of the same measures."""
    with pytest.raises(KeyError):
        Head(bias=0.0, weights={"a": 1.0}, threshold=0.5).logit(NAMES, (1.0, 1.0))


@pytest.mark.parametrize("logit", [-1e300, -60.0, 0.0, 60.0, 1e300])
def test_the_value_is_a_probability(logit):
    """However large the sum, the value is in [0, 1] and finite."""
    assert 0.0 <= value(logit) <= 1.0
    assert math.isfinite(value(logit))


#: Kinds of evidence with an offset, where they are not the usual ones.
_KINDS_OF = {"contradicted": set(), "ungrounded": {*KINDS, NOTE}}


@pytest.mark.parametrize(
    ("name", "outputs"),
    [
        (
            "groundedness",
            {
                "ungrounded": (*MEASURES, *CONFLICTS),
                "ungrounded in summaries": (*MEASURES, *CONFLICTS),
                "contradicted": CONFLICTS,
            },
        ),
        ("context_utilization", {"ignored_context": USAGE}),
    ],
)
def test_the_shipped_files(name, outputs):
    """Each output has a weight for each measure, none below zero, and a threshold; where it knows kinds of evidence,
    an offset for each, and the middle as threshold; a card is there."""
    heads = read(name)
    assert heads.keys() == outputs.keys()
    for output, names in outputs.items():
        assert heads[output].weights.keys() == set(names)
        assert min(heads[output].weights.values()) >= 0
        assert 0.5 <= heads[output].threshold < 1
        assert set(heads[output].offsets) == (_KINDS_OF.get(output, set(KINDS)))
    assert written(heads) == (FOLDER / f"{name}.json").read_text(encoding="utf-8")
    assert (FOLDER / f"{name}.json").stat().st_size < 100_000
    card = (FOLDER / f"{name}.md").read_text(encoding="utf-8")
    assert all(part in card for part in ("Licence", "left out", "Not caught", name))


def test_an_unknown_key_is_an_error():
    """A file of another version is refused, not half read."""
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(b'{"x":{"bias":0,"weights":{},"threshold":0.5,"more":1}}', type=dict[str, Head])


def test_an_offset_moves_the_verdict_of_its_kind():
    """The same log-odds are an even chance where the kind's offset equals them, and stay as they are without one."""
    head = Head(bias=0.0, weights={}, threshold=0.5, offsets={"summary": 2.0})
    assert head.value(2.0, "summary") == 0.5
    assert head.value(2.0, "passages") == value(2.0)


def test_each_name_has_one_measure() -> None:
    """A head that is given fewer or more measures than names says so."""
    head = Head(bias=0.5, weights={"near": 2.0, "far": -1.0}, threshold=0.5, words={"moor": 3.0})
    assert head.logit(("near", "far"), (0.25, 0.5), {"moor", "fen"}) == 0.5 + 0.5 - 0.5 + 1.5
    with pytest.raises(ValueError, match="1 measures for 2 names"):
        head.logit(("near", "far"), (0.25,))
