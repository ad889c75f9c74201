"""``sightglass rules --output DIR``: writes the rule files for the objectives of a configuration.

Exit status: 0; 1 when ``--check`` finds other files; 2 when an argument or the configuration is wrong.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from proxy.config.values import url_of
from proxy.errors import ConfigError
from scorers.commands.options import Parser, WrongUsage, add_options, settings_of
from scorers.files.whole_file import write_whole
from scorers.rules import objectives
from scorers.rules.behaviour import behaviour_alerts
from scorers.rules.document import render
from scorers.rules.experiments import experiment_alerts
from scorers.rules.meta import meta_alerts
from scorers.rules.money import money_alerts
from scorers.rules.objectives import Quality
from scorers.rules.pipeline import pipeline_alerts
from scorers.rules.recording import drift, verdicts
from scorers.rules.recording import objectives as latency
from scorers.rules.texts import Places
from scorers.rules.upstreams import upstream_alerts
from scorers.score import OUTPUTS


def main(argv: list[str]) -> int:
    """The exit status of ``sightglass rules`` with these arguments."""
    try:
        arguments = _arguments(argv)
        settings = settings_of(arguments)
        console = arguments.console_url or url_of(settings.console_listen)
        places = Places(*(url.rstrip("/") for url in (console, arguments.grafana_url, arguments.runbook_url)))
        slow, refused = objectives.latency_alerts(settings.objectives, places)
        poor, more = objectives.quality_alerts(arguments.quality, places)
        notes = [*refused, *more]
        files = {
            "recording.yml": render("recording", [*latency(), *verdicts(), *drift()], "30s"),
            "objectives.yml": render("objectives", [*slow, *poor], "30s", notes),
            "behaviour.yml": render("behaviour", [*behaviour_alerts(places), *upstream_alerts(places)], "30s"),
            "pipeline.yml": render(
                "pipeline", [*pipeline_alerts(places), *money_alerts(places), *experiment_alerts(places)], "30s"
            ),
            "meta.yml": render("meta", meta_alerts(places), "30s"),
        }
        sys.stderr.write("".join(f"sightglass rules: {note}\n" for note in notes))
        return _compare(arguments.output, files) if arguments.check else _write(arguments.output, files)
    except ConfigError as error:
        sys.stderr.write("".join(f"sightglass: {problem}\n" for problem in error.problems))
        return 2
    except WrongUsage as error:
        sys.stderr.write(f"sightglass rules: {error}\n")
        return 2


def _arguments(argv: list[str]) -> argparse.Namespace:
    parser = Parser(
        prog="sightglass rules", description="Writes Prometheus rules for the objectives in a configuration."
    )
    add_options(parser)
    default = Places()
    parser.add_argument("--output", type=Path, required=True, metavar="DIR", help="folder for the rule files")
    parser.add_argument(
        "--check", action="store_true", help="write nothing; exit with 1 when the existing files differ"
    )
    parser.add_argument(
        "--quality",
        type=_quality,
        action="append",
        default=[],
        metavar="SCORER.OUTPUT=SHARE",
        help="the event does not happen in at least this share of applicable answers (refusal.refused=0.95)",
    )
    parser.add_argument(
        "--console-url",
        metavar="URL",
        help="where links to the console lead (default: console_listen of the configuration)",
    )
    parser.add_argument(
        "--grafana-url",
        default=default.grafana,
        metavar="URL",
        help=f"where links to Grafana lead (default: {default.grafana})",
    )
    parser.add_argument(
        "--runbook-url",
        default=default.runbook,
        metavar="URL",
        help="page with the runbooks (default: docs/operations.md)",
    )
    arguments = parser.parse_args(argv)
    names = [(item.scorer, item.output) for item in arguments.quality]
    if len(set(names)) != len(names):
        raise WrongUsage("--quality: an output has two objectives")
    return arguments


def _quality(text: str) -> Quality:
    name, _, number = text.partition("=")
    scorer, _, output = name.partition(".")
    try:
        share = float(number)
    except ValueError:
        share = 0.0
    if output not in OUTPUTS.get(scorer, ()) or not 0.0 < share < 1.0:
        raise argparse.ArgumentTypeError(f"{text!r} is not SCORER.OUTPUT=SHARE with a known output and 0 < SHARE < 1")
    return Quality(scorer, output, share)


def _write(folder: Path, files: dict[str, str]) -> int:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in files.items():
            write_whole(folder / name, text.encode(), private=False)
    except OSError as error:
        raise WrongUsage(f"--output: {error.filename}: {error.strerror}") from None
    sys.stderr.write(f"sightglass rules: {len(files)} rule files written to {folder}: {', '.join(files)}\n")
    return 0


def _compare(folder: Path, files: dict[str, str]) -> int:
    others = [name for name, text in files.items() if not _same(folder / name, text)]
    sys.stderr.write("".join(f"{folder / name}: differs\n" for name in others))
    return 1 if others else 0


def _same(path: Path, text: str) -> bool:
    return path.is_file() and path.read_text(encoding="utf-8") == text
