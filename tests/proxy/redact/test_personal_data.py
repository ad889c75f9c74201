"""Cards, addresses and numbers as they are really written, and bytes, codes and file names that are none."""

from __future__ import annotations

import orjson
import pytest

from proxy.config.settings import Redaction
from proxy.redact import Redactor

REDACTOR = Redactor(Redaction())


def _text(value: str) -> str:
    return REDACTOR.text(value, {})


@pytest.mark.parametrize(
    "card",
    [
        "4111  1111  1111  1111",
        "4111\u00a01111\u00a01111\u00a01111",
        "4111\u20091111\u20091111\u20091111",
        "4111 - 1111 - 1111 - 1111",
        "4111.1111.1111.1111",
        "4111·1111·1111·1111",
        "41111111 11111111",
        "4 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1",
        "４１１１　１１１１　１１１１　１１１１",
        "٤١١١ ١١١١ ١١١١ ١١١١",
        "3782\t822463\t10005",
        "36227206271667",
        "2223 0031 2200 3222",
        "6200 0000 0000 0005",
        "%34%31%31%31 1111 1111 1111",
    ],
)
def test_cards_with_odd_spaces_go(card: str) -> None:
    """Spaces of every width, hyphens between spaces, other scripts' digits: the whole number goes."""
    assert _text(f"Card {card}, thanks") == "Card [CARD_1], thanks"


def test_a_card_is_found_before_other_numbers() -> None:
    """What stands behind a card (its date, its code) does not hide it."""
    assert _text("4111 1111 1111 1111 12/27 123") == "[CARD_1] 12/27 123"
    assert _text("order 77, 5500 0000 0000 0004 1234") == "order 77, [CARD_1] 1234"


@pytest.mark.parametrize(
    "text",
    [
        "66 68 71 77 68 67 61 64 00 68 00 67",
        "id 4111111111111111a and x4111111111111111",
        "4111111111111111.25 and 0.4111111111111111",
        "1411111111111111 9411111111111111",
        "EAN 4006381333931",
        "sha256:4111111111111111e4111111111111111",
        "clause 252.227-7013",
    ],
)
def test_other_numbers_stay(text: str) -> None:
    """Bytes, parts of longer words, numbers that no issuer gives out."""
    assert _text(text) == text


@pytest.mark.parametrize(
    "address",
    ["josé@example.com", "ann@bücher.example", "o'brien@x.example", "анна@почта.рф", "a" * 100 + "@x.example"],
)
def test_addresses_of_other_alphabets_go(address: str) -> None:
    """No letter of an address is left, and a sentence without spaces stays where it is."""
    assert _text(f"to {address}, now") == "to [EMAIL_1], now"
    assert _text("请写信到ann@example.com吧") == "请写信到[EMAIL_1]吧"


@pytest.mark.parametrize(
    "written", ["ann%40example.com", "ann&#64;example.com", r"ann\u0040example.com", "ann＠example.com"]
)
def test_an_at_sign_in_disguise_hides_nobody(written: str) -> None:
    """However the sign is written, the address goes whole, and equal ones get equal placeholders."""
    assert _text(f"{written} or ann@example.com") == "[EMAIL_1] or [EMAIL_1]"


@pytest.mark.parametrize(
    "text", ["icon@2x.png", "git@github.com:a/b", "lodash@4.17.21.tgz", "this@Main.finish()", "a@b"]
)
def test_what_only_has_an_at_stays(text: str) -> None:
    """File names, remotes and code are no addresses."""
    assert _text(text) == text


def test_json_in_a_text_stays_json() -> None:
    """A number that goes becomes a string where JSON has a value; what was JSON is JSON."""
    text = '{"card": 4111111111111111, "phone": "+1 415-555-0132", "deep": {"n":5500000000000004}}'
    assert orjson.loads(_text(text)) == {"card": "[CARD_1]", "phone": "[PHONE_1]", "deep": {"n": "[CARD_2]"}}


@pytest.mark.parametrize("before", ["\\n", "\\\\n", "\\t", "\\u4e2d", "\\/", '\\"', "\\xe9"])
def test_an_escape_before_an_address_stays(before: str) -> None:
    """The letters of an escape are none of the address behind it: what was JSON stays JSON."""
    assert _text(f'"to{before}ann@example.com"') == f'"to{before}[EMAIL_1]"'
