"""Stores to test against: SQLite files, and databases in a throw-away PostgreSQL cluster."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from proxy.exchange import Exchange, Operation, Outcome
from proxy.sample import Choice, Message, Sample
from scorers.score import Result, Score, Verdict
from scorers.store.records import ScoredSample
from scorers.store.store import Store
from support.servers import PostgresCluster

MOMENT = 1_800_000_000.0


@pytest.fixture(scope="session")
def postgres_cluster() -> Iterator[str]:
    """A PostgreSQL server on a Unix socket in a folder of its own; yields the folder, the host of a connection."""
    with PostgresCluster() as cluster:
        yield cluster.folder


@pytest.fixture
def postgres_url(postgres_cluster: str) -> str:
    """The URL of a fresh, empty PostgreSQL database."""
    name = f"t{uuid.uuid4().hex}"
    with psycopg.connect(host=postgres_cluster, user="sightglass", dbname="postgres", autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    return f"postgresql://sightglass@/{name}?host={postgres_cluster}"


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.real_servers)])
def store_url(request: pytest.FixtureRequest) -> str:
    """The URL of an empty store, of each kind in turn."""
    return "sqlite" if request.param == "sqlite" else str(request.getfixturevalue("postgres_url"))


@pytest.fixture
def store(store_url: str, tmp_path: Path) -> Iterator[Store]:
    """An open, empty store, of each kind in turn."""
    opened = Store.open(store_url, tmp_path / "data")
    yield opened
    opened.close()


@pytest.fixture
def sqlite_store(tmp_path: Path) -> Iterator[Store]:
    """An open, empty SQLite store."""
    opened = Store.open("sqlite", tmp_path / "data")
    yield opened
    opened.close()


@pytest.fixture
def make_sample() -> Callable[..., Sample]:
    """Makes a sample: ``make_sample("r1", app=..., conversation=..., probability=..., question=..., answer=...)``."""

    def make(
        identity: str,
        *,
        probability: float = 1.0,
        stratum: str = "uniform",
        question: str = "What is in the box?",
        answer: str = "A cat.",
        contexts: tuple[str, ...] = (),
        **facts: object,
    ) -> Sample:
        known = {
            "request_id": identity,
            "instance": "p1",
            "started_at": MOMENT,
            "app": "support",
            "operation": Operation.CHAT,
            "upstream": "local",
            "outcome": Outcome.OK,
            "duration": 0.5,
            "model_asked": "gpt-x",
        }
        return Sample(
            id=identity,
            exchange=Exchange(**{**known, **facts}),
            probability=probability,
            stratum=stratum,
            messages=(Message(role="user", content=question),),
            choices=(Choice(text=answer),),
            contexts=contexts,
        )

    return make


@pytest.fixture
def make_scored() -> Callable[..., ScoredSample]:
    """Makes a scored sample: ``make_scored(sample, value, version=..., scorer=..., output=...)``."""

    def make(
        sample: Sample,
        value: float = 0.9,
        *,
        scorer: str = "refusal",
        output: str = "refused",
        version: str = "1",
        explanation: str = "",
    ) -> ScoredSample:
        score = Score(
            sample_id=sample.id,
            scorer=scorer,
            output=output,
            version=version,
            value=value,
            verdict=Verdict.YES if value >= 0.5 else Verdict.NO,
            explanation=explanation,
        )
        return ScoredSample.of(sample, scorer, Result.SCORED, [score])

    return make
