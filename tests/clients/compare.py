"""What was observed against what is true, column by column."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from dataclasses import asdict, dataclass, field
from typing import Any

from clients.catalogue import Client
from clients.observe import Observed, Run, comparable
from clients.truth import Truth
from proxy.exchange import Exchange, Usage
from proxy.sample import Sample

#: What is compared, in the order of the table.
COLUMNS = (
    *("operation", "model", "served", "outcome", "usage", "cost", "finish"),
    *("text", "calls", "said", "conversation"),
)
#: So many differences of one client are told.
_SHOWN = 24


@dataclass(slots=True)
class Result:
    """One client's row. ``right`` and ``asked``: of each column, how often it was right and how often it was told."""

    client: str
    version: str
    requests: int = 0
    generations: int = 0
    same_bytes: bool = False
    same_read: bool = False
    operations: list[str] = field(default_factory=list)
    right: dict[str, int] = field(default_factory=dict)
    asked: dict[str, int] = field(default_factory=dict)
    differences: list[str] = field(default_factory=list)
    failure: str | None = None

    @property
    def whole(self) -> bool:
        """Whether nothing was missed and nothing differs."""
        return self.same_bytes and self.same_read and not self.differences and self.failure is None

    def document(self) -> dict[str, Any]:
        """As JSON."""
        return asdict(self)


def result_of(client: Client, run: Run) -> Result:
    """The row of one client."""
    straight, behind = (sorted((comparable(item, client.varies) for item in side), key=repr) for side in run.requests)
    truths = run.provider.truths
    result = Result(client.name, run.version, len(truths), sum(truth.generation for truth in truths))
    result.same_bytes = straight == behind
    if not result.same_bytes:
        result.differences += _bytes_differ(straight, behind)
    result.same_read = client.varies or run.printed[0] == run.printed[1]
    if not result.same_read:
        result.differences.append(f"read directly {run.printed[0][:300]!r}, through us {run.printed[1][:300]!r}")
    result.operations = sorted({truth.operation for truth in truths if truth.generation})
    right: Counter[str] = Counter()
    asked: Counter[str] = Counter()
    pairs = _pairs(truths, run.observed)
    for truth, exchange in pairs:
        sample = run.observed.samples.get(exchange.request_id) if exchange is not None else None
        for column, wanted, seen in _columns(truth, exchange, sample):
            asked[column] += 1
            right[column] += wanted == seen
            if wanted != seen:
                result.differences.append(f"{column}: true {wanted!r}, observed {seen!r} ({truth.note or truth.model})")
    for wanted, seen in _conversations(pairs):
        asked["conversation"] += 1
        right["conversation"] += wanted == seen
        if wanted != seen:
            result.differences.append(f"conversation: {wanted}, observed {seen}")
    unexpected = [row for row in run.observed.exchanges if row.status != 101 and all(row is not e for _, e in pairs)]
    result.differences += [f"a row too many: {row.operation} {row.model_asked} {row.outcome}" for row in unexpected]
    result.asked = {column: asked[column] for column in COLUMNS if asked[column]}
    result.right = {column: right[column] for column in COLUMNS if asked[column]}
    result.differences = [difference[:300] for difference in result.differences[:_SHOWN]]
    return result


def _bytes_differ(straight: list[Any], behind: list[Any]) -> list[str]:
    if len(straight) != len(behind):
        return [f"requests upstream: {len(straight)} directly, {len(behind)} through us"]
    found = []
    for one, other in zip(straight, behind, strict=True):
        for mine, theirs in zip(one, other, strict=True):
            if mine != theirs:
                at = next((i for i, (a, b) in enumerate(zip(mine, theirs, strict=False)) if a != b), 0)
                begin = max(0, at - 40)
                found.append(f"bytes: directly {mine[begin : at + 80]!r}, through us {theirs[begin : at + 80]!r}")
    return found[:_SHOWN]


def _pairs(truths: list[Truth], observed: Observed) -> list[tuple[Truth, Exchange | None]]:
    """Each answer with its exchange: by response id, else by the order of those that are left."""
    rows = [row for row in observed.exchanges if row.status != 101]
    by_id: dict[str, list[Exchange]] = defaultdict(list)
    for row in rows:
        if row.response_id:
            by_id[row.response_id].append(row)
    taken: dict[int, Exchange] = {}
    for number, truth in enumerate(truths):
        if truth.response_id and by_id.get(truth.response_id):
            taken[number] = by_id[truth.response_id].pop(0)
    used = {id(row) for row in taken.values()}
    rest = iter(row for row in rows if id(row) not in used)
    return [(truth, taken[number] if number in taken else next(rest, None)) for number, truth in enumerate(truths)]


def _columns(truth: Truth, exchange: Exchange | None, sample: Sample | None) -> list[tuple[str, Any, Any]]:
    if exchange is None:
        return [("operation", truth.operation, None)]
    found: list[tuple[str, Any, Any]] = [
        ("operation", truth.operation, str(exchange.operation)),
        ("outcome", truth.outcome, str(exchange.outcome)),
    ]
    if truth.model is not None:
        found.append(("model", truth.model, exchange.model_asked))
    if truth.served is not None:
        found.append(("served", truth.served, exchange.model_served))
    if truth.operation in ("embeddings", "models") or truth.generation:
        found.append(("usage", _counts(truth.usage), _counts(exchange.usage)))
        cost = None if exchange.cost_usd is None else round(exchange.cost_usd, 12)
        found.append(("cost", None if truth.cost is None else round(truth.cost, 12), cost))
    if not truth.generation or truth.status != 200:
        return found
    found.append(("finish", truth.finish, exchange.finish_reason and str(exchange.finish_reason)))
    choice = sample.choices[0] if sample is not None and sample.choices else None
    found.append(("text", truth.text, choice.text if choice else None))
    if truth.calls:
        calls = [(call.name, _parsed(call.arguments)) for call in choice.tool_calls] if choice else None
        found.append(("calls", truth.calls, calls))
    for sentence, role in truth.said:
        roles = {message.role for message in sample.messages if sentence in message.content} if sample else set()
        allowed = {role, "developer"} if role == "system" else {role}
        found.append(("said", f"{role}: {sentence}", f"{role}: {sentence}" if roles & allowed else f"{roles}"))
    return found


def _counts(usage: Usage | None) -> dict[str, int] | None:
    if usage is None:
        return None
    names = ("input", "cached_input", "cache_write", "output", "reasoning_output")
    return {name: getattr(usage, name) for name in names if getattr(usage, name)}


def _parsed(arguments: str) -> Any:
    try:
        return json.loads(arguments)
    except ValueError:
        return arguments


def _conversations(pairs: list[tuple[Truth, Exchange | None]]) -> list[tuple[str, str]]:
    """Each generation that belongs to a dialogue: its conversation must be that of its dialogue, and of no other.

    The same dialogue over two wires may be one conversation or two: nothing on either tells."""
    keys: dict[tuple[str, str], Counter[str | None]] = defaultdict(Counter)
    told = [(truth, row) for truth, row in pairs if truth.generation and truth.dialogue and row and truth.status == 200]
    for truth, row in told:
        keys[truth.operation, truth.dialogue][row.conversation] += 1
    owner = {key: found.most_common(1)[0][0] for key, found in keys.items()}
    taken: dict[str | None, str] = {}
    result = []
    for truth, row in told:
        key = truth.operation, truth.dialogue
        wanted = f"{truth.operation} {truth.dialogue}"
        if row.conversation is None:
            seen = f"{wanted}: none"
        elif row.conversation != owner[key]:
            seen = f"{wanted}: another one"
        else:
            other = taken.setdefault(row.conversation, truth.dialogue)
            seen = wanted if other == truth.dialogue else f"{wanted}: that of {other}"
        result.append((wanted, seen))
    return result
