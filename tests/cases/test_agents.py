"""What coding agents send, recorded: the labels of the folder of cases beside the checkout, from the file and live."""

import json
from pathlib import Path

import pytest

from scorers.formats.recorded import decode
from support import replies
from support.exchanges import scores
from support.proxying import Proxy, Wire
from support.upstream import ScriptedUpstream

CASES = Path(__file__).resolve().parents[2].parent / "shared" / "cases" / "agents"
FOUND = {
    f"{path.stem}/{row['id']}": row
    for path in sorted(CASES.glob("*.jsonl"))
    for row in map(json.loads, path.read_text(encoding="utf-8").splitlines())
}

pytestmark = pytest.mark.skipif(not FOUND, reason="there is no folder of cases beside the checkout")


def _check(sample, labels):
    for name, right in labels.items():
        scorer, _, output = name.partition(".")
        [found] = [score for score in scores(sample, scorer) if score.output == output]
        assert (found.verdict or found.unscored_reason) == right, found


@pytest.fixture(scope="module")
def proxy(tmp_path_factory):
    """A proxy that keeps the sample of every request, in front of a provider that gives each its recorded answer."""

    def script(request):
        return replies.chat_json(FOUND[request.header("x-case")]["response"])

    with ScriptedUpstream(script) as upstream:
        process = Proxy(tmp_path_factory.mktemp("agents"), upstream.url, sampling={"rate": 1.0})
        yield process
        process.finish()


@pytest.mark.parametrize("name", FOUND)
def test_recorded(name):
    """A recorded sample has its labels."""
    row = FOUND[name]
    plain = {key: value for key, value in row.items() if key != "labels"}
    _check(decode(json.dumps(plain)), row["labels"])


@pytest.mark.parametrize("name", FOUND)
def test_live(proxy, name):
    """So has the sample of the same request and answer, sent through the proxy."""
    row = FOUND[name]
    with Wire(proxy.port) as wire:
        wire.post({"model": "m", "messages": row["messages"]}, headers=[f"x-case: {name}"])
        _check(proxy.sample_of(wire.answer()), row["labels"])
