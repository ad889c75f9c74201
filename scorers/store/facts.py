"""A sample without its text: the facts that drift compares and those that the store keeps. Uses no database."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from proxy.exchange import Outcome
from proxy.sample import Message, Sample
from scorers.reading.text import rough_language
from scorers.store.records import Ending, Facts, SampleFacts


def facts_of(sample: Sample) -> Facts:
    """The facts of a sample that are not text: which model answered and how, with hashes of what was asked."""
    exchange = sample.exchange
    usage = exchange.usage
    tokens = usage.input + usage.cached_input + usage.cache_write if usage else exchange.request_bytes // 4
    ok = exchange.outcome is Outcome.OK
    text = _asked(sample.messages)
    return Facts(
        response_model=exchange.model_served,
        system_fingerprint=exchange.system_fingerprint,
        provider=exchange.provider,
        system_prompt=exchange.system_prompt_hash,
        tools=exchange.tools_hash,
        parameters=exchange.parameters_hash,
        length=_length(tokens),
        language=rough_language(text).value if text else None,
        first_token=exchange.first_token if ok and exchange.streamed else None,
        duration=exchange.duration if ok and not exchange.streamed else None,
        cost=exchange.cost_usd if ok else None,
        answered=ok,
    )


def _asked(messages: Sequence[Message]) -> str:
    return next((message.content for message in reversed(messages) if message.role == "user" and message.content), "")


def _length(tokens: int) -> str:
    """Input tokens, in classes by powers of four."""
    low = 16
    while low * 4 <= tokens and low < 4**9:
        low *= 4
    return f"{low}-{4 * low - 1} tokens" if tokens >= low else f"0-{low - 1} tokens"


def sample_facts(sample: Sample) -> SampleFacts:
    """What the store keeps of a sample other than its text."""
    exchange = sample.exchange
    return SampleFacts(
        id=sample.id,
        request_id=exchange.request_id,
        app=exchange.app,
        model=exchange.model,
        session_id=exchange.session_id,
        conversation=exchange.conversation,
        user_hash=exchange.user_hash,
        trace_id=exchange.trace_id,
        response_id=exchange.response_id,
        started_at=exchange.started_at,
        probability=sample.probability,
        stratum=sample.stratum,
        facts=msgspec.json.encode(facts_of(sample)).decode(),
        outcome=exchange.outcome.value,
        ending=msgspec.json.encode(Ending.of(exchange)).decode(),
    )
