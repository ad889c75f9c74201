"""Settings of the requests that Sightglass itself sends: what is refused says why and where, and consent is printed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from proxy.config.settings import Settings, parse
from proxy.errors import ConfigError
from proxy.run.config_warnings import cautions

CONFIG = """
upstreams:
  - {name: harbour, base_url: "http://127.0.0.1:7101/v1", offpath_api_key: second-key}
  - {name: quay, base_url: "http://127.0.0.1:7102/v1", price: 0}
apps: [tide, moor]
offpath: {budget_usd_per_day: 3, concurrency: 2, apps: {tide: {send_to: [quay]}}}
experiments:
  - {name: smaller, app: tide, candidate: {upstream: quay, model: m-small}, primary: refusal.refused, budget_usd: 9}
stability: {apps: [tide], share: 0.02}
probes: {apps: [tide], batteries: [leak, vague], every: 7d, max_usd: 1}
"""


def _document(path: str = "", value: Any = None) -> dict[str, Any]:
    """The configuration with one value replaced; numbers in the path are places in a list."""
    document = yaml.safe_load(CONFIG)
    *outer, last = path.split(".")
    node: Any = document
    for key in outer:
        node = node[int(key) if key.isdigit() else key]
    if path:
        node[int(last) if last.isdigit() else last] = value
    return document


def _settings(path: str = "", value: Any = None) -> Settings:
    return parse(_document(path, value), {})


def test_what_is_written_is_read() -> None:
    """All of it loads; a price of 0 is a price; a key of our own is a secret."""
    settings = _settings()
    assert settings.offpath.allowed("tide", "quay")
    assert not settings.offpath.allowed("tide", "harbour")
    assert not settings.offpath.allowed("moor", "quay")
    assert settings.upstreams[1].price is not None
    assert (settings.upstreams[1].price.input, settings.upstreams[1].price.output) == (0, 0)
    assert "second-key" not in repr(settings)
    (experiment,) = settings.experiments
    assert (experiment.kind, experiment.margin, experiment.share, experiment.until) == ("shadow", 0.1, 0.1, 30 * 86400)
    assert (settings.stability.repeats, settings.probes.every) == (5, 7 * 86400)


def test_nothing_is_allowed_by_default() -> None:
    """Without ``offpath`` no text goes anywhere, and nothing runs by itself."""
    settings = parse({"upstreams": [{"name": "quay", "base_url": "http://127.0.0.1:7102/v1"}], "apps": ["tide"]}, {})
    assert not settings.offpath.allowed("tide", "quay")
    assert (settings.experiments, settings.stability.apps, settings.stability.share, settings.probes.apps) == (
        (),
        (),
        0.0,
        (),
    )


@pytest.mark.parametrize(
    ("path", "value", "line"),
    [
        ("offpath.apps.brine", {"send_to": ["quay"]}, "offpath.apps.brine: 'brine' is not among apps"),
        ("offpath.apps.tide.send_to", ["pier"], "offpath.apps.tide.send_to[0]: no upstream is named 'pier'"),
        ("offpath.apps.tide.send_to", [], "offpath.apps.tide.send_to: at least one is needed"),
        ("offpath.concurrency", 0, "offpath.concurrency: Input should be greater than or equal to 1"),
        ("offpath.budget_usd", 1, "offpath.budget_usd: unknown key; did you mean budget_usd_per_day?"),
        (
            "experiments.0.app",
            "moor",
            "experiments[0].app: 'moor' is not in offpath.apps, so its text may be sent nowhere",
        ),
        (
            "experiments.0.candidate.upstream",
            "harbour",
            "experiments[0].candidate.upstream: offpath.apps.tide.send_to does not list 'harbour'",
        ),
        ("experiments.0.candidate.upstream", "pier", "experiments[0].candidate.upstream: no upstream is named 'pier'"),
        ("experiments.0.primary", "verdict", "experiments[0].primary: String should match pattern"),
        ("experiments.0.primary", "mood.bad", "experiments[0].primary: the scorer 'mood' does not run"),
        ("experiments.0.margin", 0, "experiments[0].margin: Input should be greater than 0"),
        ("experiments.0.share", 1.5, "experiments[0].share: Input should be less than or equal to 1"),
        ("experiments.0.kind", "canary", "experiments[0].kind: Input should be 'shadow'"),
        ("experiments.0.canditate", {}, "experiments[0].canditate: unknown key; did you mean candidate?"),
        (
            "experiments.0.candidate.parameters",
            {"user": "u"},
            "experiments[0].candidate.parameters.user: unknown key",
        ),
        (
            "experiments.0.candidate.parameters",
            {"max_token": 5},
            "experiments[0].candidate.parameters.max_token: unknown key; did you mean max_tokens?",
        ),
        (
            "experiments.0.candidate.parameters",
            {"temperature": "hot"},
            "experiments[0].candidate.parameters.temperature: a number from 0 to 2 is needed",
        ),
        (
            "experiments.0.candidate.parameters",
            {"temperature": 2.5},
            "experiments[0].candidate.parameters.temperature: a number from 0 to 2 is needed",
        ),
        (
            "experiments.0.candidate.parameters",
            {"top_p": 1.5},
            "experiments[0].candidate.parameters.top_p: a number from 0 to 1 is needed",
        ),
        (
            "experiments.0.candidate.parameters",
            {"stop": [""]},
            "experiments[0].candidate.parameters.stop: a text or a list of texts is needed",
        ),
        (
            "experiments.0.candidate.parameters",
            {"tool_choice": 1},
            "experiments[0].candidate.parameters.tool_choice: a text or a mapping is needed",
        ),
        ("stability.apps", ["moor"], "stability.apps[0]: 'moor' is not in offpath.apps"),
        ("stability.rewrites", ["rhyme"], "stability.rewrites[0]: Input should be 'verb'"),
        ("probes.batteries", ["noise"], "probes.batteries[0]: Input should be 'injection'"),
        ("upstreams.1.price", 2, "upstreams[1].price: a mapping of keys is needed"),
        ("upstreams.1.price", {"input": -1, "output": 1}, "upstreams[1].price.input: Input should be greater than"),
    ],
)
def test_what_does_not_fit_is_one_line_with_its_path(path: str, value: Any, line: str) -> None:
    """Each wrong value stops the start with the path of the key and the reason."""
    with pytest.raises(ConfigError) as caught:
        _settings(path, value)
    problem, *_ = caught.value.problems  # more may follow from it
    assert problem.startswith(line)


def test_an_experiment_needs_a_budget() -> None:
    """Its own or the day's; without both it is refused."""
    document = _document("offpath.budget_usd_per_day", None)
    assert parse(document, {}).experiments[0].budget_usd == 9
    document["experiments"][0]["budget_usd"] = None
    with pytest.raises(ConfigError, match=r"^experiments\[0\].budget_usd: is needed, or offpath.budget_usd_per_day$"):
        parse(document, {})


def test_two_experiments_have_two_names() -> None:
    """The same name twice is refused."""
    document = _document()
    document["experiments"] *= 2
    with pytest.raises(ConfigError, match=r"^experiments\[1\].name: two have the same name$"):
        parse(document, {})


def test_check_config_prints_who_may_be_sent_where(tmp_path: Path) -> None:
    """``check-config`` prints application -> upstream for each pair, and the control of each experiment."""
    file = tmp_path / "c.yaml"
    file.write_text(CONFIG)
    command = [sys.executable, "-m", "proxy.cli", "check-config", str(file)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    assert "offpath: tide -> quay\n" in done.stdout
    assert "tide -> the upstream that served the request (control of experiment smaller)\n" in done.stdout
    assert "moor ->" not in done.stdout
    assert "no price is known" not in done.stderr
    file.write_text(CONFIG.replace(", price: 0", ""))
    told = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stderr
    assert "warning: experiments[0].candidate: no price is known for 'm-small', so it is not asked;" in told
    assert "second-key" not in done.stdout + done.stderr


def test_stability_without_a_limit_is_warned_about() -> None:
    """Only by command, where no budget of a day and no price of 0 limits what runs by themselves cost."""
    document: dict[str, Any] = {
        "upstreams": [{"name": "dock", "base_url": "http://127.0.0.1:9/v1"}],
        "apps": ["quay"],
        "offpath": {"apps": {"quay": {"send_to": ["dock"]}}},
        "stability": {"apps": ["quay"], "share": 0.1},
    }
    (found,) = [line for line in cautions(parse(document, {})) if line.startswith("stability")]
    assert found.startswith("stability.apps[0]: 'quay' is only measured by command: set offpath.budget_usd_per_day")
    for changed in (
        {"offpath": {"budget_usd_per_day": 1, **document["offpath"]}},
        {"upstreams": [{**document["upstreams"][0], "price": 0}]},
        {"stability": {"apps": ["quay"]}},
    ):
        assert not [line for line in cautions(parse({**document, **changed}, {})) if line.startswith("stability")]


def test_all_that_does_not_fit_is_said_at_once() -> None:
    """Consent, experiments and further settings that name what is not there: each is a line with its path."""
    document = _document()
    document["offpath"] = {"apps": {"tide": {"send_to": ["pier"]}, "ebb": {"send_to": ["quay"]}}}
    document["experiments"] = [{"name": "one", "app": "tide", "candidate": {"upstream": "jetty"}}, {"name": "one"}]
    document["experiments"][1]["app"] = "flood"
    document["probes"] = {"apps": ["moor"]}
    with pytest.raises(ConfigError) as raised:
        parse(document, {})
    assert [line.partition(": ")[0] for line in raised.value.problems] == [
        *("offpath.apps.tide.send_to[0]", "offpath.apps.ebb", "experiments[0].candidate.upstream"),
        *("experiments[0].budget_usd", "experiments[1].name", "experiments[1].app", "experiments[1].budget_usd"),
        "probes.apps[0]",
    ]
