"""M09: every alert that is shipped fires in a fault, from a real Prometheus, and reaches Alertmanager."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from support.alerting import alerts
from support.alertmanager import Alertmanager, Webhook, watched
from support.processes import free_ports, wait_until

pytestmark = pytest.mark.real_servers
_D = '{signal="groundedness.ungrounded",app="bot",model="m-1"}'
#: What a page shows in the fault: gauges as they are, counters (growth a second) as they grow.
GAUGES = {
    'sightglass_experiment_verdict{experiment="walks",verdict="ship"}': 1,
    f"sightglass_drift_active{_D}": 1, f"sightglass_drift_baseline_ratio{_D}": 0.05,
    f"sightglass_drift_current_ratio{_D}": 0.3, f"sightglass_drift_current_samples{_D}": 200,
    f"sightglass_drift_evaluated_timestamp_seconds{_D}": 1000.0,
    'sightglass_queue_oldest_age_seconds{scorer="refusal"}': 5000, 'sightglass_queue_depth{scorer="refusal"}': 9,
    'sightglass_dead_letters{group="refusal"}': 2, 'sightglass_degraded{component="queue"}': 1,
    'sightglass_judge_agreement_kappa{scorer="refusal"}': 0.2,
    'sightglass_judge_budget_remaining_usd{scorer="refusal"}': 0, "sightglass_exporting": 0,
    'sightglass_model_shutdown_timestamp_seconds{upstream="u",model="m-1"}': time.time() + 86400,
}  # fmt: skip
_REQUESTS = 'sightglass_requests_total{upstream="u",app="bot",model="m-1",operation="chat",outcome="upstream_error"}'
_LIMITED = 'sightglass_requests_total{upstream="u",app="bot",model="m-2",operation="chat",outcome="rate_limited"}'
_OUTPUT = 'scorer="%s",output="%s"'
_BAD = [("groundedness", "ungrounded"), ("format", "invalid"), ("prompt_injection", "leaked")]
COUNTERS = {
    _REQUESTS: 40, _LIMITED: 40,
    'sightglass_sampling_decisions_total{app="bot",decision="published"}': 40,
    'sightglass_sampling_decisions_total{app="bot",decision="dropped_queue"}': 40,
    'sightglass_scorer_results_total{scorer="refusal",result="crashed"}': 40,
    'sightglass_scorer_results_total{scorer="abstention",result="scored"}': 0,
    'sightglass_unpriced_reasons_total{model="m-1",reason="no_price"}': 5,
    'sightglass_rows_dropped_total': 5, 'sightglass_label_overflow_total{label="model"}': 40,
    'sightglass_telemetry_dropped_total{signal="traces",reason="queue_full"}': 5,
    **{f'sightglass_objective_total{{app="bot",model="m-1",signal="{signal}",result="missed"}}': 40
       for signal in ("time_to_first_token", "duration")},
    **{f'sightglass_verdicts_estimated_total{{{_OUTPUT % pair},app="bot",model="m-1",verdict="yes"}}': 40
       for pair in _BAD},
    **{f'sightglass_scored_samples_total{{{_OUTPUT % pair},app="bot",verdict="yes",stratum="uniform"}}': 40
       for pair in _BAD},
}  # fmt: skip


class _Page:
    """A process's page of metrics; ``gone`` lets scrapes fail. A context manager."""

    def __init__(self) -> None:
        self.began, self.gone = time.monotonic(), False
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                body = outer.text().encode()
                self.send_response(500 if outer.gone else 200)
                self.send_header("content-type", "text/plain; version=0.0.4")
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Quiet."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self.address = f"127.0.0.1:{self._server.server_address[1]}"

    def text(self) -> str:
        """Counters that have grown since the start."""
        seconds = time.monotonic() - self.began
        lines = [f"{name} {value}" for name, value in GAUGES.items()]
        return "\n".join([*lines, *(f"{name} {rate * seconds:.0f}" for name, rate in COUNTERS.items()), ""])

    def __enter__(self) -> _Page:
        self._thread.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)


@pytest.fixture
def page() -> Iterator[_Page]:
    """The page, while the test runs."""
    with _Page() as served:
        yield served


def test_m09_every_alert_fires_in_a_scripted_fault(page: _Page, tmp_path: Path) -> None:
    """One page on which everything is wrong, then no page at all: each alert comes to Alertmanager."""
    shipped = {"-".join(filter(None, [rule["alert"], rule["labels"].get("tier")])) for rule in alerts()}
    down = {"SightglassProxyDown", "SightglassWorkerDown"}
    (nobody,) = free_ports(1)
    with Webhook() as webhook:
        manager = Alertmanager(tmp_path / "alertmanager", webhook.url)
        prometheus = watched(tmp_path / "prometheus", page.address, f"127.0.0.1:{nobody}", manager.address)
        try:
            wanted = shipped - {"SightglassProxyDown"}
            wait_until(lambda: wanted <= set(manager.states()), 90, "every alert but one at Alertmanager", every=0.5)
            states = manager.states()
            assert {name for name in states if states[name] == "suppressed"} >= {
                "SightglassDrift",
                "SightglassQualityBurn-1h",
            }
            assert set(states) <= shipped
            page.gone = True
            wait_until(lambda: down <= set(manager.states()), 30, "that the proxy is down as well", every=0.5)
            wait_until(lambda: bool(webhook.of("SightglassProxyDown")), 15, "somebody is told")
            assert webhook.of("SightglassProxyDown")[0]["receiver"] == "pages"
        finally:
            prometheus.stop()
            manager.stop()
