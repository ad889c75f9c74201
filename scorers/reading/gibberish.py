"""Text that no one would type: the least likely window under a small character model of prose and code.

Optimiser-made suffixes are pieces of words and marks in an order that language never has. Each character costs the
bits that a table of 4-grams gives it after the three before it (shorter ones, at a fixed extra cost, when it was not
seen), and the dearest runs of 60 characters count, where they show disorder (``reading.disorder``). Code fences, links
and long runs without a space are left out: keys, hashes and encoded data are random too, and no attack. So are formulas
and the short options of an examination question.
"""

from __future__ import annotations

import json
import re
from functools import cache
from itertools import accumulate
from operator import sub

from scorers.reading.disorder import DISORDER, disorder, words_of
from scorers.reading.ngrams import FOLDER, Head

WINDOW = 60
#: Log-odds of a text in which nothing was looked at.
NONE = -9.0
#: Bits a character at which a window may be gibberish (.5 % of ordinary prompts reach 4.6); log-odds a bit above.
_BITS, _STEEP = 4.5, 3.0
#: Bits are multiples of this in the file.
BITS = 1.0 / 16.0
#: Extra bits for each character of context that had to be dropped.
DROPPED = 32
_UNKNOWN = 224
#: Windows that are looked at before giving up.
_TRIED = 8
#: Characters read: the beginning, and more of the end, where suffixes are.
_HEAD, _TAIL = 1_000, 1_500
_LEFT_OUT = re.compile(r"```.{0,20000}?(?:```|$)|https?://\S{1,2000}|\S{45,}", re.DOTALL)
#: Encoded data that is shorter: no marks, with capitals and at least two digits, or capitals alone.
_ENCODED = re.compile(
    r"(?<![\w+/=-])(?:(?=[A-Za-z+/=-]{0,60}\d[A-Za-z+/=-]{0,60}\d)(?=[\d+/a-z=-]{0,60}[A-Z])[\w+/-]{20,60}={0,2}|[A-Z]{20,60})"
    r"(?![\w+/=-])"
)
#: Words in capitals, as SQL has them.
_CAPITALS = re.compile(r"\b[A-Z]{2,20}\b")
#: What a window of an optimiser's suffix has, and prose of any language has not: letters and marks glued to each other.
_JOINT = re.compile(
    r"[a-z][A-Z]|[A-Za-z][^\w\s'\u2019.,:;!?/\x7f-][A-Za-z]|[^\w\s.,!?\x7f][^\w\s.,!?\x7f]|[\\{}\[\]<>*+=#^~|@$%_]"
)
#: Words of queries and formulas, and constants. A window with one of these, and with another one or one of the next, is
#: no suffix.
_QUERY = re.compile(
    r"\b(?:SELECT|FROM|WHERE|JOIN|(?:GROUP|ORDER|PARTITION) BY|HAVING|INSERT INTO|IS NULL|NOT (?:IN|LIKE|NULL)|"
    r"IFERROR|[VX]LOOKUP|(?:SUM|COUNT)IFS?|[A-Z]{2,16}(?:_[A-Z]{2,16}){1,4})\b"
)
_IN_QUERY = re.compile(
    r"\b(?:DISTINCT|VALUES|UPDATE|LIMIT|AND|OR|NOT|IN|AS|ON|LIKE|BETWEEN|NULL|COUNT|SUM|MAX|MIN|DESC|IF|TRUE|FALSE)\b"
)
_DEAR = _BITS * WINDOW / BITS
#: Fewer joints than this, and the window has to be so many bits dearer.
_FEWEST_JOINTS, _DEARER = 3, 1.0
_FAR = re.compile(r"[^\x20-\x7e\n]")
#: A formula between dollar signs, and a word with an operator of mathematics or logic outside ASCII.
_FORMULA = re.compile(r"\$[^\s$][^$\n]{0,300}\$")
_OPERATOR = re.compile(r"\S{0,60}[\u00ac\u00b1\u00d7\u00f7\u2190-\u22ff\u27f0-\u27ff\u2a00-\u2aff]\S{0,60}")
#: The mark of an option, as in "A. yes", "(b) no". Three of them in order make a list.
_OPTION = re.compile(r"(?<!\S)\(?([A-Ha-h])[.)](?=\s)")
_IN_ORDER = "abc"
#: Characters of a run that is left out, and of one that may be encoded data.
_RUN, _ENCODED_RUN = 45, 20
_LETTERS = re.compile(r"[A-Za-z\x7f]")
_DIGITS = re.compile(r"\d")


def prepared(text: str) -> str:
    """What the model reads of ``text``: lines in single spaces, letters and signs outside ASCII as one class."""
    if len(text) > _HEAD + _TAIL:
        text = f"{text[:_HEAD]} {text[-_TAIL:]}"
    text = _without_options(_without_formulas(text))
    longest = max(map(len, text.split()), default=0)
    if longest >= _RUN or "```" in text or "://" in text:
        text = _LEFT_OUT.sub(" ", text)
    if longest >= _ENCODED_RUN:
        text = _ENCODED.sub(" ", text)
    return _FAR.sub("\x7f", "\n".join(" ".join(words) for line in text.splitlines() if (words := line.split())))


def in_a_row(read: str) -> str:
    """Prepared text as the table reads it: in one line, whole words of capitals in small letters. As long as before."""
    return _CAPITALS.sub(lambda word: word[0].lower(), read.replace("\n", " "))


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


@cache
def _table() -> Table:
    with (FOLDER / "characters.json").open(encoding="utf-8") as file:
        return Table(json.load(file))


def bits(text: str, table: Table) -> list[int]:
    """The cost of each character of ``text``, which is in a row, after the first three, in sixteenths of a bit."""
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


def _is_query(window: str) -> bool:
    asks = len(_QUERY.findall(window))
    return asks > 0 and asks + len(_IN_QUERY.findall(window)) > 1


def strangeness(
    text: str, table: Table | None = None, head: Head = DISORDER, foreign: bool = False
) -> tuple[float, str]:
    """The log-odds that a window of ``text`` is no text that anybody would write, and that window; ``NONE`` where the
    text is shorter than one.

    Ordinary prose has 2 to 3 bits a character, code about 4, random characters above 8. The dearest windows of more
    than ``_BITS`` are looked at for disorder as well, since lists, stubs and badges are as dear as suffixes.
    ``foreign``: the text is known to be in another language than English. Its words are as dear, so that only a window
    with letters and marks glued to each other counts.
    """
    read = prepared(text)
    costs = bits(in_a_row(read), _table() if table is None else table)
    if len(costs) < WINDOW:
        return NONE, ""
    sums = [0, *accumulate(costs)]
    windows = list(map(sub, sums[WINDOW:], sums))
    said, found = None, (NONE, "")
    for _ in range(_TRIED):
        worst = max(windows)
        dear = worst * BITS / WINDOW
        at = windows.index(worst)
        shown = read[at + 3 : at + 3 + WINDOW]
        if len(_LETTERS.findall(shown)) >= 0.5 * WINDOW and len(_DIGITS.findall(shown)) <= 0.1 * WINDOW:
            glued = len(_JOINT.findall(shown)) >= _FEWEST_JOINTS
            # Letters outside ASCII are of another language, whose words the table does not know.
            if "\x7f" in shown and not glued:
                break
            dear -= 0.0 if glued else _DEARER
            value = NONE if foreign and not glued else _STEEP * (dear - _BITS)
            if value > 0.0:
                said = words_of(read) if said is None else said
                value = min(value, disorder(shown, said, dear, head))
            if value > 0.0 and _is_query(shown):
                value = NONE
            found = max(found, (value, " ".join(shown.split())))
            if worst <= _DEAR:
                break
        # Numbers, formulas and what was looked at: what overlaps is left out, and the next dearest window is next.
        low, high = max(0, at - WINDOW // 2), at + WINDOW // 2
        windows[low:high] = [0] * (min(high, len(windows)) - low)
    return found
