"""Live stability from the command line: traffic through the proxy, asked again, against providers whose noise and
wording effect are known."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from support import plain, replies
from support.bridges import DEAF, EFFECT, NOISY, POLITE, SWAYED, WRONG, Bridges, traffic
from support.browser import Browser
from support.processes import ROOT, Sightglass, wait_until
from support.suites import passed, sightglass
from support.upstream import ScriptedUpstream

PROMPTS = 40
ENDS = ("", "_lower", "_upper")
OFFPATH = {"budget_usd_per_day": 5, "apps": {"works": {"send_to": ["scripted"]}}}


@pytest.fixture
def provider() -> Iterator[ScriptedUpstream]:
    """The bridges."""
    with ScriptedUpstream(Bridges()) as server:
        yield server


@pytest.fixture
def served(provider: ScriptedUpstream, start_sightglass: Callable[..., Sightglass]) -> Sightglass:
    """Production of the application ``works`` through all models, scored."""
    upstreams = [{"name": "scripted", "base_url": provider.url, "price": 0}]
    server = start_sightglass(provider.url, apps=["works"], upstreams=upstreams, offpath=OFFPATH)
    for model in (NOISY, DEAF, POLITE, SWAYED):
        traffic(server.url, model, PROMPTS)
    server.wait_scored(4 * PROMPTS)
    return server


def stability(folder: Path, server: Sightglass, model: str, *words: str) -> tuple[dict[str, Any], str]:
    """The result of a run, and what it said on stderr."""
    config = str(server.data_dir.parent / "sightglass.yaml")
    command = ["stability", "run", "--app", "works", "--model", model, "-n", str(PROMPTS), "--json", "--config", config]
    done = sightglass(folder, *command, *words)
    return passed(done), done.stderr


def holds(component: dict[str, float], true: float) -> bool:
    """Whether the interval holds the truth."""
    return component["lower"] <= true <= component["upper"]


def test_known_providers_are_told_apart(provider: ScriptedUpstream, served: Sightglass, tmp_path: Path) -> None:
    """Known noise and wording effect are inside the intervals; a deaf provider is called deaf; one that reacts to
    "please" shows it under ``politeness`` alone; ledger and rates of production are the same before and after."""
    before = served.api("ledger"), served.api("rates", window="24h"), len(served.api("samples", limit=1000)["samples"])
    asked = len(provider.requests)
    found, said = stability(tmp_path, served, NOISY)
    assert list(found) == [
        *("app", "model", "prompts", "asked", "skipped", "noise", "wording", "control", "by_rewrite", "cost_usd")
    ]
    assert (found["app"], found["model"], found["prompts"]) == ("works", NOISY, PROMPTS)
    assert found["asked"] == len(provider.requests) - asked
    assert f"{found['asked']} calls to {NOISY}" in said, "the number of calls is said before"
    assert found["skipped"]["not_applicable"] == PROMPTS  # there are no documents whose order could change
    assert found["cost_usd"] == 0.0
    assert holds(found["noise"], 1 - (1 - WRONG) ** 2), found
    assert holds(found["wording"], 0.0), found
    assert found["control"] == {"n": PROMPTS, "deaf": pytest.approx(0, abs=1)}

    swayed, _ = stability(tmp_path, served, SWAYED)
    assert swayed["noise"] == {"ratio": 0.0, "lower": 0.0, "upper": pytest.approx(0.1, abs=0.05)}
    assert holds(swayed["wording"], EFFECT), swayed
    assert swayed["wording"]["lower"] > 0

    deaf, said = stability(tmp_path, served, DEAF)
    assert deaf["control"] == {"n": PROMPTS, "deaf": PROMPTS}
    assert (deaf["noise"]["ratio"], deaf["wording"]["ratio"]) == (0.0, 0.0)
    assert "a deaf answerer, not a stable one" in said

    polite, _ = stability(tmp_path, served, POLITE)
    assert polite["by_rewrite"]["politeness"]["lower"] > 0.5
    for family in ("verb", "format", "typo"):
        assert polite["by_rewrite"][family]["ratio"] == 0.0
        assert polite["by_rewrite"][family]["upper"] < 0.2

    after = served.api("ledger"), served.api("rates", window="24h"), len(served.api("samples", limit=1000)["samples"])
    assert after == before


def test_nobody_is_asked_without_consent(
    provider: ScriptedUpstream, start_sightglass: Callable[..., Sightglass], tmp_path: Path
) -> None:
    """An application that ``offpath.apps`` does not list is not asked again, and neither is what cannot be."""
    server = start_sightglass(provider.url, apps=["works"])
    traffic(server.url, NOISY, 3)
    server.wait_scored(3)
    config = str(server.data_dir.parent / "sightglass.yaml")
    asked = len(provider.requests)
    refused = sightglass(tmp_path, "stability", "run", "--app", "works", "--config", config)
    assert refused.returncode == 2
    assert "offpath.apps does not list 'works'" in refused.stderr
    assert len(provider.requests) == asked


def _announced(said: str) -> tuple[int, float]:
    """The calls and the USD that a run of three prompts said before its first call."""
    ((calls, usd),) = re.findall(r"3 prompts, (\d+) calls to \S+ at \S+, about ([\d.]+) USD", said)
    return int(calls), float(usd)


def test_a_budget_stops_a_run(
    provider: ScriptedUpstream, start_sightglass: Callable[..., Sightglass], tmp_path: Path
) -> None:
    """A run that ``--max-usd`` does not hold is not begun, and says so in one line. The most that a prompt's calls may
    cost is set aside before the first; beyond ``--max-usd`` none is begun."""
    upstreams = [{"name": "scripted", "base_url": provider.url, "price": {"input": 1, "output": 1000}}]
    server = start_sightglass(provider.url, apps=["works"], upstreams=upstreams, offpath=OFFPATH)
    traffic(server.url, NOISY, 3)
    server.wait_scored(3)
    config = str(server.data_dir.parent / "sightglass.yaml")
    asked = len(provider.requests)
    words = ["stability", "run", "--app", "works", "-n", "3", "--config", config, "--json"]
    refused = sightglass(tmp_path, *words, "--max-usd", "0.05")
    about, (calls, usd) = refused.stderr.splitlines()[-1], _announced(refused.stderr)
    said = f"--max-usd: the run needs about {usd:.4f} USD, and 0.05 is allowed; no call was made"
    assert (refused.returncode, refused.stdout, about) == (2, "", f"sightglass stability run: {said}")
    assert passed(sightglass(tmp_path, "run", "list", "--json", "--config", config))["runs"] == []
    assert 0.05 < usd < 0.5
    done = sightglass(tmp_path, *words, "--max-usd", "0.5")
    assert done.returncode == 2
    assert "the run's budget does not hold the next case" in done.stderr
    assert len(provider.requests) == asked
    found = json.loads(done.stdout)
    assert (found["asked"], found["skipped"]["budget"], found["cost_usd"]) == (0, calls, 0.0)


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_run_that_is_broken_off_is_closed(
    provider: ScriptedUpstream,
    start_sightglass: Callable[..., Sightglass],
    tmp_path: Path,
    number: signal.Signals,
    status: int,
) -> None:
    """After Ctrl-C, and when a container is stopped, no ask is pending: what was asked is kept, what was not is
    skipped, and the command says where."""
    upstreams = [{"name": "scripted", "base_url": provider.url, "price": 0}]
    server = start_sightglass(provider.url, apps=["works"], upstreams=upstreams, offpath=OFFPATH)
    traffic(server.url, NOISY, PROMPTS)
    server.wait_scored(PROMPTS)
    config = str(server.data_dir.parent / "sightglass.yaml")
    words = ["stability", "run", "--app", "works", "-n", str(PROMPTS), "--concurrency", "1", "--config", config]
    said, asked = tmp_path / "said.txt", len(provider.requests)
    with said.open("wb") as stream:
        command = [sys.executable, "-m", "proxy.cli", *words]
        environ = {**os.environ, "PYTHONPATH": str(ROOT)}
        running = subprocess.Popen(command, cwd=tmp_path, env=environ, stderr=stream, stdout=subprocess.DEVNULL)
        wait_until(lambda: len(provider.requests) > asked, 60, "the run has begun")
        running.send_signal(number)
        assert running.wait(60) == status
    assert "Traceback" not in said.read_text()
    run = said.read_text().split("interrupted; what was asked until then is kept as ")[1].split()[0]
    shown = sightglass(tmp_path, "run", "show", run, "--config", config)
    ledger = dict(re.findall(r"(\w+) (\d+)", shown.stdout.split("ledger: ")[1]))
    assert ledger["pending"] == "0"
    assert int(ledger["skipped"]) > 0
    listed = json.loads(sightglass(tmp_path, "run", "list", "--config", config, "--json").stdout)["runs"]
    assert [own["state"] for own in listed if own["run"] == run] == ["stopped"]


#: Families of production: requests of our own change no line of them.
PRODUCTION = (
    *("sightglass_requests_total", "sightglass_tokens_total", "sightglass_cost_usd_total", "sightglass_unpriced_total"),
    *("sightglass_sampling_decisions_total", "sightglass_finish_reasons_total", "sightglass_unmetered_total"),
    *("sightglass_scorer_results_total", "sightglass_scored_samples_total", "sightglass_verdicts_estimated_total"),
    *("sightglass_verdict_ratio{", "sightglass_request_duration_seconds_count", "sightglass_ledger"),
)


def production(server: Sightglass) -> list[str]:
    """The lines of both pages that are production's."""
    pages = server.metrics() + server.metrics("worker")
    return sorted(line for line in pages.splitlines() if line.startswith(PRODUCTION))


def test_a_worker_measures_by_itself_and_production_does_not_notice(
    provider: ScriptedUpstream, start_sightglass: Callable[..., Sightglass], tmp_path: Path
) -> None:
    """With stability and probes on, the worker runs both and exports them with their bounds; every named family of
    production is exactly as it is without them."""
    upstreams = [{"name": "scripted", "base_url": provider.url, "price": 0}]
    probes = {"apps": ["works"], "batteries": ["leak", "vague"]}
    more = {"stability": {"apps": ["works"], "share": 1.0, "repeats": 3}, "probes": probes}
    quiet = start_sightglass(provider.url, apps=["works"], upstreams=upstreams, offpath=OFFPATH)
    busy = start_sightglass(provider.url, apps=["works"], upstreams=upstreams, offpath=OFFPATH, **more)
    for server in (quiet, busy):
        traffic(server.url, POLITE, 14)
        server.wait_scored(14)
    labels = f'{{app="works",model="{POLITE}"'
    wanted = [f"sightglass_stability_{kind}_ratio{end}{labels}" for kind in ("noise", "wording") for end in ENDS]
    wanted += [f'sightglass_probe_success_ratio{end}{{app="works",battery="leak"' for end in ENDS]
    wanted += ['sightglass_offpath_requests_total{app="works",purpose="stability",result="ok"}']
    wanted += ['sightglass_drift_samples{app="works",model="polite-1",signal="stability.wording"}']
    wait_until(lambda: all(line in busy.metrics("worker") for line in wanted), 120.0, "both were measured")
    wait_until(lambda: production(busy) == production(quiet), 20.0, "production's families are equal")
    assert production(quiet)
    assert not any(line.startswith("sightglass_stability") for line in quiet.metrics("worker").splitlines())

    (own,) = busy.api("stability")["stability"]
    assert (own["app"], own["model"], own["state"]) == ("works", POLITE, "done")
    assert own["by_rewrite"]["politeness"]["ratio"] == 1.0
    (probed,) = busy.api("probes", app="works")["probes"]
    assert [row["battery"] for row in probed["targets"][0]["batteries"]] == ["leak", "vague"]
    assert busy.api("stability", app="nobody")["stability"] == []
    for path, words in (("/stability", "politeness"), ("/probes", "leak"), (f"/stability/{own['run']}", "bridge")):
        page = plain.get(busy.console_url + path, headers={"accept": "text/html"})
        assert page.status_code == 200, path
        assert words in page.text
    _fit(busy, ("/stability", f"/stability/{own['run']}", "/probes"), tmp_path / "profile")


def _fit(server: Sightglass, paths: tuple[str, ...], profile: Path) -> None:
    """No page is wider than its window, on a phone and on a desk.

    With ``SIGHTGLASS_PICTURES`` set to a folder, pictures of the pages are left there.
    """
    folder = os.environ.get("SIGHTGLASS_PICTURES")
    with Browser(profile) as browser:
        for width in (390, 1280):
            browser.look(width, dark=width == 390)
            for path in paths:
                browser.go(server.console_url + path)
                assert browser.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, (path, width)
                if folder:
                    name = path.strip("/").partition("/")
                    picture = f"{name[0]}{'-run' if name[2] else ''}-{width}.png"
                    (Path(folder) / picture).write_bytes(browser.picture())


def test_answers_that_end_in_their_reasoning_are_not_paid_for_without_end(
    provider: ScriptedUpstream, start_sightglass: Callable[..., Sightglass], tmp_path: Path
) -> None:
    """A model that thinks longer than its limit says nothing that could be compared: the run stops, and says why."""
    upstreams = [{"name": "scripted", "base_url": provider.url, "price": {"input": 1, "output": 1}}]
    server = start_sightglass(provider.url, apps=["works"], upstreams=upstreams, offpath=OFFPATH)
    traffic(server.url, NOISY, 5)
    server.wait_scored(5)
    thinks = {"content": "", "reasoning_content": "Let me think about that."}
    told = {"prompt_tokens": 20, "completion_tokens": 9}
    choice = {"index": 0, "message": {"role": "assistant", **thinks}, "finish_reason": "length"}
    document = {"id": "c", "object": "chat.completion", "model": NOISY, "choices": [choice], "usage": told}
    provider.script = lambda request: replies.http(200, json.dumps(document).encode())
    asked = len(provider.requests)
    words = ["--config", str(server.data_dir.parent / "sightglass.yaml"), "--json", "--concurrency", "1"]
    done = sightglass(tmp_path, "stability", "run", "--app", "works", "-n", "5", *words)
    why = "10 answers in a row said nothing: the limit on tokens ended each of them in its reasoning"
    assert (done.returncode, done.stderr.splitlines()[-1]) == (2, f"sightglass stability run: stopped: {why}")
    assert len(provider.requests) - asked == 10
    found = json.loads(done.stdout)
    assert (found["asked"], found["noise"]["ratio"], found["cost_usd"]) == (10, None, pytest.approx(10 * 29 / 1e6))
