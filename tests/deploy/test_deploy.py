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

from proxy.config.settings import load
from proxy.errors import ConfigError
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
        "check", "proxy", "worker", "redis", "postgres", "prometheus", "alertmanager", "grafana", "collector",
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


def test_images_are_named_by_digest() -> None:
    """No image moves under somebody's feet; the tag beside the digest says to people which one it is."""
    images = {name: service["image"] for name, service in _yaml("deploy/compose.yaml")["services"].items()}
    dockerfile = (DEPLOY / "Dockerfile").read_text(encoding="utf-8")
    images |= dict(enumerate(re.findall(r"^FROM (\S+)", dockerfile, re.MULTILINE)))
    assert len(images) == 11
    for name, image in images.items():
        assert image == "sightglass" or re.fullmatch(r"[a-z/-]+:v?\d[\w.-]*@sha256:[0-9a-f]{64}", image), (name, image)


def test_every_service_has_a_bound_on_its_memory() -> None:
    """One that grows is ended by itself, not with its neighbours; Redis has room for all that its queue may hold."""
    services = _yaml("deploy/compose.yaml")["services"]
    sizes = {name: _megabytes(service.get("mem_limit", "0")) for name, service in services.items()}
    assert min(sizes.values()) >= 256, sizes
    words = services["redis"]["command"]
    assert sizes["redis"] > 1.2 * _megabytes(words[words.index("--maxmemory") + 1])
    collector = _yaml("deploy/otel/collector.yaml")["processors"]["memory_limiter"]
    assert sizes["collector"] > collector["limit_mib"] + collector["spike_limit_mib"]


def _megabytes(text: str) -> float:
    number, unit = re.fullmatch(r"(\d+)(mb?|gb?|)", text).groups()  # type: ignore[union-attr]
    return int(number) * {"m": 1, "g": 1024, "": 0}[unit[:1]]


def test_prometheus_reads_metrics_and_nothing_else() -> None:
    """Its token has the role for that and is not the console's; nobody may stop or reload it over the network."""
    settings = load(DEPLOY / "sightglass.yaml", CHOSEN)
    (token,) = settings.console_tokens
    assert (token.role, token.token.get_secret_value()) == ("scrape", CHOSEN["SIGHTGLASS_SCRAPE_TOKEN"])
    service = _yaml("deploy/compose.yaml")["services"]["prometheus"]
    assert set(service["environment"]) == {"SCRAPE_TOKEN"}
    assert "SIGHTGLASS_SCRAPE_TOKEN" in service["environment"]["SCRAPE_TOKEN"]
    (command,) = service["command"]
    jobs = {job["job_name"]: job for job in _yaml("deploy/prometheus/prometheus.yml")["scrape_configs"]}
    assert f"> {jobs['sightglass-worker']['authorization']['credentials_file']} " in command
    assert "--web.enable-lifecycle" not in command and "--web.enable-admin-api" not in command


SECRETS = ("SIGHTGLASS_CONSOLE_TOKEN", "SIGHTGLASS_SCRAPE_TOKEN", "POSTGRES_PASSWORD", "GRAFANA_PASSWORD")


def test_every_secret_of_the_example_is_a_placeholder() -> None:
    """So that none of them can be used by mistake."""
    assert {name for name, value in ENVIRONMENT.items() if value.startswith("change-me")} == set(SECRETS)


@pytest.mark.parametrize("name", SECRETS)
@pytest.mark.parametrize("value", [None, "", "CHANGE_ME_7", "example"])
def test_the_example_s_values_start_nothing(name: str, value: str | None) -> None:
    """Each by itself is refused before anything else starts, by name and without its value."""
    given = ENVIRONMENT[name] if value == "example" else value
    environ = {**CHOSEN, "PATH": os.environ["PATH"]} | ({name: given} if given is not None else {})
    if given is None:
        del environ[name]
    check = _yaml("deploy/compose.yaml")["services"]["check"]
    assert name in check["environment"]
    command = ["/bin/sh", str(DEPLOY / "no-defaults.sh"), "echo", "started"]
    done = subprocess.run(command, env=environ, capture_output=True, text=True, timeout=20, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert name in done.stderr and (not given or given not in done.stderr)
    good = subprocess.run(command, env=environ | CHOSEN, capture_output=True, text=True, timeout=20, check=False)
    assert (good.returncode, good.stdout) == (0, "started\n")


def test_everything_waits_for_the_check() -> None:
    """Compose starts no other service unless the check has ended well, and the check has no network."""
    services = _yaml("deploy/compose.yaml")["services"]
    check = services.pop("check")
    for name, service in services.items():
        assert service["depends_on"]["check"] == {"condition": "service_completed_successfully"}, name
    assert check["network_mode"] == "none" and check["restart"] == "no"
    assert check["entrypoint"][1:] == ["/etc/sightglass/no-defaults.sh", "sightglass"]
    for name in ("SIGHTGLASS_CONSOLE_TOKEN", "SIGHTGLASS_SCRAPE_TOKEN", "POSTGRES_PASSWORD"):
        with pytest.raises(ConfigError, match="still the value of an example"):
            load(DEPLOY / "sightglass.yaml", CHOSEN | {name: ENVIRONMENT[name]})


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
