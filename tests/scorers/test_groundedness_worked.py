"""Answers that say a document's values in another measure, work something out, or hold what claims nothing."""

import json
import time

import pytest

from proxy.config.settings import ScorerSettings
from scorers.context_utilization import context_utilization
from scorers.formats.recorded import decode
from scorers.groundedness import groundedness
from scorers.reading.reading import Reading
from scorers.reading.values.columns import totals

TABLE = (
    "| plank | count | price | sum |\n|---|---|---|---|\n| ash | 7 | 11.50 | 80.50 |\n| elm | 5 | 9.20 | 46.00 |\n"
    "| yew | 2 | 31.75 | 63.50 |"
)

QUARTERS = (
    "| town | Q1 | Q2 | Q3 | Q4 |\n|---|---|---|---|---|\n| Orme | 90 | 105 | 100 | 120 |\n| Holm | 70 | 65 | 82 | 77 |"
)


def verdicts(question: str, document: str, answer: str) -> dict[str, str]:
    """Output -> verdict, or the reason for none."""
    row = {"id": "x", "prompt": question, "contexts": [document], "response": answer}
    reading = Reading(decode(json.dumps(row).encode(), 1))
    scorers = (groundedness(ScorerSettings()), context_utilization(ScorerSettings()))
    scores = [one for scorer in scorers for one in scorer.score(reading)]
    return {one.output: str(one.verdict or one.unscored_reason) for one in scores}


@pytest.mark.parametrize(
    ("question", "document", "answer"),
    [
        ("How warm?", "The oven reaches 392 \u00b0F.", "The oven reaches 200 \u00b0C (392 \u00b0F)."),
        ("How far?", "The lake path is 12 miles long.", "The lake path is 12 miles (about 19 km) long."),
        ("What is paid?", "The board pays $0.45 a share on May 3.", "The board pays 45 cents a share on 3 May."),
        ("Which century?", "The weir was built in 1871.", "The weir was built in the 19th century, in 1871."),
        ("What share?", "Two thirds of the voters came.", "About 67% of the voters came."),
        ("How much?", "The tank holds 2.4 litres.", "The tank holds 2.4 L (2,400 ml)."),
        ("How much?", "Turnover was EUR 3.4bn.", "Turnover was 3.4 billion euros."),
        ("How many?", "Visitors: 23,456.", "About 23,500 people visited."),
        ("How old was he?", "Born in 1931, he won in 1988.", "He was 57 when he won in 1988."),
        ("How long in all?", "Part A takes 70 minutes. Part B takes 35 minutes.", "Both take 1 hour and 45 minutes."),
        ("How many a week?", "About 800 boats pass each day.", "At 800 boats a day, that is 5,600 a week."),
        (
            "What is the deposit?",
            "Rent is \u20ac740. The deposit is two months' rent.",
            "Two months' rent, i.e. \u20ac1,480.",
        ),
        ("For a double batch?", "Use 300 g of rye and 2 eggs.", "For a double batch, use 600 g of rye and 4 eggs."),
        ("What is the total?", TABLE, "The total is 190.00."),
        ("What did Orme sell in the whole year?", QUARTERS, "Orme sold 415 over the year."),
        ("Share of Orme in Q1?", QUARTERS, "Orme accounted for 56.3% of Q1 (90 of 160)."),
        ("What is the average price?", TABLE, "The average price is 17.48."),
        ("Which is lighter?", "A weighs 214 g. B weighs 187 g.", "B is lighter by 27 grams (187 g vs. 214 g)."),
        ("Give JSON.", "Turnover was $48.6 million, with 412 staff.", '{"turnover_usd_millions": 48.6, "staff": 412}'),
        ("When?", "The fair opens on November 14, 2031.", "- **Fair:** opens Nov 14, 2031"),
        ("Who?", "The WTO office in Oslo sent it.", "The World Trade Organization's office in Oslo sent it."),
        (
            "Can I order at 3 pm?",
            "Order before 2 pm for Monday.",
            "No. Order before 2 p.m. for Monday; 3 p.m. is too late.",
        ),
    ],
)
def test_other_measures_and_sums_are_grounded(question: str, document: str, answer: str) -> None:
    """What documents say in another measure, and what is worked out of them, is nothing new."""
    assert verdicts(question, document, answer)["ungrounded"] == "no"


@pytest.mark.parametrize(
    ("question", "document", "answer"),
    [
        ("How warm?", "The oven reaches 392 \u00b0F.", "The oven reaches 260 \u00b0C."),
        ("How far?", "The lake path is 12 miles long.", "The lake path is 31 km long."),
        ("What is paid?", "The board pays $0.45 a share on May 3.", "The board pays 54 cents a share on 3 May."),
        ("Which century?", "The weir was built in 1871.", "The weir was built in the 17th century."),
        ("How much?", "The tank holds 2.4 litres.", "The tank holds 4,200 ml."),
        ("How many?", "Visitors: 23,456.", "About 29,000 people visited."),
        ("How old was he?", "Born in 1931, he won in 1988.", "He was 43 when he won."),
        ("How long in all?", "Part A takes 70 minutes. Part B takes 35 minutes.", "Both take 3 hours and 10 minutes."),
        ("What is the total?", TABLE, "The total is 271.30."),
        ("Give JSON.", "Turnover was $48.6 million, with 412 staff.", '{"turnover_usd_millions": 84.6, "staff": 421}'),
    ],
)
def test_wrong_ones_are_not(question: str, document: str, answer: str) -> None:
    """The same questions, with values that nothing gives."""
    assert verdicts(question, document, answer)["ungrounded"] == "yes"


@pytest.mark.parametrize(
    ("question", "document", "answer"),
    [
        ("Does a child pay?", "Children under seven enter free.", "No, children under seven enter free."),
        ("Which was cancelled?", '[{"order": 88, "state": "cancelled"}]', "One order was cancelled: no. 88."),
        ("Who opened it?", "King Edward VII opened the quay in 1904.", "Edward the Seventh opened the quay in 1904."),
        ("Where?", "221 Quay Rd., Apt. 4, Halifax", "It is 221 Quay Road, Apartment 4, in Halifax."),
    ],
)
def test_what_contradicts_nothing(question: str, document: str, answer: str) -> None:
    """The no of an answer, the short form of a number, ordinals and short forms of addresses."""
    assert verdicts(question, document, answer)["contradicted"] == "no"


@pytest.mark.parametrize(
    ("question", "document", "answer"),
    [
        ("What is the total?", TABLE, "The total is 190.00."),
        ("And with 20% tax?", TABLE, "With 20% tax, the total is 228.00 (190.00 + 38.00)."),
        (
            "How did the margin develop?",
            "The margin rose from 61.2% to 63.0%.",
            "The margin improved by 1.8 points, to 63 %.",
        ),
    ],
)
def test_who_works_something_out_uses_the_documents(question: str, document: str, answer: str) -> None:
    """A value that is worked out of the documents was looked up there."""
    assert verdicts(question, document, answer)["ignored_context"] == "no"


def test_code_claims_nothing() -> None:
    """A program in a fence is no claim; what stands around it is."""
    document = "Client.fetch(url, timeout=30) returns a Response."
    code = "```python\nreply = client.fetch(url, timeout=7)\nprint(reply.colour)\n```"
    said = f"Client.fetch returns a Response:\n\n{code}"
    assert verdicts("How do I call it?", document, said)["ungrounded"] == "no"
    assert verdicts("How?", document, f"{said}\n\nIt was written by Ida Moss in 1997.")["ungrounded"] == "yes"


def test_totals_of_columns() -> None:
    """The sum and the mean of what stands in two records or more; a name with a number is none."""
    rows = ["boat: Ida, crew: 3, fare: 12.50.", "boat: Una, crew: 5, fare: 7.50.", "note: pier 9 is shut."]
    assert totals(rows) == [8.0, 4.0, 20.0, 10.0]
    begun = time.process_time()
    totals(["a: 1, " * 20_000] * 3 + ["a: 1,2,3,4,5,6,7,8,9" * 4_000])
    assert time.process_time() - begun < 2.0
