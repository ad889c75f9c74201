"""Labelled sets: a data folder's JSON lines to samples with the truth of one output.

One object a line: ``id, prompt, context, response, label`` and extras of the set; null where the set has none. Each
set names one file and how its labels become the event of an output. Sets are measured each by itself, never pooled.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import orjson

from proxy.exchange import Exchange, Operation, Outcome
from proxy.sample import Choice, Message, Sample

Line = dict[str, Any]


class Labelled(NamedTuple):
    """A sample, whether the event happened, and the group of rows that must be left out of training together."""

    sample: Sample
    label: bool
    group: str


@dataclass(frozen=True, slots=True)
class DataSet:
    """``truth`` gives the label of a line, ``None`` to leave it out; ``group`` what belongs together."""

    output: str
    name: str
    file: str
    truth: Callable[[Line], bool | None]
    group: Callable[[Line], str]
    source: str

    def load(self, folder: Path) -> list[Labelled]:
        """Rows in file order. Raises ``OSError`` without the file and ``ValueError`` for a line that is not JSON."""
        found = []
        for line in lines(folder / self.file):
            label = self.truth(line)
            if label is not None and (line.get("response") or line.get("prompt")):
                found.append(Labelled(sample_of(line), label, self.group(line)))
        return found


def lines(path: Path) -> Iterator[Line]:
    """The objects of a JSON-lines file. Raises ``OSError`` and ``ValueError`` (the line's number in it)."""
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            try:
                yield orjson.loads(line)
            except orjson.JSONDecodeError as error:
                raise ValueError(f"{path.name}:{number}: not JSON: {error.msg}") from None


def sample_of(line: Line) -> Sample:
    """A sample of one user turn, at most one context, and one answer."""
    exchange = Exchange(
        request_id=str(line["id"]),
        instance="recorded",
        started_at=0.0,
        app="other",
        operation=Operation.CHAT,
        upstream="recorded",
        outcome=Outcome.OK,
        duration=0.0,
    )
    return Sample(
        id=str(line["id"]),
        exchange=exchange,
        messages=(Message(role="user", content=line.get("prompt") or ""),),
        contexts=(line["context"],) if line.get("context") else (),
        choices=(Choice(text=line.get("response") or ""),),
    )


def label_is(positive: str, negative: str) -> Callable[[Line], bool | None]:
    """Rows labelled ``positive`` or ``negative``; others are left out."""
    return lambda line: {positive: True, negative: False}.get(line["label"])


def of(key: str) -> Callable[[Line], str]:
    """Group by one field of the line."""
    return lambda line: str(line.get(key))


_SUPPORT = label_is("unsupported", "supported")
_PEOPLE, _MADE = "people", "synthetic"

#: What documents say: rows of one document stay together.
GROUNDEDNESS = tuple(
    DataSet(f"groundedness.{output}", name, f"{name}.jsonl", _SUPPORT, of(group), source)
    for output, name, group, source in (
        ("ungrounded", "begin", "context", _PEOPLE),
        ("ungrounded", "faithdial_audit", "context", _PEOPLE),
        ("ungrounded", "wice", "context", _PEOPLE),
        ("ungrounded", "faceval", "context", _PEOPLE),
        ("ungrounded", "halueval_qa_one", "context", _MADE),
        ("ungrounded", "halueval_qa_multi", "context", _MADE),
        ("ungrounded", "summedits", "domain", _PEOPLE),
        ("contradicted", "summedits", "domain", _PEOPLE),
        ("contradicted", "wice", "context", _PEOPLE),
    )
)

SETS: tuple[DataSet, ...] = GROUNDEDNESS
