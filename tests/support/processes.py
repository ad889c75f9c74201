"""Real processes on free loopback ports, with their logs: Sightglass itself, and Prometheus."""

from __future__ import annotations

import fcntl
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from support import plain
from support.patience import patient

ROOT = Path(__file__).resolve().parents[2]


#: Above known services and below what systems give to clients and to who asks for any port (Linux: from 32768); so is
#: the bus of a node of a Redis cluster, 10,000 above its port, which no other server is given either.
PORTS = range(10_200, 20_000)


def free_ports(count: int) -> list[int]:
    """Neighbouring ports that nobody listens on and that no other process of the tests is given for a long while.

    A port that the system gives for 0 and that is closed again belongs to whoever is next, in four test processes often
    before its server starts. These come from one counter for all of them, which a file holds.
    """
    with Path(tempfile.gettempdir(), f"sightglass-test-ports-{os.getuid()}").open("a+b") as counter:
        fcntl.flock(counter, fcntl.LOCK_EX)
        counter.seek(0)
        first = int(counter.read() or PORTS.start)
        for _ in PORTS:
            first = first if first + count <= PORTS.stop else PORTS.start
            free = _free_from(first, count)
            if free == count:
                counter.truncate(0)
                counter.write(b"%d" % (first + count))
                return list(range(first, first + count))
            first += free + 1
    raise AssertionError("no free port")


def _free_from(first: int, count: int) -> int:
    """How many of ``count`` ports from ``first`` on can be listened on."""
    for port in range(first, first + count):
        with socket.socket() as item:
            item.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                item.bind(("127.0.0.1", port))
            except OSError:
                return port - first
    return count


def wait_until(condition: Callable[[], bool], seconds: float, what: str, every: float = 0.05) -> None:
    """Until ``condition()`` holds; fails with ``what`` after ``patient(seconds)``."""
    limit = patient(seconds)
    deadline = time.monotonic() + limit
    while not condition():
        assert time.monotonic() < deadline, f"not within {limit:g} s: {what}"
        time.sleep(every)


def get_ok(url: str) -> bool:
    """Whether a GET is answered with 200."""
    try:
        return plain.get(url, timeout=2.0).status_code == 200
    except httpx.HTTPError:
        return False


class Child:
    """A child process whose output goes to a file."""

    def __init__(self, name: str, command: list[str], log: Path, cwd: Path, env: dict[str, str] | None = None) -> None:
        self.name = name
        self.log = log
        with log.open("wb") as out:
            self.process = subprocess.Popen(
                command, stdout=out, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, cwd=cwd, env=env
            )

    def output(self) -> str:
        """Everything that it has printed."""
        return self.log.read_text(encoding="utf-8", errors="replace")

    def wait_ready(self, urls: list[str], seconds: float = 30.0) -> None:
        """Until each URL answers 200; fails with the log when the process ends before."""
        limit = patient(seconds)
        deadline = time.monotonic() + limit
        for url in urls:
            while not get_ok(url):
                log = f"its log ends:\n{self.output()[-3000:]}"
                assert self.process.poll() is None, f"{self.name} ended with {self.process.returncode}; {log}"
                assert time.monotonic() < deadline, f"{self.name}: {url} not ready within {limit:g} s; {log}"
                time.sleep(0.05)

    def stop(self, seconds: float = 20.0) -> int:
        """SIGTERM, wait, and the exit status; SIGKILL when it does not end in time."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(patient(seconds))
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(5)
            raise AssertionError(f"{self.name} did not end on SIGTERM:\n{self.output()[-4000:]}") from None


class Sightglass(Child):
    """``sightglass serve`` with a configuration of its own in ``folder``, on free ports; or another ``command``."""

    def __init__(
        self,
        folder: Path,
        upstream: str,
        config: dict[str, Any],
        env: dict[str, str] | None = None,
        command: str = "serve",
    ) -> None:
        data, metrics, console = free_ports(3)
        self.data_dir = folder / "data"
        self.config: dict[str, Any] = {
            "listen": f"127.0.0.1:{data}",
            "metrics_listen": f"127.0.0.1:{metrics}",
            "console_listen": f"127.0.0.1:{console}",
            "data_dir": str(self.data_dir),
            "upstreams": [{"name": "scripted", "base_url": upstream}],
            **config,
        }
        file = folder / "sightglass.yaml"
        file.write_text(yaml.safe_dump(self.config), encoding="utf-8")
        self.url = f"http://{self.config['listen']}"
        self.metrics_url = f"http://{self.config['metrics_listen']}/metrics"
        self.console_url = f"http://{self.config['console_listen']}"
        words = [sys.executable, "-m", "proxy.cli", command, "--config", str(file)]
        environ = {key: value for key, value in os.environ.items() if not key.startswith(("SIGHTGLASS_", "OTEL_"))}
        super().__init__("sightglass", words, folder / "sightglass.log", ROOT, environ | (env or {}))

    def start(self) -> Sightglass:
        """Wait until both listeners are ready."""
        self.wait_ready([f"{self.url}/-/ready", f"{self.console_url}/-/ready"])
        return self

    def api(self, path: str, **params: Any) -> Any:
        """A GET on the console's API, as JSON."""
        answer = plain.get(f"{self.console_url}/api/{path}", params=params, timeout=10.0)
        assert answer.status_code == 200, f"/api/{path}: {answer.status_code} {answer.text[:500]}"
        return answer.json()

    def metrics(self, which: str = "proxy") -> str:
        """The live page of one process: ``proxy`` or ``worker``."""
        url = self.metrics_url if which == "proxy" else f"{self.console_url}/metrics"
        return plain.get(url, timeout=10.0).raise_for_status().text

    def wait_scored(self, requests: int, seconds: float = 30.0) -> dict[str, Any]:
        """Until every scorer has come to a result for each of so many published requests; the ledger then."""
        ledger: dict[str, Any] = {}

        def settled() -> bool:
            ledger.update(self.api("ledger"))
            published = sum(counts.get("published", 0) for counts in ledger["proxies"].values())
            return (
                published >= requests
                and bool(ledger["scorers"])
                and all(settled_results(counts) >= requests for counts in ledger["scorers"].values())
            )

        wait_until(settled, seconds, f"{requests} requests scored", every=0.1)
        return ledger

    def finish(self) -> None:
        """Stop, and check that it ended well and quietly."""
        status = self.stop()
        text = self.output()
        assert "Traceback (most recent call last)" not in text, text[-6000:]
        assert status == 0, f"exit status {status}:\n{text[-4000:]}"


#: Columns of the ledger that are no result yet.
OPEN_COLUMNS = frozenset({"pending", "published"})


def settled_results(counts: dict[str, int]) -> int:
    """How many samples a scorer has come to a result for."""
    return sum(count for result, count in counts.items() if result not in OPEN_COLUMNS)


class Prometheus(Child):
    """The real Prometheus, scraping every second."""

    BINARY = "prometheus"

    def __init__(
        self, folder: Path, targets: list[str], blocks: Path | None = None, more: dict[str, Any] | None = None
    ) -> None:
        """``blocks``: a database to serve; ``more``: further keys of the configuration."""
        binary = shutil.which(self.BINARY)
        if binary is None:
            pytest.skip(f"{self.BINARY} is not installed")
        (port,) = free_ports(1)
        self.url = f"http://127.0.0.1:{port}"
        self.targets = targets
        scrape = {"job_name": "sightglass", "static_configs": [{"targets": targets}]}
        document = {"global": {"scrape_interval": "1s", "evaluation_interval": "1s"}, "scrape_configs": [scrape]}
        document |= more or {}
        config = folder / "prometheus.yml"
        config.write_text(yaml.safe_dump(document), encoding="utf-8")
        arguments = [f"--config.file={config}", f"--storage.tsdb.path={blocks or folder / 'tsdb'}"]
        arguments += [f"--web.listen-address=127.0.0.1:{port}", "--log.level=warn"]
        super().__init__("prometheus", [binary, *arguments], folder / "prometheus.log", folder)
        self.wait_ready([f"{self.url}/-/ready"])

    def query(self, expression: str, at: float | None = None) -> list[dict[str, Any]]:
        """An instant query, now or ``at`` a moment (Unix s): the result vector."""
        params = {"query": expression} | ({} if at is None else {"time": str(at)})
        answer = plain.get(f"{self.url}/api/v1/query", params=params, timeout=10.0)
        body = answer.json()
        assert body["status"] == "success", body
        return body["data"]["result"]  # type: ignore[no-any-return]

    def value(self, expression: str) -> float | None:
        """The one number that a query gives; ``None`` while it gives nothing."""
        result = self.query(expression)
        assert len(result) <= 1, result
        return float(result[0]["value"][1]) if result else None

    def wait_up(self) -> None:
        """Until every target has been scraped."""
        wait_until(lambda: self.value("sum(up)") == len(self.targets), 15, f"scrapes of {self.targets}")

    def wait_value(self, expression: str, check: Callable[[float], bool], seconds: float = 15.0) -> float:
        """Until the query's number passes ``check``; the number."""
        wait_until(
            lambda: (now := self.value(expression)) is not None and check(now), seconds, f"{expression} as expected"
        )
        number = self.value(expression)
        assert number is not None
        return number
