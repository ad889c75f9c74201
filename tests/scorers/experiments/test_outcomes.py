"""From two answers to outcomes: which side is better, what is missing and what is lost; and what is configured."""

from __future__ import annotations

from typing import Any

import pytest

from proxy.errors import ConfigError
from scorers.experiments.outcomes import beside, noise_of, outcomes_of, stripped, uncached
from scorers.experiments.spec import specs_of
from scorers.store.experiments import Pair
from support.conducting import settings_for

URLS = ("http://127.0.0.1:9/v1", "http://127.0.0.1:9/v1")
JUDGE = {"base_url": URLS[0], "model": "j-1", "price": {"input": 1, "output": 1}, "apps": ["guide"]}


def pair(**changes: Any) -> Pair:
    facts: dict[str, Any] = {
        "run": "r",
        "number": 0,
        "id": "p",
        "conversation": "c",
        "sample_id": "s",
        "enrolled_at": 1.0,
        "whole": True,
        "first_arm": "control",
        "left_arm": "control",
        "answers": {"control": {"text": "a", "seconds": 1.0}, "candidate": {"text": "b", "seconds": 2.0}},
    }
    return Pair(**{**facts, **changes})


def test_an_event_less_is_a_win() -> None:
    """The control refused and the candidate did not: 1. Not applicable is no event; not known is missing."""
    events = {
        "control": {"refusal.refused": 1.0, "format.invalid": None, "groundedness.ungrounded": 0.0},
        "candidate": {"refusal.refused": 0.0, "format.invalid": 1.0},
    }
    found = outcomes_of(pair(), events, {"control": 0.4, "candidate": 0.1})
    assert (found["refusal.refused"], found["format.invalid"], found["groundedness.ungrounded"]) == (1.0, -1.0, None)
    assert (found["failure"], found["cost"], found["latency"]) == (0.0, pytest.approx(1.0), pytest.approx(-0.5))


@pytest.mark.parametrize(
    ("failures", "value"),
    [({"candidate": "timeout"}, -1.0), ({"control": "timeout"}, 1.0), ({"control": "x", "candidate": "x"}, 0.0)],
)
def test_a_failure_is_a_loss_in_all_that_is_quality(failures: dict[str, str], value: float) -> None:
    """And no pair is faster or cheaper because it failed."""
    found = outcomes_of(pair(failures=failures), {}, {})
    assert found["failure"] == found["refusal.refused"] == found["abstention.hedged"] == value
    assert (found["cost"], found["latency"]) == (None, None)


@pytest.mark.parametrize(("candidate", "control", "value"), [(0.0, 0.0, 0.0), (0.0, 0.2, 1.0), (0.2, 0.0, -1.0)])
def test_a_local_model_costs_nothing(candidate: float, control: float, value: float) -> None:
    """Zero is a cost like any other; what is not known is missing."""
    assert outcomes_of(pair(), {}, {"control": control, "candidate": candidate})["cost"] == value
    assert outcomes_of(pair(), {}, {"control": control, "candidate": None})["cost"] is None


def test_noise_is_the_control_against_what_was_served() -> None:
    """Nothing of the candidate is in it; without a served answer there is none."""
    events = {"control": {"refusal.refused": 1.0}, "candidate": {"refusal.refused": 0.0}}
    assert noise_of(pair(), events, {"refusal.refused": 0.0}) == {"refusal.refused": 1.0 - 2.0}
    assert noise_of(pair(), events, None) == {}


def test_cached_tokens_are_priced_as_if_they_were_not() -> None:
    """Which arm was asked second decides nothing of its cost; how many were cached is shown."""
    usage = {"prompt_tokens": 90, "completion_tokens": 7, "prompt_tokens_details": {"cached_tokens": 60}}
    found = uncached({"usage": usage})
    assert found is not None
    assert (found.input, found.cached_input, found.output) == (90, 0, 7)
    shown = beside(pair(answers={"control": {"text": "- a\n- b", "usage": usage}, "candidate": {"text": "x"}}))
    assert (shown["arms"]["control"]["cached_tokens"], shown["arms"]["control"]["lists"]) == (60, 2)
    assert shown["length_ratio"] == pytest.approx(1 / 7)


def test_markdown_is_stripped_before_the_judge_sees_it() -> None:
    """Headings, lists, fences, bold and links become plain words."""
    text = "# Plan\n\n- **take** the [ferry](https://x.example)\n1. pay\n```sh\nrow\n```\n> ok"
    assert stripped(text) == "Plan\ntake the ferry\npay\nrow\nok"


def test_what_decides_and_what_guards() -> None:
    """The judge is the default where it sees the application, else refusals; all others are guards with margins."""
    (spec,) = specs_of(settings_for(URLS, {"primary": None}))
    assert (spec.primary, spec.guards) == ("refusal.refused", ("failure", "cost", "latency"))
    assert [spec.margin(name) for name in spec.outcomes] == [0.1, 0.1, 0.5, 0.5]
    (spec,) = specs_of(settings_for(URLS, {"primary": None, "margins": {"cost": 0.2}}, judge=JUDGE))
    assert (spec.primary, spec.guards) == ("judge", ("refusal.refused", "failure", "cost", "latency"))
    assert spec.margin("cost") == 0.2


@pytest.mark.parametrize(
    ("experiment", "more", "line"),
    [
        ({"primary": "judge"}, {}, r"experiments\[0\].primary: the judge does not see 'guide'"),
        (
            {"primary": "refusal.refussed"},
            {},
            r"experiments\[0\].primary: refusal.refussed is no output that an answer decides",
        ),
        (
            {"primary": "refusal.over_refused"},
            {},
            r"experiments\[0\].primary: refusal.over_refused is no output that an answer decides",
        ),
        ({"margins": {"format.invalid": 0.2}}, {}, r"experiments\[0\].margins.format.invalid: it is no outcome"),
        (
            {"primary": "judge", "candidate": {"upstream": "rival", "model": "j-1"}},
            {"judge": JUDGE},
            r"candidate.model: the judge is 'j-1'; it must not serve an arm",
        ),
    ],
)
def test_what_cannot_be_run_is_said(experiment: dict[str, Any], more: dict[str, Any], line: str) -> None:
    """One line with the path; a judge that serves an arm is left out, and refused where it is to decide."""
    with pytest.raises(ConfigError, match=line):
        settings_for(URLS, experiment, **more)
