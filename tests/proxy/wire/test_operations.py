"""Which operation a path asks for, in the forms of OpenAI, Azure and Anthropic."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.exchange import Operation
from proxy.wire.native_paths import model_in
from proxy.wire.operations import is_generation, is_stored, operation_of

PATHS = {
    "/v1/chat/completions": "chat",
    "/chat/completions": "chat",
    "/v1/chat/completions/chatcmpl-1/messages": "chat",
    "/v1/completions": "completions",
    "/v1/responses": "responses",
    "/v1/responses/resp_1/cancel": "responses",
    "/v1/messages": "messages",
    "/v1/messages/count_tokens": "messages",
    "/v1/embeddings": "embeddings",
    "/v1/moderations": "moderations",
    "/v1/models/gpt-4o": "models",
    "/v1/audio/speech": "audio",
    "/v1/images/edits": "images",
    "/v1/videos/video_1/content": "videos",
    "/v1/files/file-1/content": "files",
    "/v1/uploads/u_1/parts": "uploads",
    "/v1/batches": "batches",
    "/v1/fine_tuning/jobs": "fine_tuning",
    "/v1/vector_stores/vs_1/search": "vector_stores",
    "/v1/assistants": "assistants",
    "/v1/threads/t_1/messages": "threads",
    "/v1/conversations/c_1": "conversations",
    "/v1/realtime": "realtime",
    "/v1beta/models": "models",
    "/openai/deployments/prod-4o/chat/completions": "chat",
    "/openai/deployments/prod-ada/embeddings": "embeddings",
    "/openai/v1/responses": "responses",
    "/openai/responses": "responses",
    "//v1//chat//completions/": "chat",
    "/v1beta/openai/chat/completions": "chat",
    "/api/v1/chat/completions": "chat",
    "/api/v3/responses/resp_1": "responses",
    "/api/paas/v4/chat/completions": "chat",
    "/v1/v1/chat/completions": "chat",
    "/v1/projects/p/locations/l/endpoints/openapi/chat/completions": "chat",
    "/inference/chat/completions": "chat",
    "/v1/account/gateway/openai/chat/completions": "chat",
    "/anthropic/v1/messages": "messages",
    "/v2/chat/completions": "chat",
    "/v1/files/v1/messages": "files",
    "/models/chat/completions": "chat",
    "/models/embeddings": "embeddings",
    "/models/maker/lamp-7b/v1/chat/completions": "chat",
    "/models/maker/lamp-7b/v1/completions": "completions",
    "/v1/models/maker/lamp-7b": "models",
    "/v1/agents/completions": "chat",
    "/v1/fim/completions": "completions",
    "/beta/completions": "completions",
    "/api/projects/p/openai/responses": "responses",
}
UNKNOWN = [
    "",
    "/",
    "/v1",
    "/x/messages",
    "/v1/chat",
    "/v1/chat/other",
    "/v1/Chat/completions",
    "/v1/chat%2Fx",
    "/x/completions",
]


@pytest.mark.parametrize(("path", "operation"), PATHS.items())
def test_known_paths(path: str, operation: str) -> None:
    """Each family of the surface is told by its path."""
    assert operation_of(path) == operation


def test_every_operation_has_a_path() -> None:
    """No operation is left without an example above but ``other``, which is what all else is."""
    assert {*PATHS.values(), "other"} == set(Operation)


@pytest.mark.parametrize("path", UNKNOWN)
def test_unknown_paths_are_other(path: str) -> None:
    """P02: a path that is not known is ``other``, never an error and never the nearest family."""
    assert operation_of(path) is Operation.OTHER


@given(st.text(max_size=60))
def test_any_path_has_an_operation(path: str) -> None:
    """Whatever the path, there is an answer, and the helpers do not raise."""
    assert operation_of(path) in Operation
    assert isinstance(is_generation("POST", path), bool)
    assert model_in(path) is None or model_in(path) in path


def test_generation_is_a_post_to_the_family_itself() -> None:
    """Only a POST to the family makes a model answer; stored objects, other methods and counting do not."""
    asked = [
        "/v1/chat/completions",
        "/completions",
        "/v1/responses/",
        "/v1/messages",
        "/openai/deployments/d/completions",
    ]
    assert all(is_generation("POST", path) for path in asked)
    assert not any(is_generation("GET", path) for path in asked)
    others = ["/v1/responses/resp_1", "/v1/responses/resp_1/cancel", "/v1/messages/count_tokens", "/v1/embeddings", "/"]
    assert not any(is_generation("POST", path) for path in others)


@pytest.mark.parametrize(
    ("method", "path", "stored"),
    [
        ("GET", "/v1/sessions/s-1", True),
        ("POST", "/v1/sessions/s-1/archive", True),
        ("POST", "/v1/agents/sessions", True),
        ("DELETE", "/v1/anything", True),
        ("POST", "/v1/decisions", False),
        ("POST", "/model/lamp/invoke", False),
        ("GET", "/v1/chat/deferred-completion/r-1", False),
    ],
)
def test_what_a_provider_keeps(method: str, path: str, stored: bool) -> None:
    """Its usage is that of other requests."""
    assert is_stored(method, path) is stored


def test_azure_deployment_stands_for_the_model() -> None:
    """Azure's deployment is read from its URL and from no other."""
    assert model_in("/openai/deployments/prod-4o/chat/completions") == "prod-4o"
    for path in ("/openai/deployments", "/openai/v1/responses", "/v1/deployments/x", "/deployments/x"):
        assert model_in(path) is None
