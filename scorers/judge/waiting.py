"""How long a provider asks to be left alone: in the headers of its refusal, or in its text."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

#: Longer waits are another provider's matter, or a person's (s).
_LONGEST_WAIT = 120.0
#: Only so much of a refusal is looked through.
_HEAD = 16_384
#: ``6m0s``, ``1.5s``, ``250ms``.
_DURATION = re.compile(
    r"(?:(\d{1,6})h)?(?:(\d{1,6})m(?!s))?(?:(\d{1,6}(?:\.\d{1,9})?)s)?(?:(\d{1,9}(?:\.\d{1,9})?)ms)?"
)
#: Google's RetryInfo, also inside of its OpenAI-compatible error.
_DELAY = re.compile(rb'"retryDelay"\s*:\s*"(\d{1,9}(?:\.\d{1,9})?)s"')
#: OpenAI, Azure and Groq say it in the message.
_AGAIN = re.compile(
    rb"(?:try again|retry) (?:in|after) (\d[\dhms.]{0,20}) ?(millisecond|second|minute|)", re.IGNORECASE
)
_UNITS = {"": 1.0, "millisecond": 0.001, "second": 1.0, "minute": 60.0}
_QUOTAS = ("requests", "tokens")


def retry_after(headers: Mapping[str, str], body: bytes = b"") -> float:
    """Seconds to wait according to a refusal, from 0.05 to 120; one second where it does not say.

    The first that can be read counts: ``retry-after-ms``, ``retry-after`` (seconds or a date), the body, and the time
    in which a quota of which nothing is left is whole again. ``headers`` compare without case.
    """
    told = next((seconds for seconds in _told(headers, body) if seconds is not None), 1.0)
    return min(_LONGEST_WAIT, max(0.05, told))


def _told(headers: Mapping[str, str], body: bytes) -> Iterator[float | None]:
    milliseconds = _number(headers.get("retry-after-ms"))
    yield milliseconds / 1000 if milliseconds is not None else None
    given = headers.get("retry-after")
    yield _number(given)
    yield _date(given, headers.get("date"))
    yield _duration(given)
    yield from _said(body[:_HEAD])
    spent = [name for name in _QUOTAS if headers.get(f"x-ratelimit-remaining-{name}") == "0"]
    yield max(filter(None, (_duration(headers.get(f"x-ratelimit-reset-{name}")) for name in spent)), default=None)


def _said(body: bytes) -> Iterator[float | None]:
    delay = _DELAY.search(body)
    yield float(delay[1]) if delay is not None else None
    again = _AGAIN.search(body)
    if again is not None:
        span, unit = again[1].decode().rstrip("."), again[2].decode().lower()
        number = _number(span)
        yield number * _UNITS[unit] if number is not None else _duration(span)


def _number(text: str | None) -> float | None:
    try:
        found = float(text or "")
    except ValueError:
        return None
    return None if math.isnan(found) else found


def _date(text: str | None, now: str | None) -> float | None:
    """Seconds until a date. ``now``: what the provider's clock says, which ours may differ from; empty where it does
    not say."""
    try:
        at = parsedate_to_datetime(text or "")
        return (at - _moment(now)).total_seconds()
    except (ValueError, TypeError):  # no date, or one without a zone
        return None


def _moment(text: str | None) -> datetime:
    try:
        found = parsedate_to_datetime(text or "")
    except ValueError:
        return datetime.now(UTC)
    return found if found.tzinfo is not None else datetime.now(UTC)


def _duration(text: str | None) -> float | None:
    found = _DURATION.fullmatch(text.strip()) if text else None
    if found is None or not any(found.groups()):
        return None
    hours, minutes, seconds, milliseconds = (float(part or 0) for part in found.groups())
    return hours * 3600 + minutes * 60 + seconds + milliseconds / 1000
