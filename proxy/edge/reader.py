"""Turns the bytes of one client into requests: httptools' parser plus the rules that it leaves open. Sans-I/O.

Rules (RFC 9112): input with ambiguous framing is malformed before any byte of it is delivered. Header names are lower
case; their values and order are unchanged. The body bytes of one read are delivered as one piece. Data that a client
sends ahead of its answer is skipped and reported by ``ahead``.
"""

from __future__ import annotations

import re
from typing import Protocol

import httptools

from proxy.edge.heads import Headers, Request
from proxy.edge.methods import is_part_of_a_method, under_another_name
from proxy.net.header_lines import lines

MAX_HEAD = 64 * 1024
#: A host and a port, or nothing (RFC 9110 7.2).
_HOST = re.compile(rb"[A-Za-z0-9._~%!$&'()*+,;=:\[\]-]*")


class Malformed(Exception):
    """The input has ambiguous framing, or its head is too large."""


class Owner(Protocol):
    """Receives the requests: ``on_request``, then ``on_body`` any number of times, then ``on_whole``."""

    def may_begin(self) -> bool:
        """Whether a request that begins now can be served."""

    def on_request(self, request: Request, modern: bool, keep: bool, plain: bool) -> None:
        """The head is complete. ``modern``: HTTP/1.1.

        ``keep``: the connection may continue afterwards. ``plain``: without transfer coding and upgrade.
        """

    def on_body(self, piece: bytes) -> None:
        """Bytes of the body, without chunk framing."""

    def on_whole(self) -> None:
        """The request is complete."""


class RequestReader:
    """Call ``feed`` with the bytes from the socket. ``in_head``: a head has begun.

    ``head_since``: when it began, in seconds of the event loop. ``ahead``: the client has sent more than the current
    request.
    """

    def __init__(self, owner: Owner) -> None:
        self._owner = owner
        self._parser = httptools.HttpRequestParser(self)
        self.in_head = self.ahead = self.too_large = False
        self.head_since = self._now = 0.0
        self._headers: Headers = []
        self._target = b""
        self._head_bytes = 0
        #: A method in pieces, and one that the parser is shown under another name.
        self._begun = b""
        self._method = ""
        self._fresh = False
        self._pieces: list[bytes] = []
        #: What a head with an offer that is not taken up begins with.
        self._declined: tuple[bytes, bytes, bytes] | None = None

    def feed(self, data: bytes, now: float) -> bytes:
        """Read ``data``. Returns the bytes after an upgrade offer. Raises ``Malformed``."""
        self._now = now
        try:
            rest = self._show(data)
            if self._declined is not None:
                head, self._declined = self._head_without_offer(self._declined), None
                rest = self._show(head + rest)
        except httptools.HttpParserError:
            self._pieces.clear()
            raise Malformed from None
        self._hand_over()
        if self.in_head:
            # One endless header line never gets as far as ``on_header``.
            self._head_bytes += len(data)
            if self._head_bytes > MAX_HEAD + 1024:
                self.too_large = True
                raise Malformed
        return rest

    def _show(self, data: bytes) -> bytes:
        if self._begun:
            data = self._begun + data
            self._parser = httptools.HttpRequestParser(self)
        self._fresh = False
        try:
            rest = self._parse(data)
        except httptools.HttpParserInvalidMethodError:
            rest, named = b"", under_another_name(data) if self._owner.may_begin() else None
            if named is not None:
                self._method, data = named
                self._parser = httptools.HttpRequestParser(self)
                rest = self._parse(data)
            elif not (self._owner.may_begin() and is_part_of_a_method(data)):
                raise
        # A method in pieces is shown to the parser again when there is more of it.
        self._begun = data if self._fresh and self.in_head and is_part_of_a_method(data) else b""
        return rest

    def _parse(self, data: bytes) -> bytes:
        """The bytes after an upgrade offer, at which the parser stops."""
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            self._parser = httptools.HttpRequestParser(self)
            return data[upgrade.args[0] :]
        return b""

    def _head_without_offer(self, begins_with: tuple[bytes, bytes, bytes]) -> bytes:
        kept = [pair for pair in self._headers if pair[0] != b"upgrade"]
        return b"%b %b HTTP/%b\r\n%b\r\n" % (*begins_with, lines(kept))

    def _hand_over(self) -> None:
        """Deliver the body bytes of one read as one piece, however small the chunks are."""
        if self._pieces:
            body = b"".join(self._pieces) if len(self._pieces) > 1 else self._pieces[0]
            self._pieces.clear()
            self._owner.on_body(body)

    def _oversized(self) -> None:
        self.too_large = True
        raise httptools.HttpParserError("head too large")

    # --- httptools callbacks ------------------------------------------------------------------------------------

    def on_message_begin(self) -> None:
        """The first byte of a request."""
        if not self._owner.may_begin():
            self.ahead = True
            return
        self._target, self._headers, self._head_bytes = b"", [], 0
        self.in_head, self.too_large, self.ahead = True, False, False
        self._fresh = True
        if not self._begun:
            self.head_since = self._now

    def on_url(self, url: bytes) -> None:
        """A piece of the request target."""
        if not self.ahead:
            self._target += url
            self._head_bytes += len(url)
            if self._head_bytes > MAX_HEAD:
                self._oversized()

    def on_header(self, name: bytes, value: bytes) -> None:
        """One header pair. After the body these are trailers, which are dropped."""
        if not self.ahead and self.in_head:
            self._head_bytes += len(name) + len(value) + 4
            if self._head_bytes > MAX_HEAD:
                self._oversized()
            self._headers.append((name.lower(), value))

    def on_headers_complete(self) -> None:
        """The head is complete: deliver it."""
        if self.ahead:
            return
        self.in_head = False
        self._head_bytes = 0
        version = self._parser.get_http_version()
        if version not in ("1.1", "1.0"):
            raise httptools.HttpParserError("unknown version")
        codings, hosts = [], []
        for name, value in self._headers:
            if name == b"transfer-encoding":
                codings.append(value)
            elif name == b"host":
                hosts.append(value)
        if len(hosts) > 1 or not all(map(_HOST.fullmatch, hosts)) or (version == "1.1" and not hosts):
            raise httptools.HttpParserError("not one host")  # RFC 9112 3.2
        if codings and (len(codings) > 1 or codings[0].strip().lower() != b"chunked"):
            raise httptools.HttpParserError("ambiguous framing")
        upgrade = b""
        if self._parser.should_upgrade():
            upgrade = next((value.strip().lower() for name, value in self._headers if name == b"upgrade"), b"")
        # A handshake is a GET of HTTP/1.1 (RFC 6455 4.1). No other offer is taken up (RFC 9110 7.8).
        handshake = upgrade == b"websocket" and version == "1.1" and self._parser.get_method() == b"GET"
        if upgrade and not handshake and self._has_body(codings):
            # A parser that has seen an offer does not read the body.
            self._declined = (self._parser.get_method(), self._target, version.encode())
            return
        method, self._method = self._method or self._parser.get_method().decode("latin-1"), ""
        path, query = _split(self._target)
        if method == "CONNECT" or not (path.startswith(b"/") or (path == b"*" and method == "OPTIONS")):
            raise httptools.HttpParserError("not a path")
        length = next((int(value) for name, value in self._headers if name == b"content-length"), None)
        offer = b"websocket" if handshake else b""
        request = Request(method, path, query, self._headers, offer, length)
        keep = self._parser.should_keep_alive()
        self._owner.on_request(request, version == "1.1", keep, not (codings or upgrade))

    def _has_body(self, codings: list[bytes]) -> bool:
        return bool(codings) or any(n == b"content-length" and v.strip(b" 0") for n, v in self._headers)

    def on_body(self, body: bytes) -> None:
        """Body bytes, without chunk framing."""
        if not self.ahead:
            self._pieces.append(body)

    def on_message_complete(self) -> None:
        """The request is complete."""
        if not self.ahead and self._declined is None:
            self._hand_over()
            self._owner.on_whole()


def _split(target: bytes) -> tuple[bytes, bytes]:
    """Path and query of a request target. The authority of an absolute-form target is ignored."""
    if not target.startswith(b"/"):
        scheme, found, rest = target.partition(b"://")
        if found and scheme.lower() in (b"http", b"https"):
            _, slash, tail = rest.partition(b"/")
            target = slash + tail if slash else b"/"
        elif target == b"*":
            return b"*", b""  # the server as a whole
    path, _, query = target.partition(b"#")[0].partition(b"?")
    return path, query
