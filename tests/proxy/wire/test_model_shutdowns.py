"""Dates on which models are shut down, as providers' lists of models have them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from proxy.wire.facts import Facts
from proxy.wire.model_shutdowns import take_shutdowns

DAY = 1797206400.0  # 2026-12-14T00:00:00Z


def _dates(doc: Any) -> dict[str, float | None] | None:
    facts = Facts()
    take_shutdowns(json.dumps(doc).encode(), facts)
    return facts.shutdowns


@pytest.mark.parametrize(
    ("word", "value"),
    [
        ("shutdown_date", "2026-12-14"),  # openai-python 3.57.0
        ("retires_at", "2026-12-14T00:00:00Z"),  # anthropic-sdk-python 2.14.0
        ("expiration_date", "2026-12-14T01:00:00+01:00"),  # OpenRouter
    ],
)
def test_each_provider_s_word(word: str, value: str) -> None:
    """A date in any provider's word is read; a model without one is said to have none."""
    listed = {"object": "list", "data": [{"id": "lamp-1", word: value}, {"id": "lamp-2", word: None}, {"id": 7}, 3]}
    assert _dates(listed) == {"lamp-1": DAY, "lamp-2": None}
    assert _dates({"id": "lamp-1", word: value}) == {"lamp-1": DAY}


@pytest.mark.parametrize("value", ["soon", "", 5, True, [], "0000-00-00", "9999-99-99T00:00:00Z"])
def test_what_is_no_date(value: Any) -> None:
    """A value that is no date is no date."""
    assert _dates({"data": [{"id": "lamp-1", "shutdown_date": value}]}) == {"lamp-1": None}


@pytest.mark.parametrize("doc", [{"data": [{"id": "lamp-1"}]}, [], 5, {"shutdown_date": "2026-12-14"}])
def test_lists_without_dates(doc: Any) -> None:
    """A list that names no date, or is no list, says nothing of any model."""
    assert not _dates(doc)


def test_of_a_list_that_is_too_long_the_rest_is_counted() -> None:
    """Two thousand models are read, and how many were not is told."""
    facts = Facts()
    listed = [{"id": f"lamp-{number}", "shutdown_date": "2026-12-14"} for number in range(2345)]
    take_shutdowns(json.dumps({"data": listed}).encode(), facts)
    assert facts.shutdowns is not None
    assert (len(facts.shutdowns), facts.shutdowns_dropped) == (2000, 345)
