"""nginx, twice: as the upstream that answers at once, and as the reverse proxy that we are measured against.

As a proxy it has one worker process, keeps its upstream connections, writes its usual access log to a file, streams
request bodies through as we do, and hands event streams on unbuffered. ``keepalive_requests`` is raised, because a
connection closed every thousand requests would be another work.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from tests.bench.cells import Cell, reply
from tests.bench.starting import start
from tests.support.processes import Child, free_ports

_COMMON = """
{user}
daemon off;
worker_processes 1;
pid nginx.pid;
error_log error.log warn;
events {{ worker_connections 1024; }}
http {{
    client_body_temp_path body_temp;
    proxy_temp_path proxy_temp;
    fastcgi_temp_path fastcgi_temp;
    uwsgi_temp_path uwsgi_temp;
    scgi_temp_path scgi_temp;
    client_max_body_size 100m;
    client_body_buffer_size 128k;
    keepalive_requests 100000000;
    default_type application/json;
    {http}
}}
"""
_UPSTREAM = """
    access_log off;
    server {{
        listen 127.0.0.1:{port} backlog=2048;
        {headers}
        location / {{ return 200 '{body}'; }}
    }}
"""
_PROXY = """
    access_log access.log combined;
    upstream provider {{
        server 127.0.0.1:{upstream};
        keepalive 256;
        keepalive_requests 100000000;
    }}
    server {{
        listen 127.0.0.1:{port} backlog=2048;
        location / {{
            proxy_pass http://provider;
            proxy_http_version 1.1;
            proxy_set_header Connection "";
            proxy_request_buffering off;
            proxy_buffering {buffering};
        }}
    }}
"""


def _start(name: str, folder: Path, port: int, http: str) -> Child:
    folder.mkdir()
    config = folder / "nginx.conf"
    # As root nginx would give its worker to another user, who may not enter our folder.
    config.write_text(_COMMON.format(user="user root;" if os.geteuid() == 0 else "", http=http), encoding="utf-8")
    # Debian keeps it out of an ordinary user's PATH.
    binary = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    assert binary is not None, "nginx is missing: run tests/bench/install.sh"
    return start(name, [binary, "-p", str(folder), "-c", str(config), "-e", "error.log"], folder, folder, port)


def start_upstream(folder: Path, cell: Cell, answer: bytes = reply()) -> tuple[Child, int]:
    """An upstream that answers every request with ``answer``, and its port."""
    (port,) = free_ports(1)
    headers = "\n".join(f"add_header {name} '{value}';" for name, value in cell.back)
    return _start(
        "nginx upstream", folder, port, _UPSTREAM.format(port=port, headers=headers, body=answer.decode())
    ), port


def start_proxy(folder: Path, upstream: int, cell: Cell) -> tuple[Child, int]:
    """A reverse proxy in front of ``upstream``, and its port."""
    (port,) = free_ports(1)
    buffering = "off" if cell.kind == "streams" else "on"
    return _start("nginx", folder, port, _PROXY.format(port=port, upstream=upstream, buffering=buffering)), port
