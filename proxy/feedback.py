"""Feedback on a request, a response or a task: the data type, and how it is read from a request body."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any

import msgspec
import orjson

from proxy.errors import Refused

#: Largest body of one feedback, in bytes, and longest comment, in characters.
MAX_BODY = 65_536
MAX_COMMENT = 10_000
_MAX_ID = 256
_SUBJECTS = ("request_id", "response_id", "task_id")
_KEYS = (*_SUBJECTS, "outcome", "rating", "comment")


class TaskOutcome(StrEnum):
    """How a task ended: from its feedback, or unknown after idle time. Label of ``sightglass_tasks_total``."""

    SUCCESS = "success"
    FAILURE = "failure"
    UNKNOWN = "unknown"


class FeedbackResult(StrEnum):
    """What happened to a feedback item. Each has exactly one result. Label of ``sightglass_feedback_total``."""

    PUBLISHED = "published"
    DROPPED_RING_FULL = "dropped_ring_full"
    DROPPED_QUEUE = "dropped_queue"
    DROPPED_REDACTOR = "dropped_redactor"


class Feedback(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """Feedback on one request, response or task. Exactly one of the three ids is present.

    ``at`` is Unix seconds. ``app`` is known from the client's key or header. Without it, the feedback applies to any
    application that the id belongs to. ``rating`` is in [0, 1].
    """

    id: str
    at: float
    app: str | None = None
    request_id: str | None = None
    response_id: str | None = None
    task_id: str | None = None
    outcome: TaskOutcome | None = None
    rating: float | None = None
    comment: str = ""


def read(body: bytes, identity: str, app: str | None, clean: Mapping[str, Callable[[str], str]]) -> Feedback:
    """The feedback in a request body. ``clean`` is the same function that cleans these ids in requests, so that they
    match.

    Raises ``Refused`` (413, 400) with one message that names the key but does not repeat its value.
    """
    if len(body) > MAX_BODY:
        raise Refused(413, f"feedback has at most {MAX_BODY} bytes", "body_too_large")
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise _wrong("the body is not JSON") from None
    if not isinstance(document, dict):
        raise _wrong("the body is not a JSON object")
    if not set(document) <= set(_KEYS):
        raise _wrong(f"unknown key; there are {', '.join(_KEYS)}")
    given = [name for name in _SUBJECTS if document.get(name) is not None]
    if len(given) != 1:
        raise _wrong("give one of request_id, response_id and task_id")
    subject = _string(document, given[0], _MAX_ID)
    if given[0] in clean:
        subject = clean[given[0]](subject)
    if not subject:
        raise _wrong(f"{given[0]}: empty")
    outcome, rating = _outcome(document), _rating(document)
    comment = _string(document, "comment", MAX_COMMENT)
    if outcome is None and rating is None and not comment:
        raise _wrong("give at least one of outcome, rating and comment")
    return Feedback(
        id=identity, at=time.time(), app=app, outcome=outcome, rating=rating, comment=comment, **{given[0]: subject}
    )


def _wrong(message: str) -> Refused:
    return Refused(400, message, "invalid_feedback")


def _string(document: dict[str, Any], name: str, longest: int) -> str:
    value = document.get(name)
    if value is None:
        return ""
    if not isinstance(value, str) or len(value) > longest:
        raise _wrong(f"{name}: a string of at most {longest} characters")
    return value


def _outcome(document: dict[str, Any]) -> TaskOutcome | None:
    value = document.get("outcome")
    if value is None:
        return None
    if value not in (TaskOutcome.SUCCESS.value, TaskOutcome.FAILURE.value):
        raise _wrong("outcome: success or failure")
    return TaskOutcome(value)


def _rating(document: dict[str, Any]) -> float | None:
    value = document.get("rating")
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1 or math.isnan(value):
        raise _wrong("rating: a number from 0 to 1")
    return float(value)
