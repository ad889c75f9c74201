"""The form of a price file, and the table that comes with Sightglass."""

from __future__ import annotations

import datetime
import re
from pathlib import Path

import pytest
from pydantic import ValidationError

from proxy.errors import ConfigError
from proxy.observe.price_list import ModelPrice, Peak, builtin_list, read_list

TODAY = datetime.date(2026, 11, 28)


def test_the_built_in_table_says_where_it_is_from() -> None:
    """Every row names a public source and the day on which it was checked; no name stands twice."""
    table = builtin_list()
    assert table.as_of >= TODAY
    names: list[str] = []
    for name, row in table.models.items():
        assert row.source is not None, name
        assert re.fullmatch(r"https://[a-z.-]+/\S*", row.source), name
        assert row.as_of is not None, name
        assert row.as_of <= table.as_of, name
        names += [name, *row.snapshots]
    assert len(names) == len(set(names))


def test_the_built_in_table_has_exact_names_only() -> None:
    """No pattern stands in it: none can tell a model from its siblings."""
    for name, row in builtin_list().models.items():
        assert not set("*?[") & set("".join((name, *row.snapshots)))


def test_what_a_long_prompt_costs_is_not_less() -> None:
    """A step of a long context costs at least what comes before it, type by type, and prices the same types."""
    kinds = ("input", "output", "cached_input", "cache_write", "cache_write_1h", "image_input")
    for name, row in builtin_list().models.items():
        below: ModelPrice = row
        for step in row.long_context:
            for kind in kinds:
                before, now = getattr(below, kind), getattr(step, kind)
                assert (before is None) is (now is None), (name, kind)
                assert before is None or now >= before, (name, kind)
            below = ModelPrice(**step.model_dump(exclude={"above", "tiers"}))


def test_names_that_anybody_serves_are_bound_to_their_maker() -> None:
    """Open weights are served by many, each at a price of its own."""
    for name, row in builtin_list().models.items():
        if name.startswith(("deepseek", "kimi", "glm", "qwen")):
            assert row.hosts, name


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({"tiers": {"flex": -1}}, "greater than or equal to 0"),
        ({"long_context": [{"above": 9, "input": 2, "output": 1}, {"above": 5, "input": 3, "output": 1}]}, "shortest"),
        ({"long_context": [{"input": 2, "output": 1}]}, "above"),
        ({"then": {"input": 1, "output": 1}}, "needs until"),
        ({"peak": {"hours": ["9-10"], "factor": 2}}, "HH:MM"),
        ({"peak": {"hours": ["22:00-02:00"], "factor": 2}}, "within one day"),
        ({"peak": {"hours": ["01:00-02:00"], "factor": 2, "weekdays": [0]}}, "greater than or equal to 1"),
        ({"until": "soon"}, "date"),
        ({"audio": 1}, "Extra inputs"),
    ],
)
def test_a_wrong_row(row: dict[str, object], said: str) -> None:
    """What a row cannot say is refused with its place."""
    with pytest.raises(ValidationError, match=said):
        ModelPrice.model_validate({"input": 1, "output": 1, **row})


def test_a_file_with_everything(tmp_path: Path) -> None:
    """Every key of a row can be written in a file; whole numbers and dates are taken as they stand in YAML."""
    file = tmp_path / "prices.yaml"
    file.write_text(
        "as_of: 2026-11-01\nmodels:\n  lamp-1:\n    {input: 1, output: 2, cached_input: 0.1, cache_write_1h: 2,"
        " reasoning_output: 3, audio_input: 9, tiers: {flex: 0.5}, calls: {web_search: 10}, snapshots: [lamp-1-a],"
        " long_context: [{above: 1000, input: 2, output: 3, tiers: {}}], max_input: 5000, hosts: [lamps.example],"
        ' fee_tools: [beacon], peak: {hours: ["01:00-04:00", "06:00-24:00"], factor: 2}, until: 2026-12-01,'
        " then: {input: 2, output: 4}, source: https://lamps.example/prices, as_of: 2026-11-01}\n",
        encoding="utf-8",
    )
    row = read_list(file).models["lamp-1"]
    assert row.until == datetime.date(2026, 12, 1)
    assert row.long_context[0].tiers == {}
    assert row.then is not None
    assert row.then.output == 4


def test_a_wrong_key_of_a_row_is_named(tmp_path: Path) -> None:
    """The message of a wrong file begins with the key, and says nothing of Python."""
    file = tmp_path / "prices.yaml"
    file.write_text("as_of: 2026-11-01\nmodels: {m: {input: 1, output: 1, tiers: {flex: x}}}\n", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"prices\.yaml: models\.m\.tiers\.flex: "):
        read_list(file)


@pytest.mark.parametrize(
    ("moment", "peak"),
    [
        ("2026-11-27T00:59:59", False),
        ("2026-11-27T01:00:00", True),
        ("2026-11-27T03:59:59", True),
        ("2026-11-27T04:00:00", False),
        ("2026-11-28T02:00:00", False),  # a Saturday
    ],
)
def test_peak_hours(moment: str, peak: bool) -> None:
    """Hours are UTC, hold from their first minute to before their last, and only on their days."""
    hours = Peak(hours=("01:00-04:00",), weekdays=(1, 2, 3, 4, 5), factor=2)
    assert hours.holds(datetime.datetime.fromisoformat(moment + "+00:00").timestamp()) is peak
