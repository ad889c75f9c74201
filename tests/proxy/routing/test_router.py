"""Where requests go: paths on every base URL, names in paths, and a destination that no request can change."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.config.settings import Settings
from proxy.errors import Refused
from proxy.exchange import Operation
from proxy.routing.router import Headers, Route, Router, model_of, response_headers
from proxy.routing.target import upstream_path

OURS, THEIRS = "ours-0123456789", "theirs-abcdefgh"


def _upstream(name: str, url: str = "http://127.0.0.1:9000/v1", **more: Any) -> dict[str, Any]:
    return {"name": name, "base_url": url, **more}


def _router(*upstreams: dict[str, Any], **more: Any) -> Router:
    return Router(Settings.model_validate({"upstreams": list(upstreams), **more}))


TWO = _router(
    _upstream("openai", "https://api.openai.com/v1", models=["gpt-*", "o3*"]),
    _upstream("local", "http://127.0.0.1:8000", models=["llama-?", "qwen[23]*"]),
    default_upstream="local",
)

# --- names in paths -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "upstream", "app", "rest"),
    [
        ("/upstreams/openai/v1/models", "openai", None, "/v1/models"),
        ("/upstreams/openai", "openai", None, "/"),
        ("/upstreams/local/", "local", None, "/"),
        ("/apps/bot/v1/chat/completions", None, "bot", "/v1/chat/completions"),
        ("/apps/bot/upstreams/local/v1/models", "local", "bot", "/v1/models"),
        ("/upstreams/local/apps/bot/v1/models", "local", "bot", "/v1/models"),
        ("/upstreams/local/upstreams/openai/v1/models", "local", None, "/upstreams/openai/v1/models"),
        ("/apps/a/apps/b/v1/models", None, "a", "/apps/b/v1/models"),
        ("/v1/upstreams/openai/models", None, None, "/v1/upstreams/openai/models"),
        ("/v1/chat/completions", None, None, "/v1/chat/completions"),
        ("/apps//v1/models", None, None, "/apps//v1/models"),
    ],
)
def test_names_in_paths(path: str, upstream: str | None, app: str | None, rest: str) -> None:
    """``/upstreams/NAME`` and ``/apps/NAME`` lead, in either order, once each; what follows is the path."""
    route = TWO.resolve(path.encode())
    assert (route.target.name if route.target else None, route.app, route.path) == (upstream, app, rest.encode())


@pytest.mark.parametrize(
    "path", ["/upstreams/none/v1/models", "/upstreams//v1/models", "/upstreams", "/upstreams/Local/x"]
)
def test_unknown_upstreams(path: str) -> None:
    """An upstream that Settings do not name is 404, never the default one."""
    with pytest.raises(Refused) as caught:
        TWO.resolve(path.encode())
    assert (caught.value.status, caught.value.code) == (404, "upstream_not_found")


@pytest.mark.parametrize(
    "path",
    [
        "/%75pstreams/openai/v1/models",
        "//upstreams/openai/v1/models",
        "/x/../upstreams/openai/v1/models",
        "/./upstreams/openai/v1/models",
        "/upstreams;x/openai/v1/models",
        "/upstreams%2fopenai/v1/models",
        "/Upstreams/openai/v1/models",
        "\\upstreams\\openai/v1/models",
    ],
)
def test_disguised_names_are_only_paths(path: str) -> None:
    """P03: encoded, doubled and dotted paths are forwarded raw and never re-routed."""
    route = TWO.resolve(path.encode())
    assert (route.target, route.path) == (None, path.encode())


def test_dots_do_not_leave_the_named_upstream() -> None:
    """P03: ``..`` after an upstream's name leads to no other upstream."""
    route = TWO.resolve(b"/upstreams/local/../openai/v1/models")
    assert route.target is not None
    assert (route.target.name, route.path) == ("local", b"/../openai/v1/models")


# --- models -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("model", "upstream"),
    [("gpt-4o", "openai"), ("o3", "openai"), ("llama-3", "local"), ("qwen3-8b", "local"), (None, "local")],
)
def test_by_model(model: str | None, upstream: str) -> None:
    """The first upstream whose pattern matches; without a model, the default one."""
    assert TWO.by_model(model).name == upstream


@pytest.mark.parametrize("model", ["claude", "GPT-4o", "llama-33", "qwen4", "", "*", "xgpt-4"])
def test_models_that_nobody_serves(model: str) -> None:
    """A model that no pattern matches is 404 ``model_not_found``, never the default upstream's."""
    with pytest.raises(Refused) as caught:
        TWO.by_model(model)
    assert (caught.value.status, caught.value.code) == (404, "model_not_found")


def test_order_decides() -> None:
    """Where several patterns match, the first upstream of the file takes the request."""
    router = _router(_upstream("a", models=["x-*"]), _upstream("b", models=["*"]), _upstream("c", models=["x-1"]))
    assert (router.by_model("x-1").name, router.by_model("y").name) == ("a", "b")


def test_a_single_upstream_needs_no_model() -> None:
    """With one upstream the route is known from the path, so that bodies can stream."""
    route = _router(_upstream("only", models=["gpt-*"])).resolve(b"/v1/audio/transcriptions")
    assert route.target is not None
    assert route.operation is Operation.AUDIO


def test_azure_urls_carry_the_model() -> None:
    """An Azure deployment in the URL stands for the model."""
    route = TWO.resolve(b"/openai/deployments/gpt-4o/chat/completions")
    assert route.target is not None
    assert (route.target.name, route.operation) == ("openai", Operation.CHAT)


# --- what is denied -----------------------------------------------------------------------------------------------

DENIED = [
    "/v1/organization",
    "/v1/organization/admin_api_keys",
    "/organization/users",
    "/v1/projects/p_1/api_keys",
    "/v1/organizations/o",
    "/V1/Organization/users",
    "//v1//organization//users",
    "/v1/./organization/users",
    "/v1/x/../organization/users",
    "/../v1/organization",
    "/v1/%6frganization/users",
    "/v1/%256frganization/users",
    "/v1%2forganization/users",
    "/v1/%2e%2e/v1/organization",
    "/v1\\organization\\users",
    "/v1/organization;a=b/users",
    "/v1/x/..;/organization/users",
    "/v1;x/projects",
    "/v1/organization#x",
    "/v1/organization%3fx",
    "/v1/organization%20/users",
    "/v1/v1/organization",
    "/upstreams/openai/v1/organization",
    "/apps/bot/v1/projects",
    "/apps/bot/upstreams/local/organization",
    "/v1beta/organization",
    "/v2/organization/users",
    "/api/v1/organization/users",
    "/openai/v1/projects",
    "/v1/projects/p/locations/../../../organization",
    "/v1/projects/locations/l",
]


@pytest.mark.parametrize("path", DENIED)
def test_administration_is_denied(path: str) -> None:
    """X07: the administration of an organization is 403 in every disguise."""
    with pytest.raises(Refused) as caught:
        TWO.resolve(path.encode())
    assert (caught.value.status, caught.value.code) == (403, "forbidden_path")


def test_administration_is_forwarded_where_settings_say_so() -> None:
    """The refusal names the key that lifts it."""
    with pytest.raises(Refused, match="forward_administration"):
        TWO.resolve(b"/v1/organization/users")
    router = _router(_upstream("u"), forward_administration=True)
    assert router.resolve(b"/v1/organization/users").path == b"/v1/organization/users"


def test_places_of_models_are_no_administration() -> None:
    """Vertex's paths begin like those of an organization's projects."""
    path = b"/v1/projects/p-1/locations/here/endpoints/openapi/chat/completions"
    assert TWO.resolve(path).operation is Operation.CHAT


@pytest.mark.parametrize(
    "path",
    ["/v1/files/organization", "/v1/organizational", "/v1/models/projects", "/x/projects", "/v1/chat/completions"],
)
def test_what_is_not_administration(path: str) -> None:
    """A path that only holds the word elsewhere passes."""
    assert TWO.resolve(path.encode()).path == path.encode()


# --- the destination ----------------------------------------------------------------------------------------------


@given(
    st.binary(max_size=60),
    st.sampled_from([b"/", b"http://evil.example/", b"/@evil.example/", b"//evil.example/", b"/\\"]),
)
def test_no_path_changes_the_destination(rest: bytes, start: bytes) -> None:
    """X03: whatever the path, the target is one of Settings, and its path begins with that target's own."""
    try:
        route = TWO.resolve(start + rest)
    except Refused as refusal:
        assert refusal.status in (403, 404)
        return
    assert route.target is None or route.target in TWO.targets.values()
    assert upstream_path(TWO.targets["openai"], route.path, b"").endswith(route.path)


@pytest.mark.parametrize(
    "path",
    [
        "http://evil.example/v1/models",
        "/@evil.example/v1",
        "/v1/models#@evil.example",
        "//evil.example/v1/models",
        "/\\evil",
    ],
)
def test_hostile_paths_stay_paths(path: str) -> None:
    """X03: absolute forms, ``user@``, ``#`` and ``//`` in a path leave host, port and Host header as in Settings."""
    router = _router(_upstream("only", "https://api.openai.com/v1"))
    route = router.resolve(path.encode())
    assert route.target is not None
    assert (route.target.host, route.target.port, route.path) == ("api.openai.com", 443, path.encode())
    sent = router.upstream_headers([(b"host", b"evil.example")], route.target, route)
    assert sent == [(b"host", b"api.openai.com")]


def test_headers_do_not_change_the_destination() -> None:
    """X03: Host comes from Settings, once; headers that other proxies obey are only passed on."""
    target = TWO.targets["local"]
    given = [
        (b"host", b"evil"),
        (b"x-forwarded-host", b"evil"),
        (b"host", b"evil2"),
        (b"x-portkey-custom-host", b"evil"),
    ]
    sent = TWO.upstream_headers(given, target, CHAT)
    assert [value for name, value in sent if name == b"host"] == [b"127.0.0.1:8000"]
    assert sent[0][0] == b"host"


# --- headers ------------------------------------------------------------------------------------------------------


CHAT = Route(b"/v1/chat/completions", Operation.CHAT, None, None)


def _sent(headers: Headers, route: Route = CHAT, clients: bool = False, **upstream: Any) -> Headers:
    more: dict[str, Any] = {"apps": ["bot"], "clients": [{"key": OURS, "app": "bot"}]} if clients else {}
    router = _router(_upstream("u", **upstream), **more)
    return router.upstream_headers(headers, router.targets["u"], route)[1:]


def test_everything_else_is_kept() -> None:
    """Headers go on in their order, doubles included; none is added."""
    headers = [(b"user-agent", b"x"), (b"x-a", b"1"), (b"accept", b"*/*"), (b"x-a", b"2"), (b"content-length", b"3")]
    assert _sent(headers) == headers
    assert _sent([]) == []


def test_hop_by_hop_headers_stop() -> None:
    """P05: hop-by-hop headers, those that ``Connection`` names and ``Expect`` do not go upstream."""
    names = [
        "keep-alive",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
        "proxy-authorization",
        "proxy-connection",
        "expect",
    ]
    headers = [(name.encode(), b"x") for name in names]
    headers += [
        (b"connection", b"close, X-Foo"),
        (b"x-foo", b"1"),
        (b"x-bar", b"2"),
        (b"connection", b" x-baz ,,"),
        (b"x-baz", b"3"),
    ]
    assert _sent(headers) == [(b"x-bar", b"2")]


@pytest.mark.parametrize("name", [b"content-length", b"Content-Length", b"content-type", b"content-encoding", b"host"])
def test_connection_cannot_unframe_a_message(name: bytes) -> None:
    """X01: what frames the body is sent although ``Connection`` names it: else the body were a second request."""
    headers = [(b"connection", b"close, " + name), (name.lower(), b"5")]
    expected = [] if name == b"host" else [(name.lower(), b"5")]
    assert _sent(headers) == expected
    assert response_headers([(b"Connection", name), (name, b"5")]) == [(name, b"5")]


def test_our_headers_stop() -> None:
    """All ``x-sightglass-*`` headers end here."""
    assert _sent([(b"x-sightglass-app", b"a"), (b"x-sightglass-anything", b"b"), (b"x-sight", b"c")]) == [
        (b"x-sight", b"c")
    ]


CREDENTIALS = [
    (b"authorization", b"Bearer " + OURS.encode()),
    (b"x-api-key", OURS.encode()),
    (b"api-key", OURS.encode()),
]


@pytest.mark.parametrize("header", CREDENTIALS)
def test_the_client_s_key_passes_through(header: tuple[bytes, bytes]) -> None:
    """Without a configured key the client's own goes on as it came."""
    assert _sent([header]) == [header]


@pytest.mark.parametrize("header", CREDENTIALS)
def test_a_configured_key_replaces_the_client_s(header: tuple[bytes, bytes]) -> None:
    """P20: the upstream's key goes alone, and into its operation's header whichever the client used."""
    assert _sent([header, (b"x", b"1")], api_key=THEIRS) == [
        (b"x", b"1"),
        (b"authorization", b"Bearer " + THEIRS.encode()),
    ]


def test_all_presented_keys_are_replaced() -> None:
    """A client that presents its key in three headers leaves none of them behind."""
    sent = _sent(CREDENTIALS, api_key=THEIRS)
    assert sent == [(b"authorization", b"Bearer " + THEIRS.encode())]


@pytest.mark.parametrize("header", CREDENTIALS)
def test_our_keys_are_never_forwarded(header: tuple[bytes, bytes]) -> None:
    """With keys of ours configured the client's key stops here, also when the upstream has none."""
    assert _sent([header, (b"x", b"1")], clients=True) == [(b"x", b"1")]
    assert OURS.encode() not in b"".join(value for _, value in _sent([header], clients=True, api_key=THEIRS))


def test_response_headers() -> None:
    """P04, P05: hop-by-hop headers and what only we may say stop, in any case; doubles, order and spelling of the
    others are kept."""
    headers = [
        (b"Set-Cookie", b"a"),
        (b"Connection", b"X-Gone"),
        (b"X-Gone", b"1"),
        (b"Keep-Alive", b"timeout=5"),
        (b"Transfer-Encoding", b"chunked"),
        (b"set-cookie", b"b"),
        (b"X-Sightglass-Request-Id", b"a provider's"),
        (b"x-sightglass-error", b"1"),
        (b"X-Ratelimit-Remaining", b"9"),
    ]
    assert response_headers(headers) == [(b"Set-Cookie", b"a"), (b"set-cookie", b"b"), (b"X-Ratelimit-Remaining", b"9")]


@pytest.mark.parametrize(
    ("body", "model"),
    [
        (
            orjson.dumps({"messages": [{"content": 'a "model": "x" ' * 100_000, "model": "y"}], "model": "gpt-4o"}),
            "gpt-4o",
        ),
        (b'{"model":"a","model":"b"}', "b"),
        (b' {"model" : "g\\u0070t" }', "gpt"),
        (b'{"model":"a"} x', None),
        (b'{"model":"a"', None),
        (b'["model"]', None),
        (b'{"model":5}', None),
        (b'{"model":""}', None),
        (b'{"model":null}', None),
        (b'{"model":"\\ud800"}', None),
        (b'{"x":' + b"[" * 100_000, None),
        (b"", None),
    ],
)
def test_a_model_is_found_whatever_stands_around_it(body: bytes, model: str | None) -> None:
    """In a whole JSON object, at its first level, a string that is not empty; else there is none."""
    assert model_of(body) == model
