"""What scorers.reading.handed promises: documents in tags of their own, in templates, between drawn lines."""

import time

import pytest

from proxy.config.settings import ScorerSettings
from proxy.sample import Choice, Message
from scorers.judge.scorer import _with_wrong_document
from scorers.prompt_injection import prompt_injection
from scorers.reading.document_marks import marked
from scorers.reading.evidence import documents, question_text
from scorers.reading.handed import handed
from scorers.reading.reading import Reading
from scorers.score import Reason
from tests.scorers.reading.test_evidence import sample

FACT = "The ferry at Skarv carries forty cars and leaves the quay at noon."
MORE = "A ticket costs nine crowns, and bicycles travel free of charge."
ASK = "How many cars does it carry?"


@pytest.mark.parametrize(
    "text",
    [
        f"<email>\n{FACT}\n</email>\n\n{ASK}",
        f"<refund_policy>{FACT}</refund_policy>\n{ASK}",
        f"{ASK}\n<meeting-notes>\n{FACT}\n</meeting-notes>",
        f'<ticket id="7">\n{FACT}\n</ticket>\nSummarise it in one line. {ASK}',
        f"Use what stands in <notes> and nothing else.\n<notes>\n{FACT}\n</notes>\n{ASK}",
        f"Answer the question based only on the following context:\n{FACT}\n\nQuestion: {ASK}\n",
        f"Please use this information to answer:\n{FACT}\n\nQuestion: {ASK}",
        f"Use the following pieces of context to answer.\nBe brief.\nSay thanks.\n\n{FACT}\n\nQuestion: {ASK}",
        f"Context information from multiple sources is below.\n----------\n{FACT}\n----------\nQuery: {ASK}\nAnswer: ",
        f"The query is: {ASK}\nRefine it with some more context below.\n------\n{FACT}\n------\nRefined Answer: ",
        f"{ASK}\n\nAdditional Information: {FACT}",
        f"[[ ## context ## ]]\n{FACT}\n\n[[ ## question ## ]]\n{ASK}\n\nRespond with the field `answer`.",
        f"---Data tables---\n\n-----Sources-----\n{FACT}\n\n---Question---\n{ASK}",
        f"START CONTEXT BLOCK\n{FACT}\nEND OF CONTEXT BLOCK\n\n{ASK}",
        f"{FACT}\n\n---\n\nGiven the context above, answer the question.\n\nQuestion: {ASK}",
        f"使用 <Data></Data> 标记中的内容作为参考:\n<Data>\n{FACT}\n</Data>\n问题:{ASK}",
        f"已知内容:\n{FACT}\n问题:\n{ASK}",
        f"以下是知识库：\n{FACT}\n以上是知识库。\n{ASK}",
        f"以下の情報で答えてください。\n\n# 参考情報\n{FACT}\n\n# 質問\n{ASK}",
        f"السياق:\n{FACT}\n\nالسؤال: {ASK}\n\nالإجابة:",
        f"Nutze die folgenden Informationen für die Antwort.\n\n{FACT}\n\nFrage: {ASK}",
        f"Utilise le contexte suivant pour répondre.\n\n{FACT}\n\nQuestion : {ASK}",
        f"Usa el siguiente contexto. Si no lo sabes, dilo.\n\n{FACT}\n\nPregunta: {ASK}\nTu respuesta:",
        f'{ASK}\n\n```json\n{{"name": "Skarv", "said": "{FACT}", "fare": 9, "berths": 12}}\n```',
        f"Responda com o contexto a seguir.\n\n{FACT}\n\nPergunta: {ASK}",
    ],
)
def test_tags_and_templates_hold_documents(text):
    """The document is found, and what is asked is no part of it. Attacks are looked for where they were before."""
    assert not any(block.startswith(FACT) for block in marked(text))
    reading = Reading(sample(Message(role="user", content=text), choices=(Choice(text="It carries forty cars."),)))
    assert isinstance(reading.documents, tuple)
    assert [FACT in one for one in reading.documents] == [True]
    assert ASK not in reading.documents[0]
    assert ASK in reading.question
    assert FACT not in reading.question
    assert documents(reading.sample) == reading.documents
    assert ASK in question_text(reading.sample)


def test_attacks_are_looked_for_where_marks_are():
    """What only tags and templates hold is a part of the turn for ``attempted``, and nothing for ``indirect``."""
    text = f"<email>\n{FACT}\n</email>\n\n{ASK}"
    reading = Reading(sample(Message(role="user", content=text), choices=(Choice(text="Forty."),)))
    found = {one.output: one.unscored_reason for one in prompt_injection(ScorerSettings()).score(reading)}
    assert found["indirect"] is Reason.NO_EVIDENCE
    assert found["attempted"] is None


@pytest.mark.parametrize(
    "text",
    [
        f"<email>\n{FACT}\n</email>\n\nWrite a friendly reply to this email.",
        f"Translate this into French:\n<letter>{FACT}</letter>",
        f"<ticket>{FACT}</ticket>\nClassify the ticket as billing or other.",
        f"<notes>{FACT}</notes>\nSchreibe eine Antwort darauf.",
        f"<message>{FACT}</message>",
        f"<example_email>{FACT}</example_email>\nWhat makes it good?",
        f"<user_message>{FACT}</user_message>\nWhat is wanted?",
        f"<rules>{FACT}</rules>\n{ASK}",
        f"<instructions>{FACT}</instructions>\n{ASK}",
        f"<output_format>{FACT}</output_format>\n{ASK}",
        "Summarise the article in <article> tags: how long may it be?",
        f"Using the following information, write a poem.\n\n{FACT}",
        "Summarise the following article:\n\nhttps://ships.example/heron-2025",
        f'Why is this JSON invalid?\n\n```json\n{{"name": "Skarv", "said": "{FACT}", "fare": 9}}\n```',
        f'{ASK}\n\n```python\nprint("{FACT}", "and again, and again, and again")\n```',
        f"I had an idea.\n---\n{FACT}\n---\nIs it any good?",
    ],
)
def test_no_documents(text):
    """Where a new text is wanted, or nothing is asked of it; rules, forms, examples, and what clients call theirs."""
    assert handed(text) == []


def test_the_instructions_of_an_application_hold_documents_where_it_says_so():
    """A drawn line of LangChain, the knowledge base of RAGFlow, a tag: only with ``system_documents``."""
    for text in (
        f"Use the following pieces of context to answer the user's question.\n----------------\n{FACT}\n\n{MORE}",
        f"With the provided context, write English.\n------------\n{FACT} {MORE}\n------------\nREMEMBER: be brief.",
        f"请总结知识库的内容来回答问题。\n以下是知识库：\n{FACT} {MORE}\n以上是知识库。",
        f"Write like a sailor.\n<price_list>\n{FACT} {MORE}\n</price_list>\n<rules>Never mention it.</rules>",
    ):
        turns = (Message(role="system", content=text), Message(role="user", content=ASK))
        found = Reading(sample(*turns, system_documents=True)).documents
        assert isinstance(found, tuple)
        assert FACT in found[0]
        assert MORE in found[0]
        assert "REMEMBER" not in found[0]
        assert Reading(sample(*turns)).documents is Reason.NO_EVIDENCE


def test_chunks_that_lines_part_are_all_read():
    """The line behind the last passage may be missing."""
    text = f"Use the retrieved context.\n---\n{FACT}\n---\n{MORE}\n---\nThe harbour is closed on the first of May."
    (block,) = handed(text, instructs=True)
    assert FACT in block
    assert MORE in block
    assert "first of May" in block


def test_a_question_behind_a_mark_is_no_document():
    """``Use this context to answer the question: ...`` announces what follows later."""
    text = f"Use this context to answer the question: {ASK}\n\nContext:\n{FACT}"
    reading = Reading(sample(Message(role="user", content=text)))
    assert reading.documents == (FACT,)
    assert ASK in reading.question


@pytest.mark.parametrize(
    "text",
    [
        f"Context: {FACT}\n\nQuestion: {ASK}",
        f"<email>\n{FACT}\n</email>\n\n{ASK}",
        'What does it say?\n\n```json\n{"ferry": "Skarv carries forty cars and leaves at noon", "fare": 9}\n```',
        f"{ASK}\n\nSubject: The new ferry\nFrom: Ida\nTo: Bram\n\n{FACT} {MORE} It was built by the yard in the bay.",
    ],
)
def test_the_wrong_document_of_the_judge_stands_alone(text):
    """Documents that are pasted or tagged go from the request, not only those that are marked."""
    before = sample(Message(role="user", content=text))
    assert isinstance(documents(before), tuple)
    (message,) = _with_wrong_document(before).messages
    assert "forty" not in message.content
    assert "?" in message.content


def test_hostile_turns_take_linear_time():
    """Many tags that never close, drawn lines, and sentences that announce nothing."""
    for text in (
        *("<email " * 40_000, "<email>" * 40_000, "<notes><email>" * 20_000, "---\n" * 60_000, "[[ ## " * 40_000),
        *("use the following context " * 8_000, "the following context\n---\n" * 8_000, "start of the " * 20_000),
    ):
        begun = time.process_time()
        handed(text)
        assert time.process_time() - begun < 2.0
