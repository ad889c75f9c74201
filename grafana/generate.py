"""``python -m grafana.generate [--check]``: writes the four dashboards and the table of questions in README.md.

With ``--check`` nothing is written; the exit status is 1 when a file is out of date. Fails when a panel uses a metric
that ``proxy/telemetry/metrics.py`` does not define.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

from grafana import behaviour, cost_latency, overview, pipeline
from grafana.board import Board
from proxy.telemetry.metrics import METRICS

BOARDS = (overview.BOARD, behaviour.BOARD, cost_latency.BOARD, pipeline.BOARD)
FOLDER = Path(__file__).resolve().parent
#: Prometheus's own.
_FOREIGN = frozenset({"ALERTS"})
_BEGIN, _END = "<!-- questions: written by generate.py -->", "<!-- end of questions -->"


def check_metrics(board: Board) -> None:
    """Raises ``ValueError`` when a panel uses a metric that is not exported."""
    known = {metric.name for metric in METRICS} | _FOREIGN
    for row in board.rows:
        for panel in row.panels:
            unknown = set(panel.metrics) - known
            if unknown:
                raise ValueError(f"{board.uid}: {panel.title}: nothing exports {', '.join(sorted(unknown))}")


def questions() -> str:
    """The table for README.md: the question of every panel."""
    lines = []
    for board in BOARDS:
        lines += [f"### {board.title}", "", board.description, "", "| panel | question |", "|---|---|"]
        lines += [f"| {panel.title} | {panel.question} |" for row in board.rows for panel in row.panels]
        lines.append("")
    return "\n".join(lines)


def files() -> dict[Path, str]:
    """Every generated file with its text."""
    found: dict[Path, str] = {}
    for board in BOARDS:
        check_metrics(board)
        path = FOLDER / "dashboards" / f"{board.uid}.json"
        found[path] = json.dumps(board.as_json(), indent=2, ensure_ascii=False) + "\n"
    readme = FOLDER / "README.md"
    text = readme.read_text(encoding="utf-8")
    pattern = re.compile(f"{re.escape(_BEGIN)}.*{re.escape(_END)}", re.DOTALL)
    found[readme] = pattern.sub(lambda _: f"{_BEGIN}\n\n{questions()}\n{_END}", text)
    return found


def main(argv: list[str]) -> int:
    """Returns the exit status."""
    differ = [path for path, text in files().items() if not path.is_file() or path.read_text(encoding="utf-8") != text]
    if "--check" in argv:
        sys.stderr.write("".join(f"{path}: not what `python -m grafana.generate` writes\n" for path in differ))
        return 1 if differ else 0
    for path in differ:
        path.parent.mkdir(exist_ok=True)
        path.write_text(files()[path], encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
