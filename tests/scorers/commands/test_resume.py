"""``--resume``: what is said of a run that goes on is about what is left of it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from support import replies
from support.suites import oven, passed, run, sightglass, suite
from support.upstream import Recorded, ScriptedUpstream, Step

#: Cases that are answered, twice each, before the key is accepted no more.
ANSWERED = 15


@pytest.fixture
def provider() -> Iterator[ScriptedUpstream]:
    """The oven, which accepts nobody after a while."""

    def then_nobody(request: Recorded) -> Iterable[Step]:
        return oven(request) if len(server.requests) <= 2 * ANSWERED else replies.error(401)

    with ScriptedUpstream(then_nobody) as server:
        yield server


def announced(said: str) -> tuple[int, float, float]:
    """Calls, USD about, and USD at most, as they were said before the first call."""
    found = re.search(r"(\d+) calls to \S+(?: are left)?, about ([\d.]+) USD \(at most ([\d.]+)\)", said)
    assert found is not None, said
    return int(found[1]), float(found[2]), float(found[3])


@pytest.mark.parametrize("stored", [False, True])
def test_a_resumed_run_says_what_is_left(provider: ScriptedUpstream, tmp_path: Path, stored: bool) -> None:
    """Calls and money of the rest, what was spent before beside it; three times the rest is too much, not three times
    the whole."""
    name = suite(tmp_path, 20)
    if stored:
        assert sightglass(tmp_path, "suite", "import", name, "--name", "own").returncode == 0
        name = "own"
    words = [*run(provider, name), "--price", "1000,1000", "--concurrency", "1", "--repeats", "2"]
    first = sightglass(tmp_path, *words)
    calls, usd, most = announced(first.stderr)
    assert calls == 40
    provider.script = oven
    identity = first.stderr.rsplit("--resume ", 1)[1].strip()
    gone_on = sightglass(tmp_path, *words, "--resume", identity)
    left, rest, at_most = announced(gone_on.stderr)
    assert left == 40 - 2 * ANSWERED
    assert (rest, at_most) == (pytest.approx(usd / 4, rel=0.05), pytest.approx(most / 4, rel=0.05))
    spent = 2 * ANSWERED * 27 / 1e3
    assert f"(at most {at_most:.4f}), beside {spent:.4f} USD spent before; " in gone_on.stderr
    assert passed(gone_on)["ledger"]["done"] == 40


def test_a_run_is_not_resumed_with_another_provider(provider: ScriptedUpstream, tmp_path: Path) -> None:
    """Its answers would be of two, under one pass rate; another form of the same address is none."""
    name = suite(tmp_path, 20)
    first = sightglass(tmp_path, *run(provider, name), "--concurrency", "1", "--repeats", "2")
    identity = first.stderr.rsplit("--resume ", 1)[1].strip()
    with ScriptedUpstream(oven) as other:
        refused = sightglass(tmp_path, *run(other, name), "--resume", identity)
        assert refused.returncode == 2
        assert f"--resume {identity}: it was begun with --base-url {provider.url}" in refused.stderr
        assert other.requests == []
    provider.script = oven
    words = [word.rstrip("/") + "/" if word == provider.url else word for word in run(provider, name)]
    assert passed(sightglass(tmp_path, *words, "--resume", identity))["ledger"]["done"] == 40
