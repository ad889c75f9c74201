"""The table of commands: names, ``--help`` texts, and the module that runs each command."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Command:
    """A command: its ``--help`` text and the module that runs it. ``apart``: it runs as a separate program."""

    name: str
    help: str
    module: str
    apart: bool = False


#: In the order in which ``--help`` lists them.
COMMANDS = (
    Command("serve", "start the proxy and the worker together; no other server is needed", "proxy.run.serve"),
    Command("proxy", "start the proxy alone", "proxy.run.serve"),
    Command("worker", "start the worker alone: scorers, store, console", "scorers", apart=True),
    Command("init", "write a configuration file with comments", "proxy.run.init"),
    Command("check-config", "check a configuration file", "proxy.run.check_config"),
    Command("score", "run scorers over recorded samples (JSONL)", "scorers", apart=True),
    Command("export", "write samples, with their text, as JSON lines", "scorers", apart=True),
    Command("import", "import samples that did not come through the proxy", "scorers", apart=True),
    Command("label", "label samples in the terminal, one key each", "scorers", apart=True),
    Command("distill", "fit a model of ungrounded on labels of your traffic", "scorers", apart=True),
    Command("report", "show rates with intervals, and cost per successful task", "scorers", apart=True),
    Command("suite", "task suites: make from traffic, label, run as a gate, import, export", "scorers", apart=True),
    Command("run", "list, show or export runs of suites, stability, probes, benchmarks", "scorers", apart=True),
    Command("stability", "how much answers change by themselves, and in other words", "scorers", apart=True),
    Command("probe", "attacks and hard questions, put to copies of your system prompts", "scorers", apart=True),
    Command("experiment", "list, show or stop experiments on live traffic", "scorers", apart=True),
    Command("benchmark", "public benchmarks with a model, and the gap to their reworded forms", "scorers", apart=True),
    Command("retention", "delete what is past retention, now", "scorers", apart=True),
    Command("dead", "list dead letters, or hand them out again", "scorers", apart=True),
    Command("drift", "simulate how soon drift is found, and how many false alarms to expect", "scorers", apart=True),
    Command("prices", "compare prices, and print the lines to add for unpriced models", "scorers", apart=True),
    Command("rules", "write Prometheus rules for the objectives in a configuration", "scorers.rules", apart=True),
    Command("demo", "start a small provider, made-up traffic and the console", "proxy.demo", apart=True),
    Command("completion", "print a completion script for bash, zsh or fish", "proxy.run.completion"),
)
#: One process of the proxy: started by ``serve`` and ``proxy``, and in no help.
PROCESS = Command("_proxy", "", "proxy.run.serve")
