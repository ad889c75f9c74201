"""The table of keys: every row finds its example wherever a key may stand, also cut, escaped and disguised."""

from __future__ import annotations

import html
import json
from urllib.parse import quote

import pytest

from proxy.config.settings import Redaction
from proxy.redact import Redactor
from proxy.redact.key_table import RECOGNISERS
from proxy.redact.recogniser import Recogniser

REDACTOR = Redactor(Redaction())

ROWS = pytest.mark.parametrize("row", RECOGNISERS, ids=[row.kind for row in RECOGNISERS])


def _text(value: str) -> str:
    return REDACTOR.text(value, {})


def _left(secret: str, text: str) -> list[str]:
    """The pieces of eight characters of a secret that are still there; webhooks begin as every address."""
    secret = secret.removeprefix("https://")
    return [secret[at : at + 8] for at in range(len(secret) - 7) if secret[at : at + 8] in text]


@ROWS
def test_a_key_goes_whole_wherever_it_stands(row: Recogniser) -> None:
    """In prose, after a name, in code, in an address, in brackets: nothing of the key stays, all around it does."""
    forms = (
        "{}",
        "use {} now",
        "KEY={}\nNEXT=1",
        "({})",
        "`{}`",
        "https://x.example/?k={}&b=c",
        "密钥是{}。",
        "{},\nthen",
    )
    for form in forms:
        before, after = form.split("{}")
        cleaned = _text(before + row.example + after)
        assert _left(row.example, cleaned) == [], form
        assert cleaned.startswith(before) and cleaned.endswith(after), form


@ROWS
def test_a_key_goes_however_it_is_escaped(row: Recogniser) -> None:
    """JSON in JSON, text that is no JSON, percent and HTML entities, letters of full width: all are undone first."""
    key = row.example
    wide = "".join(chr(ord(char) + 0xFEE0) if char.isalnum() or char in "-_.@" else char for char in key)
    for written in (
        json.dumps({"note": f"it is {key}"}),
        json.dumps(json.dumps({"note": f"\n{key}"})),
        json.dumps({"note": f"钥匙是{key}"})[:-2],
        "https://x.example/?q=" + quote(f"key: {key} ", safe=""),
        "<p>" + html.escape(key) + "</p>",
        "".join(f"&#{ord(char)};" for char in key),
        "".join(f"\\u{ord(char):04x}" for char in key),
        wide,
        "\u200b".join(key),
    ):
        cleaned = _text(written)
        assert cleaned != written
        assert _left(key, cleaned) == []
        assert "_1]" in cleaned
        if written.startswith(('{"', '"')) and written.endswith(("}", '"')):
            json.loads(cleaned)


@ROWS
def test_a_key_that_a_line_break_cuts_goes_whole(row: Recogniser) -> None:
    """A break in the middle of a key, set in or quoted or continued, hides no part of it."""
    key = row.example
    middle = len(key) // 2
    for cut in ("\n", "\r\n", "\n    ", "\\n", "\n> "):
        text = f"Take this:\n{key[:middle]}{cut}{key[middle:]}\nThanks, that is all."
        cleaned = _text(text)
        left = [piece for piece in _left(key[:middle], cleaned) + _left(key[middle:], cleaned) if "/" not in piece]
        assert left == [], (cut, cleaned)
        assert cleaned.startswith("Take this:\n") and cleaned.endswith("\nThanks, that is all."), cleaned


@ROWS
def test_its_sign_alone_is_no_key(row: Recogniser) -> None:
    """What begins a key, spoken of, stays; so does a word with it."""
    for sign in row.signs:
        for text in (f"keys begin with {sign} and are secret", f"the prefix `{sign}`", f"{sign}..."):
            assert _text(text) == text


def test_rows_say_where_they_are_from() -> None:
    """Each row has a kind of its own, an example and a source."""
    assert len({row.kind for row in RECOGNISERS}) == len(RECOGNISERS) > 120
    assert all(row.source and len(row.example) >= 16 for row in RECOGNISERS)
