"""P20: the URLs and keys of Anthropic's and Azure's APIs, routed and passed on."""

from __future__ import annotations

from support.proxying import Proxy, Wire
from support.upstream import ScriptedUpstream


def test_p20_anthropic_and_azure_urls_are_routed(two: tuple[Proxy, ScriptedUpstream, ScriptedUpstream]) -> None:
    """The deployment in an Azure URL and the model of a messages body choose the upstream; paths stay as they are."""
    proxy, one, other = two
    azure = "/openai/deployments/gpt-4o/chat/completions?api-version=2025-01-01"
    for path, body, target, key in (
        (azure, {"messages": []}, one, "api-key"),
        ("/openai/deployments/llama-3/chat/completions", {"messages": []}, other, "api-key"),
        ("/v1/messages", {"model": "gpt-4o", "max_tokens": 1, "messages": []}, one, "x-api-key"),
        ("/v1/messages?beta=true", {"model": "llama-3", "max_tokens": 1, "messages": []}, other, "x-api-key"),
        ("/upstreams/one/v1/messages", {"model": "claude", "messages": []}, one, "x-api-key"),
    ):
        one.requests.clear()
        other.requests.clear()
        with Wire(proxy.port) as wire:
            wire.post(body, path, [f"{key}: client-key-123456", "anthropic-version: 2023-06-01"])
            answer = wire.answer()
        assert answer.status == 200
        [request] = target.requests
        assert request.target == path.removeprefix("/upstreams/one")
        assert request.header("anthropic-version") == "2023-06-01"
        expected = "sk-of-one-1234567" if target is one else "client-key-123456"
        assert request.header(key) == expected
        assert request.header("authorization") is None
        operation = "messages" if "messages" in path else "chat"
        line = proxy.line_of(answer)
        assert line["operation"] == operation
        assert line["model"] == body.get("model", "llama-3" if "llama-3" in path else "gpt-4o")
    with Wire(proxy.port) as wire:
        wire.post({"messages": []}, "/openai/deployments/mystery/chat/completions")
        answer = wire.answer()
    assert (answer.status, answer.json()["error"]["code"]) == (404, "model_not_found")
    assert proxy.line_of(answer)["operation"] == "chat"


def test_p20_our_key_goes_into_the_providers_own_header(
    two: tuple[Proxy, ScriptedUpstream, ScriptedUpstream],
) -> None:
    """A client without any credential: the upstream's key goes where that kind of URL wants it."""
    proxy, one, _ = two
    wanted = {
        "/v1/chat/completions": ("authorization", "Bearer sk-of-one-1234567"),
        "/v1/messages": ("x-api-key", "sk-of-one-1234567"),
        "/openai/deployments/gpt-4o/chat/completions": ("api-key", "sk-of-one-1234567"),
    }
    for path, (name, value) in wanted.items():
        one.requests.clear()
        with Wire(proxy.port) as wire:
            wire.post({"model": "gpt-4o", "messages": []}, path)
            assert wire.answer().status == 200
        present = {key: one.requests[0].header(key) for key in ("authorization", "x-api-key", "api-key")}
        assert {key: item for key, item in present.items() if item is not None} == {name: value}, path


def test_p20_azure_model_in_the_body_without_deployment(
    two: tuple[Proxy, ScriptedUpstream, ScriptedUpstream],
) -> None:
    """Azure's newer ``/openai/v1`` form names its model in the body."""
    proxy, one, _ = two
    one.requests.clear()
    with Wire(proxy.port) as wire:
        wire.post({"model": "gpt-4o", "messages": []}, "/openai/v1/chat/completions", ["api-key: client-key-123456"])
        assert wire.answer().status == 200
    assert one.requests[0].target.endswith("/openai/v1/chat/completions")
    assert one.requests[0].header("api-key") == "sk-of-one-1234567"
