"""PRIVACY: what is never kept, what is taken out, and what goes when it is told to; V06 is in test_privacy.py."""

from __future__ import annotations

import asyncio
import base64
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
import yaml
from prometheus_client import CollectorRegistry

from proxy.exchange import Decision, Operation
from proxy.feedback import Feedback
from proxy.observe.sampler import Sampler, Verdict
from proxy.observe.tap import Content
from proxy.publish.feedback import FeedbackPublisher
from proxy.publish.publisher import Entry, Publisher
from proxy.queue.protocol import Item, Kind
from proxy.queue.sqlite import SqliteQueue
from proxy.sample import decode
from proxy.telemetry.instruments import Instruments
from support import plain, replies
from support.processes import Sightglass, free_ports, wait_until
from support.proxying import KEY, Proxy
from support.scoring import exchange, parsed
from support.upstream import Recorded, ScriptedUpstream, Step

Start = Callable[..., Sightglass]
#: A credential that looks like nothing: only the fact that it was presented tells what it is.
PLAIN = "orchardgatelatch"
WORDS = "the marzipan lighthouse"
FEEDBACK = "/-/feedback"


def everything_in(folder: Path) -> bytes:
    """Every byte of every file below a folder."""
    return b"".join(path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file())


def chat(text: str = "Where is the lamp?", **more: Any) -> dict[str, Any]:
    """A chat request."""
    return {"model": replies.MODEL, "messages": [{"role": "user", "content": text}], **more}


def send(
    sightglass: Sightglass | Proxy, body: Any, path: str = "/v1/chat/completions", **headers: str
) -> httpx.Response:
    """One request of an application."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return plain.post(f"{sightglass.url}{path}", json=body, headers=named, timeout=10)


def pages(sightglass: Sightglass) -> str:
    """Everything that the console shows of every sample, and both metrics pages."""
    shown = [sightglass.metrics("proxy"), sightglass.metrics("worker")]
    listed = sightglass.api("samples", limit=1000)["samples"]
    with plain.client(
        base_url=sightglass.console_url,
    ) as client:
        for path in ("/", "/samples", "/api/ledger", *(f"/samples/{sample['id']}" for sample in listed)):
            shown.append(client.get(path).text)
        shown += [client.get(f"/api/samples/{sample['id']}").text for sample in listed]
    return "".join(shown)


# --- V01, V02: keys ----------------------------------------------------------------------------------------------


def _echo(request: Recorded) -> list[Step]:
    """A provider that repeats the key in its errors, as some do, and fails in many ways."""
    how = request.target.partition("how=")[2].partition("&")[0]
    told = {"error": {"message": f"Incorrect API key provided: {KEY} {PLAIN}", "type": "auth", "code": KEY}}
    if how in ("401", "429", "500"):
        return replies.http(int(how), msgspec.json.encode(told), {"content-type": "application/json"})
    if how == "cut":
        return [b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n", b"5\r\nda"]
    if how == "garbage":
        return [f"HTTP/1.1 banana {KEY}\r\n\r\n".encode()]
    if how == "stream":
        return list(replies.stream(replies.chat_events(f"Your key is {KEY}, and {PLAIN}.")))
    if how == "error_event":
        return list(replies.stream([replies.sse(told)]))
    return replies.chat_json(f"Your key is {KEY}, and {PLAIN}.")


def _everywhere() -> Iterator[tuple[str, dict[str, Any], dict[str, str]]]:
    """Requests with the keys in every position: (path and query, body, headers)."""
    full = chat(
        f"my key is {KEY} or {PLAIN}",
        user=KEY,
        metadata={KEY: KEY, "plain": PLAIN},
        tools=[{"type": "function", "function": {"name": "f", "description": KEY, "parameters": {"x": PLAIN}}}],
        stop=[KEY],
        response_format={"type": "json_schema", "json_schema": {"name": "s", "schema": {"const": KEY}}},
    )
    path = "/v1/chat/completions"
    for how in ("ok", "401", "429", "500", "cut", "garbage", "stream", "error_event"):
        yield f"{path}?how={how}", {**full, "stream": how in ("stream", "error_event", "cut")}, {}
    ours = ("app", "session-id", "user-id", "task-id")
    yield f"{path}?key={KEY}&api_key={PLAIN}", full, {f"x-sightglass-{name}": KEY for name in ours}
    yield path, full, {"cookie": f"k={KEY}", "user-agent": KEY, "x-anything": KEY, "openai-organization": KEY}
    yield path, full, {"traceparent": KEY, "baggage": f"k={KEY}", "x-request-id": KEY, "referer": f"http://x/?{KEY}"}
    yield path, {**full, "model": KEY}, {"x-api-key": KEY, "api-key": PLAIN}
    yield f"/v1/files/{KEY}/content", full, {}
    yield f"/upstreams/{KEY}/v1/chat/completions", full, {}
    yield f"/apps/{KEY}/v1/chat/completions", full, {}


def test_v01_a_key_is_nowhere_in_what_is_kept_or_shown(
    upstream: ScriptedUpstream, start_sightglass: Start, tmp_path: Path
) -> None:
    """In every position and on every failing path: no log, metric, page, file, error of ours or feedback holds it."""
    upstream.script = _echo
    sightglass = start_sightglass(upstream.url, timeouts={"first_byte": "3s", "idle": "2s"})
    ours: list[str] = []
    sent = 0
    with plain.client(base_url=sightglass.url, timeout=10) as client:
        for path, body, headers in _everywhere():
            sent += 1
            presented = {"authorization": f"Bearer {PLAIN}", "x-api-key": KEY, **headers}
            try:
                answer = client.post(path, json=body, headers=presented)
            except httpx.HTTPError:
                continue
            if "x-sightglass-error" in answer.headers:
                ours.append(answer.text + str(answer.headers))
        about = {"task_id": KEY, "outcome": "success", "comment": f"it leaked {KEY} and {PLAIN}"}
        assert client.post("/-/feedback", json=about, headers={"authorization": f"Bearer {PLAIN}"}).status_code == 202
        ours.append(client.post("/-/feedback", json={KEY: KEY, "outcome": KEY}).text)
    wait_until(lambda: _decided(sightglass) >= sent - 4, 20, "every request in the ledger")
    time.sleep(1.0)
    shown = pages(sightglass)
    assert "[API_KEY_1]" in shown, "samples are there, with placeholders"
    kept = everything_in(sightglass.data_dir)
    log = sightglass.output()
    for secret in (KEY, PLAIN):
        assert secret not in log
        assert secret not in shown
        assert secret not in "".join(ours)
        assert secret.encode() not in kept
        assert base64.b64encode(secret.encode()) not in kept


def _decided(sightglass: Sightglass) -> int:
    return sum(sum(counts.values()) for counts in sightglass.api("ledger")["proxies"].values())


def test_v02_a_key_in_a_url_is_in_no_error(start_sightglass: Start) -> None:
    """An upstream that cannot be reached is reported without the query that its URL was asked with."""
    (nobody,) = free_ports(1)
    sightglass = start_sightglass(f"http://127.0.0.1:{nobody}")
    answer = send(sightglass, chat(), f"/v1/chat/completions?key={PLAIN}&x={KEY}")
    assert answer.status_code == 502
    wait_until(lambda: _decided(sightglass) == 1, 10, "the request in the ledger")
    for text in (answer.text, str(answer.headers), sightglass.output(), pages(sightglass)):
        assert PLAIN not in text
        assert KEY not in text


# --- V03, V04: redaction and opting out ----------------------------------------------------------------------------


def test_v03_what_is_redacted_is_so_before_the_queue(
    start_proxy: Callable[..., Proxy], upstream: ScriptedUpstream
) -> None:
    """Addresses, cards and matches of one's own patterns are placeholders in the queue's file already."""
    upstream.script = lambda request: replies.chat_json("Wrote to jane.roe@example.org about TICKET-4711.")
    proxy = start_proxy(upstream.url, redaction={"patterns": [r"TICKET-\d+"]})
    text = "I am jane.roe@example.org, card 4111 1111 1111 1111, see TICKET-4711"
    sample = proxy.sample_of(send(proxy, chat(text)))
    assert sample.messages[0].content == "I am [EMAIL_1], card [CARD_1], see [CUSTOM_1]"
    assert sample.choices[0].text == "Wrote to [EMAIL_1] about [CUSTOM_1]."
    kept = everything_in(proxy.data_dir)
    for secret in (b"jane.roe", b"4111 1111", b"TICKET-4711"):
        assert secret not in kept


class _Stumbles(str):
    """A credential on which redaction breaks."""

    __slots__ = ()

    def __len__(self) -> int:
        raise RuntimeError(WORDS)


async def test_v03_what_can_not_be_redacted_does_not_leave(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """When redaction crashes, sample and feedback are dropped and counted, the next ones leave; no log quotes them."""
    settings = parsed()
    registry = CollectorRegistry()
    metrics = Instruments(registry, "proxy")
    queue = SqliteQueue(tmp_path / "queue.db", 1_000_000)
    desk = FeedbackPublisher(queue, settings.redaction, metrics)
    publisher = Publisher(queue, settings, Sampler(settings.sampling, b"s"), metrics, "p1")
    body = msgspec.json.encode(chat(WORDS))
    content = Content(Operation.CHAT, body, b"{}", b"", sse=False, request_truncated=False, undecodable=None)
    for identity, secrets in (("bad", (_Stumbles("secret-secret"),)), ("good", ())):
        publisher.put(Entry(exchange(identity), Verdict(Decision.PUBLISHED, 1.0, "uniform"), content, secrets))
        desk.put(Feedback(id=identity, at=1.0, request_id="r", comment=f"{WORDS} {identity}"), secrets)
    publisher.start()
    desk.start()
    await publisher.stop(5)
    await desk.stop(5)
    await queue.ensure_group("g", (Kind.SAMPLE, Kind.FEEDBACK))
    assert sorted(item.id for item in await queue.claim("g", "me", 10, 15)) == ["feedback:good", "good"]
    await queue.close()
    for name in ("sampling_decisions_total", "feedback_total"):
        labels = (
            {"app": "support", "decision": "dropped_redactor"} if "sampl" in name else {"result": "dropped_redactor"}
        )
        assert registry.get_sample_value(f"sightglass_{name}", labels) == 1
    assert WORDS not in caplog.text


def test_v03_a_pattern_that_cannot_be_used_keeps_no_text(
    start_proxy: Callable[..., Proxy], upstream: ScriptedUpstream
) -> None:
    """Traffic is forwarded, its row is kept and says why there is no text; feedback keeps its rating; it is seen."""
    upstream.script = lambda request: replies.chat_json(WORDS)
    proxy = start_proxy(upstream.url, redaction={"patterns": ["(?<=lamp )post"]})
    answer = send(proxy, chat(WORDS))
    assert answer.json()["choices"][0]["message"]["content"] == WORDS
    wait_until(lambda: _dropped(proxy) == 1, 10, "the decision")
    assert proxy.metric("sightglass_degraded", component="redaction") == 1
    request_id = answer.headers["x-sightglass-request-id"]
    told = {"request_id": request_id, "rating": 0.5, "comment": WORDS}
    assert send(proxy, told, FEEDBACK).is_success
    wait_until(lambda: proxy.metric("sightglass_feedback_total", result="published") == 1, 10, "the feedback")
    kept = everything_in(proxy.data_dir)
    assert request_id.encode() in kept
    assert WORDS.encode() not in kept


def _dropped(proxy: Proxy) -> float | None:
    return proxy.metric("sightglass_sampling_decisions_total", app="other", decision="dropped_redactor")


def test_v03_an_answer_s_id_is_redacted_and_still_found(
    start_proxy: Callable[..., Proxy], upstream: ScriptedUpstream
) -> None:
    """An id that holds an address is kept as a hash, the same for the feedback that names it; others stay as sent."""
    ids = iter(("answer-of-jane.roe@example.org", "answer-17"))
    upstream.script = lambda request: replies.chat_json("Fine.", response_id=next(ids))
    proxy = start_proxy(upstream.url)
    first, second = (proxy.sample_of(send(proxy, chat())) for _ in range(2))
    assert first.exchange.response_id is not None
    assert first.exchange.response_id.startswith("redacted-")
    assert second.exchange.response_id == "answer-17"
    told = {"response_id": "answer-of-jane.roe@example.org", "rating": 1}
    assert send(proxy, told, FEEDBACK).is_success
    wait_until(lambda: proxy.metric("sightglass_feedback_total", result="published") == 1, 10, "the feedback")
    kept = everything_in(proxy.data_dir)
    assert b"jane.roe" not in kept
    assert kept.count(first.exchange.response_id.encode()) >= 2


def test_v04_who_opts_out_leaves_no_text(upstream: ScriptedUpstream, start_sightglass: Start) -> None:
    """Nothing is sampled, the content-free row is there, and the decision is counted as opted out."""
    sightglass = start_sightglass(upstream.url)
    answer = send(sightglass, chat(WORDS), x_sightglass_no_store="1")
    request_id = answer.headers["x-sightglass-request-id"]
    wait_until(lambda: _decided(sightglass) == 1, 10, "the request in the ledger")
    assert [list(counts) for counts in sightglass.api("ledger")["proxies"].values()] == [["opted_out"]]
    assert sightglass.api(f"ledger/{request_id}")["decision"] == "opted_out"
    assert sightglass.api("samples")["samples"] == []
    assert WORDS.encode() not in everything_in(sightglass.data_dir)


# --- V05, V08: what goes -------------------------------------------------------------------------------------------


def test_v05_what_is_past_retention_is_gone(
    upstream: ScriptedUpstream, start_sightglass: Start, tmp_path: Path
) -> None:
    """Samples, scores and rows leave the store and its files; the ledger still knows how many there were."""
    sightglass = start_sightglass(upstream.url)
    for _ in range(3):
        send(sightglass, chat(WORDS))
    sightglass.wait_scored(3)
    shorter = tmp_path / "shorter.yaml"
    shorter.write_text(yaml.safe_dump({**sightglass.config, "retention": {"samples": "1s", "exchanges": "1s"}}))
    time.sleep(1.5)
    command = [sys.executable, "-m", "proxy.cli", "retention", "--config", str(shorter)]
    done = subprocess.run(command, capture_output=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    assert sightglass.api("samples")["samples"] == []
    wait_until(lambda: WORDS.encode() not in everything_in(sightglass.data_dir), 10, "the text gone from the files")
    ledger = sightglass.api("ledger")
    assert all(sum(counts.values()) == 3 for counts in ledger["scorers"].values())


async def test_v05_the_queue_forgets_too(tmp_path: Path) -> None:
    """What no worker fetched in time is deleted from the queue's file."""
    queue = SqliteQueue(tmp_path / "queue.db", 1_000_000)
    await queue.ensure_group("g", (Kind.SAMPLE,))
    await queue.publish([Item("s1", Kind.SAMPLE, WORDS.encode() * 2000)])
    assert await queue.expire(time.time() + 1) == 1
    assert await queue.take_trimmed("g") == ["s1"]
    await queue.close()
    assert WORDS.encode() not in everything_in(tmp_path)


def test_v08_a_user_is_deleted_from_every_copy(
    upstream: ScriptedUpstream, start_sightglass: Start, start_proxy: Callable[..., Proxy]
) -> None:
    """Samples, scores, labels, rows and feedback of the user go; another user's stay; the ledger adds up."""
    sightglass = start_sightglass(upstream.url)
    for user in ("jane", "john", "jane"):
        mine = send(sightglass, chat(f"{WORDS} of {user}"), x_sightglass_user_id=user, x_sightglass_task_id=f"t-{user}")
        about = {"request_id": mine.headers["x-sightglass-request-id"], "rating": 1, "comment": f"praise from {user}"}
        assert send(sightglass, about, "/-/feedback").status_code == 202
    sightglass.wait_scored(3)
    of = {}
    for listed in sightglass.api("samples")["samples"]:
        content = sightglass.api(f"samples/{listed['id']}")["content"]
        of[content["messages"][0]["content"].rpartition(" ")[2]] = content["exchange"]["user_hash"]
    assert set(of) == {"jane", "john"}
    wait_until(lambda: b"praise from jane" in everything_in(sightglass.data_dir), 10, "the comments stored")
    gone = plain.delete(f"{sightglass.console_url}/api/users/{of['jane']}").json()
    assert (gone["samples"], gone["requests"]) == (2, 2)
    # What was on its way is in the queue's file until the worker has fetched it, and dropped it.
    hers = [text.encode() for text in (f"{WORDS} of jane", "praise from jane", "t-jane")]
    wait_until(lambda: not any(text in everything_in(sightglass.data_dir) for text in hers), 10, "every copy gone")
    kept = everything_in(sightglass.data_dir)
    for text in (f"{WORDS} of john", "praise from john", "t-john"):
        assert text.encode() in kept
    assert len(sightglass.api("samples")["samples"]) == 1
    assert all(sum(counts.values()) == 3 for counts in sightglass.api("ledger")["scorers"].values())


async def test_v08_copies_that_wait_in_the_queue_go_too(
    start_proxy: Callable[..., Proxy], upstream: ScriptedUpstream
) -> None:
    """Without a worker everything waits in the queue: the user's samples and rows leave its file."""
    proxy = start_proxy(upstream.url)
    for user in ("jane", "john"):
        await asyncio.to_thread(
            send, proxy, chat(f"{WORDS} of {user}"), x_sightglass_user_id=user, x_sightglass_session_id=f"s-{user}"
        )
    await asyncio.to_thread(wait_until, lambda: len(proxy.samples()) == 2, 10, "both in the queue")
    jane = proxy.samples()[0].exchange.user_hash
    assert jane is not None
    queue = SqliteQueue(proxy.data_dir / "queue.db", 1_000_000_000)
    assert await queue.forget_user(jane) == 2
    await queue.close()
    kept = everything_in(proxy.data_dir)
    for text in (b"of jane", b"s-jane", jane.encode()):
        assert text not in kept
    with closing(sqlite3.connect(proxy.data_dir / "queue.db")) as connection:
        (left,) = connection.execute("SELECT payload FROM items WHERE kind = 'sample'").fetchall()
    assert decode(left[0]).messages[0].content == f"{WORDS} of john"


# --- V07, V09 ------------------------------------------------------------------------------------------------------


def test_v07_a_viewer_reads_on_record_and_changes_nothing(upstream: ScriptedUpstream, start_sightglass: Start) -> None:
    """Roles: a viewer neither labels nor deletes nor imports, an annotator labels, and every reading has a name."""
    tokens = [{"token": f"{role}-token-123", "role": role, "name": f"a-{role}"} for role in ("viewer", "annotator")]
    sightglass = start_sightglass(upstream.url, console_tokens=tokens, console_token="the-admins-token")
    identity = send(sightglass, chat(WORDS)).headers["x-sightglass-request-id"]
    label = {"sample_id": identity, "scorer": "refusal", "output": "refused", "verdict": "no", "comment": "ok"}

    def client(token: str) -> httpx.Client:
        header = {"authorization": f"Bearer {token}"}
        return plain.client(
            base_url=sightglass.console_url,
            headers=header,
        )

    with (
        client("viewer-token-123") as viewer,
        client("annotator-token-123") as annotator,
        client("the-admins-token") as admin,
    ):
        wait_until(lambda: admin.get(f"/api/samples/{identity}").status_code == 200, 10, "the sample stored")
        assert WORDS in viewer.get(f"/api/samples/{identity}").text
        assert WORDS in viewer.get(f"/samples/{identity}").text
        for reader, allowed in ((viewer, []), (annotator, ["label"]), (admin, ["label", "import", "delete"])):
            done = {
                "label": reader.post("/api/labels", json=label).is_success,
                "import": reader.post("/api/samples", json={"prompt": "a", "response": "b"}).is_success,
                "delete": reader.delete(f"/api/users/{'0' * 32}").is_success,
            }
            assert [name for name, well in done.items() if well] == allowed
    with closing(sqlite3.connect(sightglass.data_dir / "store.db")) as connection:
        readers = [row[0] for row in connection.execute("SELECT who FROM reads WHERE sample_id = ?", (identity,))]
        annotators = [row[0] for row in connection.execute("SELECT annotator FROM labels")]
    assert readers.count("a-viewer@127.0.0.1") == 2
    assert sorted(annotators) == ["a-annotator", "token"]


def test_v09_pictures_and_sound_are_not_kept(upstream: ScriptedUpstream, start_sightglass: Start) -> None:
    """The kinds of such parts are kept, their bytes are not, in any form that a provider's API takes."""
    blob = base64.b64encode(bytes(range(256)) * 12).decode()
    url = f"data:image/png;base64,{blob}"
    sightglass = start_sightglass(upstream.url)
    parts = [
        {"type": "text", "text": WORDS},
        {"type": "image_url", "image_url": {"url": url}},
        {"type": "input_audio", "input_audio": {"data": blob, "format": "wav"}},
        {"type": "file", "file": {"file_data": url, "filename": "a.pdf"}},
    ]
    source = {"type": "base64", "media_type": "image/png", "data": blob}
    bodies = [
        ("/v1/chat/completions", chat(parts)),  # type: ignore[arg-type]
        ("/v1/chat/completions", chat(f"inline {url} {WORDS}")),
        ("/v1/messages", {**chat([{"type": "image", "source": source}]), "max_tokens": 5}),  # type: ignore[arg-type]
        (
            "/v1/responses",
            {"model": "m", "input": [{"role": "user", "content": [{"type": "input_image", "image_url": url}]}]},
        ),
    ]
    for path, body in bodies:
        send(sightglass, body, path)
    sightglass.wait_scored(len(bodies))
    kept = everything_in(sightglass.data_dir)
    assert WORDS.encode() in kept
    assert blob[:400].encode() not in kept
    assert blob[400:800].encode() not in kept
