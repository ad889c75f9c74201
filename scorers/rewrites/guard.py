"""What a rewrite never touches, and the check that it did not.

Protected are code (fenced, between backticks, addresses, paths, identifiers), quotations, numbers in figures and words,
names, negation, quantifiers and modal verbs. Before and after a rewrite, the multiset of them must be equal.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter

from scorers.rewrites.vocabulary import BEGINNINGS, KEPT

#: Every repeat is bounded, or one class repeated, so a hostile text costs a constant a character.
_FROZEN = re.compile(
    r"```.{0,20000}?(?:```|\Z)|~~~.{0,20000}?(?:~~~|\Z)"
    r"|`[^`\n]{1,400}`"
    r"|<[A-Za-z/!][^<>\n]{0,200}>"
    r"|\b(?:https?|ftp|file)://[^\s<>\"']{1,500}|\bwww\.[^\s<>\"']{1,500}"
    r"|[\w.+-]{1,64}@[\w-]{1,64}\.[\w.-]{1,64}"
    r"|\"[^\"\n]{1,2000}\"|\u201c[^\u201d\n]{1,2000}\u201d|\u00ab[^\u00bb\n]{1,2000}\u00bb|\u201e[^\u201c\u201d\n]{1,2000}[\u201c\u201d]"
    r"|(?<!\w)['\u2018][^'\u2018\u2019\n]{1,2000}['\u2019](?!\w)"
    r"|(?<!\w)(?:\.{0,2}/|[A-Za-z]:\\)[\w./\\-]{1,200}|\b\w{1,64}\.(?:py|js|ts|json|csv|txt|md|java|c|cpp|h|html|css|sql|yaml|yml|xml|pdf|png|sh)\b"
    r"|\{[^{}\n]{0,2000}\}|\[[^\[\]\n]{0,400}\]|\$[^$\n]{1,200}\$"
    r"|\b\w{0,64}(?:_\w{1,64}){1,8}\b|\b\w{1,64}\(\)|\b[a-z]{1,32}[A-Z]\w{0,32}\b",
    re.DOTALL,
)
_NUMBER = re.compile(r"[$\u20ac\u00a3]?\d[\d.,:/%\u00b0x-]{0,32}\w{0,8}")
_WORD = re.compile(r"[^\W\d_][\w]*(?:['\u2019][^\W\d_]+)?")
#: What may stand between the beginning of a sentence and its first word.
_BEGINS = re.compile(r"(?:\A|[.!?:;\n\u2022>)\]*\u201c\"-])[\s\"'\u201c\u2018*#(>-]{0,8}\Z")
_NEGATED = re.compile(r"n['\u2019]t\Z")


class Frozen:
    """The protected spans of a text, to ask whether a place is in one."""

    def __init__(self, text: str) -> None:
        self.spans = [match.span() for match in _FROZEN.finditer(text)]
        self._starts = [start for start, _ in self.spans]

    def holds(self, start: int, end: int) -> bool:
        """Whether ``text[start:end]`` meets a protected span."""
        at = bisect_right(self._starts, end - 1) - 1
        return at >= 0 and self.spans[at][1] > start


def frozen(text: str) -> Frozen:
    """Code and quotations of ``text``."""
    return Frozen(text)


def protected(text: str) -> Counter[str]:
    """Everything in ``text`` that a rewrite must keep, with how often it is there."""
    found: Counter[str] = Counter()
    rest: list[str] = []
    at = 0
    for start, end in Frozen(text).spans:
        found["span:" + text[start:end]] += 1
        # A protected span is one word of the sentence around it, and no beginning of one.
        rest += [text[at:start], " x "]
        at = end
    rest.append(text[at:])
    plain = "".join(rest)
    for match in _NUMBER.finditer(plain):
        found["number:" + match[0].rstrip(".,:")] += 1
    for match in _WORD.finditer(plain):
        kind = _kind(plain, match)
        if kind:
            found[kind] += 1
    return found


def _kind(plain: str, match: re.Match[str]) -> str | None:
    word = match[0].replace("\u2019", "'")
    low = word.lower()
    if low in KEPT or _NEGATED.search(low):
        return "word:" + low
    for ending in ("'ll", "'d"):  # modal verbs, shortened
        if low.endswith(ending):
            return "word:" + low
    if word[0].isupper() and word not in ("I", "I'm", "I've"):
        before = plain[max(0, match.start() - 10) : match.start()]
        if low in BEGINNINGS and _BEGINS.search(before) and word[1:] == low[1:]:
            return None
        return "name:" + word
    return None


def preserved(before: str, after: str) -> bool:
    """Whether all that is protected in ``before`` is in ``after``, and nothing more."""
    return protected(before) == protected(after)
