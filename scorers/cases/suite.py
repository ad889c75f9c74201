"""``Suite``: cases under one name. Its version is a hash of their content: the same cases, the same version."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Any

import msgspec

from scorers.cases.case import Case

#: Error lines that are told one by one; the others are a number.
TOLD = 20
_NAME = 64


class BadSuite(ValueError):
    """Files that are no suite. ``problems``: one line each, at most ``TOLD`` of them and then how many more."""

    def __init__(self, problems: list[str]) -> None:
        more = len(problems) - TOLD
        self.problems = problems[:TOLD] + ([f"and {more} more problems"] if more > 0 else [])
        super().__init__("; ".join(self.problems))


class Suite(msgspec.Struct, frozen=True, kw_only=True):
    """Cases in their order, each id once. ``about``: what else the manifest says (how it was made, what of production
    it covers), as JSON; it is no part of the version."""

    name: str
    cases: tuple[Case, ...]
    app: str | None = None
    about: dict[str, Any] = {}

    @property
    def version(self) -> str:
        """16 hexadecimal digits of a hash over all cases, whatever their order."""
        return version_of(case.digest() for case in self.cases)


def version_of(digests: Iterable[str]) -> str:
    """The version of a suite whose cases have these digests."""
    return hashlib.sha256("\n".join(sorted(digests)).encode()).hexdigest()[:16]


def checked_name(name: str) -> str:
    """``name``, fit for a suite: letters, digits, ``-``, ``_`` and ``.``. Raises ``ValueError`` with one line."""
    fits = 0 < len(name) <= _NAME and name[0].isalnum() and all(c.isalnum() or c in "-_." for c in name)
    if not (fits and name.isascii()):
        raise ValueError(
            f"{ascii(name)[:80]}: expected a name of letters, digits, - _ and ., at most {_NAME} characters"
        )
    return name


def doubles(names: Iterable[tuple[str, str]]) -> list[str]:
    """A line for each id that comes again, of (place, id) in their order."""
    first: dict[str, str] = {}
    found = []
    for place, identity in names:
        if identity in first:
            found.append(f"{place}: id: expected each id once, found {identity!a} again (first at {first[identity]})")
        else:
            first[identity] = place
    return found
