"""Answers that repeat their prompt, because the request says ``echo``: OpenAI's older completions, vLLM and SGLang.

What was asked is no part of the answer.
"""

from __future__ import annotations

from typing import Any

import msgspec

from proxy.sample import Choice
from proxy.wire.facts import items, string
from proxy.wire.usage import number


def echoed(asked: dict[str, Any]) -> list[str]:
    """The prompts that the answers of a request begin with, in their order; none if it does not ask for that.

    vLLM's chat repeats the last message, if it is the assistant's.
    """
    if asked.get("echo") is not True:
        return []
    prompt = asked.get("prompt")
    if isinstance(prompt, str):
        return [prompt]
    if isinstance(prompt, list):
        return [one if isinstance(one, str) else "" for one in prompt]
    messages = items(asked, "messages")
    last = messages[-1] if messages else {}
    return [string(last, "content")] if string(last, "role") == "assistant" else []


def without_echo(asked: dict[str, Any], prompts: list[str], choices: list[Choice]) -> list[Choice]:
    """Choices without the prompt that they begin with. Each prompt has ``n`` of them."""
    each = number(asked.get("n")) or 1
    found = []
    for choice in choices:
        at = choice.index // each
        prompt = prompts[at] if at < len(prompts) else ""
        found.append(msgspec.structs.replace(choice, text=choice.text.removeprefix(prompt)) if prompt else choice)
    return found
