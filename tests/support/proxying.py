"""The proxy alone as a child process, a client that sees every byte, and an upstream that decides every byte."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import sqlite3
import ssl
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import msgspec

from proxy import sample as samples
from proxy.exchange import Exchange, RowBatch
from support import plain
from support.patience import patient
from support.processes import Child, free_ports, wait_until

KEY = "sk-canary-4f9a8b7c6d5e4f3a2b1c"
CHAT = {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "Where is the lamp?"}]}
Pairs = list[tuple[bytes, bytes]]


class Proxy(Child):
    """``sightglass proxy`` alone, in front of one scripted upstream or of what ``config`` says.

    ``shell`` wraps the command: a line of sh in which ``"$@"`` is the command.
    """

    def __init__(
        self,
        folder: Path,
        upstream: str,
        env: dict[str, str] | None = None,
        shell: str | None = None,
        **config: Any,
    ) -> None:
        data, metrics, *_ = free_ports(1 + config.get("processes", 1))
        self.url = f"http://127.0.0.1:{data}"
        self.port = data
        self.metrics_port = metrics
        self.metrics_url = f"http://127.0.0.1:{metrics}/metrics"
        self.data_dir = folder / "data"
        self.file = folder / "proxy.yaml"
        self.document: dict[str, Any] = {
            "listen": f"127.0.0.1:{data}",
            "metrics_listen": f"127.0.0.1:{metrics}",
            "data_dir": str(self.data_dir),
            "upstreams": [{"name": "scripted", "base_url": upstream}],
            "timeouts": {"connect": "2s", "first_byte": "1s", "idle": "1s"},
            **config,
        }
        self.write()
        command = [sys.executable, "-m", "proxy", "proxy", "--config", str(self.file)]
        if shell is not None:
            command = ["/bin/sh", "-c", shell, "sh", *command]
        environ = {key: value for key, value in os.environ.items() if not key.startswith(("SIGHTGLASS_", "OTEL_"))}
        super().__init__("proxy", command, folder / "proxy.log", folder, environ | (env or {}))
        try:
            self.wait_ready([f"{self.url}/-/ready"])
        except BaseException:
            self.process.kill()
            self.process.wait(5)
            raise

    def write(self, **changes: Any) -> None:
        """Write the configuration file, with some keys changed."""
        self.document.update(changes)
        self.file.write_text(json.dumps(self.document), encoding="utf-8")

    def lines(self) -> list[dict[str, Any]]:
        """The access log."""
        return [json.loads(line) for line in self.output().splitlines() if line.startswith("{") and line.endswith("}")]

    def line_of(self, response: httpx.Response | Answer | str) -> dict[str, Any]:
        """The access line of one response, once it is there."""
        wanted = response if isinstance(response, str) else response.headers["x-sightglass-request-id"]
        found: list[dict[str, Any]] = []

        def there() -> bool:
            found[:] = [line for line in self.lines() if line["request_id"] == wanted]
            return bool(found)

        wait_until(there, 5, f"access line of {wanted}")
        return found[0]

    def metric(self, name: str, **labels: str) -> float:
        """The sum of a metric's samples with these labels."""
        total = 0.0
        for line in plain.get(self.metrics_url, timeout=10).text.splitlines():
            if line.startswith((name + "{", name + " ")) and all(f'{k}="{v}"' in line for k, v in labels.items()):
                total += float(line.rsplit(" ", 1)[1])
        return total

    def sample_of(self, response: httpx.Response | Answer | str, seconds: float = 5.0) -> samples.Sample:
        """The sample of one response, once the queue holds it."""
        wanted = response if isinstance(response, str) else response.headers["x-sightglass-request-id"]
        found: list[samples.Sample] = []

        def there() -> bool:
            found[:] = [sample for sample in self.samples() if sample.id == wanted]
            return bool(found)

        wait_until(there, seconds, f"sample of {wanted}")
        return found[0]

    def samples(self) -> list[samples.Sample]:
        """Every sample in the embedded queue, oldest first."""
        file = self.data_dir / "queue.db"
        if not file.exists():
            return []
        with contextlib.closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True, timeout=5)) as db:
            if not db.execute("SELECT 1 FROM sqlite_master WHERE name = 'items'").fetchone():
                return []  # the proxy is about to make it
            rows = db.execute("SELECT payload FROM items WHERE kind = 'sample' ORDER BY sequence").fetchall()
        return [samples.decode(row[0]) for row in rows]

    def exchanges(self) -> list[Exchange]:
        """Every request's row in the embedded queue, in the order in which they ended."""
        file = self.data_dir / "queue.db"
        if not file.exists():
            return []
        with contextlib.closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True, timeout=5)) as db:
            if not db.execute("SELECT 1 FROM sqlite_master WHERE name = 'items'").fetchone():
                return []
            found = db.execute("SELECT payload FROM items WHERE kind = 'rows' ORDER BY sequence").fetchall()
        return [row.exchange for (data,) in found for row in msgspec.json.decode(data, type=RowBatch).rows]

    def pids(self) -> list[int]:
        """The processes that the supervisor keeps, oldest first."""
        pid = self.process.pid
        with contextlib.suppress(FileNotFoundError):
            return [int(item) for item in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
        return []

    def memory(self, which: str = "VmRSS") -> int:
        """Resident bytes of the (first) proxy process: ``VmRSS`` now, ``VmHWM`` at its highest."""
        status = Path(f"/proc/{self.pids()[0]}/status").read_text()
        return next(int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith(which + ":"))

    def reset_peak(self) -> int:
        """Let ``VmHWM`` begin again; the bytes that are resident now."""
        Path(f"/proc/{self.pids()[0]}/clear_refs").write_text("5")
        return self.memory()

    def descriptors(self) -> int:
        """Open files of the (first) proxy process."""
        return len(os.listdir(f"/proc/{self.pids()[0]}/fd"))

    def cpu_seconds(self) -> float:
        """User and system time of the (first) proxy process so far."""
        fields = Path(f"/proc/{self.pids()[0]}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def wait_idle(self, seconds: float = 5.0) -> None:
        """Until nothing is in flight and the ring is empty."""
        wait_until(lambda: self.metric("sightglass_inflight_requests") == 0, seconds, "nothing in flight")
        wait_until(lambda: self.metric("sightglass_ring_samples") == 0, seconds, "the ring empty")

    def end_now(self) -> None:
        """Two signals: without waiting for anything."""
        for _ in range(2):
            if self.process.poll() is None:
                self.process.terminate()
                with contextlib.suppress(subprocess.TimeoutExpired):
                    self.process.wait(0.1)
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(5)

    def finish(self) -> None:
        """Stop, and check that it ended well and quietly."""
        status = self.stop()
        text = self.output()
        assert "Traceback" not in text, text[-4000:]
        assert status == 0, f"exit status {status}:\n{text[-4000:]}"


def post(url: str, body: Any, **headers: str) -> httpx.Response:
    """A chat completion by POST."""
    return plain.post(
        url + "/v1/chat/completions",
        content=body if isinstance(body, bytes) else json.dumps(body).encode(),
        headers={"content-type": "application/json", "authorization": f"Bearer {KEY}", **headers},
        timeout=patient(20),
    )


# --- a client that sees every byte ------------------------------------------------------------------------------


class Fields(dict[str, str]):
    """The first value of each response header, by lower-case name."""

    def __init__(self, pairs: Pairs) -> None:
        super().__init__()
        for name, value in pairs:
            self.setdefault(name.decode("latin-1").lower(), value.decode("latin-1"))


@dataclass(slots=True)
class Answer:
    """One response. ``clean``: its framing was completed; ``interim`` are the 1xx statuses before it."""

    status: int
    reason: bytes
    pairs: Pairs
    head: bytes
    version: bytes = b"HTTP/1.1"
    body: bytes = b""
    clean: bool = True
    interim: list[int] = field(default_factory=list)

    @property
    def headers(self) -> Fields:
        """The first value of each header."""
        return Fields(self.pairs)

    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)


class Wire:
    """A client on a plain socket; a context manager."""

    def __init__(self, port: int, timeout: float = 60.0, receive_buffer: int | None = None) -> None:
        self.sock = socket.socket()
        if receive_buffer is not None:
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.sock.settimeout(timeout)
        self.sock.connect(("127.0.0.1", port))
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.held = b""

    def __enter__(self) -> Wire:
        return self

    def __exit__(self, *exc: object) -> None:
        self.sock.close()

    def send(self, data: bytes) -> None:
        """All of it."""
        self.sock.sendall(data)

    def request(self, method: str, target: str, body: bytes | None = None, headers: Iterable[str] = ()) -> None:
        """A whole request; its length is added when there is a body."""
        self.send(request_bytes(method, target, body, headers))

    def post(self, body: Any, target: str = "/v1/chat/completions", headers: Iterable[str] = ()) -> None:
        """A JSON body by POST."""
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.request("POST", target, content, ["Content-Type: application/json", *headers])

    def reset(self) -> None:
        """Close with RST."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.sock.close()

    def receive(self) -> bytes:
        """What the next read gives; ``b""`` at the end, also when it was a reset."""
        if self.held:
            data, self.held = self.held, b""
            return data
        try:
            return self.sock.recv(1 << 18)
        except ConnectionError:
            return b""

    def until(self, mark: bytes) -> bytes:
        """Bytes up to and with ``mark``; fewer when the connection ended."""
        data = self.receive()
        while mark not in data and (more := self.receive()):
            data += more
        end = data.find(mark)
        if end < 0:
            return data
        end += len(mark)
        self.held = data[end:] + self.held
        return data[:end]

    def head(self) -> Answer:
        """The next response head that is final."""
        interim: list[int] = []
        while True:
            raw = self.until(b"\r\n\r\n")
            assert raw.endswith(b"\r\n\r\n"), f"no response head: {raw[:200]!r}"
            first, *lines = raw[:-4].split(b"\r\n")
            version, status, *reason = first.split(b" ", 2)
            if 100 <= int(status) < 200 and int(status) != 101:
                interim.append(int(status))
                continue
            pairs = [(name, value.strip()) for name, _, value in (line.partition(b":") for line in lines)]
            return Answer(int(status), b"".join(reason), pairs, raw, version, interim=interim)

    def answer(self, head_only: bool = False) -> Answer:
        """The next response with its body."""
        answer = self.head()
        pieces = list(self.pieces(answer, head_only))
        answer.body = b"".join(pieces)
        return answer

    def pieces(self, answer: Answer, head_only: bool = False) -> Iterator[bytes]:
        """The body as it comes: HTTP chunks one by one, else what each read gives. Sets ``answer.clean``."""
        fields = answer.headers
        if head_only or answer.status in (204, 304):
            return
        if "chunked" in fields.get("transfer-encoding", ""):
            yield from self._chunks(answer)
        elif "content-length" in fields:
            left = int(fields["content-length"])
            while left and (data := self.receive()):
                data, self.held = data[:left], data[left:]
                left -= len(data)
                yield data
            answer.clean = left == 0
        else:
            while data := self.receive():
                yield data

    def _chunks(self, answer: Answer) -> Iterator[bytes]:
        answer.clean = False
        while (line := self.until(b"\r\n")).endswith(b"\r\n"):
            size = int(line.split(b";")[0], 16)
            if size == 0:
                while (line := self.until(b"\r\n")) not in (b"\r\n", b""):
                    pass
                answer.clean = line == b"\r\n"
                return
            data = b""
            while len(data) < size + 2 and (more := self.receive()):
                data += more
            data, self.held = data[: size + 2], data[size + 2 :] + self.held
            yield data[:size]

    def closed(self, seconds: float) -> bool:
        """Whether the other side ends the connection within ``patient(seconds)``; what still comes is thrown away."""
        deadline = time.monotonic() + patient(seconds)
        self.held = b""
        while (left := deadline - time.monotonic()) > 0:
            self.sock.settimeout(left)
            try:
                if not self.sock.recv(1 << 18):
                    return True
            except TimeoutError:
                return False
            except ConnectionError:
                return True
        return False


def request_bytes(method: str, target: str, body: bytes | None = None, headers: Iterable[str] = ()) -> bytes:
    """A request's bytes."""
    lines = [f"{method} {target} HTTP/1.1", "Host: localhost", *headers]
    if body is not None:
        lines.append(f"Content-Length: {len(body)}")
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1") + (body or b"")


# --- an upstream that decides every byte -------------------------------------------------------------------------


class RawUpstream:
    """Serves each connection with ``serve(socket)`` in a thread of its own; a context manager.

    ``open`` counts the connections that are being served. An error of the connection ends it quietly.
    """

    def __init__(self, serve: Callable[[socket.socket], None], tls: ssl.SSLContext | None = None) -> None:
        self.serve = serve
        self.connections = 0
        self.open = 0
        self.problems: list[str] = []
        self._tls = tls
        self._lock = threading.Lock()
        self._sockets: set[socket.socket] = set()
        self._threads: list[threading.Thread] = []
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=1024)
        self.port: int = self._listener.getsockname()[1]
        self._accepting = threading.Thread(target=self._accept, name="raw-upstream", daemon=True)

    @property
    def url(self) -> str:
        """The base URL without ``/v1``."""
        return f"{'https' if self._tls else 'http'}://127.0.0.1:{self.port}"

    def __enter__(self) -> RawUpstream:
        self._accepting.start()
        return self

    def __exit__(self, *exc: object) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        with self._lock:
            left = list(self._sockets)
        for item in left:
            with contextlib.suppress(OSError):
                item.shutdown(socket.SHUT_RDWR)
        self._accepting.join(5)
        for thread in self._threads:
            thread.join(5)
        assert not self.problems, self.problems

    def _accept(self) -> None:
        while True:
            try:
                raw, _ = self._listener.accept()
            except OSError:
                return
            raw.settimeout(patient(20))
            with self._lock:
                self.connections += 1
                self.open += 1
                self._sockets.add(raw)
            thread = threading.Thread(target=self._one, args=(raw,), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _one(self, raw: socket.socket) -> None:
        sock = raw
        try:
            if self._tls is not None:
                sock = self._tls.wrap_socket(raw, server_side=True)
            self.serve(sock)
        except OSError:
            pass
        except Exception as error:  # noqa: BLE001 - shown when the test ends
            self.problems.append(repr(error))
        finally:
            with contextlib.suppress(OSError):
                sock.close()
            raw.close()
            with self._lock:
                self.open -= 1
                self._sockets.discard(raw)


def read_head(sock: socket.socket) -> bytes:
    """One request head, read byte for byte so that nothing after it is taken; ``b""`` when the client closed."""
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        byte = sock.recv(1)
        if not byte:
            return b""
        head += byte
    return head


def read_request(sock: socket.socket) -> tuple[bytes, bytes] | None:
    """One request with a length (or none): head and body. ``None`` when the client closed."""
    head = read_head(sock)
    if not head:
        return None
    length = next(
        (int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")), 0
    )
    body = b""
    while len(body) < length:
        piece = sock.recv(min(1 << 20, length - len(body)))
        if not piece:
            return None
        body += piece
    return head, body
