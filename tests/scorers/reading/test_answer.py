"""Structured answers are answers, half answers are none."""

import json

import msgspec
import pytest

from proxy.config.settings import ScorerSettings
from proxy.exchange import Exchange, Operation, Outcome, StreamEnd
from proxy.sample import Choice, Message, Sample, ToolCall, decode, encode
from scorers.formats import recorded
from scorers.judge.prompt import compose
from scorers.judge.rubrics import BY_SCORER
from scorers.reading.answer import answer
from scorers.registry import FACTORIES
from scorers.score import Reason

NO = "I'm sorry, but I can't help with opening somebody else's letterbox."
STRUCTURED = {"verdict": {"reply": NO, "score": 3}, "tags": ["post"]}


def sample(call=None, text="", outcome=Outcome.OK, end=None, status=200, **fields):
    exchange = Exchange(
        request_id="r",
        instance="i",
        started_at=0,
        app="a",
        operation=Operation.CHAT,
        upstream="u",
        outcome=outcome,
        duration=1,
        status=status,
        stream_end=end,
    )
    calls = (ToolCall(call, json.dumps(STRUCTURED), "c"),) if call else ()
    turns = (Message(role="system", content="Be short."), Message(role="user", content="How do I open it?"))
    return Sample(id="s", exchange=exchange, messages=turns, choices=(Choice(text=text, tool_calls=calls),), **fields)


async def scored(name, of):
    return await FACTORIES[name](ScorerSettings())(of)


@pytest.mark.parametrize(
    ("call", "forced"),
    [
        ("final_result", ()),
        ("final_result_Reply", ()),
        ("final_answer", ()),
        ("Reply", ("Reply",)),
        ("Reply", ("Plan", "Reply")),
    ],
)
async def test_the_text_of_a_structured_answer_is_scored(call, forced):
    """A forced tool and pydantic-ai's output tools hold the answer: their texts are read, and the score says where."""
    of = sample(call, answer_tools=forced)
    assert answer(of, of.choices[0]) == f"{NO}\npost"
    (score,) = await scored("refusal", of)
    assert score.verdict == "yes"
    assert score.explanation.startswith(f"read in the tool call {call}; ")
    asked = compose(of, of.choices[0], BY_SCORER["refusal"], "m")
    assert not isinstance(asked, Reason)
    assert NO in asked.messages[1]["content"]


async def test_a_call_that_is_a_step_is_no_answer():
    """A tool that the model chose is called, not said."""
    (score,) = await scored("refusal", sample("send_reply"))
    assert score.unscored_reason is Reason.TOOL_CALL_ONLY
    numbers = (Choice(tool_calls=(ToolCall("final_result", '{"n": 3}'),)),)
    (score,) = await scored("refusal", msgspec.structs.replace(sample(), choices=numbers))
    assert score.unscored_reason is Reason.TOOL_CALL_ONLY


async def test_an_answer_of_its_own_is_not_said_to_be_a_tool_s():
    """An explanation names a tool only where its text was read."""
    (score,) = await scored("refusal", sample(text=NO))
    assert score.verdict == "yes"
    assert "tool call" not in score.explanation


def test_forced_tools_travel():
    """Through the queue, and out to a file and in again; a reader that does not know them passes over them."""
    of = sample("Reply", answer_tools=("Reply",))
    assert decode(encode(of)).answer_tools == ("Reply",)
    assert recorded.decode(recorded.encode(of)).answer_tools == ("Reply",)
    assert "answer_tools" not in json.loads(encode(sample("Reply")))


@pytest.mark.parametrize("name", FACTORIES)
@pytest.mark.parametrize(
    ("outcome", "end"),
    [
        (Outcome.STREAM_INCOMPLETE, StreamEnd.NO_TERMINATOR),
        (Outcome.STREAM_INCOMPLETE, None),
        (Outcome.UPSTREAM_ERROR, StreamEnd.ERROR_EVENT),
        (Outcome.UPSTREAM_ERROR, None),
        (Outcome.CLIENT_DISCONNECTED, StreamEnd.CLIENT_DISCONNECTED),
    ],
)
async def test_no_scorer_scores_a_half_answer(name, outcome, end):
    """A stream without its end, or one that an error ended, is incomplete for every scorer: text and tool calls too."""
    tool = {"type": "function", "function": {"name": "send", "parameters": {"type": "object"}}}
    for of in (sample(text=NO), sample("final_result"), sample("send")):
        half = msgspec.structs.replace(
            of,
            exchange=msgspec.structs.replace(of.exchange, outcome=outcome, stream_end=end),
            contexts=("The letterbox opens at noon.",),
            tools=(msgspec.Raw(json.dumps(tool).encode()),),
        )
        for score in await scored(name, half):
            assert score.value is None, score
            assert score.unscored_reason in (Reason.INCOMPLETE, Reason.NO_TEXT)


async def test_a_whole_answer_without_a_terminator_is_scored():
    """A stream that said why it ended has ended, whether ``[DONE]`` came or not."""
    (score,) = await scored("refusal", sample(text=NO, end=StreamEnd.NO_TERMINATOR))
    assert score.verdict == "yes"


@pytest.mark.parametrize("call", [{"function": "note", "arguments": {"a": 1}}, {"name": "note", "args": {"a": 1}}])
def test_recorded_calls_in_other_forms(call):
    """Recorded files hold calls whose arguments are objects and whose name stands directly in ``function``."""
    line = json.dumps({"prompt": "x", "response": None, "tool_calls": [call]})
    assert recorded.decode(line).choices[0].tool_calls == (ToolCall("note", '{"a":1}'),)


def test_a_tool_that_takes_any_text_holds_the_answer():
    """The input of a forced free-text tool is the answer as it stands, JSON or not."""
    for said in (NO, "{not: json}"):
        of = sample(answer_tools=("Reply",))
        choice = Choice(tool_calls=(ToolCall("Reply", said, "c"),))
        assert answer(of, choice) == said
    assert answer(of, Choice(tool_calls=(ToolCall("Reply", "", "c"),))) == ""
