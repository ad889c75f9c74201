"""What one reading of a sample promises the scorers that share it."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator

import msgspec
import pytest

from proxy.config.settings import ScorerSettings
from proxy.exchange import Exchange, Operation, Outcome
from proxy.sample import Choice, Message, Sample
from scorers.reading.features.index import Index
from scorers.reading.language import Language
from scorers.reading.reading import Reading, ReadingScorer, scored
from scorers.reading.settled import settled
from scorers.registry import FACTORIES
from scorers.score import Reason, Score

NOTE = "The mill at Orrin was rebuilt in 1912 by Tilda Voss. Its wheel turns twice a minute. Flour is sold on Fridays."
ANSWER = "The mill was rebuilt by Tilda Voss in 1912. Flour is sold on Mondays. Shall I look up the price?"


def sample(*answers: str, messages: tuple[Message, ...] | None = None, **fields: object) -> Sample:
    exchange = Exchange(
        request_id="r",
        instance="i",
        started_at=0,
        app="a",
        operation=Operation.CHAT,
        upstream="u",
        outcome=Outcome.OK,
        duration=1,
    )
    asked = (
        Message(role="system", content="Be brief."),
        Message(role="user", content=f"Context: {NOTE}\n\nQuestion: Who?"),
    )
    choices = tuple(Choice(index=at, text=text) for at, text in enumerate(answers))
    return Sample(
        id="s", exchange=exchange, messages=asked if messages is None else messages, choices=choices, **fields
    )


@pytest.mark.parametrize(
    "of", [sample(ANSWER), sample(ANSWER, "I don't know."), sample(), sample(ANSWER, contexts=(NOTE,))]
)
async def test_sharing_a_reading_changes_no_score(of: Sample) -> None:
    """All scorers on one reading, in either order, give what each gives alone."""
    alone = {name: await factory(ScorerSettings())(of) for name, factory in FACTORIES.items()}
    for names in (list(FACTORIES), list(FACTORIES)[::-1]):
        reading = Reading(of)
        assert {name: await scored(FACTORIES[name](ScorerSettings()), reading) for name in names} == alone


async def test_parts_are_computed_once() -> None:
    """The index, the documents, the answers and their claims that one scorer was given are those of the next."""
    reading = Reading(sample(ANSWER))
    await scored(FACTORIES["groundedness"](ScorerSettings()), reading)
    kept = [reading.index, reading.documents, reading.answers, reading.answers[0].claims, reading.marked(reading.asked)]
    assert isinstance(kept[0], Index)
    await scored(FACTORIES["context_utilization"](ScorerSettings()), reading)
    again = [
        reading.index,
        reading.documents,
        reading.answers,
        reading.answers[0].claims,
        reading.marked(reading.asked),
    ]
    assert all(before is after for before, after in zip(kept, again, strict=True))


async def test_nothing_is_read_that_nobody_needs() -> None:
    """Documents are not prepared for an answer that cannot be compared with them, nor for scorers that need none."""
    for of, names in (
        (sample(""), FACTORIES),
        (sample(ANSWER, off_wire=("files",)), FACTORIES),
        (sample(ANSWER), ("format",)),
    ):
        reading = Reading(of)
        for name in names:
            await scored(FACTORIES[name](ScorerSettings()), reading)
        assert "index" not in vars(reading)


def test_why_an_answer_is_not_compared() -> None:
    """The answer's own reason first, then the documents', then length and language."""

    def reason(of: Sample) -> object:
        reading = Reading(of)
        return reading.compared(reading.answers[0])

    german = "Die Mühle wurde von Tilda gebaut, und sie steht dort seit dem Jahr 1912 an dem Fluss bei der Stadt."
    assert reason(sample("", off_wire=("files",))) is Reason.NO_TEXT
    assert reason(sample(ANSWER, off_wire=("files",))) is Reason.EVIDENCE_OFF_WIRE
    assert reason(sample(ANSWER, request_truncated=True)) is Reason.TOO_LONG
    assert reason(sample(ANSWER, response_truncated=True)) is Reason.TOO_LONG
    assert reason(sample(ANSWER, contexts=(german * 3,), messages=())) is Reason.UNSUPPORTED_LANGUAGE
    assert reason(sample(german)) is Reason.UNSUPPORTED_LANGUAGE
    assert isinstance(reason(sample(ANSWER)), Index)


def test_what_was_asked_helps_to_tell_the_language_of_a_short_answer() -> None:
    """One word alone is taken for English; in answer to a Spanish question it is Spanish."""
    short = sample("Total.")
    asked = msgspec.structs.replace(short, messages=(Message(role="user", content="¿Es parcial o total el eclipse?"),))
    assert Reading(asked).answers[0].language is Language.SPANISH
    english = msgspec.structs.replace(short, messages=(Message(role="user", content="Is it partial or is it total?"),))
    assert Reading(english).answers[0].language is Language.ENGLISH


async def test_a_scorer_of_another_kind_gets_the_sample() -> None:
    """A plain coroutine over a sample goes on working beside those that share a reading."""
    seen: list[Sample] = []

    async def own(of: Sample) -> list[Score]:
        seen.append(of)
        return []

    of = sample(ANSWER)
    assert await scored(own, Reading(of)) == []
    assert seen == [of]
    assert await ReadingScorer(lambda reading: [] if reading.sample is of else [None])(of) == []


def test_once_is_once() -> None:
    """What is made of a reading is made when it is first asked for, and kept by what makes it."""
    made: list[str] = []

    def first(reading: Reading) -> int:
        made.append("first")
        return len(made)

    def second(reading: Reading) -> str:
        made.append("second")
        return reading.sample.id

    reading = Reading(sample(ANSWER))
    assert [reading.once(first), reading.once(second), reading.once(first), reading.once(second)] == [1, "s", 1, "s"]
    assert made == ["first", "second"]


def test_a_reading_is_freed_when_it_is_dropped() -> None:
    """Whatever the scorers made of it, no part of it keeps it alive until the garbage collector looks."""
    scorers = [factory(ScorerSettings()) for factory in FACTORIES.values()]
    long = " ".join(f"The {name} of pier {at} burns {at * 7} hours." for at in range(90) for name in ("lamp", "bell"))
    for document in (long, "The lamp burns."):
        for warm in (True, False):
            reading = Reading(
                sample("The bell of pier 3 burns 21 hours. The lamp is old. It is 1999.", contexts=(document,))
            )
            gc.collect()
            gc.disable()
            try:
                for scorer in scorers:
                    scorer.score(reading)
                index, first = weakref.ref(reading.index), weakref.ref(reading.answers[0])
                read = weakref.ref(reading)
                del reading
                assert warm or (read(), index(), first()) == (None, None, None)
            finally:
                gc.enable()


@pytest.fixture
def usual_collector() -> Iterator[None]:
    """Python's own thresholds: those of the tests are higher."""
    before = gc.get_threshold()
    gc.set_threshold(700, 10, 10)
    yield
    gc.set_threshold(*before)


def test_the_garbage_collector_is_as_it_was(usual_collector: None) -> None:
    """While samples are scored it looks rarely, and not at what was loaded before."""
    before, frozen = gc.get_threshold(), gc.get_freeze_count()
    with pytest.raises(ValueError, match="stop"), settled():
        assert gc.get_threshold()[0] > before[0]
        assert gc.get_freeze_count() > frozen
        raise ValueError("stop")
    assert gc.get_threshold() == before
    assert gc.get_freeze_count() == 0


def test_the_application_says_the_task_where_a_turn_is_a_document_alone():
    """A transcript that comes with nothing else is summarised when the instructions say so, and else answered from."""
    chat = "<document>\nIda: are you coming to the rink?\nBo: I am, with my sister. You?\n</document>"

    def kind(told: str, said: str) -> str:
        messages = (Message(role="system", content=told), Message(role="user", content=said))
        return Reading(sample("Bo comes with his sister.", messages=messages)).kind

    assert kind("You summarise chats in one sentence.", chat) == "talk"
    assert kind("You answer questions on chats.", chat) != "talk"
    assert kind("You summarise chats in one sentence.", chat + "\nWho comes?") == "passages"
