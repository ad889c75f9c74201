"""The client that asks: what passes is waited for within bounds, what does not ends the run."""

from __future__ import annotations

import asyncio
import json
import socket
import time
from collections.abc import Callable, Iterable, Iterator
from datetime import date

import orjson
import pytest

from proxy.config.offpath import Price
from proxy.observe.pricing import Prices
from scorers.asking.answer import Answer
from scorers.asking.client import Client, Failed, Halted, Target
from support import replies
from support.upstream import CUT, Recorded, ScriptedUpstream, Step

BODY = {"messages": [{"role": "user", "content": "Hello"}], "store": False, "seed": 4, "max_tokens": 50}


@pytest.fixture
def server() -> Iterator[ScriptedUpstream]:
    """A provider whose script each test replaces."""
    with ScriptedUpstream(lambda request: replies.chat_json("Good day.")) as made:
        yield made


COST = Price(input=1.0, output=2.0)


def asked(
    server: ScriptedUpstream, times: int = 1, price: Price = COST, stream: bool = False, **more: object
) -> list[Answer]:
    """So many answers, one after the other."""
    prices = Prices([{"m": price}], date.min)
    body = BODY | ({"stream": True} if stream else {})

    async def run() -> list[Answer]:
        client = Client(Target(base_url=server.url, model="m", **more), prices)  # type: ignore[arg-type]
        try:
            return [await client.ask(body) for _ in range(times)]
        finally:
            await client.close()

    return asyncio.run(run())


def then(*first: list[Step]) -> Callable[[Recorded], Iterable[Step]]:
    """These answers, and good ones from there on."""
    waiting = list(first)
    return lambda request: waiting.pop(0) if waiting else replies.chat_json("Good day.")


def test_an_answer_with_its_cost(server: ScriptedUpstream) -> None:
    """Text, usage and cost by the price; nothing of a user, no state, and the key in its header."""
    (answer,) = asked(server, api_key="sk-1")
    assert answer.text == "Good day."
    assert answer.cost_usd == pytest.approx((20 * 1.0 + 7 * 2.0) / 1e6)
    request = server.requests[0]
    assert request.header("authorization") == "Bearer sk-1"
    assert request.json() == {
        "messages": BODY["messages"],
        "store": False,
        "seed": 4,
        "model": "m",
        "max_completion_tokens": 50,
    }


@pytest.mark.parametrize(
    ("usage", "said", "cost"),
    [
        ({"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0}, "Good day.", None),
        ({"prompt_tokens": 20, "completion_tokens": 0}, "Good day.", None),
        ({"prompt_tokens": 20, "completion_tokens": 10**15}, "Good day.", None),
        ({"prompt_tokens": 20, "completion_tokens": 0}, "", 20 / 1e6),
        ({"prompt_tokens": 20, "completion_tokens": 1_000_000}, "Good day.", (20 + 2_000_000) / 1e6),
    ],
)
def test_usage_that_cannot_be_so(
    server: ScriptedUpstream, usage: dict[str, int], said: str, cost: float | None
) -> None:
    """An answer that counts nothing is not free, and no answer costs as much as a country: neither tells its cost, so
    that it is charged what was reserved."""
    choice = {"index": 0, "message": {"role": "assistant", "content": said}, "finish_reason": "stop"}
    server.script = lambda request: replies.http(200, orjson.dumps({"choices": [choice], "usage": usage}))
    (answer,) = asked(server)
    assert answer.cost_usd == (None if cost is None else pytest.approx(cost))
    assert (answer.usage is None) == (cost is None)


def test_429_waits_as_long_as_it_says(server: ScriptedUpstream) -> None:
    """The next call comes no sooner than ``Retry-After`` says."""
    server.script = then(replies.error(429, {"retry-after": "1"}))
    began = time.monotonic()
    assert asked(server)[0].text == "Good day."
    assert len(server.requests) == 2
    assert time.monotonic() - began >= 1.0
    assert server.requests[1].at - server.requests[0].at >= 1.0


def test_429_is_waited_for_longer_than_there_are_tries(server: ScriptedUpstream) -> None:
    """A provider that is busy for a while uses up no try as long as the patience lasts; then the tries count."""
    busy = replies.error(429, {"retry-after-ms": "50"})
    server.script = lambda request: busy if len(server.requests) <= 4 else replies.chat_json("Good day.")
    assert asked(server, tries=2, patience=60.0)[0].text == "Good day."
    assert len(server.requests) == 5
    server.script = lambda request: busy
    with pytest.raises(Failed) as failed:
        asked(server, tries=2)
    assert (failed.value.reason, len(server.requests)) == ("rate_limited", 7)


@pytest.mark.parametrize("first", [replies.error(500), replies.error(503, {"retry-after-ms": "50"})])
def test_what_passes_is_asked_again(server: ScriptedUpstream, first: list[Step]) -> None:
    """5xx is asked again."""
    server.script = then(first)
    assert asked(server)[0].text == "Good day."


def test_what_may_have_been_paid_for_is_asked_again_only_if_it_is_free(server: ScriptedUpstream) -> None:
    """Money is set aside for one call: a connection that broke may have cost that, unless the model costs nothing."""
    server.script = then([CUT])
    with pytest.raises(Failed) as failed:
        asked(server)
    assert (failed.value.reason, failed.value.maybe_paid, len(server.requests)) == ("broken", True, 1)
    server.script = then([CUT])
    assert asked(server, price=Price(input=0.0, output=0.0))[0].text == "Good day."
    assert len(server.requests) == 3


@pytest.mark.parametrize(("left", "whole"), [(2, True), (1, True), (0, False)])
def test_a_stream_without_an_end_is_no_answer(server: ScriptedUpstream, left: int, whole: bool) -> None:
    """The reason to finish or the last event is an end; a stream with neither was broken off, however it was closed."""
    events = replies.chat_events("Take the second street behind the mill.")
    finish = next(at for at, event in enumerate(events) if b'"finish_reason":"stop"' in event.replace(b" ", b""))
    server.script = lambda request: replies.stream([*events[:finish], *events[finish : finish + left]])
    if whole:
        assert asked(server, stream=True)[0].text == "Take the second street behind the mill."
    else:
        with pytest.raises(Failed) as failed:
            asked(server, stream=True)
        assert (failed.value.reason, failed.value.maybe_paid) == ("broken", True)


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_one_answer_in_two_choices(server: ScriptedUpstream, order: tuple[int, int], stream: bool) -> None:
    """GitHub Copilot has the text and the calls of one answer apart: both are the answer, whichever comes first."""
    call = replies.tool_call("lamp", "{}")
    said, called = (
        {"role": "assistant", "content": "I look."},
        {"role": "assistant", "content": None, "tool_calls": [call]},
    )
    parts = [(said, called)[at] for at in order]
    if stream:
        chunks = [
            {
                "choices": [
                    {"index": at, "delta": {**part, "tool_calls": [{**call, "index": 0}]} if part is called else part}
                ]
            }
            for at, part in enumerate(parts)
        ]
        ends = [{"choices": [{"index": at, "delta": {}, "finish_reason": "tool_calls"}]} for at in (0, 1)]
        events = [replies.sse(chunk) for chunk in (*chunks, *ends)]
        server.script = lambda request: replies.stream([*events, b"data: [DONE]\n\n"])
    else:
        choices = [{"index": at, "message": part, "finish_reason": "tool_calls"} for at, part in enumerate(parts)]
        server.script = lambda request: replies.http(200, json.dumps({"model": "m", "choices": choices}).encode())
    (answer,) = asked(server, stream=stream)
    assert (answer.text, answer.finish_reason) == ("I look.", "tool_calls")
    assert [made["function"]["name"] for made in answer.tool_calls] == ["lamp"]


@pytest.mark.parametrize("name", ["data", "result"])
def test_an_answer_in_an_envelope(server: ScriptedUpstream, name: str) -> None:
    """Some gateways put the completion into an object of their own."""
    choices = [{"message": {"role": "assistant", "content": "Good day."}, "finish_reason": "stop"}]
    document = {"success": True, name: {"model": "m", "choices": choices}}
    server.script = lambda request: replies.http(200, json.dumps(document).encode())
    (answer,) = asked(server)
    assert (answer.text, answer.model) == ("Good day.", "m")


def test_a_document_with_the_end_of_a_stream(server: ScriptedUpstream) -> None:
    """As through the proxy: the end of a stream behind a whole answer is no part of it."""
    document = {"choices": [{"message": {"content": "Good day."}, "finish_reason": "stop"}]}
    server.script = lambda request: replies.http(200, json.dumps(document).encode() + b"\ndata: [DONE]\n\n")
    assert asked(server)[0].text == "Good day."


_NOTHING = {"message": "", "type": "", "code": None}


@pytest.mark.parametrize("more", [{}, {"error": None}, {"error": _NOTHING}])
@pytest.mark.parametrize("envelope", [None, "data"])
def test_what_a_gateway_adds_to_every_chunk(server: ScriptedUpstream, more: dict[str, object], envelope: str | None):
    """An error that is null or says nothing is none; model and usage are read in an envelope, too."""
    usage = {"prompt_tokens": 20, "completion_tokens": 7}
    chunks = [
        {"model": "m", "choices": [{"index": 0, "delta": {"content": "Good day."}}]},
        {"model": "m", "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}], "usage": usage},
    ]
    sent = [{**({envelope: chunk} if envelope else chunk), **more} for chunk in chunks]
    server.script = lambda request: replies.stream([*map(replies.sse, sent), b"data: [DONE]\n\n"])
    (answer,) = asked(server, stream=True)
    assert (answer.text, answer.model, answer.usage) == ("Good day.", "m", usage)


@pytest.mark.parametrize("kind", ["text/plain", "Text/Event-Stream; charset=utf-8", "application/octet-stream"])
@pytest.mark.parametrize("whole", [False, True])
def test_the_type_of_a_streamed_answer(server: ScriptedUpstream, kind: str, whole: bool) -> None:
    """What comes is read by what it holds: events, or one document in spite of the stream that was asked for."""
    document = {"model": "m", "choices": [{"message": {"content": "Good day."}, "finish_reason": "stop"}]}
    body = json.dumps(document, indent=2).encode() if whole else b"".join(replies.chat_events("Good day."))
    server.script = lambda request: replies.http(200, body, {"content-type": kind})
    (answer,) = asked(server, stream=True)
    assert (answer.text, answer.finish_reason) == ("Good day.", "stop")


@pytest.mark.parametrize("error", [{"error": {"code": "full"}}, {"error": _NOTHING}, {"object": "error"}])
def test_an_error_in_a_stream_is_no_answer(server: ScriptedUpstream, error: dict[str, object]) -> None:
    """Whatever came before it, and also where the stream has its end."""
    events = replies.chat_events("Good day.")
    server.script = lambda request: replies.stream([*events[:-1], replies.sse(error), events[-1]])
    with pytest.raises(Failed) as failed:
        asked(server, stream=True)
    assert failed.value.reason == "malformed"


def test_retries_have_a_bound(server: ScriptedUpstream) -> None:
    """An endpoint that only says 500 is asked as often as the target allows, and no more."""
    server.script = lambda request: replies.error(500)
    with pytest.raises(Failed) as failed:
        asked(server, tries=3)
    assert failed.value.reason == "upstream_error"
    assert len(server.requests) == 3


@pytest.mark.parametrize(("status", "reason"), [(401, "key"), (403, "key"), (402, "money"), (404, "model")])
def test_what_does_not_pass_halts(server: ScriptedUpstream, status: int, reason: str) -> None:
    """A key, money or a model that is not accepted is never asked again."""
    server.script = lambda request: replies.error(status)
    with pytest.raises(Halted) as halted:
        asked(server)
    assert halted.value.reason == reason
    assert len(server.requests) == 1


def in_turn(server: ScriptedUpstream, *statuses: int, code: str = "") -> list[Failed | None]:
    """What becomes of questions that are answered with these statuses, one after the other."""
    waiting = list(statuses)

    def script(request: Recorded) -> Iterable[Step]:
        status = waiting.pop(0)
        return replies.chat_json("Good day.") if status == 200 else replies.error(status, code=code)

    async def run() -> list[Failed | None]:
        client = Client(Target(base_url=server.url, model="m"), Prices([{"m": COST}], date.min))
        found: list[Failed | None] = []
        for _ in statuses:
            try:
                await client.ask(BODY)
                found.append(None)
            except Failed as failed:
                found.append(failed)
        await client.close()
        return found

    server.script = script
    return asyncio.run(run())


@pytest.mark.parametrize(("status", "reason"), [(403, "key"), (404, "model")])
def test_what_may_be_about_one_request_is_about_it_once_another_was_answered(
    server: ScriptedUpstream, status: int, reason: str
) -> None:
    """A filter that blocks a text (403), no provider that takes its tools (404): such a request is refused, and the
    next ones are asked. Five in a row are about the key or the model, and so is what says so."""
    found = in_turn(server, 200, *[status] * 4, 200, *[status] * 5)
    kinds = [None if failed is None else (type(failed), failed.reason) for failed in found]
    refused = (Failed, "refused")
    assert kinds == [None, *[refused] * 4, None, *[refused] * 4, (Halted, reason)]
    assert not any(failed.maybe_paid for failed in found if failed is not None)
    told = in_turn(server, 200, status, code={"key": "invalid_api_key", "model": "model_not_found"}[reason])
    assert isinstance(told[1], Halted)


def test_a_used_up_quota_is_money(server: ScriptedUpstream) -> None:
    """429 for a quota that is used up does not pass by itself."""
    server.script = lambda request: replies.error(429, code="insufficient_quota")
    with pytest.raises(Halted, match="429"):
        asked(server)


def test_members_that_a_server_does_not_know_are_left_out(server: ScriptedUpstream) -> None:
    """A server that refuses new members of the request is asked in an older form, and from then on only so."""

    def old(request: Recorded) -> Iterable[Step]:
        body = request.json()
        known = {"model", "messages", "max_tokens"}
        return replies.chat_json("Good day.") if set(body) <= known else replies.error(400)

    server.script = old
    assert [answer.text for answer in asked(server, times=2)] == ["Good day."] * 2
    assert [set(r.json()) <= {"model", "messages", "max_tokens"} for r in server.requests] == [False] * 3 + [True] * 2


def test_a_member_that_an_error_names_is_left_out_alone(server: ScriptedUpstream) -> None:
    """All others stay, ``store: false`` before all; that uses up no try."""

    def strict(request: Recorded) -> Iterable[Step]:
        if "seed" not in request.json():
            return replies.chat_json("Good day.")
        return replies.http(422, b'{"detail": [{"type": "extra_forbidden", "loc": ["body", "seed"]}]}')

    server.script = strict
    asked(server, times=2, tries=1)
    new = {"model", "messages", "max_completion_tokens", "store"}
    assert [set(request.json()) for request in server.requests] == [{*new, "seed"}, new, new]


def test_a_setting_that_a_model_refuses_is_left_out_of_that_request_and_said(server: ScriptedUpstream) -> None:
    """Also once the form is known, by the name in the error; the next request has it again, whose value may be right.
    What the error does not name is never left out."""

    def picky(request: Recorded) -> Iterable[Step]:
        body = request.json()
        if body.get("temperature", 1) == 1:
            return replies.chat_json("Good day.")
        return replies.http(400, b'{"error": {"message": "Unsupported value: \'temperature\' does not support 0."}}')

    server.script = picky
    bodies = [BODY | {"temperature": 1, "top_p": 1}, BODY | {"temperature": 0, "top_p": 1}, BODY | {"temperature": 1}]

    async def run() -> list[Answer]:
        client = Client(Target(base_url=server.url, model="m", tries=1), Prices([{"m": COST}], date.min))
        try:
            return [await client.ask(body) for body in bodies]
        finally:
            await client.close()

    assert [answer.left_out for answer in asyncio.run(run())] == [[], ["temperature"], []]
    assert [request.json().get("temperature") for request in server.requests] == [1, 0, None, 1]
    assert all({"store", "seed", "max_completion_tokens"} <= set(request.json()) for request in server.requests)
    assert [request.json().get("top_p") for request in server.requests] == [1, 1, 1, None]


def test_a_request_that_is_wrong_itself_changes_no_other(server: ScriptedUpstream) -> None:
    """400 for the first request, in whichever form, says nothing of the next one: that is sent as it should be."""

    def reasoning(request: Recorded) -> Iterable[Step]:
        """Takes the new name of the limit alone, and no text that is too long."""
        body = request.json()
        wrong = "max_tokens" in body or "too long" in body["messages"][-1]["content"]
        return replies.error(400) if wrong else replies.chat_json("Good day.")

    server.script = reasoning
    long = BODY | {"messages": [{"role": "user", "content": "too long"}]}

    async def run() -> Answer:
        client = Client(Target(base_url=server.url, model="m"), Prices([{"m": COST}], date.min))
        try:
            for _ in range(2):
                with pytest.raises(Failed, match="400") as failed:
                    await client.ask(long)
                assert failed.value.reason == "refused"
            before = len(server.requests)
            assert before <= 10
            answer = await client.ask(BODY)
            assert len(server.requests) == before + 1
            with pytest.raises(Failed, match="400"):
                await client.ask(long)
            assert len(server.requests) == before + 2  # the form is known now, so nothing else is tried
            return answer
        finally:
            await client.close()

    assert asyncio.run(run()).text == "Good day."
    assert server.requests[-1].json()["store"] is False


def test_a_limit_of_requests_a_minute(server: ScriptedUpstream) -> None:
    """Calls are spread over the minute: at 120 a minute the third one comes a second after the first."""
    asked(server, times=3, requests_per_minute=120)
    assert server.requests[2].at - server.requests[0].at >= 0.8  # the first may arrive late on a busy machine


@pytest.mark.parametrize("body", [b"{}", b"not JSON", b'{"choices": []}', b'{"choices": [{"message": 3}]}'])
def test_what_is_no_completion_is_typed(server: ScriptedUpstream, body: bytes) -> None:
    """An answer that is no chat completion fails as ``malformed``; it may have been paid for."""
    server.script = lambda request: replies.http(200, body)
    with pytest.raises(Failed) as failed:
        asked(server)
    assert (failed.value.reason, failed.value.maybe_paid) == ("malformed", True)


def test_a_time_out_is_typed(server: ScriptedUpstream) -> None:
    """An endpoint that never answers is given up in bounded time."""
    server.script = lambda request: [5.0]
    with pytest.raises(Failed) as failed:
        asked(server, tries=1, timeout=0.3)
    assert failed.value.reason == "timeout"


async def test_who_cannot_be_connected_to_in_time_was_not_paid() -> None:
    """A firewall that drops packets: nothing was sent, so nothing is charged, and a resumed run asks it again."""
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        port = full.getsockname()[1]
        with socket.socket() as one, socket.socket() as other:  # they fill its queue, and no more is let in
            for waiting in (one, other):
                waiting.setblocking(False)
                waiting.connect_ex(("127.0.0.1", port))
            target = Target(base_url=f"http://127.0.0.1:{port}/v1", model="m", tries=1, timeout=10)
            client = Client(target, Prices([{"m": COST}], date.min))
            client._http._transport._connect_timeout = 0.2  # type: ignore[attr-defined]
            with pytest.raises(Failed) as failed:
                await client.ask(BODY)
            await client.close()
    assert (failed.value.reason, failed.value.maybe_paid) == ("unreachable", False)


def test_a_request_that_is_refused_with_all_that_it_said_is_refused_once(server: ScriptedUpstream) -> None:
    """Servers of FastAPI quote the request in their 422. Its members are left out, and then it has failed: it was sent
    again without end, as fast as the endpoint answered."""

    def script(request: Recorded) -> Iterable[Step]:
        if request.json()["messages"][0]["content"] == "Hello":
            return replies.chat_json("Good day.")
        detail = {"detail": [{"input": request.json(), "ctx": "store, seed"}]}
        return replies.http(422, json.dumps(detail).encode())

    server.script = script

    async def run() -> None:
        client = Client(Target(base_url=server.url, model="m"), Prices([{"m": COST}], date.min))
        await client.ask(BODY)
        with pytest.raises(Failed, match="status 422"):
            await client.ask({**BODY, "messages": [{"role": "user", "content": "wrong"}]})
        await client.ask(BODY)
        await client.close()

    asyncio.run(asyncio.wait_for(run(), 20.0))
    assert len(server.requests) == 4
    assert server.requests[-1].json()["store"] is False


def said_inside(error: object) -> list[Step]:
    """An error whose status says that all is well."""
    return replies.http(200, json.dumps({"error": error}).encode())


def test_an_error_with_status_200_is_said(server: ScriptedUpstream) -> None:
    """It is no malformed answer: what it says stands in the message. It may have been paid for."""
    server.script = lambda request: said_inside({"message": "overloaded", "code": 500})
    with pytest.raises(Failed, match="the answer is an error: overloaded") as failed:
        asked(server)
    assert (failed.value.reason, failed.value.maybe_paid, len(server.requests)) == ("upstream_error", True, 1)


def test_a_429_inside_of_a_200_is_waited_for(server: ScriptedUpstream) -> None:
    """As an aggregator says it of its provider, with a number or a text."""
    server.script = then(said_inside({"message": "busy", "code": 429}), said_inside({"code": "429"}))
    assert asked(server)[0].text == "Good day."
    assert len(server.requests) == 3


WRONG_KEY = {"error": {"code": 400, "details": [{"reason": "API_KEY_INVALID"}]}}
NO_MODEL = {"error": {"message": "There is no m", "code": "model_not_found"}}


@pytest.mark.parametrize(
    ("status", "body", "reason"),
    [
        (200, {"error": {"code": 401}}, "key"),
        (200, {"error": {"code": 402}}, "money"),
        (400, WRONG_KEY, "key"),
        (400, NO_MODEL, "model"),
    ],
)
def test_what_does_not_pass_halts_in_other_words(
    server: ScriptedUpstream, status: int, body: dict[str, object], reason: str
) -> None:
    """Endpoints that say with 200 or 400 what others say with a status of its own are asked once."""
    server.script = lambda request: replies.http(status, json.dumps(body).encode())
    with pytest.raises(Halted) as halted:
        asked(server)
    assert (halted.value.reason, len(server.requests)) == (reason, 1)


@pytest.mark.parametrize("kind", ["text/event-stream", "application/json", "text/plain"])
def test_a_stream_that_nobody_asked_for_is_an_answer(server: ScriptedUpstream, kind: str) -> None:
    """With its text, its end and its cost; when its first token came is not measured."""
    body = b"".join(replies.chat_events("Good day."))
    server.script = lambda request: replies.http(200, body, {"content-type": kind})
    (answer,) = asked(server)
    assert (answer.text, answer.finish_reason, answer.first_token) == ("Good day.", "stop", None)
    assert answer.cost_usd == pytest.approx((20 * 1.0 + 7 * 2.0) / 1e6)


def test_an_answer_with_status_201_is_one(server: ScriptedUpstream) -> None:
    """Some gateways create their completions."""
    body = json.dumps({"choices": [{"message": {"content": "Good day."}, "finish_reason": "stop"}]}).encode()
    server.script = lambda request: replies.http(201, body)
    assert asked(server)[0].text == "Good day."


@pytest.mark.parametrize(
    ("status", "body", "said"),
    [
        (200, b"<html><title>Sign in</title>", "no chat completion: <html><title>Sign in</title>"),
        (200, b'{"choices": []}', "the answer has no choices"),
        (502, b"<h1>Bad gateway</h1>", "status 502: <h1>Bad gateway</h1>"),
        (400, b'{"detail": "no such field"}', "status 400: no such field"),
        (302, b"", "status 302, to https://login.example; redirects are not followed"),
    ],
)
def test_what_was_said_stands_in_the_message(server: ScriptedUpstream, status: int, body: bytes, said: str) -> None:
    """Whoever reads it knows what to mend: a login page, a gateway, a redirect without its path and query."""
    location = {"location": "https://login.example/in?key=secret"} if status == 302 else {}
    server.script = lambda request: replies.http(status, body, {"content-type": "text/html", **location})
    with pytest.raises(Failed) as failed:
        asked(server, tries=1)
    assert str(failed.value).endswith(said)


def test_a_page_that_quotes_the_key_is_said_without_it(server: ScriptedUpstream) -> None:
    """Also where it stands at the edge of what is said."""
    key = "own-key-of-ours-0123456789"
    for before in range(0, 90, 10):
        page = f"{'x' * before} {key} was refused".encode()
        server.script = lambda request, page=page: replies.http(502, page)  # type: ignore[misc]
        with pytest.raises(Failed) as failed:
            asked(server, tries=1, api_key=key)
        assert "own-key" not in str(failed.value)


def test_a_long_wait_is_said_once_a_minute(server: ScriptedUpstream) -> None:
    """Nobody looks at a silent terminal for minutes without a reason; short waits are not worth a line."""
    said: list[str] = []
    short = replies.error(429, {"retry-after-ms": "50"})
    server.script = then(short, replies.error(429, {"retry-after": "6"}), short)

    async def run() -> None:
        client = Client(Target(base_url=server.url, model="m"), Prices([{"m": COST}], date.min), said.append)
        await client.ask(BODY)
        await client.close()

    asyncio.run(run())
    assert said == ["waiting 6 s, as the endpoint says: status 429: upstream says 429"]
