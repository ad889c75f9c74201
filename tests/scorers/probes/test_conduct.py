"""A run of probes over several targets: some cannot be asked, some are not there any more, some say nothing."""

from __future__ import annotations

import dataclasses
import json
import time
from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any

import msgspec
import pytest

from proxy.config.settings import Settings
from proxy.exchange import Exchange, Operation, Outcome, Usage
from proxy.sample import Choice, Message, Sample
from scorers.asking.recipient import NoRecipient
from scorers.probes.conclude import concluded, judges
from scorers.probes.conduct import Asked, Conductor
from scorers.probes.place import MOST_TOKENS
from scorers.probes.target import targets
from scorers.store.runs import RunState
from scorers.store.store import Store
from support import replies
from support.scoring import parsed
from support.upstream import Recorded, ScriptedUpstream, Step

SYSTEM = "You look after the harbour. Help people with the berth, the crane and the fee of each berth."
ADMITS = "I don't know. I have no information about that."


def settings(url: str, price: object = 0, **more: Any) -> Settings:
    """One upstream, to which the text of ``quay`` may be sent."""
    consent = {"budget_usd_per_day": 5, "concurrency": 2, "apps": {"quay": {"send_to": ["dock"]}}}
    upstream = {"name": "dock", "base_url": url, **({} if price is None else {"price": price})}
    return parsed(upstreams=[upstream], apps=["quay"], offpath=consent, probes={"apps": ["quay"]}, **more)


def sample(number: int, model: str, usage: Usage | None = None) -> Sample:
    """A request of production to a model."""
    exchange = Exchange(
        request_id=f"{model}-{number}",
        instance="p",
        started_at=time.time() - 60 + number,
        app="quay",
        operation=Operation.CHAT,
        upstream="dock",
        outcome=Outcome.OK,
        duration=0.2,
        model_asked=model,
        usage=usage,
        system_prompt_hash="p",
    )
    turns = (Message("system", SYSTEM), Message("user", f"Where is berth {number}?"))
    answer = (Choice(text="Behind the crane."),)
    return Sample(id=f"{model}-{number}", exchange=exchange, messages=turns, choices=answer, replayable=())


def conductor(store: Store, own: Settings, samples: Iterable[Sample], *batteries: str) -> Conductor:
    """A conductor over the targets of these samples, which the store keeps."""
    store.save_samples(list(samples), content=True)
    rows = store.suites.pool("quay", 0.0, 1_000)
    asked = Asked(app="quay", batteries=batteries, window=2_000, max_usd=9.0)
    return Conductor(targets(rows, own), own, judges(), store.asking, asked)


async def performed(made: Conductor, store: Store) -> tuple[RunState, dict[str, Any]]:
    """The run from its beginning to its result."""
    try:
        made.begin()
        state = await made.perform(made.usd())
    finally:
        await made.close()
    return state, concluded(store.asking, made.run, "quay", state)


def by_model(answers: dict[str, Callable[[], Iterable[Step]]]) -> Callable[[Recorded], Iterable[Step]]:
    """A provider that answers by the model that is asked."""
    return lambda request: answers[request.json()["model"]]()


async def test_a_target_that_is_gone_does_not_end_the_others(sqlite_store: Store) -> None:
    """The commonest model was retired: its target is stopped after a few calls, the other one is probed all the same,
    and the run says why it is not whole."""
    answers = {"gone-1": lambda: replies.error(404), "here-1": lambda: replies.chat_json(ADMITS, model="here-1")}
    with ScriptedUpstream(by_model(answers)) as dock:
        samples = [*(sample(n, "gone-1") for n in range(3)), sample(9, "here-1")]
        made = conductor(sqlite_store, settings(dock.url), samples, "unknown")
        state, found = await performed(made, sqlite_store)
        assert sum(request.json()["model"] == "gone-1" for request in dock.requests) <= 4
    gone, here = found["targets"]
    assert (gone["model"], here["model"]) == ("gone-1", "here-1")
    assert gone["batteries"] == []
    assert here["batteries"][0]["ratio"] == 1.0
    assert state is RunState.STOPPED
    assert "answers 404" in made.why
    assert sqlite_store.asking.ledger(made.run)["pending"] == 0
    assert set(found["skipped"]) == {"stopped"}
    assert found["failed"].keys() == {"model"}


async def test_a_target_without_a_price_is_left_out_alone(sqlite_store: Store) -> None:
    """A client named a model that no price list has: the others are probed, and it is counted and named."""
    own = settings("https://models.example.com/v1", price=None)
    samples = [*(sample(n, "typed-by-hand") for n in range(3)), sample(9, "gpt-4o-mini")]
    made = conductor(sqlite_store, own, samples, "unknown")
    assert [target.model for target in made.found.targets] == ["gpt-4o-mini"]
    assert made.found.left_out == {"no_price": 3}
    assert len(made.left_out) == 1
    assert "typed-by-hand is left out: no price is known" in made.left_out[0]
    assert made.calls() == len(made.keys(0))
    await made.close()


def test_where_no_target_has_a_price_that_is_said(sqlite_store: Store) -> None:
    """Nothing is begun."""
    own = settings("https://models.example.com/v1", price=None)
    with pytest.raises(NoRecipient, match="no price is known for 'typed-by-hand'"):
        conductor(sqlite_store, own, [sample(1, "typed-by-hand")], "unknown")


def reasoning(words: str | None, finish: str) -> Iterable[Step]:
    """An answer of a model that thinks, with or without words after that."""
    message = {"role": "assistant", "content": words, "reasoning_content": "Which berth may that be?"}
    usage = {"prompt_tokens": 20, "completion_tokens": 512, "completion_tokens_details": {"reasoning_tokens": 500}}
    choice = {"index": 0, "message": message, "finish_reason": finish}
    body = json.dumps({"model": "m-1", "choices": [choice], "usage": usage}).encode()
    return replies.http(200, body, {"content-type": "application/json"})


async def test_an_answer_that_was_cut_in_its_reasoning_says_nothing(sqlite_store: Store) -> None:
    """No words came, since the limit was used up by thinking. No attack was withstood, and nothing was invented: such
    answers are in no rate, and are counted. After ten in a row nothing more is paid for."""
    with ScriptedUpstream(lambda request: reasoning(None, "length")) as dock:
        made = conductor(sqlite_store, settings(dock.url), [sample(1, "m-1")], "leak", "unknown")
        state, found = await performed(made, sqlite_store)
    (target,) = found["targets"]
    assert state is RunState.STOPPED
    assert made.why.endswith(" answers in a row said nothing: the limit on tokens ended each of them in its reasoning")
    assert (target["utility"]["tasks"], target["batteries"]) == (0, [])
    cut = found["failed"].pop("cut")
    assert 10 <= cut < 10 + made.asked.concurrency
    assert (found["failed"], found["skipped"]) == ({}, {"stopped": made.calls() - cut})


async def test_a_call_or_no_words_are_no_invention(sqlite_store: Store) -> None:
    """Who looks up what nobody can know has not invented it, and neither has who says nothing; an attack to which
    nothing is said has not got through."""

    def answer(request: Recorded) -> Iterable[Step]:
        if len(dock.requests) % 2:
            return replies.chat_json("", model="m-1")
        return replies.chat_json(None, model="m-1", tool_calls=[replies.tool_call("look_up", '{"query": "berth"}')])

    with ScriptedUpstream(answer) as dock:
        made = conductor(sqlite_store, settings(dock.url), [sample(1, "m-1")], "leak", "unknown")
        _, found = await performed(made, sqlite_store)
    (target,) = found["targets"]
    assert [row["battery"] for row in target["batteries"]] == ["leak"]
    assert target["batteries"][0]["ratio"] == 0.0
    asked = [key for key in made.keys(0) if key.arm == "unknown"]
    assert sum(found["failed"].values()) == len(asked)
    assert found["failed"].keys() == {"no_answer", "tool_call"}


async def test_a_model_that_thinks_has_room_for_it(sqlite_store: Store) -> None:
    """The limit of an answer grows with the reasoning of the answer that was served, and so does the estimate."""
    with ScriptedUpstream(lambda request: reasoning(ADMITS, "stop")) as dock:
        price = {"input": 0, "output": 1}
        thinks = Usage(input=20, output=40, reasoning_output=900)
        made = conductor(sqlite_store, settings(dock.url, price), [sample(1, "m-1", thinks)], "unknown")
        assert made.usd() == pytest.approx(made.calls() * (120 + 900) / 1e6)
        state, _ = await performed(made, sqlite_store)
        assert state is RunState.DONE
        assert {request.json()["max_completion_tokens"] for request in dock.requests} == {MOST_TOKENS + 4 * 900}


async def test_three_times_the_estimate_is_of_all_targets(sqlite_store: Store) -> None:
    """Five models, each of which costs ten times its part of the estimate: the run stops when it has cost three times
    what was said, and not when each target has."""
    usage = {"prompt_tokens": 20, "completion_tokens": 120 * 10}

    with ScriptedUpstream(lambda request: replies.chat_json(ADMITS, usage=usage)) as dock:
        price = {"input": 0, "output": 20}
        samples = [sample(10 * n + k, f"m-{n}") for n in range(5) for k in range(5 - n)]
        made = conductor(sqlite_store, settings(dock.url, price), samples, "unknown")
        usd = made.usd()
        state, _ = await performed(made, sqlite_store)
        kept = sqlite_store.asking.run(made.run)
    assert kept is not None
    assert state is RunState.STOPPED
    assert "it costs more than three times what was estimated" in made.why
    a_call = 120 * 10 * 20 / 1e6
    at_once = made.asked.concurrency  # the call that goes above it, and those under way beside it
    assert 3 * usd < kept.spent_micro / 1e6 <= 3 * usd + at_once * a_call + 1e-9


async def test_a_user_who_is_forgotten_while_it_probes(sqlite_store: Store) -> None:
    """A target is a copy of what the newest request of it says, documents included: when its user is forgotten, what
    was not sent yet is not sent, and no answer is kept. Other targets are probed to the end."""
    theirs = msgspec.structs.replace(sample(2, "m-ann"), contexts=("The berth of Ann is number 77.",))
    theirs = msgspec.structs.replace(theirs, exchange=msgspec.structs.replace(theirs.exchange, user_hash="ann"))

    def script(request: Recorded) -> Iterable[Step]:
        if len(dock.requests) == 3:
            sqlite_store.forget_user("ann")
        return replies.chat_json(ADMITS)

    with ScriptedUpstream(script) as dock:
        made = conductor(sqlite_store, settings(dock.url), [sample(1, "m-bo"), sample(2, "m-bo"), theirs], "unknown")
        made.asked = dataclasses.replace(made.asked, concurrency=1)
        assert [target.model for target in made.found.targets] == ["m-bo", "m-ann"]
        made.found = msgspec.structs.replace(made.found, targets=made.found.targets[::-1])
        made._clients.reverse()
        made.begin()
        assert await made.perform(made.usd()) is RunState.DONE
        await made.close()
        models = [request.json()["model"] for request in dock.requests]
    each = len(made.keys(0))
    assert models == ["m-ann"] * 3 + ["m-bo"] * each
    asks = sqlite_store.asking.asks(made.run)
    ended = Counter((ask.case_id[0], ask.state, ask.reason, ask.answer is None) for ask in asks)
    assert ended == {
        ("0", "done", None, True): 2,
        ("0", "skipped", "forgotten", True): each - 2,
        ("1", "done", None, False): each,
    }
