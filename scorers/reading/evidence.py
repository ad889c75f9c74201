"""Documents found on the wire: what an answer may rest on, and whether an answer can be scored at all.

By role: contexts given outside the messages, tool results, document parts, and of the last user turns marked blocks
(for the judge also what was ``pasted``) and the files that clients put there. What else a client writes into a user
turn is no document, and nothing that a person said.
System and developer messages are instructions; marked blocks of theirs count where the configuration says that an
application puts documents there. Assistant turns are no evidence.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

from proxy.exchange import Outcome, StreamEnd
from proxy.sample import Choice, Message, Sample
from proxy.wire.client_forms import Turn, turn
from scorers.reading.answer import answer
from scorers.reading.pasted import pasted
from scorers.reading.request_behind import end_of
from scorers.reading.screen import Screen
from scorers.reading.text import Blind, words
from scorers.score import Reason

#: User turns from the end that may hold documents.
_USER_TURNS = 4
#: A marked block or fence with fewer words is a heading or a value, not a document.
_FEWEST_WORDS = 3
_FENCE_WORDS = 12
_CUT = frozenset({StreamEnd.UPSTREAM_CUT, StreamEnd.CLIENT_DISCONNECTED, StreamEnd.IDLE_TIMEOUT, StreamEnd.ERROR_EVENT})
_HALF = frozenset({Outcome.STREAM_INCOMPLETE, Outcome.UPSTREAM_ERROR})
_TRUSTED = frozenset({"system", "developer"})
#: Whose messages are results of tools: ``function`` is the older word for it in chat, the others are those of templates
#: (Llama, GLM, Nemotron) that servers pass on.
RESULTS = frozenset({"tool", "function", "ipython", "observation", "tool_response"})
#: Codes of errors by which providers decline a prompt (Azure and OpenAI, Zhipu); also any that names a policy.
_PROMPT_REFUSED = frozenset({"content_filter", "invalid_prompt", "1301"})
_PROMPT_POLICY = re.compile("policy|sensitive|inspection|moderation|guardrail")

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
_MARK = Blind(_MARK_PATTERN, re.MULTILINE)
#: What a mark that begins in a line has in that line.
_SCREEN = Screen({"mark": "(?m)" + _MARK_PATTERN.replace(r"[^\n]{0,400}\n[ \t]{0,8}(?=\n)", "")})
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


def documents(sample: Sample) -> tuple[str, ...] | Reason:
    """The texts that the answer may rest on, in the order of the wire, none blank and none twice; else why none.

    With what was ``pasted`` into turns without marks: who asks this reads the documents, as the judge does. Evidence
    that never crossed the wire makes the rest incomplete, so it comes first.
    """
    told = "\n".join(message.content for message in sample.messages if message.role in _TRUSTED)
    return documents_in(sample, sample.messages, lambda text: marked(text) or pasted(text, told))


def documents_in(
    sample: Sample, messages: tuple[Message, ...], blocks: Callable[[str], list[str]], whole: bool = True
) -> tuple[str, ...] | Reason:
    """``documents`` of some of the sample's ``messages``; ``blocks`` finds what is marked in a text.

    ``whole``: all of the evidence is needed. Without it, what crossed the wire is enough.
    """
    if sample.off_wire and whole:
        return Reason.EVIDENCE_OFF_WIRE
    found: list[str] = list(sample.contexts)
    users = [index for index, message in enumerate(messages) if message.role == "user"][-_USER_TURNS:]
    for index, message in enumerate(messages):
        if message.role in RESULTS:
            found.append(message.content)
        elif index in users:
            said = turn(message.content)
            found += [*said.documents, *blocks(said.spoken)]
        elif sample.system_documents and message.role in _TRUSTED:
            found += blocks(message.content)
        if message.role != "assistant":
            found.extend(message.documents)
    texts = tuple(dict.fromkeys(text for text in map(str.strip, found) if text))
    if texts:
        return texts
    if sample.off_wire:
        return Reason.EVIDENCE_OFF_WIRE
    if any(_holds_file(message) for message in messages if message.role != "assistant"):
        return Reason.EVIDENCE_NOT_TEXT
    return lacking(sample, Reason.NO_EVIDENCE)


def _holds_file(message: Message) -> bool:
    return bool(message.other_parts)


def marked(text: str) -> list[str]:
    """The blocks of ``text`` that markers such as ``Context:`` or ``<document>`` name as documents."""
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

    for match in _marks(text):
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
        close(match.start(), _FEWEST_WORDS)
        mark = match[0]
        tags = _within(tags, match)
        closer = "end" if tags else ""
        open_at = match.end() if tags or kind not in ("cut", "end", "end_label") else None
    if not closer and open_at is not None:
        close(end_of(text, open_at, mark, text[:first]), _FEWEST_WORDS)
    elif closer != "code":
        close(len(text), _FEWEST_WORDS if closer != "fence" else _FENCE_WORDS)
    return found


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


def _marks(text: str) -> Iterator[re.Match[str]]:
    """All marks in order. Only lines that may hold one are searched: most text has none, and is screened far faster."""
    pattern, text = _MARK.prepared(text)
    screened = pattern is _MARK.lowered
    done = at = 0
    size = len(text)
    while at < size:
        end = text.find("\n", at) + 1 or size
        # Short lines go together, a long one by itself.
        while end < size and (following := text.find("\n", end) + 1 or size) - at < _TOGETHER:
            end = following
        if not screened or _SCREEN.maybe(text[at:end]):
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


def unscorable(sample: Sample, choice: Choice) -> Reason | None:
    """Why this answer has no text to score, or ``None``: half answers, errors, tool calls alone, no text."""
    return unscorable_text(sample, choice, answer(sample, choice))


def unscorable_text(sample: Sample, choice: Choice, text: str) -> Reason | None:
    """``unscorable`` where the answer's ``text`` is known."""
    if half(sample):
        return Reason.INCOMPLETE
    if text.strip():
        return None
    if choice.tool_calls:
        return Reason.TOOL_CALL_ONLY
    return Reason.INCOMPLETE if sample.response_truncated else Reason.NO_TEXT


def half(sample: Sample) -> bool:
    """Whether the answer did not come whole: its stream was cut or did not end, or an error ended it. What it says so
    far is no answer. A request that was refused by its status has no answer at all."""
    exchange = sample.exchange
    if exchange.status is not None and exchange.status >= 400:
        return exchange.stream_end in _CUT and any(choice.text for choice in sample.choices)
    return exchange.stream_end in _CUT or exchange.outcome in _HALF


def refused_by_error(sample: Sample) -> bool:
    """Whether the provider declined the prompt by an error, whose code says so."""
    code = (sample.exchange.error or "").lower()
    return code in _PROMPT_REFUSED or _PROMPT_POLICY.search(code) is not None


def refused_on_wire(sample: Sample) -> bool:
    """Whether the provider itself declined, by a refusal field, a content filter or an error that names a policy."""
    return sample.exchange.wire_refusal or refused_by_error(sample)


def unanswered(sample: Sample) -> Reason | None:
    """Why this exchange has no final answer, or ``None``: for scorers that read the request alone.

    An attempt that failed and is tried again would count the same question twice. A provider's refusal is an answer,
    and a recorded sample, which has no status, was answered.
    """
    exchange = sample.exchange
    if refused_on_wire(sample):
        return None
    failed = exchange.status is not None and not 200 <= exchange.status < 300
    if not failed and (exchange.stream_end in _CUT or exchange.outcome is Outcome.STREAM_INCOMPLETE):
        return Reason.INCOMPLETE
    return Reason.NO_TEXT if failed or exchange.outcome is not Outcome.OK else None


def lacking(sample: Sample, reason: Reason) -> Reason:
    """Why something is not found in the request: ``reason``, unless it was too long to be captured whole."""
    return Reason.TOO_LONG if sample.request_truncated else reason


def last_turns(sample: Sample) -> list[Turn]:
    """The user turns after the last answer that was more than a tool call, in order."""
    since = sample.messages[last_answer(sample.messages) + 1 :]
    return [turn(message.content) for message in since if message.role == "user"]


def last_answer(messages: Sequence[Message]) -> int:
    """The place of the last answer that was more than a tool call; -1 without one.

    What a model says with a call, or right before one, tells what it is about to do. Responses has the two in items of
    their own.
    """
    calls = False
    for at in range(len(messages) - 1 - _prefills(messages), -1, -1):
        message = messages[at]
        calls = message.role == "assistant" and (calls or bool(message.tool_calls))
        if message.role == "assistant" and message.content.strip() and not calls:
            return at
    return -1


def prefilled(sample: Sample) -> str:
    """The beginning of the answer as the request has it, which the model goes on with; empty in most requests."""
    return sample.messages[-1].content if _prefills(sample.messages) else ""


def _prefills(messages: Sequence[Message]) -> bool:
    return bool(messages) and messages[-1].role == "assistant" and not messages[-1].tool_calls


def user_text(sample: Sample) -> str:
    """What people asked since the last answer that was more than a tool call; not what their clients wrote."""
    return spoken_in(last_turns(sample))


def spoken_in(turns: list[Turn]) -> str:
    """What people wrote in ``turns``."""
    return "\n".join(one.spoken for one in turns if one.spoken.strip() or not one.made)


def question_text(sample: Sample) -> str:
    """What people asked, without the documents that stand in the same turns."""
    text = user_text(sample)
    return without(text, marked(text))


def without(text: str, blocks: list[str]) -> str:
    """``text`` with a line break in the place of each of the ``blocks``."""
    for block in blocks:
        text = text.replace(block, "\n")
    return text
