"""One experiment, round by round: what is asked, what it costs, what stops it, and what does not count."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from pathlib import Path
from typing import Any

import msgspec
import pytest
from sqlalchemy import text

from proxy.exchange import Decision, Exchange, ExchangeRow, Outcome, RowBatch
from scorers.store import asking
from scorers.store.judging import Control
from scorers.store.runs import AskKey, Reserved, Run, RunState
from scorers.store.store import Store
from scorers.worker.experiments import Experiments
from support.arms import Arm
from support.conducting import Stage, staged, walk
from support.scoring import Metrics, until

NOW = time.time()


def walks(number: int, **changes: Any) -> list[Any]:
    return [walk(n, NOW, **changes) for n in range(number)]


def arms(**candidate: Any) -> tuple[Arm, Arm]:
    return Arm("granite"), Arm("basalt", **candidate)


def asked(arm: Arm) -> Counter[str]:
    return Counter(body["messages"][-1]["content"] for body in arm.bodies())


def ledger(stage: Stage) -> dict[str, int]:
    run = stage.store.experiments.current("walks")
    assert run is not None
    return stage.store.asking.ledger(run.id)


async def test_both_arms_are_asked_the_same(tmp_path: Path) -> None:
    """Each pair asks both arms once, in random order, with the same text and the arm's own model; the rest is the
    request's."""
    served, rival = arms()
    samples = walks(20, parameters={"temperature": 0.4})
    async with staged(tmp_path, (served, rival), samples) as stage:
        found = await stage.until(lambda status: status["pairs"] == 20)
        assert asked(served) == asked(rival)
        assert set(asked(served).values()) == {1}
        for body in (*served.bodies(), *rival.bodies()):
            assert set(body) == {"messages", "temperature", "store", "model", "max_completion_tokens"}
            assert (body["store"], body["temperature"], body["max_completion_tokens"]) == (False, 0.4, 1_024)
        assert [{body["model"] for body in arm.bodies()} for arm in (served, rival)] == [{"m-prod"}, {"m-cand"}]
        assert served.requests[0].header("authorization") == "Bearer k1"
        pairs = stage.store.experiments.pairs(stage.conductor.document and _run(stage))
        assert {pair.first_arm for pair in pairs} == {pair.left_arm for pair in pairs} == {"control", "candidate"}
        # 60 input and 20 output tokens: 100 micro-dollars for the control, 80 for the candidate.
        assert found["cost_usd"] == pytest.approx(20 * (60 + 40 + 60 + 20) / 1e6)
        assert stage.store.asking.spent() == stage.store.asking.spent("guide") == 20 * 180
        assert ledger(stage) == {"planned": 40, "done": 40, "skipped": 0, "failed": 0, "pending": 0}


def _run(stage: Stage) -> str:
    run = stage.store.experiments.current("walks")
    assert run is not None
    return run.id


async def test_a_failing_candidate_loses_and_no_pair_is_dropped(tmp_path: Path) -> None:
    """A candidate that only fails: worse by ``failure``, all pairs count."""
    async with staged(tmp_path, arms(status=500), walks(60)) as stage:
        found = await stage.until(lambda status: status["state"] != "running")
        assert found["verdict"] == "do_not_ship"
        worse = {item["outcome"]: item["verdict"] for item in found["outcomes"]}
        assert (worse["failure"], worse["refusal.refused"]) == ("worse", "worse")
        assert found["pairs"] >= 30


@pytest.mark.parametrize(("status", "reason"), [(401, "key"), (402, "money"), (404, "model")])
async def test_an_endpoint_that_accepts_nobody_pauses(tmp_path: Path, status: int, reason: str) -> None:
    """A typed pause, said in the reasons: no further call before its end, and the pair does not count."""
    served, rival = arms(status=status)
    async with staged(tmp_path, (served, rival), walks(40)) as stage:
        found = await stage.rounds(6)
        assert found["state"] == "running"
        assert any(said.startswith("paused: ") and f"({reason})" in said for said in found["reasons"])
        assert found["pairs"] == 0
        assert found["skipped"] == {reason: len(rival.requests)}
        assert 1 <= len(rival.requests) <= 2  # those under way together
        rival.status = None
        stage.offset += 61
        assert (await stage.until(lambda status: status["pairs"] > 0))["pairs"] > 0


async def test_a_429_is_waited_for(tmp_path: Path) -> None:
    """Back-pressure: after a 429 that says 1 s, nothing is sent to that endpoint for as long."""
    served, rival = arms(status=429, headers={"retry-after": "1"})
    async with staged(tmp_path, (served, rival), walks(4)) as stage:
        stage.clients._tries = 2
        began = time.monotonic()
        await stage.until(lambda status: status["pairs"] == 4)
        assert time.monotonic() - began >= 1.0


async def test_an_arm_without_a_price_does_not_start(tmp_path: Path) -> None:
    """Nothing is asked; the model and the place for its price are named, and nothing is comparable."""
    served, rival = arms()
    upstreams = [
        {"name": "served", "base_url": "http://127.0.0.1:9/v1", "price": 0},
        {"name": "rival", "base_url": "http://127.0.0.1:9/v1"},
    ]
    async with staged(tmp_path, (served, rival), walks(5), upstreams=upstreams) as stage:
        found = await stage.rounds(2)
        assert (found["verdict"], found["skipped"]) == ("not_comparable", {"unpriced": 5})
        assert any("no price is known for m-cand at rival (upstreams[].price)" in said for said in found["reasons"])
        assert (served.requests, rival.requests) == ([], [])


async def test_nothing_that_can_be_asked_again(tmp_path: Path) -> None:
    """Without a replayable sample it is not comparable, with the reasons and how many."""
    samples = [
        *walks(3, replayable=("tools_hosted",)),
        walk(3, NOW, replayable=("redacted", "cut")),
        walk(4, NOW, replayable=None),
        walk(5, NOW, outcome=Outcome.CLIENT_ERROR),
    ]
    served, rival = arms()
    async with staged(tmp_path, (served, rival), samples) as stage:
        found = await stage.rounds(2)
        assert found["verdict"] == "not_comparable"
        assert found["skipped"] == {"tools_hosted": 3, "cut": 2, "client_error": 1}
        assert any("no sample can be asked again: tools_hosted (3)" in said for said in found["reasons"])
        assert rival.requests == []


async def test_a_streamed_request_is_streamed_again(tmp_path: Path) -> None:
    """Both arms are asked for a stream with its usage; time to the first token is an outcome beside time to the end."""
    served, rival = Arm("granite", seconds=0.02), Arm("basalt", seconds=0.2)
    async with staged(tmp_path, (served, rival), walks(3, streamed=True)) as stage:
        found = await stage.until(lambda status: status["pairs"] == 3)
        assert all(body["stream_options"] == {"include_usage": True} for body in rival.bodies())
        (first,) = [item for item in found["outcomes"] if item["outcome"] == "first_token"]
        assert first["n"] == 3
        assert first["mean"] < -0.5
        assert found["cost_usd"] == pytest.approx(3 * 180 / 1e6)
        (pair, *_) = stage.store.experiments.pairs(_run(stage))
        assert pair.answers["control"]["text"].startswith("The granite answer")
        assert pair.answers["candidate"]["first_token"] > 0.19


async def test_whole_and_redacted_requests_stand_apart(tmp_path: Path) -> None:
    """Both are paired; the document counts them by themselves."""
    samples = [*walks(6), *[walk(n, NOW, replayable=("redacted",)) for n in range(6, 10)]]
    async with staged(tmp_path, arms(), samples) as stage:
        await stage.until(lambda status: status["pairs"] == 10)
        apart = stage.conductor.document["beside"]
        assert (apart["whole"]["pairs"], apart["redacted"]["pairs"]) == (6, 4)


async def test_only_one_observation_a_conversation(tmp_path: Path) -> None:
    """Turns of one conversation are one observation, three pairs at most; later turns are left out by name."""
    samples = [walk(n, NOW, conversation=f"talk-{n % 4}") for n in range(20)]
    async with staged(tmp_path, arms(), samples) as stage:
        found = await stage.until(lambda status: status["pairs"] == 12)
        (first,) = [item for item in found["outcomes"] if item["primary"]]
        assert first["n"] == 4
        assert found["skipped"] == {"conversation_enrolled": 8}


async def test_sampling_weights_are_thinned(tmp_path: Path) -> None:
    """What sampling kept with twice the probability is taken half as often; strata are left out by their name."""
    sure = [walk(n, NOW, probability=1.0) for n in range(200)]
    rare = [walk(n, NOW, probability=0.5) for n in range(200, 400)]
    strata = [walk(n, NOW, stratum="error") for n in range(400, 403)]
    more = {"sampling": {"rate": 0.5}}
    async with staged(tmp_path, arms(), [*sure, *rare, *strata], {"share": 0.5}, **more) as stage:
        await stage.rounds(1)
        while await stage.conductor.round():
            pass
        pairs = stage.store.experiments.all_pairs(_run(stage))
        taken = Counter(int(pair.sample_id[1:]) // 200 for pair in pairs)
        assert 30 <= taken[0] <= 70  # 200 x .25
        assert 70 <= taken[1] <= 130  # 200 x .5
        assert stage.conductor.document["status"]["skipped"]["error"] == 3


async def test_no_consent_no_text(tmp_path: Path) -> None:
    """A candidate at the upstream of the request needs that upstream in ``send_to``."""
    served, rival = arms()
    async with staged(tmp_path, (served, rival), walks(3), {"candidate": {"model": "m-2"}}) as stage:
        found = await stage.rounds(2)
        assert (found["verdict"], found["skipped"]) == ("not_comparable", {"no_consent": 3})
        assert (served.requests, rival.requests) == ([], [])


async def test_an_a_a_test_says_so(tmp_path: Path) -> None:
    """Nothing set for the candidate: both arms are the upstream of the request, and the reasons say it."""
    served, rival = arms()
    async with staged(tmp_path, (served, rival), walks(10), {"candidate": {}}) as stage:
        found = await stage.until(lambda status: status["pairs"] == 10)
        assert "the candidate is the control: an A/A test, which checks the setup" in found["reasons"]
        assert (len(served.requests), len(rival.requests)) == (20, 0)


async def test_the_budget_ends_between_pairs(tmp_path: Path) -> None:
    """Room for five pairs as reserved: the sixth is not asked, what was paid is counted, and never more than that."""
    served, rival = arms()
    async with staged(tmp_path, (served, rival), walks(30), {"budget_usd": 0.006}) as stage:
        await stage.estimate(0.0)  # the plan would refuse to start
        found = await stage.until(lambda status: status["state"] == "out_of_budget")
        run = stage.store.experiments.current("walks")
        assert run is not None
        assert run.state == RunState.OUT_OF_BUDGET.value
        assert found["pairs"] == len(rival.requests) > 5
        assert found["cost_usd"] == pytest.approx(found["pairs"] * 180 / 1e6)
        assert found["cost_usd"] <= 0.006
        assert found["skipped"] == {"budget": 30 - found["pairs"]}
        counts = ledger(stage)
        assert counts["pending"] == 0
        assert counts["planned"] == 60


async def test_a_plan_that_cannot_reach_a_verdict_is_refused(tmp_path: Path) -> None:
    """Nothing is asked; what it would take and what is possible is said."""
    served, rival = arms()
    async with staged(tmp_path, (served, rival), walks(30), {"budget_usd": 0.02}) as stage:
        found = await stage.until(lambda status: status["state"] == "stopped")
        assert any(
            said.startswith("it cannot reach a verdict: ") and "a budget of" in said for said in found["reasons"]
        )
        assert (served.requests, rival.requests) == ([], [])


async def test_a_changed_configuration_is_a_new_run(tmp_path: Path) -> None:
    """The old run is closed and keeps what it found; the new one begins anew."""
    served, rival = arms()
    async with staged(tmp_path, (served, rival), walks(6)) as stage:
        await stage.until(lambda status: status["pairs"] == 6)
        old = _run(stage)
        changed = stage.settings.experiments[0].model_copy(update={"margin": 0.2})
        other = Stage(stage.store, stage.settings.model_copy(update={"experiments": (changed,)}))
        other.offset = 5.0
        await other.until(lambda status: status["pairs"] == 6)
        await other.close()
        assert _run(other) != old
        before = stage.store.asking.run(old)
        assert before is not None
        assert before.state == "stopped"
        # The worker that still held the old one ends it, too.
        assert await stage.conductor.round() is False


@pytest.mark.parametrize("how", ["changed", "stopped", "removed", "stopped and removed"])
async def test_what_a_killed_worker_left_of_a_run_that_is_over_is_closed(tmp_path: Path, how: str) -> None:
    """Its configuration was changed or removed, or it was stopped by a command, before a worker started again: nothing
    is pending, what was sent is charged what was set aside for it, and nothing is asked again."""
    served, rival = arms()
    async with staged(tmp_path, (served, rival), walks(12)) as stage:
        await stage.conductor.round()
        old, store = _run(stage), stage.store
        waiting = [ask.key for ask in store.asking.asks(old) if ask.state == "pending"]
        assert len(waiting) > 4
        assert store.asking.reserve(old, waiting[:2], 700, "walks") is Reserved.YES
        store.asking.begin(old, waiting[0])
        spent = store.asking.run(old).spent_micro  # type: ignore[union-attr]
        changed = stage.settings.experiments[0].model_copy(update={"margin": 0.2})
        settings = stage.settings.model_copy(update={"experiments": (changed,)}) if how == "changed" else stage.settings
        if "stopped" in how:
            with store._database.write() as connection:
                connection.execute(text("UPDATE runs SET state = 'stopped'"))
        if "removed" in how:
            none = stage.settings.model_copy(update={"experiments": ()})
            await _worked(Experiments(none, store, None, Metrics().instruments, Held()), store, old)  # type: ignore[arg-type]
        else:
            other = Stage(store, settings)
            await other.conductor.load()
            await other.close()
        found = store.asking.ledger(old)
        assert (found["pending"], found["failed"]) == (0, 1)
        assert found["planned"] == found["done"] + found["skipped"] + found["failed"]
        run = store.asking.run(old)
        assert run is not None
        assert (run.state, run.spent_micro) == ("stopped", spent - 700)
        assert store.experiments.pairs(old, ["pending"], limit=10) == []


@pytest.mark.parametrize("arms_left", [1, 2])
async def test_an_arm_that_was_never_asked_has_not_failed(tmp_path: Path, arms_left: int) -> None:
    """A worker is killed while it drops what waits: of a pair an arm, or both, is closed, and the pair is not. It does
    not count, and no call is spent on it: it is neither a failure of that arm nor a tie."""
    served, rival = arms()
    async with staged(tmp_path, (served, rival), walks(12)) as stage:
        await stage.conductor.round()
        run = _run(stage)
        waiting = [ask.case_id for ask in stage.store.asking.asks(run) if ask.state == "pending"]
        left = [AskKey(waiting[0], arm) for arm in ("control", "candidate")][:arms_left]
        stage.store.asking.skip(run, left, "ended", "guide")
        again = Stage(stage.store, stage.settings)
        again.offset = 5.0
        found = await again.until(lambda status: status["pairs"] + sum(status["skipped"].values()) == 12)
        await again.close()
        assert (found["pairs"], found["skipped"]) == (11, {"ended": 1})
        pair = stage.store.experiments.pair(waiting[0])
        assert pair is not None
        assert (pair.state, pair.reason, pair.outcomes) == ("skipped", "ended", {})
        assert len(served.requests) + len(rival.requests) == 22
        failures = next(item for item in found["outcomes"] if item["outcome"] == "failure")
        assert (failures["mean"], failures["n"]) == (0.0, 11)
        assert ledger(stage)["pending"] == 0


async def test_the_arms_of_a_pair_are_closed_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both or none: what ends a worker between them leaves the pair as it was."""
    async with staged(tmp_path, arms(), walks(4)) as stage:
        await stage.conductor.round()
        run, before = _run(stage), ledger(stage)
        waiting = next(ask.case_id for ask in stage.store.asking.asks(run) if ask.state == "pending")
        closed, kill = [], asking.settle

        def settle(connection: Any, run: str, ask: Any, *more: Any) -> None:
            if closed:
                raise KeyboardInterrupt
            closed.append(ask.arm)
            kill(connection, run, ask, *more)

        monkeypatch.setattr(asking, "settle", settle)
        with pytest.raises(KeyboardInterrupt):
            stage.store.asking.skip(run, [AskKey(waiting, arm) for arm in ("control", "candidate")], "ended", "guide")
        assert closed == ["control"]
        assert ledger(stage) == before


@pytest.mark.parametrize("reason", ["no_upstream", "unpriced", "no_consent"])
async def test_pairs_that_wait_are_held_to_what_is_configured_now(tmp_path: Path, reason: str) -> None:
    """A worker that starts with a renamed upstream, without a price or without consent asks nothing of what was
    enrolled before; each pair is skipped with the reason, and nothing is reserved."""
    served, rival = arms()
    async with staged(tmp_path, (served, rival), walks(12)) as stage:
        await stage.conductor.round()
        spent = stage.store.asking.spent()
        first, second = stage.settings.upstreams
        allowed = stage.settings.offpath.apps["guide"].model_copy(update={"send_to": ()})
        changed: dict[str, Any] = {
            "no_upstream": {"upstreams": (first.model_copy(update={"name": "main"}), second)},
            "unpriced": {"upstreams": (first, second.model_copy(update={"price": None}))},
            "no_consent": {"offpath": stage.settings.offpath.model_copy(update={"apps": {"guide": allowed}})},
        }[reason]
        number = len(served.requests) + len(rival.requests)
        other = Stage(stage.store, stage.settings.model_copy(update=changed))
        await other.rounds(3)
        await other.close()
        assert len(served.requests) + len(rival.requests) == number
        assert (ledger(stage)["pending"], stage.store.asking.spent()) == (0, spent)
        assert stage.store.experiments.counts(_run(stage))["skipped", reason] == 11


async def test_what_waits_is_not_asked_after_a_stop(tmp_path: Path) -> None:
    """The command stops it in the midst of a batch: only what is under way at that moment is sent."""
    served, rival = arms()
    async with staged(tmp_path, (served, rival), walks(40)) as stage:
        await stage.conductor.round()
        number, stopped = len(rival.requests), False
        told = stage.conductor._asker._told

        def stops(app: str, ask: Any) -> None:
            nonlocal stopped
            told(app, ask)
            if not stopped:
                stage.store.asking.finish(_run(stage), RunState.STOPPED, None)
            stopped = True

        stage.conductor._asker._told = stops
        await stage.rounds(2)
        assert stopped
        assert len(rival.requests) + len(served.requests) <= 2 * number + 3, "two places: one more each at most"
        assert ledger(stage)["pending"] == 0


class Held:
    """A lease that is ours."""

    held = True


async def _worked(experiments: Experiments, store: Store, run: str) -> None:
    """Until nothing of a run is pending."""
    stop = asyncio.Event()
    working = asyncio.create_task(experiments.run(stop))
    await until(lambda: store.asking.ledger(run)["pending"] == 0, 10)
    stop.set()
    await working


async def test_a_command_stops_it(tmp_path: Path) -> None:
    """What is pending is not asked any more, and a worker that starts again leaves it stopped."""
    served, rival = arms()
    async with staged(tmp_path, (served, rival), walks(60)) as stage:
        await stage.conductor.round()
        stage.store.asking.finish(_run(stage), RunState.STOPPED, None)
        await stage.rounds(2)
        number = len(rival.requests)
        again = Stage(stage.store, stage.settings)
        await again.rounds(2)
        await again.close()
        assert len(rival.requests) == number
        assert ledger(stage)["pending"] == 0


async def test_a_clock_that_is_set_back(tmp_path: Path) -> None:
    """Samples that are stored after the clock went back an hour are drawn, and none of the others again."""
    served, rival = arms()
    async with staged(tmp_path, (served, rival), []) as stage:
        stage.store._clock = lambda: time.time() + 3_600
        stage.store.save_samples(walks(3), content=True)
        await stage.until(lambda status: status["pairs"] == 3)
        stage.store._clock = time.time
        stage.store.save_samples([walk(n, NOW) for n in range(3, 6)], content=True)
        await stage.until(lambda status: status["pairs"] == 6)
        assert set(asked(rival).values()) == {1}


async def test_a_pause_ends_when_the_clock_is_set_back(tmp_path: Path) -> None:
    """A pause of a minute does not become one of half an hour."""
    served, rival = arms(status=401)
    async with staged(tmp_path, (served, rival), walks(40)) as stage:
        await stage.rounds(3)
        rival.status = None
        stage.offset -= 1_800
        assert (await stage.until(lambda status: status["pairs"] > 0))["pairs"] > 0


async def test_a_forgotten_user_is_asked_no_more(tmp_path: Path) -> None:
    """Their text is in no pair and in no answer, and what was pending is dropped by name."""
    async with staged(tmp_path, arms(), walks(30)) as stage:
        await stage.conductor.round()
        stage.store.forget_user("user-1")
        again = Stage(stage.store, stage.settings)
        again.offset = 5.0
        found = await again.until(lambda status: status["pairs"] + sum(status["skipped"].values()) == 30)
        await again.close()
        assert found["skipped"].get("forgotten", 0) > 0
        for pair in stage.store.experiments.pairs(_run(stage), ["done", "skipped"], limit=100):
            assert (pair.user_hash == "user-1") <= (pair.request is None and not pair.answers)


async def test_a_user_who_is_forgotten_meanwhile(tmp_path: Path) -> None:
    """Whoever conducts still holds their questions, and sends none of them; an answer that comes late is erased."""
    served, rival = arms()
    async with staged(tmp_path, (served, rival), walks(30)) as stage:
        await stage.conductor.round()
        before = len(rival.requests)
        stage.store.forget_user("user-1")
        found = await stage.until(lambda status: status["pairs"] + sum(status["skipped"].values()) == 30)
        theirs = {f"house number {n} " for n in range(30) if n % 3 == 1}
        late = [body["messages"][-1]["content"] for body in rival.bodies()[before:]]
        assert not [text for text in late if any(name in text for name in theirs)]
        assert found["skipped"]["forgotten"] >= 8
        texts = [ask.answer for ask in stage.store.asking.asks(_run(stage))]
        assert sum(text is not None for text in texts) == 2 * sum(n % 3 != 1 for n in range(30))


async def test_the_days_budget_ends_it_until_tomorrow(tmp_path: Path) -> None:
    """It says so, asks nothing more today, and goes on when the day's budget holds a pair again."""
    served, rival = arms()
    offpath = {"budget_usd_per_day": 0.01, "concurrency": 2, "apps": {"guide": {"send_to": ["rival"]}}}
    async with staged(tmp_path, (served, rival), walks(60), {"budget_usd": None}, offpath=offpath) as stage:
        await stage.estimate(0.000_18)
        found = await stage.until(lambda status: status["state"] == "out_of_budget")
        assert 5 < found["pairs"] < 60
        assert stage.store.asking.spent() <= 10_000
        assert any("paused: the budget of the day" in said for said in found["reasons"])
        stage.store.asking._clock = lambda: time.time() + 86_400
        stage.offset += 61
        await stage.until(lambda status: status["pairs"] > found["pairs"])


def _limited(store: Store, **changes: Any) -> None:
    """A row of production."""
    facts: dict[str, Any] = {**msgspec.structs.asdict(walk(900, time.time()).exchange), "request_id": f"r{time.time()}"}
    exchange = Exchange(**{**facts, "started_at": time.time(), **changes})
    store.save_rows(RowBatch(exchange.request_id, "p", 1, {}, [ExchangeRow(exchange, Decision.SAMPLED_OUT)]))


@pytest.mark.parametrize(
    ("changes", "told", "seconds"),
    [
        ({"outcome": Outcome.RATE_LIMITED}, "production got a 429 from served", 301),
        ({"quota_left": 0.19}, "19% of the quota of served is left", 61),
    ],
)
async def test_production_comes_first(tmp_path: Path, changes: dict[str, Any], told: str, seconds: float) -> None:
    """With a shared key nothing is asked for five minutes after a 429 of production, and below a fifth of the quota."""
    served, rival = arms()
    async with staged(tmp_path, (served, rival), walks(4)) as stage:
        _limited(stage.store, **changes)
        found = await stage.rounds(3)
        assert any(said.startswith(f"paused: {told}") for said in found["reasons"])
        assert (served.requests, rival.requests) == ([], [])
        stage.offset += seconds
        await stage.until(lambda status: status["pairs"] == 4)


async def test_a_key_of_our_own_does_not_wait(tmp_path: Path) -> None:
    """With ``offpath_api_key`` production's 429 is no reason to wait, and that key is the one that is sent."""
    served, rival = arms()
    with served.serve() as one, rival.serve() as other:
        upstreams = [
            {"name": "served", "base_url": one.url, "api_key": "k1", "offpath_api_key": "own-1", "price": 0},
            {"name": "rival", "base_url": other.url, "api_key": "k2", "offpath_api_key": "own-2", "price": 0},
        ]
        async with staged(tmp_path, arms(), walks(4), upstreams=upstreams) as stage:
            _limited(stage.store, outcome=Outcome.RATE_LIMITED)
            await stage.until(lambda status: status["pairs"] == 4)
        keys = {request.header("authorization") for request in (*served.requests, *rival.requests)}
        assert keys == {"Bearer own-1", "Bearer own-2"}


async def test_our_own_answers_tell_of_the_quota(tmp_path: Path) -> None:
    """An answer to us that leaves less than a fifth stops the next pair at once."""
    headers = {"x-ratelimit-limit-requests": "100", "x-ratelimit-remaining-requests": "10"}
    served, rival = Arm("granite", headers=headers), Arm("basalt")
    async with staged(tmp_path, (served, rival), walks(20)) as stage:
        found = await stage.rounds(4)
        assert any("10% of the quota of served is left" in said for said in found["reasons"])
        assert len(served.requests) <= 2


async def test_the_judges_money_counts_against_the_day(tmp_path: Path) -> None:
    """``offpath.budget_usd_per_day`` holds the judge as well, from both sides."""
    store = Store.open("sqlite", tmp_path)
    assert store.judging.spend("guide", 0.7, None, None, cap=1.0)
    run = _bare(store)
    assert store.asking.reserve(run, [AskKey("c")], [400_000], "guide", 1_000_000) == "day_budget"
    assert store.asking.reserve(run, [AskKey("c")], [300_000], "guide", 1_000_000) == "yes"
    assert not store.judging.spend("guide", 0.01, None, None, cap=1.0)
    assert store.judging.spend("guide", 0.01, None, None)  # without a cap the judge's own budget alone counts
    store.close()


def _bare(store: Store) -> str:
    store.asking.create(Run(id="r", purpose="suite", subject="s", version="v", model=None), [(AskKey("c"), None)])
    return "r"


async def test_a_judge_whose_controls_fell_compares_nothing(tmp_path: Path) -> None:
    """The experiment pauses and says so."""
    judge = {"base_url": "http://127.0.0.1:9/v1", "model": "j", "price": {"input": 1, "output": 1}, "apps": ["guide"]}
    served, rival = arms()
    async with staged(tmp_path, (served, rival), walks(4), {"primary": "judge"}, judge=judge) as stage:
        hour = int(time.time() // 3600)
        items = [
            Control(round=hour, item=f"refusal-{n}", scorer="refusal", version="v", expected="yes", value=float(n > 2))
            for n in range(6)
        ]
        stage.store.judging.save_controls(items)
        found = await stage.rounds(2)
        assert any("paused: the judge's controls fell: 50% right" in said for said in found["reasons"])
        assert rival.requests == []
