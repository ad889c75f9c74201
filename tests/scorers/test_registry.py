"""What the table of scorers promises."""

from typing import get_args

import pytest

from proxy.errors import ConfigError
from proxy.settings import ScorerName, Settings, parse
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


def test_a_scorer_without_factory_fails_by_its_path():
    """A name of the enumeration that this version lacks is a configuration error with its path."""
    missing = [name for name in get_args(ScorerName) if name not in FACTORIES]
    if not missing:
        pytest.skip("every scorer is built")
    with pytest.raises(ConfigError) as caught:
        build(settings(scorers={name: {} for name in missing}))
    assert [problem.split(":")[0] for problem in caught.value.problems] == [f"scorers.{name}" for name in missing]
