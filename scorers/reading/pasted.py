"""Documents that people paste into their own turns without a word that names them: mails, chats, minutes, articles.

What is pasted counts where somebody asks about it. Beside a request to summarise, extract or the like it is any text;
beside a question it is a text of a known form, or prose in which nobody speaks of himself. A request for something new
(a reply, a story, advice) makes it material and no evidence. Code and logs are what the model is to know better about.
"""

from __future__ import annotations

import re

from scorers.reading.code_lines import is_code
from scorers.reading.text import words

#: Fewest words of a document, and most words of a request beside it.
_FEWEST, _MOST = 25, 45
#: Longest turn that is looked at, in characters.
_LONGEST = 200_000
#: Lines of a form that make a text one.
_LINES = 3

#: What only wants to read: the answer is in the text.
_READS = re.compile(
    r"\b(?:summar\w+|tl;? ?dr|sum (?:it|this|that|these|up|them)|gist|key (?:points?|facts?|takeaways?|messages?)|"
    r"takeaways?|main points?|extract|recap|digest|minutes|short version|in short|bullet points?|action items?|"
    r"in (?:\w+ )?(?:one|two|three|four|five|a few|\d{1,2})(?:[- ](?:\w+[- ])?(?:\d{1,2} )?)sentences?|"
    r"\d{1,2} (?:\w+ )?sentences?|according to|based on (?:the|this)|third[- ]person|3rd[- ]person|condense|"
    r"boil (?:it|this) down|outline of|(?:from|in|of) (?:the|this|these) (?:\w+ )?(?:text|article|mail|e-?mail|chat|"
    r"thread|call|transcript|conversation|notes?|document|passages?|message|letter|report|page|minutes|meeting|table|"
    r"list|news|story|post|contract|review)s?\b|"
    r"what (?:is|was|'s) (?:this|the) (?:\w+ )?(?:about|conversation|chat)|what happened)",
    re.IGNORECASE,
)
#: What wants something new, or what the model knows of the world.
_MAKES = re.compile(
    r"\b(?:writ(?:e|ing)|draft|compose|repl(?:y|ies)|respon(?:d|se)|answer (?:him|her|them|to)|re-?writ\w+|rephras\w+|"
    r"paraphras\w+|reword|improv\w+|polish|proof-?read\w*|correct(?:ed)? (?:the|this|my|these|it)|fix|edit|continu\w+|"
    r"finish|translat\w+|convert|refactor|debug|stor(?:y|ies) (?:about|with)|poem|song|slogan|tweet|cover letter|"
    r"brainstorm\w*|ideas?|suggest\w*|recommend\w*|advi[cs]e|should (?:i|we)|what do you think|opinion|feedback|"
    r"critique|rate|role-?play|imagine|pretend|act as|you are|generate|create|design|explain (?:why|how|what)|"
    r"how (?:do|can|could|would) (?:i|we|you)|help me|solve|prove|calculate the derivative|code|function|script|"
    r"quer(?:y|ies)|regex|classif\w+|sentiment|better|shorter|longer|formal|friendl\w+|tone|style|spelling|grammar)\b",
    re.IGNORECASE,
)
#: What is new even where the request names the text, and what is asked for all the same.
_NEW = re.compile(
    r"\b(?:reply|respond|letter to|(?:e-?mail|write|answer) back|poem|haiku|song|stor(?:y|ies) about|quiz|"
    r"(?:multiple.choice|comprehension|interview) questions?|title|headline|tweet|slogan|translat\w+|continue|rewrite|"
    r"improve|critique|opinion|feedback|bias(?:es)?|insert|gaps?|reformat|cover letter|proof-?read|correct the)\b",
    re.IGNORECASE,
)
_BRIEF = re.compile(r"\b(?:summar\w+|tl;? ?dr|sum (?:it|this|that) up|extract)\b", re.IGNORECASE)
_QUESTION = re.compile(
    r"[?\uff1f]|\A\W{0,4}(?:how|what|when|who|whom|whose|which|where|why|is|are|was|were|does|do|did|will|has|have)\b"
    r"|\bquestion\b|\n\W{0,4}(?:how|what|when|who|whom|whose|which|where|why|is|are|was|were|does|do|did|will|has|have)\b",
    re.IGNORECASE,
)
_QUESTION_LINE = re.compile(r"[ \t*_#]{0,8}(?:question|query|q)[ *_]{0,3}\d{0,2}[ *_]{0,3}[:.)]", re.IGNORECASE)
_LISTS = re.compile(r"\W{0,4}(?:please )?(?:list|name|find|count|tell me|give me|show me|look up)\b", re.IGNORECASE)
_ASKS = re.compile(
    r"[?\uff1f]|\A\W{0,4}(?:how|what|when|who|whom|whose|which|where|why|can|could|is|are|was|were|does|do|did|will|so|"
    r"has|have|had|any|list|name|tell|find|give|say|put|explain|state|compare|count|using|(?:answer|use|from)(?! ?:))\b"
    r"|\b(?:please|pls|plz|here'?s|here (?:is|are)|below|above|following|attached|pasted|question|according to|"
    r"based on)\b|\bth(?:is|ese) (?:is|are) [^\n]{0,60}:\Z",
    re.IGNORECASE,
)
#: What is asked about data is not answered by them alone: how to write, mend, use or understand them.
_WORKS = re.compile(
    r"\b(?:why|how (?!many|much|long|often|far|old|late|big|large|high|few)\w+|(?:in)?valid\w*|wrong|"
    r"broken|pars\w+|syntax|schema\w*|format\w*|interface|class(?:es)?|types?|typescript|python|javascript|sql|endpoint|"
    r"curl|(?:de)?serial\w+|explain|means?|understand|output|return|(?:as|to|into) (?:\w+ )?(?:json|yaml|xml|csv)|"
    r"like this|structure|shape|example|template|config\w*|settings?|install|deploy|run|use|add|remove|change|sort|"
    r"rename|merge|compatib\w+|deprecated|should)\b",
    re.IGNORECASE,
)
#: An answer of a program is data, and no order to answer.
_RESPONSE = re.compile(r"\b(?:the|this|that|an?|our|my) (?:[\w/]{1,16} ){0,2}response\b", re.IGNORECASE)
#: Fences that hold data, by the word behind their mark; what stands around fences is looked at so far.
_DATA = frozenset(("json", "jsonl", "json5", "ndjson", "yaml", "yml", "xml", "csv", "tsv"))
_FENCE = re.compile(r"[ \t]{0,8}(`{3,8}|~{3,8})[ \t]{0,4}([^\s`]{0,40})")
_FENCES, _AROUND, _FEWEST_IN_DATA = ("```", "~~~"), 600, 8
_RULE = re.compile(r"[ \t]{0,8}(?:-{3,80}|={3,80}|\*{3,80}|_{3,80}|~{3,80})[ \t]{0,8}")
#: Lines of known forms: what a speaker says, heads of mails, numbered passages, items, fields, cells.
_FORMS = tuple(
    re.compile(pattern)
    for pattern in (
        r"[ \t]{0,4}(?:\[?\d{1,2}[:.]\d\d(?:[:.]\d\d)?(?: ?[AaPp][Mm])?\]?[ ,-]{0,3})?[A-Z][\w.'\- ]{0,28}"
        r"(?: ?\([^()\n]{1,24}\))?: ?\S",
        r"(?:From|To|Cc|Subject|Date|Sent|Von|An|Betreff|De|Objet|Asunto)(?: |:)[^\n]*\S",
        r"[ \t]{0,4}(?:\[\d{1,3}\]|\(\d{1,3}\)|\d{1,2}(?:\.\d{1,2})?[.)]?|[-*\u2022\u2013]|(?:passage|source|doc|"
        r"document|"
        r"clause|section|item|review|snippet|article) (?:\d{1,3}|[A-Z])\b)[ :]{1,3}\S",
        r"[^\n|]{0,80}\|[^\n]*|[^\n,;\t]{1,60}(?:[,;\t][^\n,;\t]{0,60}){2,20}",
    )
)
_SELF = re.compile(r"(?<![\w'\"])(?:I|me|my|mine|myself)(?![\w\"])|\b(?:I'm|I've|I'd|I'll|we're|our|ours)\b")
_QUOTED = re.compile(r"[\"\u201c][^\"\u201c\u201d\n]{0,400}[\"\u201d]")
_LOG = re.compile(
    r"\A\W{0,2}(?:\d{4}-\d\d-\d\d|\d\d:\d\d:\d\d)|\b(?:ERROR|WARN(?:ING)?|INFO|DEBUG|FATAL|TRACE)\b|\A\s{0,8}at \S|"
    r"Traceback|Exception\b"
)


def pasted(text: str, told: str) -> list[str]:
    """The text that a user turn asks about, if nothing but its place says that it is one; a part of ``text``.

    ``told``: the instructions of the application, which may ask in the user's place.
    """
    if len(text) > _LONGEST:
        return []
    if data := asked_data(text):
        return data
    if len(words(text[:4_000])) < _FEWEST:
        return []
    start, end, request = _between(text)
    document = text[start:end].strip()
    if len(words(document[:4_000])) < _FEWEST:
        return []
    reads = bool(_READS.search(request or told[-2_000:]))
    if _NEW.search(request) and not _BRIEF.search(request):
        return []
    if not reads and (_MAKES.search(request) or not _QUESTION.search(request)):
        return []
    lines = [line for line in document[:8_000].splitlines() if line.strip()]
    if sum(map(is_code, map(str.strip, lines))) * 2 > len(lines):
        is_data = document[:1] in "{[" and document[-1:] in "}]"
        return [document] if is_data and _asks_of_data(request) else []
    return [document] if reads or _is_document(document, lines) else []


def asked_data(text: str) -> list[str]:
    """The data in fences of a turn that asks what they say; none of any other."""
    if len(text) > _LONGEST or not any(fence in text for fence in _FENCES):
        return []
    data = _data(text)
    return data if data and _asks_of_data(_around(text)) else []


def _data(text: str) -> list[str]:
    """The data in fences that say which they are; none beside code, or in a fence that does not end."""
    found: list[str] = []
    bars, start, at = "", 0, 0
    for line in text.splitlines(keepends=True):
        fence = _FENCE.match(line)
        if fence and not bars:
            if fence[2].lower().rpartition(".")[2] not in _DATA:
                return []
            bars, start = fence[1], at + len(line)
        elif fence and fence[1].startswith(bars) and not fence[2]:
            data = text[start:at].strip()
            found += [data] if len(words(data[:4_000])) >= _FEWEST_IN_DATA else []
            bars = ""
        at += len(line)
    return found


def _around(text: str) -> str:
    """What stands before the first fence, and behind the last."""
    first = min((at for fence in _FENCES if (at := text.find(fence)) >= 0), default=len(text))
    last = max(map(text.rfind, _FENCES))
    return f"{text[:first][-_AROUND:].strip()}\n{text[last + 3 :][:_AROUND].strip()}".strip()


def _asks_of_data(said: str) -> bool:
    """Whether a request asks what data say, and nothing else of them."""
    if not said or len(words(said)) > 2 * _MOST:
        return False
    said = _RESPONSE.sub("", said)
    if _WORKS.search(said) or _MAKES.search(said) or _NEW.search(said):
        return False
    return bool(_QUESTION.search(said) or _READS.search(said) or _LISTS.match(said.rpartition("\n")[2]))


def _between(text: str) -> tuple[int, int, str]:
    """Where what stands between requests begins and ends in ``text``, and these requests."""
    start, end, asked = 0, len(text.rstrip()), []
    first, _, _ = text.lstrip().partition("\n")
    at = len(text) - len(text.lstrip())
    if first.strip() != text.strip() and _request(first):
        asked.append(first)
        start = at + len(first)
    behind = text.rfind("\n\n", start, end)
    rule = _last_rule(text, start, end)
    behind = max(behind, rule)
    if behind <= start or not _request(text[behind:end]):  # a question may also follow right on the text
        behind = text.rfind("\n", start, end)
        behind = behind if _asks_at_last(text[behind + 1 : end]) else start
    if behind > start and _request(text[behind:end]):
        asked.append(text[behind:end])
        end = behind
    return start, end, "\n".join(asked)


def _asks_at_last(line: str) -> bool:
    """Whether the last line of a turn is a question of its own, and nobody's in the text above."""
    return bool(_QUESTION_LINE.match(line)) or (line.rstrip().endswith("?") and not _FORMS[0].match(line))


def _last_rule(text: str, start: int, end: int) -> int:
    """Where the last line that is only drawn begins; -1 without one."""
    at = text.rfind("\n", start, end)
    for _ in range(_LINES):
        before = text.rfind("\n", start, at)
        if before < 0:
            return -1
        if _RULE.fullmatch(text, before + 1, at):
            return before
        at = before
    return -1


def _request(said: str) -> bool:
    seen = said.strip(" \t\n-=*_~")
    return bool(seen) and len(words(seen[:600])) <= _MOST and bool(_ASKS.search(seen) or _READS.search(seen))


def _is_document(document: str, lines: list[str]) -> bool:
    if sum(bool(_LOG.search(line)) for line in lines) * 3 > len(lines):
        return False
    for form in _FORMS:
        found = sum(bool(form.fullmatch(line) if form is _FORMS[-1] else form.match(line)) for line in lines)
        if found >= _LINES or (form is _FORMS[1] and found >= 2):
            return True
    return not _SELF.search(_QUOTED.sub("", document[:8_000]))
