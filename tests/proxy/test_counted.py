"""What is not read and counts its tokens all the same, through the whole proxy: pictures, sound, vectors, Bedrock."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from proxy.exchange import Exchange, Usage, UsageDetails
from support import aws, plain, replies
from support.processes import wait_until
from support.proxying import Proxy
from support.upstream import Recorded, ScriptedUpstream, Step

PRICES = {
    "*": {"input": 1, "output": 10, "audio_input": 30, "image_input": 3, "image_output": 40},
    "*dear*": {"input": 1, "output": 10, "tiers": {"flex": 0.5}},
}
PICTURES = {
    "input_tokens": 50,
    "input_tokens_details": {"text_tokens": 10, "image_tokens": 40},
    "output_tokens": 100,
    "total_tokens": 150,
}
HEARD = {
    "type": "tokens",
    "input_tokens": 14,
    "input_token_details": {"text_tokens": 4, "audio_tokens": 10},
    "output_tokens": 45,
    "total_tokens": 59,
}
_HEAD = "x-amzn-bedrock-"


def _json(doc: Any, **headers: str) -> list[Step]:
    return replies.http(200, json.dumps(doc).encode(), {"content-type": "application/json"} | headers)


def _of_openai(path: str) -> list[Step]:
    """OpenAI's models on Bedrock, whole or in frames, with what Bedrock counts behind the last chunk."""
    said = {"content": "<reasoning>It was there.</reasoning>On shelf 9."}
    usage = {"prompt_tokens": 50, "completion_tokens": 20, "total_tokens": 70}
    if path.endswith("/invoke"):
        choice = {"index": 0, "message": {"role": "assistant", **said}, "finish_reason": "stop"}
        return _json({"id": "c-1", "model": "openai.lamp", "choices": [choice], "usage": usage})
    head = replies.head(200, {"content-type": "application/vnd.amazon.eventstream", "transfer-encoding": "chunked"})
    ends = {"finish_reason": "stop", "delta": {}}
    counted = {"amazon-bedrock-invocationMetrics": {"inputTokenCount": 50, "outputTokenCount": 20}}
    docs = [{"id": "c-1", "choices": [{"index": 0, "delta": said}]}, {"id": "c-1", "choices": [ends], **counted}]
    return [head, *(replies.chunk(aws.chunk(doc)) for doc in docs), b"0\r\n\r\n"]


def _bedrock(model: str) -> list[Step]:
    if "openai" in model:
        return _of_openai(model)
    counts = {f"{_HEAD}input-token-count": "7", f"{_HEAD}output-token-count": "8"}
    if "llama" in model:
        return _json({"generation": "On.", "prompt_token_count": 25, "generation_token_count": 13})
    if "titan" in model:
        return _json({"inputTextTokenCount": 5, "results": [{"tokenCount": 30}, {"tokenCount": 9}]})
    if "vectors" in model:
        return _json({"embedding": [0.5], "inputTextTokenCount": 6})
    if "cached" in model:
        counts |= {f"{_HEAD}cache-read-input-token-count": "5", f"{_HEAD}cache-write-input-token-count": "2"}
    if "dear" in model:
        counts |= {"X-Amzn-Bedrock-Service-Tier": "flex"}
    return _json({"outputs": [{"text": "On. " * 9000, "stop_reason": "stop"}]}, **counts)


def _conversation(stream: bool) -> Iterable[Step]:
    """Mistral's: what a search brought into the prompt is counted beside it."""
    usage = {"prompt_tokens": 188, "completion_tokens": 55, "total_tokens": 7355, "connector_tokens": 7112}
    usage_of_tools = usage | {"connectors": {"web_search": 1}}
    entry = {"type": "message.output", "model": "mistral-lamp", "content": "On shelf 9."}
    if not stream:
        return _json({"object": "conversation.response", "outputs": [entry], "usage": usage_of_tools})
    kinds = ("message.output.delta", "conversation.response.done")
    docs = [{"type": kinds[0], "model": "mistral-lamp", "content": "On"}, {"type": kinds[1], "usage": usage_of_tools}]
    return replies.stream([replies.sse(doc, kind) for kind, doc in zip(kinds, docs, strict=True)])


def provider(request: Recorded) -> Iterable[Step]:
    """Answers each path as its API does."""
    path = request.target
    if path.startswith("/model/"):
        return _bedrock(path)
    if path == "/v1/images/generations":
        split = {"output_tokens_details": {"image_tokens": 90, "text_tokens": 10}}
        return _json({"created": 1, "data": [{"b64_json": "A" * 400_000}], "usage": PICTURES | split})
    if path == "/v1/images/edits":
        kinds = ("image_edit.partial_image", "image_generation.completed")
        docs: list[dict[str, Any]] = [{"type": kind, "b64_json": "A" * 50_000} for kind in kinds]
        docs[1] |= {"b64_json": "A" * 400, "usage": PICTURES}
        return replies.stream([replies.sse(doc, str(doc["type"])) for doc in docs])
    if path == "/v1/audio/transcriptions":
        return _json({"text": "On.", "usage": HEARD})
    if path == "/v1/audio/translations":
        return replies.stream([replies.sse({"type": "transcript.text.done", "text": "On.", "usage": HEARD})])
    if path.startswith("/v1/sessions") or "/turns/" in path or "deferred" in path:
        return _json({"id": "s-1", "type": "session", "model": "kept-lamp", "usage": {"input_tokens": 900}})
    if path.startswith("/v1/conversations"):
        return _conversation(b'"stream": true' in request.body or b'"stream":true' in request.body)
    if path == "/api/embed":
        size = 4 if b"short" in request.body else 40_000
        return _json({"model": "vectors", "embeddings": [[0.5] * size], "load_duration": 1, "prompt_eval_count": 8})
    return replies.error(404, code="wrong_path")


@pytest.fixture(scope="module")
def proxy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    """A proxy with a price for each model."""
    folder: Path = tmp_path_factory.mktemp("counted")
    file = folder / "prices.yaml"
    file.write_text(yaml.safe_dump({"as_of": "2026-11-28", "models": PRICES}), encoding="utf-8")
    with ScriptedUpstream(provider) as upstream:
        upstreams = [{"name": "scripted", "base_url": upstream.url, "ask_usage": True}]
        process = Proxy(folder, upstream.url, prices=str(file), upstreams=upstreams)
        yield process
        process.finish()
        signed = [request.body for request in upstream.requests if request.target.startswith("/model/openai")]
        assert signed
        assert not [body for body in signed if b"stream_options" in body]


def _row(proxy: Proxy, path: str, body: dict[str, Any]) -> Exchange:
    answer = plain.post(proxy.url + path, json=body, timeout=20)
    assert answer.status_code == 200
    wanted, found = answer.headers["x-sightglass-request-id"], list[Exchange]()

    def there() -> bool:
        found[:] = [row for row in proxy.exchanges() if row.request_id == wanted]
        return bool(found)

    wait_until(there, 5, "the row")
    return found[0]


_SEEN, _ALL_SEEN = (UsageDetails(image_input=40, image_output=seen) for seen in (90, 100))


@pytest.mark.parametrize(
    ("path", "operation", "usage", "cost"),
    [
        ("/v1/images/generations", "images", Usage(50, output=100, details=_SEEN), 10 + 120 + 100 + 3600),
        ("/v1/images/edits", "images", Usage(50, output=100, details=_ALL_SEEN), 10 + 120 + 4000),
        ("/v1/audio/transcriptions", "audio", Usage(14, output=45, details=UsageDetails(audio_input=10)), 754),
        ("/v1/audio/translations", "audio", Usage(14, output=45, details=UsageDetails(audio_input=10)), 754),
        ("/api/embed", "embeddings", Usage(8), 8),
    ],
)
def test_tokens_of_pictures_sound_and_vectors(
    proxy: Proxy, path: str, operation: str, usage: Usage, cost: float
) -> None:
    """They are in the row, have a cost, and are in the metrics, with what of them is sound or pictures."""
    model = "counted" + path.replace("/", "-")
    row = _row(proxy, path, {"model": model, "prompt": "A lamp."})
    assert (row.operation, row.outcome, row.usage) == (operation, "ok", usage)
    assert row.cost_usd == pytest.approx(cost / 1e6)
    assert proxy.metric("sightglass_tokens_total", model=model) == usage.input + usage.output
    assert proxy.metric("sightglass_cost_usd_total", model=model) == pytest.approx(cost / 1e6)
    details = usage.details or UsageDetails()
    for modality in ("audio_input", "image_input", "image_output"):
        found = proxy.metric("sightglass_modality_tokens_total", model=model, modality=modality)
        assert found == getattr(details, modality)


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("path", ["/v1/conversations", "/v1/conversations/c-1"])
def test_tokens_of_mistral_s_conversations(proxy: Proxy, path: str, stream: bool) -> None:
    """With the model that an agent has, what its search read, and that a search is paid for by the call."""
    row = _row(proxy, path, {"agent_id": "a-1", "inputs": "Where is the lamp?", "stream": stream})
    assert (row.operation, row.model_served) == ("conversations", "mistral-lamp")
    assert row.usage == Usage(7300, output=55, details=UsageDetails(calls={"web_search": 1}))
    assert (row.cost_usd, row.unpriced) == (None, "tool_fee")
    assert proxy.metric("sightglass_tokens_total", model="mistral-lamp", type="input") >= 7300


def test_a_form_names_its_model(proxy: Proxy) -> None:
    """SDKs send sound and pictures in a form: its model is that of the row, and has its price."""
    form = {"data": {"model": "form-lamp"}, "files": {"file": ("a.wav", b"RIFF" + bytes(100_000))}}
    answer = plain.post(proxy.url + "/v1/audio/transcriptions", **form, timeout=20)  # type: ignore[arg-type]
    line = proxy.line_of(answer)
    assert (line["operation"], line["model"], line["input_tokens"]) == ("audio", "form-lamp", 14)
    assert proxy.metric("sightglass_cost_usd_total", model="form-lamp") == pytest.approx(754e-6)


@pytest.mark.parametrize(
    ("method", "path", "usage"),
    [
        ("GET", "/v1/sessions/s-1?beta=true", None),
        ("POST", "/v1/sessions/s-1?beta=true", None),
        ("GET", "/v1/agents/sessions/s-1/turns/t-1", None),
        ("GET", "/v1/chat/deferred-completion/r-1", Usage(900)),
    ],
)
def test_what_is_kept_is_read_again_and_again(proxy: Proxy, method: str, path: str, usage: Usage | None) -> None:
    """A session of an agent tells at every read what all of it has used so far: none of that is new. What xAI deferred
    is read once."""
    before = proxy.metric("sightglass_tokens_total", model="kept-lamp")
    answer = plain.request(method, proxy.url + path, timeout=20)
    line = proxy.line_of(answer)
    assert (line["operation"], line["status"], line["input_tokens"]) == ("other", 200, usage and usage.input)
    found = proxy.metric("sightglass_tokens_total", model="kept-lamp") - before
    assert found == (usage.input if usage is not None else 0)


@pytest.mark.parametrize("call", ["invoke", "invoke-with-response-stream"])
def test_openai_s_models_on_bedrock_are_read(proxy: Proxy, call: str) -> None:
    """They speak in OpenAI's words there, and the request goes on as it was signed."""
    body = {"messages": [{"role": "user", "content": "Where is the lamp?"}], "stream": "stream" in call}
    path = f"/model/openai.gpt-oss-120b-1%3A0/{call}"
    answer = plain.post(proxy.url + path, json=body, timeout=20)
    sample = proxy.sample_of(answer)
    row = sample.exchange
    assert (row.operation, row.model_asked, row.outcome) == ("chat", "openai.gpt-oss-120b-1:0", "ok")
    assert (row.usage, row.finish_reason, row.cost_usd) == (Usage(50, output=20), "stop", pytest.approx(250e-6))
    assert (row.streamed, row.stream_end) == (("stream" in call), "complete" if "stream" in call else None)
    assert [message.content for message in sample.messages] == ["Where is the lamp?"]
    assert sample.choices[0].text.endswith("On shelf 9.")


def test_short_vectors_of_ollama(proxy: Proxy) -> None:
    """Those that are held as a whole, too."""
    assert _row(proxy, "/api/embed", {"model": "vectors", "input": "short"}).usage == Usage(8)


@pytest.mark.parametrize(
    ("model", "usage", "cost"),
    [
        ("meta.llama3-8b", Usage(25, output=13), 155),
        ("amazon.titan-text", Usage(5, output=39), 395),
        ("amazon.vectors", Usage(6), 6),
        ("mistral.lamp", Usage(7, output=8), 87),
        ("mistral.cached", Usage(7, 5, 2, 8), 94),
        ("mistral.dear", Usage(7, output=8), 43.5),
    ],
)
def test_tokens_of_bedrock_s_models(proxy: Proxy, model: str, usage: Usage, cost: float) -> None:
    """In words of their own, or in the head of the answer, with its tier."""
    row = _row(proxy, f"/model/{model}/invoke", {"prompt": "Where is the lamp?"})
    assert (row.operation, row.model_asked, row.usage) == ("other", model, usage)
    assert row.cost_usd == pytest.approx(cost / 1e6)
    assert row.service_tier == ("flex" if "dear" in model else None)
    assert proxy.metric("sightglass_tokens_total", model=model, type="output") == usage.output
