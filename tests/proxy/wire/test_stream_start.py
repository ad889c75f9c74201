"""What the first bytes tell, and when the first token and the first reasoning came."""

from __future__ import annotations

import pytest

from proxy.exchange import Operation
from proxy.wire.readers import READERS
from proxy.wire.stream_start import First, is_stream
from support.frames import chunks, message, text_block


@pytest.mark.parametrize(
    ("opening", "labelled", "asked", "told"),
    [
        (b"", True, True, None),
        (b"\n\n \r\n", True, True, None),
        (b"\xef\xbb", True, False, None),
        (b'\xef\xbb\xbf{"a"', True, True, False),
        (b"\n [", True, False, False),
        (b"data: x", False, False, True),
        (b"\xef\xbb\xbfdata:", False, False, True),
        (b": hello", False, False, True),
        (b"even", False, False, None),
        (b"event: x", False, False, True),
        (b"every", False, False, False),
        (b"<html>", False, True, True),
        (b"<html>", False, False, False),
    ],
)
def test_what_the_first_bytes_tell(opening: bytes, labelled: bool, asked: bool, told: bool | None) -> None:
    """JSON is no stream, whatever its label; a stream's field makes one; else the label or the request decides."""
    assert is_stream(opening, labelled, asked) is told


def _seen(operation: Operation, events: tuple[bytes, ...]) -> tuple[float | None, float | None, bool]:
    first = First(READERS[operation])
    for number, event in enumerate(events, 1):
        if not first.done:
            first.feed(event, float(number))
    return first.reasoning, first.token, first.streamed


@pytest.mark.parametrize(
    ("deltas", "seen"),
    [
        ([{"content": "Six."}], (None, 1.0, False)),
        ([{"reasoning": "Hm"}, {"reasoning": "m."}, {"content": "Six."}], (1.0, 3.0, True)),
        ([{"content": "<thi"}, {"content": "nk>Hm.</think>"}, {"content": "Six."}], (1.0, 3.0, True)),
        ([{"content": "<THINK>Hm."}, {"content": "</th"}, {"content": "ink> Six."}], (1.0, 3.0, True)),
        ([{"content": "[THINK]Hm."}, {"content": "[/THINK]"}], (1.0, None, True)),
        ([{"content": "<"}, {"content": "b>Six</b>"}], (None, 1.0, False)),
        ([{"content": " "}, {"content": "Six."}], (None, 1.0, False)),
        ([{"content": "<think>Hm."}, {"tool_calls": [{"index": 0, "function": {"name": "a"}}]}], (1.0, 2.0, True)),
    ],
)
def test_first_reasoning_and_first_token(deltas: list[dict[str, object]], seen: tuple[object, ...]) -> None:
    """Reasoning is no visible token, in a field of its own or between marks in the text that were cut anywhere."""
    assert _seen(Operation.CHAT, chunks(*deltas)) == seen


def test_thinking_that_is_not_shown() -> None:
    """A block of thinking that is redacted, or whose text is left out, is seen and was not streamed."""
    hidden = [{"type": "content_block_start", "index": 0, "content_block": {"type": "redacted_thinking", "data": "eA"}}]
    assert _seen(Operation.MESSAGES, message(hidden, text_block(1, "Six."))) == (3.0, 5.0, False)


def test_types_that_only_event_lines_say() -> None:
    """The first token is known by the name of its event where the JSON has no type."""
    said = b'event: response.output_text.delta\ndata: {"delta": "Six."}\n\n'
    thought = b'event: response.reasoning_text.delta\ndata: {"delta": "Hm."}\n\n'
    assert _seen(Operation.RESPONSES, (thought, said)) == (1.0, 2.0, True)
