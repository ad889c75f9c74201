"""Documents that people hand over in a turn: all that marks, tags and drawn lines name, where it is asked about.

``marked`` (``document_marks``) comes first. Where it finds nothing: data in tags with a name of their own
(``<email>``, ``<refund_policy>``), what templates of retrieval announce, and what stands between drawn lines beside a
word of it. These say less than a mark, so they count only where the turn wants no new text (a reply, a translation).
Last, data in fences that say which they are (JSON, YAML, XML, CSV), where a turn asks what they say.
In system messages of applications that put documents there they count by themselves.
"""

from __future__ import annotations

import re

from scorers.reading.document_marks import announced, marked
from scorers.reading.pasted import asked_data
from scorers.reading.text import words

#: Fewest words of a document, and of one between drawn lines.
_FEWEST, _RULED = 3, 12
#: Most tags of a turn that are looked at, and longest turn.
_MOST, _LONGEST = 400, 400_000
_NOUNS = (
    r"e-?mails?|mails?|messages?|threads?|chats?|chat_?logs?|conversations?|polic(?:y|ies)|notes?|minutes|tickets?|orders?|"
    r"invoices?|receipts?|letters?|memos?|reviews?|resumes?|cv|clauses?|agreements?|manuals?|handbooks?|"
    r"documentation|products?|catalog(?:ue)?s?|menus?|schedules?|timetables?|itinerar(?:y|ies)|agendas?|recipes?|news|"
    r"stor(?:y|ies)|speech(?:es)?|interviews?|surveys?|feedback|comments?|data|datasets?|csv|json|yaml|records?|cases?|"
    r"incidents?|issues?|announcements?|press_releases?|statements?|inventory|pric(?:es?|ing)|price_lists?|qa|cites?|"
    r"web_?sites?|pages?|pdfs?|books?|chapters?|abstracts?|papers?|lectures?|subtitles|captions|wiki|changelogs?|"
    r"release_notes|readme|laws?|regulations?|statutes?|listings?|posts?|tweets?|blogs?|results?"
)
#: Names of tags: a noun, with words before it that do not make it an example, a form to fill, or a client's own.
_TAG = re.compile(
    r"<(?P<name>(?!(?:examples?|samples?|outputs?|responses?|answers?|drafts?|desired|expected|targets?|templates?|format|your|"
    r"new|user|system|assistant|agent|project|environment|session|editor|workspace|ide|git|tools?|test|commit|command|"
    r"additional|json|xml|html|final)[_-])"
    rf"(?:[a-z]{{2,20}}[_-]){{0,3}}(?:{_NOUNS}))(?:[ \t][^<>\n]{{0,200}})?>",
    re.IGNORECASE,
)
_ANY_TAG = re.compile(r"</?[A-Za-z][^<>\n]{0,240}>")
#: A drawn line, and what names the text beside it.
_RULE = re.compile(r"^[ \t]{0,8}(?:-{3,80}|={3,80}|\*{3,80}|_{3,80})[ \t]{0,8}$", re.MULTILINE)
_NAMES = (
    r"(?:contexts?|documents?|passages?|information|sources?|snippets?|excerpts?|articles?|knowledge(?: base)?|"
    r"texts?|data|content|material)"
)
_BEFORE = re.compile(
    rf"\b(?:the|this|these|following|provided|retrieved|given|relevant|more) (?:\w{{1,16}} )?{_NAMES}\b"
    r"|\bpieces? of context\b",
    re.IGNORECASE,
)
_ABOVE = re.compile(
    rf"\b(?:the|this) (?:\w{{1,16}} )?{_NAMES} (?:provided |given )?above\b|\babove (?:\w{{1,16}} )?{_NAMES}\b",
    re.IGNORECASE,
)
_TASK = re.compile(
    r"\A\s*\Z|[?\uff1f\u061f]|\b(?:remember|answer|question|query|given|using|based on|instructions?)\b", re.IGNORECASE
)
#: Characters before a drawn line that are looked at, and behind one.
_NEAR = 900
#: What wants a new text, or a label: the documents are what it is made of.
_NEW = re.compile(
    r"(?:\A|[.!?:;,\n] ?|\b(?:please|pls|kindly|now|then|and|you|to|help|me|just|also) )\W{0,4}"
    r"(?:(?:re-?write|rephrase|paraphrase|reword|improve|polish|proof-?read|translate|continue|carry on|finish|convert|"
    r"refactor|brainstorm|classify|categori[sz]e|role-?play|fix|edit|correct (?:the|this|my|any|all)|reply|"
    r"respond to (?:him|her|them|this|(?:the|my) (?:e?-?mail|mail|message|letter|customer|sender|review|ticket))|"
    r"answer (?:him|her|them|(?:this|the) (?:e?-?mail|mail|message|letter|customer)))\b"
    r"|(?:write|draft|compose|create|generate|make|prepare|design|produce)\b(?!(?: \w{1,16}){0,4} (?:summar|answer|"
    r"response|overview|recap|digest|list|bullet|minutes|outline|table|report|timeline|sure|up)))"
    r"|\b(?:what|how) (?:should|could|can|do) (?:i|we) (?:reply|respond|answer|write|say)\b"
    r"|\b(?:schreib|verfass|übersetz|formulier|écri[stv]|rédig|tradui|corrig|escrib|redact|traduc|traduz|escrev|"
    r"redij)\w{0,6}\b|翻译|改写|润色|续写|写一|翻訳|書き直|書いて|返信を|ترجم|اكتب|أعد صياغة",
    re.IGNORECASE,
)


def handed(text: str, instructs: bool = False, known: list[str] | None = None) -> list[str]:
    """The documents of one turn, in order; parts of ``text``. ``instructs``: the turn is the application's own, and
    nothing in it asks for anything. ``known``: what is ``marked`` in it, where that is known."""
    found = [block for block in (marked(text) if known is None else known) if not _no_document(block)]
    if found or len(text) > _LONGEST:
        return found
    for look in (_tagged, announced, _ruled):
        blocks = [block for block in look(text) if not _no_document(block)]
        if blocks:
            return blocks if instructs or _asked_about(text, blocks) else []
    return [] if instructs else asked_data(text)


def _no_document(block: str) -> bool:
    """Whether a block is nothing but a question, which stood behind the mark, or the address of a page."""
    if " " not in block and block.startswith(("http://", "https://", "www.")):
        return True
    return block.endswith(("?", "\uff1f", "\u061f")) and "\n" not in block and len(words(block)) < 40


def _asked_about(text: str, blocks: list[str]) -> bool:
    """Whether what stands around the ``blocks`` says anything, and wants no new text."""
    for block in blocks:
        text = text.replace(block, "\n")
    text = _ANY_TAG.sub(" ", text)
    return any(map(str.isalnum, text)) and _NEW.search(text) is None


def _tagged(text: str) -> list[str]:
    """What stands in tags whose names are those of texts and data."""
    if "</" not in text:
        return []
    found: list[str] = []
    low = text.lower()
    at, missing = 0, set()
    for _ in range(_MOST):
        tag = _TAG.search(text, at)
        if tag is None:
            break
        at = tag.end()
        name = tag["name"].lower()
        end = -1 if name in missing else low.find(f"</{name}", at)
        if end < 0:
            missing.add(name)
            continue
        # What names the tag before it (``the text in <notes>``) begins nothing.
        nearest = low.rfind(f"<{name}", at, end)
        if nearest >= 0 and (opened := _TAG.match(text, nearest)) is not None:
            at = opened.end()
        block = text[at:end].strip()
        if len(words(block[:2_000])) >= _FEWEST or not block.isascii():
            found.append(block)
            at = end
    return found


def _ruled(text: str) -> list[str]:
    """What stands between drawn lines, or behind the only one, where the text before it speaks of a text; or above
    one, where the text behind it does."""
    rules = [match.span() for match in _RULE.finditer(text)][:_MOST]
    if not rules:
        return []
    (first, begin), (last, behind) = rules[0], rules[-1]
    if _BEFORE.search(text[max(0, first - _NEAR) : first]):
        # Lines may also part the passages, the last of which has none behind it.
        closed = len(rules) > 1 and _TASK.search(text[behind : behind + _NEAR])
        block = text[begin : last if closed else len(text)]
    elif _ABOVE.search(text[behind : behind + _NEAR]):
        block = text[:last]
    else:
        return []
    block = block.strip()
    return [block] if len(words(block[:2_000])) >= _RULED else []
