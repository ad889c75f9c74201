"""``sightglass serve`` and ``sightglass proxy``: start, announce and supervise the processes of one machine."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import gc
import logging
import os
import sys
from pathlib import Path

import uvloop

from proxy import __version__
from proxy.config.data_folder import folder_warnings
from proxy.config.settings import Settings, load
from proxy.config.values import split_address
from proxy.errors import ConfigError
from proxy.net.descriptors import raise_limit
from proxy.observe.identity import load_secret
from proxy.run.command_line import Parser
from proxy.run.instance_lock import take_place
from proxy.run.loading import imported
from proxy.run.preflight import check
from proxy.run.processes import bind, log_to_stderr, private_folder
from proxy.run.supervisor import Child, Supervisor
from proxy.run.watchdog import beat

log = logging.getLogger("sightglass.supervisor")

#: How often it is looked whether every listener is there (seconds).
_LOOK = 0.05
_ABOUT = {
    "serve": "Starts the proxy and the worker together. No other server is needed.",
    "proxy": "Starts the proxy alone. A worker with the same configuration scores what it samples.",
    "_proxy": "One process of the proxy.",
}


def parser(name: str) -> Parser:
    """The options of ``serve``, ``proxy``, or of one process of the proxy."""
    made = Parser(prog=f"sightglass {name}", description=_ABOUT[name])
    made.add_argument("--config", type=Path, metavar="FILE", help="configuration file (default: $SIGHTGLASS_CONFIG)")
    made.add_argument("--upstream", metavar="URL", help="the provider's base URL, with or without /v1")
    made.add_argument("--listen", metavar="HOST:PORT", help="address of the data listener (default: 127.0.0.1:8080)")
    made.add_argument(
        "--metrics-listen", metavar="HOST:PORT", help="address of the proxy's /metrics (default: 127.0.0.1:8081)"
    )
    console = "address of the console (default: 127.0.0.1:8082)"
    if name == "proxy":
        console = "the worker's option; the proxy itself opens no console"
    made.add_argument("--console-listen", metavar="HOST:PORT", help=console)
    made.add_argument("--data-dir", metavar="DIR", help="folder for queue and store (default: ./sightglass-data)")
    made.add_argument(
        "--ask-usage", action="store_true", help="ask every upstream for token usage in streams, as ask_usage: true"
    )
    if name == "_proxy":
        made.add_argument("--index", type=int, default=0)
        made.add_argument("--parent-pipe", type=int)
        made.add_argument("--beat-pipe", type=int)
        made.add_argument("--restarts", type=_counts, default={})
    return made


def _counts(text: str) -> dict[str, int]:
    """``ended=1,stuck=0``."""
    return {name: int(count) for name, _, count in (part.partition("=") for part in text.split(","))}


def main(words: list[str]) -> int:
    """Runs the command. Returns the exit status. Raises ``ConfigError``."""
    arguments = parser(words[0]).parse_args(words[1:])
    return _process(arguments) if words[0] == "_proxy" else _serve(arguments, with_worker=words[0] == "serve")


def _overrides(arguments: argparse.Namespace) -> dict[str, object]:
    found: dict[str, object] = {}
    if arguments.upstream:
        found["upstreams"] = [{"name": "default", "base_url": arguments.upstream}]
        found["default_upstream"] = "default"
    for key in ("listen", "metrics_listen", "console_listen", "data_dir"):
        if getattr(arguments, key, None):
            found[key] = getattr(arguments, key)
    return found


def _settings(arguments: argparse.Namespace) -> Settings:
    path = arguments.config or (Path(os.environ["SIGHTGLASS_CONFIG"]) if os.environ.get("SIGHTGLASS_CONFIG") else None)
    if path is None and not arguments.upstream:
        raise ConfigError(["give --upstream URL, or a file with --config or SIGHTGLASS_CONFIG"])
    settings = load(path, overrides=_overrides(arguments))
    if not arguments.ask_usage:
        return settings
    asking = tuple(upstream.model_copy(update={"ask_usage": True}) for upstream in settings.upstreams)
    return settings.model_copy(update={"upstreams": asking})


def _passed_on(arguments: argparse.Namespace) -> list[str]:
    keys = ("config", "upstream", "listen", "metrics_listen", "console_listen", "data_dir")
    given = [(key, getattr(arguments, key, None)) for key in keys]
    asked = ["--ask-usage"] if arguments.ask_usage else []
    return [text for key, value in given if value for text in (f"--{key.replace('_', '-')}", str(value))] + asked


def _serve(arguments: argparse.Namespace, with_worker: bool) -> int:
    settings = _settings(arguments)
    check(settings)
    folder = private_folder(settings.data_dir)
    load_secret(folder / "secret")
    with take_place(folder) if with_worker else contextlib.nullcontext():
        _look_for_ports(settings, with_worker)
        log_to_stderr("supervisor")
        for line in folder_warnings(folder):
            log.warning("%s", line)
        passed = _passed_on(arguments)
        proxies = [
            Child(f"proxy {index}", ["-P", "-m", "proxy", "_proxy", *passed, "--index", str(index)], watched=True)
            for index in range(settings.processes)
        ]
        workers = [Child("worker", ["-P", "-m", "scorers", "worker", *passed])] if with_worker else []
        supervisor = Supervisor(proxies, workers, settings.limits.drain_seconds)
        return uvloop.run(_run(supervisor, settings, with_worker))


async def _run(supervisor: Supervisor, settings: Settings, with_worker: bool) -> int:
    announcing = asyncio.create_task(_announce_when_ready(settings, with_worker))
    try:
        return await supervisor.run()
    finally:
        announcing.cancel()


def _listeners(settings: Settings, with_worker: bool) -> list[tuple[str, str]]:
    """The configuration key and the address of every listener."""
    host, port = split_address(settings.metrics_listen)
    shown = f"[{host}]" if ":" in host else host
    metrics = [f"{shown}:{port + index if port else 0}" for index in range(settings.processes)]
    console = [("console_listen", settings.console_listen)] if with_worker else []
    return [("listen", settings.listen), *(("metrics_listen", each) for each in metrics), *console]


def _look_for_ports(settings: Settings, with_worker: bool) -> None:
    """Raise ``ConfigError`` for every port in use, before anything is started."""
    problems: list[str] = []
    for key, address in _listeners(settings, with_worker):
        try:
            bind(address, key, shared=key == "listen" and settings.processes > 1).close()
        except ConfigError as error:
            problems += [f"{problem}; move it with --{key.replace('_', '-')} or {key}" for problem in error.problems]
    if problems:
        raise ConfigError(problems)


async def _announce_when_ready(settings: Settings, with_worker: bool) -> None:
    """Print all addresses once all listeners are ready."""
    for _, address in _listeners(settings, with_worker):
        host, port = split_address(address)
        if port:
            await _listening({"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host), port)  # noqa: S104
    lines = [
        f"sightglass {__version__}",
        f"  applications  http://{settings.listen}/v1  ->  "
        + ", ".join(f"{upstream.name} ({upstream.base_url})" for upstream in settings.upstreams),
        f"  metrics       http://{settings.metrics_listen}/metrics",
    ]
    if with_worker:
        lines.append(f"  console       http://{settings.console_listen}/")
    sys.stderr.write("\n".join(lines) + "\n")
    sys.stderr.flush()


async def _listening(host: str, port: int) -> None:
    """Wait until the address accepts connections."""
    while True:
        try:
            _, writer = await asyncio.open_connection(host, port)
        except OSError:
            await asyncio.sleep(_LOOK)
            continue
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()
        return


def _process(arguments: argparse.Namespace) -> int:
    log_to_stderr(f"proxy-{arguments.index}")
    raise_limit()
    settings = _settings(arguments)
    # Not above: the processes that only start this one need none of it.
    process = imported("proxy.app").ProxyProcess

    # What was loaded stays; the small objects of a request die young and by reference count.
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)

    async def run() -> None:
        made = process(settings, arguments.index, lambda: _settings(arguments))
        made.count_restarts(arguments.restarts)
        if arguments.beat_pipe is not None:
            beat(arguments.beat_pipe)
        await made.run(arguments.parent_pipe)

    uvloop.run(run())
    return 0
