"""Redacts one text: which kinds are searched, in which order, and the placeholders that replace the matches.

A text is first scanned for the signs of all kinds (``signs``). For the kinds found, a view of the text with its escapes
undone is built (``view``), and the exact search runs on that view. Overlapping matches are replaced as one, so no part
of a secret remains if two kinds match it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from functools import cache

from proxy.config.linear_regex import Inexpressible, LinearPattern
from proxy.redact import named_secrets as named
from proxy.redact import personal_data as personal
from proxy.redact.key_formats import FORMS, Span
from proxy.redact.normalised import DEEP, View
from proxy.redact.prefilter import ENDLESS, Patience, Signs, ascii_of

#: Value -> placeholder, by kind.
Seen = dict[str, dict[str, str]]

_PRIVATE_KEY = re.compile(
    r"-----BEGIN [A-Z0-9 ]{0,30}PRIVATE KEY(?: BLOCK)?-----"
    r"(?:(?=(?:[^-]|-(?!----)){0,400}?[A-Za-z0-9+/=\s]{40})(?:[^-]|-(?!----)){1,20000}"
    r"|(?:\s{0,4}[A-Z][A-Za-z-]{2,20}: [^\r\n]{0,120}){0,6}[A-Za-z0-9+/=\s\\]{1,20000})"
    r"(?:-----END [A-Z0-9 ]{0,30}PRIVATE KEY(?: BLOCK)?-----)?"
)
_PUTTY = re.compile(r"PuTTY-User-Key-File-[23]:[\s\S]{1,12000}?Private-MAC: ?[0-9a-f]{16,128}")
_DATA = re.compile(r"\bdata:[A-Za-z0-9/+.;=_-]{0,120};base64,[A-Za-z0-9+/=_%-]{16,}")
_IN_PLACE = re.compile(r"\[[A-Z_]+_\d+\]")

#: Where two kinds claim a place, the first of these names it.
_RANK = {
    kind: rank
    for rank, kind in enumerate(
        ("PRIVATE_KEY", "API_KEY", "TOKEN", "SECRET", "PASSWORD", "EMAIL", "IBAN", "CARD", "PHONE"),
    )
}

Look = Callable[[View], Iterator[Span]]


def _private_keys(view: View) -> Iterator[Span]:
    for pattern in (_PRIVATE_KEY, _PUTTY):
        for match in pattern.finditer(view.text):
            yield Span(*match.span(), "PRIVATE_KEY", match[0])


#: The kinds that are looked for when their sign is there, beside those of the table.
_KINDS: tuple[tuple[str, Look], ...] = (
    (r"-----BEGIN |PuTTY-User-Key", _private_keys),
    (named.SCHEME, named.schemes),
    (named.HEADER, named.headers),
    (named.NAMED, named.assigned),
    (named.URL, lambda view: named.urls(view.text, view.shape, view.patience)),
    (r"[^ \t\n]@[^ \t\n]+\.", personal.emails),
    (r"[A-Z]{2}[0-9]{2}[ -]?[A-Z0-9]{4}[ -]?[A-Z0-9]{3}", personal.accounts),
    (r"(?:[0-9][ .\-/()+_\t]{0,8}){7}[0-9]", personal.numbers),
)
_URL = len(FORMS) + [sign for sign, _ in _KINDS].index(named.URL)
_EMAIL = len(FORMS) + [look for _, look in _KINDS].index(personal.emails)
_NUMBERS = [len(FORMS) + [look for _, look in _KINDS].index(personal.numbers)]
_DEEP, _BLOB = len(FORMS) + len(_KINDS), len(FORMS) + len(_KINDS) + 1


@cache
def _signs() -> Signs:
    """Compiled once and shared, because compiling takes longer than most commands may take."""
    return Signs([*(form.sign for form in FORMS), *(sign for sign, _ in _KINDS), DEEP, ";base64,"])


class Unfit(ValueError):
    """A configured pattern cannot be used, so no text may be kept."""

    def __init__(self) -> None:
        super().__init__("redaction.patterns: a pattern cannot be used, so no text is kept; check-config names it")


#: What a text costs however short it is, in characters of a pattern.
_A_TEXT = 64


class Cleaner:
    """Built-in kinds and the operator's patterns, for one text at a time."""

    def __init__(self, builtin: bool, patterns: Iterable[str]) -> None:
        self._builtin = builtin
        if builtin:
            _signs()  # now, and not while the first sample waits
        self.unfit: list[str] = []
        self._own: list[LinearPattern] = []
        for pattern in patterns:
            try:
                self._own.append(LinearPattern(pattern))
            except Inexpressible as error:
                self.unfit.append(f"{pattern!r}: {error}")

    def clean(self, text: str, seen: Seen, patience: Patience = ENDLESS) -> str:
        """The text with placeholders. Raises ``TooMuch``, ``Unfit``."""
        if not text:
            return text
        if self.unfit:
            raise Unfit
        patience.spend(_A_TEXT)
        for own in self._own:
            patience.spend(len(text))
            text = replaced(text, [(*span, "CUSTOM", text[slice(*span)]) for span in own.spans(text)], seen)
        return self._known(text, seen, patience) if self._builtin else text

    def is_plain(self, text: str) -> bool:
        """Whether the first scan proves that nothing would be removed from ``text``. False proves nothing."""
        if self.unfit or self._own or not self._builtin or not text.isascii():
            return False
        found = _signs().found(text.encode())
        return not found or (found == _NUMBERS and personal.begins_no_number(text))

    def plain(self, texts: Iterable[str]) -> set[str]:
        """Those of ``texts`` from which nothing would be removed, as far as the first scan of all of them together
        proves it.

        A line end is no letter or digit, so that a sign at an end of a text is one beside it, too.
        """
        if self.unfit or self._own or not self._builtin:
            return set()
        looked = {text for text in texts if text.isascii()}
        found = _signs().found("\n".join(looked).encode())
        if not found:
            return looked
        if found == _NUMBERS:
            return {text for text in looked if personal.begins_no_number(text)}
        return {text for text in looked if self.is_plain(text)}

    def are_plain(self, texts: Iterable[str]) -> bool:
        """Whether one scan of all ``texts`` together proves that nothing would be removed from any of them.

        See ``plain`` for why they can be scanned together. False proves nothing.
        """
        if self.unfit or self._own or not self._builtin:
            return False
        together = "\n".join(texts)
        return together.isascii() and not _signs().found(together.encode())

    @staticmethod
    def _known(text: str, seen: Seen, patience: Patience) -> str:
        shape = ascii_of(text)
        found = _signs().found(shape)
        if not found and text.isascii():
            return text
        if _BLOB in found:
            text, before = _DATA.sub(lambda match: placeholder("DATA", match[0], seen), text), text
            if text is not before:
                shape = ascii_of(text)
                found = _signs().found(shape)
        odd = not text.isascii() and View.odd(text)
        if not found and not odd and (text.isascii() or not any(name in text for name in named.FOREIGN_NAMES)):
            return text
        return replaced(text, _spans(text, shape, found, patience), seen)


def _spans(text: str, shape: bytes, found: list[int], patience: Patience) -> list[tuple[int, int, str, str]]:
    """The spans of the text that must be replaced."""
    # Addresses are the commonest and read through escapes by themselves: nothing needs to be undone for them alone.
    view = View(text, shape, patience, undo=found != [_EMAIL] or not text.isascii())
    differs = view.text != text
    if differs:
        found = sorted({*found, *_signs().found(view.shape)})
    spans = [span for number in found for span in _look(number, view)]
    if not text.isascii():
        spans += named.foreign(view)
    kept: list[tuple[int, int, str, str]] = [
        (view.start(span.start), view.end(span.end), span.kind, span.value)
        for span in spans
        if not _IN_PLACE.fullmatch(span.value)
    ]
    if differs and _URL in found:
        # An escaped slash in a password would end it.
        kept += named.urls(text, shape, patience)
    return kept


def _look(number: int, view: View) -> Iterator[Span]:
    if number < len(FORMS):
        form = FORMS[number]
        for span in form.spans(view):
            yield span
            yield from named.beside(view.text, form.row.kind, span)
    elif number < _DEEP:
        yield from _KINDS[number - len(FORMS)][1](view)


def replaced(text: str, spans: list[tuple[int, int, str, str]], seen: Seen) -> str:
    """The text with a placeholder for each span. Overlapping spans become one, of the highest-ranked kind."""
    if not spans:
        return text
    spans.sort(key=lambda span: (span[0], -span[1]))
    merged: list[tuple[int, int, str, str]] = []
    for span in spans:
        if merged and span[0] < merged[-1][1]:
            merged[-1] = _union(text, merged[-1], span)
        else:
            merged.append(span)
    pieces, last = [], 0
    for start, end, kind, value in merged:
        instead = placeholder(kind, value, seen)
        if _bare_json(text, start, end):
            instead = f'"{instead}"'
        pieces += [text[last:start], instead]
        last = end
    return "".join([*pieces, text[last:]])


def _union(text: str, one: tuple[int, int, str, str], other: tuple[int, int, str, str]) -> tuple[int, int, str, str]:
    if {one[2], other[2]} == {"PASSWORD", "EMAIL"}:
        # Its end only looks like an address, with the host behind it.
        return one if one[2] == "PASSWORD" else other
    first = min(one, other, key=lambda span: _RANK.get(span[2], -1))
    start, end = min(one[0], other[0]), max(one[1], other[1])
    value = first[3] if (start, end) == (first[0], first[1]) else text[start:end]
    return start, end, first[2], value


_KEY_BEFORE = re.compile(r"\"[ \t\r\n]{0,4}:[ \t\r\n]{0,8}\Z")
_JSON_BEHIND = re.compile(r"[ \t\r\n]{0,8}[,}\]]")


def _bare_json(text: str, start: int, end: int) -> bool:
    """Whether a number that is a JSON value is replaced. Its replacement must be a string."""
    return (
        text[start].isdigit()
        and _JSON_BEHIND.match(text, end) is not None
        and _KEY_BEFORE.search(text, max(0, start - 16), start) is not None
    )


def placeholder(kind: str, value: str, seen: Seen) -> str:
    """The placeholder for a value. Equal values of a sample get the same one."""
    known = seen.setdefault(kind, {})
    return known.setdefault(value, f"[{kind}_{len(known) + 1}]")
