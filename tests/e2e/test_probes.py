"""Probes from the command line: targets from traffic, attacks against providers whose weaknesses are known."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from support.front_desk import ASKER, FORGETFUL, HONEST, INVENTOR, LEAKS, LEAKY, STONE, SYSTEM, FrontDesk, traffic
from support.processes import Sightglass
from support.suites import passed, sightglass
from support.upstream import ScriptedUpstream

CONFIG = {
    "apps": ["parcels"],
    "offpath": {"budget_usd_per_day": 5, "concurrency": 8, "apps": {"parcels": {"send_to": ["scripted"]}}},
}
PROBES = {"apps": ["parcels"]}


@pytest.fixture
def provider() -> Iterator[ScriptedUpstream]:
    """The front desk."""
    with ScriptedUpstream(FrontDesk()) as server:
        yield server


def serve(start: Callable[..., Sightglass], provider: ScriptedUpstream, price: object = 0) -> Sightglass:
    """Sightglass in front of the desk. The worker's configuration lists nobody, so that only commands probe."""
    upstreams = [{"name": "scripted", "base_url": provider.url, "price": price}]
    server = start(provider.url, **{**CONFIG, "upstreams": upstreams})
    listing(server).write_text(yaml.safe_dump({**server.config, "probes": PROBES}), encoding="utf-8")
    return server


def listing(server: Sightglass) -> Path:
    """The configuration of the commands, which lists the application."""
    return server.data_dir.parent / "probing.yaml"


def probe(folder: Path, server: Sightglass, *words: str) -> tuple[dict[str, Any], str]:
    """The result of a run, and what it said on stderr."""
    config = str(listing(server))
    done = sightglass(folder, "probe", "run", "--app", "parcels", "--json", "--config", config, *words)
    return passed(done), done.stderr


def rows(found: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The batteries of the only target, by name."""
    (target,) = found["targets"]
    return {row["battery"]: row for row in target["batteries"]}


def test_attacks_on_known_providers(
    provider: ScriptedUpstream, start_sightglass: Callable[..., Sightglass], tmp_path: Path
) -> None:
    """A provider that leaks with a known probability: its intervals hold it. One that refuses everything: no attack
    gets through, and its utility of 0 stands beside. Production's figures are the same before and after."""
    server = serve(start_sightglass, provider)
    for model in (LEAKY, STONE):
        traffic(server.url, model)
    server.wait_scored(6)
    before = server.api("ledger"), server.api("rates", window="24h"), len(server.api("samples", limit=100)["samples"])
    asked = len(provider.requests)

    attacks = [word for name in ("injection", "leak", "jailbreak", "edge", "stuffing") for word in ("--battery", name)]
    found, said = probe(tmp_path, server, "--model", LEAKY, *attacks)
    assert list(found) == ["targets", "cost_usd", "skipped"]
    (target,) = found["targets"]
    assert list(target) == ["app", "model", "system_prompt_hash", "tools_hash", "utility", "batteries"]
    assert (target["app"], target["model"], target["tools_hash"]) == ("parcels", LEAKY, None)
    assert target["system_prompt_hash"]
    assert "some providers act against accounts" in said
    assert f"{len(provider.requests) - asked} calls" in said
    for row in target["batteries"]:
        assert list(row) == ["battery", "attacks", "successes", "ratio", "lower", "upper", "hit_at_k", "corrected"]
        assert row["lower"] <= LEAKS <= row["upper"], row
        assert row["hit_at_k"] >= row["ratio"] == row["successes"] / row["attacks"]
        assert row["corrected"] is False
    assert [row["battery"] for row in target["batteries"]] == ["injection", "leak", "jailbreak", "edge", "stuffing"]
    assert target["utility"]["ratio"] == 1.0

    stone, _ = probe(tmp_path, server, "--model", STONE, *attacks)
    assert {row["ratio"] for row in stone["targets"][0]["batteries"]} == {0.0}
    assert stone["targets"][0]["utility"]["ratio"] == 0.0

    after = server.api("ledger"), server.api("rates", window="24h"), len(server.api("samples", limit=100)["samples"])
    assert after == before
    system = [request.json()["messages"][0]["content"] for request in provider.requests[asked:]]
    assert all(text.startswith(SYSTEM) for text in system), "a copy of the system prompt stands in every probe"


def test_behaviours_are_told_apart(
    provider: ScriptedUpstream, start_sightglass: Callable[..., Sightglass], tmp_path: Path
) -> None:
    """Who always invents, always asks, admits, or loses the middle of a long context: each is told apart, with its
    interval."""
    server = serve(start_sightglass, provider)
    for model in (INVENTOR, ASKER, HONEST, FORGETFUL):
        traffic(server.url, model)
    server.wait_scored(12)
    own = [word for name in ("vague", "unknown", "long_context") for word in ("--battery", name)]
    found = {
        model: rows(probe(tmp_path, server, "--model", model, *own)[0])
        for model in (INVENTOR, ASKER, HONEST, FORGETFUL)
    }
    for battery in ("vague", "unknown"):
        assert found[INVENTOR][battery]["outcomes"]["invents"]["lower"] > 0.6
        assert found[ASKER][battery]["outcomes"]["asks"]["lower"] > 0.6
        assert found[HONEST][battery]["outcomes"]["admits"]["lower"] > 0.6
        assert found[HONEST][battery]["outcomes"]["invents"]["upper"] < 0.4
    assert found[ASKER]["vague"]["ratio"] == 1.0
    assert found[HONEST]["unknown"]["ratio"] == 1.0
    assert found[INVENTOR]["unknown"]["ratio"] == 0.0
    by_position = found[FORGETFUL]["long_context"]["outcomes"]
    assert (by_position["start"]["ratio"], by_position["middle"]["ratio"], by_position["end"]["ratio"]) == (1, 0, 1)
    assert by_position["middle"]["upper"] < by_position["start"]["lower"]
    assert found[HONEST]["long_context"]["ratio"] == 1.0
    longest = max(len(request.body) for request in provider.requests)
    assert longest > 60_000, "about 20,000 tokens"


def test_labels_correct_what_scorers_say(
    provider: ScriptedUpstream, start_sightglass: Callable[..., Sightglass], tmp_path: Path
) -> None:
    """From 30 answers of each kind that people have labelled, a battery that scorers judge is corrected; a canary needs
    no label; nothing is stored of a file with a wrong line."""
    server = serve(start_sightglass, provider)
    for model in (INVENTOR, ASKER):
        traffic(server.url, model)
    server.wait_scored(6)
    config = str(server.data_dir.parent / "sightglass.yaml")
    for model in (INVENTOR, ASKER):
        found, _ = probe(tmp_path, server, "--model", model, "--battery", "vague", "--battery", "leak")
        assert rows(found)["vague"]["corrected"] is False
    lines = []
    for run in server.api("probes")["probes"]:
        done = sightglass(
            tmp_path, "run", "export", run["run"], "--format", "jsonl", "--output", "-", "--config", config
        )
        lines += [json.loads(line) for line in done.stdout.splitlines()]
    asked = [line | {"label": "yes" if line["model"] == ASKER else "no"} for line in lines if line["arm"] == "vague"]
    wrong = [*asked, next(line for line in lines if line["arm"] == "leak") | {"label": "no"}]
    (tmp_path / "wrong.jsonl").write_text("".join(json.dumps(line) + "\n" for line in wrong))
    refused = sightglass(tmp_path, "probe", "label", "wrong.jsonl", "--config", config)
    assert refused.returncode == 2
    assert "line 61: 'leak' is decided exactly" in refused.stderr
    assert not any(row["corrected"] for run in server.api("probes")["probes"] for row in run["targets"][0]["batteries"])

    (tmp_path / "labels.jsonl").write_text("".join(json.dumps(line) + "\n" for line in asked))
    done = sightglass(tmp_path, "probe", "label", "labels.jsonl", "--config", config)
    assert (done.returncode, "60 labels stored" in done.stderr) == (0, True), done.stderr
    for run in server.api("probes")["probes"]:
        own = {row["battery"]: row for row in run["targets"][0]["batteries"]}
        assert own["vague"]["corrected"] is True
        assert own["leak"]["corrected"] is False
        assert own["vague"]["ratio"] == (1.0 if run["targets"][0]["model"] == ASKER else 0.0)


def test_nobody_is_probed_who_is_not_listed(
    provider: ScriptedUpstream, start_sightglass: Callable[..., Sightglass], tmp_path: Path
) -> None:
    """Consent to be asked again is no consent to be attacked: ``probes.apps`` must list the application."""
    server = serve(start_sightglass, provider)
    traffic(server.url, LEAKY)
    server.wait_scored(3)
    asked = len(provider.requests)
    config = str(server.data_dir.parent / "sightglass.yaml")
    done = sightglass(tmp_path, "probe", "run", "--app", "parcels", "--config", config)
    assert done.returncode == 2
    assert "probes.apps does not list 'parcels'" in done.stderr
    assert len(provider.requests) == asked


def test_the_budget_is_kept_and_a_change_is_named(
    provider: ScriptedUpstream, start_sightglass: Callable[..., Sightglass], tmp_path: Path
) -> None:
    """A budget that ends early: nothing beyond it is spent, and what was not asked is counted. The next run says what
    changed since."""
    server = serve(start_sightglass, provider, price={"input": 1, "output": 10})
    traffic(server.url, LEAKY)
    server.wait_scored(3)
    little, said = probe(tmp_path, server, "--battery", "leak", "--max-usd", "0.008")
    assert 0 < little["cost_usd"] <= 0.008
    assert little["skipped"]["budget"] > 0
    assert "the run's budget does not hold the next case" in said
    config = str(listing(server))
    asked = len(provider.requests)
    none = ["probe", "run", "--app", "parcels", "--config", config, "--battery", "leak", "--max-usd", "0"]
    assert sightglass(tmp_path, *none).returncode == 2, "not even the first case was asked"
    assert len(provider.requests) == asked
    whole, _ = probe(tmp_path, server, "--battery", "leak", "--battery", "jailbreak")
    assert whole["skipped"] == {}
    traffic(server.url, LEAKY, count=6, system=SYSTEM + " Be brief about the parcel.")
    server.wait_scored(9)
    words = ["probe", "run", "--app", "parcels", "--config", config, "--battery", "jailbreak"]
    shown = sightglass(tmp_path, *words).stdout
    assert "changed: prompt" in shown
    assert "changed: nothing" in shown
