"""E-mail addresses, account numbers, cards and telephone numbers in a view."""

from __future__ import annotations

import re
from collections.abc import Iterator

from proxy.redact.key_formats import Span
from proxy.redact.normalised import View

#: Letters of addresses: those of alphabets. Scripts without spaces between words would bring the sentence before.
_LETTER = "A-Za-z0-9\u00c0-\u024f\u0370-\u052f"
_EMAIL = re.compile(
    rf"(?<![{_LETTER}._%+-])[{_LETTER}._%+'-]{{1,128}}@(?:[{_LETTER}-]{{1,63}}\.){{1,8}}"
    rf"(?:[A-Za-z]{{2,24}}|xn--[A-Za-z0-9-]{{2,59}}|[\u00c0-\u024f\u0370-\u052f]{{2,24}})(?![{_LETTER}])"
)
#: Most characters of an address before and after its ``@``, and one more that decides about a boundary.
_LOCAL_PART, _DOMAIN = 129, 8 * 64 + 64
_ESCAPE = re.compile(r"[nrtbf]|u[0-9A-Fa-f]{4}|x[0-9A-Fa-f]{2}")
#: What stands before an ``@`` in code, and what ends the names of files: no addresses.
_NO_LOCAL = frozenset({"git", "this", "super", "return"})
_NO_DOMAIN = frozenset(
    (
        *(
            "png",
            "jpg",
            "jpeg",
            "gif",
            "svg",
            "webp",
            "ico",
            "tgz",
            "gz",
            "zip",
            "tar",
            "js",
            "mjs",
            "cjs",
            "ts",
            "tsx",
        ),
        *("jsx", "css", "scss", "html", "json", "xml", "yml", "yaml", "txt", "pdf"),
    )
)

_IBAN = re.compile(r"(?<![A-Za-z0-9])[A-Z]{2}\d{2}(?:[ -]?[A-Z0-9]{4}){2,7}(?:[ -]?[A-Z0-9]{1,3})?(?![A-Za-z0-9])")
_IBAN_SHAPE = bytes(48 if 48 <= char <= 57 else 85 if 65 <= char <= 90 else 32 for char in range(256))
_IBAN_START, _IBAN_LENGTH = b"UU00", 4 + 7 * 5 + 4 + 1

_PHONE = re.compile(
    r"(?<![\w.-])(?:\+\d{1,3}[ .-]?(?:\(\d{1,5}\)[ .-]?)?\d{1,5}(?:[ .-]?\d{2,5}){1,4}"
    r"|\((?:0\d{1,4}|\d{3})\)[ .-]?\d{2,5}[ .-]?\d{3,5}|\d{3}(?P<mark>[.-])\d{3}(?P=mark)\d{4}|1\d{2}[ -]\d{4}[ -]\d{4}"
    r"|0\d{2,4}[ /-]\d{3,4}[ -]?\d{3,5}|0[1-9](?:[ .-]\d{2}){4})(?!\w|[.-]\d)"
)
_DECIMAL = re.compile(r"\+\d+\.\d+")

_NUMBER_CHARS = b"0123456789 .-/()+_\t"
_NUMBER_SHAPE = bytes(48 if 48 <= char <= 57 else 115 if char in _NUMBER_CHARS else 32 for char in range(256))
_NUMBER_RUN = re.compile(rb"0[0s]{6,}0")
_LEAST_PHONE, _LEAST_CARD = 8, 14
#: What a run of digits costs beside its characters.
_A_RUN = 32

#: A card: fourteen digits and more, with little between them.
_CARD = re.compile(r"(?<![A-Za-z0-9_+])(?<!\d[.,-])[2-6](?:[ \t]{0,3}[-./_]?[ \t]{0,2}\d){13,18}")
_PARTED = re.compile(r"\D+")
_ID = re.compile(r"[A-Za-z0-9_-]+")
_BEGINS_NUMBER = re.compile(r"\A[0-9]|-[2-6]")
#: So many pairs of digits are no card.
_MANY = 6
#: Issuers' first digits and how long their numbers are (ISO/IEC 7812 and the issuers' own lists).
_ISSUERS: tuple[tuple[re.Pattern[str], tuple[int, ...]], ...] = (
    (re.compile("4"), (16, 19)),
    (re.compile("5[1-5]|222[1-9]|22[3-9]|2[3-6]|27[01]|2720|220[0-4]"), (16,)),
    (re.compile("3[47]"), (15,)),
    (re.compile("3(?:0[0-5]|[689])"), (14, 16)),
    (re.compile("35(?:2[89]|[3-8])"), (16,)),
    (re.compile("6(?:011|22|4[4-9]|5)"), (16, 19)),
    (re.compile("6[0-9]|50|5[6-8]"), (16, 19, 18)),
)


def emails(view: View) -> Iterator[Span]:
    """E-mail addresses, found around each ``@``."""
    text, last = view.text, 0
    for start, end in _around_ats(text):
        view.patience.spend(end - start)
        for match in _EMAIL.finditer(text, max(last, start), end):
            last = match.end()
            first = _behind_escape(text, match.start())
            local, _, domain = text[first:last].rpartition("@")
            if local and local.lower() not in _NO_LOCAL and domain.rpartition(".")[2].lower() not in _NO_DOMAIN:
                yield Span(first, last, "EMAIL", text[first:last])


def _behind_escape(text: str, start: int) -> int:
    """Where an address begins whose first letters may belong to an escape before it."""
    escape = _ESCAPE.match(text, start) if text[start - 1 : start] == "\\" else None
    return escape.end() if escape is not None else start


def _around_ats(text: str) -> Iterator[tuple[int, int]]:
    spans: list[tuple[int, int]] = []
    at = text.find("@")
    while at >= 0:
        start, end = max(0, at - _LOCAL_PART), at + _DOMAIN
        if spans and start <= spans[-1][1]:
            start = spans.pop()[0]
        spans.append((start, end))
        at = text.find("@", at + 1)
    yield from spans


def accounts(view: View) -> Iterator[Span]:
    """Account numbers with correct check digits, found after two capitals and two digits."""
    text, capitals = view.text, view.shape.translate(_IBAN_SHAPE)
    at, last = capitals.find(_IBAN_START), 0
    while at >= 0:
        view.patience.spend(_IBAN_LENGTH)
        match = _IBAN.match(text, at, at + _IBAN_LENGTH) if at >= last else None
        if match is not None and _iban(match[0]):
            last = match.end()
            yield Span(at, last, "IBAN", match[0])
        at = capitals.find(_IBAN_START, at + 4)


def _iban(text: str) -> bool:
    """15 to 34 characters with correct check digits (ISO 13616: the number modulo 97 is 1)."""
    plain = "".join(char for char in text if char.isalnum())
    return 15 <= len(plain) <= 34 and int("".join(str(int(char, 36)) for char in plain[4:] + plain[:4])) % 97 == 1


def begins_no_number(text: str) -> bool:
    """Whether ``text`` is an id in which no telephone number and no card can begin: both do so behind what is neither
    letter nor digit, and only a card behind a hyphen."""
    return _ID.fullmatch(text) is not None and _BEGINS_NUMBER.search(text) is None


def numbers(view: View) -> Iterator[Span]:
    """Cards and telephone numbers, if there are enough digits."""
    text = view.text
    for run in _NUMBER_RUN.finditer(view.shape.translate(_NUMBER_SHAPE)):
        view.patience.spend(4 * len(run[0]) + _A_RUN)
        digits = run[0].count(b"0")
        # One separator may stand before the first digit; what stands behind the run decides, too.
        start, end = max(0, run.start() - 2), run.end() + 2
        if digits >= _LEAST_CARD:
            yield from _cards(text, start, end)
        if digits >= _LEAST_PHONE:
            for match in _PHONE.finditer(text, start, end):
                if _diallable(match[0]):
                    yield Span(match.start(), match.end(), "PHONE", match[0])


def _diallable(text: str) -> bool:
    """Whether it has eight to fifteen digits (E.164) and is not a number with a decimal point."""
    return 8 <= sum(char.isdigit() for char in text) <= 15 and _DECIMAL.fullmatch(text) is None


def _cards(text: str, start: int, end: int) -> Iterator[Span]:
    at = start
    while (match := _CARD.search(text, at, end)) is not None:
        whole = _card(text, match.start(), match.end())
        if whole is None:
            # Another may begin with the next group.
            gap = _PARTED.search(text, match.start(), match.end())
            at = gap.end() if gap is not None else match.end()
            continue
        yield Span(match.start(), whole, "CARD", "".join(filter(str.isdigit, text[match.start() : whole])))
        at = whole


def _card(text: str, start: int, end: int) -> int | None:
    """Where the card that begins at ``start`` ends; None where no length that its issuer gives out passes the check."""
    places = [at for at in range(start, end) if text[at].isdigit()]
    digits = "".join(text[at] for at in places)
    for length in _lengths(digits):
        if len(digits) < length:
            continue
        last = places[length - 1] + 1
        behind = text[last : last + 2]
        ended = not (behind[:1].isalnum() or (behind[:1] in ".-_" and behind[1:].isdigit()))
        if ended and _luhn(digits[:length]) and _grouped(text[start:last]):
            return last
    return None


def _lengths(digits: str) -> list[int]:
    lengths: list[int] = []
    for issuer, some in _ISSUERS:
        if issuer.match(digits):
            lengths += [length for length in some if length not in lengths]
    return lengths


def _grouped(written: str) -> bool:
    """Parted as people part cards: by spaces and hyphens, or by points and the like into the groups of a card."""
    gaps = _PARTED.findall(written)
    if len(gaps) >= _MANY and {len(group) for group in _PARTED.split(written)} == {2}:
        return False  # bytes in hexadecimal
    if all(not gap.strip(" \t-") for gap in gaps):
        return True
    return [len(group) for group in _PARTED.split(written)] in ([4, 4, 4, 4], [4, 6, 5], [4, 6, 4])


def _luhn(text: str) -> bool:
    digits = [int(char) for char in text]
    doubled = [sum(divmod(digit * 2, 10)) for digit in digits[-2::-2]]
    return len(set(digits)) > 1 and (sum(doubled) + sum(digits[-1::-2])) % 10 == 0
