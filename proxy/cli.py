"""``sightglass``: the commands. Errors are one clear line each and exit status 2, never a traceback.

This process imports no scorer: what needs one is started as ``python -m scorers``.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import os
import sys
from pathlib import Path

import uvloop

from proxy import __version__
from proxy.app import ProxyProcess, check
from proxy.commandline import Parser
from proxy.errors import ConfigError
from proxy.probe import probe
from proxy.processes import frugal, log_to_stderr, private_folder
from proxy.settings import Settings, load
from proxy.supervisor import Child, Supervisor

#: Commands that run elsewhere, with the module that runs them. All children run with ``-P``: a ``proxy.py`` in the
#: folder that someone happens to stand in is none of ours.
_ELSEWHERE = {"demo": "proxy.demo", "rules": "scorers.rules"} | dict.fromkeys(
    ("score", "worker", "export", "import", "label", "report", "retention", "dead", "drift"), "scorers"
)


def _parser(hidden: bool) -> Parser:
    parser = Parser(
        prog="sightglass", description="An OpenAI-compatible proxy that measures how models behave in your production."
    )
    parser.add_argument("--version", action="version", version=f"sightglass {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, text in (
        ("serve", "proxy and worker together, no other server needed"),
        ("proxy", "the proxy alone"),
        *([("_proxy", "one process of the proxy")] if hidden else []),
    ):
        command = commands.add_parser(name, help=text)
        command.add_argument("--config", type=Path, help="configuration file (default: SIGHTGLASS_CONFIG)")
        command.add_argument("--upstream", metavar="URL", help="the provider's base URL, with or without /v1")
        command.add_argument("--listen", metavar="HOST:PORT", help="the data listener")
        command.add_argument("--data-dir", metavar="DIR", help="where queue and store are kept")
        command.add_argument(
            "--ask-usage", action="store_true", help="ask every upstream for token usage in streams (ask_usage: true)"
        )
        if name == "_proxy":
            command.add_argument("--index", type=int, default=0)
            command.add_argument("--parent-pipe", type=int)
    commands.add_parser("worker", help="the worker alone: scorers, store, console", add_help=False)
    checker = commands.add_parser("check-config", help="check a configuration file")
    checker.add_argument("file", type=Path)
    checker.add_argument("--probe", action="store_true", help="also reach each upstream")
    commands.add_parser("score", help="run scorers over recorded samples (JSONL)", add_help=False)
    for name, text in (
        ("export", "samples with their text as JSON lines"),
        ("import", "samples that did not come through the proxy"),
        ("label", "people's verdicts on samples, one key each"),
        ("report", "rates with intervals, and cost per success"),
        ("retention", "delete now what is past retention"),
        ("dead", "list or replay what scorers gave up"),
        ("drift", "simulate false alarms and delays of drift on one's own traffic"),
        ("rules", "Prometheus rules for the objectives of a configuration"),
    ):
        commands.add_parser(name, help=text, add_help=False)
    commands.add_parser("demo", help="a small provider, traffic and the console, to look at", add_help=False)
    return parser


def _overrides(arguments: argparse.Namespace) -> dict[str, object]:
    found: dict[str, object] = {}
    if arguments.upstream:
        found["upstreams"] = [{"name": "default", "base_url": arguments.upstream}]
        found["default_upstream"] = "default"
    if arguments.listen:
        found["listen"] = arguments.listen
    if arguments.data_dir:
        found["data_dir"] = arguments.data_dir
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
    options = (
        ("--config", arguments.config),
        ("--upstream", arguments.upstream),
        ("--listen", arguments.listen),
        ("--data-dir", arguments.data_dir),
    )
    asked = ["--ask-usage"] if arguments.ask_usage else []
    return [text for option, value in options if value for text in (option, str(value))] + asked


def _serve(arguments: argparse.Namespace) -> int:
    settings = _settings(arguments)
    check(settings)
    private_folder(settings.data_dir)
    log_to_stderr("supervisor")
    passed = _passed_on(arguments)
    proxies = [
        Child(f"proxy {index}", ["-P", "-m", "proxy", "_proxy", *passed, "--index", str(index)])
        for index in range(settings.processes)
    ]
    workers = [Child("worker", ["-P", "-m", "scorers", "worker", *passed])] if arguments.command == "serve" else []
    _announce(settings, bool(workers))
    return uvloop.run(Supervisor(proxies, workers, settings.limits.drain_seconds).run())


def _announce(settings: Settings, with_worker: bool) -> None:
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


def _proxy(arguments: argparse.Namespace) -> int:
    log_to_stderr(f"proxy-{arguments.index}")
    settings = _settings(arguments)

    # What was loaded stays; the small objects of a request die young and by reference count.
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)

    async def run() -> None:
        await ProxyProcess(settings, arguments.index, lambda: _settings(arguments)).run(arguments.parent_pipe)

    uvloop.run(run())
    return 0


def _check_config(arguments: argparse.Namespace) -> int:
    settings = load(arguments.file)
    check(settings)
    if arguments.probe:
        problems = asyncio.run(probe(settings))
        if problems:
            raise ConfigError(problems)
    for line in [*settings.warnings(), *settings.access_warnings()]:
        sys.stderr.write(f"sightglass: warning: {line}\n")
    sys.stdout.write(f"{arguments.file}: ok\n")
    return 0


def main(argv: list[str] | None = None) -> int:
    """The exit status of one command."""
    words = sys.argv[1:] if argv is None else argv
    if words and words[0] in _ELSEWHERE:
        module = _ELSEWHERE[words[0]]
        rest = words[1:] if module.endswith(words[0]) else words
        sys.stdout.flush()
        command = [sys.executable, "-P", "-m", module, *rest]
        os.execve(sys.executable, command, frugal(os.environ))  # noqa: S606 - no shell is wanted
    arguments = _parser(hidden=words[:1] == ["_proxy"]).parse_args(words)
    run = {"serve": _serve, "proxy": _serve, "_proxy": _proxy, "check-config": _check_config}[arguments.command]
    try:
        return run(arguments)
    except ConfigError as error:
        sys.stderr.write("".join(f"sightglass: {problem}\n" for problem in error.problems))
        return 2
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
