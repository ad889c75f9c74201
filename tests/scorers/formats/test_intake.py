"""Samples from elsewhere on their way into the queue: what came with them is redacted as traffic is."""

from __future__ import annotations

import orjson
import pytest

from proxy.config.settings import Redaction
from proxy.redact import Redactor
from proxy.sample import encode
from scorers.formats.intake import read

REDACTOR = Redactor(Redaction())


def _line(**fields: object) -> bytes:
    return orjson.dumps(
        {"messages": [{"role": "user", "content": "Where is the lamp?"}], "response": "There.", **fields}
    )


def test_every_field_from_outside_is_redacted() -> None:
    """Application, model and error are cleaned; an id with an address gives way to one of the line's content."""
    line = _line(
        id="ann@example.com-1",
        app="bot of ann@example.com",
        model="sk-7Kd93mfLs02vQxRt5Wb8Yc",
        ended={"outcome": "upstream_error", "error": "refused password=Hav3n!Lamp for ann@example.com"},
    )
    sample = read(line, REDACTOR, 1.0)
    kept = encode(sample)
    for secret in (b"ann@", b"7Kd93mfLs02", b"Hav3n"):
        assert secret not in kept
    assert sample.id == sample.exchange.request_id == read(line, REDACTOR, 2.0).id
    assert (sample.exchange.app, sample.exchange.model_asked) == ("bot of [EMAIL_1]", "[API_KEY_1]")
    assert sample.exchange.error == "refused password=[PASSWORD_1] for [EMAIL_1]"


def test_ids_that_lose_something_do_not_meet() -> None:
    """Two samples whose ids differ by a secret alone stay two; ids without one stay as they are."""
    one, two = (read(_line(id=f"{name}@example.com"), REDACTOR, 1.0).id for name in ("ann", "bob"))
    assert one != two
    assert read(_line(id="case-17"), REDACTOR, 1.0).id == "case-17"


def test_nothing_is_taken_while_a_pattern_cannot_be_used() -> None:
    """The line is refused with one phrase that names the key."""
    with pytest.raises(ValueError, match=r"^redaction\.patterns: "):
        read(_line(), Redactor(Redaction(patterns=(r"(?<=x)y",))), 1.0)
