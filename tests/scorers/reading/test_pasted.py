"""What people paste into their own turns: what of it an answer may be checked against."""

from __future__ import annotations

import time

import pytest

from scorers.reading.pasted import pasted

CHAT = """Tilda: who picks up the canoe tomorrow
Bram: me, but not before six, the van is at the garage
Tilda: fine. and the paddles?
Okello: two are in my cellar, the third one broke in June
Bram: then we rent one at the jetty, it is 7 for the day"""
MAIL = """From: Harbour office
Subject: Slipway closed
Dear members, the slipway will be closed from 3 to 9 October because the rails are being replaced. Boats that are still
in the water can be lifted at the east quay on 2 October between eight and noon, for 40 each."""
NEWS = """BRENNICK. The council has decided to move the weekly market from the church square to the old tram
depot. The stalls, 34 in all, are to open there for the first time on 2 May. The traders had asked
for a roof for years; the depot has one, and 120 parking spaces beside it. The square will be paved
anew until autumn."""
PASSAGES = """[1] The Oriel lamp takes bulbs with a base of type E14 and up to 8 watts.
[2] Its cable is 1.8 metres long and has a switch at 40 centimetres from the lamp.
[3] The shade can be washed by hand at 30 degrees. It must be dry before the lamp is used again."""
TABLE = """plan,price,storage,users
Pine,4.90,20 GB,1
Beech,9.90,100 GB,3
Larch,17.50,500 GB,10
Cedar,31.00,2 TB,25
Yew,55.00,unlimited,100"""
STORY = """My neighbour lent me a ladder last year and I never gave it back. Now he asks for it and I cannot
find it anywhere in my garage. I looked in the attic too. I feel bad and I do not have the money for
a new one until next month."""
CODE = """def fee(days, member):
    if days < 3:
        return 0
    if member:
        return min(days, 20) * 0.1
    return min(days, 40) * 0.2
for name, days in loans.items():
    print(name, fee(days, name in members))
    total += fee(days, name in members)
    assert total >= 0"""
LOG = """09:01:22 INFO job night-2 started with 4 workers
09:04:10 WARN disk /srv is at 93 %
09:07:45 ERROR job night-2 failed: no space left on device
09:07:46 INFO mail was sent to the operators of the service"""


_NAMES = ["chat", "mail", "news", "passages", "table", "log"]


@pytest.mark.parametrize("document", [CHAT, MAIL, NEWS, PASSAGES, TABLE, LOG], ids=_NAMES)
@pytest.mark.parametrize(
    "request_",
    ["Summarize this in two sentences.\n\n{}", "tl;dr please\n{}", "{}\n\nShort version please.", "{}\n---\nsum it up"],
)
def test_what_is_to_be_summarised_is_a_document(document, request_):
    """Any text beside a request to summarise it, whichever stands first; the request itself is no part of it."""
    assert pasted(request_.format(document), "") == [document]


@pytest.mark.parametrize("document", [CHAT, MAIL, NEWS, PASSAGES, TABLE], ids=_NAMES[:-1])
@pytest.mark.parametrize("request_", ["{}\n\nwhat does it cost", "How many are there?\n\n{}"])
def test_what_is_asked_about_is_a_document(document, request_):
    """A text of a known form, or one in which nobody speaks of himself, beside a question."""
    assert pasted(request_.format(document), "") == [document]


def test_instructions_ask_in_the_users_place():
    """A turn that is nothing but a text is a document where the application asks for a summary, and not without."""
    assert pasted(CHAT, "You write short summaries of messenger chats.") == [CHAT]
    assert pasted(NEWS, "You are a friendly assistant.") == []


@pytest.mark.parametrize(
    "text",
    [
        f"{STORY}\n\nWhat should I tell him?",
        f"{STORY}\n\nWhere could it be?",
        f"Reply to this mail and ask for another day.\n\n{MAIL}",
        f"Please translate:\n\n{NEWS}",
        f"Write a poem about this article.\n\n{NEWS}",
        f"Make a quiz out of the facts in this article.\n\n{NEWS}",
        f"Give me a better headline for the article.\n\n{NEWS}",
        f"Why does this fail?\n\n{LOG}",
        f"What does this print?\n\n{CODE}",
        f"What does it cost?\n\n{NEWS[:80]}",
        "How do I get wine stains out of a linen shirt? It has been in the wash once already, at 40 degrees, and now "
        "the stain is brown. The shirt is white and has blue buttons that must not lose their colour.",
        "",
    ],
)
def test_what_is_no_document(text):
    """One's own story, what is to be answered, translated or improved, logs and code to explain, and short texts."""
    assert pasted(text, "") == []


def test_a_document_is_a_part_of_its_turn():
    """So that what was asked can be told from it, whatever white space stands around."""
    turn = f"\n  Summarise the call:\n\n{CHAT}\n\n "
    (found,) = pasted(turn, "")
    assert found in turn
    assert "Summarise" not in found


ORDERS = """{
  "orders": [
    {"id": 17, "status": "delayed", "eta": "2026-12-04"},
    {"id": 18, "status": "sent", "eta": "2026-11-30"}
  ]
}"""
ROWS = "id,status,eta\n17,delayed,2026-12-04\n18,sent,2026-11-30"


@pytest.mark.parametrize(
    ("data", "word"), [(ORDERS, "json"), (ORDERS, "orders.JSON"), (ROWS, "csv"), ("a: 1\n" * 9, "yaml")]
)
@pytest.mark.parametrize(
    "turn",
    [
        "Which order is delayed?\n\n{}",
        "{}\n\nHow many are there, and until when is the first one delayed?",
        "Here is the API response:\n{}\nList the ids that were sent.",
    ],
)
def test_data_in_a_fence_are_what_is_asked_about(data, word, turn):
    """Their language names them, and a plain question asks for what they say."""
    assert pasted(turn.format(f"```{word}\n{data}\n```"), "") == [data.strip()]


@pytest.mark.parametrize(
    "said",
    [
        "Why does the parser not take this?",
        "Fix the comma in this.",
        "Convert this to a TypeScript interface.",
        "What is the schema of this?",
        "What is the capital of France? Answer in this format:",
        "How do I read this in Python?",
        "",
    ],
)
def test_data_that_are_worked_on_are_no_document(said):
    """What writes, mends, explains or shapes data does not rest on what they say alone."""
    for turn in (f"{said}\n```json\n{ORDERS}\n```", f"```json\n{ORDERS}\n```\n{said}"):
        assert pasted(turn, "") == []


def test_data_beside_code_and_open_fences_are_no_document():
    """Where code stands beside the data, the question is about that; a fence that never ends holds nothing."""
    for turn in (f"```py\nf(x)\n```\n```json\n{ORDERS}\n```\nWhich id fails?", f"Which id?\n```json\n{ORDERS}\n"):
        assert pasted(turn, "") == []


def test_data_without_a_fence():
    """A document of JSON that stands as it is."""
    orders = ORDERS.replace('"eta"', '"customer": "Ruiz of the old mill", "eta"')
    assert pasted(f"{orders}\n\nWhich order is delayed?", "") == [orders]
    assert pasted(f"{orders}\n\nWhy is this not valid?", "") == []


@pytest.mark.parametrize(
    "turn",
    [
        "Answer using my notes:\n{}\nQuestion: When does it open?",
        "This is the transcript:\n{}\nWhen does it open?",
        "According to this mail:\n{}\nwhen does it open?",
        "Answer from the letter.\n\n{}\nQ: When does it open?",
    ],
)
def test_a_request_right_beside_its_text(turn):
    """What introduces a text, and a question on the line behind it, are no part of it."""
    assert pasted(turn.format(NEWS), "") == [NEWS]


def test_a_question_that_somebody_asks_in_the_text_is_a_part_of_it():
    """The last line of a chat is no request."""
    chat = f"{CHAT}\nTilda: and who pays?"
    assert pasted(f"Summarise this.\n\n{chat}", "") == [chat]


@pytest.mark.parametrize(
    "piece",
    [
        "a: b\n",
        "```json\n",
        "```json\n{}\n```\n",
        "---\n",
        "?\n\n",
        "[1] x ",
        "a,b,c\n",
        "I'm ",
        "in the the the ",
        "\n",
    ],
)
def test_its_cost_grows_with_the_length_alone(piece):
    """Four times the text takes no more than about four times as long, whatever it is made of."""

    def cost(size: int) -> float:
        text = "Summarise this.\n\n" + piece * (size // len(piece))
        begun = time.process_time()
        pasted(text, "")
        return time.process_time() - begun

    assert min(cost(160_000) for _ in range(3)) < 10 * min(cost(40_000) for _ in range(3)) + 0.02
