"""Latency of one connection: blocking sockets, the contenders asked in turn, so that drift meets all alike."""

from __future__ import annotations

import socket
import statistics
import time

from tests.bench.cells import Cell, reply

_EXPECTED = reply()


class Line:
    """One keep-alive connection."""

    def __init__(self, port: int, expected: bytes = _EXPECTED) -> None:
        self._expected = expected
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=10)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def ask(self, request: bytes) -> tuple[float, bool]:
        """Seconds until the whole answer was here, and whether it was the right one. Raises ``OSError``."""
        begun = time.perf_counter()
        self.write(request)
        right = self.read()
        return time.perf_counter() - begun, right

    def write(self, request: bytes) -> None:
        """Send it and do not wait. Raises ``OSError``."""
        self._socket.sendall(request)

    def read(self) -> bool:
        """Wait for the whole answer; whether it was the right one. Raises ``OSError``."""
        data = self._socket.recv(65536)
        while b"\r\n\r\n" not in data or len(data.partition(b"\r\n\r\n")[2]) < len(self._expected):
            piece = self._socket.recv(65536)
            if not piece:
                return False
            data += piece
        return data.startswith(b"HTTP/1.1 200 ") and data.endswith(b"\r\n\r\n" + self._expected)

    def close(self) -> None:
        """Hang up."""
        self._socket.close()


def answers_right(port: int, cell: Cell) -> bool:
    """Whether one request on a new connection is answered with exactly the upstream's bytes."""
    line = Line(port)
    try:
        return line.ask(cell.request())[1]
    except OSError:
        return False
    finally:
        line.close()


def run_latency(ports: list[int], cell: Cell, seconds: float) -> tuple[list[float], list[int], list[int]]:
    """(median seconds, requests, wrong answers) of each port, asked in turn for ``seconds``."""
    lines = [Line(port) for port in ports]
    times: list[list[float]] = [[] for _ in ports]
    wrong = [0] * len(ports)
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        request = cell.request(len(times[0]) % 512)
        for place, line in enumerate(lines):
            took, right = line.ask(request)
            times[place].append(took)
            wrong[place] += not right
    for line in lines:
        line.close()
    return [statistics.median(each) for each in times], [len(each) for each in times], wrong
