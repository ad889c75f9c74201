"""Which tools a request forces, in the words of each family."""

from __future__ import annotations

from typing import Any

import pytest

from proxy.wire.forced_tools import forced_tools

PLAN = {"type": "function", "function": {"name": "Plan", "parameters": {}}}
FLAT = {"type": "function", "name": "Plan", "parameters": {}}
NATIVE = {"name": "Plan", "input_schema": {}}


@pytest.mark.parametrize(
    ("doc", "names"),
    [
        ({"tools": [PLAN], "tool_choice": {"type": "function", "function": {"name": "Plan"}}}, ["Plan"]),
        ({"tools": [FLAT], "tool_choice": {"type": "function", "name": "Plan"}}, ["Plan"]),
        ({"tools": [NATIVE], "tool_choice": {"type": "tool", "name": "Plan"}}, ["Plan"]),
        ({"tools": [PLAN], "tool_choice": "required"}, ["Plan"]),
        ({"tools": [NATIVE], "tool_choice": {"type": "any"}}, ["Plan"]),
        ({"tools": [PLAN, PLAN], "tool_choice": "required"}, []),
        ({"tools": [PLAN], "tool_choice": "auto"}, []),
        ({"tools": [PLAN]}, []),
        (
            {"tool_choice": {"type": "allowed_tools", "allowed_tools": {"mode": "required", "tools": [PLAN]}}},
            ["Plan"],
        ),
        ({"tool_choice": {"type": "allowed_tools", "mode": "auto", "tools": [FLAT]}}, []),
        ({"tool_choice": {"type": "function"}}, []),
        ({"tools": [PLAN], "tool_choice": "any"}, ["Plan"]),
        ({"tool_choice": {"type": "custom", "custom": {"name": "Plan"}}}, ["Plan"]),
        ({"tool_choice": {"type": "custom", "name": "Plan"}}, ["Plan"]),
        ({"tools": [{"type": "custom", "custom": {"name": "Plan"}}], "tool_choice": "required"}, ["Plan"]),
        ({"tool_choice": 7}, []),
    ],
)
def test_forced_tools(doc: dict[str, Any], names: list[str]) -> None:
    """A tool that is named, or the only one where some call is required; none where the model may choose."""
    assert forced_tools(doc) == names
