"""The table of docs/clients.md, made from a full result."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from clients.catalogue import CLIENTS
from clients.compare import COLUMNS, Result

_WORDS = {
    "said": "what was said",
    "calls": "tool calls",
    "served": "model that answered",
    "finish": "finish reason",
    "conversation": "conversation",
}
_BEGIN, _END = "<!-- clients: begin -->", "<!-- clients: end -->"


def line(result: Result) -> str:
    """One row for a terminal."""
    if result.failure is not None:
        return f"FAILED  {result.client}: {result.failure.splitlines()[0][:200]}"
    missed = [f"{name} {result.right[name]}/{result.asked[name]}" for name in result.asked if _missed(result, name)]
    bytes_said = "same bytes" if result.same_bytes and result.same_read else "OTHER BYTES"
    state = "whole  " if result.whole else "missed "
    told = ", ".join(missed) or "everything read"
    return f"{state} {result.client} {result.version}: {result.requests} requests, {bytes_said}; {told}"


def _missed(result: Result, name: str) -> bool:
    return result.right[name] != result.asked[name]


def _row(result: Result) -> str:
    client = next(item for item in CLIENTS if item.name == result.client)
    missed = [f"{_WORDS.get(n, n)} {result.right[n]} of {result.asked[n]}" for n in result.asked if _missed(result, n)]
    read = [_WORDS.get(name, name) for name in COLUMNS if name in result.asked and not _missed(result, name)]
    same = "the same" if result.same_bytes and result.same_read else "differ"
    cells = [result.client, result.version, ", ".join(result.operations) or "counted", str(result.requests), same]
    if result.failure is not None:
        cells = [result.client, result.version or "?", "?", "0", "?"]
        read, missed = [], ["did not run"]
    cells += [", ".join(read) or "nothing", ", ".join(missed) or "nothing", client.help]
    return "| " + " | ".join(cells) + " |"


def rows(documents: list[dict[str, Any]]) -> str:
    """The table in Markdown."""
    heads = ("client", "version", "operations", "requests", "bytes", "read right", "missed", "setting that helps")
    lines = ["| " + " | ".join(heads) + " |", "|" + "---|" * len(heads)]
    lines += [_row(Result(**document)) for document in documents]
    missing = [client.name for client in CLIENTS if client.name not in {d["client"] for d in documents}]
    if missing:
        lines += ["", "Not run, because they could not be installed: " + ", ".join(missing) + "."]
    return "\n".join(lines)


def write(path: Path, documents: list[dict[str, Any]]) -> None:
    """Put the table between the two marks of a document."""
    text = path.read_text(encoding="utf-8")
    table = f"{_BEGIN}\n{rows(documents)}\n{_END}"
    path.write_text(re.sub(f"{_BEGIN}.*{_END}", lambda _: table, text, flags=re.DOTALL), encoding="utf-8")
