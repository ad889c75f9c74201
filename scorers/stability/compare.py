"""Whether two answers to the same request differ. The first comparison that both answers allow decides.

1. What the scorers say (refused, abstained, asked, ...): another verdict is another answer.
2. Tool calls: another tool or other arguments. 3. JSON: another value; a sentence in it as a text.
4. Numbers and names: each answer has some that the other lacks, and too few are shared.
5. Text: short answers by their words, longer ones by the stems of the words that carry content.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import msgspec
import orjson

from scorers.asking.answer import Answer, called
from scorers.reading.text import answer_text, informative, names, numbers, sentences, words
from scorers.suites.check import read_json, read_value, same

#: A comma between thousands.
_SEPARATOR = re.compile(r"(?<=\d),(?=\d{3}\b)")
#: Below this share of the smaller set, numbers (names) that both answers have are too few.
_SHARED = 0.7
#: Answers of at most so many words are compared word by word, longer ones by their content.
_SHORT = 12
_ALIKE_SHORT, _ALIKE_LONG = 0.85, 0.5


class Traits(msgspec.Struct, frozen=True):
    """What of an answer is compared. ``verdicts``: output -> yes or no, those that were decided. ``calls``: name and
    arguments, in order. ``document``: the answer read as JSON, where it is an object or a list."""

    verdicts: Mapping[str, str]
    calls: tuple[tuple[str, str], ...]
    document: Any
    is_json: bool
    numbers: frozenset[str]
    names: frozenset[str]
    words: frozenset[str]
    content: frozenset[str]


def traits(answer: Answer, verdicts: Mapping[str, str]) -> Traits:
    """The traits of an answer with what scorers said of it."""
    text = answer_text(answer.text) or answer.refusal
    try:
        document = read_json(text)
    except ValueError:
        document = None
    said = words(_SEPARATOR.sub("", text))
    return Traits(
        verdicts=dict(verdicts),
        calls=tuple(sorted(_call(call) for call in answer.tool_calls)),
        document=document,
        is_json=isinstance(document, dict | list),
        numbers=frozenset(numbers(text, said)),
        names=frozenset(name for sentence in sentences(text) for name in names(sentence)),
        words=frozenset(said),
        content=frozenset(informative(text)),
    )


def _call(call: Mapping[str, Any]) -> tuple[str, str]:
    name, arguments = called(call)
    if isinstance(arguments, str):
        try:
            arguments = read_value(arguments)
        except ValueError:
            return name, arguments
    return name, orjson.dumps(arguments, option=orjson.OPT_SORT_KEYS).decode()


def difference(one: Traits, other: Traits) -> str:
    """What the two answers differ in: ``verdict``, ``tool_calls``, ``json``, ``numbers``, ``names``, ``text``; empty
    where they say the same."""
    if any(other.verdicts.get(output, verdict) != verdict for output, verdict in one.verdicts.items()):
        return "verdict"
    if one.calls or other.calls:
        return "" if one.calls == other.calls else "tool_calls"
    if one.is_json or other.is_json:
        alike = one.is_json and other.is_json and _same(one.document, other.document)
        return "" if alike else "json"
    if _exchanged(one.numbers, other.numbers):
        return "numbers"
    if _exchanged(one.names, other.names):
        return "names"
    if max(len(one.words), len(other.words)) <= _SHORT:
        return "" if _jaccard(one.words, other.words) >= _ALIKE_SHORT else "text"
    return "" if _jaccard(one.content, other.content) >= _ALIKE_LONG else "text"


def differ(one: Traits, other: Traits) -> bool:
    """Whether the two answers differ."""
    return bool(difference(one, other))


def _same(one: object, other: object) -> bool:
    """Whether two JSON values say the same; sentences in them are compared as texts are."""
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_same, one, other))
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_same(one[key], other[key]) for key in one)
    if isinstance(one, str) and isinstance(other, str) and min(len(words(one)), len(words(other))) > _SHORT:
        return not difference(traits(Answer(text=one), {}), traits(Answer(text=other), {}))
    return same(one, other)


def _exchanged(one: frozenset[str], other: frozenset[str]) -> bool:
    """Whether each has something that the other lacks, and they share too little: more detail is no difference."""
    if not one - other or not other - one:
        return False
    return len(one & other) < _SHARED * min(len(one), len(other))


def _jaccard(one: Collection[str], other: Collection[str]) -> float:
    united = set(one) | set(other)
    return len(set(one) & set(other)) / len(united) if united else 1.0


def first_difference(texts: Sequence[str]) -> list[int]:
    """For each text after the first, the character at which it leaves the first; its length where it does not."""
    base = texts[0]
    found = []
    for text in texts[1:]:
        at = next((n for n, (a, b) in enumerate(zip(base, text, strict=False)) if a != b), min(len(base), len(text)))
        found.append(at)
    return found
