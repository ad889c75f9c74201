"""What the lines of code say: comments, docstrings and block comments over several lines, strings that speak."""

from __future__ import annotations

import re
from collections.abc import Iterator

from scorers.reading.screen import Screen

#: Characters of a line that are looked at, and strings of a line that are read.
_SEEN, _STRINGS = 1_000, 4
_CODE = re.compile(
    r"[;{}]\s{0,9}\Z|\A\s{0,40}(?:(?:import|from) [\w.{*]+|def \w|class \w+[(:]|return\b.{0,80}[\w)\]]\Z|"
    r"@[\w.]+(?:\(.{0,200})?\Z|#include|"
    r"(?:if|elif|for|while|with|else|try|except)\b.{0,200}:\s{0,9}\Z|(?:const|let|var|func|fn|public|private|"
    r"static) [\w{\[(]|(?:raise|async|await|yield|lambda|assert|elif|del|throw|typedef|struct|enum|namespace|require|"
    r"module|"
    r"function|export|protected|void|int|unless|elsif) [\w\"'({\[*&$]|(?:break|continue|pass|else|try|end|fi|done|"
    r"do|then)\b *(?:[#/;{].{0,200})?\Z|(?:if|for|while|switch|catch|return|elif|and|or|not|in|echo|"
    r"printf?|puts|say|die|warn)\b ?[(\[{'\"`$!]|"
    r"(?:\$|>>>|PS>|C:\\) ?\S|</?\w{1,20}(?:\s[^<>\n]{0,200})?/?>\s{0,9}\Z|[\])}]{1,9}[,;]?\s{0,9}\Z)"
    r"|\A\s{0,40}[\w.\[\]'\"]{1,60} ?(?::=|=|\+=|<-|->|=>) ?\S|\w\([^()\n]*\)\s{0,4}[;{:]?\s{0,9}\Z"
    r"|\A\s{0,40}(?:SELECT|INSERT|UPDATE|DELETE|CREATE|ALTER|FROM|WHERE|JOIN|GROUP BY|ORDER BY)\b [\w*(]"
    r"|\A\s{0,9}(?:sudo|pip|npm|git|docker|apt|cd|curl|make|python3?|cargo|go|brew|npx|yarn) [\w./-]+(?: "
    r"\S{1,60}){0,6}\Z"
)
_SCREEN = Screen({"code": _CODE.pattern})
#: Five words in a row with nothing but blanks and commas between them, one of them of a kind that code lacks.
_WORDY = re.compile(r"(?:[A-Za-z][a-z']{0,20},? ){5}")
_OF_PROSE = re.compile(r"\b(?:the|your|you|an?|this|these|that|all|any|please|my|me|its|their|to|of)\b", re.IGNORECASE)
_COMMENT = re.compile(
    r"(?:\A|\s)(?:#|//|/\*|\*|<!--|--|;;|% ) {0,4}(?P<said>[A-Za-z][^\n]{12,600}?)(?:\*/|-->)?\s{0,9}\Z"
)
_QUOTED = re.compile(r"\"((?:[^\"\\\n]|\\.){15,600})\"|(?<![\w'])'((?:[^'\\\n]|\\.){15,600})'(?!\w)|`([^`\n]{15,600})`")
#: What a string that gives a machine an order is about; a message to the user of a program is of no interest.
_ADDRESSED = re.compile(
    r"\b(?:ai|llms?|assistants?|agents?|chatbots?|bots?|robots?|copilots?|summari[sz]ers?|automated|models?|"
    r"prompts?|instructions?|ignore|disregard|forget|your "
    r"(?:\w{1,12} )?(?:answer|reply|response|output|summary|task|orders?|rules)|the user|tell|automatically|without "
    r"(?:asking|telling|mention\w*|confirm\w*)|do not (?:mention|tell|inform|ask)|forward|transfer|reveal|"
    r"credentials|secretly|silently|processes this|reads this|parses this|when you|stop reading|new task)\b",
    re.IGNORECASE,
)
#: Without one of these a document has no docstring and no block comment.
BLOCKS = ('"""', "'''", "/*", "<!--")
_OPENED = re.compile(r"(?:\A|[\s;{}(])/\*")
_TAG = re.compile(r"\A(?:@\w{1,20}|:[\w ,*-]{1,60}:)\s{1,4}")
_MARKS = " \t*#/"


def is_code(line: str) -> bool:
    """Whether ``line``, without the blanks around it, is code. A sentence that ends in a call is none."""
    seen = line[:400]
    # Of ASCII the screen, a pattern without look-around, finds just what the pattern does.
    if not _SCREEN.maybe(seen) or not (seen.isascii() or _CODE.search(seen)):
        return False
    if not seen[0].isupper() or (wordy := _WORDY.match(seen)) is None:
        return True
    return _OF_PROSE.search(wordy[0]) is None


def commented(line: str, begins: bool = False) -> str:
    """What the comment of ``line`` says, empty without one; with ``begins``, of a line that is nothing else."""
    found = _COMMENT.match(line) if begins else _COMMENT.search(line)
    return found["said"] if found else ""


def strings(line: str) -> Iterator[str]:
    """Strings of ``line`` that speak to a machine, at most a few."""
    if '"' not in line and "'" not in line and "`" not in line:
        return
    for count, found in enumerate(_QUOTED.finditer(line[:_SEEN])):
        said = found[1] or found[2] or found[3]
        if count < _STRINGS and _ADDRESSED.search(said):
            yield said.replace("\\n", " ").replace('\\"', '"')


class Block:
    """The docstring or block comment that a document's lines are in, if any; lines are given one after another."""

    def __init__(self) -> None:
        #: What ends the block; empty outside one.
        self.end = ""

    def opened(self, line: str) -> str | None:
        """What ``line`` says after it opens a block that it does not close; ``None`` if it opens none."""
        for mark in ('"""', "'''"):
            if mark in line and line.count(mark) % 2:
                self.end = mark
                return line.rpartition(mark)[2]
        if "/*" in line and "*/" not in line and (found := _OPENED.search(line)):
            self.end = "*/"
            return line[found.end() :].lstrip(_MARKS)
        if "<!--" in line and "-->" not in line:
            self.end = "-->"
            return line.rpartition("<!--")[2]
        return None

    def inner(self, line: str) -> str:
        """What ``line`` says inside the block; it may close it."""
        said, closed, _ = line.partition(self.end)
        if closed:
            self.end = ""
        said = said.strip(_MARKS)
        return _TAG.sub("", said) if said[:1] in ("@", ":") else said
