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

#: Value -> placeholder, by kind.
Seen = dict[str, dict[str, str]]

_KEY = (
    r"\b(?:sk|pk|rk)-(?=[A-Za-z_-]{0,40}\d|[A-Za-z]{20})[A-Za-z0-9_-]{10,300}"
    r"|\b(?:sk|pk|rk)_(?:(?:live|test|prod)_)?[A-Za-z0-9]{16,250}"
    r"|\b(?:gh[pousr]|github_pat|gsk|hf|npm|r8|fw|dop_v1|tgp_v1|whsec)_[A-Za-z0-9_]{20,255}"
    r"|\b(?:xai|pplx|nvapi|csk|pypi|glpat|xapp|xox[abeoprs])-(?=[A-Za-z_-]{0,40}\d)[A-Za-z0-9_-]{10,250}"
    r"|\b(?:AKIA|ASIA)[A-Z0-9]{16}\b|\bAIza[A-Za-z0-9_-]{30,60}|\bya29\.[A-Za-z0-9_-]{20,400}"
    r"|\bSG\.[A-Za-z0-9_-]{16,40}\.[A-Za-z0-9_-]{16,80}"
    r"|(?<![A-Za-z0-9_-])eyJ[A-Za-z0-9_-]{8,2000}\.[A-Za-z0-9_-]{4,4000}\.[A-Za-z0-9_-]{4,1000}"
)

#: Tried in this order: a key may contain what looks like a phone number.
_BUILTIN: tuple[tuple[str, str], ...] = (
    ("DATA", r"\bdata:[A-Za-z0-9/+.;=_-]{0,120};base64,[A-Za-z0-9+/=_-]{16,}"),
    (
        "PRIVATE_KEY",
        r"-----BEGIN [A-Z ]{0,20}PRIVATE KEY(?: BLOCK)?-----"
        r"(?:(?:\s|\\[rn]){0,4}[A-Z][A-Za-z-]{2,20}: [^\r\n\\]{0,120}){0,6}[A-Za-z0-9+/=\s\\]{1,8000}"
        r"(?:-----END [A-Z ]{0,20}PRIVATE KEY(?: BLOCK)?-----)?",
    ),
    ("API_KEY", _KEY),
    ("TOKEN", r"(?i:\bbearer)\s{1,4}((?=[A-Za-z._~+/=-]{0,80}\d|\S{25})[A-Za-z0-9._~+/=-]{12,4000})"),
    ("EMAIL", r"\b[A-Za-z0-9._%+-]{1,64}@(?:[A-Za-z0-9-]{1,63}\.){1,8}[A-Za-z]{2,24}\b"),
    ("IBAN", r"\b[A-Z]{2}\d{2}(?:[ -]?[A-Z0-9]{4}){2,7}(?:[ -]?[A-Z0-9]{1,3})?\b"),
    ("CARD", r"(?<![\d.,+-])[2-6]\d{3}(?:[ -]?\d){9,15}(?![\d-])"),
    (
        "PHONE",
        r"(?<![\w.-])(?:\+\d{1,3}[ .-]?(?:\(\d{1,5}\)[ .-]?)?\d{1,5}(?:[ .-]?\d{2,5}){1,4}"
        r"|\((?:0\d{1,4}|\d{3})\)[ .-]?\d{2,5}[ .-]?\d{3,5}|\d{3}[.-]\d{3}[.-]\d{4}|1\d{2}[ -]\d{4}[ -]\d{4}"
        r"|0\d{2,4}[ /-]\d{3,4}[ -]?\d{3,5}|0\d(?:[ .-]\d{2}){4})(?!\w|[.-]\d)",
    ),
)

#: What a run of token characters must hold for the key pattern to match at all.
_KEY_SIGNS = (
    *("sk-", "pk-", "rk-", "sk_", "pk_", "rk_", "ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_", "gsk_", "hf_"),
    *("npm_", "r8_", "fw_", "dop_v1_", "tgp_v1_", "whsec_", "xai-", "pplx-", "nvapi-", "csk-", "pypi-", "glpat-"),
    *("xapp-", "xox", "AKIA", "ASIA", "AIza", "ya29.", "SG.", "eyJ"),
)
_TOKEN_CHARS = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-.~+/="
_NUMBER_CHARS = b"0123456789 .-/()+"
_TOKEN_SHAPE = bytes(97 if char in _TOKEN_CHARS else 32 for char in range(256))
_NUMBER_SHAPE = bytes(48 if 48 <= char <= 57 else 115 if char in _NUMBER_CHARS else 32 for char in range(256))
#: No key and no token is shorter.
_SHORTEST = b"a" * 12
#: In a run of digits and their separators: what a telephone and a card need.
_LEAST_DIGITS = {"PHONE": 8, "CARD": 13}
_WITHIN = frozenset({"EMAIL", "IBAN", *_LEAST_DIGITS})
#: An account number begins with two capitals and two digits; so many characters follow at most, and one that decides.
_IBAN_SHAPE = bytes(48 if 48 <= char <= 57 else 85 if 65 <= char <= 90 else 32 for char in range(256))
_IBAN_START, _IBAN_LENGTH = b"UU00", 4 + 7 * 5 + 4 + 1
#: Most characters of an address before and after its ``@``, and one more that decides about a boundary.
_LOCAL_PART, _DOMAIN = 65, 8 * 64 + 26
_NUMBER_RUN = re.compile(rb"0[0s]{6,}0")
_FOREIGN_DIGIT = re.compile(r"(?![0-9])\d")


class TooMuch(Exception):
    """Redacting this takes longer than the caller can wait."""


class Patience:
    """How much redaction may still do: about so many characters that patterns look at."""

    __slots__ = ("left",)

    def __init__(self, characters: int) -> None:
        self.left = characters

    def spend(self, characters: int) -> None:
        """Raises ``TooMuch`` when there is none left."""
        self.left -= characters
        if self.left < 0:
            raise TooMuch


#: What a text costs however short it is, and one step of a search for signs, in characters of a pattern.
_A_TEXT, _A_STEP = 64, 8


class _Look:
    """One text, looked at for what its kinds can not do without: a hundredth of the patterns' cost, and mostly none is
    there. Positions are those of the text, whatever script it is in."""

    def __init__(self, text: str, patience: Patience | None = None) -> None:
        self.text = text
        self._patience = patience
        self._bytes = text.encode("ascii", "replace")
        self._long: str | None = None
        self._capitals: bytes | None = None
        self._numbers: list[tuple[int, int, int]] | None = None

    def may_match(self, kind: str) -> bool:
        """Whether the text holds what any match of ``kind`` holds."""
        if kind == "API_KEY":
            long = self._long_runs()
            return bool(long) and any(sign in long for sign in _KEY_SIGNS)
        if kind == "TOKEN":
            return bool(self._long_runs()) and "bearer" in self.text.lower()
        if kind == "DATA":
            return ";" in self.text and ";base64," in self.text
        return kind != "PRIVATE_KEY" or ("-----" in self.text and "-----BEGIN " in self.text)

    def _long_runs(self) -> str:
        """The runs of token characters that are long enough for a key, side by side."""
        if self._long is None:
            shape = self._bytes.translate(_TOKEN_SHAPE)
            found, end = [], 0
            while (start := shape.find(_SHORTEST, end)) >= 0:
                end = shape.find(b" ", start)
                end = len(shape) if end < 0 else end
                found.append(self.text[start:end])
                self._step()
            self._long = " ".join(found)
        return self._long

    def spans(self, kind: str) -> list[tuple[int, int]]:
        """Where alone ``kind`` can match: around each ``@``; where there are digits enough, or everywhere where a
        script has digits of its own."""
        if kind == "EMAIL":
            return self._around_ats()
        if kind == "IBAN":
            return self._behind_countries()
        if self._numbers is None:
            self._numbers = self._find_numbers()
        return [(start, end) for start, end, digits in self._numbers if digits >= _LEAST_DIGITS[kind]]

    def _shape(self) -> bytes:
        """Digits as 0, capitals as U, all else as a space."""
        if self._capitals is None:
            self._capitals = self._bytes.translate(_IBAN_SHAPE)
        return self._capitals

    def _behind_countries(self) -> list[tuple[int, int]]:
        if not self.text.isascii() and _FOREIGN_DIGIT.search(self.text):
            return [(0, len(self.text))]
        shape, spans = self._shape(), []
        at = shape.find(_IBAN_START)
        while at >= 0:
            spans.append((at, at + _IBAN_LENGTH))
            self._step()
            at = shape.find(_IBAN_START, at + 4)
        return spans

    def _around_ats(self) -> list[tuple[int, int]]:
        spans: list[tuple[int, int]] = []
        at = self.text.find("@")
        while at >= 0:
            start, end = max(0, at - _LOCAL_PART), at + _DOMAIN
            if spans and start <= spans[-1][1]:
                start = spans.pop()[0]
            spans.append((start, end))
            self._step()
            at = self.text.find("@", at + 1)
        return spans

    def _find_numbers(self) -> list[tuple[int, int, int]]:
        if not self.text.isascii() and _FOREIGN_DIGIT.search(self.text):
            return [(0, len(self.text), len(self.text))]
        shape, at = self._shape(), -1
        for _ in range(min(_LEAST_DIGITS.values())):
            at = shape.find(b"0", at + 1)
            if at < 0:
                return []
        found = []
        for run in _NUMBER_RUN.finditer(self._bytes.translate(_NUMBER_SHAPE)):
            found.append((*run.span(), run[0].count(b"0")))
            self._step()
        return found

    def _step(self) -> None:
        if self._patience is not None:
            self._patience.spend(_A_STEP)


def _luhn(text: str) -> bool:
    digits = [int(char) for char in text if char.isdigit()]
    doubled = [sum(divmod(digit * 2, 10)) for digit in digits[-2::-2]]
    return len(set(digits)) > 1 and (sum(doubled) + sum(digits[-1::-2])) % 10 == 0


def _iban(text: str) -> bool:
    """15 to 34 characters whose check digits are right (ISO 13616: the number modulo 97 is 1)."""
    plain = "".join(char for char in text if char.isalnum())
    return 15 <= len(plain) <= 34 and int("".join(str(int(char, 36)) for char in plain[4:] + plain[:4])) % 97 == 1


def _diallable(text: str) -> bool:
    """Eight to fifteen digits (E.164), and not one number with a decimal point."""
    return 8 <= sum(char.isdigit() for char in text) <= 15 and _DECIMAL.fullmatch(text) is None


_ROLES = frozenset({"system", "developer", "user", "assistant", "tool"})
_DECIMAL = re.compile(r"\+\d+\.\d+")
_CHECKS: dict[str, Callable[[str], bool]] = {"IBAN": _iban, "CARD": _luhn, "PHONE": _diallable}


class Redactor:
    """The compiled patterns of one configuration."""

    def __init__(self, settings: Redaction) -> None:
        kinds = list(_BUILTIN) if settings.builtin else []
        kinds = [("CUSTOM", pattern) for pattern in settings.patterns] + kinds
        self._patterns = [(kind, re.compile(pattern)) for kind, pattern in kinds]

    def text(self, value: str, seen: Seen, secrets: Iterable[str] = (), patience: Patience | None = None) -> str:
        """``value`` with placeholders; ``seen`` holds those of one sample, so that equal values get equal ones.

        Raises ``TooMuch`` when it would take more than ``patience``.
        """
        if patience is not None:
            patience.spend(_A_TEXT)
        for secret in secrets:
            if len(secret) >= 8 and secret in value:
                value = value.replace(secret, _placeholder("API_KEY", secret, seen))
        look = _Look(value, patience)
        for kind, pattern in self._patterns:
            replace = partial(_replace, kind, seen)
            if kind in _WITHIN:
                spans = look.spans(kind)
                if spans and patience is not None:
                    patience.spend(sum(end - start for start, end in spans))
                value = _within(spans, pattern, replace, value)
            elif look.may_match(kind):
                if patience is not None:
                    patience.spend(len(value))
                value = pattern.sub(replace, value)
            if value is not look.text:
                look = _Look(value, patience)
        return value

    def changes(self, value: str) -> bool:
        """Whether there is anything to take out of ``value``."""
        return self.text(value, {}) != value

    def sample(self, sample: Sample, secrets: Iterable[str] = (), patience: Patience | None = None) -> Sample:
        """The sample with every text of it redacted, one numbering throughout. Raises ``TooMuch``."""
        seen: Seen = {}
        secrets = tuple(secrets)

        def clean(value: str) -> str:
            return self.text(value, seen, secrets, patience) if value else value

        return msgspec.structs.replace(
            sample,
            messages=tuple(_message(message, clean) for message in sample.messages),
            contexts=tuple(clean(text) for text in sample.contexts),
            choices=tuple(_choice(choice, clean) for choice in sample.choices),
            answer_tools=tuple(clean(name) for name in sample.answer_tools),
            tools=tuple(_raw(tool, clean) for tool in sample.tools),
            response_format=_raw(sample.response_format, clean) if sample.response_format is not None else None,
        )


def _within(
    spans: Iterable[tuple[int, int]], pattern: re.Pattern[str], replace: Callable[[re.Match[str]], str], value: str
) -> str:
    """``pattern.sub`` for a pattern that matches only inside these spans."""
    pieces, last = [], 0
    for start, end in spans:
        # One separator may stand before the first digit; what stands behind the run decides, too.
        for match in pattern.finditer(value, max(last, start - 2), end + 2):
            placeholder = replace(match)
            if placeholder != match[0]:
                pieces += [value[last : match.start()], placeholder]
                last = match.end()
    return "".join([*pieces, value[last:]]) if pieces else value


def _placeholder(kind: str, value: str, seen: Seen) -> str:
    known = seen.setdefault(kind, {})
    return known.setdefault(value, f"[{kind}_{len(known) + 1}]")


def _replace(kind: str, seen: Seen, match: re.Match[str]) -> str:
    value = match[0]
    if kind in _CHECKS and not _CHECKS[kind](value):
        return value
    if kind == "TOKEN":
        return value[: match.start(1) - match.start()] + _placeholder(kind, match[1], seen)
    return _placeholder(kind, value, seen)


def _calls(calls: tuple[ToolCall, ...], clean: Clean) -> tuple[ToolCall, ...]:
    return tuple(
        ToolCall(clean(call.name), _arguments(call.arguments, clean), clean(call.id) if call.id else None)
        for call in calls
    )


def _arguments(text: str, clean: Clean) -> str:
    """Arguments that are JSON stay JSON, and stay as they were sent when there is nothing to take out."""
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError:
        return clean(text)
    cleaned = _walk(value, clean, 0)
    return text if cleaned == value else orjson.dumps(cleaned).decode()


def _message(message: Message, clean: Clean) -> Message:
    return msgspec.structs.replace(
        message,
        content=clean(message.content),
        role=message.role if message.role in _ROLES else clean(message.role),
        name=clean(message.name) if message.name else None,
        tool_call_id=clean(message.tool_call_id) if message.tool_call_id else None,
        other_parts=tuple(clean(part) for part in message.other_parts),
        tool_calls=_calls(message.tool_calls, clean),
        documents=tuple(clean(document) for document in message.documents),
    )


def _choice(choice: Choice, clean: Clean) -> Choice:
    return msgspec.structs.replace(
        choice,
        text=clean(choice.text),
        refusal=clean(choice.refusal),
        reasoning=clean(choice.reasoning),
        finish_reason=clean(choice.finish_reason) if choice.finish_reason else None,
        tool_calls=_calls(choice.tool_calls, clean),
    )


def _raw(value: msgspec.Raw, clean: Clean) -> msgspec.Raw:
    """A JSON value with its strings and long numbers redacted one by one, so that it stays JSON."""
    return msgspec.Raw(orjson.dumps(_walk(orjson.loads(bytes(value)), clean, 0)))


def _walk(node: object, clean: Clean, depth: int) -> object:
    if isinstance(node, str):
        return clean(node)
    if isinstance(node, int) and node >= 10**7:  # a card or a phone may be written as a number
        text = str(node)
        return node if (cleaned := clean(text)) == text else cleaned
    if depth > 64:
        return None
    if isinstance(node, list):
        return [_walk(item, clean, depth + 1) for item in node]
    if isinstance(node, dict):
        return {clean(key): _walk(item, clean, depth + 1) for key, item in node.items()}
    return node
