"""How much a request asks a model to reason."""

from __future__ import annotations

from typing import Any

import pytest

from proxy.wire.effort import effort_of


@pytest.mark.parametrize(
    ("document", "effort"),
    [
        ({"reasoning_effort": "high"}, "high"),
        ({"reasoning_effort": "XHigh"}, "xhigh"),
        ({"reasoning": {"effort": "low", "summary": "auto"}}, "low"),
        ({"output_config": {"effort": "max"}}, "max"),
        ({"reasoning_effort": "galactic"}, "other"),
        ({"reasoning_effort": 3, "reasoning": {"effort": "low"}}, "low"),
        ({"thinking": {"type": "disabled"}}, "none"),
        ({"thinking": {"type": "enabled", "budget_tokens": 2048}}, None),
        ({"reasoning": {"enabled": False}}, "none"),
        ({"enable_thinking": False}, "none"),
        ({"chat_template_kwargs": {"enable_thinking": False}}, "none"),
        ({"chat_template_kwargs": 5, "reasoning": None, "output_config": []}, None),
        ({}, None),
    ],
)
def test_efforts(document: dict[str, Any], effort: str | None) -> None:
    """The words of each family, from a closed set; nothing where nothing is asked for."""
    assert effort_of(document) == effort
