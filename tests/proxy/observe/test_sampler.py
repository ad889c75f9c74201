"""Sampling: a coin that nobody can foretell, whole conversations, capped strata, and weights that are unbiased."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from typing import Any

import pytest

from proxy.config.settings import Always, Sampling
from proxy.exchange import OBSERVED, Decision, Exchange, Operation, Outcome
from proxy.observe.sampler import UNIFORM, Sampler, Verdict, coin

SECRET = bytes(range(32))
NEVER = Always(error=0, stream_incomplete=0, refusal_signal=0, new_system_prompt=0)


def _exchange(request_id: str = "r1", at: float = 0.0, **changes: Any) -> Exchange:
    fields: dict[str, Any] = {
        "request_id": request_id,
        "instance": "i",
        "started_at": at,
        "app": "bot",
        "operation": Operation.CHAT,
        "upstream": "u",
        "outcome": Outcome.OK,
        "duration": 0.5,
    }
    return Exchange(**{**fields, **changes})


def _sampler(secret: bytes = SECRET, seed: int = 1, **settings: Any) -> Sampler:
    sampler = Sampler(Sampling(**{"always": NEVER, **settings}), secret)
    sampler._random = random.Random(seed)
    return sampler


def _kept(verdict: Verdict) -> bool:
    return verdict.decision is Decision.PUBLISHED


def test_the_coin_is_uniform() -> None:
    """Coins are in [0, 1), spread evenly, the same for the same key, different under another secret."""
    coins = [coin(SECRET, f"key {number}") for number in range(20_000)]
    assert 0 <= min(coins) < max(coins) < 1
    assert sum(coins) / len(coins) == pytest.approx(0.5, abs=0.01)
    assert sum(value < 0.1 for value in coins) / len(coins) == pytest.approx(0.1, abs=0.01)
    assert coins[0] == coin(SECRET, "key 0") != coin(b"another", "key 0")


@pytest.mark.parametrize("rate", [0.02, 0.1, 0.5])
def test_the_rate_is_kept(rate: float) -> None:
    """The share of requests kept is the rate, and each says with which probability."""
    sampler = _sampler(rate=rate, unit="request")
    verdicts = [sampler.decide(_exchange(f"r{number}"), False) for number in range(20_000)]
    share = sum(map(_kept, verdicts)) / len(verdicts)
    assert share == pytest.approx(rate, abs=4 * math.sqrt(rate / len(verdicts)))
    assert {verdict.probability for verdict in verdicts} == {rate}
    assert {verdict.stratum for verdict in verdicts} == {UNIFORM}


@pytest.mark.parametrize("rate", [0.0, 1.0])
def test_none_and_all(rate: float) -> None:
    """Rate 0 keeps nothing, rate 1 everything."""
    sampler = _sampler(rate=rate)
    assert {_kept(sampler.decide(_exchange(f"r{number}"), False)) for number in range(500)} == {rate == 1.0}


def test_rates_by_application() -> None:
    """Each application has its own rate; one that is not named takes the default, else everything is kept."""
    for rates, other in (({"bot": 0.0, "default": 0.0}, False), ({"bot": 0.0}, True)):
        sampler = _sampler(rate=rates)
        assert not _kept(sampler.decide(_exchange(), False))
        assert _kept(sampler.decide(_exchange(app="search"), False)) is other


def test_conversations_stay_together() -> None:
    """All turns of a conversation are kept or left together, whatever else they differ in."""
    sampler, kept = _sampler(rate=0.3), 0
    for number in range(400):
        turns = [
            sampler.decide(_exchange(f"{number}/{turn}", at=turn * 90.0, conversation=f"c{number}"), False)
            for turn in range(5)
        ]
        assert len({_kept(turn) for turn in turns}) == 1
        kept += _kept(turns[0])
    assert kept / 400 == pytest.approx(0.3, abs=0.1)


def test_requests_one_by_one() -> None:
    """``unit: request`` takes the turns of a conversation apart."""
    sampler = _sampler(rate=0.5, unit="request")
    verdicts = [sampler.decide(_exchange(f"r{turn}", conversation="c"), False) for turn in range(60)]
    assert len({_kept(verdict) for verdict in verdicts}) == 2


def test_without_a_conversation_requests_are_drawn_alone() -> None:
    """Requests that tell no conversation are not thrown together into one."""
    sampler = _sampler(rate=0.5)
    assert len({_kept(sampler.decide(_exchange(f"r{number}"), False)) for number in range(60)}) == 2


def test_nobody_without_the_secret_can_foretell() -> None:
    """X11: what another secret says of the same requests agrees with ours no more often than chance."""
    ours, guess = _sampler(rate=0.5), _sampler(b"guessed", rate=0.5)
    pairs = [
        (
            _kept(ours.decide(_exchange(conversation=name), False)),
            _kept(guess.decide(_exchange(conversation=name), False)),
        )
        for name in (f"c{number}" for number in range(4000))
    ]
    assert sum(a == b for a, b in pairs) / len(pairs) == pytest.approx(0.5, abs=0.04)


def test_processes_with_one_secret_agree() -> None:
    """A conversation that meets several proxy processes is kept or left by all of them."""
    one, two = _sampler(rate=0.5, seed=1), _sampler(rate=0.5, seed=2)
    for number in range(100):
        exchange = _exchange(conversation=f"c{number}")
        assert one.decide(exchange, False) == two.decide(exchange, False)


def test_opting_out() -> None:
    """Who opts out is not kept, by rate or by stratum, and is counted as such; Settings may refuse it."""
    always = Always()
    error = _exchange(outcome=Outcome.UPSTREAM_ERROR)
    assert _sampler(always=always).decide(error, True).decision is Decision.OPTED_OUT
    assert _kept(_sampler(always=always, allow_opt_out=False).decide(error, True))


@pytest.mark.parametrize("operation", sorted(set(Operation) - OBSERVED))
def test_what_is_not_observed(operation: Operation) -> None:
    """An operation that is only counted is never kept, and does not count as opted out."""
    verdict = _sampler(always=Always()).decide(_exchange(operation=operation, outcome=Outcome.UPSTREAM_ERROR), True)
    assert verdict.decision is Decision.NOT_OBSERVED


def test_a_lowered_rate_is_recorded() -> None:
    """While the queue is behind, the rate falls by the factor and the probability says so."""
    sampler = _sampler(rate=0.8, unit="request")
    sampler.factor = 0.25
    verdicts = [sampler.decide(_exchange(f"r{number}"), False) for number in range(5000)]
    assert verdicts[0].probability == pytest.approx(0.2)
    assert sum(map(_kept, verdicts)) / 5000 == pytest.approx(0.2, abs=0.025)


@pytest.mark.parametrize(
    ("changes", "stratum"),
    [
        ({"outcome": Outcome.UPSTREAM_ERROR}, "error"),
        ({"outcome": Outcome.TIMEOUT}, "error"),
        ({"outcome": Outcome.STREAM_INCOMPLETE}, "stream_incomplete"),
        ({"wire_refusal": True}, "refusal_signal"),
        ({"system_prompt_hash": "new"}, "new_system_prompt"),
    ],
)
def test_rare_traffic_has_strata(changes: dict[str, Any], stratum: str) -> None:
    """Rare traffic is kept by its stratum although the rate keeps nothing."""
    assert _sampler(rate=0.0, always=Always()).decide(_exchange(**changes), False) == Verdict(
        Decision.PUBLISHED, 1.0, stratum
    )
    assert _sampler(rate=0.0).decide(_exchange(**changes), False).decision is Decision.SAMPLED_OUT


@pytest.mark.parametrize(
    "outcome", [Outcome.OK, Outcome.CLIENT_ERROR, Outcome.RATE_LIMITED, Outcome.CLIENT_DISCONNECTED]
)
def test_what_is_no_stratum(outcome: Outcome) -> None:
    """Nothing that a client can bring about at will is a stratum."""
    assert not _kept(_sampler(rate=0.0, always=Always()).decide(_exchange(outcome=outcome), False))


def test_a_system_prompt_is_new_once() -> None:
    """A system prompt is new on first sight only, and again after thousands of others have come between."""
    sampler = _sampler(rate=0.0, always=Always(new_system_prompt=10_000))

    def seen(prompt: str) -> bool:
        return _kept(sampler.decide(_exchange(system_prompt_hash=prompt), False))

    assert [seen("a"), seen("a"), seen("b"), seen("a")] == [True, False, True, False]
    assert sum(seen(f"p{number}") for number in range(5000)) == 5000
    assert seen("b")


def test_the_coin_comes_first() -> None:
    """What the uniform coin kept is of the uniform stratum, with the probability of both ways together."""
    verdict = _sampler(rate=1.0, always=Always()).decide(_exchange(outcome=Outcome.TIMEOUT), False)
    assert verdict == Verdict(Decision.PUBLISHED, 1.0, UNIFORM)


def test_strata_are_capped_per_minute_and_application() -> None:
    """A flood keeps at most the cap in any minute, and does not starve other apps."""
    sampler = _sampler(rate=0.0, always=Always(error=10))
    by_minute = []
    for minute in range(4):
        exchanges = [
            _exchange(f"{minute}/{number}", at=minute * 60 + number / 1000, outcome=Outcome.TIMEOUT)
            for number in range(20_000)
        ]
        by_minute.append(sum(_kept(sampler.decide(exchange, False)) for exchange in exchanges))
    assert by_minute[0] == 10
    assert all(1 <= kept <= 10 for kept in by_minute[1:])
    assert _kept(sampler.decide(_exchange("x", at=239.0, app="search", outcome=Outcome.TIMEOUT), False))


def test_processes_share_a_cap() -> None:
    """Three processes keep seven failures a minute between them, and one at most where the cap is one."""
    for cap in (7, 1):
        kept = 0
        for place in range(3):
            sampler = Sampler(Sampling(rate=0.0, always=Always(error=cap)), SECRET, (place, 3))
            flood = (_exchange(f"{place}/{n}", at=1.0, outcome=Outcome.TIMEOUT) for n in range(100))
            kept += sum(_kept(sampler.decide(exchange, False)) for exchange in flood)
        assert kept == cap


def test_a_quiet_minute_forgets_the_flood() -> None:
    """After a minute without events a stratum keeps everything again."""
    sampler = _sampler(rate=0.0, always=Always(error=3))
    for number in range(5000):
        sampler.decide(_exchange(f"r{number}", at=1.0, outcome=Outcome.TIMEOUT), False)
    assert sampler.decide(_exchange("late", at=200.0, outcome=Outcome.TIMEOUT), False).probability == 1.0


def _traffic(chance: random.Random, minutes: int) -> Iterator[Exchange]:
    """Minutes of uneven traffic in conversations of one to six turns; some of them fail again and again."""
    for minute in range(minutes):
        for number in range(chance.choice((4, 12, 60))):
            fails = chance.random() < 0.4
            for turn in range(chance.randint(1, 6)):
                outcome = Outcome.TIMEOUT if fails and chance.random() < 0.8 else Outcome.OK
                name = f"{minute}/{number}"
                at = 60.0 * minute + chance.random() * 50
                yield _exchange(
                    f"{name}/{turn}", at=at, outcome=outcome, conversation=name, app=chance.choice(("bot", "web"))
                )


@pytest.mark.parametrize("unit", ["conversation", "request"])
@pytest.mark.parametrize("rate", [0.1, 0.5])
def test_weights_are_unbiased(unit: str, rate: float) -> None:
    """The sum of 1/probability over what was kept is, on average, the number of requests: in all and of the errors."""
    ratios: dict[str, list[float]] = {"all": [], "error": []}
    for seed in range(120):
        sampler = _sampler(f"secret {seed}".encode(), seed, rate=rate, unit=unit, always=Always(error=2))
        true, estimated = {"all": 0, "error": 0}, {"all": 0.0, "error": 0.0}
        for exchange in _traffic(random.Random(seed), 12):
            verdict = sampler.decide(exchange, False)
            for kind in ("all", "error") if exchange.outcome is Outcome.TIMEOUT else ("all",):
                true[kind] += 1
                estimated[kind] += 1 / verdict.probability if _kept(verdict) else 0.0
        for kind, values in ratios.items():
            values.append(estimated[kind] / true[kind])
    for kind, values in ratios.items():
        mean = sum(values) / len(values)
        error = math.sqrt(sum((value - mean) ** 2 for value in values)) / len(values)
        assert abs(mean - 1) < 4 * error, (kind, mean, error)
        assert error < 0.05


def test_turns_of_one_conversation_stay_unbiased() -> None:
    """Two failing turns of one conversation against a cap of one: the second turn's weight does not know the coin."""
    total, runs = 0.0, 6000
    for run in range(runs):
        sampler = _sampler(f"secret {run}".encode(), run, rate=0.3, always=Always(error=1))
        turns = [_exchange(f"t{turn}", at=1.0, outcome=Outcome.TIMEOUT, conversation="c") for turn in range(2)]
        total += sum(
            1 / verdict.probability for verdict in (sampler.decide(turn, False) for turn in turns) if _kept(verdict)
        )
    assert total / runs == pytest.approx(2.0, abs=0.03)


def test_the_probability_depends_on_the_past_only() -> None:
    """Two samplers that differ only in the coin give the same request the same probability."""
    samplers = [_sampler(secret, 3, rate=0.4, always=Always(error=2)) for secret in (b"one", b"two")]
    for exchange in _traffic(random.Random(11), 6):
        one, two = (sampler.decide(exchange, False) for sampler in samplers)
        assert one.probability == two.probability
