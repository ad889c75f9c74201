"""Sightglass -> Prometheus -> Alertmanager -> webhook, the real programs: a model changes, somebody is told what."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import orjson
import pytest

from support import plain, replies
from support.alerting import alerts
from support.alertmanager import Alertmanager, Webhook, watched
from support.processes import Sightglass, wait_until
from support.upstream import Recorded, ScriptedUpstream, Step

pytestmark = pytest.mark.real_servers
_REFUSAL = "I'm sorry, but I can't help with that request."
_ANSWER = "The lamp stands by the door, on the lower shelf."
MODEL = "gpt-4o-mini"


class _Provider:
    """Refuses every n-th dialogue; ``fingerprint`` is what it says it is."""

    def __init__(self) -> None:
        self.fingerprint, self.every = "fp_before", 20

    def __call__(self, request: Recorded) -> list[Step]:
        number = int(request.json()["messages"][-1]["content"].rsplit(" ", 1)[1])
        text = _REFUSAL if number % self.every == 0 else _ANSWER
        (whole,) = replies.chat_json(text, model=MODEL, response_id=f"chatcmpl-{number}")
        assert isinstance(whole, bytes)
        answer = orjson.loads(whole.split(b"\r\n\r\n", 1)[1])
        return replies.http(200, orjson.dumps(answer | {"system_fingerprint": self.fingerprint}))


def _talk(sightglass: Sightglass, first: int, count: int) -> None:
    with plain.client(timeout=20) as client, ThreadPoolExecutor(4) as pool:

        def one(number: int) -> None:
            asked = [{"role": "user", "content": f"Where does the lamp stand? I ask as number {number}"}]
            body = {"model": MODEL, "messages": asked}
            assert client.post(f"{sightglass.url}/v1/chat/completions", json=body).status_code == 200

        list(pool.map(one, range(first, first + count)))


def _state(sightglass: Sightglass) -> str:
    rows = {row["signal"]: row for row in sightglass.api("drift")["signals"]}
    return str(rows["refusal.refused"]["state"]) if "refusal.refused" in rows else "absent"


@pytest.fixture
def alertmanager(tmp_path: Path) -> Iterator[tuple[Alertmanager, Webhook]]:
    """The real one, and the webhook that both of its receivers are."""
    with Webhook() as webhook:
        server = Alertmanager(tmp_path / "alertmanager", webhook.url)
        yield server, webhook
        server.stop()


def test_the_webhook_is_told_what_changed(
    start_sightglass: Callable[..., Sightglass], alertmanager: tuple[Alertmanager, Webhook], tmp_path: Path
) -> None:
    """Signal, model, from what to what with interval and n, and the fingerprint; resolved after it is accepted."""
    provider = _Provider()
    manager, webhook = alertmanager
    with ScriptedUpstream(provider) as upstream:
        sightglass = start_sightglass(
            upstream.url, scorers={"refusal": {}}, drift={"baseline": {"min_days": 0, "min_samples": 300}}
        )
        console = sightglass.console_url.removeprefix("http://")
        prometheus = watched(tmp_path / "prometheus", sightglass.config["metrics_listen"], console, manager.address)
        try:
            _talk(sightglass, 0, 340)
            wait_until(lambda: _state(sightglass) == "watching", 60, "a baseline", every=0.3)
            prometheus.wait_value('sightglass_drift_state{signal="refusal.refused",app="other"}', lambda n: n == 1)
            assert webhook.of("SightglassDrift") == []
            provider.fingerprint, provider.every = "fp_after", 2
            _talk(sightglass, 1000, 160)
            told = _told_of(webhook, "refusal.refused", "fp_after")
            text = told["annotations"]["description"]
            assert told["receiver"] == "tickets"
            assert (told["labels"]["model"], told["labels"]["app"], told["labels"]["scorer"]) == (
                MODEL,
                "other",
                "refusal",
            )
            assert f"Signal: refusal.refused. App: other. Model: {MODEL}." in text
            found = re.search(r"From ([\d.]+)% to ([\d.]+)% \(95% interval ([\d.]+)% to ([\d.]+)%, n = (\d+)\)", text)
            assert found is not None, text
            before, after, low, high, n = map(float, found.groups())
            assert 3 < before < 7 < low < after < high < 75 and n >= 30
            assert "First cause: system_fingerprint, fp_before -> fp_after" in text
            assert f"system_fingerprint of {MODEL} at 20" in text
            assert re.search(r"Since: (20\d\d-|just now)", text)
            assert told["annotations"]["runbook_url"].endswith("#sightglassdrift")
            _accept(sightglass)
            resolved = lambda: [it for it in webhook.of("SightglassDrift") if it["status"] == "resolved"]  # noqa: E731
            wait_until(lambda: bool(resolved()), 60, "the webhook is told that it is over")
        finally:
            prometheus.stop()


def _told_of(webhook: Webhook, signal: str, cause: str) -> dict[str, Any]:
    """The firing alert on ``signal`` that names ``cause``: each signal comes in a group, so at a time, of its own."""

    def of() -> list[dict[str, Any]]:
        told = [it for it in webhook.of("SightglassDrift", signal=signal) if it["status"] == "firing"]
        return [it for it in told if cause in it["annotations"]["description"]]

    wait_until(lambda: bool(of()), 60, f"the webhook is told of {signal} and its cause")
    return of()[0]


def _accept(sightglass: Sightglass) -> None:
    answer = plain.post(f"{sightglass.console_url}/api/drift/accept", json={}, timeout=10)
    assert answer.status_code == 200, answer.text


BEHAVIOUR = [rule for rule in alerts() if rule["labels"]["category"] == "behaviour"]


def test_behaviour_is_inhibited_while_its_scorer_is_broken(alertmanager: tuple[Alertmanager, Webhook]) -> None:
    """Every alert on behaviour, for both ways a scorer can be broken; that of another scorer still comes through."""
    manager, webhook = alertmanager
    assert {rule["alert"] for rule in BEHAVIOUR} == {
        "SightglassQualityBurn", "SightglassInjectionSucceeded", "SightglassDrift",
    }  # fmt: skip
    for source in ("SightglassScorerFailing", "SightglassScoringStalled"):
        broken = f"broken-by-{source}"
        manager.put({"alertname": source, "severity": "ticket", "category": "meta", "scorer": broken})
        wait_until(lambda name=source: bool(webhook.of(name)), 15, f"{source} is told")
        for rule in BEHAVIOUR:
            for scorer in (broken, f"healthy-{source}"):
                manager.put({**rule["labels"], "alertname": rule["alert"], "app": "bot", "scorer": scorer})
        for name in {rule["alert"] for rule in BEHAVIOUR}:
            wait_until(lambda name=name, s=source: bool(webhook.of(name, scorer=f"healthy-{s}")), 15, f"{name} is told")
            assert webhook.of(name, scorer=broken) == []
    down = {"alertname": "SightglassWorkerDown", "severity": "ticket", "category": "meta"}
    manager.put({**down, "others": "running", "app": "one of two"})
    wait_until(lambda: bool(webhook.of("SightglassWorkerDown")), 15, "one worker's end is told")
    manager.put({"alertname": "SightglassDrift", "severity": "ticket", "category": "behaviour", "app": "scored"})
    wait_until(lambda: bool(webhook.of("SightglassDrift", app="scored")), 15, "others score on, and drift is told")
    manager.put({**down, "app": "both of two"})
    told = lambda: bool(webhook.of("SightglassWorkerDown", app="both of two"))  # noqa: E731
    wait_until(told, 15, "the last worker's end is told")
    manager.put({"alertname": "SightglassDrift", "severity": "ticket", "category": "behaviour", "app": "late"})
    manager.put({"alertname": "SightglassUpstreamFailing", "severity": "page", "category": "objective", "app": "late"})
    wait_until(lambda: bool(webhook.of("SightglassUpstreamFailing")), 15, "what no scorer says is told")
    assert webhook.of("SightglassUpstreamFailing")[0]["receiver"] == "pages"
    assert webhook.of("SightglassDrift", app="late") == []


@pytest.mark.parametrize("name", ["SightglassUpstreamRateLimited", "SightglassUpstreamFailing"])
def test_a_page_on_an_upstream_stands_for_its_ticket(alertmanager: tuple[Alertmanager, Webhook], name: str) -> None:
    """One cause, one message; the ticket of another model of the same upstream still comes."""
    manager, webhook = alertmanager
    limited = {"alertname": name, "category": "objective", "upstream": "provider", "app": "limited"}
    manager.put({**limited, "model": "m-1", "severity": "page", "tier": "10m"})
    wait_until(lambda: bool(webhook.of(name, severity="page")), 15, "the page is told")
    for model in ("m-1", "m-2"):
        manager.put({**limited, "model": model, "severity": "ticket", "tier": "1h"})
    wait_until(lambda: bool(webhook.of(name, model="m-2")), 15, "the other model's ticket is told")
    assert webhook.of(name, model="m-1", severity="ticket") == []
