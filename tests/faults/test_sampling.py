"""X11: the uniform coin. Who sends the traffic can neither force, dodge nor predict it."""

from __future__ import annotations

import random
from typing import Any

from proxy.config.settings import Always, Sampling
from proxy.exchange import Decision, Exchange, Operation, Outcome
from proxy.observe.identity import Conversations
from proxy.observe.sampler import UNIFORM, Sampler, coin
from support import replies
from support.proxying import CHAT, post
from support.upstream import ScriptedUpstream

_QUIET = Always(error=0, stream_incomplete=0, refusal_signal=0, new_system_prompt=0)


def _exchange(number: int, conversation: str | None) -> Exchange:
    return Exchange(
        request_id=f"r{number}",
        instance="i",
        started_at=0.0,
        app="a",
        operation=Operation.CHAT,
        upstream="u",
        outcome=Outcome.OK,
        duration=1.0,
        conversation=conversation,
    )


def _kept(secret: bytes, named: str) -> bool:
    """Whether a client that names its session ``named`` is kept at rate 0.5."""
    conversation = Conversations(secret).key("a", named, Operation.CHAT, {})
    verdict = Sampler(Sampling(rate=0.5, always=_QUIET), secret).decide(_exchange(1, conversation), opted_out=False)
    return verdict.decision is Decision.PUBLISHED


def test_x11_nobody_without_the_secret_can_tell_the_coin() -> None:
    """Over 400 servers, one session's name is kept about as often as another's: the name decides nothing by itself, and
    what a client learns of one server tells nothing of the next."""
    chance = random.Random(11)
    secrets = [chance.randbytes(32) for _ in range(400)]
    for named in ("always-keep-me", "0", "f" * 64):
        share = sum(_kept(secret, named) for secret in secrets) / len(secrets)
        assert 0.4 < share < 0.6
    [one, two] = secrets[:2]
    agree = sum(_kept(one, f"s{number}") == _kept(two, f"s{number}") for number in range(400)) / 400
    assert 0.4 < agree < 0.6


def test_x11_a_conversation_is_kept_or_left_as_a_whole() -> None:
    """Asking again within a conversation does not throw the coin again."""
    sampler = Sampler(Sampling(rate=0.5, always=_QUIET), b"s" * 32)
    for number in range(50):
        decisions = {sampler.decide(_exchange(turn, f"c{number}"), opted_out=False).decision for turn in range(20)}
        assert len(decisions) == 1
    hits = sum(coin(b"s" * 32, f"c{number}") < 0.5 for number in range(1000))
    assert 430 < hits < 570


def test_x11_no_header_forces_or_dodges_it(start_proxy: Any) -> None:
    """Ids, trace flags and stray names of ours change no decision; nor does opting out where it is not allowed."""
    tries = (
        {"x-sightglass-request-id": "0" * 32},
        {"x-sightglass-sample": "1"},
        {"x-sightglass-probability": "1"},
        {"traceparent": "00-" + "1" * 32 + "-" + "2" * 16 + "-01"},
        {"x-request-id": "keep"},
        {"x-sightglass-no-store": "1"},
    )
    with ScriptedUpstream(lambda r: replies.chat_json("fine")) as upstream:
        never = start_proxy(upstream.url, sampling={"rate": 0.0, "allow_opt_out": False, "always": _QUIET.model_dump()})
        for headers in tries:
            post(never.url, CHAT, **headers)
        never.wait_idle()
        assert never.metric("sightglass_sampling_decisions_total", decision="sampled_out") == len(tries)
        always = start_proxy(upstream.url, sampling={"rate": 1.0, "allow_opt_out": False})
        for headers in tries:
            sample = always.sample_of(post(always.url, CHAT, **headers))
            assert (sample.probability, sample.stratum) == (1.0, UNIFORM)
        assert always.metric("sightglass_sampling_decisions_total", decision="opted_out") == 0
