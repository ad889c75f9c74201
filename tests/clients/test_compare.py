"""The harness itself: a difference of each kind is seen, and the document says what the last full run found."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from clients import table
from clients.catalogue import CLIENTS, SMALL, Client
from clients.compare import Result, result_of
from clients.observe import Observed, Run
from clients.provider import Provider
from clients.truth import Truth
from proxy.exchange import Exchange, FinishReason, Operation, Outcome, Usage
from proxy.sample import Choice, Message, Sample, ToolCall
from support.upstream import Recorded

ROOT = Path(__file__).resolve().parents[2]
QUESTION = "Dialogue amber: where is the lamp?"
USAGE = Usage(30, 5, 0, 12, 0)
TRUTH = Truth(
    "chat",
    "gpt-4o-mini",
    served="gpt-4o-mini",
    usage=USAGE,
    finish="tool_calls",
    text="On the shelf.",
    calls=[("find_item", {"what": "lamp"})],
    said=[(QUESTION, "user")],
    dialogue="amber",
    response_id="chatcmpl-9",
)
EXCHANGE = Exchange(
    request_id="r1",
    instance="i",
    started_at=1.0,
    app="other",
    operation=Operation.CHAT,
    upstream="u",
    outcome=Outcome.OK,
    duration=0.1,
    status=200,
    model_asked="gpt-4o-mini",
    model_served="gpt-4o-mini",
    usage=USAGE,
    cost_usd=TRUTH.cost,
    finish_reason=FinishReason.TOOL_CALLS,
    response_id="chatcmpl-9",
    conversation="c1",
)
SAMPLE = Sample(
    id="r1",
    exchange=EXCHANGE,
    messages=(Message("user", QUESTION),),
    choices=(Choice(0, "On the shelf.", tool_calls=(ToolCall("find_item", '{"what":"lamp"}'),)),),
)
CLIENT = Client("lamp-client", "own", "lamp", "lamp.py")


def _request(body: bytes) -> Recorded:
    return Recorded("POST", "/v1/chat/completions", [(b"authorization", b"k")], body, b"", 1)


def _result(exchange: Exchange = EXCHANGE, sample: Sample = SAMPLE, body: bytes = b"{}") -> Result:
    provider = Provider()
    provider.truths = [TRUTH, replace(TRUTH, response_id="chatcmpl-8")]
    rows = [exchange, msgspec.structs.replace(EXCHANGE, request_id="r2", response_id="chatcmpl-8", started_at=2.0)]
    observed = Observed(rows, {"r1": sample, "r2": msgspec.structs.replace(SAMPLE, id="r2")})
    requests = [_request(b"{}"), _request(b"{}")], [_request(b"{}"), _request(body)]
    return result_of(CLIENT, Run("1.0", (b"[]", b"[]"), requests, provider, observed))


def test_what_is_right_is_whole() -> None:
    """Nothing is missed where the record says what is true."""
    result = _result()
    assert result.differences == []
    assert result.whole


@pytest.mark.parametrize(
    ("column", "changes"),
    [
        ("operation", {"operation": Operation.OTHER}),
        ("model", {"model_asked": "gpt-4o"}),
        ("served", {"model_served": None}),
        ("outcome", {"outcome": Outcome.STREAM_INCOMPLETE}),
        ("usage", {"usage": None}),
        ("usage", {"usage": Usage(35, 0, 0, 12, 0)}),
        ("cost", {"cost_usd": 1.0}),
        ("finish", {"finish_reason": FinishReason.STOP}),
        ("conversation", {"conversation": "c2"}),
        ("conversation", {"conversation": None}),
    ],
)
def test_a_wrong_fact_is_seen(column: str, changes: dict[str, object]) -> None:
    """Each fact of the exchange is compared."""
    result = _result(msgspec.structs.replace(EXCHANGE, **changes))
    assert not result.whole
    assert [name for name in result.asked if result.right[name] != result.asked[name]] == [column]


@pytest.mark.parametrize(
    ("column", "changes"),
    [
        ("text", {"choices": (msgspec.structs.replace(SAMPLE.choices[0], text="On the"),)}),
        ("calls", {"choices": (msgspec.structs.replace(SAMPLE.choices[0], tool_calls=()),)}),
        ("said", {"messages": (Message("system", QUESTION),)}),
    ],
)
def test_a_wrong_content_is_seen(column: str, changes: dict[str, object]) -> None:
    """So is what was said, in its role."""
    result = _result(sample=msgspec.structs.replace(SAMPLE, **changes))
    assert [name for name in result.asked if result.right[name] != result.asked[name]] == [column]


def test_other_bytes_are_seen() -> None:
    """One byte more upstream is not the same."""
    result = _result(body=b"{ }")
    assert not result.same_bytes
    assert not result.whole


def test_a_row_too_many_is_told() -> None:
    """An exchange that nobody asked for is a difference."""
    extra = msgspec.structs.replace(EXCHANGE, request_id="r3", response_id="chatcmpl-7", started_at=3.0)
    provider = Provider()
    provider.truths = [TRUTH]
    observed = Observed([EXCHANGE, extra], {"r1": SAMPLE})
    result = result_of(CLIENT, Run("1.0", (b"", b""), ([], []), provider, observed))
    assert result.differences == ["a row too many: chat gpt-4o-mini ok"]
    assert not result.whole


def test_the_document_is_the_last_full_result() -> None:
    """docs/clients.md holds the table of tests/clients/result.json, a row for each client that could be installed."""
    documents = json.loads((ROOT / "tests" / "clients" / "result.json").read_text(encoding="utf-8"))
    text = (ROOT / "docs" / "clients.md").read_text(encoding="utf-8")
    assert table.rows(documents) in text
    names = [client.name for client in CLIENTS]
    assert [document["client"] for document in documents] == [name for name in names if f"| {name} |" in text]
    assert set(SMALL) <= {document["client"] for document in documents}
    assert all(client.name in text for client in CLIENTS)
