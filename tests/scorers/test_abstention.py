"""What the abstention scorer promises, and its figures on the small labelled set written here."""

import json
import time

import pytest

from proxy.config.settings import ScorerSettings
from proxy.exchange import Exchange, Operation, Outcome
from proxy.sample import Choice, Message, Sample, ToolCall
from scorers.abstention import abstains, abstention, hedging
from scorers.formats.recorded import decode
from scorers.reading.reading import Reading
from scorers.score import Reason, Verdict

ABSTAINS = [
    "I don't know.",
    "I do not know who painted it.",
    "I'm not sure who won that match, I'm afraid.",
    "I don't have enough information to answer that.",
    "I don't have access to real-time data, so I can't tell you today's price.",
    "The document does not mention the year in which the bridge was built.",
    "Based on the context provided, the text doesn't say who the owner is.",
    "There is no information about the salary in the passage.",
    "The answer cannot be determined from the table.",
    "I couldn't find any record of a painter named Ulf Barendt. Could you check the spelling?",
    "I'm not aware of a film with that title. Please provide more details.",
    "Unknown.",
    "Not specified in the contract.",
    "I have no idea.",
    "It is not known when the author was born.",
    "Unfortunately, I am unable to determine the cause from this log alone.",
    "Nobody knows for certain why the town was left.",
    "As of my last update, I don't have any information about the 2031 election. You could check the official site.",
    "The report gives no details on the cost of the roof.",
    "That event is beyond my knowledge cutoff.",
    "I can't verify that claim. I'd recommend that you ask the museum.",
    "His date of birth is unknown.",
    "I'm not familiar with the Ostrava protocol. Could you tell me where you came across it?",
    "It's impossible to say without seeing the contract.",
]
ANSWERS = [
    "The bridge was built in 1912.",
    "She said that she didn't know where the key was, so they broke the door open.",
    "If you don't have enough eggs, use apple sauce instead.",
    "You can't divide by zero, so the limit does not exist at that point.",
    "I don't recommend this route in winter; take the coast road.",
    "I can't help with that request.",
    "No, the shop does not open on Sundays.",
    'The song "I Don\'t Know Why" came out in 1995.',
    "The exact number of visitors is not recorded, but the museum sold 41,200 tickets in May, 39,800 in June and "
    "52,000 in July. In August the old wing was closed for repairs, and the number fell to 18,000, while the new wing, "
    "which opened in September, drew 60,000 people in its first month alone. Prices stayed the same.",
    "He is not sure of himself, and this is the theme of the novel.",
    "The function does not return a value, so the assignment stores None.",
    "Sure! Here are three ideas: a picnic, a boat trip, a museum.",
    "The harbour was not damaged by the storm.",
    "Which city do you mean?",
    "People who do not know the rules can read them on the board by the door.",
    "There is no train on Mondays.",
    "The database is not available in the free plan. Upgrade to use it.",
    "I know that you're looking for a gift; a good pen is a safe choice.",
    "Users said they could not find the button, so we moved it to the top.",
    "The capital is Vienna. I hope this helps!",
    "If the document does not contain a date, write today's date on it.",
    "They were not given a reason, so they went to court and won.",
    "We do not have records of that sale because it never took place.",
    "Set the flag when you don't know the size in advance.",
]
HEDGED = [
    "I think it was built around 1900, but I'm not entirely sure.",
    "It might be the battery. It could also be the cable, perhaps.",
    "Probably the second one.",
    "As far as I know, the shop closes at nine; please verify this with the owner.",
    "It seems that the server is down. Maybe try again later.",
    "I believe the author is Anna Holt, though I could be wrong.",
    "It's hard to say, but it appears that prices may fall.",
    "To the best of my knowledge, no such law exists. I might be mistaken.",
]
PLAIN = [
    "The bridge was built in 1912.",
    "Replace the battery. The cable is fine.",
    "You may leave the table. Bring a coat: it can rain in May.",
    "The second one. It is cheaper and lasts longer. Buy two.",
    "Water boils at one hundred degrees at sea level. In the mountains it boils earlier. Climbers know.",
    'He said "perhaps" and left. Nobody saw him again. The house was sold.',
    "Sort the list, then take the first item.",
    "About forty people came. The hall was full.",
]


def sample(*choices: Choice) -> Sample:
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
    return Sample(id="s", exchange=exchange, messages=(Message(role="user", content="Who?"),), choices=choices)


async def verdicts(text: str) -> dict[str, Verdict | None]:
    scores = await abstention(ScorerSettings())(sample(Choice(text=text)))
    return {score.output: score.verdict for score in scores}


async def test_abstentions():
    """Not knowing, not finding and not being told are abstentions; at most one of the set is missed."""
    missed = [text for text in ABSTAINS if (await verdicts(text))["abstained"] is not Verdict.YES]
    assert len(missed) <= 1, missed


async def test_answers():
    """Answers, other people's ignorance, quotes, refusals and full answers with one gap are none."""
    flagged = [text for text in ANSWERS if (await verdicts(text))["abstained"] is not Verdict.NO]
    assert len(flagged) <= 1, flagged


@pytest.mark.parametrize("text", HEDGED)
async def test_hedged(text):
    """Words of doubt in most sentences."""
    assert (await verdicts(text))["hedged"] is Verdict.YES


@pytest.mark.parametrize("text", PLAIN)
async def test_plain(text):
    """Permission, quotes, round numbers and plain claims are not hedged."""
    assert (await verdicts(text))["hedged"] is Verdict.NO


def test_what_is_said_all_the_same_counts():
    """The more is claimed after not knowing one thing, the less it is an abstention."""
    gap = "I don't know the exact year."
    claim = "The tower has nine floors and a lift made of glass, and it was paid for by the guild of bakers. "
    points = [abstains(f"{gap} {claim * n}")[0] for n in range(5)]
    assert points == sorted(points, reverse=True)
    assert points[0] > 2 > points[-1]


def test_hedging_is_a_rate():
    """The same doubt in a longer text weighs less."""
    doubt, claim = "Perhaps it was the cat.", " The window was open."
    rates = [hedging(doubt + claim * n)[0] for n in range(4)]
    assert rates == sorted(rates, reverse=True)
    assert rates[0] == pytest.approx(0.75)
    assert hedging(doubt)[1] == "perhaps"


@pytest.mark.parametrize(
    ("choice", "reason"),
    [
        (Choice(), Reason.NO_TEXT),
        (Choice(reasoning="I don't know."), Reason.NO_TEXT),
        (Choice(tool_calls=(ToolCall("f"),)), Reason.TOOL_CALL_ONLY),
        (Choice(text="Non so chi sia la persona nella fotografia, e non posso dirlo."), "other"),
        (Choice(text="Я не знаю, кто на этой фотографии."), "other"),
    ],
)
async def test_not_applicable(choice, reason):
    """Both outputs say why they have no value."""
    expected = Reason.UNSUPPORTED_LANGUAGE if reason == "other" else reason
    scores = await abstention(ScorerSettings())(sample(choice))
    assert [(score.output, score.value, score.unscored_reason) for score in scores] == [
        ("abstained", None, expected),
        ("hedged", None, expected),
    ]


@pytest.mark.parametrize("unit", ["I do not ", "the text ", "perhaps ", '"', "```", "is not ", "\n", "\ud800", "no "])
def test_hostile_text(unit):
    """A megabyte of anything costs well under a second."""
    started = time.process_time()
    text = unit * (10**6 // len(unit))
    abstains(text)
    hedging(text)
    assert time.process_time() - started < 1


@pytest.mark.parametrize(
    ("asked", "answer", "verdict"),
    [
        ("Does the policy cover hail?", "No. The policy says nothing about hail.", "yes"),
        ("Is it frost-proof?", "The manual does not say whether the pump is frost-proof.", "yes"),
        ("Has the lock reopened?", "It's not clear from the notice whether the lock has reopened.", "yes"),
        ("What's my points balance?", "I'm not able to see your balance.", "yes"),
        ("Translate into English: Je ne sais pas.", "I don't know.", "no"),
        ("Schreib das höflicher: Weiß ich nicht.", "Das weiß ich leider nicht.", "yes"),
        ("Übersetze ins Deutsche: I have no idea.", "Ich habe keine Ahnung.", "no"),
        ("هل بقيت مقاعد؟", "لا توجد مقاعد يوم الجمعة، لكن بقي 9 مقاعد يوم السبت.", "no"),
        ("متى يفتح المرسى؟", "لا توجد معلومات عن مواعيد المرسى في المستند.", "yes"),
        (
            "总结一下",
            "报告说，今年的客流增长了6%。明年的情况尚不清楚，但公司计划新增三条航线，并招聘三十名员工，总投资约一千万元。",
            "no",
        ),
        (
            "Résume.",
            "Le rapport dit que le trafic a augmenté de 6 % en un an. Personne ne sait encore si cela durera, mais la "
            "compagnie prévoit trois lignes nouvelles et trente embauches avant la fin de l'année prochaine.",
            "no",
        ),
    ],
)
def test_who_does_not_know(asked, answer, verdict):
    """Documents of all kinds may be silent; a text in other words and a detail behind an answer are something else."""
    row = {"id": "x", "prompt": asked, "response": answer}
    found = abstention(ScorerSettings()).score(Reading(decode(json.dumps(row).encode(), 1)))
    assert {one.output: one.verdict for one in found}["abstained"] == verdict
