"""The error tree, by whose fault it is, and the OpenAI-shaped body of an error of ours.

::

    SightglassError
    +-- ConfigError            the configuration is wrong: one line each, exit 2
    +-- Refused                a request that we answer ourselves (status, type, code)
    +-- UnsafeField            a header that would end its line
    +-- UpstreamError          the provider's fault, or the network's in front of it
        +-- ConnectFailed      no connection: DNS, refused, TLS; nothing was written
        |   +-- ConnectTimedOut    no connection in time
        |   +-- NoDescriptors      our own fault: there is none left for a connection (503)
        +-- UpstreamTimeout    connected, but no response head in time (504)
        +-- UpstreamIdle       the body stalled
        +-- UpstreamClosed     the connection ended before the message did
        +-- UpstreamInvalid    not HTTP, or HTTP that may be smuggled
        +-- ShuttingDown       we end before the response does
"""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType

import orjson


class Contained:
    """A block whose defects affect nothing outside it: evaluation fails open, privacy fails closed.

    ``report`` receives the ``Exception`` that ended the block, and the program continues after the block. Cancellation
    and process exit are not caught. The object has no state, so one can serve many blocks. Do not use it for expected
    errors: they have their own types and are caught by name.
    """

    __slots__ = ("_report",)

    def __init__(self, report: Callable[[Exception], None]) -> None:
        self._report = report

    def __enter__(self) -> None:
        """Nothing to prepare."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        if not isinstance(error, Exception):
            return False
        self._report(error)
        return True


class SightglassError(Exception):
    """The base class of all errors that Sightglass raises deliberately."""


class ConfigError(SightglassError):
    """The configuration is wrong. ``problems`` holds one line each, beginning with the path of the key."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


class UpstreamError(SightglassError):
    """An error of the provider or the network. The message never contains a query string, a header or a key."""

    status = 502
    #: What clients are told instead of an answer.
    code = "upstream_unreachable"


class ConnectFailed(UpstreamError):
    """No connection was made. No byte of the request was sent."""


class ConnectTimedOut(ConnectFailed):
    """No connection was made within the connect timeout."""


class NoDescriptors(ConnectFailed):
    """Not an upstream error: this process has no file descriptor left for a connection."""

    status = 503
    code = "overloaded"


class UpstreamTimeout(UpstreamError):
    """The response head did not arrive in time."""

    status = 504
    code = "upstream_timeout"


class UpstreamIdle(UpstreamError):
    """The body stalled for longer than the idle timeout."""


class UpstreamClosed(UpstreamError):
    """The connection ended before the message did. ``fresh``: the request was not written yet."""


class UpstreamInvalid(UpstreamError):
    """The response is not HTTP, or its framing is ambiguous."""

    code = "upstream_malformed"


class ShuttingDown(UpstreamError):
    """Not an upstream error: the process stops before the response ends."""

    status = 503


class UnsafeField(SightglassError):
    """A header contains a line break or NUL. The message never contains the value."""


class Refused(SightglassError):
    """A request that the proxy answers itself, in the error format of the provider."""

    def __init__(
        self,
        status: int,
        message: str,
        code: str | None = None,
        *,
        kind: str | None = None,
        retry_after: int | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.code = code
        self.kind = kind or ("server_error" if status >= 500 else "invalid_request_error")
        self.retry_after = retry_after


def shown(name: str) -> str:
    """A client's own value, quoted in a message to that client: printable, at most 100 characters."""
    kept = "".join(character if character.isprintable() else "?" for character in name[:100])
    return f"'{kept}'" + ("..." if len(name) > len(kept) else "")


def error_body(message: str, kind: str, code: str | None = None, param: str | None = None) -> bytes:
    """An error in the format that OpenAI clients parse."""
    return orjson.dumps({"error": {"message": message, "type": kind, "param": param, "code": code}})


def error_headers(body: bytes, retry_after: int | None = None) -> list[tuple[bytes, bytes]]:
    """Headers of a Sightglass error. ``x-sightglass-error`` distinguishes it from a provider error."""
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", b"%d" % len(body)),
        (b"x-sightglass-error", b"1"),
    ]
    if retry_after is not None:
        headers.append((b"retry-after", b"%d" % retry_after))
    return headers
