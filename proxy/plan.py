"""How a request head is handled under one configuration: application, upstream, and the head sent upstream.

Pure, and without the body. The plan of a head is cached (``Request.memo``), so the hundredth request of a client is
neither routed nor rewritten again.
"""

from __future__ import annotations

from urllib.parse import parse_qs

from proxy.core import Core
from proxy.edge.heads import Request
from proxy.errors import Refused
from proxy.exchange import Operation
from proxy.net import header_lines as fields
from proxy.observe.request_headers import Ours, read_ours
from proxy.routing.credentials import credentials
from proxy.routing.router import Route, coding_of, may_name_a_model
from proxy.routing.target import Target, upstream_path
from proxy.wire.native_paths import Native, is_bedrock, native_of
from proxy.wire.operations import is_generation, is_model_list, operation_of

#: Families in whose streams usage comes only when asked for.
_COUNTED = frozenset({Operation.CHAT, Operation.COMPLETIONS})
_BODILESS = frozenset({"GET", "HEAD", "DELETE", "OPTIONS", "TRACE"})


class Plan:
    """The plan of one request.

    ``refusal`` is set if the request cannot be served. ``target`` is None until the model in the body decides.
    ``label`` is the application, if Settings name it. ``coding`` is the content coding of the body. ``lists``: the
    request asks for the models of all upstreams.
    """

    __slots__ = (
        "_heads",
        "_request",
        "app",
        "asks_usage",
        "chunked",
        "coding",
        "core",
        "expects",
        "generation",
        "label",
        "lists",
        "operation",
        "ours",
        "path",
        "purpose",
        "reads",
        "refusal",
        "route",
        "secrets",
        "target",
        "tunnel",
    )

    def __init__(self, core: Core, request: Request) -> None:
        self.core = core
        self._request = request
        self._heads: dict[str, tuple[bytes, bytes]] = {}
        self.ours: Ours = read_ours(request.headers)
        self.secrets = tuple(key.decode("latin-1") for key in credentials(request.headers))
        self.operation = Operation.OTHER
        #: By whose words the bodies are read.
        self.reads: Operation | Native = Operation.OTHER
        self.path = ""
        self.app: str | None = None
        #: Why the request is made; None for production.
        self.purpose: str | None = None
        self.label: str | None = None
        self.coding = coding_of(request.headers)
        self.generation = False
        self.target: Target | None = None
        self.tunnel = request.upgrade == b"websocket"
        self.expects = self.chunked = self.asks_usage = self.lists = False
        self.refusal: Refused | None = None
        try:
            self._decide(request)
        except Refused as refusal:
            self.refusal = refusal.with_traceback(None)

    def _decide(self, request: Request) -> None:
        core = self.core
        core.router.admit(request.headers)
        core.check_hops(request.headers)
        try:
            route = self.route = core.router.resolve(request.path)
        except Refused:  # it is counted as what it was
            path = request.path.decode("latin-1")
            self.operation, self.generation = operation_of(path), is_generation(request.method, path)
            raise
        self.operation, self.path = route.operation, route.path.decode("latin-1")
        self.generation = is_generation(request.method, self.path)
        self.reads = native_of(self.path) or route.operation
        self.app = core.router.authenticate(request.headers) or route.app or self.ours.app
        self.label = core.recorder.known_app(self.app)
        self.purpose = core.router.keys.purpose(request.headers)
        self.target = route.target
        for name, value in request.headers:
            if name == b"expect":
                self.expects = value.lower() == b"100-continue"
            elif name == b"transfer-encoding":
                self.chunked = True
        if self.tunnel and (request.length or self.chunked):
            # It would go upstream with a length and without the body, and the next request would be read as that.
            raise Refused(400, "a WebSocket handshake has no body", "malformed_request")
        # Where usage may be asked for the body must be whole, as where its model must choose.
        self.asks_usage = self.generation and self.reads in _COUNTED and may_name_a_model(request.headers)
        if self.target is not None:
            # What goes to Bedrock is signed.
            self.asks_usage = self.asks_usage and self.target.settings.ask_usage and not is_bedrock(self.path)
        elif self.tunnel:
            model = parse_qs(request.query.decode("latin-1")).get("model", [None])[0]
            self.target = core.router.by_model(model)
        elif request.method in _BODILESS or not may_name_a_model(request.headers):
            self.target = core.router.by_model(None)
            self.lists = request.method == "GET" and is_model_list(self.path)
        if request.method == "TRACE" and self.target is not None and self.target.key is not None:
            # Its answer is the request as it arrived (RFC 9110 9.3.8), the upstream's key with it.
            raise Refused(405, "TRACE would show this proxy's own key", "method_not_allowed")

    def head(self, target: Target, length: int | None) -> bytes:
        """The head that goes to ``target``, for a body of ``length`` bytes (None: chunked, or none). Raises
        ``UnsafeField``."""
        before, after = self._heads.get(target.name) or self._head(target, self.route)
        return before + after if length is None else b"%bcontent-length: %d\r\n%b" % (before, length, after)

    def _head(self, target: Target, route: Route) -> tuple[bytes, bytes]:
        """The two parts of the head around the content length."""
        request, core = self._request, self.core
        headers = core.router.upstream_headers(request.headers, target, route)
        core.add_hop(headers, request.headers)
        if self.tunnel:
            headers += [(b"connection", b"Upgrade"), (b"upgrade", b"websocket")]
        if self.chunked:
            headers.append((b"transfer-encoding", b"chunked"))
        path = upstream_path(target, route.path, request.query)
        at = next((at for at, pair in enumerate(headers) if pair[0] == b"content-length"), len(headers))
        request_line = request.method.encode("latin-1") + b" " + path + b" HTTP/1.1\r\n"
        pair = request_line + fields.lines(headers[:at]), fields.lines(headers[at + 1 :]) + b"\r\n"
        self._heads[target.name] = pair
        return pair


def plan_of(core: Core, request: Request) -> Plan:
    """The plan of a request, recomputed for a new head or a new configuration."""
    memo = request.memo
    if memo is not None and isinstance(memo.conclusion, Plan) and memo.conclusion.core is core:
        return memo.conclusion
    plan = Plan(core, request)
    if memo is not None:
        memo.conclusion = plan
    return plan
