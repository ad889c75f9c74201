"""The judge in the whole of Sightglass: traffic in, verdicts, rates, money and the ledger out; and no loop."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from support import plain, replies
from support.judging import Question, saying
from support.processes import Sightglass, free_ports, wait_until
from support.upstream import Recorded, ScriptedUpstream

DECLINES = "I'm sorry, but I can't help with that."
ANSWERS = 24


def provider(request: Recorded) -> Any:
    """Refuses every third question."""
    number = int(re.findall(r"question (\d+)", request.body.decode())[-1])
    return replies.chat_json(DECLINES if number % 3 == 0 else f"The answer to question {number} is simple enough.")


def judging(request: Recorded) -> Any:
    """Nothing should have been refused; what declines, declines."""
    question = Question(request)
    return saying(question, {"refused": float("can't help" in question.parts["ANSWER"])})


def send(url: str, app: str, count: int, first: int = 0) -> None:
    """Questions of one application, each in a conversation of its own."""
    with plain.client(timeout=10.0) as client:
        for i in range(first, first + count):
            body = {"model": replies.MODEL, "messages": [{"role": "user", "content": f"Please answer question {i}."}]}
            answer = client.post(f"{url}/v1/chat/completions", json=body, headers={"x-sightglass-app": app})
            assert answer.status_code == 200


@pytest.fixture
def servers() -> Iterator[tuple[ScriptedUpstream, ScriptedUpstream]]:
    """The provider and the judge."""
    with ScriptedUpstream(provider) as upstream, ScriptedUpstream(judging) as judge:
        yield upstream, judge


def config(judge_url: str, **more: Any) -> dict[str, Any]:
    """Everything sampled, two scorers, a judge for one of two apps."""
    judge = {
        "base_url": judge_url,
        "api_key": "sk-judge-secret",
        "model": "judge-model",
        "price": {"input": 1.0, "output": 4.0},
        "budget_usd_per_day": 5.0,
        "sample": 1.0,
        "apps": ["support"],
    }
    return {"apps": ["support", "search"], "scorers": {"refusal": {}}, "judge": judge, **more}


def judged(sightglass: Sightglass) -> dict[str, Any] | None:
    """The rate of ``over_refused`` over all applications, once every answer is judged."""
    found = [r for r in sightglass.api("rates", window="1h", app="all")["rates"] if r["output"] == "over_refused"]
    return found[0] if found and found[0]["judged"] == ANSWERS else None


def test_verdicts_rates_money_and_ledger(tmp_path: Path, servers: tuple[ScriptedUpstream, ScriptedUpstream]) -> None:
    """A third of the answers is over-refused; only the listed app's text goes out; all sums add up."""
    upstream, judge = servers
    sightglass = Sightglass(tmp_path, f"{upstream.url}/v1", config(judge.url)).start()
    try:
        send(sightglass.url, "support", ANSWERS)
        send(sightglass.url, "search", 5, 1000)
        wait_until(lambda: judged(sightglass) is not None, 60, "every answer is judged")
        rate = judged(sightglass)
        assert rate is not None
        assert (rate["ratio"], rate["calibrated"]) == (pytest.approx(1 / 3), False)
        (refused,) = [
            r for r in sightglass.api("rates", window="1h", app="support")["rates"] if r["output"] == "refused"
        ]
        assert (refused["judged"], refused["scored"]) == (ANSWERS, ANSWERS)
        (table,) = sightglass.api("tables", app="support")["tables"]
        assert table["cells"]["not_due_happened"] == pytest.approx(1 / 3)

        def settled() -> bool:
            return sightglass.api("ledger")["scorers"].get("judge") == {
                "pending": 0,
                "sampled_out": 5,
                "scored": ANSWERS,
            }

        wait_until(settled, 30, "the ledger of the judge closes")
        material = [Question(request).parts.get("REQUEST", "") for request in judge.requests]
        assert not any(re.search(r"question 100\d", text) for text in material)
        wait_until(lambda: 'judge_agreement_kappa{scorer="refusal"}' in sightglass.metrics("worker"), 30, "health")
        page = sightglass.metrics("worker")
        calls = len(judge.requests)
        assert f'sightglass_judge_tokens_total{{scorer="refusal"}} {1100.0 * calls}' in page
        assert 'sightglass_judge_budget_remaining_usd{scorer="all"}' in page
        assert "sk-judge-secret" not in page + sightglass.output()
    finally:
        assert sightglass.stop() == 0
    assert "Traceback" not in sightglass.output()


def _decided(sightglass: Sightglass, decision: str) -> int:
    return sum(counts.get(decision, 0) for counts in sightglass.api("ledger")["proxies"].values())


def test_our_own_calls_are_never_sampled(tmp_path: Path, servers: tuple[ScriptedUpstream, ScriptedUpstream]) -> None:
    """A judge behind the very proxy that it judges, which heeds no opt-out: its calls pass, and leave no sample."""
    upstream, judge = servers
    (port,) = free_ports(1)
    upstreams = [
        {"name": "judges", "base_url": f"{judge.url}/v1", "models": ["judge-model"]},
        {"name": "scripted", "base_url": f"{upstream.url}/v1"},
    ]
    own = config(f"http://127.0.0.1:{port}/apps/support/v1", listen=f"127.0.0.1:{port}", upstreams=upstreams)
    own["sampling"] = {"allow_opt_out": False}
    sightglass = Sightglass(tmp_path, upstream.url, own).start()
    try:
        send(sightglass.url, "support", ANSWERS)
        wait_until(lambda: judged(sightglass) is not None, 60, "every answer is judged")
        wait_until(lambda: _decided(sightglass, "not_observed") >= ANSWERS, 10, "the rows of the judge's own calls")
        assert _decided(sightglass, "published") == ANSWERS
        assert len(sightglass.api("samples", limit=1000)["samples"]) == ANSWERS
        assert all(request.header("x-sightglass-judge") is None for request in judge.requests)
    finally:
        assert sightglass.stop() == 0
