"""What the clarification scorer promises."""

import itertools
import json
import time

import pytest

from proxy.config.settings import ScorerSettings
from proxy.exchange import Exchange, Operation, Outcome, StreamEnd
from proxy.sample import Choice, Message, Sample, ToolCall
from scorers.clarification import ASKED, asks, clarification
from scorers.formats.recorded import decode
from scorers.reading.reading import Reading
from scorers.score import Reason, Verdict

#: Points from which the value is at or above the threshold.
CLEAR = 2.0
ANSWERS = [
    "The harbour opens at six and closes at nine.",
    "You can reset the router by holding the small button on its back, then waiting until the green light is steady.",
    "Use a list comprehension: [x * 2 for x in items]. It builds a new list and leaves the old one alone.",
    "Water boils at a lower temperature the higher you climb, so an egg takes longer to cook in the mountains. "
    "Climbers "
    "know this well, and they carry pressure cookers or eat other food. At the top of the highest peak water boils at "
    "about seventy degrees, which is too little for tea worth the name.",
]
OFFERS = [
    "Would you like me to explain how it works?",
    "Is there anything else I can help you with?",
    "Do you want me to add tests?",
    "Does that help?",
    "Does this answer your question?",
    "Shall I go on?",
    "Let me know if you have any questions.",
    "Please let me know if you need anything else.",
    "Would you like to know more?",
    "Would you like more examples?",
    "Feel free to ask if you have other questions.",
    "Want me to show an example?",
    "Do you have any other questions?",
    "How else can I assist you?",
    "Need any more help?",
    "What do you think?",
    "Makes sense?",
    "Would you like a summary?",
    "Do you need help with anything else today?",
    "Can I help you with anything else?",
    "Would you like to see an example in Python?",
    "Shall we look at the next step?",
    "Would you like me to translate this too, or is that all?",
    "If you'd like, I can also compare prices - interested?",
    "What would you like to explore next?",
    "How does that sound?",
    "Anything else you'd like to know?",
    "Would it help if I drew a diagram?",
    "Curious to learn more?",
    "Are there any other topics you want to discuss?",
    "Do you want to try it yourself?",
    "Should I go on with the second chapter?",
    "Have you ever tried it with honey?",
    "Is that clear?",
    "Anything more specific you were hoping for?",
]
RHETORICAL = [
    "Why does this matter? Because the cost grows with the square of the size.",
    "Have you ever wondered why the sky is blue? It is because short waves scatter more.",
    "So what is a closure? It is a function that remembers where it was made.",
    "Who doesn't love a good story? This one begins in a small village.",
    "What happens when you press the button? The lamp goes on.",
    "And the result? Half of the people came back.",
    "How do we know this? Measurements from three ships agree.",
    "Ready for summer? Our new line of hats keeps the sun away.",
    "Why choose us? We have thirty years of experience.",
    "What can you do about it? Start by drinking more water.",
    "The question is: who pays? In most countries it is the buyer.",
    "Did you know that octopuses have three hearts? Two of them serve the gills.",
    "Isn't that interesting? The same rule holds for planets.",
    "Should you worry? Not at all; the noise is normal.",
    "Where do you begin? Begin with the roof, then the walls.",
    "Is it safe? Yes, as long as you wear gloves.",
    "Can you eat it raw? You can, but it tastes bitter.",
    'She asked, "Where are you going?" and he said nothing.',
    'The title of the book is "Do Androids Dream of Electric Sheep?".',
    "FAQ\nQ: How do I pay?\nA: By card.\nQ: Can I return it?\nA: Within thirty days.",
    "Is the earth flat? No.",
    "What if it rains? Then the match is moved to Sunday.",
    "Run this:\n```\nname = input('What is your name?')\n```\nand type a name.",
    "Hello! How can I help you today?",
    "Hi there! What can I do for you?",
]
HARD_NEGATIVES = [*(f"{a} {o}" for a, o in itertools.product(ANSWERS, OFFERS)), *OFFERS, *RHETORICAL]
QUESTIONS = [
    "Which city do you mean?",
    "Could you tell me which version you use?",
    "What is your order number?",
    "Which of the two accounts should I use?",
    "Sure! How many people are coming, and what is your budget?",
    "I'd be happy to help. What kind of music do you like?",
    "Please provide the text that you would like me to translate.",
    "Do you mean the river or the town?",
    "To help you better, I need more information about your setup.",
    "It depends. Are you on Windows or Linux?",
    "I can book that for you. What date and time would you prefer?",
    "I couldn't find that order. Can you double-check the number and send it again?",
    "Sorry, I didn't catch that. Who should receive the parcel?",
    "Before I change it, should the address be the home or the office one?",
    "There are two people with that name. Which one?",
    'Could you clarify what you mean by "fast"?',
    "I'm not sure I understand. Could you rephrase?",
    "Okay, window or aisle?",
    "Would you like me to use the first file, or should I merge both?",
    "Where do you want to go?",
    "What programming language are you using? That will help me give a correct example.",
    "I see the image is missing. Please upload it again.",
    "Happy to help plan this! Are there any dietary restrictions?",
    "The second what?",
    "To whom?",
]


def sample(*choices: Choice, asked: str = "Please help.", stream_end: StreamEnd | None = None) -> Sample:
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
    return Sample(id="s", exchange=exchange, messages=(Message(role="user", content=asked),), choices=choices)


async def one(text: str, asked: str = "Please help."):
    (score,) = await clarification(ScorerSettings())(sample(Choice(text=text), asked=asked))
    return score


@pytest.mark.parametrize("text", QUESTIONS)
async def test_questions_to_the_user(text):
    """What the model must know before it can go on counts, as a question or as a request."""
    assert (await one(text)).verdict is Verdict.YES


@pytest.mark.parametrize("text", [*OFFERS, *RHETORICAL])
async def test_offers_and_rhetorical_questions(text):
    """Offers, courtesy, questions that the answer itself answers, quotes and code do not."""
    assert (await one(text)).verdict is Verdict.NO


def test_the_hard_negatives():
    """Of two hundred answers that end in an offer or hold a rhetorical question, none is taken for a question."""
    assert len(HARD_NEGATIVES) >= 200
    assert [text for text in HARD_NEGATIVES if asks(text).points >= CLEAR] == []


def test_a_full_answer_with_a_parting_question():
    """After a full answer a question is part of the conversation; a plain request for information still counts."""
    answer = ANSWERS[-1]
    assert asks(f"{answer} Which mountain is your favourite?").points < CLEAR
    assert asks(f"{answer} Could you tell me the height you cook at?").points >= CLEAR


@pytest.mark.parametrize(
    ("asked", "text"),
    [
        ("Write three interview questions for a cook.", "What do you cook at home? Which knife do you prefer?"),
        ("Translate into English: ¿Dónde vives?", "Where do you live?"),
        ("Quiz me on rivers.", "Which river do you find in Vienna?"),
    ],
)
async def test_questions_that_were_ordered(asked, text):
    """A question that the user asked to be written is content; without that request it is a question."""
    prompts = {True: asked.replace("Translate into English", "Translate the following sentence"), False: "Please help."}
    assert (await one(text, prompts[True])).verdict is Verdict.NO
    assert (await one(text, prompts[False])).verdict is Verdict.YES


@pytest.mark.parametrize(
    ("choice", "end", "reason"),
    [
        (Choice(), None, Reason.NO_TEXT),
        (Choice(reasoning="Which city do you mean?"), None, Reason.NO_TEXT),
        (Choice(tool_calls=(ToolCall("f", '{"q": "Which city?"}'),)), None, Reason.TOOL_CALL_ONLY),
        (Choice(text="Which"), StreamEnd.UPSTREAM_CUT, Reason.INCOMPLETE),
        (Choice(text="Può dirmi quale versione del programma sta usando adesso?"), None, "other"),
        (Choice(text="В какой город вы хотите поехать?"), None, "other"),
    ],
)
async def test_not_applicable(choice, end, reason):
    """Without complete English text there is a reason and no value."""
    (score,) = await clarification(ScorerSettings())(sample(choice, stream_end=end))
    expected = Reason.UNSUPPORTED_LANGUAGE if reason == "other" else reason
    assert (score.value, score.verdict, score.unscored_reason) == (None, None, expected)


async def test_the_threshold_can_be_set():
    """The settings' threshold decides the verdict and leaves the value alone."""
    choice = Choice(text="Which city do you mean?")
    (low,) = await clarification(ScorerSettings(threshold=0.01))(sample(choice))
    (high,) = await clarification(ScorerSettings(threshold=0.999))(sample(choice))
    assert (low.verdict, high.verdict, low.value) == (Verdict.YES, Verdict.NO, high.value)
    assert low.value > ASKED.threshold
    assert low.explanation == choice.text


@pytest.mark.parametrize(
    "unit", ["? ", "could you ", "which one ", '"', "```", "a or b? ", "\n- ", "\ud800?", "你?", "why? "]
)
def test_hostile_text(unit):
    """A megabyte of anything costs well under a second."""
    started = time.process_time()
    asks(unit * (10**6 // len(unit)), unit * 10**5)
    assert time.process_time() - started < 1


def test_ordered_questions_are_content_however_they_ask() -> None:
    """Interview questions may ask as people ask each other; where a text was asked for, a question alone is none."""
    ordered = "- What makes a good roll?\n- Can you tell me about a day when the oven failed?"
    assert asks(ordered, "Give me interview questions for a baker").points < 2.0
    assert asks("Happy to. Who is speaking, and for how long?", "Write a speech for Sunday").points >= 2.0


@pytest.mark.parametrize(
    ("asked", "answer", "verdict"),
    [
        ("Traduis en anglais : Où est le quai ?", "Where is the quay?", "no"),
        ("英語に訳して：桟橋はどこですか？", "Where is the pier?", "no"),
        ("Rewrite politely: send me the timetable", "Could you please send me the timetable?", "no"),
        ("Make this shorter: The ferry leaves at noon.", "How short do you want it, in words?", "yes"),
        (
            "Escribe preguntas de examen sobre las mareas",
            "1. ¿Qué es la marea viva?\n2. ¿Por qué hay dos al día?",
            "no",
        ),
        ("Cambia mi reserva", "Claro. ¿Qué número de reserva tienes?", "yes"),
    ],
)
def test_questions_that_were_wanted(asked, answer, verdict):
    """A question in other words, and questions that were asked for, ask the user nothing."""
    row = {"id": "x", "prompt": asked, "response": answer}
    (found,) = clarification(ScorerSettings()).score(Reading(decode(json.dumps(row).encode(), 1)))
    assert found.verdict == verdict
