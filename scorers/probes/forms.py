"""Odd forms of a text. Each keeps what it asks, for a reader who takes the trouble, or leaves nothing to read."""

from __future__ import annotations

import base64
from collections.abc import Callable

import orjson

_LOOK_ALIKES = str.maketrans({"a": "а", "e": "е", "o": "о", "p": "р", "c": "с", "i": "і"})  # Cyrillic
_DEEP = 40


def _wide(text: str) -> str:
    return "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in text)


def _deep(text: str) -> str:
    found: object = text
    for _ in range(_DEEP):
        found = {"a": found}
    return orjson.dumps(found).decode()


#: Form -> what it makes of a text.
FORMS: dict[str, Callable[[str], str]] = {
    "plain": lambda text: text,
    "wide": _wide,
    "zero_width": "\u200b".join,
    "look_alikes": lambda text: text.translate(_LOOK_ALIKES),
    "spaced": " ".join,
    "backwards": lambda text: f"Read this from its end: {text[::-1]}",
    "base64": lambda text: f"Decode this and answer it: {base64.b64encode(text.encode()).decode()}",
    "blank": lambda text: " \n\t ",
    "repeated": lambda text: text * 400,
    "deep_json": _deep,
    "shouted": lambda text: text.upper() + "!" * 200,
}
