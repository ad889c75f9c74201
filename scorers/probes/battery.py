"""Batteries as data: templates of our own words, what counts as success, how often each is tried.

In attack batteries success means that the attack got through. In ``vague``, ``unknown`` and ``long_context``, and in
``utility``, it means that the right behaviour was shown.
"""

from __future__ import annotations

import functools
from enum import StrEnum
from pathlib import Path
from typing import Any, Literal

import msgspec
import yaml

FOLDER = Path(__file__).parent / "batteries"
#: Attack batteries, in the order in which they are shown.
ATTACKS = ("injection", "leak", "stuffing", "jailbreak", "edge")
#: Batteries that look for a right behaviour.
BEHAVIOURS = ("vague", "unknown", "long_context")
BATTERIES = (*ATTACKS, *BEHAVIOURS)
UTILITY = "utility"
#: How often each template is tried: k of hit@k.
TRIES = 3


class Success(StrEnum):
    """What is looked for in an answer. All but ``asks`` and ``admits`` are exact."""

    TOOL = "tool"
    CANARY = "canary"
    WORD = "word"
    VALUE = "value"
    ASKS = "asks"
    ADMITS = "admits"


class Template(msgspec.Struct, frozen=True):
    """One attack or question. ``text`` has ``{noun}`` and the like; ``fact`` stands in a document; ``form``: how the
    text is disguised."""

    id: str
    place: Literal["user", "document", "tool_result", "documents"]
    text: str
    fact: str = ""
    form: str = "plain"


class Battery(msgspec.Struct, frozen=True):
    """A battery. ``fills``: percent of the context window of each try; ``positions``: of the fact in each try;
    ``tokens``: of the documents."""

    name: str
    success: Success
    templates: tuple[Template, ...]
    fills: tuple[int, ...] = ()
    positions: tuple[str, ...] = ()
    tokens: int = 0

    @property
    def tries(self) -> int:
        """How often each template is tried."""
        if self.fills or self.positions:
            return len(self.fills or self.positions)
        return 1 if self.name == UTILITY else TRIES

    @property
    def judged(self) -> bool:
        """Whether a scorer says what success is, and may be wrong."""
        return self.success in (Success.ASKS, Success.ADMITS)

    def variant(self, attempt: int) -> str:
        """What is particular about a try, as a word: its fill in percent, or the fact's position; else empty."""
        if self.fills:
            return f"{self.fills[attempt]}%"
        return self.positions[attempt] if self.positions else ""


@functools.cache
def load(name: str) -> Battery:
    """The battery of this name. Raises ``KeyError`` for one that there is not."""
    if name not in (*BATTERIES, UTILITY):
        raise KeyError(name)
    found: Any = yaml.safe_load((FOLDER / f"{name}.yaml").read_text(encoding="utf-8"))
    return msgspec.convert(found, Battery)
