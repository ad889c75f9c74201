r"""Configured expressions: the meaning of Python's re, in time that is linear; what cannot be used is named."""

from __future__ import annotations

import re
import time

import pytest

from proxy.config.linear_regex import Inexpressible, LinearPattern, unfit
from proxy.config.settings import Redaction, parse
from proxy.redact import Redactor, Unfit
from proxy.run.config_warnings import cautions


def _found(pattern: str, text: str) -> list[str]:
    return [text[start:end] for start, end in LinearPattern(pattern).spans(text)]


@pytest.mark.parametrize("pattern", [r"(\w+\s?)+$", r"(a|a)*b", r"(x+x+)+y", r"([a-z]+)*\d", r"(.*)*="])
def test_nested_repeats_end(pattern: str) -> None:
    """Patterns that hold other engines for ever on 63 letters are done in no time on 60,000."""
    text = "a" * 30_000 + "x" * 30_000 + "!"
    begun = time.process_time()
    Redactor(Redaction(builtin=False, patterns=(pattern,))).text(text, {})
    assert time.process_time() - begun < 1.0


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        (r"EMP-\d{4}", "EMP-1234, EMP-٤٥٦٧, EMP-12"),
        (r"Kunde \w+", "Kunde Größe, Kunde 渡辺, Kunde_x"),
        (r"[\w.]+@intern", "jörg.ß@intern x@intern"),
        (r"\S+\s\S+$", "eins zwei\u3000drei"),
        (r"(?i)akte[-_ ]?\D{2}", "AKTE-xy akte12 Akte_éé"),
        (r"id=(?:[0-9a-f]{8})", "id=deadbeef id=1234567g"),
        (r"[^\d\s]{3}Z", "abcZ 12cZ"),
        (r"\bLAMP\b|x{,2}y", "LAMP LAMPS xxy y"),
        (r"\u00e9t\x65", "été ete"),
        (r"[\]\[-]+x", "[]-x"),
        (r"a.c", "abc a\nc"),
    ],
)
def test_means_what_python_means(pattern: str, text: str) -> None:
    """Classes of letters, digits and spaces are those of every script, as in Python's own engine."""
    assert _found(pattern, text) == [match[0] for match in re.finditer(pattern, text) if match[0]]


@pytest.mark.parametrize(
    "pattern", [r"(?<=x)y", r"a(?!b)", r"(a)\1", r"a++b", r"x{2000}", r"[\S]x", r"(?P<a>x)(?P=a)", r"\bÖl", r"(?x) a b"]
)
def test_what_cannot_be_used_is_named(pattern: str) -> None:
    """Look-around, back-references and the like: a warning with the pattern's place, and no text is kept."""
    re.compile(pattern)
    with pytest.raises(Inexpressible):
        LinearPattern(pattern)
    ((number, said),) = unfit(["fine", pattern])
    assert number == 1
    assert repr(pattern) in said and "not kept" in said
    upstream = {"name": "u", "base_url": "http://x.example"}
    settings = parse({"upstreams": [upstream], "redaction": {"patterns": [pattern]}}, {})
    assert [line for line in cautions(settings) if line.startswith("redaction.patterns[0]: ")]
    redactor = Redactor(settings.redaction)
    assert redactor.unfit
    with pytest.raises(Unfit):
        redactor.text("anything", {})


def test_a_word_of_another_script_goes_whole() -> None:
    r"""``\b`` knows ASCII only here: what it would cut out of a word takes the rest of the word."""
    assert _found(r"\b\w+\b", "Özil grüßt") == ["Özil", "grüßt"]
    assert _found(r"\bKunde\w*", "Kundenöl") == ["Kundenöl"]


def test_a_pattern_that_matches_nothing_takes_nothing() -> None:
    """Empty matches put no placeholder between letters."""
    assert _found(r"x*y?$", "abc") == []
