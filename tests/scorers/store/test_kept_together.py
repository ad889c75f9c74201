"""Samples that are written with their results: the same rows as one after the other, whatever is there already."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from sqlalchemy import text

from proxy.sample import IMPORTED, Sample
from scorers.score import Result
from scorers.store.facts import sample_facts
from scorers.store.records import ScoredSample
from scorers.store.store import Store

MakeSample = Callable[..., Sample]
MakeScored = Callable[..., ScoredSample]
#: What is compared, without the tables in which an order or a number of rows means nothing.
TABLES = ("samples", "results", "scores", "proxy_counts")


def rows(store: Store) -> dict[str, list[tuple[Any, ...]]]:
    """All rows of the tables."""
    with store._database.read() as connection:
        return {
            table: sorted(map(tuple, connection.execute(text(f"SELECT * FROM {table}"))), key=repr) for table in TABLES
        }


def empty(store: Store) -> None:
    """Delete all of them."""
    with store._database.write() as connection:
        for table in TABLES:
            connection.execute(text(f"DELETE FROM {table}"))


def traffic(make_sample: MakeSample, make_scored: MakeScored) -> tuple[list[Sample], list[ScoredSample]]:
    """Samples of all kinds, each with the results of two scorers, one with two versions of a score."""
    samples = [
        make_sample("plain", conversation="c1"),
        make_sample("user", user_hash="u1", session_id="s1"),
        make_sample("imported", stratum=IMPORTED),
        make_sample("umlaut-\u00e4\u0000", conversation="c1"),
    ]
    values = zip(samples, (0.1, 0.9, 0.5, 0.7), strict=True)
    scored = [make_scored(sample, value, explanation=f"of {sample.id}") for sample, value in values]
    again = msgspec.structs.replace(scored[0].scores[0], version="older", explanation="quoted")
    scored[0] = msgspec.structs.replace(scored[0], scores=[*scored[0].scores, again])
    failed = [ScoredSample.of(sample, "format", Result.CRASHED, [], "crashed") for sample in samples]
    return samples, scored + failed


def keep(store: Store, samples: list[Sample], scored: list[ScoredSample]) -> list[ScoredSample]:
    """Write them together, with their text."""
    return store.keep([(sample_facts(sample), "text") for sample in samples], scored)


@pytest.mark.parametrize("there", ["nothing", "samples", "a result", "everything"])
def test_together_is_one_after_the_other(
    store: Store, make_sample: MakeSample, make_scored: MakeScored, there: str
) -> None:
    """Whether nothing, something or everything was stored before, and by whom."""
    store._clock = lambda: 1_800_000_000.0
    samples, scored = traffic(make_sample, make_scored)
    found = []
    for together in (False, True):
        empty(store)
        store.forget_user("u1")
        if there in ("samples", "everything"):
            store.save_samples(samples, content=False)
        if there == "a result":
            store.save_scores(scored[1:2])
        if there == "everything":
            store.save_scores(scored)
        if together:
            new = keep(store, samples, scored)
        else:
            store.save_samples(samples, content=False)
            new = store.save_scores(scored)
        found.append(({(item.sample_id, item.scorer) for item in new}, rows(store)))
    (first, before), (second, after) = found
    texts = {row[0] for row in after["samples"] if "text" in row}
    assert second == first
    assert len(first) == {"nothing": 8, "samples": 8, "a result": 7, "everything": 0}[there]
    assert "of user" not in {row[9] for row in after["scores"]}
    assert texts == {row[0] for row in after["samples"]} - {"user"}
    assert {
        **after,
        "samples": [tuple(None if it == "text" else it for it in row) for row in after["samples"]],
    } == before


def test_of_two_deliveries_the_second_adds_nothing(
    store: Store, make_sample: MakeSample, make_scored: MakeScored
) -> None:
    """No result is new, and all rows stay."""
    samples, scored = traffic(make_sample, make_scored)
    keep(store, samples, scored)
    before = rows(store)
    assert keep(store, samples, scored) == []
    assert rows(store) == before


def test_scores_that_outlived_their_sample_are_replaced(
    store: Store, make_sample: MakeSample, make_scored: MakeScored
) -> None:
    """Something is left of a sample: the batch is written with an eye on that, not refused for ever."""
    samples, scored = traffic(make_sample, make_scored)
    keep(store, samples, scored)
    for table in ("samples", "results"):
        with store._database.write() as connection:
            connection.execute(text(f"DELETE FROM {table} WHERE true"))
        changed = [
            msgspec.structs.replace(item, scores=[msgspec.structs.replace(it, explanation="new") for it in item.scores])
            for item in scored
        ]
        keep(store, samples, changed)
    assert {row[9] for row in rows(store)["scores"] if row[0] != "user"} == {"new"}
