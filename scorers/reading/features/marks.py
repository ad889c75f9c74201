"""An answer without what claims nothing: citation marks, lists of sources, headings, rulers and heads of tables."""

from __future__ import annotations

import re

from scorers.reading.screen import Screen

#: A text with none of these characters and words has no mark that ``unmarked`` takes out.
_SIGNS = re.compile("[\\[<|#`\u00a7\u3010\u2020\u2021\u00b9\u00b2\u00b3\u2070-\u209f\ue200-\ue20f]")
_WORDS = (
    *(
        "source",
        "reference",
        "citation",
        "cite",
        "document",
        "doc",
        "passage",
        "context",
        "chunk",
        "page",
        "p.",
        "footnote",
    ),
    *(
        "bibliography",
        "reading",
        "links",
        "quellen",
        "fuentes",
        "**",
        "__",
        "://",
        "www.",
        "---",
        "===",
        ", 19",
        ", 20",
        " & ",
        "et al.",
    ),
    *("table ", "fig", "ref"),
)
_URL = r"(?:https?://|www\.)[^\s<>\[\]|]{0,400}[^\s<>\[\]|.,;:!?)]"
_MANY = r"(?: ?(?:[,;&-]|and|to) ?#?\d{1,5}){0,12}"
_SOURCE = r"(?:sources?|references?|refs?|citations?|cite|documents?|docs?|passages?|contexts?|chunks?|pages?|pp?\.?)"
_CITATION = re.compile(
    # \ue200cite...: private characters around what a client shows as a link
    r"[\ue200-\ue20f][^\ue200-\ue20f\n]{0,200}(?:[\ue200-\ue20f][^\ue200-\ue20f\n]{0,200}){0,8}[\ue201\ue204]"
    r"|\u3010[^\u3010\u3011\n]{1,200}\u3011"
    r"|<(?P<tag>sup|ref|source|citation|co)\b[^<>\n]{0,200}>[^<>\n]{0,40}</(?P=tag)>|</?(?:cite|ref|co|a|sup|source)\b[^<>\n]{0,400}>"
    r"|\[\^?\d{1,5}(?:\u2020[^\]\n]{0,60})?(?:[,;\s-]{1,3}\^?\d{1,5}){0,12}\]"
    r"|\[\^[^\[\]\n]{1,60}\]|\[(?i:ids?)[ :_#-]{0,3}\d{1,6}\]"
    rf"|[\[(](?i:{_SOURCE})[ :_#-]{{0,3}}\d[^\])\n]{{0,60}}[\])]"
    rf"|[\[(](?i:see|source|sources|cited from|quelle)\b:? [^\])\n(]{{1,120}}(?:\([^()\n]{{0,400}}\))?[\])]"
    rf"|\({_URL}\)|<{_URL}>"
    r"|\((?=[A-Z])[^()\d\n]{2,80}, (?:19|20)\d\d[a-z]?(?:, pp?\. ?\d{1,4}(?:-\d{1,4})?)?\)(?=[\s.,;]|$)"
    # without the comma only where a page, a second author or a bracket shows what it is
    r"|\((?=[A-Z])[^()\d\n]{2,80},? (?:19|20)\d\d[a-z]?, pp?\. ?\d{1,4}(?:-\d{1,4})?\)"
    r"|\((?=[A-Z])[^()\d\n]{1,60}(?: & | et al\.)[^()\d\n]{0,40} (?:19|20)\d\d[a-z]?\)"
    r"|\[(?=[A-Z])[^\[\]\d\n]{2,80},? (?:19|20)\d\d[a-z]?(?:, pp?\. ?\d{1,4}(?:-\d{1,4})?)?\](?!\()"
    r"|\((?=[A-Z])[^()\d\n]{2,80}\u00a7 ?\d[\d.]{0,8}\)"
    r"|[\u00b9\u00b2\u00b3\u2070\u2074-\u2079\u2020\u2021]+(?=[\s.,;:)]|$)"
    rf"|{_URL}"
    rf"|\b(?i:{_SOURCE}) (?:(?i:no|nos)\. ?)?#?\d{{1,4}}\b{_MANY}"
)
#: What each citation has one of, but those that are a word and a number.
_CITABLE = re.compile("[(\\[<\u3010\u00b9\u00b2\u00b3\u2020\u2021\u2070-\u2079\ue200-\ue20f]|http|www")
_NUMBERED = Screen({"numbered": rf"\b{_SOURCE} (?:(?:no|nos)\. ?)?#?\d{{1,4}}\b"})
#: Links in brackets, links that are numbers, and links after the end of a sentence.
_CITED = re.compile(
    r"\((?:\[[^\[\]\n]{1,200}\]\([^()\s]{1,600}\)[,; ]{0,3}){1,6}\)|\[\[?\^?\d{1,5}\]?\]\([^()\s]{0,600}\)"
    r"|(?<=[.!?] )\[[^\[\]\n]{1,200}\]\([^()\s]{1,600}\)"
)
#: The words of a link stay where they stand in a sentence.
_LINK = re.compile(r"!?\[([^\[\]\n]{1,300})\]\([^()\s]{1,600}(?: \"[^\"\n]{0,100}\")?\)")
_SOURCES = re.compile(
    r"^[ \t>*_#-]{0,8}(?:key |main |list of |further )?"
    r"(?:sources?|references?|citations?|footnotes?|bibliography|reading|links|quellen|fuentes)(?: used| cited)?"
    r"[ \t]{0,2}[*_]{0,2}(?P<colon>:)?[*_]{0,2}[ \t]{0,2}(?P<rest>[^\n]{0,400})$",
    re.IGNORECASE,
)
_ITEM = re.compile(
    rf"^[ \t]{{0,8}}(?:[-*\u2022+]|\(?\d{{1,3}}[.)\]:]|\[\^?[^\]\n]{{1,40}}\]:?)[ \t]|{_URL}"
    r"|\.(?:pdf|docx?|md|html?|txt|csv)\b"
)
_NOTE = re.compile(rf"^[ \t]{{0,8}}\[\^?[^\]\n]{{1,60}}\]: |^[ \t]{{0,8}}\[\d{{1,3}}\] [^\n]{{0,300}}{_URL}")
_HEADING = re.compile(
    r"^[ \t]{0,3}#{1,6}[ \t]+\S|^[ \t]{0,3}(?:\*\*|__)[^*_\n.!?]{1,100}(?:\*\*:?|__:?|:\*\*)[ \t]{0,4}$"
)
_RULER = re.compile(
    r"^[ \t]*(?:[|:+=\s-]*(?:---|===|:--|--:)[|:+=\s-]*|[`~]{3,}\w{0,20}|[*_](?:[ \t]?[*_]){2,})[ \t]*$"
)
_FENCE = re.compile(r"[ \t]{0,8}```[ \t]{0,2}(?P<language>[\w+#-]{0,20})")
#: Languages of fences that hold programs and commands: they claim nothing.
_LANGUAGES = """python py javascript js jsx typescript ts tsx java c cpp c++ csharp c# go golang rust ruby php swift
    kotlin scala r bash sh shell zsh console powershell sql html css perl lua dart haskell dockerfile makefile"""
_CODE = frozenset(_LANGUAGES.split())
_CAPTION = re.compile(r"^[ \t*_]{0,4}(?:table|figure|fig\.) \d{1,3}[.:]", re.IGNORECASE)


def unmarked(text: str) -> str:
    """``text`` with a blank for each citation mark, without lists of sources, headings, rulers and heads of tables.

    Sentences keep their other words, in order. Where nothing would be left, headings stay.
    """
    if not _SIGNS.search(text):
        low = text.lower()
        if not any(word in low for word in _WORDS):
            return text
    lines = text.split("\n")
    kept = [line for line, aside in zip(lines, _aside(lines), strict=True) if not aside]
    if not any(map(_says, kept)):
        kept = [line for line in lines if not _RULER.match(line)]
    said = "\n".join(kept)
    if "[" in said:
        said = _LINK.sub(r"\1", _CITED.sub(" ", said))
    return _CITATION.sub(" ", said) if _CITABLE.search(said) or _NUMBERED.maybe(said.lower()) else said


def _says(line: str) -> bool:
    return any(map(str.isalnum, line))


def _aside(lines: list[str]) -> list[bool]:
    """For each line whether it is a heading, the head or ruler of a table, a note, code, or of a list of sources."""
    found, sources, code = [], False, False
    for at, line in enumerate(lines):
        fence = _FENCE.match(line)
        if fence is not None:
            code = not code and fence["language"].lower() in _CODE
        if code:
            found.append(True)
            continue
        if not line.strip():
            found.append(False)
            continue
        if sources and not _ITEM.search(line):
            sources = False
        start = _SOURCES.match(line)
        if start and (not start["rest"] or start["colon"]):
            sources = True
            found.append(True)
            continue
        following = lines[at + 1] if at + 1 < len(lines) else ""
        head = "|" in line and "-" in following and "|" in following and bool(_RULER.match(following))
        marked = any(sign.match(line) for sign in (_NOTE, _HEADING, _RULER, _CAPTION))
        found.append(sources or head or marked)
    return found
