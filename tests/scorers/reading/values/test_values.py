"""Values compared as values, whatever their form."""

import itertools
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scorers.reading.text import plain, words
from scorers.reading.values.dates import MONTH_WORDS, MONTHS, dates
from scorers.reading.values.numbers import canonical
from scorers.reading.values.values import Held, name_of, rival, values_of

SAME = (
    ("7,350.00 crowns", "7350 crowns"),
    ("24k readers", "24,000 readers"),
    ("$3.1bn", "3,100 million dollars"),
    ("$2.5m", "2.5 million USD"),
    ("EUR 80", "80 euros"),
    ("62 %", "a share of 0.62"),
    (".62", "62 percent"),
    ("62 per cent", "62%"),
    ("8 June 2031", "2031-06-08"),
    ("June 8th", "2031-06-08"),
    ("8 June", "June 8th, 2031"),
    ("June 2031", "8 June 2031"),
    ("08.06.2031", "8 June 2031"),
    ("6/8/2031", "8 June 2031"),
    ("in June", "2031-06-08"),
    ("7 am", "at 07:00"),
    ("07:00", "7:00 a.m."),
    ("5:45 pm", "17:45"),
    ("5:45", "17:45"),
    ("noon", "12:00"),
    ("45 minutes", "0.75 hours"),
    ("2 km", "2,000 metres"),
    ("sixty rooms", "60 rooms"),
    ("60 rooms", "sixty rooms"),
    ("thirty-four rooms", "34 rooms"),
    ("two hundred thousand", "200,000"),
    ("a hundred and five rooms, one hundred and five", "105 rooms"),
    ("a dozen lamps", "12 lamps"),
    ("about 3.4 million", "3,391,204 people"),
    ("1.250,75", "1250.75"),
    ("12,5 metres", "12.5 metres"),
    ("80 million", "Revenue (in millions): 80"),
)
OTHER = (
    ("7,350 crowns", "7,530 crowns"),
    ("80 million euros", "80 euros"),
    ("24k readers", "24 readers"),
    ("80 euros", "80 dollars"),
    ("62 %", "0.26"),
    ("7 %", "7 days"),
    ("3 hours", "3 minutes"),
    ("9 June", "2031-06-08"),
    ("8 July", "2031-06-08"),
    ("8 June 2030", "8 June 2031"),
    ("7 pm", "07:00"),
    ("3.5 million", "3,391,204 people"),
    ("sixty rooms", "16 rooms"),
    ("in July", "2031-06-08"),
)


def held(text: str, *, decimal_comma: bool = False) -> Held:
    text = plain(text)
    return Held([text], [words(text)], decimal_comma=decimal_comma)


def says(claim: str, document: str) -> bool:
    """Whether the document says all values of the claim, of which there is at least one."""
    found = values_of(plain(claim))
    assert found
    return all(held(document).places(value) == [0] for value in found)


@pytest.mark.parametrize(("claim", "document"), SAME)
def test_equal_in_another_form(claim: str, document: str) -> None:
    """Numbers, percentages, dates, times, units and currencies are equal whatever their form."""
    assert says(claim, document)


@pytest.mark.parametrize(("claim", "document"), OTHER)
def test_other_values(claim: str, document: str) -> None:
    """Another number, scale, unit, currency, day, month, year or half of the day is another value."""
    assert not says(claim, document)


@given(st.integers(min_value=1000, max_value=10**12))
def test_separators_say_nothing(number: int) -> None:
    """With commas, with zeros after the point, with points where the language says so: the same number."""
    grouped = f"{number:,}"
    assert canonical(grouped) == canonical(f"{grouped}.00") == canonical(str(number)) == str(number)
    german = grouped.replace(",", ".")
    assert canonical(german, decimal_comma=True) == canonical(f"{german},00") == str(number)


@given(st.integers(min_value=1, max_value=999), st.integers(min_value=1, max_value=99))
def test_the_decimal_comma_belongs_to_the_language(whole: int, rest: int) -> None:
    """1.234 is a thousand in German and one and a bit in English; 1,25 is one and a bit in both."""
    written = f"{whole}.{rest:03}"
    assert canonical(written, decimal_comma=True) == str(whole * 1000 + rest)
    assert float(canonical(written)) == pytest.approx(float(written))
    assert float(canonical(f"{whole},{rest:02}")) == pytest.approx(float(f"{whole}.{rest:02}"))


@given(st.dates(), st.sampled_from(["{d} {m} {y}", "{m} {d}, {y}", "{d}th of {m}, {y}", "{m} {d}th {y}"]))
def test_dates_in_words_are_dates_in_figures(day, form: str) -> None:
    """Any day written in words is said by its ISO form, and the next day is not."""
    if not 1000 <= day.year <= 2099:
        return
    text = form.format(d=day.day, m=MONTHS[day.month - 1].title(), y=day.year)
    assert says(text, f"on {day.isoformat()} it")
    other = day.replace(day=day.day % 28 + 1)
    assert not says(text, f"on {other.isoformat()} it") or other == day


@given(st.integers(0, 23), st.integers(0, 59))
def test_both_clocks(hour: int, minute: int) -> None:
    """The clock of twelve hours and that of twenty-four say the same minute, and no other."""
    half = f"{hour % 12 or 12}:{minute:02} {'am' if hour < 12 else 'pm'}"
    assert says(half, f"from {hour:02}:{minute:02} on")
    assert not says(half, f"from {(hour + 1) % 24:02}:{minute:02} on")


@given(st.integers(min_value=1, max_value=100))
def test_shares(percent: int) -> None:
    """A percentage is its hundredth, in both directions."""
    assert says(f"{percent} %", f"was {percent / 100}")
    assert says(f"{percent / 100}", f"was {percent} %") or percent == 100


@given(st.text(max_size=300))
@settings(max_examples=300)
def test_any_text(text: str) -> None:
    """A text says all of its own values, none overlap, and nothing raises."""
    text = plain(text)
    found = values_of(text)
    for value in found:
        assert held(text).places(value) == [0], (value, name_of(value))
    assert all(one.end <= other.start for one, other in itertools.pairwise(found))


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("40 rooms", "50 rooms", True),
        ("40 euros", "50 dollars", False),
        ("40 euros", "50", True),
        ("30 minutes", "2 hours", True),
        ("30 minutes", "0.5 hours", False),
        ("30 minutes", "3 km", False),
        ("8 June", "9 June", True),
        ("8 June", "8 June 2031", False),
        ("7 am", "9:00", True),
        ("8 June", "40 rooms", False),
    ],
)
def test_rivals(one: str, other: str, expected: bool) -> None:
    """Only a value of the same kind and unit can stand in the place of another."""
    assert rival(values_of(one)[0], values_of(other)[0]) is expected


def test_where_a_value_is_said() -> None:
    """The positions of the texts that say it."""
    texts = ["The tower has 40 rooms.", "No value here.", "Forty rooms again, and 41."]
    found = Held(texts, [words(text) for text in texts])
    assert found.places(values_of("40 rooms")[0]) == [0]
    assert found.places(values_of("41")[0]) == [2]
    assert found.places(values_of("42")[0]) == []


@pytest.mark.parametrize("unit", ["1,", "1.", "9", "one ", "1:30 ", "5 May ", "$1 k", "1/1/", "20 million "])
def test_linear_time(unit: str) -> None:
    """A long text of values takes a moment."""
    text = unit * (100_000 // len(unit))
    started = time.process_time()
    found = Held([text], [words(text)])
    for value in values_of("5 May, 9:30, 1.5 million euros, 30 minutes, 80 %, 7"):
        found.places(value)
    assert time.process_time() - started < 5


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("they sold two boats", [("2", "two")]),
        ("twenty and stone", [("20", "twenty and")]),
        ("a stonetwo, then two", [("2", "two")]),
        ("two_x and two", [("2", "two")]),
        ("two or two", [("2", "two"), ("2", "two")]),
        ("hundred boats", []),
        ("no one came", []),
        ("twelve euros", [("12", "twelve")]),
        ("twenty-five hundred", [("2500", "twenty-five hundred")]),
    ],
)
def test_numbers_in_words(text: str, found: list[tuple[str, str]]) -> None:
    """One number word or several: what they say, and where; a part of another word says nothing."""
    assert [(one.number, text[one.start : one.end]) for one in values_of(text)] == found


@pytest.mark.parametrize("name", sorted(MONTH_WORDS))
def test_a_date_begins_with_any_month_or_a_number(name: str) -> None:
    """In whatever language the month is named; not inside a word."""
    text = f"from 7 {name} 2031 to {name} 21, 2032 and {name} 2033, x7 {name}_, x{name} 4"
    found = [(one.year, one.day, text[one.start : one.end].rstrip(".")) for one in dates(text)]
    assert found[:3] == [(2031, 7, f"7 {name} 2031"), (2032, 21, f"{name} 21, 2032"), (2033, 0, f"{name} 2033")]
    assert len(found) == 3


def test_the_numbers_that_something_is_worked_out_of() -> None:
    """Parts of dates and of times of day are none; of too many there are none."""
    texts = ["Rent 410, deposit .5, on 7/8 at 10:45.", "3-4 rooms of 12:a and b:9 m2, twelve keys."]
    assert Held(texts, [words(text) for text in texts]).few_numbers() == [0.5, 9.0, 12.0, 410.0]
    many = [f"Row {number} is full." for number in range(61)]
    held = Held(many, [words(text) for text in many])
    assert held.few_numbers() == held.few_numbers(60) == []
    assert Held(many[:60], [words(text) for text in many[:60]]).few_numbers(60) == list(map(float, range(60)))


@pytest.mark.parametrize(
    ("text", "minutes"),
    [
        ("Doors open at 14h30 sharp.", [870]),
        ("The last bus is at 4 p.m. daily.", [960]),
        ("We meet at 3 o'clock in the hall.", [180, 900]),
        ("Lunch is at noon.", [720]),
        ("The gate shuts at midnight, and at midday it opens.", [0, 720]),
        ("In the afternoon or at noonday, 30 midweeks, 4 am_", []),
    ],
)
def test_times_of_day_that_documents_say(text: str, minutes: list[int]) -> None:
    """With minutes, with am or pm, by the clock or by name; not a part of a word."""
    assert Held([text.lower()], [words(text)]).few_clocks() == minutes


@pytest.mark.parametrize("said", ["5 km", "5km", "1.5 thousand m", "2 million", "7k", "9 hours"])
def test_an_amount_stands_before_a_unit_a_scale_or_a_letter(said: str) -> None:
    """Among numbers of other things, which are none, each is found where it is said."""
    texts = [f"Room 12 had 3 lamps, 40 euros and {said} in 2019.", f"Only {said}."]
    held = Held(texts, [words(text) for text in texts])
    for value in values_of(f"So it was {said}."):
        assert held.places(value) == [0, 1]
