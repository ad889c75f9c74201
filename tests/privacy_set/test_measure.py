"""The measured quality of redaction: the set is large enough, its labels are right, the document says the figures."""

from __future__ import annotations

import random
import re
from pathlib import Path

import pytest

from tests.privacy_set.kinds import LOOKALIKES, PERSONAL, card, iban
from tests.privacy_set.measure import EACH, Line, _left, false_alarms, ordinary, recall, table, total

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "privacy.md"


def test_the_document_says_what_is_measured() -> None:
    """The tables in docs/privacy.md are what the command prints."""
    shown = re.search(r"<!-- measured -->\n(.*?)<!-- /measured -->", DOCUMENT.read_text(encoding="utf-8"), re.DOTALL)
    assert shown is not None
    assert shown[1].strip() == table().strip()


def test_the_set_is_large_enough() -> None:
    """At least 600 values over at least seven kinds, and as many kinds of look-alikes again."""
    assert EACH * len(PERSONAL) >= 600
    assert len(PERSONAL) >= 7
    assert len(LOOKALIKES) >= 10


@pytest.mark.parametrize("kind", PERSONAL)
def test_values_differ_and_come_again(kind: str) -> None:
    """Values of a kind are many, and the same for the same seed."""
    draws = [[PERSONAL[kind](random.Random(f"{kind}-{number}")) for number in range(50)] for _ in range(2)]
    assert draws[0] == draws[1]
    assert len(set(draws[0])) > 30


def test_labels_are_right() -> None:
    """Cards pass Luhn's check and account numbers that of ISO 13616, by another way than the code's."""
    rng = random.Random(1)
    for _ in range(100):
        digits = [int(char) for char in card(rng) if char.isdigit()][::-1]
        assert sum(digits[0::2]) % 10 == -sum(sum(divmod(2 * digit, 10)) for digit in digits[1::2]) % 10
        plain = iban(rng).replace(" ", "")
        remainder = 0
        for char in plain[4:] + plain[:4]:
            remainder = (remainder * (100 if char.isalpha() else 10) + int(char, 36)) % 97
        assert remainder == 1


def test_quality_does_not_fall() -> None:
    """Recall of every kind, and false alarms of all look-alikes together."""
    assert {line.name: line.share for line in recall() if line.share < 0.9} == {}
    assert total(recall()).share >= 0.98
    assert total(false_alarms()).share <= 0.01
    assert total(ordinary()).share < 0.001


def test_a_part_that_is_left_is_no_success() -> None:
    """Six characters of a value in a row are enough to say whose it is."""
    assert _left("jane.roe@example.org", "write to [EMAIL_1]") is False
    assert _left("jane.roe@example.org", "write to jane.r[EMAIL_1]") is True
    assert Line("x", 100, 50).told() == "50.0 % (40.4 to 59.6)"
