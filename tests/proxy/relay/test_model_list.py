"""The models of several upstreams as one list, over sockets: merged, marked, and without those of one that is down."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import openai
import pytest

from support import plain, replies
from support.processes import free_ports
from support.proxying import KEY, Proxy
from support.upstream import STALL, ScriptedUpstream

Three = tuple[ScriptedUpstream, ScriptedUpstream, Proxy]


def _list(*models: str, **more: Any) -> bytes:
    return json.dumps({"object": "list", "data": [{"id": one, "object": "model", **more} for one in models]}).encode()


@pytest.fixture(scope="module")
def three(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Three]:
    """Two upstreams that work, a third one that nobody listens at, and the proxy in front of them."""
    with ScriptedUpstream(lambda request: []) as first, ScriptedUpstream(lambda request: []) as second:
        down = f"http://127.0.0.1:{free_ports(1)[0]}/v1"
        proxy = Proxy(
            tmp_path_factory.mktemp("listing"),
            first.url,
            upstreams=[
                {"name": "first", "base_url": f"{first.url}/v1", "models": ["tern-*"]},
                {"name": "second", "base_url": f"{second.url}/v1", "models": ["auk-*"]},
                {"name": "third", "base_url": down, "api_key": "sk-third", "models": ["gull-*"]},
            ],
        )
        yield first, second, proxy
        proxy.finish()


@pytest.fixture(autouse=True)
def _scripts(three: Three) -> None:
    three[0].script = lambda request: replies.http(200, _list("tern-1", "both", "auk-2", owned_by="t"))
    three[1].script = lambda request: replies.http(200, _list("auk-1", "both", "auk-2", owned_by="a"))
    for upstream in three[:2]:
        upstream.requests.clear()


def _get(proxy: Proxy, path: str = "/v1/models", **headers: str) -> httpx.Response:
    return plain.get(proxy.url + path, headers={"authorization": f"Bearer {KEY}", **headers}, timeout=20)


def test_lists_are_merged_and_marked(three: Three) -> None:
    """Each model once, with the upstream that lists it; of two the one that requests for it go to. What is down is
    named, and is no error."""
    answer = _get(three[2])
    assert answer.status_code == 200
    document = answer.json()
    assert [(model["id"], model["upstream"], model["owned_by"]) for model in document["data"]] == [
        ("tern-1", "first", "t"),
        ("both", "first", "t"),
        ("auk-2", "second", "a"),
        ("auk-1", "second", "a"),
    ]
    assert (document["object"], document["left_out"]) == ("list", ["third"])
    line = three[2].line_of(answer)
    assert (line["operation"], line["outcome"], line["status"]) == ("models", "ok", 200)


def test_the_real_client_reads_it(three: Three) -> None:
    """The openai client gets every model through its own method."""
    with openai.OpenAI(base_url=f"{three[2].url}/v1", api_key=KEY, max_retries=0) as client:
        assert {model.id for model in client.models.list()} == {"tern-1", "both", "auk-1", "auk-2"}


def test_a_client_s_key_goes_to_the_default_alone(three: Three) -> None:
    """Who answers requests without a model has always been shown the client's key; nobody else is."""
    first, second, proxy = three
    _get(proxy, f"/v1/models?limit=9&key={KEY}", **{"x-api-key": KEY, "api-key": KEY, "x-goog-api-key": KEY})
    assert first.requests[-1].header("authorization") == f"Bearer {KEY}"
    assert KEY not in second.requests[-1].head.decode("latin-1")
    assert second.requests[-1].target.startswith("/v1/models?limit=9")


@pytest.mark.parametrize("answer", [(500, b"{}"), (401, b"{}"), (200, b"<html>"), (200, b'{"data": 1}'), (200, b"[]")])
def test_what_is_no_list_is_left_out(three: Three, answer: tuple[int, bytes]) -> None:
    """An upstream that answers with an error or something else costs its own models alone."""
    three[1].script = lambda request: replies.http(*answer)
    document = _get(three[2]).json()
    assert {model["upstream"] for model in document["data"]} == {"first"}
    assert document["left_out"] == ["second", "third"]


def test_a_coded_list_is_read(three: Three) -> None:
    """An upstream that codes its answer unasked is read all the same."""
    body = gzip.compress(_list("auk-9"))
    three[1].script = lambda request: replies.http(200, body, {"content-encoding": "gzip"})
    assert "auk-9" in {model["id"] for model in _get(three[2]).json()["data"]}


def test_without_any_list_the_default_s_answer_counts(three: Three) -> None:
    """A wrong key is told by who said so; when nobody answers it is an error of ours."""
    first, second, proxy = three
    first.script = lambda request: replies.error(401, code="invalid_api_key")
    second.script = lambda request: replies.error(500)
    answer = _get(proxy)
    assert (answer.status_code, answer.json()["error"]["code"]) == (401, "invalid_api_key")
    assert "x-sightglass-error" not in answer.headers
    first.script = lambda request: replies.http(200, b"nothing")
    answer = _get(proxy)
    assert (answer.status_code, answer.headers["x-sightglass-error"]) == (502, "1")


def test_a_list_in_anthropic_s_form(three: Three) -> None:
    """Its ends and whether there is more fit the whole."""
    more = {"has_more": False, "first_id": "tern-1", "last_id": "tern-1"}
    three[0].script = lambda request: replies.http(200, json.dumps({"data": [{"id": "tern-1"}], **more}).encode())
    three[1].script = lambda request: replies.http(
        200, json.dumps({"data": [{"id": "auk-1"}], "has_more": True}).encode()
    )
    document = _get(three[2]).json()
    assert (document["has_more"], document["first_id"], document["last_id"]) == (True, "tern-1", "auk-1")


def test_a_named_upstream_answers_for_itself(three: Three) -> None:
    """Under its own prefix, and for one model, a list is what the upstream says."""
    assert _get(three[2], "/upstreams/second/v1/models").content == _list("auk-1", "both", "auk-2", owned_by="a")
    assert _get(three[2], "/v1/models/tern-1").content == _list("tern-1", "both", "auk-2", owned_by="t")


def test_a_client_that_leaves_ends_it(three: Three) -> None:
    """Nothing is waited for that nobody waits for any more."""
    three[1].script = lambda request: [STALL]
    with pytest.raises(httpx.ReadTimeout):
        plain.get(f"{three[2].url}/v1/models", timeout=0.5)
    three[1].wait_for(lambda upstream: upstream.disconnects > 0)
    three[2].wait_idle()


def test_a_single_upstream_s_list_is_its_own(tmp_path: Path) -> None:
    """With one upstream nothing is read or changed."""
    with ScriptedUpstream(lambda request: replies.http(200, b'{ "data" : [ ] }')) as upstream:
        proxy = Proxy(tmp_path, upstream.url)
        assert _get(proxy).content == b'{ "data" : [ ] }'
        proxy.finish()
