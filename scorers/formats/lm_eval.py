"""``lm-eval``: the samples that lm-evaluation-harness logs (0.4.13), to read only.

A document stands once for each filter: the first filter of the file is taken, or every answer would count twice.
Repeats stand inside ``resps``. Of a multiple choice no answer is stored: it is the likeliest. Where only likelihoods
of a text were measured there is none.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import BinaryIO

import msgspec

from scorers.formats.chat import messages
from scorers.formats.files import json_lines, parse
from scorers.formats.form import Format
from scorers.formats.rows import (
    Answer,
    Json,
    Losses,
    Message,
    Row,
    Wrong,
    as_text,
    identity,
    items,
    kind,
    mapping,
    one_of,
)


def _rows(stream: BinaryIO, losses: Losses) -> Iterator[Row | Wrong]:
    taken: Json = None
    for line, doc in json_lines(stream):
        if isinstance(doc, Wrong):
            yield doc.at(line)
            continue
        try:
            if not isinstance(doc, dict):
                raise Wrong("", f"expected an object, found {kind(doc)}")
            name = doc.get("filter", "none")
            taken = name if taken is None else taken
            if name != taken:
                losses.lost(f"filter {str(name)[:40]}", f"scores the answers of {str(taken)[:40]} once more")
                continue
            for row in _cases(doc, losses):
                yield msgspec.structs.replace(row, line=line)
        except Wrong as error:
            yield error.at(line)
        except RecursionError:
            yield Wrong("", "nested too deeply", line)


def _cases(doc: dict[str, Json], losses: Losses) -> Iterator[Row]:
    arguments = mapping(doc, "arguments")
    requests = [mapping(arguments, name, "arguments.") for name in arguments if name.startswith("gen_args_")]
    if not requests:
        raise Wrong("arguments.gen_args_0", "expected what was asked, found none")
    answers = items(doc, "resps")
    if "arg_1" not in requests[0] and _measured(answers):
        losses.lost("a text whose likelihood was measured", "asks nothing")
        return
    if any(request.get("arg_0") != requests[0].get("arg_0") for request in requests):
        losses.lost("a choice between prompts", "has no answer in words")
        return
    asked, metrics = _asked(requests[0].get("arg_0")), items(doc, "metrics")
    scores = {name: doc[name] for name in metrics if isinstance(name, str) and name in doc}
    row = Row(id=identity(doc, "doc_id"), input=asked, metadata={"scores": scores} if scores else {})
    if len(requests) > 1:
        yield _choice(row, requests, answers, doc)
        return
    target, checks = one_of(doc.get("target"), "target", losses)
    row = msgspec.structs.replace(row, expected=None if target in (None, "") else as_text(target), checks=checks)
    if isinstance(requests[0].get("arg_1"), str):  # the continuation whose likelihood was measured
        yield msgspec.structs.replace(row, answer=Answer(error="a likelihood, no answer in words"))
        return
    found = answers[0] if answers and isinstance(answers[0], list) else answers
    for repeat, one in enumerate(found or [None]):
        said = Answer(as_text(one)) if one is not None else Answer(error="no answer in the log")
        yield msgspec.structs.replace(row, answer=said, repeat=repeat)


def _measured(answers: Sequence[Json]) -> bool:
    """Whether all that a model gave is likelihoods."""
    try:
        return bool([_likelihood(one) for one in answers])
    except Wrong:
        return False


def _choice(row: Row, requests: Sequence[Mapping[str, Json]], answers: Sequence[Json], doc: Mapping[str, Json]) -> Row:
    choices = [as_text(request.get("arg_1") or "").strip() for request in requests]
    likely = [_likelihood(one) for one in answers[: len(choices)]]
    best = max(range(len(likely)), key=likely.__getitem__) if likely else None
    target = as_text(doc.get("target"))
    right = int(target) if target.isascii() and target.isdigit() and len(target) < 6 else None
    return msgspec.structs.replace(
        row,
        expected=choices[right] if right is not None and right < len(choices) else target,
        metadata={**row.metadata, "choices": choices},
        answer=Answer(choices[best]) if best is not None else Answer(error="no answer in the log"),
    )


def _likelihood(value: Json) -> float:
    while isinstance(value, list) and value:
        value = value[0]
    try:
        return float(value)
    except (TypeError, ValueError):
        raise Wrong("resps", "expected a likelihood for each choice, found something else") from None


def _asked(value: Json) -> str | tuple[Message, ...]:
    """A prompt, or chat messages, which stand as JSON text in a list of one."""
    if isinstance(value, list) and len(value) == 1 and isinstance(value[0], str):
        value = value[0]
        try:
            found = parse(value)
        except ValueError:
            return str(value)
        return messages(found, "arguments.gen_args_0.arg_0") if isinstance(found, list) else str(value)
    if isinstance(value, list):
        return messages(value, "arguments.gen_args_0.arg_0")
    if not isinstance(value, str):
        raise Wrong("arguments.gen_args_0.arg_0", f"expected text or messages, found {kind(value)}")
    return value


FORMAT = Format(
    name="lm-eval",
    title="samples that lm-evaluation-harness has logged",
    rows=_rows,
    known=lambda doc: "doc_id" in doc and "arguments" in doc and "resps" in doc,
)
