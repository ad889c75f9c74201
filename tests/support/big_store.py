"""Stores of a size: requests and scored samples of a week, written straight into the tables.

As a program, ``big_store.py FOLDER REQUESTS SAMPLES``, it writes with the schema of the checkout in PYTHONPATH.
"""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import Table, insert

from proxy.exchange import Decision, Exchange, ExchangeRow, Operation, Outcome
from proxy.sample import Choice, Message, Sample, encode
from scorers.score import JUDGE_OUTPUTS, OUTPUTS, Reason, Result
from scorers.store.engine import open_database
from scorers.store.sql import chunks
from scorers.store.tables import exchanges, groups, proxy_counts, results, samples, scores

APPS, MODELS = ("support", "search", "notes"), ("m-large", "m-small")
_QUESTION, _ANSWER = "When does the ferry to Aust sail? " * 8, "It sails on Sundays, weather permitting. " * 24
_WEEK = 7 * 86400.0
_CHUNK = 2_000
Row = dict[str, Any]


def fill(url: str, folder: Path, requests: int, kept: int, until: float, seconds: float = _WEEK) -> None:
    """Write ``requests`` of the ``seconds`` before ``until`` (Unix s), ``kept`` of them as samples with all scores.

    Three samples in a row are turns of one conversation, each fifth is outside any, and of a hundred one belongs to one
    of forty conversations that go on for the whole time. Scores are drawn with a fixed seed.
    """
    database = open_database(url, folder)
    draw = random.Random(7)
    every = max(1, requests // max(1, kept))
    with database.write() as connection:
        counts = {Decision.PUBLISHED: kept, Decision.SAMPLED_OUT: requests - kept}
        connection.execute(
            insert(proxy_counts),
            [{"instance": "p1", "decision": str(name), "n": n, "sequence": 1} for name, n in counts.items()],
        )
        names = [name for name in OUTPUTS if any((name, output) not in JUDGE_OUTPUTS for output in OUTPUTS[name])]
        connection.execute(insert(groups), [{"scorer": name, "began_at": until - seconds - 1} for name in names])
    for part in chunks(range(requests), _CHUNK):
        facts = list(_facts(draw, part, every, (until - seconds, seconds / requests)))
        rows: dict[Table, list[Row]] = {exchanges: [_exchange(fact, index % every == 0) for index, fact in facts]}
        chosen = [fact for index, fact in facts if index % every == 0]
        rows[samples] = [_sample(fact) for fact in chosen]
        scored = [_scored(draw, fact) for fact in chosen]
        rows[results] = [row for own, _ in scored for row in own]
        rows[scores] = [row for _, own in scored for row in own]
        with database.write() as connection:
            for table, own in rows.items():
                if own:
                    connection.execute(insert(table), own)
    database.close()


def _facts(draw: random.Random, part: Any, every: int, times: tuple[float, float]) -> Iterator[tuple[int, Exchange]]:
    first, step = times
    for index in part:
        app = APPS[index // (3 * every) % 3]
        turn = index // every
        conversation = f"long-{turn % 40}" if draw.random() < 0.01 else f"c{turn // 3}"
        at = first + index * step + draw.random() * step
        yield (
            index,
            Exchange(
                request_id=f"r{index:09}",
                instance="p1",
                started_at=at,
                app=app,
                operation=Operation.CHAT,
                upstream="local",
                outcome=Outcome.OK,
                duration=0.5,
                model_asked=MODELS[index // (9 * every) % 2],
                session_id=conversation if turn % 5 else None,
                cost_usd=0.001,
            ),
        )


def _exchange(fact: Exchange, published: bool) -> Row:
    decision = Decision.PUBLISHED if published else Decision.SAMPLED_OUT
    row = ExchangeRow(fact, decision, probability=0.1, stratum="uniform")
    return {
        "request_id": fact.request_id,
        "instance": "p1",
        "started_at": fact.started_at,
        "app": fact.app,
        "model": fact.model,
        "outcome": "ok",
        "decision": decision.value,
        "probability": 0.1,
        "stratum": "uniform",
        "session_id": fact.session_id,
        "cost_usd": fact.cost_usd,
        "row": msgspec.json.encode(row).decode(),
    }


def _sample(fact: Exchange) -> Row:
    content = Sample(
        id=fact.request_id,
        exchange=fact,
        probability=0.1,
        stratum="uniform",
        messages=(Message(role="user", content=_QUESTION),),
        choices=(Choice(text=_ANSWER),),
    )
    return {
        "id": fact.request_id,
        "request_id": fact.request_id,
        "app": fact.app,
        "model": fact.model,
        "session_id": fact.session_id,
        "conversation": fact.conversation,
        "started_at": fact.started_at,
        "stored_at": fact.started_at,
        "probability": 0.1,
        "stratum": "uniform",
        "content": encode(content).decode(),
    }


def _scored(draw: random.Random, fact: Exchange) -> tuple[list[Row], list[Row]]:
    done, found = [], []
    for scorer, outputs in OUTPUTS.items():
        own = [output for output in outputs if (scorer, output) not in JUDGE_OUTPUTS]
        if not own:
            continue
        answered = draw.random() < 0.8
        result, reason = (Result.SCORED, None) if answered else (Result.NOT_APPLICABLE, Reason.NO_EVIDENCE.value)
        done.append(
            {
                "sample_id": fact.request_id,
                "scorer": scorer,
                "result": result.value,
                "reason": reason,
                "stored_at": fact.started_at,
            }
        )
        for output in own:
            value = round(draw.random() ** 4, 3) if answered else None
            found.append(
                {
                    "sample_id": fact.request_id,
                    "choice": 0,
                    "scorer": scorer,
                    "output": output,
                    "version": "1",
                    "weight": 1.0,
                    "value": value,
                    "verdict": None if value is None else "yes" if value >= 0.5 else "no",
                    "unscored_reason": reason,
                    "explanation": "made up",
                    "newest": True,
                }
            )
    return done, found


if __name__ == "__main__":
    fill("sqlite", Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), time.time())
