"""The real pgbouncer on a free loopback port, in front of a PostgreSQL server on a Unix socket."""

from __future__ import annotations

import contextlib
import os
import shutil
from pathlib import Path

import psycopg
import pytest

from support.processes import Child, free_ports, wait_until

_BINARIES = ("/usr/sbin/pgbouncer", "/usr/local/sbin/pgbouncer")


def _binary() -> str:
    found = shutil.which("pgbouncer") or next((path for path in _BINARIES if Path(path).exists()), None)
    if found is None:
        pytest.skip("pgbouncer is not installed")
    return found


class PgBouncer(Child):
    """``pgbouncer`` with three connections to the server for all its clients; a context manager.

    ``mode``: ``transaction`` or ``session``. It asks for no password: the server behind it does not either.
    """

    def __init__(self, folder: Path, server: str, database: str, mode: str = "transaction") -> None:
        """``server``: the folder of the server's Unix socket."""
        binary = _binary()
        folder.mkdir()
        (self.port,) = free_ports(1)
        self.url = f"postgresql://sightglass@127.0.0.1:{self.port}/{database}"
        settings = folder / "pgbouncer.ini"
        settings.write_text(
            f"[databases]\n* = host={server} user=sightglass\n"
            f"[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {self.port}\nunix_socket_dir =\nauth_type = any\n"
            f"pool_mode = {mode}\ndefault_pool_size = 3\nmax_client_conn = 200\n",
            encoding="ascii",
        )
        command = [binary, str(settings)]
        if os.geteuid() == 0:  # it refuses to run as root
            folder.chmod(0o755)
            command = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", *command]
        super().__init__("pgbouncer", command, folder / "pgbouncer.log", Path("/"))
        wait_until(self._answers, 15, "pgbouncer to answer")

    def _answers(self) -> bool:
        assert self.process.poll() is None, self.output()[-2000:]
        with (
            contextlib.suppress(psycopg.OperationalError),
            psycopg.connect(self.url, prepare_threshold=None) as session,
        ):
            return session.execute("SELECT 1").fetchone() == (1,)
        return False

    def __enter__(self) -> PgBouncer:
        return self

    def __exit__(self, *exc: object) -> None:
        self.stop()
