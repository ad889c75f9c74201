"""Records as sentences."""

import csv
import io
import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scorers.reading.values.records import as_sentences

PORTS = (("Marl", 14, 1902), ("Orrin", 3, 1911))
ROWS = "port: Marl, berths: 14, opened: 1902.\nport: Orrin, berths: 3, opened: 1911."


@pytest.mark.parametrize(
    ("text", "whole"),
    [
        ('[{"port": "Marl", "berths": 14, "opened": 1902}, {"port": "Orrin", "berths": 3, "opened": 1911}]', True),
        ('{"port":"Marl","berths":14,"opened":1902}\n{"port":"Orrin","berths":3,"opened":1911}\n', True),
        (json.dumps([dict(zip(("port", "berths", "opened"), row, strict=False)) for row in PORTS], indent=2), True),
        ("port,berths,opened\nMarl,14,1902\nOrrin,3,1911", True),
        ("port;berths;opened\r\nMarl;14;1902\r\nOrrin;3;1911\r\n", True),
        ("port\tberths\topened\nMarl\t14\t1902\nOrrin\t3\t1911", True),
        ("| port | berths | opened |\n|---|---:|---|\n| Marl | 14 | 1902 |\n| Orrin | 3 | 1911 |", True),
        ("port | berths | opened\n---|---|---\n**Marl** | 14 | 1902\nOrrin | 3 | 1911", True),
        ("port: Marl\nberths: 14\nopened: 1902\nport: Orrin\nberths: 3\nopened: 1911", True),
        ("Ports:\n\n| port | berths | opened |\n|---|---|---|\n|Marl|14|1902|\n|Orrin|3|1911|\nAsk us.", False),
    ],
)  # fmt: skip
def test_a_record_is_a_sentence(text: str, whole: bool) -> None:
    """JSON, its lines, CSV of any sign, tables and keyed lines say the same rows in the same words."""
    found = as_sentences(text)
    assert "\n".join(line for line in found[0].splitlines() if line and line[0] != "P" and line[:3] != "Ask") == ROWS
    assert found[1] is whole


def test_nested_json() -> None:
    """Small objects belong to the one around them, lists of objects are records of their own, prose stays prose."""
    long = "The pier was rebuilt after the storm of that year. " * 8
    text = json.dumps({"orderId": 5, "buyer": {"name": "Ida", "isNew": False}, "lines": [{"sku": "K1"}], "note": long})
    assert as_sentences(text)[0].splitlines() == [
        "order Id: 5, buyer name: Ida, buyer is New: no, not buyer is New.",
        long.strip() + " ",
        "lines - sku: K1.",
    ]


def test_the_number_of_a_month_has_its_name() -> None:
    """So that May is month 5."""
    assert as_sentences('[{"month": 5, "count": 31}]') == ("month: 5 (may), count: 31.", True)
    assert as_sentences("month,count\n5,31")[0] == "month: 5 (may), count: 31."


@pytest.mark.parametrize(
    "text",
    [
        "The tower, white and tall, is old.\nIt has a keeper, two dogs, and boats.",
        "Ida: are you coming to the pier tonight?\nOle: not before nine\nIda: why so late then\nOle: the boat is late",
        "Plain words.",
        "",
        "{ not json",
        "a | b",
    ],
)
def test_other_texts_stay(text: str) -> None:
    """Prose with commas, a talk and broken JSON are as they were."""
    assert as_sentences(text) == (text, False)


@given(st.lists(st.tuples(st.integers(0, 9999), st.integers(0, 9999)), min_size=2, max_size=8))
def test_rows_of_any_numbers(rows: list[tuple[int, int]]) -> None:
    """CSV and JSON of the same rows are the same sentences."""
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows([("left", "right"), *rows])
    asked = json.dumps([{"left": left, "right": right} for left, right in rows])
    assert as_sentences(out.getvalue()) == as_sentences(asked)


@pytest.mark.parametrize("unit", ["[", "{", "|-", "a: b\n", "a,b\n", "|a|\n|---|\n", '{"a":'])
def test_hostile_text(unit: str) -> None:
    """Whatever is repeated, it takes a moment and raises nothing."""
    started = time.process_time()
    as_sentences(unit * (300_000 // len(unit)))
    assert time.process_time() - started < 3


_BORDER = "+-------+--------+--------+"
_PSQL = (" port  | berths | opened", _BORDER[1:-1], " Marl  |     14 | 1902", " Orrin |      3 | 1911", "(2 rows)", "")
_ROWS = ("| port  | berths | opened |", _BORDER, "| Marl  |     14 |   1902 |", "| Orrin |      3 |   1911 |")
_MYSQL = (_BORDER, *_ROWS, _BORDER)


@pytest.mark.parametrize("lines", [_PSQL, _MYSQL])
def test_the_result_of_a_query_is_records(lines: tuple[str, ...]) -> None:
    """As psql and mysql print it."""
    assert as_sentences("\n".join(lines)) == (ROWS, True)


def test_one_value_is_a_record() -> None:
    """The result of a count; without the line that counts the rows it is a text with a rule."""
    assert as_sentences("count\n-----\n  318\n(1 row)") == ("count: 318.", True)
    assert as_sentences("Harbours\n-----\nMarl is one.")[1] is False
