"""What the table of scorers promises."""

from typing import get_args

import pytest

from proxy.config.settings import ScorerName, Settings, parse
from scorers.registry import FACTORIES, build
from scorers.score import OUTPUTS

UPSTREAMS = [{"name": "u", "base_url": "http://localhost"}]


def settings(**fields: object) -> Settings:
    return parse({"upstreams": UPSTREAMS, **fields}, {})


def test_every_factory_is_a_known_scorer():
    """Table, settings and outputs use the same names."""
    assert set(FACTORIES) <= set(get_args(ScorerName)) == set(OUTPUTS)


def test_the_enabled_scorers_are_built_in_table_order():
    """What the settings name is built, nothing else; the order is the table's."""
    assert list(build(settings(scorers={"groundedness": {}, "refusal": None}))) == ["refusal", "groundedness"]
    assert list(build(settings(scorers={"groundedness": {}}))) == ["groundedness"]
    assert build(settings(scorers={})) == {}


def test_a_scorer_without_factory_is_left_out_and_said(caplog: pytest.LogCaptureFixture):
    """A file of a newer version does not keep this one from starting; the log names what does not run."""
    missing = [name for name in get_args(ScorerName) if name not in FACTORIES]
    if not missing:
        pytest.skip("every scorer is built")
    assert list(build(settings(scorers={"refusal": {}, **{name: {} for name in missing}}))) == ["refusal"]
    assert [message.split(":")[0] for message in caplog.messages] == [f"scorers.{name}" for name in missing]
