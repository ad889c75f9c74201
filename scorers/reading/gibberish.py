"""Text that no one would type: the least likely window under a small character model of prose and code.

Optimiser-made suffixes are pieces of words and marks in an order that language never has. Each character costs the
bits that a table of 4-grams gives it after the three before it (shorter ones, at a fixed extra cost, when it was not
seen), and the dearest run of 60 characters counts. Code fences, links and long runs without a space are left out:
keys, hashes and encoded data are random too, and no attack. So are formulas and the short options of an examination
question.
"""

from __future__ import annotations

import json
import re
from functools import cache
from itertools import accumulate
from operator import sub

from scorers.reading.ngrams import FOLDER
from scorers.reading.screen import Screen

WINDOW = 60
#: Bits are multiples of this in the file.
BITS = 1.0 / 16.0
#: Extra bits for each character of context that had to be dropped.
DROPPED = 32
_UNKNOWN = 224
#: Windows of numbers or marks alone that are passed over before giving up.
_TRIED = 8
#: Characters read: the beginning, and more of the end, where suffixes are.
_HEAD, _TAIL = 1_000, 1_500
_LEFT_OUT = re.compile(r"```.{0,20000}?(?:```|$)|https?://\S{1,2000}|\S{45,}", re.DOTALL)
#: Words of shells and of addresses inside a line: flags, paths, settings, variables, pipes, calls, patterns of files.
_SHELL = re.compile(
    r"(?<!\S)(?:--?[A-Za-z][\w-]{0,40}(?:=\S{1,200})?|&&|\|\|?|>{1,2}|[A-Za-z_]\w{0,40}=\S{1,200}|'[*.\w/:%+-]{1,40}'|"
    r"\$\w{1,40}|\$?\([^()\s]{1,60}\)|-\d{1,4}|[\w.*-]{0,60}[:@][\w.:/@-]{1,200}|\*?\.\w{1,8}|`[^`\n]{1,120}`)(?!\S)"
    r"|(?<!\S)[\w.~*-]{0,60}(?:/[\w.$~*+-]{1,60}){1,20}/?(?!\S)|\b\w{1,40}\.\w{1,40}\([^()\n]{0,60}|"
    r"\b[a-z]\w{1,30}_\w{2,30}(?:\([^()\n]{0,60}\))?"
)
#: A quoted setting or object; words in capitals, as SQL has them.
_QUOTED = re.compile(r"(?<=\s)'[^'\n]{0,300}[:{}$=][^'\n]{0,300}'(?=\s|$)")
_CAPITALS = re.compile(r"\b[A-Z]{2,20}\b")
#: What a window of an optimiser's suffix has, and prose of any language has not: letters and marks glued to each other.
_JOINT = re.compile(
    r"[a-z][A-Z]|[A-Za-z][^\w\s'\u2019.,:;!?/\x7f-][A-Za-z]|[^\w\s.,!?\x7f][^\w\s.,!?\x7f]|[\\{}\[\]<>*+=#^~|@$%_]"
)
#: Fewer joints than this, and the window has to be so many bits dearer.
_FEWEST_JOINTS, _DEARER = 3, 1.0
_FAR = re.compile(r"[^\x20-\x7e]")
#: A formula between dollar signs, and a word with an operator of mathematics or logic outside ASCII.
_FORMULA = re.compile(r"\$[^\s$][^$\n]{0,300}\$")
_OPERATOR = re.compile(r"\S{0,60}[\u00ac\u00b1\u00d7\u00f7\u2190-\u22ff\u27f0-\u27ff\u2a00-\u2aff]\S{0,60}")
#: The mark of an option, as in "A. yes", "(b) no". Three of them in order make a list.
_OPTION = re.compile(r"(?<!\S)\(?([A-Ha-h])[.)](?=\s)")
_IN_ORDER = "abc"
#: Marks of code: a line with two of these that does not open with six plain words is left out.
_CODE = re.compile(
    r"[;{}\])]\s*$|^\s*(?:def|class|import|from|return|if|elif|else|for|while|const|let|var|public|private|static|"
    r"void|int|"
    r"try|with|async|await|function|#include|package|using|select|insert|update|assert|raise|yield|@\w)\b|"
    r"\w\([^()]{0,80}\)"
    r"|[\w\])] ?(?:==|!=|\+=|<=|>=|->|=>|:=|=) ?[\w\"'\[({]|</?\w{1,20}[^<>]{0,80}>|\"\w{1,30}\": |^\s*(?:#|//|/\*|\*)"
    r"|\w\.\w{1,30}[(.]|[\[(]\w{1,20}: |\|.{1,60}\|",
    re.IGNORECASE,
)
_DEFINES = re.compile(r"\s*(?:async )?(?:def|class|function|func|fn|public|private) \w[^\n]{0,200}[:{(]\s*$")
#: What each of ``_SHELL`` and ``_QUOTED`` has; most texts have none.
_SHELL_SIGNS = re.compile(r"-\w|&&|[|>=$(/`_]|[:@.][\w.:/@-]|'[*.\w/:%+-]{1,40}'|'[^'\n]{0,300}[:{}$=]")
_CODE_SCREEN = Screen({"code": _CODE.pattern})
#: Characters of a run that is left out.
_RUN = 45
_CODE_BEHIND = 3
_PROSE = re.compile(r"\W{0,3}[A-Za-z']{1,14}(?: [a-zA-Z']{1,14},?){5}")
_LETTERS = re.compile(r"[A-Za-z\x7f]")
_DIGITS = re.compile(r"\d")


def prepared(text: str) -> str:
    """What the model reads of ``text``: one line, letters and signs outside ASCII as one class."""
    if len(text) > _HEAD + _TAIL:
        text = f"{text[:_HEAD]} {text[-_TAIL:]}"
    text = _without_options(_without_formulas(text))
    if "```" in text or "://" in text or any(len(run) >= _RUN for run in text.split()):
        text = _LEFT_OUT.sub(" ", text)
    lines = [line for whole in text.splitlines() for line in _pieces(whole) if line.strip() and ">>> " not in line[:12]]
    marks = [0 if _PROSE.match(line) else _marks_of_code(line) for line in lines]
    # Among lines of code, one without a mark is code too unless it opens like prose.
    listing = len(lines) > 3 and (sum(map(bool, marks)) > 0.4 * len(lines) or any(map(_DEFINES.match, lines)))
    kept = [
        line
        for line, found in zip(lines, marks, strict=True)
        if found < (1 if listing else 2) and not (listing and not _PROSE.match(line))
    ]
    read = " ".join(kept)
    if _SHELL_SIGNS.search(read):
        read = _SHELL.sub(" ", _QUOTED.sub(" ", read))
    return _FAR.sub("\x7f", " ".join(_CAPITALS.sub(lambda word: word[0].lower(), read).split()))


def _without_formulas(text: str) -> str:
    if text.count("$") > 1:
        text = _FORMULA.sub(" ", text)
    return text if text.isascii() else _OPERATOR.sub(" ", text)


def _without_options(text: str) -> str:
    """``text`` without the options of a question that are too short to hold a window by themselves."""
    marks = list(_OPTION.finditer(text))
    if _IN_ORDER not in "".join(mark[1].lower() for mark in marks):
        return text
    kept, done = [], 0
    for mark, following in zip(marks, [*(one.start() for one in marks[1:]), len(text)], strict=True):
        line = text.find("\n", mark.end())
        end = following if line < 0 else min(following, line)
        if end - mark.end() < WINDOW:
            kept.append(text[done : mark.start()])
            done = end
    return " ".join([*kept, text[done:]])


def _pieces(line: str) -> list[str]:
    """A line in two where code follows a colon: "convert this: read(path, (error, data) => ..."."""
    head, mark, tail = line.partition(": ")
    if not mark or _marks_of_code(tail) < _CODE_BEHIND or _PROSE.match(tail):
        return [line]
    return [head, tail]


def _marks_of_code(line: str) -> int:
    head = line[:400]
    return len(_CODE.findall(head)) if _CODE_SCREEN.maybe(head.lower()) else 0


@cache
def _table() -> Table:
    with (FOLDER / "characters.json").open(encoding="utf-8") as file:
        return Table(json.load(file))


def bits(text: str, table: Table) -> list[int]:
    """The cost of each character of prepared ``text`` after the first three, in sixteenths of a bit."""
    return list(map(table.__getitem__, [text[at : at + 4] for at in range(len(text) - 3)]))


class Table(dict[str, int]):
    """Costs by 4-gram. One that was not seen costs what its end costs, and that is kept for the next time."""

    _room = 100_000

    def __missing__(self, gram: str) -> int:
        found = next(
            (self[end] + DROPPED * dropped for dropped in (1, 2, 3) if (end := gram[dropped:]) in self), _UNKNOWN
        )
        if self._room > 0:
            self._room -= 1
            self[gram] = found
        return found


def worst_window(text: str, table: Table | None = None) -> tuple[float, str]:
    """The mean bits a character of the dearest window of ``text``, and that window; 0 of a text that is shorter.

    Ordinary prose has 2 to 3 bits, code about 4, random characters above 8.
    """
    text = prepared(text)
    costs = bits(text, _table() if table is None else table)
    if len(costs) < WINDOW:
        return 0.0, ""
    sums = [0, *accumulate(costs)]
    windows = list(map(sub, sums[WINDOW:], sums))
    for _ in range(_TRIED):
        worst = max(windows)
        at = windows.index(worst)
        shown = text[at + 3 : at + 3 + WINDOW]
        if len(_LETTERS.findall(shown)) >= 0.5 * WINDOW and len(_DIGITS.findall(shown)) <= 0.1 * WINDOW:
            glued = len(_JOINT.findall(shown)) >= _FEWEST_JOINTS
            # Letters outside ASCII are of another language, whose words the table does not know.
            if "\x7f" in shown and not glued:
                return 0.0, ""
            return worst * BITS / WINDOW - (0.0 if glued else _DEARER), shown
        # Numbers and formulas: what overlaps is left out, and the next dearest window is looked at.
        low, high = max(0, at - WINDOW // 2), at + WINDOW // 2
        windows[low:high] = [0] * (min(high, len(windows)) - low)
    return 0.0, ""
