"""Every exchange of the folder of cases beside the checkout, replayed over sockets and compared with what is right."""

import json
from pathlib import Path

import msgspec
import pytest

from scorers.registry import FACTORIES
from support.exchanges import CHUNKINGS, Stage, recording, scores
from support.proxying import Proxy
from support.upstream import ScriptedUpstream

CASES = Path(__file__).resolve().parents[2].parent / "shared" / "cases" / "exchanges"
FOUND = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in sorted(CASES.glob("*.json"))}

#: Cases that are not right yet; each is taken out by the change that mends its kind.
NOT_YET = {}

pytestmark = pytest.mark.skipif(not FOUND, reason="there is no folder of cases beside the checkout")


@pytest.fixture(scope="module")
def stage(tmp_path_factory):
    """A proxy that keeps the sample of every request."""
    with ScriptedUpstream(lambda request: []) as upstream:
        proxy = Proxy(tmp_path_factory.mktemp("exchanges"), upstream.url, sampling={"rate": 1.0})
        try:
            yield Stage(upstream, proxy)
        finally:
            proxy.end_now()


def _named(name):
    marks = [pytest.mark.xfail(strict=True, raises=AssertionError, reason="not right yet")] if name in NOT_YET else []
    return pytest.param(name, marks=marks)


@pytest.mark.parametrize("name", [_named(name) for name in FOUND])
def test_case(stage, name):
    """What is observed of a recorded exchange is what its case calls right, however its bytes are cut."""
    case = FOUND[name]
    played = recording(case)
    for chunking in CHUNKINGS if case["events"] else CHUNKINGS[::2]:
        sample = stage.play(played, chunking)
        for what, right in case["expected"].items():
            if what == "note":
                continue
            if what == "conversation":
                other = recording({**case, "request": {**case["request"], "input": "Who wrote it?"}})
                assert sample.exchange.conversation == stage.play(other).exchange.conversation
            elif what.partition(".")[0] in FACTORIES:
                _compare_scores(sample, what, right)
            else:
                _compare(sample, what, right, case["expected"].get("note", ""))


def _compare(sample, what, right, note):
    exchange = sample.exchange
    if what == "usage":
        seen = msgspec.structs.asdict(exchange.usage)
        assert {name: seen[name] for name in right} == right
    elif what == "cost_usd":
        if exchange.cost_usd is not None or "or unpriced" not in note:
            assert exchange.cost_usd == pytest.approx(right, abs=1e-9)
    elif what == "text":
        assert "".join(choice.text for choice in sample.choices) in (right, *_with_replacements(right))
    elif what == "tool_calls":
        assert [[call.name, call.arguments] for choice in sample.choices for call in choice.tool_calls] == right
    elif what == "messages":
        assert len(sample.messages) == right
    elif what == "undecodable":
        assert sample.undecodable == right
    else:
        assert getattr(exchange, what) == right


def _with_replacements(right):
    """The texts that ``TEXT (or with U+FFFD); ...`` allows."""
    text, _, said = right.partition(" (or with U+FFFD)")
    odd = next((char for char in text if ord(char) > 0xFFFF), "")
    return [text, text.replace(odd, "\ufffd"), text.replace(odd, "\ufffd\ufffd")] if said and odd else []


def _compare_scores(sample, what, right):
    scorer, _, output = what.partition(".")
    found = [score for score in scores(sample, scorer) if not output or score.output == output]
    assert found
    for score in found:
        if isinstance(right, float):
            assert score.value == right, score
            continue
        words = right.replace("(", " ").split()
        allowed = {words[0].rstrip(",")} | ({"no"} if "(then no)" in right else set())
        assert (score.verdict or score.unscored_reason) in allowed, score
