"""Which kind of evidence an answer is compared with. Each has a threshold of its own: none is imposed on another."""

from __future__ import annotations

import re

from scorers.reading.features.documents import Evidence
from scorers.reading.features.index import Index

#: Records (JSON, tables); the summary of a talk, of a text; what a talk rests on; passages for a question.
KINDS = ("records", "talk", "summary", "knowledge", "passages")
#: Kinds of which an answer retells documents: it names, leaves out and rewords more than one that answers a question.
RETOLD = frozenset(("talk", "summary"))
#: A few lines that somebody hands over with a request. Answers work with them: they compute, compare, advise, reword.
#: Most words of a right answer are missing in so short a text, so that a missing word says little.
NOTE = "note"
_SUMMARY = re.compile(
    r"\b(?:summar\w*|tl;?dr|recap|condense|abstract of|digest|key (?:points|facts|takeaways)|main (?:points|ideas)"
    r"|in (?:a few|one|two|three) sentences?)\b",
    re.IGNORECASE,
)
#: Words of people who speak; of what is written for readers they are few.
_SPEAKING = frozenset(("i", "we", "you", "our", "my", "me", "your", "us"))
_ASKS = re.compile(
    r"\?|^\W{0,4}(?:who|what|when|where|which|why|how|is|are|was|were|do|does|did|can|could|tell|give|list|explain|"
    r"describe|name|find|answer|claim|compare|show|write|calculate)\b",
    re.IGNORECASE | re.MULTILINE,
)
#: Words of the documents that are looked at, the share of them that makes a talk, and the longest knowledge of a talk.
_HEAD, _SPOKEN, _KNOWLEDGE = 800, 0.025, 300
#: The longest note, in words.
_NOTE = 120


def kind_of(evidence: Evidence | Index, asked: str) -> str:
    """One of ``KINDS``. ``asked``: what people asked, without the documents."""
    if evidence.records:
        return "records"
    if _SUMMARY.search(asked):
        head = evidence.tokens[:_HEAD]
        return "talk" if sum(map(_SPEAKING.__contains__, head)) > _SPOKEN * len(head) else "summary"
    if asked.strip() and not _ASKS.search(asked) and len(evidence.tokens) <= _KNOWLEDGE:
        return "knowledge"
    return "passages"


def narrowed(kind: str, evidence: Evidence | Index, handed: bool) -> str:
    """``NOTE`` in place of the ``kind`` of short evidence that a person ``handed`` over: it stands in a message of
    theirs, and neither a search nor a tool brought it. Records and summaries stay what they are."""
    short = handed and kind in ("knowledge", "passages") and len(evidence.tokens) <= _NOTE
    return NOTE if short else kind
