"""The tables of docs/internals/scale.md, made from the model.

``PYTHONPATH=tests python -m scale.tables`` writes them.
"""

from __future__ import annotations

import re
from pathlib import Path

from scale.costs import EMBEDDED, MINUTES, SERVERS, STEADY, Cost, steady
from scale.model import Fleet, balanced, capacities, demand, first_full, shared

DOCS = Path(__file__).resolve().parents[2] / "docs/internals/scale.md"
RATE = 0.1
#: Eight cores: three proxy processes, the worker, three scorer processes, one core left.
ONE = Fleet(proxies=3, workers=1, scorers=3)
#: Machines of eight cores; the store on sixteen cores of its own.
TEN = balanced(SERVERS, RATE, 10, 8, 16)
HUNDRED = balanced(SERVERS, RATE, 100, 8, 16)

_WHAT = {
    "proxies": "forwarding, facts, rows and samples published",
    "workers": "rows, samples, results, tallies and drift written; groups read",
    "scorers": "all seven on one sample with a document",
    "shards": "the Redis server",
    "store": "PostgreSQL's processes",
}


def _cell(costs: dict[str, Cost], part: str) -> str:
    if part not in costs:
        return "- | - | -"
    cost = costs[part]
    return f"{cost.request:,.0f} us | {cost.sample:,.0f} us | {cost.at(RATE):,.0f} us"


def costs_table() -> str:
    """What a request and a sample cost each part, with either kind of queue and store."""
    lines = [
        "| part | SQLite: a request | a sample besides | a request, a tenth sampled"
        " | Redis, PostgreSQL: a request | a sample besides | a request, a tenth sampled | what it does |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for part, what in _WHAT.items():
        lines.append(f"| {part} | {_cell(EMBEDDED, part)} | {_cell(SERVERS, part)} | {what} |")
    whole = [f"{sum(demand(costs, RATE).values()):,.0f} us" for costs in (EMBEDDED, SERVERS)]
    return "\n".join([*lines, f"| all | | | {whole[0]} | | | {whole[1]} | |"])


def _round(rate: float) -> str:
    """Three figures are as many as the costs have."""
    step = 10 ** max(0, len(str(round(rate))) - 3)
    return f"{round(rate / step) * step:,}"


def fleet_table() -> str:
    """The requests a second of 1, 10 and 100 machines, and what fills first."""
    one, ten, hundred = (
        {name: _round(rate) for name, rate in capacities(costs, fleet, RATE).items()}
        for costs, fleet in ((EMBEDDED, ONE), (SERVERS, TEN), (SERVERS, HUNDRED))
    )
    rates = [
        _round(first_full(costs, fleet, RATE)[1])
        for costs, fleet in ((EMBEDDED, ONE), (SERVERS, TEN), (SERVERS, HUNDRED))
    ]
    cores = [round(getattr(TEN, part)) for part in ("proxies", "workers", "scorers")]
    lines = [
        "| machines | layout | requests a second | full first |",
        "|---|---|---|---|",
        f"| 1 | `serve`: three proxy processes, one worker with three scorer processes, SQLite | {rates[0]}"
        f" | the worker's own process; at {one['scorers']} the scorers would be full,"
        f" at {one['proxies']} the proxies |",
        f"| 10 | {cores[0]} cores of proxies, {cores[1]} of workers, {cores[2]} of scorer processes; Redis with"
        f" {TEN.shards} shards, PostgreSQL on 16 cores, both beside | {rates[1]}"
        f" | proxies, workers and scorers together, as they were shared out;"
        f" Redis at {ten['shards']}, PostgreSQL at {ten['store']} |",
        f"| 100 | the same ten times, Redis with {HUNDRED.shards} shards, still one PostgreSQL | {rates[2]}"
        f" | PostgreSQL; the machines would carry {hundred['proxies']} |",
    ]
    return "\n".join(lines)


def _off(told: float, measured: float) -> str:
    share = round(100 * (told / measured - 1))
    return f"{share:+d} %" if share else "below 1 %"


def minutes_table() -> str:
    """The model beside each measured minute."""
    lines = [
        "| requests a second | measured: a request | the model, from the cell `evaluate` of that hour | difference"
        " | two processors full, measured | the model | difference |",
        "|---|---|---|---|---|---|---|",
    ]
    for minute in MINUTES:
        cell = steady({part: Cost(cost, 0.0) for part, cost in zip(STEADY, minute.cell, strict=True)})
        told = sum(demand(cell, RATE).values())
        measured = minute.serve / minute.requests * 1e6
        full = shared(cell, RATE, 2.0, minute.beside / minute.requests * 1e6)
        lines.append(
            f"| {minute.requests:,.0f} | {measured:.0f} us | {told:.0f} us | {_off(told, measured)}"
            f" | {_round(minute.full)} | {_round(full)} | {_off(full, minute.full)} |"
        )
    return "\n".join(lines)


TABLES = {"costs": costs_table, "fleets": fleet_table, "minutes": minutes_table}


def written(text: str) -> str:
    """The document with its tables as they are now. A table stands below its marker, up to the next empty line."""
    for name, table in TABLES.items():
        marker = f"<!-- {name} -->"
        assert text.count(marker) == 1, f"{DOCS.name} needs one {marker}"
        made = f"{marker}\n{table()}\n"
        text = re.sub(rf"{marker}\n(?:\|.*\n)*", lambda _, made=made: made, text)  # type: ignore[misc]
    return text


if __name__ == "__main__":
    DOCS.write_text(written(DOCS.read_text(encoding="utf-8")), encoding="utf-8")
