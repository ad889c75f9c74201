"""Whether people give a text and want it in other words or in another language: what the answer says is that text.

Eight languages. The text must be there: without one, an answer that asks for it asks.
"""

from __future__ import annotations

import re

#: A verb of rewording, a few words (how, into which language), and a text behind a colon, a line end or a quote.
_REWORDED = re.compile(
    r"\b(?:translate|re-?write|rephrase|paraphrase|reword|proof-?read|correct|polish|shorten|say (?:it|this)|"
    r"make (?:it|this)|put (?:it|this)|übersetz\w*|formulier\w*|umschreib\w*|korrigier\w*|tradui\w*|reformul\w*|"
    r"corrig\w*|traduc\w*|traduz\w*|reescri\w*|reescrev\w*)\b[^:\n“„«\"：]{0,80}"
    r"(?:[:：\n]|[“„«\"'])\s{0,4}(?P<text>\S.{0,400})"
    r"|(?:翻译|译成|改写|润色|訳し|翻訳|書き直|ترجم|أعد صياغة)[^:\n：「\"]{0,40}(?:[:：\n]|[「“\"])\s{0,4}"
    r"(?P<other>\S.{0,400})",
    re.IGNORECASE | re.DOTALL,
)
#: A text that asks, and a manner in which orders become questions.
_ASKS = re.compile("[?\uff1f\u061f]")
_POLITE = re.compile(
    r"\b(?:polite\w*|formal\w*|friendl\w+|höflich\w*|poli\w*|educad\w*|cort[eé]s\w*|gentil\w*)\b|"
    r"礼貌|客气|丁寧|敬語|مهذب|لطيف",
    re.IGNORECASE,
)
#: Characters from the beginning that are looked at.
_SEEN = 600


def reworded(asked: str) -> str:
    """The text that ``asked`` gives to be said in other words; empty without one."""
    found = _REWORDED.search(asked[:_SEEN])
    return (found["text"] or found["other"] or "") if found is not None else ""


def question_reworded(asked: str) -> bool:
    """Whether such a text asks for something, or will where it is said politely."""
    text = reworded(asked)
    return bool(text) and (_ASKS.search(text) is not None or _POLITE.search(asked[:_SEEN]) is not None)
