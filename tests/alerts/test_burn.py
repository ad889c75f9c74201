"""Burn factors come from the objective, and what can never fire is refused; the command that writes the rules."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from proxy.config.settings import Objective
from proxy.errors import ConfigError
from scorers.rules.burn import TIERS, Unreachable, reachable, seconds
from scorers.rules.command import main
from scorers.rules.objectives import check, latency_alerts
from scorers.rules.texts import Places


def test_factors_are_those_of_a_month() -> None:
    """2 % of a month's budget in an hour is 14.4 times too fast, and so on."""
    assert [round(tier.factor, 6) for tier in TIERS] == [14.4, 6.0, 3.0, 1.0]
    assert [seconds(window) for window in ("5m", "6h", "3d")] == [300.0, 21600.0, 259200.0]


@pytest.mark.parametrize(
    ("share", "windows"),
    [(0.999, ["1h", "6h", "1d", "3d"]), (0.95, ["1h", "6h", "1d", "3d"]), (0.9, ["6h", "1d", "3d"]),
     (0.8, ["1d", "3d"]), (0.5, ["3d"])],
)  # fmt: skip
def test_tiers_that_can_never_fire_are_refused(share: float, windows: list[str]) -> None:
    """At 90 % all requests may be missed and the budget burns 10 times too fast: 14.4 is never reached."""
    kept, refused = reachable(share)
    assert [tier.long for tier, _ in kept] == windows
    assert len(refused) == len(TIERS) - len(windows)
    assert all(0.0 < threshold < 1.0 for _, threshold in kept)


def test_what_is_refused_says_why() -> None:
    """The sentence names the tier, its factor and what is the most that can be."""
    with pytest.raises(
        Unreachable, match=r"1h tier \(page at 14.4 times too fast\).* objective of 0.9: .* it is 10 times"
    ):
        TIERS[0].threshold(0.9)


def test_exactly_all_is_unreachable() -> None:
    """A share can be 1 and never above it."""
    with pytest.raises(Unreachable):
        TIERS[1].threshold(1 - 1 / 6)


def _objective(app: str = "*", signal: str = "duration", share: float = 0.95) -> Objective:
    return Objective.model_validate({"app": app, "signal": signal, "below_seconds": 5, "share": share})


def test_two_objectives_of_one_signal_are_an_error() -> None:
    """They would be counted in one series: the second one is named."""
    with pytest.raises(ConfigError) as caught:
        check([_objective(), _objective(share=0.9)])
    assert caught.value.problems == ["objectives[1]: duration of app '*' has an objective already"]


def test_an_application_s_own_objective_takes_the_place_of_the_common_one() -> None:
    """The common one leaves it out; the alerts of both can be told apart by their labels."""
    alerts, notes = latency_alerts([_objective(), _objective("my.bot", share=0.99)], Places())
    assert not notes
    assert {'app!~"my[.]bot"' in alert.expr for alert in alerts if "app" not in alert.labels} == {True}
    assert {'app="my.bot"' in alert.expr for alert in alerts if alert.labels.get("app") == "my.bot"} == {True}
    assert len(alerts) == 8


def _config(folder: Path, objectives: list[dict[str, object]]) -> Path:
    path = folder / "sightglass.yaml"
    upstream = {"name": "u", "base_url": "http://127.0.0.1/v1"}
    path.write_text(yaml.safe_dump({"upstreams": [upstream], "objectives": objectives}), encoding="utf-8")
    return path


def test_the_command_writes_and_checks(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What is refused stands on stderr and in the file; --check says which file differs."""
    objective = {"signal": "duration", "below_seconds": 5, "share": 0.9}
    words = ["--config", str(_config(tmp_path, [objective])), "--output", str(tmp_path / "rules")]
    words += ["--console-url", "https://console.example/", "--runbook-url", "https://docs.example/runbook"]
    assert main(words) == 0
    assert "the 1h tier (page at 14.4 times too fast) can never fire" in capsys.readouterr().err
    text = (tmp_path / "rules" / "objectives.yml").read_text(encoding="utf-8")
    assert "# Refused for duration: the 1h tier" in text
    assert "https://console.example/samples" in text
    assert "https://docs.example/runbook#sightglassobjectiveburn" in text
    assert main([*words, "--check"]) == 0
    assert main([*words, "--quality", "refusal.refused=0.9", "--check"]) == 1
    assert capsys.readouterr().err.endswith("objectives.yml: differs\n")


@pytest.mark.parametrize(
    ("listen", "link"), [("127.0.0.1:18082", "http://127.0.0.1:18082/"), ("'[::]:18082'", "http://127.0.0.1:18082/")]
)
def test_links_lead_to_the_configured_console(tmp_path: Path, listen: str, link: str) -> None:
    """Without --console-url the address of the configuration is taken; every address is reached on this machine."""
    config = _config(tmp_path, [])
    token = "console_token: quinces-in-a-basket-by-the-door\n"
    config.write_text(f"{config.read_text(encoding='utf-8')}console_listen: {listen}\n{token}", encoding="utf-8")
    assert main(["--config", str(config), "--output", str(tmp_path / "rules")]) == 0
    text = (tmp_path / "rules" / "behaviour.yml").read_text(encoding="utf-8")
    assert link in text and "127.0.0.1:8082" not in text


def test_an_objective_that_never_pages_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """At 80 % only tickets are left."""
    assert (
        main(
            [
                "--config",
                str(_config(tmp_path, [])),
                "--quality",
                "refusal.refused=0.8",
                "--output",
                str(tmp_path / "r"),
            ]
        )
        == 0
    )
    assert "refusal.refused never pages, it only makes tickets" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--quality", "refusal.wrong=0.9"], "is not SCORER.OUTPUT=SHARE"),
        (["--quality", "refusal.refused=1.5"], "is not SCORER.OUTPUT=SHARE"),
        (["--quality", "refusal.refused"], "is not SCORER.OUTPUT=SHARE"),
        (["--quality", "refusal.refused=0.9", "--quality", "refusal.refused=0.8"], "two objectives"),
        (["--config", "absent.yaml"], "absent.yaml: No such file"),
        (["--output", "/dev/null/x"], "Not a directory"),
    ],
)
def test_bad_input_is_one_line(words: list[str], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit status 2 and one clear line."""
    given = words if "--output" in words else [*words, "--output", str(tmp_path)]
    assert main(given) == 2
    err = capsys.readouterr().err
    assert said in err
    assert err.count("\n") == 1


def test_output_is_required(capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing is written where nobody said to."""
    assert main([]) == 2
    assert "--output" in capsys.readouterr().err
