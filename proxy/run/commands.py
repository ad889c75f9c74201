"""The table of commands: their names, what ``--help`` says of them, and the module that runs each."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Command:
    """A command: what ``--help`` says of it, and the module that runs it. ``apart``: in a program of its own."""

    name: str
    help: str
    module: str
    apart: bool = False


#: In the order in which ``--help`` lists them.
COMMANDS = (
    Command("serve", "proxy and worker together, no other server needed", "proxy.run.serve"),
    Command("proxy", "the proxy alone", "proxy.run.serve"),
    Command("worker", "the worker alone: scorers, store, console", "scorers", apart=True),
    Command("init", "write a configuration file with comments", "proxy.run.init"),
    Command("check-config", "check a configuration file", "proxy.run.check_config"),
    Command("score", "run scorers over recorded samples (JSONL)", "scorers", apart=True),
    Command("export", "write samples with their text as JSON lines", "scorers", apart=True),
    Command("import", "read samples that did not come through the proxy", "scorers", apart=True),
    Command("label", "give verdicts on samples, one key each", "scorers", apart=True),
    Command("report", "show rates with intervals, and cost per success", "scorers", apart=True),
    Command("suite", "task suites: make from traffic, label, run as a gate, import, export", "scorers", apart=True),
    Command("run", "list, show or export runs of suites", "scorers", apart=True),
    Command("retention", "delete now what is past retention", "scorers", apart=True),
    Command("dead", "list or replay what scorers gave up", "scorers", apart=True),
    Command("drift", "simulate false alarms and delays of drift on your own traffic", "scorers", apart=True),
    Command("prices", "compare prices, and print the line to add for what is unpriced", "scorers", apart=True),
    Command("rules", "write Prometheus rules for the objectives of a configuration", "scorers.rules", apart=True),
    Command("demo", "start a small provider, traffic and the console, to look at", "proxy.demo", apart=True),
    Command("completion", "print a completion script for bash, zsh or fish", "proxy.run.completion"),
)
#: One process of the proxy: started by ``serve`` and ``proxy``, and in no help.
PROCESS = Command("_proxy", "", "proxy.run.serve")
