"""Pure helpers on text that scorers share: sentences, words, numbers, names, quotes, a rough guess at the language.

Everything takes any ``str`` (lone surrogates and NUL included) and takes time linear in its length: each pattern
matches a bounded number of characters or one class repeated, and never two overlapping repeats.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from enum import StrEnum
from typing import TypeVar

from proxy.wire.inline_reasoning import without_thinking
from scorers.reading.lazy import Patterns, lazy

#: Same length in and out, so that positions stay true.
_PLAIN = {
    **dict.fromkeys("\u2018\u2019\u201a\u201b\u2032\u02bc\u00b4`\uff07", "'"),
    **dict.fromkeys("\u201c\u201d\u201e\u201f\u2033\u00ab\u00bb\uff02", '"'),
    **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2212", "-"),
    **dict.fromkeys("\u00a0\u2007\u202f\u3000\ufeff\u200b\x00", " "),
}
# Begins with one of few characters, which the engine looks for much faster than for what a look-behind asks.
_BREAK = re.compile(
    r"[.!?\n\u2026\u3002\uff01\uff1f](?:(?<=\n)|(?<=[.!?\u2026])[\"')\]*]{0,4}\s{1,64}"
    r"|(?<=[\u3002\uff01\uff1f])(?![\u3002\uff01\uff1f]))"
)
#: Blanks that a mark takes with it, and characters from which a line is a long one.
_BLANKS, _LONG_LINE = 64, 80
_LINE_END = re.compile(r"\n[ \t]{0,8}(?=[a-z]|\d{1,9}[ ,])")
#: Characters that case-blind matching takes for ASCII letters and ``lower`` does not.
_ODD_CASE = re.compile("[\u0130\u0131\u017f\u212a]")
_CAPITALS = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
_SHORTENED = "Mr. Mrs. Ms. Dr. Prof. St. Jr. Sr. vs. No. Fig. Inc. Ltd. Co. approx. e.g. i.e. cf. etc."
#: Words that do not end a sentence; the longest of them, with what stands before it.
_ABBREVIATIONS = frozenset(
    (
        *_SHORTENED.split(),
        *(f"{letter}." for letter in _CAPITALS),
        *(f"{first}.{last}." for first in _CAPITALS for last in _CAPITALS),
    )
)
_ABBREVIATION = 8
#: What an abbreviation has before its full stop: one of these pairs, or a capital.
_TAILS = frozenset(word[-3:-1] for word in _SHORTENED.split())
_WORD = re.compile(r"[^\W_]+")
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_NAME = re.compile(r"\b[A-Z][a-z]{2,40}\b")
_CJK = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]")
_KANA_HANGUL = re.compile(r"[\u3040-\u30ff\uac00-\ud7af]")
_LATIN = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_LETTER = re.compile(r"[^\W\d_]")
_NOT_ASCII = re.compile(r"[^\x00-\x7f]+")
#: ASCII characters that are in no word, as spaces.
SPACED = {at: " " for at in range(128) if not chr(at).isalnum()}
_COUNT = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
    "seventeen eighteen nineteen twenty"
)
NUMBER_WORDS = {word: str(value) for value, word in enumerate(_COUNT.split())}
#: Characters by which a repeated piece is looked for, and how many places are tried.
_PIECE, _TRIED = 32, 8
#: How many characters the guess of the language looks at.
_LANGUAGE_HEAD = 4000

_STOP = """a about above after again all also although always am among an and any are aren as at be became because been
    before being below between both but by came can cannot could couldn d did didn do does doesn doing don done down
    during each either else even ever every few for from further get gets getting go goes going gone got had hadn has
    hasn have haven having he her here hers herself him himself his how however i if in instead into is isn it its
    itself just keep know let ll like m made make makes many may maybe me might mine more most much must my myself
    nearly no nor not now of off often oh ok okay on once one only onto or other others our ours out over own perhaps
    quite rather re really s said same say says see seem seems shall she should shouldn since so some still such sure
    t than that the their theirs them themselves then there these they thing things think this those though through
    thus to too under until up upon us very was wasn way we well were weren what when where whether which while who
    whom whose why will with within without won would wouldn yes yet you your yours yourself"""
STOPWORDS = frozenset(_STOP.split())
_FUNCTION = (
    "the of and to in is that for it as was with on be by at this are or from an you i not have has can but they we "
    "your if which will their so there what would about my do he she his her"
)
_ENGLISH = frozenset(_FUNCTION.split())
_FOREIGN = tuple(
    frozenset(words.split())
    for words in (
        "der die das und ist nicht ich ein eine zu den mit auf fur für sich des dem von sie es auch wir wie im werden",
        "le la les des et est un une que pour dans en pas je vous qui sur du au avec ne nous il ce sont par",
        "el la los las de y que en es un una por con no para se del lo como su al más puedo son pero este",
        "il la di e che un una per non con sono le del della mi si più piu questo gli da ma al",
        "os de e que um uma para com não nao em por da se na mais como é você",
        "de het een en van ik dat niet op te zijn voor met die je er aan ook maar",
        "w nie na z się jest że jak po dla ale co",
        "och att det som en på är av för med den till inte jag om ett",
        "ve bir bu için ile da de çok ne gibi olarak daha en var",
    )
)
_ANY_FOREIGN = frozenset().union(*_FOREIGN)


_T = TypeVar("_T")


class Remembered(dict[str, _T]):
    """What a pure function makes of a word, kept for the next time; ``map(known.__getitem__, words)`` runs in C.

    Bounded: long words are not kept, and when ``most`` are known all are forgotten.
    """

    _LONGEST = 40

    def __init__(self, make: Callable[[str], _T], most: int = 1 << 15) -> None:
        super().__init__()
        self._make = make
        self._most = most

    def __missing__(self, word: str) -> _T:
        made = self._make(word)
        if len(word) <= self._LONGEST:
            if len(self) >= self._most:
                self.clear()
            self[word] = made
        return made


class Blind(Patterns):
    """A pattern, written in lower case, that is blind to case.

    Finds what ``re.IGNORECASE`` finds, two to three times as fast: it reads the text in lower case. Positions are those
    of the text; the matched text is in lower case, or as it stands where it holds an odd letter.
    """

    def __init__(self, pattern: str, flags: int = 0) -> None:
        super().__init__()
        self._pattern, self._flags = pattern, flags

    @lazy
    def _lower(self) -> re.Pattern[str]:
        return re.compile(self._pattern, self._flags)

    @lazy
    def _any(self) -> re.Pattern[str]:
        return re.compile(self._pattern, self._flags | re.IGNORECASE)

    def compile(self) -> None:
        """The form for texts without odd letters."""
        _ = self._lower

    def _for(self, text: str) -> tuple[re.Pattern[str], str]:
        if text.isascii() or not _ODD_CASE.search(text):
            return self._lower, text.lower()
        return self._any, text

    @property
    def lowered(self) -> re.Pattern[str]:
        """The pattern for ASCII text that is in lower case already."""
        return self._lower

    def search(self, text: str) -> re.Match[str] | None:
        """The first match."""
        pattern, text = self._for(text)
        return pattern.search(text)

    def match(self, text: str) -> re.Match[str] | None:
        """The match at the beginning."""
        pattern, text = self._for(text)
        return pattern.match(text)

    def finditer(self, text: str) -> Iterator[re.Match[str]]:
        """All matches in order."""
        pattern, text = self._for(text)
        return pattern.finditer(text)

    def prepared(self, text: str) -> tuple[re.Pattern[str], str]:
        """The pattern and the form of ``text`` to run it on, for searches in many parts of one text."""
        return self._for(text)

    def count(self, text: str) -> int:
        """How many matches there are."""
        return sum(1 for _ in self.finditer(text))


class RoughLanguage(StrEnum):
    """What a text seems to be written in, without an identifier (``reading.language`` has one).

    Facts of samples and rewrites tell these three; drift compares what is stored of them, so they stay.
    """

    ENGLISH = "en"
    CHINESE = "zh"
    OTHER = "other"


def plain(text: str) -> str:
    """``text`` of the same length with straight quotes, plain hyphens and plain spaces; NUL becomes a space."""
    if text.isascii():
        return text.replace("`", "'").replace("\x00", " ")
    for odd, even in _PLAIN.items():
        if odd in text:
            text = text.replace(odd, even)
    return text


def folded(text: str) -> str:
    """``text`` with plain quotes, one space between words, one line break between lines, no empty lines."""
    lines = [
        # Of what is printable only blanks are white space.
        line.strip(" ") if "  " not in line and line.isprintable() else " ".join(line.split())
        for line in plain(text).splitlines()
    ]
    return "\n".join(line for line in lines if line)


def unwrapped(text: str) -> str:
    """``text`` with a space for each line end inside a sentence: no mark before it, a small letter or number after."""
    if "\n" not in text:
        return text
    pieces: list[str] = []
    start = 0
    for match in _LINE_END.finditer(text):
        end = match.start() - (text[match.start() - 1 : match.start()] == "\r")
        blank = text[max(0, end - 8) : end]
        end -= len(blank) - len(blank.rstrip(" \t"))
        if end > 0 and not text[end - 1].isspace() and text[end - 1] not in ".!?:;|":
            pieces.append(text[start:end])
            start = match.end()
    pieces.append(text[start:])
    return " ".join(pieces)


def said_once(text: str) -> str:
    """``text``, or what it says where it is nothing but one piece over and over, at least three times.

    The last piece may be cut. Length is a sign of many things, and repeating adds nothing but length.
    """
    start, at = text[:_PIECE], 0
    for _ in range(_TRIED):
        at = text.find(start, at + 1, len(text) // 3 + _PIECE)
        if at < 1:
            return text
        if text[at:] == text[:-at]:
            return text[:at]
    return text


def answer_text(text: str) -> str:
    """``text`` without the reasoning that some servers leave in the answer; empty if that never ends."""
    return without_thinking(text)


def sentences(text: str) -> list[str]:
    """Sentences and list items in order, stripped, none empty; an abbreviation or a list number does not end one."""
    found: list[str] = []
    carried: list[str] = []
    start = 0
    for match in _BREAK.finditer(text):
        end = match.end()
        piece = text[start:end].strip()
        start = end
        if not piece:
            continue
        # Most pieces begin with a letter and do not end like an abbreviation.
        if (
            ((piece[-3:-1] in _TAILS or piece[-2:-1] in _CAPITALS) and _abbreviated(piece))
            or not (piece[0].isalpha() or any(map(str.isalpha, piece[:8])))
        ) and "\n" not in match[0]:
            carried.append(piece)
        elif carried:
            found.append(" ".join([*carried, piece]))
            carried = []
        else:
            found.append(piece)
    carried.append(text[start:].strip())
    found.append(" ".join(carried).strip())
    return [sentence for sentence in found if sentence]


def parted(text: str) -> list[str]:
    """The lines of ``text`` if they are long ones and their ``sentences`` are those of ``text``; else ``text`` alone.

    A line ends a sentence unless blanks that one mark does not take stand before its end, or a mark that needs none.
    """
    lines = text.split("\n") if text.isascii() else [text]
    if len(lines) * _LONG_LINE > len(text) or any(line[-_BLANKS:].isspace() for line in lines if len(line) >= _BLANKS):
        return [text]
    return lines


def _abbreviated(piece: str) -> bool:
    last = piece[-_ABBREVIATION:].rsplit(None, 1)[-1]
    return last in _ABBREVIATIONS or ("(" in last and last[last.rfind("(") + 1 :] in _ABBREVIATIONS)


def words(text: str) -> list[str]:
    """Lower-case runs of letters and digits, in order."""
    if text.isascii():
        return text.lower().translate(SPACED).split()
    return _WORD.findall(text.lower())


class Wordings(dict[str, list[str]]):
    """The words of each text that is looked at, in order. Those of one sample are kept while it is read."""

    def __missing__(self, text: str) -> list[str]:
        known = self[text] = words(text)
        return known


def stem(word: str) -> str:
    """``word`` without a plural, past or -ing ending: crude, and the same for claim and evidence."""
    size = len(word)
    if size > 4:
        last = word[-1]
        if last == "s":
            word = word[: -3 if size > 5 and word.endswith("ies") else -2 if word[-2] == "e" else -1]
        elif (last == "d" and word[-2] == "e") or (last == "y" and word[-2] == "l"):
            word = word[:-2]
        elif last == "g" and size > 5 and word.endswith("ing"):
            word = word[:-3]
        word = word.removesuffix("e")
    elif size == 4 and word.endswith("s") and not word.endswith("ss"):
        word = word[:-1]
    return word


def _content(word: str) -> str:
    """The stem of a lower-case word that carries content, else nothing."""
    if word in STOPWORDS or (len(word) == 1 and not word.isdigit()):
        return ""
    return NUMBER_WORDS.get(word) or stem(word)


#: Word -> its stem; word -> its stem if it carries content, else nothing.
STEMS = Remembered(stem)
CONTENT = Remembered(_content)


def content(tokens: Iterable[str]) -> list[str]:
    """Stems of those lower-case words that carry content, in order."""
    return list(filter(None, map(CONTENT.__getitem__, tokens)))


def informative(text: str) -> list[str]:
    """Stems of the words that carry content, in order: no stop words, no single letters; numbers are kept."""
    return content(words(text))


def numbers(text: str, said: list[str] | None = None) -> set[str]:
    """Numbers in digits, thousands separators removed; number words up to twenty as digits (``one`` is too common).

    ``said``: the words of ``text``, where they are known.
    """
    found = {match.replace(",", "").rstrip(".") for match in _NUMBER.findall(text)}
    counted = NUMBER_WORDS.keys() & (words(text) if said is None else said)
    return found | {NUMBER_WORDS[word] for word in counted if word != "one"}


def names(sentence: str) -> set[str]:
    """Capitalised words of one sentence, lower-case, without its first word and without stop words."""
    start = _WORD.search(sentence)
    begin = start.end() if start else 0
    return {name for match in _NAME.findall(sentence, begin) if (name := match.lower()) not in STOPWORDS}


def rough_language(text: str) -> RoughLanguage:
    """A guess from the head of ``text``: share of scripts, then function words. A short Latin text counts as English.

    Text that holds neither English nor foreign function words (code, lists of names) counts as English too.
    """
    head = text[:_LANGUAGE_HEAD]
    ascii_part = head.encode("ascii", "ignore")
    latin = len(ascii_part) - len(ascii_part.translate(None, _LATIN))
    rest = "" if len(ascii_part) == len(head) else "".join(_NOT_ASCII.findall(head))
    letters = latin + len(_LETTER.findall(rest))
    if letters == 0:
        return RoughLanguage.ENGLISH
    cjk = len(_CJK.findall(rest))
    # A Chinese character says as much as two or three letters; Japanese mixes it with kana.
    if cjk * 3 > letters - cjk:
        return RoughLanguage.OTHER if len(_KANA_HANGUL.findall(rest)) > cjk // 8 else RoughLanguage.CHINESE
    if latin < letters * 0.6:
        return RoughLanguage.OTHER
    tokens = words(head)
    if len(tokens) < 8:
        return RoughLanguage.ENGLISH
    english = sum(map(_ENGLISH.__contains__, tokens))
    # Most texts are told by this: no one language has more of its words than all of them together.
    if sum(map(_ANY_FOREIGN.__contains__, tokens)) <= english:
        return RoughLanguage.ENGLISH
    foreign = max(sum(map(known.__contains__, tokens)) for known in _FOREIGN)
    return RoughLanguage.OTHER if foreign >= max(3, 0.12 * len(tokens)) and foreign > english else RoughLanguage.ENGLISH
