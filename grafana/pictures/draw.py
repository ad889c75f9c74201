"""``python -m grafana.pictures.draw``: renders the dashboards to docs/images with Grafana's own components.

The data is synthetic: hours of a day on which a provider changed a model. A real Prometheus serves it, the dashboards'
own expressions query it, and ``@grafana/ui`` in Chromium draws it. This is not Grafana itself, but its panels. Needs
``npm ci`` here, and prometheus, promtool and chromium on the PATH. Output: ``docs/images/dashboard-NAME.png``.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import httpx

from grafana.generate import BOARDS
from grafana.pictures.story import openmetrics

HERE = Path(__file__).resolve().parent
IMAGES = HERE.parents[1] / "docs" / "images"
_PORT = 19731
_HOURS = 24
_STEP = 300
#: Board -> (hours shown, down to which grid row it is drawn).
SHOWN = {
    "sightglass-overview": (24, 30), "sightglass-behaviour": (24, 46),
    "sightglass-cost-latency": (24, 48), "sightglass-pipeline": (24, 48),
}  # fmt: skip


def filled(expression: str) -> str:
    """An expression with each dashboard variable set to its first value."""
    for name, value in (
        ("$__rate_interval", "30m"), ("$app|all", ".*"), ("$model|all", ".*"), ("$app", ".*"), ("$model", ".*"),
        ("$output", "refused"), ("$one", "gpt-4o-mini"),
    ):  # fmt: skip
        expression = expression.replace(name, value)
    return expression


def answers(client: httpx.Client, board: dict[str, Any], start: int, end: int) -> dict[int, list[dict[str, Any]]]:
    """Prometheus's response to each panel's queries."""
    found = {}
    for panel in board["panels"]:
        if panel["type"] == "row":
            continue
        told = found[panel["id"]] = []
        for target in panel["targets"]:
            query = {"query": filled(target["expr"])}
            path, more = (
                ("query", {"time": end})
                if target["instant"]
                else ("query_range", {"start": start, "end": end, "step": _STEP})
            )
            body = client.get(f"/api/v1/{path}", params=query | more).json()
            assert body["status"] == "success", (target["expr"], body)
            told.append({"refId": target["refId"], "legend": target["legendFormat"], "series": body["data"]["result"]})
    return found


def page(board: dict[str, Any], told: dict[int, Any], start: int, end: int, until: int) -> str:
    """The HTML page that draws the panels."""
    titles = {panel["id"]: filled(panel["title"]) for panel in board["panels"]}
    story = {"board": board, "answers": told, "from": start, "to": end, "until": until, "titles": titles}
    data = json.dumps(story).replace("<", "\\u003c")
    return (
        '<!doctype html><meta charset="utf-8"><link rel="stylesheet" href="draw.css"><style>body{margin:0}</style>'
        f'<div id="root"></div><script>window.story={data}</script><script src="draw.js"></script>'
    )


def shoot(name: str, text: str, folder: Path, height: int) -> None:
    """Take a screenshot of one page."""
    source = folder / f"{name}.html"
    source.write_text(text, encoding="utf-8")
    for part in ("draw.js", "draw.css"):
        shutil.copy(HERE / "build" / part, folder / part)
    picture = IMAGES / f"dashboard-{name.removeprefix('sightglass-')}.png"
    browser = shutil.which("chromium") or "google-chrome"
    flags = ["--headless=new", "--no-sandbox", "--hide-scrollbars", "--disable-gpu", "--allow-file-access-from-files"]
    flags += [f"--window-size=1616,{height}", "--virtual-time-budget=15000", f"--screenshot={picture}"]
    subprocess.run([browser, *flags, source.as_uri()], check=True, timeout=120, capture_output=True)


def main() -> int:
    """Returns the exit status."""
    subprocess.run(["node", "bundle.mjs"], cwd=HERE, check=True, timeout=300)
    end = int(time.time()) // _STEP * _STEP - _STEP
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "story.om").write_text(openmetrics(end, _HOURS + 1), encoding="utf-8")
        blocks = [
            "promtool",
            "tsdb",
            "create-blocks-from",
            "openmetrics",
            str(folder / "story.om"),
            str(folder / "tsdb"),
        ]
        subprocess.run(blocks, check=True, timeout=300, capture_output=True)
        (folder / "prometheus.yml").write_text("{}", encoding="utf-8")
        command = ["prometheus", f"--config.file={folder}/prometheus.yml", f"--storage.tsdb.path={folder}/tsdb"]
        command += [f"--web.listen-address=127.0.0.1:{_PORT}", "--storage.tsdb.retention.time=30d", "--log.level=error"]
        server = subprocess.Popen(command)
        try:
            with httpx.Client(base_url=f"http://127.0.0.1:{_PORT}", timeout=60, trust_env=False) as client:
                _wait(client)
                for board in BOARDS:
                    hours, until = SHOWN[board.uid]
                    document, start = board.as_json(), end - hours * 3600
                    bottom = max(
                        p["gridPos"]["y"] + p["gridPos"]["h"] for p in document["panels"] if p["gridPos"]["y"] < until
                    )
                    told = answers(client, document, start, end)
                    shoot(board.uid, page(document, told, start, end, until), folder, bottom * 38 + 60)
        finally:
            server.terminate()
            server.wait(20)
    return 0


def _wait(client: httpx.Client) -> None:
    for _ in range(200):
        try:
            if client.get("/-/ready").status_code == 200:
                return
        except httpx.HTTPError:
            pass
        time.sleep(0.1)
    raise TimeoutError("Prometheus is not ready")


if __name__ == "__main__":
    sys.exit(main())
