"""Answers that repeat their prompt: what was asked is no part of them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from proxy.exchange import Exchange, Operation, Outcome
from proxy.observe.sample_builder import build_sample
from proxy.observe.tap import Content

ASKED = "The first ferry leaves at"
EXCHANGE = Exchange(
    request_id="r",
    instance="i",
    started_at=0.0,
    app="bot",
    operation=Operation.COMPLETIONS,
    upstream="up",
    outcome=Outcome.OK,
    duration=1.0,
    status=200,
)


def _texts(asked: dict[str, Any], *answers: str, operation: Operation = Operation.COMPLETIONS) -> list[str]:
    choices: list[dict[str, Any]] = [{"index": at, "text": text} for at, text in enumerate(answers)]
    if operation is Operation.CHAT:
        choices = [{"index": at, "message": {"content": text}} for at, text in enumerate(answers)]
    said = json.dumps({"choices": choices}).encode()
    content = Content(operation, json.dumps(asked).encode(), said, b"", False, False, None)
    return [choice.text for choice in build_sample(EXCHANGE, content, 1.0, "uniform").choices]


@pytest.mark.parametrize(
    ("asked", "answers", "right"),
    [
        ({"prompt": ASKED, "echo": True}, [f"{ASKED} six."], [" six."]),
        ({"prompt": ASKED, "echo": True, "n": 2}, [f"{ASKED} six.", f"{ASKED} 6."], [" six.", " 6."]),
        ({"prompt": [ASKED, "And"], "echo": True}, [f"{ASKED} six.", "And back?"], [" six.", " back?"]),
        ({"prompt": ["A", "B"], "echo": True, "n": 2}, ["A1", "A2", "B3", "B4"], ["1", "2", "3", "4"]),
        ({"prompt": ASKED}, [f"{ASKED} six."], [f"{ASKED} six."]),
        ({"prompt": ASKED, "echo": False}, [f"{ASKED} six."], [f"{ASKED} six."]),
        ({"prompt": ASKED, "echo": True}, ["Six."], ["Six."]),
        ({"prompt": [[1, 2], [3]], "echo": True}, ["One", "two"], ["One", "two"]),
        ({"prompt": 7, "echo": True, "n": "many"}, ["One", "two"], ["One", "two"]),
    ],
)
def test_a_prompt_that_comes_back(asked: dict[str, Any], answers: list[str], right: list[str]) -> None:
    """Each answer is without its own prompt, and only if that was asked for."""
    assert _texts(asked, *answers) == right


def test_a_message_that_comes_back() -> None:
    """vLLM's chat repeats the last message of the assistant, which is to be gone on with."""
    begun = [{"role": "user", "content": "When?"}, {"role": "assistant", "content": "At "}]
    assert _texts({"messages": begun, "echo": True}, "At six.", operation=Operation.CHAT) == ["six."]
    assert _texts({"messages": begun[:1], "echo": True}, "When? At six.", operation=Operation.CHAT) == ["When? At six."]
