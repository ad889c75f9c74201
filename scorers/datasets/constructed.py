"""Labelled rows made of ordinary requests and answers, where no labelled set has the event: leaks and broken JSON."""

from __future__ import annotations

import msgspec
import orjson

from proxy.sample import Choice, Message
from scorers.datasets.pairs import Labelled

#: Requests of other rows that one system prompt is made of, and their least and most characters.
_ORDERS, _FEWEST, _MOST = 6, 30, 300
#: What of a prompt stands in an answer that leaks: all of it, halves, two orders in the middle.
_COPIES = (slice(0, 6), slice(0, 3), slice(3, 6), slice(2, 4))
_SCHEMA = msgspec.Raw(
    orjson.dumps(
        {
            "type": "json_schema",
            "json_schema": {
                "name": "reply",
                "schema": {
                    "type": "object",
                    "properties": {"answer": {"type": "string"}, "sure": {"type": "boolean"}},
                    "required": ["answer", "sure"],
                },
            },
        }
    )
)


def copied_prompts(rows: list[Labelled]) -> list[Labelled]:
    """Each answer beside a system prompt of six other rows' requests: as it is (no), and with a copy of them (yes)."""
    orders = [text for row in rows if _FEWEST <= len(text := row.sample.messages[-1].content) <= _MOST]
    found = []
    for at, row in enumerate(rows):
        said = [orders[(7 * at + step * 11) % len(orders)] for step in range(_ORDERS)] if orders else []
        own = row.sample.messages[-1].content
        if len(set(said)) < _ORDERS or own in said:
            continue
        system = Message(role="system", content="\n".join(said))
        sample = msgspec.structs.replace(row.sample, messages=(system, *row.sample.messages))
        copied = f"{row.sample.choices[0].text}\n{' '.join(said[_COPIES[at % len(_COPIES)]])}"
        leak = msgspec.structs.replace(sample, id=f"{sample.id}/copied", choices=(Choice(text=copied),))
        found += [Labelled(sample, False, row.group), Labelled(leak, True, row.group)]
    return found


def requested_json(rows: list[Labelled]) -> list[Labelled]:
    """Each answer as JSON of a requested schema (no), and the same cut, mistyped, without a key or as prose (yes)."""
    found = []
    for at, row in enumerate(rows):
        text = row.sample.choices[0].text
        whole = orjson.dumps({"answer": text, "sure": True}).decode()
        broken = (
            whole[: len(whole) * 3 // 4],
            orjson.dumps({"answer": text, "sure": "yes"}).decode(),
            orjson.dumps({"answer": text}).decode(),
            f"Here you are: {whole}",
        )[at % 4]
        for given, label in ((whole, False), (broken, True)):
            identity = f"{row.sample.id}/broken" if label else row.sample.id
            sample = msgspec.structs.replace(
                row.sample, id=identity, choices=(Choice(text=given),), response_format=_SCHEMA
            )
            found.append(Labelled(sample, label, row.group))
    return found
