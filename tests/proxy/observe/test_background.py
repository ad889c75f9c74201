"""Background responses: which request brings the answer, and whose it is."""

from __future__ import annotations

from typing import Any

import msgspec
import orjson

from proxy.exchange import Exchange, FinishReason, Operation, Outcome, Usage
from proxy.observe.background import Background, Part
from proxy.observe.tap import Tap

ASK = {"model": "m", "input": "where", "background": True}
EXCHANGE = Exchange(
    request_id="r",
    instance="i",
    started_at=1.0,
    app="bot",
    operation=Operation.RESPONSES,
    upstream="u",
    outcome=Outcome.OK,
    duration=1.0,
    status=200,
    response_id="resp_1",
)
QUEUED = msgspec.structs.replace(EXCHANGE, model_asked="m", session_id="s", conversation="c")
DONE = msgspec.structs.replace(
    EXCHANGE,
    app="other",
    finish_reason=FinishReason.STOP,
    usage=Usage(input=5, output=2),
    cost_usd=0.5,
    first_token=0.1,
)


def _tap(asked: Any = None, operation: Operation = Operation.RESPONSES) -> Tap:
    tap = Tap(operation, 256_000)
    if asked is not None:
        tap.request(orjson.dumps(asked))
    return tap


def _post(store: Background, exchange: Exchange = QUEUED, asked: Any = ASK, no_store: bool = False) -> Part:
    return store.part(exchange, True, _tap(asked), ("sk-post",), no_store)


def _read(store: Background, exchange: Exchange = DONE) -> Part:
    return store.part(exchange, False, _tap(), (), False)


def _flags(part: Part) -> tuple[bool, bool, bool]:
    return part.observed, part.timed, part.metered


def test_the_first_final_read_is_the_answer() -> None:
    """Queued, polled, final, final again: one is observed and metered, with what the POST asked."""
    store = Background()
    assert _flags(_post(store)) == (False, False, False)
    assert _flags(_read(store, EXCHANGE)) == (False, False, False)
    late = _read(store)
    assert _flags(late) == (True, False, True)
    told = late.exchange
    assert (told.app, told.session_id, told.conversation, told.model_asked) == ("bot", "s", "c", "m")
    assert (told.usage, told.first_token) == (DONE.usage, None)
    assert orjson.loads(late.content(_tap()).request) == ASK
    assert late.asked is not None
    assert late.asked.secrets == ("sk-post",)
    again = _read(store)
    assert _flags(again) == (False, False, False)
    assert (again.exchange.usage, again.exchange.cost_usd, again.exchange.finish_reason) == (None, None, None)
    assert store.held == 0


def test_what_is_answered_at_once_is_not_waited_for() -> None:
    """A final answer, an error, and one that no ``background`` asked for are observed as they are."""
    for exchange, asked in (
        (DONE, ASK),
        (msgspec.structs.replace(QUEUED, status=500), ASK),
        (msgspec.structs.replace(QUEUED, response_id=None), ASK),
        (QUEUED, {**ASK, "background": False}),
        (QUEUED, {**ASK, "background": "yes"}),
        (QUEUED, None),
    ):
        store = Background()
        assert _flags(_post(store, exchange, asked)) == (True, True, True)
        assert _flags(_read(store)) == (False, False, False)


def test_ids_belong_to_their_upstream() -> None:
    """The same id at another upstream is another response; a failed read is no answer."""
    store = Background()
    _post(store)
    assert not _read(store, msgspec.structs.replace(DONE, upstream="v")).observed
    assert not _read(store, msgspec.structs.replace(DONE, status=404)).observed
    assert _read(store).observed


def test_opting_out_is_remembered() -> None:
    """The POST's wish goes with its answer."""
    store = Background()
    _post(store, no_store=True)
    asked = _read(store).asked
    assert asked is not None
    assert asked.no_store


def test_stored_objects_of_other_families_are_counted_once() -> None:
    """A stored chat completion that is read again brings nothing new; embeddings keep their tokens."""
    store = Background()
    read = msgspec.structs.replace(DONE, operation=Operation.OTHER)
    assert store.part(read, False, _tap(operation=Operation.CHAT), (), False).exchange.usage is None
    vectors = msgspec.structs.replace(DONE, operation=Operation.EMBEDDINGS)
    part = store.part(vectors, False, _tap(operation=Operation.EMBEDDINGS), (), False)
    assert part.exchange.usage == DONE.usage
    assert _flags(part) == (False, True, True)


def test_what_is_waited_for_is_bounded() -> None:
    """By number and by bytes, the oldest first; the same id asked again counts once."""
    store = Background(kept=3, size=1000)
    for number in range(5):
        _post(store, msgspec.structs.replace(QUEUED, response_id=f"resp_{number}"))
    found = [_read(store, msgspec.structs.replace(DONE, response_id=f"resp_{n}")).observed for n in range(5)]
    assert found == [False, False, True, True, True]
    assert [store.take_forgotten(), store.take_forgotten()] == [2, 0]
    assert store.held == 0
    _post(store)
    _post(store)
    assert store.held == len(orjson.dumps(ASK))
    _post(store, msgspec.structs.replace(QUEUED, response_id="large"), {**ASK, "input": "x" * 2000})
    assert store.held == 0
