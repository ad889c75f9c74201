"""What is true of one request and its answer, as the provider that gave it knows."""

from __future__ import annotations

import re
import zlib
from dataclasses import dataclass, field
from typing import Any

from clients.programs import sentences as say
from proxy.exchange import Usage

#: Every sentence that a program may say, and the role in which a reader must find it.
SENTENCES = {
    say.SYSTEM: "system",
    **dict.fromkeys((*say.AMBER, *say.COBALT, say.OCHRE, say.PLACE, *say.OTHERS), "user"),
    say.RESULT: "tool",
}
_DIALOGUE = re.compile(rb"Dialogue ([a-z]+):")
#: USD for a million tokens, of every model whose price is known here. The others must be unpriced.
PRICES = {
    name: {"input": 2.0, "cached_input": 0.5, "cache_write": 2.5, "output": 8.0}
    for name in (say.MODEL, say.CLAUDE, say.GEMINI, say.EMBEDDER)
}


@dataclass(slots=True)
class Truth:
    """One request. ``usage`` is disjoint, as ours; ``None`` where the provider sends none. ``said``: the known
    sentences in it, with the role that each has. ``dialogue``: its conversation's name, empty where it has none."""

    operation: str
    model: str | None
    status: int = 200
    outcome: str = "ok"
    served: str | None = None
    usage: Usage | None = None
    finish: str | None = None
    text: str = ""
    calls: list[tuple[str, Any]] = field(default_factory=list)
    said: list[tuple[str, str]] = field(default_factory=list)
    dialogue: str = ""
    response_id: str | None = None
    generation: bool = True
    note: str = ""

    @property
    def cost(self) -> float | None:
        """USD, or ``None`` where it is not known."""
        price = PRICES.get(self.model or "")
        if price is None or self.usage is None:
            return None
        used = self.usage
        given = (used.output + used.reasoning_output) * price["output"]
        taken = used.input * price["input"] + used.cached_input * price["cached_input"]
        return (taken + used.cache_write * price["cache_write"] + given) / 1e6


def said_in(body: bytes) -> list[tuple[str, str]]:
    """The known sentences of a body, by their roles."""
    return [(sentence, role) for sentence, role in SENTENCES.items() if sentence.encode() in body]


def dialogue_of(body: bytes) -> str:
    """The name of the dialogue that a body belongs to: the first that it names."""
    found = _DIALOGUE.search(body)
    return found[1].decode() if found else ""


def number_of(*parts: object) -> int:
    """A number for an answer that depends on what was asked alone, so that both runs get the same ones."""
    return zlib.crc32(repr(parts).encode()) % 900
