"""Separates the constant part of a system prompt from what varies by session: dates, ids, paths, the machine.

Measured on several sessions of Claude Code 2.1.332, Codex CLI 0.171.0, opencode 1.18.33 and aider 0.86, and on the
prompts of other clients. Deliberately coarse: a word with a digit in it is masked completely.
"""

from __future__ import annotations

import re

#: Blocks that hold nothing but the machine and the work tree.
_BLOCK = re.compile(
    r"<(env|environment|environment_context|environment_details|environment_info|workspace_info|user_info|git_status"
    r"|project_layout|directories|files|total_tokens)>"
)
_MOST_BLOCKS = 50
#: Claude Code puts the state of the work tree behind everything else, and a line for billing before it: its version has
#: a suffix that changes with the prompt.
_GIT = "\ngitStatus: "
_BILLING = re.compile(r"^x-anthropic-billing-header:[^\n]{0,400}", re.MULTILINE)
#: What stands before a value that is the machine's, the day's or the work tree's, alone on its line.
_KEY_LINE = re.compile(
    r"^([ \t*-]{0,8}(?:(?:primary |current |additional )?working director(?:y|ies)|cwd|pwd|workspace[ \w]{0,24}"
    r"|is (?:this |the )?(?:directory )?(?:a )?git repo(?:sitory)?|platform|os(?: version)?|operating system"
    r"|(?:default )?shell|home(?: directory)?|(?:today'?s|current|session) (?:date|time)(?: and time)?|date"
    r"|time ?zone|locale|(?:current|main|default) branch|git user|user ?name|hostname"
    r"|(?:session|conversation)(?: id)?)):[^\n]{0,400}",
    re.IGNORECASE | re.MULTILINE,
)
_PLACEHOLDER = re.compile(r"\{\{?[^{}]{0,80}\}?\}|<[^<>]{0,80}>")
_MONTH = (
    r"(?:Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?|Sep(?:t(?:ember)?)?|Oct(?:ober)?"
    r"|Nov(?:ember)?|Dec(?:ember)?)"
)
_DAY = r"(?:Mon|Tues?|Wed(?:nes)?|Thu(?:rs)?|Fri|Sat(?:ur)?|Sun)(?:day)?"
#: The words of a date; its numbers vary as all numbers do.
_DATE = re.compile(
    rf"{_MONTH}(?=\.? \d)|(?<=\d ){_MONTH}\b|(?<=\d(?:st|nd|rd|th) ){_MONTH}\b|{_DAY},?(?= (?:\d|{_MONTH}))"
)
#: Signs that a word may vary.
_SIGNS = re.compile(r"[\d/\\@]")
_WORD = re.compile(
    # Addresses; paths of two names or more, or in a home folder.
    r"[\w.+-]{1,64}@[\w-]{1,64}(?:\.[\w-]{1,64}){1,4}"
    r"|(?:(?<![\w:/.])(?:~|[A-Za-z]:)?|file://)(?:[\\/][\w.@+-]{1,120}(?=[\\/]))+[\\/][\w.@+-]{1,120}"
    r"|(?<![\w/])~/[\w.@+-]{1,120}"
    # Ids, hashes, versions, times, numbers.
    r"|\b[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}\b"
    r"|\b[A-Za-z_]{0,40}\d\w{0,200}(?:[.:-](?:[A-Za-z_]{0,40}\d\w{0,200}|[0-9a-f]{1,12}\b))*(?: ?[AaPp][Mm]\b)?"
)
#: Characters of a prompt that are looked at for what varies.
_READ = 200_000


def lasting(prompt: str) -> str:
    """A system prompt without the blocks and sections that a client rewrites for each session or request."""
    text = prompt.partition(_GIT)[0]
    if "x-anthropic" in text:
        text = _BILLING.sub("#", text)
    return _without_blocks(text) if "<" in text else text


def program_of(prompt: str) -> str:
    """A ``lasting`` system prompt with its variable parts masked: identical for all sessions of one program.

    Linear time.
    """
    text, rest = prompt[:_READ], prompt[_READ:]
    text = _DATE.sub("#", _KEY_LINE.sub(r"\1: #", _PLACEHOLDER.sub("#", text)))
    words = [_WORD.sub("#", word) if _SIGNS.search(word) else word for word in text.split(" ")]
    return " ".join(words) + rest


def _without_blocks(text: str) -> str:
    kept: list[str] = []
    at, closed = 0, set[str]()
    for _ in range(_MOST_BLOCKS):
        begin = _BLOCK.search(text, at)
        if begin is None:
            break
        closer = f"</{begin[1]}>"
        end = -1 if closer in closed else text.find(closer, begin.end())
        if end < 0:
            closed.add(closer)
            kept.append(text[at : begin.end()])
            at = begin.end()
        else:
            kept += [text[at : begin.start()], "#"]
            at = end + len(closer)
    kept.append(text[at:])
    return "".join(kept)
