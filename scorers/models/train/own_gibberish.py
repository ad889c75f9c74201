"""Suffixes like those that optimisers make, written for this project: word pieces, marks and code scraps at random."""

from __future__ import annotations

import random

_PIECES = [
    "describ",
    "ing",
    "simil",
    "arly",
    "Now",
    "write",
    "opp",
    "osite",
    "ley",
    "Me",
    "giv",
    "ONE",
    "please",
    "revert",
    "with",
    "Two",
    "tut",
    "orial",
    "step",
    "Sure",
    "here",
    "struct",
    "ive",
    "inter",
    "face",
    "Man",
    "uel",
    "sent",
    "ences",
    "Then",
    "Print",
    "rep",
    "eat",
    "format",
    "below",
    "First",
    "para",
    "graph",
    "end",
    "ing",
    "sol",
    "ver",
    "key",
    "board",
    "ment",
    "ion",
    "ally",
    "Great",
    "mode",
    "text",
    "Json",
    "List",
    "begin",
    "Using",
    "tion",
    "ally",
    "mark",
    "down",
    "title",
    "Question",
    "bul",
    "let",
    "points",
    "WITH",
    "instead",
    "sche",
    "ma",
    "lat",
    "ex",
    "doc",
    "ument",
    "ary",
    "yes",
    "ello",
    "thr",
    "ough",
    "res",
    "ponse",
    "turn",
    "back",
    "again",
    "sum",
    "mary",
    "ized",
    "but",
    "Sans",
    "Pub",
    "lic",
    "ass",
    "ert",
    "vari",
    "able",
    "null",
    "int",
    "return",
    "void",
    "NAME",
    "ref",
    "arr",
    "onym",
    "ical",
    "quot",
    "es",
    "cons",
    "ider",
    "Ger",
    "man",
    "French",
    "rans",
    "late",
    "esc",
    "ape",
    "less",
]
_MARKS = [
    *"!?;:,.#$%&*+-/=<>@^_|~\\()[]{}'\"",
    "**",
    "](",
    "\\\\",
    "--",
    "==",
    "{'",
    '"},',
    ")]",
    "!--",
    "###",
    "{{",
    ":)",
]


def suffix(coin: random.Random, pieces: int = 24, among: list[str] | None = None) -> str:
    """One suffix: pieces ``among`` these (all) in any case, most of them glued or parted by marks."""
    made = []
    for _ in range(pieces):
        piece = coin.choice(_PIECES if among is None else among)
        piece = coin.choice((piece, piece, piece.lower(), piece.capitalize(), piece.upper()))
        joint = coin.random()
        made.append(
            piece + (" " if joint < 0.4 else coin.choice(_MARKS) + coin.choice(("", " ")) if joint < 0.8 else "")
        )
    return "".join(made)


def suffixes(count: int, seed: int = 11) -> list[str]:
    """``count`` suffixes, the same every time."""
    coin = random.Random(seed)
    return [suffix(coin, coin.randint(18, 36)) for _ in range(count)]


def repetitive(count: int, seed: int = 12) -> list[str]:
    """``count`` suffixes that repeat themselves: each of a few pieces; the same every time."""
    coin = random.Random(seed)
    return [suffix(coin, coin.randint(18, 36), coin.sample(_PIECES, coin.randint(10, 30))) for _ in range(count)]
