"""Samples that did not come through the proxy, on their way into the queue: redacted, marked, named.

They are scored like all others and are in no rate of production: their stratum is ``imported``, their probability 1.
They count from the moment of their import, for windows of time and for retention.
"""

from __future__ import annotations

import hashlib
from typing import Any

import msgspec
import orjson

from proxy.exchange import Exchange
from proxy.queue.protocol import Item, Kind
from proxy.redact import Redactor
from proxy.sample import IMPORTED, Sample, encode
from scorers.formats.recorded import decode

#: Largest sample, in bytes of its encoding, as for those of traffic.
MAX_SAMPLE = 4_000_000
_MAX_ID = 256


def read(line: bytes, redactor: Redactor, now: float) -> Sample:
    """The sample on one line of the recorded format. Without an id it gets one of its content, the same every time.

    Raises ``ValueError`` with one clear phrase.
    """
    fallback = hashlib.blake2b(line, digest_size=16).hexdigest()
    sample = decode(line, fallback)
    if len(sample.id) > _MAX_ID:
        raise ValueError(f"id: at most {_MAX_ID} characters")
    # An id with something to take out would meet others once that is out: the line has the one of its content instead.
    identity = fallback if redactor.changes(sample.id) else sample.id
    exchange = msgspec.structs.replace(_facts(sample.exchange, redactor), request_id=identity, started_at=now)
    return redactor.sample(
        msgspec.structs.replace(sample, id=identity, exchange=exchange, probability=1.0, stratum=IMPORTED)
    )


def _facts(exchange: Exchange, redactor: Redactor) -> Exchange:
    """An exchange with every text in it that came from outside redacted."""

    def clean(value: str | None) -> str | None:
        return redactor.text(value, {}) if value else value

    return msgspec.structs.replace(
        exchange,
        app=clean(exchange.app),
        model_asked=clean(exchange.model_asked),
        error=clean(exchange.error),
    )


def item(sample: Sample) -> Item:
    """The queue item of a sample. Raises ``ValueError`` when it is too large."""
    payload = encode(sample)
    if len(payload) > MAX_SAMPLE:
        raise ValueError(f"larger than {MAX_SAMPLE} bytes")
    return Item(sample.id, Kind.SAMPLE, payload)


def lines_of(body: bytes) -> list[bytes]:
    """The samples in a request's body, one line each: an object, a list, ``{"samples": [...]}``, or lines of objects.

    Raises ``ValueError`` when it is none of them.
    """
    try:
        document: Any = orjson.loads(body)
    except orjson.JSONDecodeError:
        return [stripped for line in body.splitlines() if (stripped := line.strip())]
    if isinstance(document, dict) and isinstance(document.get("samples"), list):
        document = document["samples"]
    if isinstance(document, dict):
        return [body]
    if isinstance(document, list):
        return [orjson.dumps(entry) for entry in document]
    raise ValueError("not a sample, a list of samples, or lines of them")
