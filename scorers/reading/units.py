"""Documents in the pieces that can speak: sentences of prose, values of JSON, cells of tables, values of forms.

A line of code, a brace, a heading, a row of numbers or the header of an e-mail is no sentence to anybody, and yields
nothing. What it holds (a comment, a string of JSON, a long cell) is a piece by itself.
"""

from __future__ import annotations

import csv
import html
import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import islice
from typing import NamedTuple

import orjson

from scorers.reading.code_lines import BLOCKS, Block, commented, is_code, strings
from scorers.reading.text import folded, sentences, unwrapped

#: Strings of one JSON document that are read, and how deep.
_STRINGS, _DEEPEST = 2_000, 40
#: Fewer words in a cell, a value or a comment are a name.
_FEWEST_WORDS = 4
#: A heading of so many words is a comment of a script.
_LONG_HEADING = 7
_STRING = re.compile(r'"((?:[^"\\\n]|\\.){12,4000})"\s{0,4}(?![\s:])')
_JSON_LINE = re.compile(
    r'\A\s{0,40}(?:[\]\[{}]{1,9},?|"[^"\n]{0,200}"\s{0,4}:.{0,4000}|"[^\n]{0,4000}",?|-?[\d.]{1,30},?)\s{0,9}\Z'
)
#: Headers of e-mails and the marks of lists, quotes and headings.
_HEADER = re.compile(
    r"\A\W{0,4}(?:from|to|cc|bcc|date|sent|received(?: date)?|reply-to|message-id|email_from|return-path|mime-version|"
    r"content-type|x-[\w-]{1,40})\s{0,3}:[^.!?]{0,200}\Z",
    re.IGNORECASE,
)
_OWN_HEADER = re.compile(r"\A\W{0,4}x-[\w-]{1,40}\s{0,3}:\s{0,3}", re.IGNORECASE)
#: Tags of HTML and XML, and of templates; and what people read of their attributes.
_TAG = re.compile(r"</?[A-Za-z][\w:-]{0,40}(?:\s[^<>]{0,600})?/?>|\{\{[#/!]?[\w ./-]{1,60}\}\}|\{%[^%\n]{1,80}%\}")
_ATTRIBUTE = re.compile(
    r"\s(?:alt|title|aria-\w{1,20}|content|placeholder|summary|label|data-[\w-]{1,30})=\"([^\"\n]{15,600})\""
)
#: Commas with nothing behind them from which on a line is a row of cells.
_CELLS = 3
_HEADING = re.compile(r"\A(?:#{1,6} |={3,}|-{3,}|\[?\w{0,12}\]?\s*TITLE\b)")
#: A title: the name of the page and of its site, and the words that a title with an order in it would have.
_TITLE = re.compile(r" [|\u2013\u2014-] [^.!?\n]{2,60}\Z|\([\w-]{1,40}\.[\w.]{2,30}\)\Z")
_SUSPECT = re.compile(
    r"\b(?:ai|assistants?|instructions?|prompts?|models?|ignore|your (?:answer|reply|response))\b", re.IGNORECASE
)
_TITLE_WORDS = 14
#: Targets of links, and directives of reStructuredText.
_LINK = re.compile(r"\]\([^()\s]{1,300}\)|<https?://[^\s<>]{1,300}>|\]\[[^\]\n]{0,60}\]")
_DIRECTIVE = re.compile(r"\A(?:\.\. |:[\w-]{1,20}: )")
_MARK = re.compile(r"\A(?:[-*+\u2022>]{1,4}|\(?\d{1,3}[.)]|\[[ xX]\])\s{1,8}")
_FIELD = re.compile(r"\A[\w/()'-]{1,20}(?: [\w/()'-]{1,20}){0,2}:\s{1,8}(?=\S)")
#: Who a field or the head of a log line speaks to, or for: what follows is to be read with it.
_TO_MACHINE = re.compile(
    r"[^:\n]{0,60}\b(?:ai|llms?|assistants?|chatbots?|bots?|robots?|copilots?|summari[sz]ers?|automated|"
    r"system|developer|instructions?)\b[^:\n]{0,20}:",
    re.IGNORECASE,
)
_SPLIT_CELLS = re.compile(r"\s{0,9}[|\t]\s{0,9}")
_LOGGED = re.compile(
    r"\A(?:\[?\d{4}[-/]\d\d[-/]\d\d[ T]\d\d:\d\d|\w{3} {1,2}\d{1,2} \d\d:\d\d:\d\d|\d{1,3}(?:\.\d{1,3}){3} |"
    r"\[?(?:DEBUG|INFO|WARN(?:ING)?|ERROR|FATAL|TRACE)\]?\b|[IWEF]\d{4} \d\d:\d\d:\d\d|[\w./-]{1,80}:\d{1,6}:)"
)
#: What stands between the time of a log line and what it says: rest of the time, level, thread, name of a logger.
_LOG_HEAD = re.compile(
    r"\A(?:[\d :.,+\-]{1,40}Z?(?=[ \]])|\[?(?:DEBUG|INFO|NOTICE|WARN(?:ING)?|ERROR|FATAL|CRITICAL|TRACE)\]?(?=[ :])|"
    r"\[[\w.:/ -]{1,60}\]|(?:[\w.-]{1,60} )?[\w./-]{1,60}(?:\[\d{1,9}\])?(?=:\s| - |\]|\|)|[\s:|\]-]{1,9})"
)
_LOG_HEADS = 12
_DOCSTRING = ('"""', "'''", 'r"""', 'f"""')
_WORD = re.compile(r"[^\W\d_]{2,}")
#: Two words are most often found in so many characters.
_OPENING = 40
#: Most pieces begin with two words in ASCII and a third one, which is told faster than by ``_speaks``.
_SPEAKING = re.compile(r"[A-Za-z]{2,18} [A-Za-z]{2,18} \S")
_ENDS = (".", "!", "?", ":", '."', ".)", "!)", "?)")


class Unit(NamedTuple):
    """One piece: its text, and whether it stands in a structure (a value, a cell, a comment, a log), not in prose."""

    text: str
    held: bool


def units(document: str, split: Callable[[str], list[str]] = sentences) -> list[Unit]:
    """The pieces of ``document`` in order. ``split`` gives the sentences of a text. Linear time."""
    found = _json(document)
    if found is not None:
        return [Unit(one, True) for value in found for one in split(folded(value)) if _speaks(one)]
    made: list[Unit] = []
    for text, held in _lines(document):
        made += [Unit(one, held) for one in split(text) if _SPEAKING.match(one) or _speaks(one)]
    return made


def _speaks(text: str) -> bool:
    if " " not in text:
        return False
    opening = text[:_OPENING].split(None, 2)
    if len(opening) == 3 and opening[0].isalpha() and opening[1].isalpha() and len(opening[0]) > 1 < len(opening[1]):
        return True
    return _has_words(text[:200], 2)


def _has_words(text: str, fewest: int) -> bool:
    return next(islice(_WORD.finditer(text), fewest - 1, None), None) is not None


def _json(document: str) -> list[str] | None:
    """The strings of a document that is JSON, whole or cut, or a few lines of JSON; ``None`` of any other."""
    text = document.strip()
    if not text.startswith(("{", "[")):
        return None
    found: list[str] = []
    try:
        _strings(orjson.loads(text), found, 0)
        return found
    except orjson.JSONDecodeError:
        pass
    lines = [line for line in text.splitlines() if line.strip()]
    like = sum(_JSON_LINE.match(line) is not None or line.lstrip()[:1] in "{[" for line in lines[:400])
    if like < 0.8 * min(len(lines), 400) or '":' not in text.replace(" ", ""):
        return None
    return [match[1].replace("\\n", "\n").replace('\\"', '"') for match in _STRING.finditer(text)][:_STRINGS]


def _strings(value: object, found: list[str], depth: int) -> None:
    if len(found) >= _STRINGS or depth > _DEEPEST:
        return
    if isinstance(value, str):
        inner = _json(value) if value[:1] in "{[" and depth < 3 else None
        found += [value] if inner is None else inner
    elif isinstance(value, list):
        for one in value:
            _strings(one, found, depth + 1)
    elif isinstance(value, dict):
        for one in value.values():
            _strings(one, found, depth + 1)


def _lines(document: str) -> Iterator[tuple[str, bool]]:
    """Prose, with neighbouring lines together, and what other lines hold."""
    prose: list[str] = []
    told: list[str] = []
    block, fenced = Block(), False
    blocks = any(mark in document for mark in BLOCKS)
    lines = document.strip().splitlines()
    for line in lines[1:] if lines and _titles(lines[0].strip()) else lines:
        stripped = line.strip()
        if block.end:
            said = block.inner(stripped)
            if said and not is_code(said):
                told.append(said)
            if told and not (said and block.end):
                yield from _paragraph(told)
            continue
        if not stripped or _DIRECTIVE.match(stripped):
            continue
        if ("]" in stripped and ("](" in stripped or "][" in stripped)) or "<http" in stripped:
            stripped = _LINK.sub("]", stripped)
        if stripped.startswith(("```", "~~~")):
            fenced = not fenced
            continue
        opening = block.opened(stripped) if blocks else None
        held = list(_held(stripped, fenced)) if opening is None else []
        if held == [stripped]:
            prose.append(stripped)
            continue
        if prose:
            yield folded("\n".join(prose)), False
            prose = []
        if opening:
            told.append(opening)
        for text in held:
            yield folded(text), True
    if prose:
        yield folded("\n".join(prose)), False
    yield from _paragraph(told)


def _paragraph(told: list[str]) -> Iterator[tuple[str, bool]]:
    """What ``told``, lines of a comment, says; it is emptied."""
    text = unwrapped("\n".join(told))
    told.clear()
    if _sentence(text):
        yield folded(text), True


def _titles(line: str) -> bool:
    return len(line.split()) <= _TITLE_WORDS and _TITLE.search(line) is not None and _SUSPECT.search(line) is None


def _held(line: str, fenced: bool) -> Iterator[str]:
    """What a line says: itself, if it is prose."""
    said, line = _untagged(line) if "<" in line or "{" in line or "&lt;" in line else ((), line)
    yield from said
    cells = _cells(line)
    if cells or not line:
        yield from filter(_sentence, cells)
        return
    if _HEADER.match(line):
        own = _OWN_HEADER.match(line)
        if own and _sentence(line[own.end() :]):
            yield line[own.end() :]
        return
    if _HEADING.match(line):
        text = line.lstrip("#= -")
        if text.endswith((".", "!", "?")) or len(text.split()) >= _LONG_HEADING:
            yield text
        return
    if line.startswith(_DOCSTRING):
        text = line.lstrip("rbf").strip("\"' ")
        if _sentence(text):
            yield text
        return
    logged = _LOGGED.match(line)
    if logged is not None:
        rest = _logged(line[logged.end() :])
        if _sentence(rest):
            yield rest
        return
    if is_code(line):
        comment = commented(line)
        if _sentence(comment):
            yield comment
        yield from (text for text in strings(line) if text not in comment and _sentence(text))
        return
    comment = commented(line, begins=True) if line[0] in "/#;%<" else ""
    if fenced or comment:
        text = comment or line
        if _sentence(text) and (comment or text.endswith(_ENDS) or _worded(text)):
            yield text
        return
    mark = _MARK.match(line)
    text = line[mark.end() :] if mark else line
    field = _FIELD.match(text)
    if field is not None and not text.endswith("?") and not _TO_MACHINE.match(text):
        rest = text[field.end() :]
        if _sentence(rest):
            yield rest if mark or len(rest.split()) < 30 else line
        return
    if not text.endswith((".", "!", "?")) and len(text.split(None, _FEWEST_WORDS)) < _FEWEST_WORDS:
        return
    yield line if mark is None else text


def _untagged(line: str) -> tuple[list[str], str]:
    """What people read of the attributes of a line's tags, and the line without tags."""
    said = [one for one in map(html.unescape, _ATTRIBUTE.findall(line)) if _sentence(one)]
    return said, _TAG.sub(" ", html.unescape(line) if "&lt;" in line else line).strip()


def _cells(line: str) -> list[str]:
    """The cells of a row of a table; none of any other line."""
    if ("|" in line and line.count("|") >= 2) or ("\t" in line and line.count("\t") >= 2):
        return _SPLIT_CELLS.split(line)
    if '"' in line and line.count(",") - line.count(", ") >= _CELLS:
        with suppress(csv.Error):
            return next(csv.reader([line], skipinitialspace=True), [])
    return []


def _logged(text: str) -> str:
    """``text`` of a log line without the rest of its head."""
    for _ in range(_LOG_HEADS):
        head = _LOG_HEAD.match(text)
        if head is None or (text[:1].isalpha() and _TO_MACHINE.match(text[: head.end() + 1])):
            break
        text = text[head.end() :]
    return text


def _worded(text: str) -> bool:
    """Whether a line of a fence that no mark ends is words, not output or code."""
    plain = sum(map(str.isalpha, text)) + text.count(" ")
    return text[0].isupper() and text.count(" ") >= _LONG_HEADING and plain >= 0.93 * len(text)


def _sentence(text: str) -> bool:
    return len(text) > 14 and text.count(" ") >= _FEWEST_WORDS - 1 and _has_words(text[:400], _FEWEST_WORDS)
