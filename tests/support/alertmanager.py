"""Prometheus with the shipped rules, Alertmanager with the shipped routes, and a webhook that keeps what it is told."""

from __future__ import annotations

import json
import shutil
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import yaml

from support import plain
from support.alerting import GROUPS, RULES
from support.processes import ROOT, Child, Prometheus, free_ports

SHIPPED = ROOT / "deploy" / "alertmanager" / "alertmanager.yml"


class Webhook:
    """A receiver on a free port; ``alerts`` is every alert of every message, in order. A context manager."""

    def __init__(self) -> None:
        self.messages: list[dict[str, Any]] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                outer.messages.append(json.loads(body))
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Quiet."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    @property
    def url(self) -> str:
        """Where alerts are sent."""
        return f"http://127.0.0.1:{self._server.server_address[1]}/alerts"

    @property
    def alerts(self) -> list[dict[str, Any]]:
        """Alerts as they came, each with the receiver that its message went to."""
        return [alert | {"receiver": told["receiver"]} for told in list(self.messages) for alert in told["alerts"]]

    def of(self, name: str, **labels: str) -> list[dict[str, Any]]:
        """Alerts of one name with these labels."""
        wanted = {"alertname": name, **labels}
        return [alert for alert in self.alerts if wanted.items() <= alert["labels"].items()]

    def __enter__(self) -> Webhook:
        self._thread.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)


class Alertmanager(Child):
    """The real Alertmanager with the shipped file; only its waits are shorter, and its receivers are a webhook."""

    def __init__(self, folder: Path, webhook: str) -> None:
        binary = shutil.which("prometheus-alertmanager") or shutil.which("alertmanager")
        if binary is None:
            pytest.skip("alertmanager is not installed")
        document = yaml.safe_load(SHIPPED.read_text(encoding="utf-8"))
        for route in (document["route"], *document["route"]["routes"]):
            route |= {"group_wait": "1s", "group_interval": "1s", "repeat_interval": "1h"}
        for receiver in document["receivers"]:
            receiver["webhook_configs"] = [{"url": webhook, "send_resolved": True}]
        folder.mkdir(parents=True, exist_ok=True)
        config = folder / "alertmanager.yml"
        config.write_text(yaml.safe_dump(document), encoding="utf-8")
        (port,) = free_ports(1)
        self.address = f"127.0.0.1:{port}"
        self.url = f"http://{self.address}"
        arguments = [f"--config.file={config}", f"--storage.path={folder / 'data'}", "--cluster.listen-address="]
        arguments += [f"--web.listen-address={self.address}", "--log.level=warn"]
        super().__init__("alertmanager", [binary, *arguments], folder / "alertmanager.log", folder)
        self.wait_ready([f"{self.url}/-/ready"])

    def put(self, *alerts: dict[str, Any]) -> None:
        """Alerts that no rule has made."""
        body = [{"labels": labels, "annotations": {}} for labels in alerts]
        plain.post(f"{self.url}/api/v2/alerts", json=body, timeout=10.0).raise_for_status()

    def states(self) -> dict[str, str]:
        """Alert's name (and its tier) -> ``active`` or ``suppressed``."""
        answer = plain.get(f"{self.url}/api/v2/alerts", timeout=10.0).raise_for_status()
        return {
            "-".join(filter(None, [it["labels"]["alertname"], it["labels"].get("tier")])): it["status"]["state"]
            for it in answer.json()
        }


def watched(folder: Path, proxy: str, worker: str, alertmanager: str) -> Prometheus:
    """A Prometheus with the shipped rules and jobs, every second; only the waits of the rules are shorter."""
    folder.mkdir(parents=True, exist_ok=True)
    for group in GROUPS:
        document = yaml.safe_load((RULES / f"{group}.yml").read_text(encoding="utf-8"))
        for entry in document["groups"]:
            entry["interval"] = "1s"
            for rule in entry["rules"]:
                if "alert" in rule:
                    rule |= {"for": "1s", "keep_firing_for": "1s"}
        (folder / f"{group}.yml").write_text(yaml.safe_dump(document), encoding="utf-8")
    jobs = {"sightglass-proxy": proxy, "sightglass-worker": worker}
    more = {
        "rule_files": [str(folder / f"{group}.yml") for group in GROUPS],
        "alerting": {"alertmanagers": [{"static_configs": [{"targets": [alertmanager]}]}]},
        "scrape_configs": [
            {"job_name": name, "static_configs": [{"targets": [target]}]} for name, target in jobs.items()
        ],
    }
    return Prometheus(folder, [proxy, worker], more=more)
