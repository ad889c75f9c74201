"""One prompt, one family, one seed: the rewritten messages, or why there are none. Deterministic.

Messages are chat messages as JSON objects. Only the last user turn changes, and in it only the part that asks; the
family ``order`` moves whole documents of it. Everything else is the same object as before.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from scorers.reading.text import RoughLanguage, rough_language
from scorers.rewrites import layout, order, politeness, typo, verb
from scorers.rewrites.asking_part import Place, asking
from scorers.rewrites.control import control
from scorers.rewrites.guard import preserved

#: A family: a text, chance, and where in its turn the text stands, to the text as rewritten.
Rule = Callable[[str, random.Random, Place], str | None]
#: Family -> its rule. The one place that lists what there is; the configuration names them.
FAMILIES: dict[str, Rule] = {family.NAME: family.rewrite for family in (verb, politeness, layout, order, typo)}
#: The arm of the control beside those of the families.
CONTROL = "control"
_LONGEST_TURN = 200_000


class Unchanged(StrEnum):
    """Why a prompt was not rewritten."""

    NOT_APPLICABLE = "not_applicable"
    NOT_PRESERVED = "not_preserved"
    NO_TEXT = "no_text"
    NOT_ENGLISH = "not_english"


@dataclass(frozen=True, slots=True)
class Rewritten:
    """The messages after a rewrite; ``word``: what an answer to the control begins with, empty for a family."""

    messages: list[dict[str, Any]]
    before: str
    after: str
    word: str = ""


def rewrite(messages: Sequence[dict[str, Any]], family: str, seed: int = 0) -> Rewritten | Unchanged:
    """``messages`` as ``family`` puts them. Raises ``KeyError`` for a family that is not in ``FAMILIES``."""
    rule = FAMILIES[family]
    if family == order.NAME and (moved := _parts_moved(messages, seed)) is not None:
        return moved
    found = _last_turn(messages)
    if found is None:
        return Unchanged.NO_TEXT
    at, part, text = found
    if family != order.NAME and rough_language(text) is not RoughLanguage.ENGLISH:
        return Unchanged.NOT_ENGLISH
    chance = random.Random(f"{seed}:{family}:{text}")
    after = rule(text, chance, Place()) if family == order.NAME else _asked(rule, text, chance)
    if after is None or after == text:
        return Unchanged.NOT_APPLICABLE
    if not preserved(text, after):
        return Unchanged.NOT_PRESERVED
    return Rewritten(_with(messages, at, part, after), text, after)


def with_control(messages: Sequence[dict[str, Any]], seed: int = 0) -> Rewritten | Unchanged:
    """``messages`` with one more demand, which changes the meaning on purpose."""
    found = _last_turn(messages)
    if found is None:
        return Unchanged.NO_TEXT
    at, part, text = found
    after, word = control(text, random.Random(f"{seed}:{CONTROL}:{text}"))
    return Rewritten(_with(messages, at, part, after), text, after, word)


def _asked(rule: Rule, text: str, chance: random.Random) -> str | None:
    part = asking(text)
    if part is None:
        return None
    made = rule(text[part.start : part.end], chance, part.place)
    return None if made is None else text[: part.start] + made + text[part.end :]


def _last_turn(messages: Sequence[dict[str, Any]]) -> tuple[int, int | None, str] | None:
    """The place of the last user turn, that of its last text part (``None``: its content is a text), and the text."""
    for at in range(len(messages) - 1, -1, -1):
        if messages[at].get("role") != "user":
            continue
        content = messages[at].get("content")
        if isinstance(content, str):
            return (at, None, content) if 0 < len(content.strip()) <= _LONGEST_TURN else None
        if not isinstance(content, list):
            return None
        for part in range(len(content) - 1, -1, -1):
            text = content[part].get("text") if isinstance(content[part], dict) else None
            if isinstance(text, str) and 0 < len(text.strip()) <= _LONGEST_TURN:
                return at, part, text
        return None
    return None


def _parts_moved(messages: Sequence[dict[str, Any]], seed: int) -> Rewritten | None:
    """The documents of a turn of several text parts in another order: all parts but the last one, which asks. ``None``
    where there are fewer than two, where they differ in nothing, or where their places matter."""
    at = next((n for n in range(len(messages) - 1, -1, -1) if messages[n].get("role") == "user"), None)
    content = messages[at].get("content") if at is not None else None
    if at is None or not isinstance(content, list) or len(content) < 3:
        return None
    texts = [part.get("text") if isinstance(part, dict) else None for part in content]
    if not all(isinstance(text, str) and text.strip() for text in texts):
        return None
    documents = [str(text) for text in texts[:-1]]
    moved = order.exchanged(documents, str(texts[-1]), random.Random(f"{seed}:{order.NAME}:{documents}"))
    if moved is None:
        return None
    made = list(messages)
    made[at] = {**messages[at], "content": [*({**content[0], "text": text} for text in moved), content[-1]]}
    before, after = ("\n\n".join([*own, str(texts[-1])]) for own in (documents, moved))
    return Rewritten(made, before, after)


def _with(messages: Sequence[dict[str, Any]], at: int, part: int | None, text: str) -> list[dict[str, Any]]:
    made = list(messages)
    if part is None:
        made[at] = {**made[at], "content": text}
    else:
        content = list(made[at]["content"])
        content[part] = {**content[part], "text": text}
        made[at] = {**made[at], "content": content}
    return made
