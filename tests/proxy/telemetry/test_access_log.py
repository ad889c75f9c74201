"""The access log: one line a request, never waited for, and nothing in it but facts."""

from __future__ import annotations

import io
import json
import threading
import time
from typing import Any

import pytest

from proxy.exchange import Decision, Exchange, FinishReason, Operation, Outcome, StreamEnd, Usage
from proxy.telemetry.access_log import AccessLog, line
from proxy.telemetry.instruments import Count
from support.patience import patient

CANARY = "sk-canary-4f9a8b7c6d5e4f3a2b1c"


def _exchange(request_id: str = "r1", **changes: Any) -> Exchange:
    fields: dict[str, Any] = {
        "request_id": request_id,
        "instance": "i",
        "started_at": 1_760_000_000.12345,
        "app": "bot",
        "operation": Operation.CHAT,
        "upstream": "u",
        "outcome": Outcome.OK,
        "duration": 1.23456789,
    }
    return Exchange(**{**fields, **changes})


class Blocked(io.RawIOBase):
    """A stream whose reader has stopped reading."""

    def __init__(self) -> None:
        self.release = threading.Event()
        self.entered = threading.Event()
        self.written = b""

    def write(self, data: Any) -> int:
        self.entered.set()
        assert self.release.wait(10)
        self.written += bytes(data)
        return len(data)


class Broken(io.RawIOBase):
    """A stream whose reader has gone."""

    def write(self, data: Any) -> int:
        raise BrokenPipeError


def test_one_line_a_request() -> None:
    """Every recorded request is one line of JSON, in the order of recording."""
    stream, dropped = io.BytesIO(), Count()
    log = AccessLog(stream, dropped)
    for number in range(500):
        log.record(_exchange(f"r{number}"), Decision.SAMPLED_OUT)
    log.close()
    lines = stream.getvalue().splitlines()
    assert [json.loads(item)["request_id"] for item in lines] == [f"r{number}" for number in range(500)]
    assert dropped.value == 0


def test_lines_come_while_the_log_is_open() -> None:
    """A line is written soon, not only at the end."""
    stream = io.BytesIO()
    log = AccessLog(stream, Count(), every=0.01)
    log.record(_exchange(), Decision.PUBLISHED)
    deadline = time.monotonic() + patient(5)
    while not stream.getvalue() and time.monotonic() < deadline:
        time.sleep(0.01)
    assert stream.getvalue().endswith(b"}\n")
    log.close()


def test_a_blocked_stream_never_blocks_a_request() -> None:
    """With a reader that has stopped, ``record`` returns at once; what finds no room is dropped and counted."""
    stream, dropped = Blocked(), Count()
    log = AccessLog(stream, dropped, size=100, every=0.01)  # type: ignore[arg-type]
    log.record(_exchange("first"), Decision.PUBLISHED)
    assert stream.entered.wait(patient(5))
    started = time.monotonic()
    for number in range(5000):
        log.record(_exchange(f"r{number}"), Decision.PUBLISHED)
    assert time.monotonic() - started < patient(2)
    assert dropped.value == 4900
    started = time.monotonic()
    log.close(timeout=0.1)
    assert time.monotonic() - started < patient(2)
    stream.release.set()
    log.close(timeout=patient(5))
    assert len(stream.written.splitlines()) == 101


@pytest.mark.parametrize("closed", [False, True])
def test_a_broken_stream_is_counted(closed: bool) -> None:
    """Lines that a stream does not take, its reader gone or itself closed, are counted; the log lives on."""
    stream, dropped = Broken(), Count()
    if closed:
        stream.close()
    log = AccessLog(stream, dropped, every=0.01)  # type: ignore[arg-type]
    for number in range(3):
        log.record(_exchange(f"r{number}"), Decision.PUBLISHED)
    deadline = time.monotonic() + patient(5)
    while dropped.value < 3 and time.monotonic() < deadline:
        time.sleep(0.01)
    log.record(_exchange("later"), Decision.PUBLISHED)
    log.close()
    assert dropped.value == 4


def test_a_whole_line() -> None:
    """The line says what happened, in milliseconds, tokens and words."""
    exchange = _exchange(
        model_asked="lamp",
        model_served="lamp-1",
        status=200,
        streamed=True,
        stream_end=StreamEnd.COMPLETE,
        finish_reason=FinishReason.STOP,
        first_chunk=0.25,
        first_token=0.5,
        overhead=0.0001,
        usage=Usage(input=1, cached_input=2, cache_write=4, output=8, reasoning_output=16),
        cost_usd=0.5,
    )
    found = json.loads(line(exchange, Decision.PUBLISHED))
    assert found["time"] == 1_760_000_000.123
    assert (found["duration_ms"], found["first_chunk_ms"], found["first_token_ms"]) == (1234.568, 250.0, 500.0)
    assert (found["overhead_ms"], found["input_tokens"], found["output_tokens"]) == (0.1, 7, 24)
    assert (found["outcome"], found["decision"], found["stream_end"], found["finish_reason"]) == (
        "ok",
        "published",
        "complete",
        "stop",
    )
    assert (found["model"], found["model_served"], found["cost_usd"]) == ("lamp", "lamp-1", 0.5)


def test_what_did_not_happen_is_null() -> None:
    """No usage, no cost and no first token are null, never zero."""
    found = json.loads(line(_exchange(), Decision.SAMPLED_OUT))
    assert {found[key] for key in ("input_tokens", "output_tokens", "cost_usd", "first_token_ms", "status")} == {None}


def test_no_content_and_no_person_in_the_line() -> None:
    """V01: what names a person or may hold what a client wrote is not in the line."""
    private = dict.fromkeys(("session_id", "task_id", "user_hash", "conversation", "response_id", "provider"), CANARY)
    hashes = dict.fromkeys(("system_prompt_hash", "tools_hash", "system_fingerprint"), CANARY)
    assert CANARY.encode() not in line(_exchange(**private, **hashes), Decision.PUBLISHED)


@pytest.mark.parametrize("hostile", ['a"b', "a\nb", "a\r\n{}", "\x1b[31m", "\u2028", "灯"])
def test_nothing_forges_a_line(hostile: str) -> None:
    """X02: line ends, quotes and escapes in a name stay inside the one line, and come back as they were."""
    written = line(_exchange(model_asked=hostile, error=hostile), Decision.PUBLISHED)
    assert written.count(b"\n") == 1
    assert b"\x1b" not in written
    assert json.loads(written)["model"] == hostile


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"first_token": 0.25},
        {"trace_id": "0af7651916cd43dd8448eb211c80319c"},
        {"first_chunk": None},
        {"overhead": None},
        {"usage": None},
        {"cost_usd": None},
        {"cost_usd": 1e-7},
    ],
)
def test_a_line_tells_what_is_known(more: dict[str, Any]) -> None:
    """Each fact stands at its place, with three digits of a millisecond; what is not known is null."""
    usage = Usage(30, 4, 2, 50, 6)
    known: dict[str, Any] = {"first_chunk": 0.1234567, "overhead": 0.0005, "usage": usage, "cost_usd": 0.25, **more}
    found = line(_exchange(**known, request_bytes=900, response_bytes=700), Decision.PUBLISHED)
    expected = {
        "time": 1_760_000_000.123,
        "request_id": "r1",
        "duration_ms": 1234.568,
        "first_chunk_ms": None if known["first_chunk"] is None else 123.457,
        "first_token_ms": 250.0 if "first_token" in more else None,
        "overhead_ms": None if known["overhead"] is None else 0.5,
        "input_tokens": None if known["usage"] is None else 36,
        "output_tokens": None if known["usage"] is None else 56,
        "cost_usd": known["cost_usd"],
        "request_bytes": 900,
        "response_bytes": 700,
        "trace_id": more.get("trace_id"),
    }
    told = json.loads(found)
    assert {name: told[name] for name in expected} == expected
    assert found.endswith(b"}\n")
    order = [name for name in told if name in expected]
    assert order == list(expected)
