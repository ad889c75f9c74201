"""The dashboards: what the generator writes, valid, over metrics that exist, with something to show."""

from __future__ import annotations

import json
import math
import re
import subprocess
import sys
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import openai
import pytest
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.cog.plugins import register_default_plugins

from proxy.telemetry.metrics import METRICS
from scorers.rules import limits
from support import backfill, replies
from support.alerting import alerts
from support.processes import ROOT, Prometheus, Sightglass
from support.upstream import Recorded, ScriptedUpstream, Step

with warnings.catch_warnings():
    # There is a newer schema, which Grafana 10.4 does not read.
    warnings.simplefilter("ignore", DeprecationWarning)
    from grafana_foundation_sdk.models.dashboard import Dashboard

FILES = sorted((ROOT / "grafana" / "dashboards").glob("*.json"))
BOARDS: dict[str, dict[str, Any]] = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in FILES}
VARIABLES = {"$__rate_interval": "10m", "$app|all": ".*", "$model|all": ".*", "$app": ".*", "$model": ".*"}


def panels(board: str) -> list[dict[str, Any]]:
    """The panels that show something; not the headings."""
    return [panel for panel in BOARDS[board]["panels"] if panel["type"] != "row"]


def expressions(board: str) -> Iterator[tuple[str, str]]:
    """(where, PromQL with its variables) of everything that a dashboard asks."""
    for panel in panels(board):
        for target in panel["targets"]:
            yield f"{panel['title']} {target['refId']}", target["expr"]
    for note in BOARDS[board]["annotations"]["list"]:
        yield note["name"], note["expr"]


def filled(expression: str, interval: str = "10m", one: str = "m-large") -> str:
    """An expression with values in place of the dashboard's variables."""
    for name, value in {**VARIABLES, "$__rate_interval": interval, "$output": "refused", "$one": one}.items():
        expression = expression.replace(name, value)
    assert "$" not in expression, expression
    return expression


def test_the_files_are_what_the_generator_writes() -> None:
    """`python -m grafana.generate` would change nothing."""
    done = subprocess.run(
        [sys.executable, "-m", "grafana.generate", "--check"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_there_are_four_and_they_are_linked() -> None:
    """Each has its uid in its file's name, the tag of the others' links, and the links."""
    assert set(BOARDS) == {f"sightglass-{name}" for name in ("overview", "behaviour", "cost-latency", "pipeline")}
    for name, board in BOARDS.items():
        assert (board["uid"], board["schemaVersion"], board["tags"]) == (name, 39, ["sightglass"])
        assert board["links"][0]["tags"] == ["sightglass"]
        assert "__inputs" not in board
        assert board["templating"]["list"][0]["name"] == "datasource"
    linked = {rule["annotations"]["dashboard_url"].rsplit("/", 1)[1] for rule in alerts()}
    assert linked <= set(BOARDS)


@pytest.mark.parametrize("board", BOARDS)
def test_every_panel_is_whole(board: str) -> None:
    """Title, question, metric, unit, data source; below 25 panels; nothing overlaps; ids are different."""
    shown = panels(board)
    assert len(shown) < 25
    assert len({panel["id"] for panel in BOARDS[board]["panels"]}) == len(BOARDS[board]["panels"])
    taken: set[tuple[int, int]] = set()
    for panel in shown:
        question, _, metric = panel["description"].partition("\n\nMetric: ")
        assert panel["title"] and "?" in question and re.search(r"`\w+`", metric), panel["title"]
        assert panel["fieldConfig"]["defaults"]["unit"]
        assert panel["datasource"]["uid"] == "${datasource}"
        assert all(target["datasource"]["uid"] == "${datasource}" for target in panel["targets"])
        grid = panel["gridPos"]
        cells = {
            (x, y) for x in range(grid["x"], grid["x"] + grid["w"]) for y in range(grid["y"], grid["y"] + grid["h"])
        }
        assert not cells & taken and grid["x"] + grid["w"] <= 24, panel["title"]
        taken |= cells


@pytest.mark.parametrize("board", BOARDS)
def test_rates_follow_the_zoom(board: str) -> None:
    """Time series take `$__rate_interval`; a fixed window only where the title or the table says it."""
    for panel in panels(board):
        for target in panel["targets"]:
            fixed = re.findall(r"\[(\d+[mhd])\]", target["expr"])
            assert not fixed or panel["type"] in ("stat", "table") or "interval" in panel["title"], panel["title"]


@pytest.mark.parametrize("board", BOARDS)
def test_n_stands_beside_every_share(board: str) -> None:
    """A panel in per cent also shows on how many samples it rests."""
    for panel in panels(board):
        if panel["fieldConfig"]["defaults"]["unit"] != "percentunit":
            continue
        legends = [target["legendFormat"].split(" ")[0] for target in panel["targets"]]
        renamed = [
            name for change in panel["transformations"] for name in change["options"].get("renameByName", {}).values()
        ]
        assert "n" in [*legends, *renamed], panel["title"]


def _queried() -> Iterator[str]:
    for board in BOARDS:
        for _, text in expressions(board):
            yield from re.findall(r"(?<![\w:])(?:sightglass_\w+|ALERTS|up)(?![\w:])", text)
        for variable in BOARDS[board]["templating"]["list"][1:]:
            yield from re.findall(r"sightglass_\w+", variable["definition"])


def test_every_metric_is_defined_in_the_code() -> None:
    """And every metric that is defined is shown somewhere, or has its reason not to be."""
    known = {metric.name for metric in METRICS}
    parts = {f"{name}_{part}": name for name in known for part in ("bucket", "count", "sum")}
    queried = {parts.get(name, name) for name in _queried()}
    assert queried - known == {"ALERTS"}
    elsewhere = {
        "sightglass_config_reload_timestamp_seconds": "in the texts of alerts",
        "sightglass_drift_samples": "how far a baseline is learned: the console",
        "sightglass_judge_control_agreement_ratio": "the console",
        "sightglass_judge_self_consistency_ratio": "the console",
        "sightglass_judge_rechecks_total": "the console",
        "sightglass_model_shutdowns_dropped_total": "how far a list of models is read: docs/metrics.md",
        "sightglass_modality_tokens_total": "of those that have sound or pictures: docs/metrics.md",
        "sightglass_trimmed_untold": "a bound of a million ids, which a working worker never reaches: docs/metrics.md",
    }
    assert known - queried <= set(elsewhere), sorted(known - queried)


def test_lines_are_where_alerts_fire() -> None:
    """A panel's threshold is a number in the rule of the alert."""
    text = " ".join(rule["expr"] for rule in alerts())
    asked = {
        name: getattr(limits, name)
        for name in ("UPSTREAM_FAILING", "DROPPED", "SCORER_FAILING", "BEHIND_SECONDS", "KAPPA", "SHUTDOWN_SECONDS")
    }
    drawn = {
        panel["fieldConfig"]["defaults"]["thresholds"]["steps"][1]["value"]
        for board in BOARDS
        for panel in panels(board)
        if len(panel["fieldConfig"]["defaults"]["thresholds"]["steps"]) > 1
    }
    for number in asked.values():
        assert number in drawn
        assert re.search(rf"[<>]=? {number:.12g}(?![\d.])", text), number
    assert drawn - set(asked.values()) == {1}  # states: drifted, dead letters, out of order, exactly one


@pytest.fixture(scope="module")
def filled_prometheus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Prometheus, int]]:
    """A real Prometheus over an hour of every metric, and the moment it ends."""
    folder = tmp_path_factory.mktemp("backfill")
    end = backfill.end_of_now()
    blocks = backfill.write_blocks(backfill.openmetrics(end), folder)
    server = Prometheus(folder, ["127.0.0.1:1"], blocks)
    yield server, end
    server.stop()


@pytest.mark.real_servers
@pytest.mark.parametrize("board", BOARDS)
def test_every_query_shows_something(board: str, filled_prometheus: tuple[Prometheus, int]) -> None:
    """Each expression is valid, and none is empty where every metric has data."""
    server, end = filled_prometheus
    empty = [where for where, text in expressions(board) if not server.query(filled(text), end)]
    assert empty == []


@pytest.mark.parametrize("board", BOARDS)
def test_grafana_s_own_types_lose_nothing(board: str) -> None:
    """Read into Grafana's schema and written again, every field is still there: none is misspelt."""
    register_default_plugins()
    assert _lost(BOARDS[board]) == []


def test_a_misspelt_field_would_be_found() -> None:
    """What the test above rests on."""
    register_default_plugins()
    board = json.loads(json.dumps(BOARDS["sightglass-overview"]))
    panel = next(panel for panel in board["panels"] if panel["type"] == "timeseries")
    panel["gridPoz"] = panel["gridPos"]
    panel["options"]["legend"]["placemant"] = "right"
    assert {path.rsplit(".", 1)[1] for path in _lost(board)} == {"gridPoz", "placemant"}


def _lost(board: dict[str, Any]) -> list[str]:
    again = json.loads(json.dumps(Dashboard.from_json(board), cls=JSONEncoder))
    return list(_differences(board, again, ""))


def _differences(ours: Any, theirs: Any, path: str) -> Iterator[str]:
    if isinstance(ours, dict) and isinstance(theirs, dict):
        for key, value in ours.items():
            if key in theirs:
                yield from _differences(value, theirs[key], f"{path}.{key}")
            elif value not in (None, {}, []):
                yield f"{path}.{key}"
    elif isinstance(ours, list) and isinstance(theirs, list) and len(ours) == len(theirs):
        for index, (one, other) in enumerate(zip(ours, theirs, strict=True)):
            yield from _differences(one, other, f"{path}[{index}]")
    elif ours != theirs:
        yield f"{path}: {ours!r} became {theirs!r}"


def _answer(request: Recorded) -> list[Step]:
    return replies.stream(replies.chat_events("I'm sorry, but I can't help with that request."))


@pytest.mark.real_servers
def test_the_overview_of_a_live_sightglass(
    start_sightglass: Callable[..., Sightglass], start_prometheus: Callable[..., Prometheus]
) -> None:
    """Over the pages of a running Sightglass: what has happened is on the panels that ask for it."""
    with ScriptedUpstream(_answer) as upstream:
        objective = {"app": "*", "signal": "duration", "below_seconds": 30, "share": 0.9}
        process = start_sightglass(upstream.url, objectives=[objective])
        console = process.console_url.removeprefix("http://")
        prometheus = start_prometheus(process.config["metrics_listen"], console)
        prometheus.wait_up()
        client = openai.OpenAI(base_url=f"{process.url}/v1", api_key="sk-test", max_retries=0)
        for done in (3, 6):  # a counter shows no growth before its second value
            for _ in range(3):
                messages = [{"role": "user", "content": "Where is the lamp?"}]
                list(client.chat.completions.create(model=replies.MODEL, messages=messages, stream=True))
            process.wait_scored(done)
            for seen in ('sightglass_scored_samples_total{scorer="refusal"}', "sightglass_requests_total"):
                prometheus.wait_value(f"sum({seen})", lambda n, m=done: n >= m)
        wanted = {
            "sightglass-overview": [
                "Requests",
                "Processes",
                "Requests by outcome",
                "Time to first token",
                "Objectives missed",
            ],
            "sightglass-behaviour": ["Refusals", "Shares of the last 24 hours"],
            "sightglass-pipeline": [
                "What sampling decided",
                "Results",
                "Ledger: requests",
                "Ledger: samples",
                "Backlog",
            ],
        }
        for board, titles in wanted.items():
            for panel in panels(board):
                if panel["title"] in titles:
                    text = filled(panel["targets"][0]["expr"], "1m")
                    prometheus.wait_value(f"count({text})", lambda n: n >= 1)


@pytest.mark.real_servers
def test_nothing_observed_is_no_value(tmp_path: Path) -> None:
    """Without traffic a percentile and a share are not drawn, instead of being shown as NaN or infinite."""
    end = backfill.end_of_now()
    blocks = backfill.write_blocks(backfill.openmetrics(end, growing=False), tmp_path)
    server = Prometheus(tmp_path, ["127.0.0.1:1"], blocks)
    try:
        odd = [
            (where, text)
            for board in BOARDS
            for where, text in expressions(board)
            for series in server.query(filled(text), end)
            if not math.isfinite(float(series["value"][1]))
        ]
    finally:
        server.stop()
    assert odd == []


def _shown(board: str, title: str) -> tuple[dict[str, Any], list[str]]:
    """A panel's defaults, and the names of its fields as its overrides see them."""
    panel = next(panel for panel in panels(board) if panel["title"] == title)
    return panel["fieldConfig"], [target["legendFormat"] for target in panel["targets"]]


@pytest.mark.parametrize("title", ["Experiments", "Judge on known answers", "Time left of models in use"])
def test_what_may_be_negative_is_not_cut_off(title: str) -> None:
    """A candidate that is worse, a judge worse than chance, a date that has passed: their lines lie below zero."""
    board = "sightglass-cost-latency" if title.startswith("Time") else "sightglass-behaviour"
    config, _ = _shown(board, title)
    assert config["defaults"].get("min", -1) == -1


def test_an_experiment_s_numbers_have_their_own_axis() -> None:
    """Hundreds of conversations beside a mean between -1 and 1 would make a flat line of it."""
    config, names = _shown("sightglass-behaviour", "Experiments")
    numbers = next(one for one in config["overrides"] if "custom.axisLabel" in [it["id"] for it in one["properties"]])
    pattern = re.compile(numbers["matcher"]["options"].strip("/"))
    assert [name for name in names if pattern.search(name)] == ["n {{experiment}}"]
    assert {"id": "min", "value": 0} in numbers["properties"]
