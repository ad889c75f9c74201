"""The view of a text: escapes undone, odd characters plain, and the way back to where they stood."""

from __future__ import annotations

import json
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.redact.normalised import View
from proxy.redact.prefilter import ascii_of


def _view(text: str) -> View:
    return View(text, ascii_of(text))


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        (r"ann\u0040x.example", "ann@x.example"),
        (r"\\\u0041\x42\u{43}", "ABC"),
        (r"{\"a\": \"b\/c\n\"}", '{"a": "b/c\n"}'),
        ("ann%40x%2eexample", "ann@x.example"),
        ("ann%2540x", "ann@x"),
        ("ann&#64;x&#x2e;example&amp;", "ann@x.example&"),
        ("ann&commat;x&period;example &amp;lt;", "ann@x.example <"),
        ("４１１１\u3000１１１１", "4111 1111"),
        ("sk\u200b-\u00ada\u2060b\ufeff", "sk-ab"),
        ("1\u20112\u00a03", "1-2 3"),
        ("٣\u0967", "31"),
        ("100% sure & safe \\ done", "100% sure & safe \\ done"),
    ],
)
def test_what_is_shown(written: str, shown: str) -> None:
    """Each way to write a character shows that character, however often it is escaped."""
    assert _view(written).text == shown


@given(
    st.lists(st.sampled_from(["a", "@", r"\u0040", "%40", "&#64;", "\u200b", "４", r"\\", "%", "&", "é", "\n", r"\""]))
)
def test_the_way_back(pieces: list[str]) -> None:
    """Every place of the view leads to where its character stands; together they cover the text in order."""
    text = "".join(pieces)
    view = _view(text)
    last = 0
    for at, char in enumerate(view.text):
        start, end = view.start(at), view.end(at + 1)
        assert last <= start < end <= len(text)
        written = text[start:end]
        assert written == char or len(written) > 1 or not written.isascii()
        last = end
    assert len(view.shape) == len(view.text)


@given(st.text(alphabet="ab@.:/\"'\\\n %&é灯", max_size=40))
def test_json_and_percent_forms_show_what_they_hold(text: str) -> None:
    """What JSON or an address holds is shown, whatever it is."""
    assert "secret-a1b2" in _view(json.dumps(text + "secret-a1b2")).text
    assert "secret-a1b2@x" in _view(quote(text + "secret-a1b2@x", safe="")).text
