"""A real Prometheus scrapes both processes and answers what a user would ask."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import openai
import pytest

from support import replies
from support.processes import Prometheus, Sightglass
from support.upstream import Recorded, ScriptedUpstream, Step

pytestmark = pytest.mark.real_servers

FIRST_TOKEN = 0.15
REFUSAL = "I'm sorry, but I can't help with that request."
ANSWER = "The harbour office opens at nine in the morning and closes at five in the afternoon."
P95 = "histogram_quantile(0.95, sum by (le) (rate(sightglass_time_to_first_token_seconds_bucket[1m])))"
VERDICTS = 'sightglass_verdicts_estimated_total{scorer="refusal",output="refused"%s}'
REFUSAL_SHARE = f"sum({VERDICTS})/sum({VERDICTS})" % (',verdict="yes"', "")
RATIO = 'sightglass_verdict_ratio{scorer="refusal",output="refused",app="all",window="1h"}'


def _script(request: Recorded) -> Iterable[Step]:
    """A quarter of the questions is refused; one kind of question meets the provider's limit."""
    question = request.json()["messages"][-1]["content"]
    if "busy" in question:
        return replies.error(429, {"x-should-retry": "false"})
    text = REFUSAL if int(question.rsplit(" ", 1)[1]) % 4 == 0 else ANSWER
    return replies.stream(replies.chat_events(text), first=FIRST_TOKEN)


def _ask(client: openai.OpenAI, question: str) -> None:
    messages = [{"role": "user", "content": question}]
    for _ in client.chat.completions.create(model=replies.MODEL, messages=messages, stream=True):
        pass


def test_prometheus_answers_what_users_ask(
    upstream: ScriptedUpstream,
    start_sightglass: Callable[..., Sightglass],
    start_prometheus: Callable[..., Prometheus],
) -> None:
    """Request rate, p95 time to first token, outcomes, tokens, cost and the refusal share come out of Prometheus."""
    upstream.script = _script
    sightglass = start_sightglass(upstream.url, apps=["desk"])
    prometheus = start_prometheus(sightglass.config["metrics_listen"], sightglass.config["console_listen"])
    prometheus.wait_up()
    headers = {"x-sightglass-app": "desk"}
    with openai.OpenAI(base_url=f"{sightglass.url}/v1", api_key="sk-test", default_headers=headers) as client:
        _ask(client, "When does the office open, 1")
        # A rate needs a scrape before and one after: the first request makes the series, the others raise it.
        prometheus.wait_value("sum(sightglass_requests_total)", lambda number: number == 1)
        for number in range(2, 21):
            _ask(client, f"When does the office open, {number}")
        with pytest.raises(openai.RateLimitError):
            _ask(client, "busy")
    sightglass.wait_scored(20)
    prometheus.wait_value("sum(sightglass_requests_total)", lambda number: number == 21)
    assert prometheus.value('sum(sightglass_requests_total{app="desk",operation="chat",outcome="ok"})') == 20
    assert prometheus.value('sum(sightglass_requests_total{outcome="rate_limited"})') == 1
    assert prometheus.wait_value("sum(rate(sightglass_requests_total[1m]))", lambda number: number > 0) > 0
    p95 = prometheus.wait_value(P95, lambda number: number > 0)
    assert FIRST_TOKEN * 0.6 < p95 < FIRST_TOKEN * 3, p95
    assert prometheus.value('sum(sightglass_tokens_total{type="output"})') == 20 * 7
    cost = prometheus.value("sum(sightglass_cost_usd_total)")
    assert cost == pytest.approx(20 * (20 * 0.15 + 7 * 0.60) / 1e6)
    assert prometheus.wait_value(REFUSAL_SHARE, lambda number: number == 5 / 20) == 0.25
    assert prometheus.wait_value(RATIO, lambda number: number == 0.25) == 0.25
