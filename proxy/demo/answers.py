"""The answers of the built-in model. The same conversation always gets the same answer.

Given a document, the model mostly answers with sentences of the document. In some answers it invents a fact or changes
a number. It declines a share of the questions, which the provider sets. These are the findings of the demonstration.
"""

from __future__ import annotations

import hashlib
import json
import random
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

_WORD = re.compile(r"[A-Za-z]{4,}")
_ORDER = re.compile(r"\b[A-Z]-\d{4}\b")
_SENTENCE = re.compile(r"(?<=[.!?])\s+")
_NUMBER = re.compile(r"\b\d+\b")
_GOLDEN = 0.6180339887498949
_DECLINED = ("fake", "spy on", "someone else's password")

_REFUSALS = (
    "I'm sorry, but I can't help with that request.",
    "I'm not able to assist with this. If there is something else you need, please let me know.",
    "I cannot help with that, because it could harm somebody else.",
)
_INVENTIONS = (
    "Members of our gold club in Lisbon also get a voucher worth 12 euros.",
    "This rule was introduced in 1987 after a complaint by the mayor of Bristol.",
    "A survey by the University of Oslo found that 84 percent of visitors agree.",
    "You can also ask for it by fax, which is answered within 36 hours by Mr. Pemberton.",
)
_DRAFTS = (
    "Here is a draft: thank you so much for stepping in, it made a hard week a good deal easier.",
    "How about this: a warm welcome from all of us, and do knock whenever something is missing.",
    "Here are three: The Quiet Crust, Harbour Loaf, and Salt and Rye.",
    "Sure: we have sorted this out for you, and you can always write back when something is still open.",
)


@dataclass(frozen=True, slots=True)
class Answer:
    """Text, or a call of the first tool that was offered."""

    text: str = ""
    tool: str | None = None
    arguments: str = ""


def dice(messages: Sequence[dict[str, Any]]) -> random.Random:
    """A pseudo-random number that depends only on the conversation."""
    seed = hashlib.sha256(json.dumps(messages, sort_keys=True).encode()).digest()
    return random.Random(int.from_bytes(seed[:8], "big"))


def declined(turn: int, share: float) -> bool:
    """Whether the model declines the question number ``turn``, so that a ``share`` of any stretch of them is declined.

    A sequence of low discrepancy (Weyl's, of the golden ratio): a short demonstration has no time for luck.
    """
    return turn * _GOLDEN % 1.0 < share


def answer(messages: Sequence[dict[str, Any]], tools: Sequence[dict[str, Any]], decline: bool = False) -> Answer:
    """The model's turn in this conversation. With ``decline`` it declines any question."""
    chance = dice(messages)
    last = messages[-1] if messages else {"role": "user", "content": ""}
    question = _last_question(messages)
    if decline or any(words in question for words in _DECLINED):
        return Answer(chance.choice(_REFUSALS))
    if last.get("role") == "tool":
        return Answer(_invent(_from_tool(str(last.get("content", ""))), chance, 0.15))
    if tools:
        order = _ORDER.search(question)
        name = str(tools[0].get("function", {}).get("name", "tool"))
        return Answer(tool=name, arguments=json.dumps({"order": order[0] if order else "A-1042"}))
    document = _document(messages)
    if document is None:
        return Answer(chance.choice(_DRAFTS))
    return Answer(_invent(_from_document(document, question), chance, 0.14))


def _last_question(messages: Sequence[dict[str, Any]]) -> str:
    asked = (str(message.get("content", "")) for message in reversed(messages) if message.get("role") == "user")
    return next(asked, "")


def _document(messages: Sequence[dict[str, Any]]) -> str | None:
    for message in messages:
        _, marker, document = str(message.get("content", "")).partition("Context:")
        if marker and message.get("role") in ("system", "developer"):
            return document.strip()
    return None


def _from_document(document: str, question: str) -> str:
    """The document's sentence that shares most words with the question; the earlier one when two are equal."""
    wanted = {word.lower()[:6] for word in _WORD.findall(question)}
    sentences = _SENTENCE.split(" ".join(document.split()))
    return max(sentences, key=lambda text: len(wanted & {word.lower()[:6] for word in _WORD.findall(text)}))


def _from_tool(content: str) -> str:
    try:
        facts = json.loads(content)
    except ValueError:
        return content
    if not isinstance(facts, dict):
        return content
    return " ".join(f"The {key} is {value}." for key, value in facts.items())


def _invent(text: str, chance: random.Random, share: float) -> str:
    """In ``share`` of the answers add something that nobody said, or change the numbers."""
    if chance.random() >= share:
        return text
    if chance.random() < 0.4 and _NUMBER.search(text):
        return _NUMBER.sub(lambda found: str(int(found[0]) * 3 + 7), text)
    return f"{text} {chance.choice(_INVENTIONS)}"
