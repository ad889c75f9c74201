"""deploy/: each file through its own program where that can be had, and the files with each other."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from proxy.settings import load
from support.alerting import alerts
from support.processes import ROOT

DEPLOY = ROOT / "deploy"
ENVIRONMENT = dict(
    line.split("=", 1) for line in (DEPLOY / ".env.example").read_text().splitlines() if line and line[0] != "#"
)


#: The same, as somebody has chosen them.
CHOSEN = {name: value.replace("change-me", "grown-in-the-garden") for name, value in ENVIRONMENT.items()}


def _yaml(path: str) -> Any:
    return yaml.safe_load((ROOT / path).read_text(encoding="utf-8"))


def _run(*command: str, cwd: Path = DEPLOY) -> str:
    if shutil.which(command[0]) is None:
        pytest.skip(f"{command[0]} is not installed")
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def _compose() -> list[str]:
    """The program that reads compose files: a plugin of docker, or one of its own."""
    for words in (["docker", "compose"], ["docker-compose"]):
        if (
            shutil.which(words[0])
            and not subprocess.run([*words, "version"], capture_output=True, check=False).returncode
        ):
            return words
    pytest.skip("neither docker compose nor docker-compose is installed")


def test_prometheus_s_configuration() -> None:
    """promtool takes it; its jobs are those that the alerts on absent targets expect."""
    _run("promtool", "check", "config", "--syntax-only", "prometheus/prometheus.yml")
    jobs = {job["job_name"] for job in _yaml("deploy/prometheus/prometheus.yml")["scrape_configs"]}
    asked = {name for rule in alerts() for name in re.findall(r'job="([^"]+)"', rule["expr"])}
    assert jobs == asked == {"sightglass-proxy", "sightglass-worker"}


def test_alertmanager_s_configuration() -> None:
    """amtool takes it, and pages and tickets go different ways."""
    _run("amtool", "check-config", "alertmanager/alertmanager.yml")
    for severity, receiver in (("page", "pages"), ("ticket", "tickets")):
        routed = _run(
            "amtool", "config", "routes", "test", "--config.file=alertmanager/alertmanager.yml", f"severity={severity}"
        )
        assert routed.split() == [receiver]


def test_inhibitions_name_alerts_that_exist() -> None:
    """A renamed alert would inhibit nothing, silently."""
    text = (DEPLOY / "alertmanager" / "alertmanager.yml").read_text(encoding="utf-8")
    named = set(re.findall(r"Sightglass\w+", text[text.index("inhibit_rules") :]))
    assert named <= {rule["alert"] for rule in alerts()}
    assert {"SightglassScorerFailing", "SightglassScoringStalled", "SightglassWorkerDown"} <= named


def test_compose_takes_the_file() -> None:
    """Its own program resolves it with the example's variables, and refuses to start without them."""
    words = [*_compose(), "-f", "compose.yaml"]
    environ = {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/")}
    run = {"cwd": DEPLOY, "capture_output": True, "text": True, "timeout": 60}
    good = subprocess.run([*words, "config"], env=environ | ENVIRONMENT, **run, check=False)
    assert good.returncode == 0, good.stderr
    assert set(yaml.safe_load(good.stdout)["services"]) == {
        "proxy", "worker", "redis", "postgres", "prometheus", "alertmanager", "grafana", "collector",
    }  # fmt: skip
    for name in ENVIRONMENT:
        poor = {key: value for key, value in ENVIRONMENT.items() if key != name}
        bad = subprocess.run([*words, "--env-file", "/dev/null", "config"], env=environ | poor, **run, check=False)
        assert bad.returncode != 0, f"{name} is not asked for"


def test_only_loopback_is_published() -> None:
    """No service is open to the network by default."""
    for name, service in _yaml("deploy/compose.yaml")["services"].items():
        for port in service.get("ports", ()):
            assert port.startswith("127.0.0.1:"), (name, port)


def test_every_mounted_file_exists() -> None:
    """Docker would make an empty folder of one that does not."""
    for name, service in _yaml("deploy/compose.yaml")["services"].items():
        for volume in service.get("volumes", ()):
            source = volume.split(":")[0]
            assert not source.startswith(".") or (DEPLOY / source).exists(), (name, source)


def test_images_are_pinned() -> None:
    """No image moves under somebody's feet with `latest`."""
    for name, service in _yaml("deploy/compose.yaml")["services"].items():
        assert service["image"] == "sightglass" or re.search(r":v?\d", service["image"]), name


def test_the_configuration_is_one_that_sightglass_takes() -> None:
    """With the example's variables; its listeners are the ports that compose publishes."""
    settings = load(DEPLOY / "sightglass.yaml", CHOSEN)
    assert settings.queue.startswith("redis://redis:") and "@postgres/" in settings.store
    assert settings.console_token is not None
    services = _yaml("deploy/compose.yaml")["services"]
    assert services["proxy"]["ports"] == [f"127.0.0.1:8080:{settings.listen.rsplit(':', 1)[1]}"]
    assert services["worker"]["ports"] == [f"127.0.0.1:8082:{settings.console_listen.rsplit(':', 1)[1]}"]
    grace = float(services["proxy"]["stop_grace_period"].rstrip("s"))
    assert grace > settings.limits.drain_seconds


def test_the_image_runs_as_nobody_in_particular() -> None:
    """A numeric user that is not root, both commands through one entry point, dependencies by their hashes."""
    text = (DEPLOY / "Dockerfile").read_text(encoding="utf-8")
    last = text[text.rindex("\nFROM ") :]
    assert re.search(r"^USER (?!0)\d+:(?!0)\d+$", last, re.MULTILINE)
    assert 'ENTRYPOINT ["sightglass"]' in last and 'CMD ["serve"]' in last
    assert "--require-hashes -r requirements/runtime.lock" in text
    ignored = (ROOT / ".dockerignore").read_text(encoding="utf-8").split()
    for words in re.findall(r"^COPY (?!--from)(.*)$", text, re.MULTILINE):
        for source in words.split()[:-1]:
            assert f"!{source}" in ignored, f"{source} does not reach the build"


def test_the_collector_s_pipelines_are_whole() -> None:
    """Every part of a pipeline is configured, and what Sightglass sends has a pipeline."""
    document = _yaml("deploy/otel/collector.yaml")
    assert set(document["service"]["pipelines"]) == {"traces", "metrics", "logs"}
    for pipeline in document["service"]["pipelines"].values():
        for kind in ("receivers", "processors", "exporters"):
            assert set(pipeline[kind]) <= set(document[kind])
    if shutil.which("otelcol"):
        _run("otelcol", "validate", "--config=otel/collector.yaml")


def test_grafana_is_provisioned_with_what_is_there() -> None:
    """The data sources point at compose's services, the dashboards' folder is the one that is mounted."""
    services = _yaml("deploy/compose.yaml")["services"]
    sources = _yaml("grafana/provisioning/datasources/sightglass.yaml")["datasources"]
    for source in sources:
        assert re.fullmatch(r"http://(\w+):\d+", source["url"])[1] in services  # type: ignore[index]
    assert sources[0]["jsonData"]["alertmanagerUid"] == sources[1]["uid"]
    scrape = _yaml("deploy/prometheus/prometheus.yml")["global"]["scrape_interval"]
    assert sources[0]["jsonData"]["timeInterval"] == scrape
    path = _yaml("grafana/provisioning/dashboards/sightglass.yaml")["providers"][0]["options"]["path"]
    assert f"../grafana/dashboards:{path}:ro" in services["grafana"]["volumes"]
    home = services["grafana"]["environment"]["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"]
    assert json.loads((ROOT / "grafana" / "dashboards" / Path(home).name).read_text())["uid"] == "sightglass-overview"
