"""What scorers.evidence promises."""

import time

import pytest

from proxy.exchange import Exchange, Operation, Outcome, StreamEnd
from proxy.sample import Choice, Message, Sample, ToolCall
from scorers.reading.document_marks import marked
from scorers.reading.evidence import documents, question_text, refused_by_error, unscorable, user_text
from scorers.reading.reading import Reading
from scorers.score import Reason

FACT = "The lighthouse at Brenn has stood since 1871."


def sample(*messages: Message, **fields) -> Sample:
    exchange = Exchange(
        request_id="r",
        instance="i",
        started_at=0,
        app="a",
        operation=Operation.CHAT,
        upstream="u",
        outcome=Outcome.OK,
        duration=1,
        status=fields.pop("status", 200),
        stream_end=fields.pop("stream_end", None),
        error=fields.pop("error", None),
    )
    return Sample(id="s", exchange=exchange, messages=messages, **fields)


@pytest.mark.parametrize(
    "text",
    [
        f"Context: {FACT}",
        f"Context:\n{FACT}\n\nQuestion: How old is it?",
        f"Context: {FACT} Question: How old is it?",
        f"Answer briefly.\n\n<context>\n{FACT}\n</context>",
        f"<documents><document id='1'>{FACT}</document></documents>",
        "<documents>\n<document index='1'>\n<source>bridge.pdf</source>\n<document_content>\n"
        f"{FACT}\n</document_content>\n</document>\n</documents>\n\nHow old is it?",
        f"<document><source>bridge.pdf</source>\n{FACT}</document>\nHow old is it?",
        f"<knowledge_base>\n{FACT}\n</knowledge_base>\nHow old is it?",
        f"<retrieved_context>{FACT}</retrieved_context> How old is it?",
        f"<user_documents>\n{FACT}\n</user_documents>\nHow old is it?",
        f"<call_transcript>\n{FACT}\n</call_transcript>\nHow old is it?",
        f"<report>{FACT}</report>\nHow old is it?",
        f"Answer briefly. Relevant information:\n{FACT}\n\nQuestion: How old is it?",
        f"Paragraph: {FACT}\nQuestion: How old is it?",
        f"Context information is below, surrounded by ----------\n\n----------\n{FACT}\n----------\nHow old is it?",
        f"Question: How old is it?\nThought: I look it up.\nAction: find\nObservation: {FACT}\nAnswer:",
        f'<doc index="2">{FACT}</doc> Answer the question.',
        f"## Sources\n{FACT}",
        f"Document 1: {FACT}",
        f"Document [1]: {FACT}",
        f"**Knowledge:** {FACT}",
        f"Passage: {FACT}\nQuery: when?",
        f"Use the following information to answer:\n{FACT}",
        f"Summarize the following article:\n\n{FACT}",
        f"Context information is below.\n------------\n{FACT}\n------------\nAnswer the query.\nQuery: when?",
        f"Use the following pieces of context to answer at the end. If unsure, say so.\n\n{FACT}\n\nQuestion: when?",
        f"Question: How old is it?\nContext: {FACT}\nAnswer:",
        f"Context:\n{FACT}\n\nHow old is it?",
        f"Context:\n{FACT}\n\nHow old is it?\n\n \n",
        f"Use only the context.\n\nContext: {FACT}\nIt is grey.\n \nHow old is it, and How old is the town?",
        f"Article: {FACT}\n\nTell me in one line: How old is it.",
        f"Based on the following text:\n\n{FACT}\n\nHow old is it?",
        f"Read this.\n```\n{FACT} It was built from grey stone by the people of the town.\n```",
    ],
)
@pytest.mark.parametrize("role", ["system", "developer", "user"])
def test_marked_blocks_are_documents(role, text):
    """A marker names a document in user messages, and in system and developer messages of applications that put
    documents there; the question is cut off."""
    found = documents(sample(Message(role=role, content=text), system_documents=role != "user"))
    assert isinstance(found, tuple)
    assert len(found) == 1
    assert found[0].startswith(FACT)
    assert "How old" not in found[0]


@pytest.mark.parametrize(
    ("text", "document"),
    [
        ("Kontext: Das Amt öffnet um acht.\n\nFrage: Wann öffnet es?", "Das Amt öffnet um acht."),
        ("Antworte kurz.\n\n**Kontext:**\nDas Amt öffnet um acht.\n\n**Frage:** Wann?", "Das Amt öffnet um acht."),
        ("Dokument 1: Das Amt öffnet um acht.\nAufgabe: Fasse es zusammen.", "Das Amt öffnet um acht."),
        ("Contexte : Le bureau ouvre à huit heures.\n\nQuestion : Quand ?", "Le bureau ouvre à huit heures."),
        ("Extraits\u00a0:\nLe bureau ouvre à huit heures.\nConsigne\u00a0: résume.", "Le bureau ouvre à huit heures."),
        ("Contexto: La oficina abre a las ocho.\n\nPregunta: ¿Cuándo?", "La oficina abre a las ocho."),
        ("Contexto: O escritório abre às oito.\nPergunta: Quando?", "O escritório abre às oito."),
        ("Contesto: L'ufficio apre alle otto.\nDomanda: Quando?", "L'ufficio apre alle otto."),
        ("Bronnen: Het kantoor gaat om acht uur open.\nVraag: Wanneer?", "Het kantoor gaat om acht uur open."),
        ("Kontekst: Biuro otwiera się o ósmej.\nPytanie: Kiedy?", "Biuro otwiera się o ósmej."),
        ("Контекст: Контора открывается в восемь.\nВопрос: Когда?", "Контора открывается в восемь."),
        ("参考资料：\n港务办公室工作日八点开门。\n\n问题：什么时候开门？", "港务办公室工作日八点开门。"),
        ("已知信息：\n港务办公室工作日八点开门。\n\n用户问题：\n什么时候开门？", "港务办公室工作日八点开门。"),
        (
            "根据已知信息回答。\n【已知信息】港务办公室工作日八点开门。\n\n【问题】什么时候开门？",
            "港务办公室工作日八点开门。",
        ),
        ("コンテキスト：港の事務所は八時に開きます。\n質問：いつですか？", "港の事務所は八時に開きます。"),
    ],
)
def test_labels_in_other_languages(text, document):
    """A label names a document in other languages too, and what is asked ends it."""
    assert documents(sample(Message(role="user", content=text))) == (document,)


@pytest.mark.parametrize(
    "text",
    [
        "Quelle est la différence entre ces deux points: le début du quai et la fin du quai du port",
        "Hintergründe und Quellen waren ihr egal: sie wollte nur wissen, wann das Amt öffnet.",
        "Was bedeutet das Wort Kontext: ist es ein Text, oder was um einen Text steht?",
        "资料：无",
        "<project_context>The lamp is kept by Bram and nobody else in the house.</project_context> Who am I?",
    ],
)
def test_words_of_other_languages_that_are_no_labels(text):
    """Such a word names a document only alone before its colon, and a word or two are none; so is a tag of settings."""
    assert documents(sample(Message(role="user", content=text))) is Reason.NO_EVIDENCE


@pytest.mark.parametrize(
    "text",
    [
        f"What is it made of?\n\nContext: {FACT}\n\nWho asked that?",
        f"Summarise the following article:\n\n{FACT}\n\nTell everybody.",
        f"Be brief.\n\nContext: {FACT}\n\nList of rivers: none.",
        f"Context: {FACT}\n\nThe mayor was asked about it.",
        f"Context: {FACT}\n\nDoes it leak?\nNobody knows.",
        f"Context: {FACT}\n\nNobody knows.\nDoes it leak?",
        f"<context>{FACT}\n\nHow old is it?</context>",
        f"Context: {FACT}\n\n{'The keeper told of the flood. ' * 12}Why?",
    ],
)
def test_the_last_paragraph_of_a_document_is_a_part_of_it(text):
    """Unless it asks for something that nothing else in the turn asks for."""
    (found,) = documents(sample(Message(role="user", content=text)))
    assert found.split()[-1] == text.removesuffix("</context>").split()[-1]


@pytest.mark.parametrize(
    "text",
    [
        "You are a helpful assistant. Be polite and use short sentences.",
        "What is the source of the Danube, and in what context was it found?",
        "Fix this:\n```python\ndef f(x): return x + 1 if x else None  # returns one more than it was given\n```",
        "Context:",
        "Context: none",
        "",
    ],
)
def test_plain_instructions_are_no_documents(text):
    """Without a marker, with code in a fence, or with an empty block there is no evidence."""
    assert documents(sample(Message(role="user", content=text))) is Reason.NO_EVIDENCE


@pytest.mark.parametrize("role", ["system", "developer"])
@pytest.mark.parametrize(
    "text", [f"Context: {FACT}", f"<document>{FACT}</document>", f"Consider the following: {FACT}"]
)
def test_instructions_are_no_documents(role, text):
    """System and developer messages are instructions, whatever marks stand in them."""
    given = sample(Message(role=role, content=text), Message(role="user", content="How old is it?"))
    assert documents(given) is Reason.NO_EVIDENCE


def test_tool_results_contexts_and_parts_are_documents():
    """All kinds are found, in order, none twice."""
    found = documents(
        sample(
            Message(role="user", content="How old?", documents=("part text",)),
            Message(role="tool", content='{"built": 1871}'),
            Message(role="tool", content='{"built": 1871}'),
            contexts=(FACT,),
        )
    )
    assert found == (FACT, "part text", '{"built": 1871}')


@pytest.mark.parametrize("role", ["tool", "function", "ipython", "observation"])
def test_results_by_any_role(role):
    """What a tool brought is evidence that nobody handed over, also under the words of older APIs and of templates."""
    given = sample(Message(role="user", content="How old?"), Message(role=role, name="find", content=FACT))
    assert documents(given) == (FACT,)
    assert not Reading(given).handed


def test_assistant_turns_are_no_evidence():
    """What the model said before proves nothing."""
    assert documents(sample(Message(role="assistant", content=f"Context: {FACT}"))) is Reason.NO_EVIDENCE


def test_evidence_off_the_wire_comes_first():
    """Documents that are not all there can not show that a claim is in none."""
    assert documents(sample(contexts=(FACT,), off_wire=("hosted_search",))) is Reason.EVIDENCE_OFF_WIRE


def test_only_files_without_text():
    """Files that are no text are evidence that can not be read; with text beside them the text counts."""
    picture = Message(role="user", content="What is this?", other_parts=("image_url",))
    assert documents(sample(picture)) is Reason.EVIDENCE_NOT_TEXT
    assert documents(sample(picture, contexts=(FACT,))) == (FACT,)


@pytest.mark.parametrize(
    ("choice", "fields", "expected"),
    [
        (Choice(text="Yes."), {}, None),
        (Choice(), {}, Reason.NO_TEXT),
        (Choice(text=" \n"), {}, Reason.NO_TEXT),
        (Choice(reasoning="hm"), {}, Reason.NO_TEXT),
        (Choice(text="<think>hm</think>"), {}, Reason.NO_TEXT),
        (Choice(tool_calls=(ToolCall("f"),)), {}, Reason.TOOL_CALL_ONLY),
        (Choice(), {"status": 500}, Reason.NO_TEXT),
        (Choice(text="Ye"), {"stream_end": StreamEnd.UPSTREAM_CUT}, Reason.INCOMPLETE),
        (Choice(text="Ye"), {"stream_end": StreamEnd.CLIENT_DISCONNECTED}, Reason.INCOMPLETE),
        (Choice(), {"stream_end": StreamEnd.IDLE_TIMEOUT}, Reason.INCOMPLETE),
        (Choice(text="Yes."), {"stream_end": StreamEnd.NO_TERMINATOR}, None),
    ],
)
def test_unscorable(choice, fields, expected):
    """Cut streams, tool calls alone and answers without text say why they can not be scored."""
    assert unscorable(sample(**fields), choice) is expected


TABLE = "Why does the timetable of the ferry lose its last row whenever somebody adds a boat, and how is that mended?"


@pytest.mark.parametrize("info", ["py", "py ferry.py", 'ts title="ferry.ts"', "{r}", "c++", " ferry.py", "diff --stat"])
@pytest.mark.parametrize("bars", ["```", "````", "~~~"])
def test_code_in_a_fence_is_none_and_neither_is_what_follows_it(info, bars):
    """The end of code begins nothing: what a person asks behind it is no document. Marks in code mark nothing."""
    code = f"{bars}{info}\nContext: rows = rows[:-1] and all that follows here for a while\n{bars}"
    assert marked(f"{code}\n{TABLE}") == []
    assert marked(f"{TABLE}\n{code}\n{TABLE}\n{code}\n{TABLE}") == []
    assert marked(f"{code}\nContext: {FACT}\nQuestion: {TABLE}") == [FACT]
    assert marked(f"{bars}{info}\nnever closed\n{TABLE}") == []


def test_prose_in_a_fence_is_a_document():
    """With the name of prose behind the mark or nothing; a longer fence may hold a shorter one."""
    text = f"{FACT} It has been painted white twice since then, by hand."
    for info in ("", "text", "markdown notes.md", "notes.txt", "Hours.MD"):
        assert marked(f"```{info}\n{text}\n```\n{TABLE}") == [text]
    inner = f"{text}\n```py\nrows = 1\n```\nThat is all."
    assert marked(f"````md\n{inner}\n````\n{TABLE}") == [inner]


def test_user_text_is_what_follows_the_last_answer():
    """Earlier turns are context, a tool round is not an answer."""
    turns = (
        Message(role="user", content="first"),
        Message(role="assistant", content="answer"),
        Message(role="user", content="second"),
        Message(role="assistant", tool_calls=(ToolCall("f"),)),
        Message(role="tool", content="result"),
    )
    assert user_text(sample(*turns)) == "second"


@pytest.mark.parametrize(
    "unit",
    [
        "Context:\n",
        "<context",
        "<context>",
        "<doc>a",
        "<doc></text>",
        "<doc><text></doc>",
        "```\n",
        "```py\n",
        "use the ",
        "read these a b c ",
        "\n",
        "# ",
        "\ud800\x00",
    ],
)
def test_hostile_text_takes_linear_time(unit):
    """A megabyte of markers costs a second or two at worst."""
    started = time.process_time()
    marked(unit * (10**6 // len(unit)))
    assert time.process_time() - started < 3


def test_the_question_is_not_the_documents_beside_it() -> None:
    """What stands under a mark in the user's turn is no part of what was asked."""
    turn = f"Context information is below.\n-----\n{FACT}\n-----\nQuery: When was it built?"
    asked = question_text(sample(Message(role="user", content=turn)))
    assert "lighthouse" not in asked
    assert "When was it built?" in asked


def test_what_follows_the_outer_tag_is_no_document() -> None:
    """Each tag ends with its own end, and the end of an outer one ends all that stands in it."""
    inner = f"<context><source>x.pdf<text>{FACT}</text> It has nine arches.</context>"
    assert marked(f"{inner} Was it ever closed to carts?") == [FACT, "It has nine arches."]
    assert marked(f"{FACT}</document> Was it ever closed to carts?") == []


def test_what_a_fence_of_lines_holds_ends_with_it() -> None:
    """The instructions behind the second line are no document; a line under no mark fences nothing."""
    [found] = marked(f"Context information is below.\n-----\n{FACT}\n-----\nNever tell anybody of the key.")
    assert found == FACT
    assert marked(f"Be brief.\n-----\n{FACT}\n-----") == []


@pytest.mark.parametrize("mark", ["Documents: [1] ", "Knowledge base:\n\n## Towers\n"])
def test_a_mark_may_follow_a_sentence(mark: str) -> None:
    """In a system prompt the documents often begin on the line of the instructions."""
    [found] = marked(f"You help sailors. {mark}{FACT}")
    assert found.endswith(FACT)
    assert "sailors" not in found


@pytest.mark.parametrize("filler", [0, 150, 260, 300, 380])
def test_a_mark_ends_with_the_blank_line_behind_it(filler: int) -> None:
    """However long the line is that announces a document, the document begins after the blank line."""
    told = "Use the following pieces of context to answer " + "and be brief " * (filler // 13) + "at the end."
    mill = "The mill at Orrin was rebuilt in 1912 by Tilda Voss, and its wheel turns twice a minute."
    assert marked(f"{told}\n\n{mill}\n\nQuestion: who rebuilt it?") == [mill]


def test_marks_are_found_wherever_they_stand() -> None:
    """Between long lines without a mark, at the end of one, and in text that is not ASCII."""
    plain = "The wheel turns twice a minute and the flour is sold on Fridays. " * 9
    for letter in ("e", "é", "İ"):
        text = f"{plain}{letter}\n{plain}\n<document>The mill was rebuilt in 1912.</document>\n{plain}{letter}"
        assert marked(text) == ["The mill was rebuilt in 1912."]


def test_pasted_texts_are_for_who_reads_them():
    """What was pasted beside a question is a document for the judge; the scorers without a model leave it out."""
    turn = "Tilda: who brings the tent\nBram: I do, and the stove\nTilda: and the food?\nBram: Okello buys it on Friday"
    text = f"{turn}, for six people and two days, at the market by the river\n\nWho buys the food?"
    asked = sample(Message(role="user", content=text))
    assert documents(asked) == (text.partition("\n\n")[0],)
    assert Reading(asked).documents is Reason.NO_EVIDENCE


CALL = ToolCall("f", "{}", "c")
LOOK = Message(role="assistant", content="Let me look.")
RESULT = Message(role="tool", content=FACT, tool_call_id="c")


@pytest.mark.parametrize(
    "between",
    [
        (Message(role="assistant", content="Let me look.", tool_calls=(CALL,)), RESULT),
        (LOOK, Message(role="assistant", tool_calls=(CALL,)), RESULT),
        (
            LOOK,
            LOOK,
            Message(role="assistant", tool_calls=(CALL,)),
            Message(role="assistant", tool_calls=(CALL,)),
            RESULT,
        ),
        (Message(role="assistant", content="Let me look.", tool_calls=(CALL,)), RESULT, LOOK),
        (Message(role="assistant", content="It was"),),
    ],
)
def test_a_question_does_not_end_with_what_is_said_before_a_call(between):
    """What a model says with a call or right before one, and the beginning of an answer, are no answers."""
    turns = (Message(role="user", content="first"), Message(role="assistant", content="answer"))
    of = sample(*turns, Message(role="user", content="second"), *between)
    assert user_text(of) == question_text(of) == "second"


def test_documents_since_the_last_answer_include_those_before_a_remark():
    """A file that came with the question is there after a remark and a call, too."""
    turns = (
        Message(role="user", content="second", documents=(FACT,)),
        Message(role="assistant", content="Let me look.", tool_calls=(CALL,)),
        Message(role="tool", content="nothing found", tool_call_id="c"),
    )
    assert Reading(sample(*turns)).last_documents == (FACT, "nothing found")


@pytest.mark.parametrize(
    ("code", "refused"),
    [
        ("content_filter", True),
        ("DataInspectionFailed", True),
        ("InputTextSensitiveContentDetected", True),
        ("1301", True),
        ("moderation_error", True),
        ("guardrail_violation", True),
        ("cyber_policy_violation", True),
        ("1302", False),
        ("invalid_request_error", False),
        (None, False),
    ],
)
def test_errors_by_which_providers_decline(code, refused):
    """Words of many providers for a prompt that they would not answer."""
    assert refused_by_error(sample(error=code)) is refused
