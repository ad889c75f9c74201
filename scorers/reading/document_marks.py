"""Blocks of a turn that marks name as documents: ``Context:``, ``<document>``, a fence, a sentence that announces them.

Two sets of marks. ``marked`` knows those that mean a document wherever they stand. ``announced`` knows more: what
templates of retrieval write around their passages (a sentence, a head between dashes, a drawn line, labels in further
languages). They are looked for where the first ones find nothing, and by those who know what is asked.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from scorers.reading.request_behind import end_of
from scorers.reading.screen import Screen
from scorers.reading.text import Blind, words

#: A marked block or fence with fewer words is a heading or a value, not a document.
_FEWEST_WORDS = 3
_FENCE_WORDS = 12

_TAGS = (
    "context|contexts|documents?|docs?|knowledge|passages?|sources?|references?|article|search_results?|evidence|text"
    "|document_contents?|page_contents?|excerpts?|snippets?|chunks?|knowledge_base|transcripts?|web_?pages?|reports?"
    "|contracts?|faqs?|paragraphs?|(?:retrieved|relevant|provided)_(?:contexts?|information|knowledge)"
    "|[a-z]{2,20}_(?:documents?|docs|passages?|articles?|excerpts?|chunks?|transcripts?)"
)
_KINDS = (
    r"contexts?|documents?|knowledge(?: base)?|passages?|sources?|references?|articles?|evidence|excerpts?|"
    r"search results?|retrieved \w{1,20}|background(?: information)?|transcript|dialogue|conversation history|"
    r"reference (?:text|material)|given text|facts|paragraphs?|(?:relevant|known|supporting) information"
)
#: The same in German, French, Spanish, Portuguese, Italian, Dutch, Polish, Russian, Chinese and Japanese; alone before
#: their colon, since some are words of other meanings.
_KINDS_ELSEWHERE = (
    r"kontext\w{0,14}|dokumente?|quellen?|auszug|auszüge|textauszug|textauszüge|hintergrund\w{0,14}|suchergebnisse?|"
    r"contextes?|documents?|extraits?|résultats de (?:la )?recherche|base de connaissances|"
    r"contextos?|documentos?|fuentes?|extractos?|fragmentos?|resultados de (?:la )?(?:búsqueda|busca)|trechos?|fontes?|"
    r"contesto|documenti?|documento|brani|brano|estratt[oi]|fonti|risultati della ricerca|"
    r"documenten|bronnen|fragment(?:en)?|zoekresultaten|kontekst|dokumenty?|fragmenty|контекст|документы?|источники?|"
    r"上下文|参考资料|参考文档|参考信息|已知信息|背景信息|相关信息|背景资料|背景知识|检索结果|文档|资料|知识库|コンテキスト|文脈|"
    r"参考資料|資料"
)
_CUT_ELSEWHERE = (
    r"frage|aufgabe|anweisung|antwort|consigne|réponse|pregunta|tarea|respuesta|pergunta|tarefa|resposta|domanda|"
    r"compito|risposta|vraag|opdracht|antwoord|pytanie|odpowiedź|вопрос|ответ|问题|用户问题|我的问题|提问|回答|質問|問題"
)
#: With the blank before it that French has, and its wide form.
_COLON = "[*_]{0,2}[ \u00a0\u202f]?[:：][*_]{0,2}"
# One alternative a kind of mark. Every repeat is bounded, so a hostile text costs a constant a character.
_MARK_PATTERN = (
    rf"(?P<tag><(?:{_TAGS})\b[^<>\n]{{0,200}}>)"
    rf"|(?P<end></(?:{_TAGS})>)"
    r"|(?P<fence>\"\"\"|^[ \t]{0,8}(?P<bars>`{3,8}|~{3,8})(?P<info>[^\n`]{0,120})$)"
    r"|(?P<rule>^[ \t]{0,8}(?:-{5,80}|={5,80})[ \t]{0,8}$)"
    r"|(?P<start>(?:^[ \t#>*\[(_-]{0,8}|(?<=[.!?] ))(?:the |retrieved |relevant |additional |provided |following )?"
    rf"(?:{_KINDS})"
    r"[ \t#]{0,2}[\[(]?\d{0,3}[\])]?[^\n:.?!]{0,40}[*_]{0,2}:[*_]{0,2})"
    rf"|(?P<title>^\#{{1,4}}[ \t]{{1,4}}(?:\w{{1,12}} )?(?:{_KINDS})[ \t]{{0,4}}$)"
    r"|(?P<told>\b(?:use|using|given|based on|from|read|summari[sz]e|according to|consider|here (?:is|are))"
    r" (?:only )?(?:the|this|these)(?: \w{1,16}){0,3}? (?:following|text|below|" + _KINDS + r")\b[^\n:?]{0,160}:)"
    r"|(?P<piece>\b(?:use|using|given|based on) (?:only )?the (?:following|provided) (?:pieces? of |parts? of )?"
    rf"(?:{_KINDS})"
    r"\b[^\n]{0,400}\n[ \t]{0,8}(?=\n))"
    rf"|(?P<below>^(?:the )?(?:{_KINDS})(?: information)? (?:is|are) (?:given |provided )?below"
    r"(?:[.:]?|, surrounded by [-=]{3,80})[ \t]{0,4}$)"
    rf"|(?P<label>^[ \t#>*_-]{{0,8}}(?:(?:{_KINDS_ELSEWHERE})(?: ?[\[(]?\d{{1,3}}[\])]?)?{_COLON}|"
    rf"【(?:{_KINDS_ELSEWHERE})】[:：]?))"
    rf"|(?P<end_label>^[ \t#>*_-]{{0,8}}(?:(?:{_CUT_ELSEWHERE}){_COLON}|【(?:{_CUT_ELSEWHERE})】))"
    r"|(?P<seen>^observation:)"
    r"|(?P<cut>^[ \t#>*_-]{0,8}(?:user )?(?:question|query|instructions?|task|answer|claim|request|user input)s?"
    r"[^\n:]{0,20}:|(?<=\s)(?:question|query):)"
)
#: What announced texts are called beside ``_KINDS``.
_MORE = r"information|data|contents?|notes?|snippets?|chunks?|(?:search )?results?|materials?|texts?|facts?"
_LABELS_MORE = (
    r"已知内容|参考内容|检索内容|相关内容|相关文档|参考文本|知识库内容|コンテキスト情報|参考情報|参照情報|参考文書|背景情報|検索結果|関連情報|"
    r"السياق|سياق|المستندات|الوثائق|المصادر|المعلومات|المقتطفات|النص"
)
_CUTS_MORE = (
    r"السؤال|سؤال(?: المستخدم)?|المهمة|التعليمات|الإجابة|الجواب|ユーザーの質問|質問文|回答の要件|回答要求|用户提问|"
    r"用户查询|tu respuesta|sua resposta|deine antwort|votre réponse|instructions? spécifiques?"
)
_HERE = rf"{_KINDS}|{_KINDS_ELSEWHERE}|{_LABELS_MORE}"
_WIDE_TOLD = (
    rf"(?P<wide_told>\b(?:based|rely|relying|grounded) (?:only|solely|strictly|exclusively|entirely) (?:up)?on "
    rf"(?:the|this|these)(?: \w{{1,16}}){{0,3}}? (?:following|below|{_KINDS}|{_MORE})\b[^\n:?]{{0,160}}:"
    r"|\b(?:use|using|from|given|based on) (?:only |just )?(?:the|this|these)"
    rf"(?: \w{{1,16}}){{0,2}}? (?:{_MORE})\b[^\n:?]{{0,160}}:[ \t]{{0,4}}$)"
)
_WIDE_REST = (
    r"(?P<wide_behind>\b(?:use|using|given|based on|with) (?:only )?(?:the|these) (?:following|provided|retrieved) "
    rf"(?:pieces? of |parts? of )?(?:\w{{1,16}} )?(?:{_KINDS}|{_MORE})\b|\bsummary of the following\b"
    r"|\b(?:nutze|verwende|benutze|anhand|mithilfe|auf (?:der )?basis|auf (?:der )?grundlage|basierend auf)"
    r"(?: \w{1,16})? (?:folgende[nrs]?|untenstehende[nrs]?) \w{0,10}"
    r"(?:kontext|information|dokument|text|auszüge|quelle|daten)\w{0,4}"
    r"|\b(?:contextes?|documents?|extraits?|informations?|passages?|textes?) (?:suivante?s?|ci-dessous)\b"
    r"|\b(?:siguientes?|seguintes?) (?:contexto|documentos?|fragmentos?|trechos?|informaci\w{1,4}|informaç\w{1,3}|"
    r"textos?)\b|\b(?:contexto|documentos?|trechos?|informaç\w{1,3}|textos?) (?:a seguir|abaixo)\b)"
    rf"|(?P<wide_label>^[ \t#>*_-]{{0,8}}(?:(?:{_LABELS_MORE})(?: \w{{1,16}}){{0,4}} ?{_COLON}|"
    rf"【(?:{_LABELS_MORE})】[:：]?"
    rf"|(?:additional|context|reference|background|retrieved) (?:information|data|info){_COLON})"
    rf"|^#{{1,4}}[ \t]{{0,4}}(?:{_HERE})[ \t]{{0,4}}$"
    rf"|^(?:{_KINDS})(?: information)? from [\w ]{{1,40}} (?:is|are) below[.:]?[ \t]{{0,4}}$"
    rf"|^\[\[ ## (?:{_KINDS}|{_MORE}) ## \]\]|^-{{2,6}} ?(?:{_KINDS}|data tables?|knowledge graph|document chunks)"
    r"[\w ]{0,40}-{2,6}[ \t]{0,4}$"
    rf"|^[ \t*=#-]{{0,8}}(?:start|begin|beginning)(?: of)? (?:the )?(?:\w{{1,16}} )?(?:{_KINDS})(?: block| data)?"
    r"[ \t:*=#-]{0,8}$"
    r"|以下(?:是|为|は|が)[^\n:：。]{0,20}(?:知识库|资料|文档|信息|内容|上下文|コンテキスト|情報|資料|文書)[^\n:：。]{0,10}[:：])"
    rf"|(?P<wide_end>^[ \t#>*_-]{{0,8}}(?:{_CUTS_MORE})(?: ?[(（][^\n)）]{{1,30}}[)）])?{_COLON}"
    rf"|^#{{1,4}}[ \t]{{0,4}}(?:(?:user )?(?:question|query)|{_CUT_ELSEWHERE}|{_CUTS_MORE})[ \t]{{0,4}}$"
    r"|^\[\[ ## \w{1,40} ## \]\]|^-{2,6} ?[a-z][\w ]{1,30} ?-{2,6}[ \t]{0,4}$"
    rf"|^[ \t*=#-]{{0,8}}end(?: of)? (?:the )?(?:\w{{1,16}} )?(?:{_KINDS})(?: block| data)?[ \t:*=#-]{{0,8}}$"
    r"|以上(?:是|为|が)[^\n。]{0,20}(?:知识库|资料|文档|信息|内容|上下文|情報|資料))"
)


class _Marks:
    """One set of marks: as they are looked for, and what the lines that may hold one are screened with."""

    def __init__(self, pattern: str) -> None:
        self.blind = Blind(pattern, re.MULTILINE)
        # What a mark that begins in a line has in that line.
        self.screen = Screen({"mark": "(?m)" + pattern.replace(r"[^\n]{0,400}\n[ \t]{0,8}(?=\n)", "")})


_NARROW, _WIDE = _Marks(_MARK_PATTERN), _Marks(f"{_WIDE_TOLD}|{_MARK_PATTERN}|{_WIDE_REST}")
#: Kinds of marks that end a document and begin none.
_ENDS = frozenset(("cut", "end", "end_label", "wide_end"))
#: Characters of the paragraph that announces documents behind it.
_ANNOUNCING = 1_500
_BREAK = re.compile(r"\n[ \t]{0,80}\n")
_TAG_NAME = re.compile(r"\w+")
#: What a fence with prose is called, or how the name of its file ends.
_PROSE = ("", "text", "txt", "markdown", "md", "document", "context")
#: Tags within tags that are told apart.
_DEEPEST = 8
#: Signs of Chinese and Japanese.
_UNPARTED = re.compile("[\u3040-\u30ff\u4e00-\u9fff]")
#: Lines are looked at together up to this many characters.
_TOGETHER = 300
#: The longest blank line that is a part of a mark.
_BLANK = 9


def marked(text: str) -> list[str]:
    """The blocks of ``text`` that markers such as ``Context:`` or ``<document>`` name as documents."""
    return _blocks(text, _NARROW)


def announced(text: str) -> list[str]:
    """The blocks that any mark names, those of templates among them."""
    return _blocks(text, _WIDE)


def _blocks(text: str, marks: _Marks) -> list[str]:
    found: list[str] = []
    open_at: int | None = None
    closer = bars = ""
    tags: list[str] = []  # those that are open, the outermost first
    first: int | None = None
    mark = ""

    def close(end: int, fewest: int) -> None:
        if open_at is not None:
            block = text[open_at:end].strip().strip('`~"').strip()
            if _has_words(block[:2000], fewest):
                found.append(block)

    for match in _marks(text, marks):
        kind = match.lastgroup
        first = match.start() if first is None else first
        if closer == "code" or (closer == "fence" and kind == "fence"):
            if kind != "fence" or not _closes(match, bars):
                continue  # what stands in code, or in a longer fence, marks nothing
            if closer == "fence":
                close(match.start(), _FENCE_WORDS)
            open_at, closer = None, ""
            continue
        if closer and kind != closer and not (kind == "tag" and closer == "end"):
            continue  # inside a tag or a fence only its end counts, and a tag inside a tag
        if kind == "rule":
            if closer == "rule":
                close(match.start(), _FEWEST_WORDS)
                open_at, closer = None, ""
            elif open_at is not None and not text[open_at : match.start()].strip():
                open_at, closer = match.end(), "rule"  # a line drawn right under a mark fences what it names
            continue
        if kind == "fence":
            if open_at is None:
                bars = match["bars"] or ""
                open_at, closer = (match.end(), "fence") if _prose(match["info"] or "") else (None, "code")
            continue
        if kind in _ENDS and open_at is not None and match.start() < open_at:
            continue  # in the paragraph that announces documents
        close(match.start(), _FEWEST_WORDS)
        mark = match[0]
        tags = _within(tags, match)
        closer = "end" if tags else ""
        open_at = match.end() if tags or kind not in _ENDS else None
        if kind == "wide_behind":
            open_at = _behind(text, match.end())
    if not closer and open_at is not None:
        close(end_of(text, open_at, mark, text[:first]), _FEWEST_WORDS)
    elif closer != "code":
        close(len(text), _FEWEST_WORDS if closer != "fence" else _FENCE_WORDS)
    return found


def _behind(text: str, at: int) -> int | None:
    """Where the paragraph that announces documents ends."""
    gap = _BREAK.search(text, at, at + _ANNOUNCING)
    return None if gap is None else gap.end()


def _has_words(block: str, fewest: int) -> bool:
    """Whether a block has so many words. Where no blanks part them, a word is about two signs."""
    if len(words(block)) >= fewest:
        return True
    return not block.isascii() and len(_UNPARTED.findall(block)) >= 2 * fewest


def _within(tags: list[str], mark: re.Match[str]) -> list[str]:
    """The tags that are open behind a mark: the end of one ends what it holds, and one that was not begun all."""
    if mark["tag"]:
        return [*tags[-_DEEPEST:], _name(mark["tag"])]
    if mark["end"] and (name := _name(mark["end"])) in tags:
        return tags[: len(tags) - 1 - tags[::-1].index(name)]
    return []


def _name(tag: str) -> str:
    found = _TAG_NAME.search(tag)
    return found[0].lower() if found else ""


def _marks(text: str, marks: _Marks) -> Iterator[re.Match[str]]:
    """All marks in order. Only lines that may hold one are searched: most text has none, and is screened far faster."""
    pattern, text = marks.blind.prepared(text)
    screened = pattern is marks.blind.lowered
    done = at = 0
    size = len(text)
    while at < size:
        end = text.find("\n", at) + 1 or size
        # Short lines go together, a long one by itself.
        while end < size and (following := text.find("\n", end) + 1 or size) - at < _TOGETHER:
            end = following
        if not screened or marks.screen.maybe(text[at:end]):
            # A mark may need the blank line behind its own, and no more.
            limit = text.find("\n", end) + 1 or size
            limit = limit if limit - end <= _BLANK else end
            for match in pattern.finditer(text, max(at, done), limit):
                if match.start() >= end:
                    break
                done = match.end()
                yield match
        at = end


def _closes(fence: re.Match[str], bars: str) -> bool:
    """Whether a fence ends one that began with ``bars`` (empty: three quotes): the same sign, as many or more, and
    nothing behind it (CommonMark, 4.5)."""
    if not bars:
        return fence["bars"] is None
    return (fence["bars"] or "").startswith(bars) and not (fence["info"] or "").strip()


def _prose(info: str) -> bool:
    """Whether a fence holds prose, by the first word behind its mark. A language, or the name of another file, means
    code."""
    return (info.split() or [""])[0].lower().rpartition(".")[2] in _PROSE
