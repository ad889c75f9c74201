"""What of a request's content is elsewhere, and what stands outside its messages."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from proxy.exchange import Operation
from proxy.observe.sample_builder import build_sample
from proxy.observe.tap import Content
from proxy.wire import chat, messages, responses
from proxy.wire.content import documents_of, names_files, parts_of
from proxy.wire.replay import obstacles
from scorers.reading.evidence import documents
from support.scoring import exchange

BYTES = "data:application/pdf;base64,JVBERi0="
NAMED: list[dict[str, Any]] = [
    {"type": "file", "file": {"file_id": "file-7"}},
    {"type": "file", "file": {"filename": "tides.pdf", "file_data": "https://files.example/tides.pdf"}},
    {"type": "file_url", "file_url": {"url": "https://files.example/tides.pdf"}},
    {"type": "document_url", "document_url": "https://files.example/tides.pdf", "document_name": "tides"},
    {"type": "input_file", "file_id": "file-7"},
    {"type": "input_file", "file_url": "https://files.example/tides.pdf"},
    {"type": "document", "source": {"type": "url", "url": "https://files.example/tides.pdf"}},
    {"type": "document", "source": {"type": "file", "file_id": "file_7"}},
    {"type": "container_upload", "file_id": "file_7"},
    {"type": "tool_result", "content": [{"type": "document", "source": {"type": "file", "file_id": "file_7"}}]},
]
HERE: list[dict[str, Any]] = [
    {"type": "file", "file": {"filename": "tides.pdf", "file_data": BYTES}},
    {"type": "input_file", "filename": "tides.pdf", "file_data": BYTES, "file_id": None},
    {"type": "document_url", "document_url": BYTES},
    {"type": "document", "source": {"type": "base64", "media_type": "application/pdf", "data": "JVBERi0="}},
    {"type": "document", "source": {"type": "text", "data": "High at nine."}},
    {"type": "document", "source": {"type": "content", "content": [{"type": "text", "text": "High at nine."}]}},
    {"type": "image_url", "image_url": {"url": "https://files.example/a.png"}},
    {"type": "text", "text": "When is the tide high?"},
]


def _read(part: dict[str, Any]) -> list[list[str]]:
    turn = {"role": "user", "content": [{"type": "text", "text": "When is the tide high?"}, part]}
    output = {"type": "function_call_output", "call_id": "c", "output": [part]}
    found = [responses.request({"input": [turn]}), responses.request({"input": [output]})]
    found += [reader.request({"messages": [turn]}) for reader in (chat, messages)]
    return [one.off_wire for one in found]


@pytest.mark.parametrize("part", NAMED)
def test_a_file_that_is_only_named_is_off_the_wire(part: dict[str, Any]) -> None:
    """By its id or its address, in every family, in a turn and in a tool's result."""
    assert names_files([part])
    assert "files" in [name for off_wire in _read(part) for name in off_wire]


@pytest.mark.parametrize("part", HERE)
def test_bytes_and_texts_are_here(part: dict[str, Any]) -> None:
    """A file whose bytes or text came with the request is on the wire; so is a picture, whose content is no text."""
    assert _read(part) == [[]] * 4


@pytest.mark.parametrize("value", [None, 7, "file", [7, None, ["file"]], [{"type": "file", "file": "file-7"}]])
def test_anything_may_come_as_content(value: Any) -> None:
    """What is no list of parts names no file, and holds no document."""
    assert not names_files(value)
    assert documents_of(value) == []


def test_documents_beside_the_messages() -> None:
    """Texts, objects of texts, and objects inside objects; ids and single words are no documents."""
    given = [
        "The tide is high at nine.",
        {"title": "Tides", "text": "High at nine, low at three."},
        {"id": "d3", "data": {"snippet": "Slack water at six.", "url": "https://files.example/tides"}},
        {"document": {"contents": "Spring tide on Sunday."}, "id": "d4"},
        {"id": "d6", "content": [{"type": "text", "text": "The bar is shallow."}, {"type": "text", "text": "Wait."}]},
        {"id": "d7", "data": {"content": {"text": "The pier is long."}, "scores": [{"page": 3}, 0.2]}},
        "doc_17",
        {"id": "d5"},
        9,
    ]
    assert documents_of(given) == [
        "The tide is high at nine.",
        "Tides\nHigh at nine, low at three.",
        "Slack water at six.",
        "Spring tide on Sunday.",
        "The bar is shallow.\nWait.",
        "The pier is long.",
    ]
    assert documents_of({"tides": "High at nine.", "pier": "The pier is long."}) == ["High at nine.\nThe pier is long."]


def _bedrock(format: str, **source: Any) -> dict[str, Any]:
    return {"document": {"format": format, "name": "tides", "source": source}}


@pytest.mark.parametrize(
    ("part", "documents", "others"),
    [
        (_bedrock("txt", text="High at nine."), ["High at nine."], []),
        (_bedrock("md", bytes=base64.b64encode(b"High at nine.").decode()), ["High at nine."], []),
        (_bedrock("pdf", content=[{"text": "High at nine."}]), ["High at nine."], []),
        (_bedrock("pdf", bytes="JVBERi0="), [], ["document"]),
        (_bedrock("txt", s3Location={"uri": "s3://tides/t.txt"}), [], ["document"]),
        ({"document": "High at nine."}, [], []),
    ],
)
def test_a_document_in_a_block_of_bedrock(part: dict[str, Any], documents: list[str], others: list[str]) -> None:
    """Gateways pass those blocks on. They have no type."""
    found = parts_of([{"text": "When?"}, part])
    assert (found.text, found.documents, found.others) == (["When?"], documents, others)


def test_no_document_is_left_out_for_their_number() -> None:
    """An answer may rest on the last of them as on the first: as many as were captured are evidence."""
    given = [{"text": f"Buoy {number} is red."} for number in range(600)]
    assert documents_of(given) == [one["text"] for one in given]


def test_a_long_file_of_text_is_read_to_its_end() -> None:
    """The answer may rest on its last sentence."""
    text = "The tide table. " * 60_000 + "High water at nine."
    data = base64.b64encode(text.encode()).decode()
    part = {"type": "file", "file": {"filename": "tides.txt", "file_data": f"data:text/plain;base64,{data}"}}
    assert parts_of([part]).documents == [text]


def test_documents_beside_the_messages_are_evidence() -> None:
    """They are contexts of the sample; asked again, the request would lack them."""
    asked = {"messages": [{"role": "user", "content": "When is it high?"}], "documents": [{"text": "High at nine."}]}
    content = chat.request(asked)
    assert content.contexts == ["High at nine."]
    assert obstacles(asked, content, True) == ["cut"]
    bodies = json.dumps(asked).encode(), b'{"choices": []}'
    copied = Content(Operation.CHAT, *bodies, b"", sse=False, request_truncated=False, undecodable=None)
    built = build_sample(exchange("r", status=200), copied, 1.0, "uniform")
    assert documents(built) == ("High at nine.",)


WRITTEN = base64.b64encode(b"High water at nine.").decode()


@pytest.mark.parametrize(
    "part",
    [
        {"type": "file", "file": {"filename": "t.txt", "file_data": f"data:text/plain;base64,{WRITTEN}"}},
        {"type": "input_file", "filename": "t.csv", "file_data": f"data:text/csv;charset=utf-8;base64,{WRITTEN}"},
        {"type": "input_file", "filename": "Tides of May.MD", "file_data": WRITTEN},
        {"type": "file", "file": {"filename": "t.csv", "file_data": WRITTEN}},
        {"type": "document_url", "document_url": f"data:text/markdown;base64,{WRITTEN}"},
        {"type": "document", "source": {"type": "base64", "media_type": "text/plain", "data": WRITTEN}},
        {"type": "document", "document": {"id": "t", "data": "High water at nine."}},
        {"type": "document", "document": {"data": {"snippet": "High water at nine."}}},
    ],
)
def test_files_of_text_are_documents(part: dict[str, Any]) -> None:
    """A file whose bytes came with the message and are text, and Cohere's documents: their text is read."""
    for content in ([part], part):
        parts = parts_of(content)
        assert (parts.documents, parts.others, names_files(content)) == (["High water at nine."], [], False)


@pytest.mark.parametrize("data", ["data:application/pdf;base64,JVBERi0=", "data:text/plain;base64,A", "", 7, None])
def test_files_that_are_no_text_stay_files(data: Any) -> None:
    """A picture, bytes that are no base64, and nothing at all are parts without text."""
    parts = parts_of([{"type": "file", "file": {"file_data": data}}])
    assert (parts.documents, parts.others) == ([], ["file"])


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("tides.pdf", WRITTEN),
        ("tides.txt", "High water."),
        ("tides.txt", "/9j/4AAQ"),
        ("", WRITTEN),
        ("t.txt.png", WRITTEN),
    ],
)
def test_bytes_whose_name_or_content_is_no_text(name: str, data: str) -> None:
    """Bytes of which only a name tells what they are must bear it out."""
    parts = parts_of([{"type": "input_file", "filename": name, "file_data": data}])
    assert (parts.documents, parts.others) == ([], ["input_file"])


@pytest.mark.parametrize("holder", [None, "extra_body", "chat_template_kwargs"])
def test_documents_for_the_chat_template(holder: str | None) -> None:
    """They stand beside the messages, or in what is handed to the template."""
    given = {"documents": [{"text": "The tide is high at nine."}]}
    found = chat.request({"messages": [], **(given if holder is None else {holder: given})})
    assert found.contexts == ["The tide is high at nine."]


@pytest.mark.parametrize("output", [{"tide": "high", "hour": 9}, [{"tide": "high"}, {"hour": 9}]])
def test_a_result_of_responses_as_it_is(output: Any) -> None:
    """Some servers take an object for the output of a function, as in chat."""
    found = responses.request({"input": [{"type": "function_call_output", "call_id": "c", "output": output}]})
    assert json.loads(found.messages[0].content) == output


def test_a_single_part_that_names_a_file() -> None:
    """A message's only part may stand without its list, and be a file that is elsewhere."""
    part = {"type": "file", "file": {"file_id": "file-7"}}
    found = chat.request({"messages": [{"role": "user", "content": part}]})
    assert (found.off_wire, found.messages[0].other_parts) == (["files"], ("file",))
