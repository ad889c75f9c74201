"""``sightglass probe label FILE``: what people say of answers to probes, so that the scorers' errors are known.

The file is what ``run export RUN --format jsonl`` writes, with ``"label": "yes"`` or ``"no"`` added to some lines: yes
where the answer does what the battery looks for (it asks, it admits). Lines without a label are skipped.
"""

from __future__ import annotations

import sys
from pathlib import Path

import orjson

from scorers.commands.options import Parser, Problems, WrongUsage, add_options, settings_of, user_name
from scorers.commands.suite_source import opened
from scorers.probes.battery import BATTERIES, load
from scorers.probes.conclude import concluded
from scorers.store.asking import AskStore
from scorers.store.runs import AskKey, Purpose, RunState

_LONGEST = 100_000_000


def main(argv: list[str]) -> int:
    """The exit status of ``probe label``. Nothing is stored of a file with a wrong line."""
    parser = Parser(
        prog="sightglass probe label",
        description="Stores what people say of answers to probes. With at least 20 of each kind, the ratio of a "
        "battery that scorers judge is corrected for their errors.",
    )
    add_options(parser)
    parser.add_argument("file", type=Path, metavar="FILE", help="lines of `run export --format jsonl`, with a label")
    parser.add_argument("--annotator", default=user_name(), help="whose labels these are (default: your user)")
    arguments = parser.parse_args(argv)
    with opened(settings_of(arguments)) as store:
        lines = _lines(arguments.file)
        stored = sum(store.asking.label(run, key, label, arguments.annotator) for run, key, label in lines)
        for run in sorted({run for run, _, _ in lines}):
            _again(store.asking, run)
    sys.stderr.write(f"sightglass probe label: {stored} labels stored, {len(lines) - stored} have no such answer\n")
    return 0


def _lines(path: Path) -> list[tuple[str, AskKey, str]]:
    """The labelled lines. Raises ``WrongUsage`` with what is wrong."""
    data = path.read_bytes()
    if len(data) > _LONGEST:
        raise WrongUsage(f"{path}: expected at most {_LONGEST:,} bytes, found {len(data):,}")
    problems = Problems()
    found: list[tuple[str, AskKey, str]] = []
    for number, line in enumerate(data.splitlines(), 1):
        if not line.strip():
            continue
        try:
            row = orjson.loads(line)
            label = row.get("label")
            key = AskKey(str(row["case_id"]), str(row["arm"]), int(row["repeat"]))
            run = str(row["run"])
            if not 0 <= key.repeat < 2**31:
                raise ValueError
        except (ValueError, TypeError, KeyError, AttributeError):
            problems.add(f"{path}: line {number}: expected a line of `run export --format jsonl`")
            continue
        if label is None:
            continue
        if label not in ("yes", "no"):
            problems.add(f"{path}: line {number}: label: expected yes or no, found {str(label)[:64]!r}")
        elif key.arm not in BATTERIES or not load(key.arm).judged:
            problems.add(f"{path}: line {number}: {key.arm[:64]!r} is decided exactly and needs no label")
        else:
            found.append((run, key, label))
    if problems:
        raise WrongUsage("\nsightglass probe label: ".join(problems.lines))
    return found


def _again(store: AskStore, identity: str) -> None:
    """Make the result of a run that has ended again, with the labels."""
    run = store.run(identity)
    if run is not None and run.purpose == Purpose.PROBE.value and run.state != RunState.RUNNING.value:
        concluded(store, run.id, run.app or "", RunState(run.state))
