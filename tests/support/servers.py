"""Real Redis servers on free loopback ports (one, a pair with its own settings, a cluster), and a PostgreSQL server."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import pytest
import redis

from support.processes import Child, free_ports, wait_until


class RedisServer(Child):
    """``redis-server`` (or what ``binary`` names) in ``folder``, without persistence; a context manager."""

    def __init__(
        self,
        folder: Path,
        *options: str,
        port: int | None = None,
        binary: str = "redis-server",
        env: dict[str, str] | None = None,
    ) -> None:
        self.binary = shutil.which(binary)
        if self.binary is None:
            pytest.skip(f"{binary} is not installed")
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.port = port or free_ports(1)[0]
        self.options = options
        self.start(env)

    @property
    def url(self) -> str:
        """Its URL without user and database."""
        return f"redis://127.0.0.1:{self.port}"

    def start(self, env: dict[str, str] | None = None) -> None:
        """Start it, or start it again on the same port, and wait until it answers."""
        words = ["--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--dir", str(self.folder)]
        command = [self.binary or "", *words, *self.options]
        super().__init__("redis", command, self.folder / "redis.log", self.folder, os.environ | (env or {}))
        wait_until(self._answers, 10, "redis to answer")

    def _answers(self) -> bool:
        assert self.process.poll() is None, self.output()[-2000:]
        with contextlib.suppress(redis.ConnectionError, redis.TimeoutError), self.client() as client:
            try:
                return bool(client.ping())
            except (redis.ResponseError, redis.AuthenticationError):
                return True  # it wants a password
        return False

    def client(self, **options: object) -> redis.Redis:
        """A plain client."""
        return redis.Redis(port=self.port, socket_timeout=5, protocol=2, **options)  # type: ignore[arg-type]

    def replicated(self) -> bool:
        """Whether it is a replica, or has replicas and all have confirmed what it holds. One that has just joined is
        sent nothing before its first confirmation, up to a second later."""
        with self.client() as client:
            said: dict[str, Any] = client.info("replication")  # type: ignore[assignment]
        replicas = [said[f"slave{number}"] for number in range(said["connected_slaves"])]
        confirmed = [each for each in replicas if each["offset"] >= said["master_repl_offset"]]
        return said["role"] != "master" or (bool(replicas) and confirmed == replicas)

    def pause(self) -> None:
        """SIGSTOP: it takes connections and answers nothing."""
        self.process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        """SIGCONT."""
        self.process.send_signal(signal.SIGCONT)

    def kill(self) -> None:
        """SIGKILL."""
        self.process.kill()
        self.process.wait(5)

    def __enter__(self) -> RedisServer:
        return self

    def __exit__(self, *exc: object) -> None:
        if self.process.poll() is None:
            self.resume()
            self.kill()


#: Replaces the two calls by which a program learns the time of day; the file holds the shift in seconds.
_CLOCK = """
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>
#include <sys/syscall.h>
#include <sys/time.h>
static long shift(void) {
    long seconds = 0;
    FILE *file = fopen(getenv("SHIFT_FILE"), "r");
    if (file) { if (fscanf(file, "%ld", &seconds) != 1) seconds = 0; fclose(file); }
    return seconds;
}
int gettimeofday(struct timeval *restrict now, void *restrict zone) {
    struct timespec real;
    syscall(SYS_clock_gettime, CLOCK_REALTIME, &real);
    now->tv_sec = real.tv_sec + shift();
    now->tv_usec = real.tv_nsec / 1000;
    return 0;
}
time_t time(time_t *result) {
    struct timeval now;
    gettimeofday(&now, NULL);
    if (result) *result = now.tv_sec;
    return now.tv_sec;
}
"""


def shifted_clock(folder: Path, shift: Path) -> dict[str, str]:
    """The environment in which a program's time of day is shifted by the seconds that stand in the file ``shift``."""
    compiler = shutil.which("cc")
    if compiler is None:
        pytest.skip("no C compiler for the library that shifts the clock")
    (folder / "clock.c").write_text(_CLOCK, encoding="ascii")
    library = folder / "clock.so"
    subprocess.run([compiler, "-shared", "-fPIC", "-O1", "-o", str(library), str(folder / "clock.c")], check=True)
    return {"LD_PRELOAD": str(library), "SHIFT_FILE": str(shift)}


class RedisCluster:
    """Three primaries with so many replicas each, made by ``redis-cli --cluster create``; a context manager."""

    def __init__(self, folder: Path, replicas: int = 0) -> None:
        if shutil.which("redis-cli") is None:
            pytest.skip("redis-cli is not installed")
        self.nodes: list[RedisServer] = []
        try:
            for number in range(3 * (1 + replicas)):
                self.nodes.append(self._node(folder / f"node-{number}"))
            addresses = [f"127.0.0.1:{node.port}" for node in self.nodes]
            command = ["redis-cli", "--cluster", "create", *addresses, "--cluster-replicas", str(replicas)]
            done = subprocess.run([*command, "--cluster-yes"], capture_output=True, text=True, timeout=60, check=False)
            assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
            wait_until(lambda: all(self._ok(node) for node in self.nodes), 20, "the cluster")
        except BaseException:
            self.__exit__()
            raise

    @staticmethod
    def _node(folder: Path) -> RedisServer:
        words = ("--cluster-enabled", "yes", "--cluster-node-timeout", "1500", "--repl-diskless-sync-delay", "0")
        return RedisServer(folder, *words, "--cluster-config-file", str(folder / "nodes.conf"))

    @staticmethod
    def _ok(node: RedisServer) -> bool:
        with node.client() as client:
            replication = client.info("replication")
            synced = replication["role"] == "master" or replication["master_link_status"] == "up"  # type: ignore[index]
            return synced and client.execute_command("CLUSTER INFO")["cluster_state"] == "ok"  # type: ignore[index]

    def wait_replicated(self) -> None:
        """Until the replicas of every primary have confirmed all that it holds."""
        wait_until(lambda: all(node.replicated() for node in self.nodes), 20, "the replicas")

    @property
    def url(self) -> str:
        """Its URL, by all nodes."""
        return "redis+cluster://" + ",".join(f"127.0.0.1:{node.port}" for node in self.nodes)

    def __enter__(self) -> RedisCluster:
        return self

    def __exit__(self, *exc: object) -> None:
        for node in self.nodes:
            node.__exit__()


def _postgres(name: str) -> str | None:
    places = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), reverse=True)
    return str(places[0]) if places else shutil.which(name)


def _as_nobody(command: list[str]) -> list[str]:
    """PostgreSQL refuses to run as root; everybody else runs it as themselves."""
    if os.geteuid() != 0:
        return command
    return ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", *command]


class PostgresCluster:
    """A PostgreSQL server on a Unix socket in a folder of its own, without fsync; a context manager."""

    def __init__(self) -> None:
        initdb, self._control = _postgres("initdb"), _postgres("pg_ctl")
        if initdb is None or self._control is None:
            pytest.skip("PostgreSQL is not installed")
        self._temporary = tempfile.TemporaryDirectory(prefix="sg-pg-", dir="/tmp", ignore_cleanup_errors=True)
        #: Where its socket is: the ``host`` of a connection.
        self.folder = self._temporary.name
        if os.geteuid() == 0:
            os.chown(self.folder, 65534, 65534)
        try:
            self._run(initdb, "-D", self._data, "-U", "sightglass", "-A", "trust", "-E", "UTF8", "--no-sync")
            options = "-c listen_addresses= -c fsync=off -c max_connections=60"
            options = f"{options} -c unix_socket_directories={self.folder}"
            words = ("-D", self._data, "-l", f"{self.folder}/log", "-w", "-o", options, "start")
            self._run(self._control, *words)
        except BaseException:
            self._temporary.cleanup()
            raise

    @property
    def _data(self) -> str:
        return f"{self.folder}/data"

    @property
    def pid(self) -> int:
        """The process that all its others are children of."""
        return int((Path(self._data) / "postmaster.pid").read_text(encoding="ascii").split()[0])

    def url(self, database: str = "postgres") -> str:
        """The URL of one of its databases."""
        return f"postgresql://sightglass@/{database}?host={self.folder}"

    def _run(self, *command: str) -> None:
        environment = {"PATH": os.environ["PATH"], "LC_ALL": "C", "HOME": self.folder, "TZ": "UTC"}
        done = subprocess.run(
            _as_nobody(list(command)), cwd=self.folder, env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, f"{command[0]}: {done.stdout}{done.stderr}"

    def __enter__(self) -> PostgresCluster:
        return self

    def __exit__(self, *exc: object) -> None:
        assert self._control is not None
        self._run(self._control, "-D", self._data, "-m", "immediate", "-w", "stop")
        self._temporary.cleanup()
