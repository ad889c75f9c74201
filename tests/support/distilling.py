"""Labelled answers made by rule: held ones in other words, others in the documents' own with the parts exchanged."""

from __future__ import annotations

import json
import random
from typing import Any

_NAMES = (
    "Orla Finch",
    "Bram Tully",
    "Petra Voss",
    "Idris Kaye",
    "Selma Roth",
    "Niko Brandt",
    "Greta Lund",
    "Amir Sole",
)
_DEEDS = (
    ("bought the {} from", "purchased the {} from"),
    ("repaired the {} of", "fixed the {} of"),
    ("sent the {} to", "mailed the {} to"),
    ("praised the {} of", "complimented the {} of"),
    ("hid the {} of", "concealed the {} of"),
)
_THINGS = ("bicycle", "piano", "boat", "lamp", "clock", "tractor", "camera", "kettle")


def line(number: int, app: str, coin: random.Random) -> dict[str, Any]:
    """One recorded answer with its label; odd numbers are ungrounded."""
    one, other, third = coin.sample(_NAMES, 3)
    (deed, same), thing = coin.choice(_DEEDS), coin.choice(_THINGS)
    document = (
        f"On day {number} of the fair {one} {deed.format(thing)} {other} before noon. {third} watched from the gate "
        f"and said nothing about it. The weather was mild and the stalls closed at six."
    )
    wrong = number % 2 == 1
    said = f"{other} {deed.format(thing)} {one} before noon." if wrong else f"{one} {same.format(thing)} {other}."
    return {
        "id": f"{app}-{number}",
        "app": app,
        "prompt": "What happened at the fair?",
        "context": document,
        "response": said,
        "labels": {"groundedness.ungrounded": "yes" if wrong else "no"},
    }


def lines(apps: tuple[str, ...], each: int, shuffled: bool = False) -> list[dict[str, Any]]:
    """``each`` answers of every app; ``shuffled``: labels that say nothing of the answers."""
    coin = random.Random(5)
    found = [line(number, app, coin) for app in apps for number in range(each)]
    if shuffled:
        labels = [one["labels"] for one in found]
        coin.shuffle(labels)
        found = [one | {"labels": label} for one, label in zip(found, labels, strict=True)]
    return found


def written(found: list[dict[str, Any]]) -> str:
    """As JSON lines."""
    return "".join(json.dumps(one) + "\n" for one in found)
