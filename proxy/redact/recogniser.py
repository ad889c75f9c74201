"""What a row of the table of keys holds, and the alphabets and made-up examples that its rows are written with."""

from __future__ import annotations

import re
from typing import NamedTuple

_LETTERS = "kQ7vXz2mRb9TfW4nYc8HsJ3dLp6GgU5eVaMxNtBqZrEwPyFuKhDjSiCoA1"

#: Who published a form. Scanners: the rules of gitleaks (MIT), of trufflehog and of detect-secrets, GitHub's list.
GITLEAKS, TRUFFLEHOG, GITHUB = "gitleaks", "trufflehog", "GitHub secret scanning"
ISSUER = "its issuer's documentation"

#: Characters of bodies: letters and digits; those of base64 for URLs; of base64; of hexadecimal.
A, W, B, H = "[A-Za-z0-9]", "[A-Za-z0-9_-]", "[A-Za-z0-9+/]", "[0-9A-Fa-f]"
UUID = "[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12}"


#: Behind most signs at least so many characters of a token follow.
_LEAD = "[A-Za-z0-9_./+=~@% \\t\\n\\r\\\\\"'>-]{6}"


class Recogniser(NamedTuple):
    """One row: every key has one of the literal ``signs`` between ``before`` and ``after`` (regular expressions).

    ``example`` is one whole key. ``lead`` is what the first, cheap look wants behind a sign; a line may break within.
    """

    kind: str
    signs: tuple[str, ...]
    after: str
    example: str
    source: str
    before: str = ""
    lead: str = _LEAD

    @property
    def pattern(self) -> str:
        """The whole form as one regular expression."""
        signs = "|".join(map(re.escape, self.signs))
        return f"{self.before}(?:{signs}){self.after}"


def letters(number: int, start: int = 0) -> str:
    """So many letters and digits for an example."""
    return "".join(_LETTERS[(start + 7 * at) % len(_LETTERS)] for at in range(number))


def hexadecimal(number: int) -> str:
    """So many digits of hexadecimal for an example."""
    return "".join("0123456789abcdef"[(5 * at + at // 3 + 9) % 16] for at in range(number))


def row(kind: str, signs: str, after: str, made: str, source: str = GITLEAKS) -> Recogniser:
    """A row of a key that begins with one of ``signs`` (parted by spaces); ``made`` ends its example."""
    names = tuple(signs.split())
    return Recogniser(kind, names, after, names[0] + made, source)


def short(lead: str, row: Recogniser) -> Recogniser:
    """A row whose signs are so short that more is needed to look twice."""
    return row._replace(lead=lead)
