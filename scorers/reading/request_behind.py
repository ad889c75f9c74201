"""A request that stands behind the last document of a turn, parted from it by nothing but a blank line.

``Context: ...``, a blank line, and a question without a mark: people and programs write so. Where nothing else in the
turn asks for anything, that paragraph is what is asked, and no part of the document.
"""

from __future__ import annotations

import re

#: Characters of the longest such request.
_LONGEST = 300
_BLANK = re.compile(r"\n[ \t]{0,80}\n")
_TASK = re.compile(
    r"\W{0,4}(?:(?:please|kindly|now|then|and|also|finally|can you|could you|would you)[, ]{1,2})?"
    r"(?:summari[sz]e|sum (?:up|it)|tell me|tell us|explain|list|translate|write|give (?:me|us|an?|the)|describe|"
    r"compare|extract|find|answer|rewrite|rephrase|paraphrase|shorten|draft|create|make (?:an?|it|me|this|the)|"
    r"identify|classify|show (?:me|us)|name|state|quote|say (?:who|what|when|where|why|how|which|if|whether)|"
    r"(?:turn|put) (?:it|this|the)|in (?:one|two|three|a|an|\d{1,3}|your own) (?:short )?(?:words?|sentences?|"
    r"paragraphs?|lines?|bullets?))\b",
    re.IGNORECASE,
)
#: What already asks for something where a document begins.
_ASKED = re.compile(r"summari[sz]|translat|\bread\b|consider", re.IGNORECASE)


def end_of(text: str, begin: int, mark: str, before: str) -> int:
    """Where the last document of ``text``, a turn, ends: it begins at ``begin`` behind a ``mark``, and nothing ends it.

    ``before``: what the turn says before its first document. A task in a paragraph of its own is what is asked where
    that says nothing, and a question where that asks none.
    """
    size = len(text.rstrip())
    low = max(begin, size - 2 * _LONGEST)
    at = max((blank.end() for blank in _BLANK.finditer(text, low, size)), default=size)
    last = text[at:].strip()
    if not last or len(last) > _LONGEST or "\n" in last or not text[begin:at].strip():
        return size
    if last.endswith(("?", "\uff1f")):
        return size if "?" in before else at
    told = before.strip() or _ASKED.search(mark)
    return size if told or _TASK.match(last) is None else at
