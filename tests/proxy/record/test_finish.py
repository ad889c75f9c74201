"""Finished requests are recorded together: each once, in order, and none touches another."""

from __future__ import annotations

import logging
from typing import Any

import orjson
import pytest
from prometheus_client import CollectorRegistry

from proxy.config.settings import Settings
from proxy.exchange import Decision, Exchange, Operation, Outcome, Usage
from proxy.observe.background import Background
from proxy.observe.pricing import load_prices
from proxy.observe.request_headers import Ours
from proxy.observe.sampler import Sampler
from proxy.observe.tap import Tap
from proxy.publish.publisher import Entry
from proxy.record.finish import Finisher
from proxy.record.progress import Progress
from proxy.telemetry.instruments import Instruments
from proxy.telemetry.recorder import Recorder
from proxy.wire.operations import is_generation, operation_of

SETTINGS = Settings.model_validate(
    {"upstreams": [{"name": "provider", "base_url": "https://h.example/v1"}], "sampling": {"rate": 1.0}}
)
KEY = "lantern-wick-7f3a9c21"


class Desk:
    """A finisher, and in the place of its publisher a list of what it hands over."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []
        self.registry = CollectorRegistry()
        publisher: Any = self
        self.finisher = Finisher(
            Recorder(Instruments(self.registry, "proxy"), SETTINGS),
            Sampler(SETTINGS.sampling, b"s" * 32),
            publisher,
            load_prices(SETTINGS.prices, SETTINGS.upstreams),
            None,
            ("proxy-1", b"s" * 32),
            Background(),
        )

    def put(self, entry: Entry) -> None:
        self.entries.append(entry)

    @property
    def exchanges(self) -> list[Exchange]:
        return [entry.exchange for entry in self.entries]

    def value(self, name: str, labels: dict[str, str]) -> float | None:
        return self.registry.get_sample_value(name, labels)

    def requests(self) -> float:
        return sum(
            sample.value
            for family in self.registry.collect()
            for sample in family.samples
            if sample.name == "sightglass_requests_total"
        )


def _ended(response_id: str, text: str = "How much oil is left?", tap: bool = True) -> Progress:
    """A chat request with its answer."""
    progress = Progress("POST")
    progress.operation, progress.path, progress.generation = Operation.CHAT, "/chat/completions", True
    progress.app, progress.upstream, progress.status, progress.secrets = "keeper", "provider", 200, (KEY,)
    if tap:
        progress.tap = Tap(Operation.CHAT, 100_000)
        progress.tap.request(orjson.dumps({"model": "gpt-4o-mini", "messages": [{"role": "user", "content": text}]}))
        progress.tap.head(b"application/json", b"")
        answer = {"message": {"role": "assistant", "content": "Half a can."}, "finish_reason": "stop", "index": 0}
        usage = {"prompt_tokens": 12, "completion_tokens": 4, "total_tokens": 16}
        document = {"id": response_id, "model": "gpt-4o-mini-2024-07-18", "choices": [answer], "usage": usage}
        progress.tap.feed(orjson.dumps(document), 0.2)
    return progress


#: Usage with too much of something: names of tools, counts by modality, steps.
_TOOLS = {"server_tool_use": {f"t{number}": 1 for number in range(70)}}
_READ, _HEARD = {"modality": "TEXT", "tokenCount": 0}, {"modality": "AUDIO", "tokenCount": 4}
_STEP = {"type": "message", "model": "gpt-4o-mini", "input_tokens": 1, "output_tokens": 1}
_STEPS = {"iterations": [*[_STEP] * 35, {**_STEP, "type": "compaction"}]}


@pytest.mark.parametrize(
    ("more", "over", "priced"),
    [
        ({}, {}, True),
        (_TOOLS, {"tool": 6}, False),
        ({"promptTokensDetails": [*[_READ] * 66, _HEARD]}, {"modality": 3}, False),
        ({"promptTokensDetails": [_READ] * 64}, {}, True),
        (_STEPS, {"step": 4}, False),
        ({"iterations": _STEPS["iterations"][4:]}, {}, True),
        ({"iterations": [_STEP] * 40}, {}, True),  # turns of one model: the whole counts them
    ],
)
def test_what_usage_has_too_much_of_is_counted(more: dict[str, Any], over: dict[str, int], priced: bool) -> None:
    """What is beyond a bound comes into the metric, and the cost is not told without it; an ordinary answer adds
    nothing to it."""
    desk = Desk()
    usage = {"input_tokens": 12, "output_tokens": 4, **more}
    answer = {"message": {"role": "assistant", "content": "Half a can."}, "finish_reason": "stop", "index": 0}
    progress, tap = _ended("r2"), Tap(Operation.CHAT, 100_000)
    tap.request(b'{"model":"gpt-4o-mini","messages":[{"role":"user","content":"How much oil is left?"}]}')
    tap.head(b"application/json", b"")
    tap.feed(orjson.dumps({"id": "r2", "model": "gpt-4o-mini", "choices": [answer], "usage": usage}), 0.2)
    progress.tap = tap
    desk.finisher.finish([_ended("r1"), progress])
    parts = ("member", "tool", "modality", "step")
    found = {part: desk.value("sightglass_usage_dropped_total", {"part": part}) for part in parts}
    assert found == dict.fromkeys(parts, 0) | over
    assert (progress.exchange.cost_usd is not None) is priced


def test_background_responses_that_are_forgotten_are_counted() -> None:
    """Their usage is in no sum, however often they are read."""
    desk = Desk()
    desk.finisher._background = Background(kept=2)
    for number in range(5):
        progress, tap = _ended(""), Tap(Operation.RESPONSES, 100_000)
        tap.request(b'{"model":"gpt-4o-mini","input":"How much oil is left?","background":true}')
        tap.head(b"application/json", b"")
        tap.feed(orjson.dumps({"id": f"resp_{number}", "object": "response", "status": "queued"}), 0.2)
        progress.operation, progress.path, progress.tap = Operation.RESPONSES, "/responses", tap
        desk.finisher.finish([progress])
    assert desk.value("sightglass_usage_dropped_total", {"part": "response"}) == 3


@pytest.mark.parametrize(
    ("method", "path", "counted"),
    [
        ("POST", "/v1/responses/compact", True),  # what Codex asks for when a session is long
        ("POST", "/model/gpt-4o-mini/invoke", True),
        ("POST", "/v1/chat", True),
        ("GET", "/v1/batches/batch_1", False),
        ("POST", "/v1/batches/batch_1/cancel", False),
        ("GET", "/v1/threads/t/runs/run_1", False),
        ("GET", "/v1/chat/completions/chatcmpl-1", False),
        ("GET", "/v1/responses/resp_1", False),
        ("POST", "/v1/responses/resp_1/cancel", False),
    ],
)
def test_whose_tokens_count(method: str, path: str, counted: bool) -> None:
    """Those of an answer that is only counted do; those that a stored object repeats with every read do not."""
    desk = Desk()
    for _ in range(2):
        progress = Progress(method)
        progress.operation, progress.path = operation_of(path), path
        progress.generation = is_generation(method, path)
        progress.app, progress.upstream, progress.status = "keeper", "provider", 200
        progress.tap = Tap(progress.operation, 100_000)
        if method == "POST":
            progress.tap.request(b'{"model":"gpt-4o-mini","input":"How much oil is left?"}')
        progress.tap.head(b"application/json", b"")
        usage = {"input_tokens": 12, "output_tokens": 4, "total_tokens": 16}
        progress.tap.feed(orjson.dumps({"id": "x", "model": "gpt-4o-mini", "usage": usage}), 0.2)
        desk.finisher.finish([progress])
    right = Usage(12, output=4) if counted else None
    assert [(one.usage, one.cost_usd is not None) for one in desk.exchanges] == [(right, counted)] * 2
    labels = {"app": "keeper", "model": "gpt-4o-mini"}
    assert desk.value("sightglass_tokens_total", {**labels, "type": "input"}) == (24 if counted else None)
    assert (desk.value("sightglass_cost_usd_total", labels) or 0) == pytest.approx(2 * 4.2e-6 if counted else 0)
    assert not desk.value("sightglass_unmetered_total", labels)
    assert not any(entry.content for entry in desk.entries)


@pytest.mark.parametrize(("asked", "answers"), [({}, 1), ({"n": 1}, 1), ({"n": 2}, 2)])
@pytest.mark.parametrize("indexed", [False, True])
def test_answers_are_those_that_were_asked_for(asked: dict[str, int], answers: int, indexed: bool) -> None:
    """GitHub Copilot has the text and the calls of one answer in choices of their own."""
    desk, progress, tap = Desk(), _ended("r1"), Tap(Operation.CHAT, 100_000)
    call = {"id": "c", "type": "function", "function": {"name": "lamp", "arguments": "{}"}}
    parts = ({"role": "assistant", "content": "I look."}, {"role": "assistant", "tool_calls": [call]})
    choices = [
        {"message": part, "finish_reason": "tool_calls", **({"index": at} if indexed else {})}
        for at, part in enumerate(parts)
    ]
    usage = {"prompt_tokens": 12, "completion_tokens": 4, "total_tokens": 16}
    tap.request(orjson.dumps({"model": "m", "messages": [{"role": "user", "content": "Oil?"}], **asked}))
    tap.head(b"application/json", b"")
    tap.feed(orjson.dumps({"id": "r1", "choices": choices, "usage": usage}), 0.2)
    progress.tap = tap
    desk.finisher.finish([progress])
    assert desk.exchanges[0].choices == answers


def test_one_that_fails_takes_no_other_with_it(caplog: pytest.LogCaptureFixture) -> None:
    """In each step: what comes before it and behind it is recorded, in order, and the log says that one was not."""
    ended = [_ended(f"chatcmpl-lamp{number}") for number in range(5)]
    nothing: Any = None
    ended[1].tap = nothing.__class__  # cannot be read
    ended[3].document = {}
    ended[3].path = nothing  # cannot be described, if its request names no model
    ended[3].tap = Tap(Operation.CHAT, 100_000)
    desk = Desk()
    with caplog.at_level(logging.ERROR):
        desk.finisher.finish(ended)
    assert [exchange.request_id for exchange in desk.exchanges] == [ended[at].request_id for at in (0, 2, 4)]
    assert desk.requests() == 3
    assert [record.message.startswith("a request could not be recorded") for record in caplog.records] == [True, True]


def test_together_they_are_what_they_are_alone() -> None:
    """Facts, hashes and decisions do not depend on who else is recorded in the same moment."""
    texts = ["How much oil is left?", "Who lights the lamp?", "How much oil is left?"]
    ended = [_ended(f"chatcmpl-lamp{number}", text) for number, text in enumerate(texts)]
    refused = _ended("", tap=False)
    refused.status, refused.outcome, refused.error = 401, Outcome.CLIENT_ERROR, "invalid_api_key"
    ended.insert(1, refused)
    together, alone = Desk(), Desk()
    together.finisher.finish(ended)
    for progress in ended:
        alone.finisher.finish([progress])
    assert together.exchanges == alone.exchanges
    assert [entry.verdict for entry in together.entries] == [entry.verdict for entry in alone.entries]
    first, without, other, again = together.exchanges
    assert first.conversation == again.conversation != other.conversation
    assert first.outcome is Outcome.OK
    assert first.cost_usd == pytest.approx((12 * 0.15 + 4 * 0.6) / 1e6)
    assert (without.operation, without.conversation) == (Operation.CHAT, None)
    assert [entry.verdict.decision for entry in together.entries] == [
        *(Decision.PUBLISHED, Decision.NOT_OBSERVED),
        *(Decision.PUBLISHED, Decision.PUBLISHED),
    ]


def test_private_ids_are_found_among_others() -> None:
    """One scan looks at all ids of a batch. What is no id, or the client's own key, becomes a hash; the others stay."""
    plain = ["chatcmpl-Bx4LmQzR7TfW4nYc8HsJ3dLp6Gg", "msg_01Kq7vXz2mRb9TfW4nYc8HsJ", "resp-20260412345678"]
    private = [
        "mail-to-ida.keeper@lighthouse.example",
        f"chatcmpl-{KEY}",
        "(030) 1234567",
        "l\u00e4mp-ida@lighthouse.example",
    ]
    for others in ([], plain, private):
        desk = Desk()
        desk.finisher.finish([_ended(value) for value in (*others, *plain, *private)])
        found = [exchange.response_id or "" for exchange in desk.exchanges[len(others) :]]
        assert found[: len(plain)] == plain
        assert all(value.startswith("redacted-") for value in found[len(plain) :]), found


def test_what_one_request_has_is_in_no_other() -> None:
    """Names of users, sessions and tasks, an error, and a cost that needs reckoning stand in their own row alone."""
    ended = [_ended(f"chatcmpl-lamp{number}") for number in range(3)]
    ours = ended[1].ours = Ours()
    ours.session, ours.task, ours.user, ours.retries, ours.parent = "s-1", "t-1", "u-1", 2, ("1a" * 16, "2b" * 8, 1)
    ended[1].error = "idle"
    desk = Desk()
    desk.finisher.finish(ended)
    first, named, last = desk.exchanges
    assert (named.session_id, named.task_id, named.retry_count, named.error) == ("s-1", "t-1", 2, "idle")
    assert named.user_hash
    assert (named.trace_id, named.span_id, named.trace_flags) == ours.parent
    for other in (first, last):
        assert (other.session_id, other.task_id, other.user_hash, other.retry_count) == (None, None, None, 0)
        assert (other.error, other.trace_id) == (None, None)
    assert [exchange.response_id for exchange in desk.exchanges] == [f"chatcmpl-lamp{number}" for number in range(3)]
    assert [exchange.request_id for exchange in desk.exchanges] == [progress.request_id for progress in ended]
