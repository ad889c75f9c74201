"""One question of a benchmark, in one variant, and what is read of a model's answer."""

from __future__ import annotations

from typing import Any

import msgspec

from proxy.wire.inline_reasoning import without_thinking

#: The untouched form of an item.
PUBLISHED = "published"


class Item(msgspec.Struct, frozen=True, kw_only=True):
    """``key`` is the same for all variants of an item, such as ``gsm8k/17``. ``variant``: ``published``, or a kind with
    a number, such as ``numbers.1``. ``task``: what the benchmark needs to mark an answer. ``group``: MMLU's subject."""

    key: str
    prompt: str
    task: Any
    variant: str = PUBLISHED
    group: str = ""
    shots: tuple[tuple[str, str], ...] = ()

    @property
    def benchmark(self) -> str:
        """The benchmark's name."""
        return self.key.partition("/")[0]

    @property
    def kind(self) -> str:
        """The kind of variant, without its number."""
        return self.variant.partition(".")[0]

    def messages(self) -> list[dict[str, str]]:
        """Chat messages: worked examples as earlier turns, then the question. The assistant's turn is never begun."""
        found = []
        for question, answer in self.shots:
            found += [{"role": "user", "content": question}, {"role": "assistant", "content": answer}]
        return [*found, {"role": "user", "content": self.prompt}]


def spoken(text: str) -> str:
    """An answer without its reasoning: what a model thinks before it answers is not its answer."""
    return without_thinking(text).strip()
