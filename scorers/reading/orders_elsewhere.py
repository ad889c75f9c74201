"""Orders to an assistant in documents of seven languages other than English, by what a sentence says.

The head over words (``reading.document_instructions``) knows English alone. Sentence vectors (``reading.encoder``) say
the same of a sentence in any of their languages, so a head that was fitted on orders in English documents finds them in
others. It weighs the vector of a unit, that of the text around it, and how near the two are.

To encode every unit would cost too much. A first look, at the vectors that the encoder begins with, takes a tenth of
the time; only the few units that look most like an order to it are encoded, and most documents have none.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import numpy as np
import orjson

from scorers.reading.encoder import NEAR, STEP, Sense, glances, vectors
from scorers.reading.language import SUPPORTED, Language, language_of

LANGUAGES = frozenset(SUPPORTED) - {Language.ENGLISH}
#: Units that are looked at first, of all documents: beginning, end and evenly spread; and those that are encoded.
_MOST, _ENDS, _ENCODED = 200, 50, 8
#: From which log-odds of the first look on a unit is encoded.
LOW = -3.0
#: From which log-odds of a unit alone on the text around it is encoded, too: it rarely adds more than 2.
_ALONE = -0.75
#: What is added to the log-odds: at the threshold of ``indirect``, 1 of 200 ordinary answers is flagged.
_SHIFT = 0.25
#: Characters of a unit that are encoded, and on each side of it; and of a document that tell its language.
LENGTH, SIDE = 260, 200
#: Fewer letters are a name or a figure; a sign of Chinese and Japanese says more.
_FEWEST, _FEWEST_SIGNS = 12, 5
#: A field's name: what follows is to be read with it.
_NAME = 40
#: Strings of one JSON document that are read, and how deep.
_STRINGS, _DEEPEST = 2_000, 40
#: What the head knows beside the vectors. ``lone``: nothing stands around the unit.
DENSE = ("lone", NEAR)

#: Between two units: lines, sentences, comments, cells.
_BREAK = re.compile(r"\n|(?<=[.!?؟;])\s|(?<=[。！？])|<!--|-->|\s\|\s|\t|(?<=\S)\s{3}")
_LETTER = re.compile(r"[^\W\d_]")
#: A letter that English does not have.
_FAR = re.compile(r"[^\W\d_a-zA-Z]")
_LATIN_LETTER = re.compile(r"[\u00c0-\u024f]")
#: Where all of them are Latin, a unit in an English document is asked for its language only if it has two such words.
_COMMON = re.compile(
    r"\b(?:und|der|das|den|dem|nicht|bitte|ist|sie|zu|les?|la|des|une?|et|est|pas|vous|qui|que|los|las|el|en|por|para|"
    r"una?|se|os|da|em|uma|n\u00e3o|ao|de|du|del|mit|auf|von|f\u00fcr|sur|dans)\b",
    re.IGNORECASE,
)
_SIGN = re.compile(r"[\u3040-\u30ff\u4e00-\u9fff]")
_EDGES = " \r*#>/-=|·•`"
#: How JSON writes a letter outside ASCII; one of two halves stays as it is.
_ESCAPED = re.compile(r"\\u(?![dD][89a-fA-F])([0-9a-fA-F]{4})")
_STRING = re.compile(r'"((?:[^"\\\n]|\\.){8,4000})"\s{0,4}(?![\s:])')


def unescaped(text: str) -> str:
    """``text`` with the letters that JSON wrote as numbers."""
    return _ESCAPED.sub(lambda code: chr(int(code[1], 16)), text) if "\\u" in text else text


def units(document: str) -> list[str]:
    """The pieces of ``document`` that can speak, in order: sentences, cells, comments, strings of JSON; of long ones
    each ``LENGTH`` characters."""
    found: list[str] = []
    name = ""
    for piece in _BREAK.split(_prose(document)):
        said = f"{name} {piece.strip(_EDGES)}".strip()
        name = ""
        if len(said) < _NAME and said.endswith((":", "：")):
            name = said
        else:
            found += filter(_speaks, (said[at : at + LENGTH] for at in range(0, len(said), LENGTH)))
    if _speaks(name):
        found.append(name)
    return found


def _speaks(text: str) -> bool:
    return len(_LETTER.findall(text)) >= (_FEWEST_SIGNS if _SIGN.search(text) else _FEWEST)


def _prose(document: str) -> str:
    text = document.strip()
    if not text.startswith(("{", "[")):
        return text
    try:
        return "\n".join(_strings(orjson.loads(text)))
    except orjson.JSONDecodeError:  # cut, or lines of it
        held = [match[1].replace("\\n", "\n").replace('\\"', '"') for match in _STRING.finditer(unescaped(text))]
        return "\n".join(held[:_STRINGS]) if '":' in text else text


def _strings(value: object) -> list[str]:
    found: list[str] = []

    def read(one: object, depth: int) -> None:
        if len(found) >= _STRINGS or depth > _DEEPEST:
            return
        if isinstance(one, str):
            found.append(one)
        elif isinstance(one, list | dict):
            for inner in one.values() if isinstance(one, dict) else one:
                read(inner, depth + 1)

    read(value, 0)
    return found


def view(said: Sequence[str], place: int) -> tuple[str, str]:
    """What is encoded of one of the units ``said`` of a document: itself, and the text around it."""
    before, after = "", ""
    for one in reversed(said[:place]):
        if len(before) >= SIDE:
            break
        before = f"{one} {before}"
    for one in said[place + 1 :]:
        if len(after) >= SIDE:
            break
        after = f"{after} {one}"
    return said[place], f"{before[-SIDE:]}{after[:SIDE]}".strip()


def glimpse(first: Sense, said: Sequence[str]) -> list[float]:
    """The log-odds of the first look at these units."""
    if not said:
        return []
    told = first.bias + np.tensordot(glances(said), first.weights, axes=2)
    return [round(float(odds) / STEP) * STEP for odds in told]


Placed = tuple[Sequence[str], int]


def everywhere(documents: Sequence[str]) -> list[Placed]:
    """The units of ``documents``, each with its place among those of its document; what is said twice is there once."""
    each = {said[place]: (said, place) for said in map(units, documents) for place in range(len(said))}
    return list(each.values())


def within(documents: Sequence[str]) -> list[Placed]:
    """Of ``documents`` in English the units that are in one of ``LANGUAGES``, each between what stands beside it.

    Only what stands near letters that English does not have is looked at.
    """
    each: dict[str, Placed] = {}
    for document in documents:
        text = _prose(document)
        for begun, end in _near_far(text):
            for unit in units(text[begun:end]):
                if _foreign(unit):
                    at = max(begun, text.find(unit, begun, end))
                    beside = text[max(0, at - SIDE) : at], unit, text[at + len(unit) : at + len(unit) + SIDE]
                    each[unit] = [" ".join(one.split()) for one in beside], 1
    return list(each.values())


def _near_far(text: str) -> Iterator[tuple[int, int]]:
    """Where letters stand that English does not have, with what is around them, in order; none twice."""
    begun = end = -1
    for match in _FAR.finditer(text):
        at = match.start()
        if at > end:
            if end > 0:
                yield begun, end
            begun = max(end, 0, at - LENGTH)
        end = min(len(text), at + LENGTH)
    if end > 0:
        yield begun, end


def _foreign(unit: str) -> bool:
    far = "".join(_FAR.findall(unit))
    if not far:
        return False
    common = len(_LATIN_LETTER.findall(far)) < len(far) or len(_COMMON.findall(unit)) > 1
    return common and language_of(unit) in LANGUAGES


def worst(first: Sense, head: Sense, placed: list[Placed]) -> tuple[float, str]:
    """The highest log-odds of these units, and that unit; -9 where none looks like an order to the ``first`` look.
    ``head`` decides about the others."""
    if len(placed) > _MOST:
        step = (len(placed) - 2 * _ENDS) / (_MOST - 2 * _ENDS)
        between = [placed[_ENDS + int(at * step)] for at in range(_MOST - 2 * _ENDS)]
        placed = [*placed[:_ENDS], *between, *placed[-_ENDS:]]
    looks = glimpse(first, [said[place] for said, place in placed])
    likely = sorted((at for at in range(len(placed)) if looks[at] >= LOW), key=lambda at: (-looks[at], at))
    asked = [placed[at] for at in likely[:_ENCODED]]
    alone = head.bias + vectors([said[place] for said, place in asked]) @ head.weights[0]
    told: list[tuple[float, str]] = []
    for own, (said, place) in zip(alone, asked, strict=True):
        unit, around = view(said, place)
        odds = round(float(own) / STEP) * STEP
        if odds >= _ALONE:
            odds = head.logit((unit, around), {"lone": float(not around)}) + _SHIFT
        told.append((odds, unit))
    return max(told, default=(-9.0, ""))
