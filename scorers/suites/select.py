"""Which samples of production become cases: drawn from parts of it, each case with the requests that it stands for.

Every sample belongs to one part (``stratum``): failures first, then what scorers flagged, what they were unsure of, and
all others by the kind of request and by what they ask. Near-duplicates are one sample that stands for all of them.
Within a part cases are drawn at random, and their own weights are raised to those of the whole part.
"""

from __future__ import annotations

import math
import random
from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec
import orjson

from proxy.exchange import Outcome
from proxy.sample import Sample
from proxy.wire.replay import REASONS, REDACTED
from scorers.asking.source import cap_of, format_of, tools_of
from scorers.cases.case import PARAMETERS, Case, checked
from scorers.cases.case import read as read_case
from scorers.cases.fields import BadField
from scorers.formats import recorded
from scorers.reading.evidence import question_text, user_text
from scorers.suites.near_duplicates import clusters, duplicates

#: What ``--from`` knows, in the order in which a sample is taken for one of them.
SOURCES = ("failures", "flagged", "unsure", "strata", "clusters")
#: A cluster of fewer samples is part of its stratum.
_SMALLEST_CLUSTER = 3
_LONGEST_ANSWER = 4_000
_ASKED_AGAIN = frozenset({"function", "custom"})


class Drawn(msgspec.Struct, frozen=True, kw_only=True):
    """A sample of production and what is known of it. ``weight``: the requests that it stands for."""

    sample: Sample
    weight: float
    conversation: str | None = None
    user: str | None = None
    failed: str | None = None
    flagged: tuple[str, ...] = ()
    unsure: tuple[str, ...] = ()


class Selection(msgspec.Struct, frozen=True):
    """The cases, the users they came from, and what of production they cover (JSON)."""

    cases: list[Case]
    users: dict[str, str]
    coverage: dict[str, Any]


def unfit(sample: Sample) -> str | None:
    """Why a sample cannot be asked again: a word of the set ``replayable``; ``None`` when it can."""
    if not sample.messages or sample.undecodable:
        return "no_content"
    if sample.request_truncated:
        return "cut"
    said = next((reason for reason in REASONS if reason in (sample.replayable or ()) and reason != REDACTED), None)
    if said is not None:
        return said
    if any(message.other_parts or message.documents for message in sample.messages):
        return "not_text"
    kinds = [orjson.loads(bytes(tool)).get("type", "function") for tool in sample.tools]
    if any(kind not in _ASKED_AGAIN for kind in kinds):
        return "tools_hosted"
    if sample.off_wire:
        return "state_off_wire"
    return "answered" if sample.messages[-1].role == "assistant" else None


def select(pool: Sequence[Drawn], sources: Sequence[str], count: int, seed: int) -> Selection:
    """About ``count`` cases from ``pool``, at most that many; the same pool and seed give the same cases."""
    left_out: Counter[str] = Counter()
    fit = []
    for item in pool:
        reason = unfit(item.sample) or _form(item)
        left_out[reason or ""] += 1
        if reason is None:
            fit.append(item)
    del left_out[""]
    firsts = duplicates([_text(item.sample) for item in fit])
    weights: dict[int, float] = defaultdict(float)
    for first, item in zip(firsts, fit, strict=True):
        weights[first] += item.weight
    kept = [(number, fit[number], weights[number]) for number in sorted(weights)]
    left_out["near_duplicate"] = len(fit) - len(kept)
    cells = _cells(kept, sources)
    chosen = _draw(cells, count, random.Random(seed))
    total = sum(item.weight for item in fit)
    cases, users, rows = [], {}, []
    for name, members in sorted(cells.items()):
        weight = sum(own for _, _, own in members)
        taken = chosen.get(name, [])
        rows.append({"stratum": name, "share": weight / total, "samples": len(members), "cases": len(taken)})
        drawn = sum(own for _, _, own in taken)
        for _, item, own in taken:
            case = case_of(item, name, own * weight / drawn)
            cases.append(case)
            if item.user is not None:
                users[case.id] = item.user
    coverage = {
        "samples": len(pool),
        "requests": sum(item.weight for item in pool),
        "left_out": {reason: n for reason, n in sorted(left_out.items()) if n},
        "strata": rows,
    }
    return Selection(cases, users, coverage)


def _form(item: Drawn) -> str | None:
    try:
        case_of(item, "", 1.0)
    except BadField:
        return "other_form"  # what a client sent that is no chat message of today's form
    return None


def _text(sample: Sample) -> tuple[str, str]:
    """What is compared: the question, and all that was sent."""
    question = question_text(sample) or user_text(sample) or sample.messages[-1].content
    return question, "\n".join(message.content for message in sample.messages)


_Cells = dict[str, list[tuple[int, Drawn, float]]]


def _cells(kept: Sequence[tuple[int, Drawn, float]], sources: Sequence[str]) -> _Cells:
    """Each sample in its part. What no source asks for is ``rest``, of which nothing is drawn."""
    cells: _Cells = defaultdict(list)
    others = []
    for entry in kept:
        name = _signal(entry[1], sources)
        if name is None:
            others.append(entry)
        else:
            cells[name].append(entry)
    kinds = [_kind(item.sample) if "strata" in sources else "all" for _, item, _ in others]
    if "clusters" in sources:
        numbers = clusters([question_text(item.sample) or user_text(item.sample) for _, item, _ in others])
        sizes = Counter(zip(kinds, numbers, strict=True))
        pairs = list(zip(kinds, numbers, strict=True))
        names = [f"{k}, cluster {n}" if sizes[k, n] >= _SMALLEST_CLUSTER else k for k, n in pairs]
    else:
        names = kinds if "strata" in sources else ["rest"] * len(others)
    for name, entry in zip(names, others, strict=True):
        cells[name].append(entry)
    return cells


def _signal(item: Drawn, sources: Sequence[str]) -> str | None:
    if "failures" in sources and item.failed is not None:
        return f"failures: {item.failed}"
    if "flagged" in sources and item.flagged:
        return f"flagged: {item.flagged[0]}"
    if "unsure" in sources and item.unsure:
        return f"unsure: {item.unsure[0]}"
    return None


def _kind(sample: Sample) -> str:
    """The kind of request: the model, whether there are tools, how many turns came before."""
    turns = sum(message.role == "user" for message in sample.messages)
    parts = [sample.exchange.model or "other", "tools" if sample.tools else "no tools"]
    return ", ".join([*parts, "one turn" if turns <= 1 else "several turns"])


def _draw(cells: _Cells, count: int, chance: random.Random) -> _Cells:
    """``count`` of the samples: one of each part while there are enough, the rest by the root of the part's weight."""
    weights = {name: sum(own for _, _, own in members) for name, members in cells.items() if name != "rest"}
    quotas = dict.fromkeys(sorted(weights, key=lambda name: (-weights[name], name))[:count], 1)
    left = count - len(quotas)
    while left > 0:
        open_ones = [name for name in quotas if quotas[name] < len(cells[name])]
        if not open_ones:
            break
        best = max(open_ones, key=lambda name: (math.sqrt(weights[name]) / quotas[name], name))
        quotas[best] += 1
        left -= 1
    return {name: sorted(chance.sample(cells[name], n), key=lambda entry: entry[0]) for name, n in quotas.items()}


def case_of(item: Drawn, stratum: str, weight: float) -> Case:
    """The case that asks again what a sample asked, as it asked; what was answered then stands in its source."""
    sample = item.sample
    line = orjson.loads(recorded.encode(sample))
    tools = tools_of(sample)
    if len(tools) < len(sample.tools):
        raise BadField("tools", "tools that chat completions have", "others")
    own = {name: value for name, value in sample.parameters.items() if name in PARAMETERS and value not in ("", [])}
    if "max_tokens" in own:
        own["max_tokens"] = cap_of(sample)
    answer = sample.choices[0] if sample.choices else None
    served = answer.text or answer.refusal if answer is not None else ""
    usage = sample.exchange.usage
    source: dict[str, Any] = {
        "sample_id": sample.id,
        "model": sample.exchange.model,
        "at": datetime.fromtimestamp(sample.exchange.started_at, UTC).isoformat(timespec="seconds"),
        "answer": served[:_LONGEST_ANSWER],
        "answer_cut": _broken_off(sample) or len(served) > _LONGEST_ANSWER or None,
        "answer_tokens": usage.output + usage.reasoning_output if usage is not None else None,
        "failed": item.failed,
        "flagged": list(item.flagged),
        "unsure": list(item.unsure),
    }
    document = {
        "id": sample.id,
        "messages": line["messages"],
        "tools": tools or None,
        "tool_choice": _choice(sample, line) if tools else None,
        "response_format": format_of(sample),
        "parameters": own or None,
        "conversation": item.conversation,
        "stratum": stratum or None,
        "weight": weight,
        "source": {key: value for key, value in source.items() if value not in (None, [], "")},
    }
    return checked(read_case({key: value for key, value in document.items() if value is not None}))


def _choice(sample: Sample, line: dict[str, Any]) -> Any:  # noqa: ANN401 - JSON
    """The tool choice of a request; a version before kept only which tool had to be called."""
    return sample.parameters.get("tool_choice", line.get("tool_choice"))


def _broken_off(sample: Sample) -> bool:
    """Whether what is known of the answer is not all of it."""
    return sample.response_truncated or sample.exchange.outcome is not Outcome.OK


def covered(coverage: dict[str, Any], cases: Sequence[Case]) -> dict[str, Any]:
    """How well the suite, as it is now, covers production's mix. ``covered``: the share of requests in parts that have
    a case; ``distance``: half the sum of how far the suite's mix is from production's, 0 for the same mix."""
    counts = Counter(case.stratum for case in cases)
    rows = [
        {"stratum": row["stratum"], "production": row["share"], "cases": counts.get(row["stratum"], 0)}
        for row in coverage.get("strata", [])
    ]
    n = max(1, sum(row["cases"] for row in rows))
    for row in rows:
        row["suite"] = row["cases"] / n
    return {
        "covered": sum(row["production"] for row in rows if row["cases"]),
        "distance": sum(abs(row["production"] - row["suite"]) for row in rows) / 2,
        "strata": sorted(rows, key=lambda row: -row["production"]),
    }
