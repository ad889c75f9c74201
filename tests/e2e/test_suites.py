"""From production to a gate: a suite made from traffic, labelled, run on the same model and on a worse one."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from support import plain
from support.processes import Sightglass, wait_until
from support.suites import DECLINES, STEADY, WORSE, heat, lines, oven, passed, question, sightglass
from support.upstream import ScriptedUpstream

REQUESTS = 90


@pytest.fixture
def provider() -> Iterator[ScriptedUpstream]:
    """The oven."""
    with ScriptedUpstream(oven) as server:
        yield server


def traffic(url: str, count: int, key: str | None = None) -> None:
    """Questions of one application, each in a conversation of its own."""
    headers = {"x-sightglass-app": "bakery", **({"authorization": f"Bearer {key}"} if key else {})}
    with plain.client(timeout=20.0, headers=headers) as client:
        for number in range(count):
            body = {"model": STEADY, "messages": [{"role": "user", "content": question(number)}]}
            assert client.post(f"{url}/v1/chat/completions", json=body).status_code == 200


def test_from_production_to_a_red_gate(
    provider: ScriptedUpstream, start_sightglass: Callable[..., Sightglass], tmp_path: Path
) -> None:
    """Made from traffic and accepted by people, a suite passes on the same model and is a regression on a worse one;
    with eight cases it is inconclusive. Rates and ledger of production are the same before and after."""
    server = start_sightglass(provider.url, apps=["bakery"])
    traffic(server.url, REQUESTS)
    server.wait_scored(REQUESTS)
    before = server.api("ledger"), server.api("rates", window="24h")
    store = ["--data-dir", str(server.data_dir)]

    made = sightglass(tmp_path, "suite", "make", "baking", "--app", "bakery", "-n", "80", *store)
    assert made.returncode == 0, made.stderr
    shown = passed(sightglass(tmp_path, "suite", "show", "baking", "--json", *store))
    assert shown["cases"] == 80
    assert shown["labelled"] == 0
    assert shown["coverage"]["covered"] > 0.9
    assert shown["weight"] == pytest.approx(REQUESTS, rel=0.1)
    refused = sightglass(tmp_path, "suite", "run", "baking", "--model", STEADY, "--base-url", provider.url, *store)
    assert refused.returncode == 2
    assert "no case has a label" in refused.stderr

    labelled = sightglass(tmp_path, "suite", "label", "baking", "--accept", *store)
    assert labelled.returncode == 0, labelled.stderr
    run = ["suite", "run", "baking", "--base-url", provider.url, "--json", *store]
    first = passed(sightglass(tmp_path, *run, "--model", STEADY, "--name", "main"))
    assert (first["verdict"], first["pass_rate"], first["cases"], first["errors"]) == ("pass", 1.0, 80, 0)
    assert first["cost_usd"] > 0

    same = passed(sightglass(tmp_path, *run, "--model", STEADY, "--against", "main"))
    assert same["verdict"] == "pass"
    assert same["against"]["run"] == first["run"]
    worse = passed(sightglass(tmp_path, *run, "--model", WORSE, "--against", first["run"]), status=1)
    assert worse["verdict"] == "regression"
    assert worse["against"]["upper"] < 0
    found = worse["against"]["regressions"]
    assert len(found) == round((1 - worse["pass_rate"]) * 80)
    assert all(item["answer_after"] == DECLINES and "degrees" in item["answer_before"] for item in found)
    assert all("not the expected one" in item["why"][0] for item in found)

    small = lines(*({"id": f"l{n}", "input": question(n), "expected": heat(n)} for n in range(8)))
    (tmp_path / "small.jsonl").write_text(small)
    few = ["suite", "run", "small.jsonl", "--base-url", provider.url, "--json"]
    alone = passed(sightglass(tmp_path, *few, "--model", STEADY))
    little = passed(sightglass(tmp_path, *few, "--model", WORSE, "--against", alone["run"]), status=3)
    assert little["verdict"] == "inconclusive"
    assert little["mde"] > 0.4

    assert (server.api("ledger"), server.api("rates", window="24h")) == before
    listed = passed(sightglass(tmp_path, "run", "list", "--suite", "baking", "--json", *store))
    assert [row["verdict"] for row in listed["runs"]] == ["regression", "pass", "pass"]
    ledger = json.loads(sightglass(tmp_path, "run", "show", worse["run"], "--json", *store).stdout)["ledger"]
    assert ledger == {"planned": 80, "done": 80, "skipped": 0, "failed": 0, "pending": 0}


#: Families of production: a run through the proxy changes no line of them.
PRODUCTION = (
    *("sightglass_requests_total", "sightglass_request_duration_seconds_count", "sightglass_tokens_total"),
    *("sightglass_cost_usd_total", "sightglass_sampling_decisions_total", "sightglass_finish_reasons_total"),
    *("sightglass_unpriced_total", "sightglass_unmetered_total", "sightglass_proxy_overhead_seconds_count"),
)


def production(page: str) -> list[str]:
    """The lines of a page that are production's."""
    return sorted(line for line in page.splitlines() if line.startswith(PRODUCTION))


def test_a_run_through_the_proxy_is_no_traffic_of_production(
    provider: ScriptedUpstream, start_sightglass: Callable[..., Sightglass], tmp_path: Path
) -> None:
    """Requests with a client key whose purpose is ``suite`` are forwarded, with the upstream's own key, and stand in no
    metric, row, rate or sample of production: only in the counters of what is off its path."""
    clients = [
        {"key": "k-shop", "app": "bakery"},
        {"key": "k-suite", "app": "bakery", "purpose": "suite"},
    ]
    upstream = [{"name": "scripted", "base_url": provider.url, "api_key": "sk-provider"}]
    server = start_sightglass(provider.url, apps=["bakery"], clients=clients, upstreams=upstream)
    traffic(server.url, 6, key="k-shop")
    server.wait_scored(6)
    before = production(server.metrics()), server.api("ledger"), server.api("rates", window="24h")
    assert before[0]

    (tmp_path / "own.jsonl").write_text(
        lines(*({"id": f"l{n}", "input": question(n), "expected": heat(n)} for n in range(12)))
    )
    words = ["suite", "run", "own.jsonl", "--model", STEADY, "--base-url", server.url, "--json"]
    found = passed(sightglass(tmp_path, *words, env={"OPENAI_API_KEY": "k-suite"}))
    assert (found["pass_rate"], found["errors"]) == (1.0, 0)
    assert len(provider.requests) == 18
    assert {request.header("authorization") for request in provider.requests} == {"Bearer sk-provider"}

    counted = 'sightglass_offpath_requests_total{app="bakery",purpose="suite",result="ok"} 12.0'
    wait_until(lambda: counted in server.metrics(), 10.0, "twelve requests off the path")
    assert 'sightglass_offpath_tokens_total{app="bakery",purpose="suite",result="ok"} 324.0' in server.metrics()
    assert production(server.metrics()) == before[0]
    # One more request of production has passed the whole way, so whatever came before it would be seen, too.
    traffic(server.url, 1, key="k-shop")
    server.wait_scored(7)
    ledger = server.api("ledger")
    assert sum(counts.get("published", 0) for counts in ledger["proxies"].values()) == 7
    assert sum(sum(counts.values()) for counts in ledger["proxies"].values()) == 7
    assert len(server.api("samples", limit=100)["samples"]) == 7
    counted = [line for line in production(server.metrics()) if line.startswith("sightglass_requests_total")]
    assert sum(float(line.split()[-1]) for line in counted) == 7


def test_a_run_of_the_store_through_its_own_proxy_is_counted_once(
    provider: ScriptedUpstream, start_sightglass: Callable[..., Sightglass], tmp_path: Path
) -> None:
    """The worker reads from the store what was asked, so the proxy does not count the same requests by their key."""
    clients = [{"key": "k-suite", "app": "bakery", "purpose": "suite"}]
    upstream = [{"name": "scripted", "base_url": provider.url, "api_key": "sk-provider"}]
    server = start_sightglass(provider.url, apps=["bakery"], clients=clients, upstreams=upstream)
    cases = lines(*({"id": f"l{n}", "input": question(n), "expected": heat(n)} for n in range(12)))
    (tmp_path / "own.jsonl").write_text(cases)
    store = ["--data-dir", str(server.data_dir)]
    taken = sightglass(tmp_path, "suite", "import", "own.jsonl", "--name", "own", "--app", "bakery", *store)
    assert taken.returncode == 0, taken.stderr
    words = ["suite", "run", "own", "--model", STEADY, "--base-url", server.url, "--json", *store]
    found = passed(sightglass(tmp_path, *words, env={"OPENAI_API_KEY": "k-suite"}))
    assert (found["cases"], found["errors"]) == (12, 0)
    assert all(request.header("x-sightglass-counted") is None for request in provider.requests)

    line = 'sightglass_offpath_requests_total{app="bakery",purpose="suite",result="ok"}'

    def counted(which: str) -> float:
        found = [row for row in server.metrics(which).splitlines() if row.startswith(line)]
        return sum(float(row.split()[-1]) for row in found)

    wait_until(lambda: counted("worker") == 12.0, 60.0, "twelve requests off the path")
    assert counted("proxy") == 0.0
