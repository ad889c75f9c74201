"""What the groundedness scorer promises."""

import time

import pytest

from proxy.config.settings import ScorerSettings
from proxy.exchange import Exchange, Operation, Outcome, StreamEnd
from proxy.sample import Choice, Message, Sample, ToolCall
from scorers.groundedness import groundedness
from scorers.reading.features.claims import claims
from scorers.reading.reading import MAX_ANSWER, MAX_EVIDENCE
from scorers.score import Reason, Verdict

DOCUMENT = (
    "The Brenn lighthouse was built in 1871 by Marta Holm. It is 43 metres tall and painted white. "
    "The tower is open on Sundays. In winter the keeper closes the lower gallery because of storms."
)


def sample(*choices: Choice, contexts=(DOCUMENT,), stream_end=None, **fields) -> Sample:
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
    return Sample(id="s", exchange=exchange, choices=choices, contexts=contexts, **fields)


async def both(text: str, **fields):
    scores = await groundedness(ScorerSettings())(sample(Choice(text=text), **fields))
    assert [score.output for score in scores] == ["ungrounded", "contradicted"]
    return scores


@pytest.mark.parametrize(
    "text",
    ["The lighthouse is 43 metres tall.", "It was built in 1871 by Marta Holm. It is painted white.", "Marta Holm"],
)
async def test_supported(text):
    """What the document says is neither ungrounded nor contradicted."""
    assert [score.verdict for score in await both(text)] == [Verdict.NO, Verdict.NO]


@pytest.mark.parametrize(
    "text",
    [
        "Elephants enjoy bathing in muddy rivers.",
        "The lighthouse is 43 metres tall. Its famous restaurant, run by Chef Pierre Dupont, won 3 awards in 2019.",
    ],
)
async def test_ungrounded(text):
    """One sentence that the documents lack is enough, and it is named."""
    score = (await both(text))[0]
    assert score.verdict is Verdict.YES
    assert score.explanation in text
    assert score.explanation


@pytest.mark.parametrize(
    "text", ["It is 53 metres tall and painted white.", "The tower is not open on Sundays."], ids=["number", "negation"]
)
async def test_contradicted(text):
    """A replaced number or an added negation in an otherwise supported sentence is a conflict."""
    score = (await both(text))[1]
    assert score.verdict is Verdict.YES
    assert score.explanation == text


async def test_the_worst_sentence_wins_whatever_its_place():
    """Supported sentences around it do not dilute a claim that is found nowhere."""
    good, bad = "The lighthouse is 43 metres tall.", "Penguins invented jazz music."
    values = {(await both(text))[0].value for text in (f"{good} {bad}", f"{bad} {good}", f"{good} {bad} {good}")}
    assert len(values) == 1


@pytest.mark.parametrize("courtesy", ["You're welcome!", "Great question!", "Have a wonderful rest of your week!"])
async def test_courtesies_are_never_the_worst_sentence(courtesy):
    """Beside a claim they change nothing; alone there is no claim."""
    claim = "The lighthouse is 43 metres tall."
    alone = await both(claim)
    for text in (f"{courtesy} {claim}", f"{claim} {courtesy}"):
        assert [(score.value, score.verdict) for score in await both(text)] == [(s.value, s.verdict) for s in alone]
    assert {score.unscored_reason for score in await both(courtesy)} == {Reason.NO_CLAIMS}


async def test_a_supported_sentence_replaced_by_an_unsupported_one_raises_the_value():
    """Whatever stands around it, and however often it is done."""
    good = ["It was built in 1871 by Marta Holm.", "The tower is open on Sundays.", "The lighthouse is 43 metres tall."]
    bad = ["Penguins invented jazz.", "Volcanoes dislike accounting lectures.", "Turnips orbit Saturn since 1999."]
    values = [(await both(" ".join(bad[:n] + good[n:])))[0].value for n in range(4)]
    assert values == sorted(values)
    assert values[0] < values[1]


@pytest.mark.parametrize(
    "change",
    [
        "\n\n  {}  \n".format,
        lambda text: text.replace(" ", "  "),
        lambda text: text.replace(" ", "\u00a0"),
        lambda text: text.replace(". ", ".\n"),
        lambda text: text.replace(" tall", "\ntall"),
        lambda text: text.replace(" ", "\t"),
    ],
)
async def test_white_space_changes_nothing(change):
    """Blanks around and between words, and lines wrapped inside a sentence, leave both values as they are."""
    text = "The lighthouse is 53 metres tall. Its keeper owns a small red boat."
    assert [score.value for score in await both(change(text))] == [score.value for score in await both(text)]
    changed = await both(text, contexts=(change(DOCUMENT),))
    assert [score.value for score in changed] == [score.value for score in await both(text)]


@pytest.mark.parametrize(
    "text", ["ผู้ดูแลหอคอยอาศัยอยู่ที่นั่น", "المنارة عالية جدا", "Маяк очень высокий и белый", "灯塔很高。" * 5]
)
async def test_other_scripts_are_unscored(text):
    """A language that was not measured is no pass."""
    assert {score.unscored_reason for score in await both(text)} == {Reason.UNSUPPORTED_LANGUAGE}


async def test_an_answer_that_adds_a_name_to_its_question():
    """What the question said already proves nothing; what the answer adds to it is judged."""
    asked = (Message(role="user", content="Who was the architect who designed and built the old lighthouse at Brenn?"),)
    text = "The architect who designed and built the old lighthouse at Brenn was {}."
    right, wrong = [(await both(text.format(who), messages=asked))[0] for who in ("Marta Holm", "Pierre Dupont")]
    assert right.value < wrong.value
    assert wrong.verdict is Verdict.YES


async def test_more_support_never_raises_the_value():
    """Adding the sentence itself to the documents lowers the value."""
    text = "The keeper owns a small red boat."
    assert (await both(text, contexts=(DOCUMENT, text)))[0].value < (await both(text))[0].value


@pytest.mark.parametrize(
    ("choice", "fields", "reason"),
    [
        (Choice(), {}, Reason.NO_TEXT),
        (Choice(reasoning="The tower is tall."), {}, Reason.NO_TEXT),
        (Choice(tool_calls=(ToolCall("f"),)), {}, Reason.TOOL_CALL_ONLY),
        (Choice(text="The tow"), {"stream_end": StreamEnd.IDLE_TIMEOUT}, Reason.INCOMPLETE),
        (Choice(text="The tower is tall."), {"contexts": ()}, Reason.NO_EVIDENCE),
        (Choice(text="The tower is tall."), {"off_wire": ("files",)}, Reason.EVIDENCE_OFF_WIRE),
        (
            Choice(text="The tower is tall."),
            {"contexts": (), "messages": (Message(role="user", other_parts=("file",)),)},
            Reason.EVIDENCE_NOT_TEXT,
        ),
        (Choice(text="Would you like more?"), {}, Reason.NO_CLAIMS),
        (Choice(text="I'm sorry, but I don't know. Let me know how I can help."), {}, Reason.NO_CLAIMS),
        (Choice(text="Der Turm ist nicht sehr hoch und die Leute sind in der Stadt."), {}, Reason.UNSUPPORTED_LANGUAGE),
        (Choice(text="The tower is tall."), {"contexts": ("港口因为风暴关闭了。" * 9,)}, Reason.UNSUPPORTED_LANGUAGE),
        (Choice(text="The tower is tall. " * (MAX_ANSWER // 15)), {}, Reason.TOO_LONG),
        (Choice(text="The tower is tall."), {"contexts": ("x " * MAX_EVIDENCE,)}, Reason.TOO_LONG),
        (Choice(text="The tower is tall."), {"request_truncated": True}, Reason.TOO_LONG),
    ],
)
async def test_not_applicable(choice, fields, reason):
    """Each kind of missing ground has its reason, for both outputs, and no value."""
    scores = await groundedness(ScorerSettings())(sample(choice, **fields))
    assert [score.unscored_reason for score in scores] == [reason, reason]


async def test_reasoning_is_never_scored():
    """A leading think block and the reasoning field change nothing."""
    text = "The lighthouse is 43 metres tall."
    scorer = groundedness(ScorerSettings())
    clean = await scorer(sample(Choice(text=text)))
    noisy = await scorer(sample(Choice(text=f"<think>Jazz penguins in 1999.</think>{text}", reasoning="More jazz.")))
    assert [score.value for score in clean] == [score.value for score in noisy]


async def test_each_choice_weighs_its_share():
    """Two choices give four scores of weight one half."""
    scores = await groundedness(ScorerSettings())(
        sample(Choice(text="Penguins invented jazz."), Choice(index=1, text="The tower is painted white."))
    )
    assert [(score.choice, score.weight) for score in scores] == [(0, 0.5), (0, 0.5), (1, 0.5), (1, 0.5)]
    assert scores[0].value > scores[2].value


async def test_what_the_user_said_invents_nothing():
    """Repeating a number of the question costs less than making one up."""
    text = "For your group of 17 people the tower is open on Sundays."
    asked = (Message(role="user", content="We are 17 people. Is it open?"),)
    assert (await both(text, messages=asked))[0].value < (await both(text))[0].value


async def test_the_explanation_is_short():
    """At most 200 characters of the worst sentence are told."""
    assert len((await both("Penguins invented jazz " * 60))[0].explanation) == 200


def test_claims():
    """Statements are claims; questions, courtesy and bare headings are none; a one-word answer is one."""
    text = "Sure! The tower is white. Is that enough? Let me know. Built 1871."
    assert claims(text) == ["The tower is white.", "Built 1871."]
    assert claims("Paris") == ["Paris"]


@pytest.mark.parametrize("unit", [".", "a ", "\ud800\x00", "1. ", "x\n", "<context>", "The tower is high {}. ", "\x00"])
async def test_hostile_text(unit):
    """Documents and answers at the caps, and far above them, are done in a few seconds of any machine at worst."""
    for documents_size, answer_size in ((MAX_EVIDENCE, MAX_ANSWER), (10**6, 10**6)):
        filled = ["".join(unit.format(i) for i in range(n // (len(unit) + 4))) for n in (documents_size, answer_size)]
        started = time.process_time()
        scores = await groundedness(ScorerSettings())(sample(Choice(text=filled[1]), contexts=(filled[0],)))
        assert time.process_time() - started < 3
        assert len(scores) == 2


async def test_what_a_tool_was_called_with_is_not_invented():
    """An answer may say for when it booked: the model's own call has the time, and the result need not repeat it."""
    call = ToolCall(name="book", arguments='{"people": 6, "time": "20:15", "hall": "Zephyr"}')
    messages = (
        Message(role="user", content="Book the hall for the evening, please."),
        Message(role="assistant", tool_calls=(call,)),
        Message(role="tool", content='{"status": "confirmed", "reference": "K-553"}'),
    )
    told = "The hall Zephyr is booked for 6 people at 8:15 pm."
    with_call = (await both(told, contexts=(), messages=messages))[0]
    without = (await both(told, contexts=(), messages=(messages[0], messages[2])))[0]
    assert with_call.value is not None
    assert without.value is not None
    assert with_call.value < without.value
    assert without.verdict is Verdict.YES


async def test_what_the_instructions_say_is_not_invented():
    """Names and values of system messages: no document, and yet nothing that the answer made up."""
    answer = "It is open on Sundays. Ms Farrow will answer you from 9 to 17."
    asked = Message(role="user", content="When is it open, and who can tell me more?")
    told = Message(role="system", content="You answer for a lighthouse. Ms Farrow is there from 9 to 17.")
    (without, _), (within, _) = await both(answer, messages=(asked,)), await both(answer, messages=(told, asked))
    assert within.value < without.value
    assert (without.verdict, within.verdict) == (Verdict.YES, Verdict.NO)


async def test_lines_that_a_person_hands_over_are_worked_with():
    """Right answers reword a few lines that a person hands over with a request, so words that are missing there say
    little: the same answer to the same lines has a lower value than where a search brought them. A number and a name
    that nobody gave are still found."""
    lines = "Bus 9 leaves the square at 7:10 and 7:40. The ride to the clinic takes twenty minutes. No bus on holidays."
    asked = "Which bus do I take to be there at eight?"
    reworded = Choice(text="Catch the later departure; you get there right on time for your appointment.")
    invented = Choice(text="Line 53 of the Marlow Express brings you there at 8:55 for 14 crowns.")
    handed = Message(role="user", content=f"<document>\n{lines}\n</document>\n\n{asked}")
    for choice, flagged in ((reworded, False), (invented, True)):
        own, _ = await groundedness(ScorerSettings())(sample(choice, contexts=(), messages=(handed,)))
        turn = Message(role="user", content=asked)
        brought, _ = await groundedness(ScorerSettings())(sample(choice, contexts=(lines,), messages=(turn,)))
        assert own.value < brought.value
        assert (own.verdict is Verdict.YES) is flagged
        assert brought.verdict is Verdict.YES
