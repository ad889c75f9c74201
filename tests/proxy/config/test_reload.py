"""What a reload changes, and what only a restart does."""

from __future__ import annotations

from typing import Any

import pytest

from proxy.config.reload import RESTART_KEYS, concerns_worker, fixed, kept
from proxy.config.settings import Settings, parse

BASE: dict[str, Any] = {"upstreams": [{"name": "x", "base_url": "http://127.0.0.1:1/v1"}]}


def settings(**changes: Any) -> Settings:
    return parse(BASE | changes, {})


def test_a_part_of_a_section_is_kept_and_the_rest_is_taken() -> None:
    """The time to drain and the sizes of ring and queue are fixed at the start; the other limits reload."""
    before = settings()
    after = settings(limits={"drain_seconds": 90, "ring_bytes": 1_000_000, "inflight": 7}, apps=["a"])
    assert fixed(before, after) == ["limits.drain_seconds", "limits.ring_bytes"]
    used = kept(before, after, fixed(before, after))
    assert (used.limits.drain_seconds, used.limits.ring_bytes) == (30, 64_000_000)
    assert (used.limits.inflight, used.apps) == (7, ("a",))


@pytest.mark.parametrize(
    ("changes", "concerned"),
    [
        ({"models": {"allow": ["m"]}}, True),
        ({"upstreams": [{"name": "x", "base_url": "http://127.0.0.1:2/v1"}]}, True),
        ({"limits": {"scorer_memory_bytes": 2_000_000_000}}, True),
        ({"limits": {"inflight": 7}, "allowed_hosts": ["h"], "sampling": {"rate": 0.1}}, False),
        ({}, False),
    ],
)
def test_the_worker_starts_again_only_for_what_it_uses(changes: dict[str, Any], concerned: bool) -> None:
    """A key of a client, or a limit of the proxy, interrupts nothing in the worker."""
    assert concerns_worker(settings(), settings(**changes)) is concerned


def test_every_key_that_needs_a_restart_is_one() -> None:
    """No key of the list is misspelled."""
    assert fixed(settings(), settings()) == []
    assert len(set(RESTART_KEYS)) == len(RESTART_KEYS)
