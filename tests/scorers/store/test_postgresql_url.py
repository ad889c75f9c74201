"""Ways to a PostgreSQL server: libpq's forms of its address, a schema of one's own, a time in which it only reads."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote, urlsplit

import psycopg
import pytest

from proxy.sample import Sample
from scorers.store.records import StoreUnavailable
from scorers.store.store import Store
from support.processes import free_ports

MakeSample = Callable[..., Sample]
pytestmark = pytest.mark.real_servers


def test_the_second_of_several_servers(
    postgres_url: str, postgres_cluster: str, make_sample: MakeSample, tmp_path: Path
) -> None:
    """The first one is not there. Both are written as libpq writes them, a Unix socket among them."""
    (closed,) = free_ports(1)
    hosts = f"127.0.0.1:{closed},{quote(postgres_cluster, safe='')}"
    database = urlsplit(postgres_url).path
    store = Store.open(f"postgresql://sightglass@{hosts}{database}?target_session_attrs=read-write", tmp_path)
    sample = make_sample("a")
    store.save_samples([sample], content=True)
    assert store.sample(sample.id) is not None
    store.close()


def test_a_schema_of_its_own(postgres_url: str, make_sample: MakeSample, tmp_path: Path) -> None:
    """Its tables stand there, and nowhere else."""
    with psycopg.connect(postgres_url, autocommit=True) as session:
        session.execute("CREATE SCHEMA behaviour")
        store = Store.open(f"{postgres_url}&options=-csearch_path%3Dbehaviour", tmp_path)
        store.save_samples([make_sample("a")], content=True)
        found = session.execute("SELECT DISTINCT schemaname FROM pg_tables WHERE tablename = 'samples'").fetchall()
        assert found == [("behaviour",)]
        store.close()


def test_a_server_that_only_read_for_a_while(postgres_url: str, make_sample: MakeSample, tmp_path: Path) -> None:
    """A full disk or a failover makes sessions that may only read, and they answer each ping. They are not kept: the
    store writes again as soon as the server takes a write from a new session."""
    store = Store.open(postgres_url, tmp_path)
    store.close()
    name = urlsplit(postgres_url).path.lstrip("/")
    with psycopg.connect(postgres_url, autocommit=True) as session:
        session.execute(f'ALTER DATABASE "{name}" SET default_transaction_read_only = on')  # type: ignore[arg-type]
        with pytest.raises(StoreUnavailable, match="read-only"):
            store.save_samples([make_sample("a")], content=True)
        session.execute("SET default_transaction_read_only = off")
        session.execute(f'ALTER DATABASE "{name}" SET default_transaction_read_only = off')  # type: ignore[arg-type]
    store.save_samples([make_sample("a")], content=True)
    store.close()
