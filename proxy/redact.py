"""Secrets and personal data out of text, before any copy leaves the proxy process.

Each value becomes a placeholder of its kind; the same value gets the same placeholder throughout one sample, so that
scorers still see what matches. Every pattern is linear: bounded repeats, no nested ones.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import partial

import msgspec
import orjson

from proxy.sample import Choice, Message, Sample, ToolCall
from proxy.settings import Redaction

Clean = Callable[[str], str]

#: Tried in this order: a key may contain what looks like a phone number.
_BUILTIN: tuple[tuple[str, str], ...] = (
    (
        "PRIVATE_KEY",
        r"-----BEGIN [A-Z ]{0,20}PRIVATE KEY-----[A-Za-z0-9+/=\s\\]{1,8000}"
        r"(?:-----END [A-Z ]{0,20}PRIVATE KEY-----)?",
    ),
    (
        "API_KEY",
        r"\b(?:sk|pk|rk)[-_](?:[A-Za-z0-9]{1,12}[-_]){0,3}[A-Za-z0-9_-]{10,300}|\bgh[pousr]_[A-Za-z0-9]{20,255}"
        r"|\bgithub_pat_[A-Za-z0-9_]{20,255}|\bxox[abeoprs]-[A-Za-z0-9-]{10,250}|\b(?:AKIA|ASIA)[A-Z0-9]{16}\b"
        r"|\bAIza[A-Za-z0-9_-]{30,60}|\bhf_[A-Za-z0-9]{20,80}|\bglpat-[A-Za-z0-9_-]{20,80}"
        r"|\beyJ[A-Za-z0-9_-]{8,2000}\.[A-Za-z0-9_-]{4,4000}\.[A-Za-z0-9_-]{4,1000}",
    ),
    ("TOKEN", r"(?i:\bbearer)\s{1,4}([A-Za-z0-9._~+/=-]{12,4000})"),
    ("EMAIL", r"\b[A-Za-z0-9._%+-]{1,64}@(?:[A-Za-z0-9-]{1,63}\.){1,8}[A-Za-z]{2,24}\b"),
    ("CARD", r"(?<![\d.,-])\d(?:[ -]?\d){12,18}(?![\d-])"),
    (
        "PHONE",
        r"(?<![\w.])(?:\+\d{1,3}[ .-]?(?:\(\d{1,5}\)[ .-]?)?\d{1,5}(?:[ .-]?\d{2,5}){1,4}"
        r"|\(\d{2,5}\)[ .-]?\d{2,5}[ .-]?\d{3,5}|\d{3}[.-]\d{3}[.-]\d{4}|0\d{2,4}[ /-]\d{3,4}[ -]?\d{3,5})(?![\w])",
    ),
)


def _luhn(text: str) -> bool:
    digits = [int(char) for char in text if char.isdigit()]
    doubled = [sum(divmod(digit * 2, 10)) for digit in digits[-2::-2]]
    return len(set(digits)) > 1 and (sum(doubled) + sum(digits[-1::-2])) % 10 == 0


class Redactor:
    """The compiled patterns of one configuration."""

    def __init__(self, settings: Redaction) -> None:
        kinds = list(_BUILTIN) if settings.builtin else []
        kinds = [("CUSTOM", pattern) for pattern in settings.patterns] + kinds
        self._patterns = [(kind, re.compile(pattern)) for kind, pattern in kinds]

    def text(self, value: str, seen: dict[str, str], secrets: Iterable[str] = ()) -> str:
        """``value`` with placeholders; ``seen`` maps values to placeholders over one sample."""
        for secret in secrets:
            if len(secret) >= 8 and secret in value:
                value = value.replace(secret, _placeholder("API_KEY", secret, seen))
        for kind, pattern in self._patterns:
            value = pattern.sub(partial(_replace, kind, seen), value)
        return value

    def changes(self, value: str) -> bool:
        """Whether there is anything to take out of ``value``."""
        return self.text(value, {}) != value

    def sample(self, sample: Sample, secrets: Iterable[str] = ()) -> Sample:
        """The sample with every text of it redacted, one numbering throughout."""
        seen: dict[str, str] = {}
        secrets = tuple(secrets)

        def clean(value: str) -> str:
            return self.text(value, seen, secrets) if value else value

        return msgspec.structs.replace(
            sample,
            messages=tuple(_message(message, clean) for message in sample.messages),
            contexts=tuple(clean(text) for text in sample.contexts),
            choices=tuple(_choice(choice, clean) for choice in sample.choices),
            tools=tuple(_raw(tool, clean) for tool in sample.tools),
            response_format=_raw(sample.response_format, clean) if sample.response_format is not None else None,
        )


def _placeholder(kind: str, value: str, seen: dict[str, str]) -> str:
    if value not in seen:
        number = 1 + sum(placeholder.startswith(f"[{kind}_") for placeholder in seen.values())
        seen[value] = f"[{kind}_{number}]"
    return seen[value]


def _replace(kind: str, seen: dict[str, str], match: re.Match[str]) -> str:
    value = match[0]
    if kind == "CARD" and not _luhn(value):
        return value
    if kind == "TOKEN":
        return value[: match.start(1) - match.start()] + _placeholder(kind, match[1], seen)
    return _placeholder(kind, value, seen)


def _calls(calls: tuple[ToolCall, ...], clean: Clean) -> tuple[ToolCall, ...]:
    return tuple(ToolCall(clean(call.name), clean(call.arguments), call.id) for call in calls)


def _message(message: Message, clean: Clean) -> Message:
    return msgspec.structs.replace(
        message,
        content=clean(message.content),
        name=clean(message.name) if message.name else None,
        tool_calls=_calls(message.tool_calls, clean),
        documents=tuple(clean(document) for document in message.documents),
    )


def _choice(choice: Choice, clean: Clean) -> Choice:
    return msgspec.structs.replace(
        choice,
        text=clean(choice.text),
        refusal=clean(choice.refusal),
        reasoning=clean(choice.reasoning),
        tool_calls=_calls(choice.tool_calls, clean),
    )


def _raw(value: msgspec.Raw, clean: Clean) -> msgspec.Raw:
    """A JSON value with its strings redacted one by one, so that it stays JSON."""
    return msgspec.Raw(orjson.dumps(_walk(orjson.loads(bytes(value)), clean, 0)))


def _walk(node: object, clean: Clean, depth: int) -> object:
    if isinstance(node, str):
        return clean(node)
    if depth > 64:
        return None
    if isinstance(node, list):
        return [_walk(item, clean, depth + 1) for item in node]
    if isinstance(node, dict):
        return {clean(key): _walk(item, clean, depth + 1) for key, item in node.items()}
    return node
