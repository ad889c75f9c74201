"""What the context_utilization scorer promises."""

import re
import time

import pytest

from proxy.config.settings import ScorerSettings
from proxy.exchange import Exchange, Operation, Outcome, StreamEnd
from proxy.sample import Choice, Message, Sample, ToolCall
from scorers.context_utilization import THRESHOLD, context_utilization
from scorers.reading.reading import MAX_ANSWER, MAX_EVIDENCE
from scorers.score import Reason, Score, Verdict

DOCUMENT = (
    "The Brenn lighthouse was built in 1871 by Marta Holm. It is 43 metres tall and painted white. "
    "The tower is open on Sundays. In winter the keeper closes the lower gallery because of storms. "
    "Tickets cost four crowns and are sold at the harbour office."
)
QUESTION = Message(role="user", content="What can you tell me about the lighthouse?")
USED = "It was built in 1871 by Marta Holm, is painted white and is open on Sundays."
IGNORED = "Such towers guide ships at night with a strong lamp, and many are now museums or hotels."


def sample(*choices: Choice, contexts=(DOCUMENT,), messages=(QUESTION,), stream_end=None, **fields) -> Sample:
    exchange = Exchange(
        request_id="r",
        instance="i",
        started_at=0,
        app="a",
        operation=Operation.CHAT,
        upstream="u",
        outcome=Outcome.OK,
        duration=1,
        stream_end=stream_end,
    )
    return Sample(id="s", exchange=exchange, choices=choices, contexts=contexts, messages=messages, **fields)


async def one(text: str, **fields) -> Score:
    (score,) = await context_utilization(ScorerSettings())(sample(Choice(text=text), **fields))
    assert score.output == "ignored_context"
    return score


async def test_an_answer_from_the_document_used_it():
    """What only the document could have told shows that it was read."""
    score = await one(USED)
    assert score.verdict is Verdict.NO
    assert score.value is not None
    assert score.value < 0.3


async def test_an_answer_from_elsewhere_ignored_it():
    """General knowledge about the matter is not the document."""
    assert (await one(IGNORED)).verdict is Verdict.YES


async def test_repeating_the_question_is_no_use_of_the_document():
    """Words that the question had count less than words that only the document has."""
    echo = await one("The lighthouse is what you would like me to tell you about.")
    assert echo.value > (await one(USED)).value


async def test_the_same_answer_beside_another_document():
    """The value belongs to the answer and its document together."""
    other = ("Sourdough bread needs a starter that is fed with flour and water every day for a week.",)
    assert (await one(USED, contexts=other)).value > THRESHOLD > (await one(USED)).value


async def test_each_foreign_sentence_raises_the_value():
    """Replacing sentences from the document by others moves the whole answer up, step by step."""
    good = ["It was built in 1871 by Marta Holm.", "The tower is open on Sundays.", "It is 43 metres tall."]
    bad = ["Penguins invented jazz.", "Volcanoes dislike accounting.", "Turnips orbit Saturn."]
    values = [(await one(" ".join(bad[:n] + good[n:]))).value for n in range(4)]
    assert values == sorted(values)
    assert len(set(values)) == 4


async def test_the_detail_tells_share_place_and_run():
    """The explanation says how much was used, from where, and the longest run of words."""
    score = await one("Tickets cost four crowns and are sold at the harbour office.")
    found = re.fullmatch(
        r"share used (\d\.\d\d); from start (\d+) %, middle (\d+) %, end (\d+) % of the documents; "
        r"longest copied run (\d+) words",
        score.explanation,
    )
    assert found is not None
    assert float(found[1]) == 1.0
    assert int(found[4]) == 100
    assert int(found[5]) == 11
    start = (await one("The Brenn lighthouse was built in 1871.")).explanation
    assert "from start 100 %" in start


@pytest.mark.parametrize(
    ("choice", "fields", "reason"),
    [
        (Choice(), {}, Reason.NO_TEXT),
        (Choice(reasoning="The tower is tall."), {}, Reason.NO_TEXT),
        (Choice(tool_calls=(ToolCall("f"),)), {}, Reason.TOOL_CALL_ONLY),
        (Choice(text="The tow"), {"stream_end": StreamEnd.IDLE_TIMEOUT}, Reason.INCOMPLETE),
        (Choice(text=USED), {"contexts": ()}, Reason.NO_EVIDENCE),
        (Choice(text=USED), {"off_wire": ("files",)}, Reason.EVIDENCE_OFF_WIRE),
        (
            Choice(text=USED),
            {"contexts": (), "messages": (Message(role="user", other_parts=("file",)),)},
            Reason.EVIDENCE_NOT_TEXT,
        ),
        (Choice(text="Yes, it is."), {}, Reason.NO_CLAIMS),
        (Choice(text="You're welcome!"), {}, Reason.NO_CLAIMS),
        (Choice(text="Hello! How can I help you today?"), {}, Reason.NO_CLAIMS),
        (Choice(text="Thank you! Have a nice day!"), {}, Reason.NO_CLAIMS),
        (Choice(text="I'm sorry, the text does not mention it. Let me know."), {}, Reason.NO_CLAIMS),
        (Choice(text="Der Turm ist nicht sehr hoch und die Leute sind in der Stadt."), {}, Reason.UNSUPPORTED_LANGUAGE),
        (Choice(text=USED), {"contexts": ("港口因为风暴关闭了。" * 9,)}, Reason.UNSUPPORTED_LANGUAGE),
        (Choice(text="The tower is tall. " * (MAX_ANSWER // 15)), {}, Reason.TOO_LONG),
        (Choice(text=USED), {"contexts": ("x " * MAX_EVIDENCE,)}, Reason.TOO_LONG),
        (Choice(text=USED), {"request_truncated": True}, Reason.TOO_LONG),
    ],
)
async def test_not_applicable(choice, fields, reason):
    """Each kind of missing ground has its reason and no value."""
    (score,) = await context_utilization(ScorerSettings())(sample(choice, **fields))
    assert (score.unscored_reason, score.value, score.explanation) == (reason, None, "")


async def test_reasoning_is_never_scored():
    """A leading think block and the reasoning field change nothing."""
    scorer = context_utilization(ScorerSettings())
    clean = await scorer(sample(Choice(text=USED)))
    noisy = await scorer(sample(Choice(text=f"<think>{IGNORED}</think>{USED}", reasoning=IGNORED)))
    assert (clean[0].value, clean[0].explanation) == (noisy[0].value, noisy[0].explanation)


@pytest.mark.parametrize("change", [str.upper, "  {}\n\n".format, lambda text: text.replace(" ", "  ")])
async def test_case_and_space_change_nothing(change):
    """Blanks around and between words, and capitals, leave the value as it is."""
    assert (await one(change(USED))).value == (await one(USED)).value


async def test_each_choice_weighs_its_share():
    """Two choices give two scores of weight one half."""
    scores = await context_utilization(ScorerSettings())(
        sample(Choice(text=USED), Choice(index=1, text=IGNORED)),
    )
    assert [(score.choice, score.weight, score.verdict) for score in scores] == [
        (0, 0.5, Verdict.NO),
        (1, 0.5, Verdict.YES),
    ]


async def test_tool_results_are_documents_and_earlier_answers_are_not():
    """Only what came from outside can be used; repeating an earlier answer uses no document."""
    told = (QUESTION, Message(role="assistant", content=USED), Message(role="user", content="Say it again."))
    assert (await one(USED, contexts=(), messages=told)).unscored_reason is Reason.NO_EVIDENCE
    tool = (QUESTION, Message(role="tool", content=DOCUMENT))
    assert (await one(USED, contexts=(), messages=tool)).value == (await one(USED)).value


async def test_the_setting_replaces_the_threshold():
    """The value stays, the verdict follows the setting."""
    (score,) = await context_utilization(ScorerSettings(threshold=0.001))(sample(Choice(text=USED)))
    assert (score.verdict, score.value) == (Verdict.YES, (await one(USED)).value)


@pytest.mark.parametrize("unit", [".", "a ", "\ud800\x00", "1. ", "x\n", "<context>", "The tower is high {}. ", "\x00"])
async def test_hostile_text(unit):
    """Documents and answers at the caps, and far above them, are done in a few seconds of any machine at worst."""
    for documents_size, answer_size in ((MAX_EVIDENCE, MAX_ANSWER), (10**6, 10**6)):
        filled = ["".join(unit.format(i) for i in range(n // (len(unit) + 4))) for n in (documents_size, answer_size)]
        started = time.process_time()
        scores = await context_utilization(ScorerSettings())(sample(Choice(text=filled[1]), contexts=(filled[0],)))
        assert time.process_time() - started < 3
        assert len(scores) == 1
