"""The data folder: removed or replaced under a running server, unsafe for others, with a secret that is none."""

from __future__ import annotations

import asyncio
import os
import shutil
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import yaml

from proxy.config.data_folder import FolderWatch, folder_warnings
from proxy.errors import ConfigError
from proxy.observe.identity import load_secret
from proxy.queue.protocol import Item, Kind, QueueError
from proxy.queue.sqlite import SqliteQueue
from scorers.store.records import SampleQuery, StoreUnavailable
from scorers.store.store import Store
from support.processes import ROOT, Sightglass, free_ports, wait_until
from support.proxying import CHAT, post
from support.upstream import ScriptedUpstream

Start = Callable[..., Sightglass]


def _degraded(running: Sightglass, which: str) -> bool:
    return 'sightglass_degraded{component="data_dir"} 1.0' in running.metrics(which).splitlines()


def test_a_removed_folder_is_seen_and_made_anew(start_sightglass: Start, upstream: ScriptedUpstream) -> None:
    """Within ten seconds both processes say so; traffic goes on, and what comes then is kept and scored again."""
    running = start_sightglass(upstream.url, scorers={"refusal": {}})
    assert not _degraded(running, "proxy") and not _degraded(running, "worker")
    assert post(running.url, CHAT).status_code == 200
    running.wait_scored(1)
    secret = (running.data_dir / "secret").read_bytes()
    shutil.rmtree(running.data_dir)
    wait_until(lambda: _degraded(running, "proxy") and _degraded(running, "worker"), 10, "the loss seen")
    lines = [line for line in running.output().splitlines() if "was removed or replaced under us" in line]
    assert {"proxy", "worker"} <= {word.partition("-")[0] for line in lines for word in line.split()}
    for _ in range(3):
        assert post(running.url, CHAT).status_code == 200
    wait_until(lambda: len(running.api("samples")["samples"]) == 3, 20, "what came then in the new store")
    wait_until(lambda: running.api("ledger")["scorers"].get("refusal", {}).get("scored") == 3, 20, "it scored")
    assert (running.data_dir / "secret").read_bytes() == secret
    assert stat.S_IMODE(running.data_dir.stat().st_mode) == 0o700
    for path in running.data_dir.iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path
    assert len([line for line in running.output().splitlines() if "was removed or replaced under us" in line]) < 6


def test_a_file_in_its_place_is_refused_and_healed(tmp_path: Path) -> None:
    """Nothing is written over; queue and store say that they are out of order, once it is gone they go on."""
    folder = tmp_path / "data"
    folder.mkdir()
    seen: list[float] = []
    queue, store = SqliteQueue(folder / "queue.db", 1_000_000), Store.open("sqlite", folder)

    async def again() -> None:
        await queue.fill()
        store.ping()

    async def steps() -> None:
        await queue.ensure_group("g", (Kind.SAMPLE,))
        watch = FolderWatch(folder, b"s" * 32, seen.append, ("queue.db", "store.db", "secret"), again)
        await watch.look()
        assert seen == [0] and (folder / "secret").read_bytes() == b"s" * 32
        shutil.rmtree(folder)
        folder.write_text("not a folder")
        for _ in range(3):
            await watch.look()
        assert seen[-1] == 1
        with pytest.raises(QueueError):
            await queue.publish([Item("a", Kind.SAMPLE, b"1")])
        with pytest.raises(StoreUnavailable):
            store.samples(SampleQuery())
        assert folder.read_text() == "not a folder"
        folder.unlink()
        await watch.look()
        await queue.publish([Item("b", Kind.SAMPLE, b"2")])
        assert [item.id for item in await queue.claim("g", "me", 10, 5.0)] == ["b"]
        assert store.samples(SampleQuery()).samples == []
        assert (folder / "secret").exists()
        await queue.close()

    asyncio.run(steps())
    store.close()


def test_what_is_unsafe_about_the_folder_in_its_place_is_told(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A folder that others write to is looked at as at the start; files that a process does not work with are not its
    concern."""
    folder = tmp_path / "data"
    folder.mkdir(mode=0o700)
    (folder / "store.db").touch(mode=0o600)
    seen: list[float] = []

    async def nothing() -> None:
        pass

    async def steps() -> None:
        watch = FolderWatch(folder, b"s" * 32, seen.append, ("queue.db", "secret"), nothing)
        (folder / "store.db").unlink()
        await watch.look()
        assert seen == [0]
        shutil.rmtree(folder)
        folder.mkdir()
        folder.chmod(0o777)
        await watch.look()
        assert seen == [0, 1]

    asyncio.run(steps())
    assert any("others may write to it (mode 0777)" in record.getMessage() for record in caplog.records)


def test_a_claim_of_the_lost_queue_acknowledges_nothing_in_the_new_one(tmp_path: Path) -> None:
    """Items are numbered on, so that what a worker had in its hands is not taken for what came after."""

    async def steps() -> None:
        queue = SqliteQueue(tmp_path / "data" / "queue.db", 1_000_000)
        (tmp_path / "data").mkdir()
        await queue.ensure_group("g", (Kind.SAMPLE,))
        await queue.publish([Item("old", Kind.SAMPLE, b"1")])
        (old,) = await queue.claim("g", "me", 10, 60.0)
        shutil.rmtree(tmp_path / "data")
        await queue.publish([Item("new", Kind.SAMPLE, b"2")])
        (new,) = await queue.claim("g", "me", 10, 0.0)
        await queue.acknowledge("g", "me", [old.sequence])
        assert [item.id for item in await queue.claim("g", "me", 10, 5.0)] == [new.id] == ["new"]
        await queue.close()

    asyncio.run(steps())


def test_a_store_that_was_put_in_its_place_is_the_one_that_is_read(tmp_path: Path) -> None:
    """A backup that is moved there is opened and brought up to date; sessions of before go with the lost one."""
    folder = tmp_path / "data"
    store = Store.open("sqlite", folder)
    store.ensure_group("refusal")
    other = Store.open("sqlite", tmp_path / "backup")
    other.hold_lease("exporter", "someone", 60.0)
    other.close()
    shutil.rmtree(folder)
    (tmp_path / "backup").rename(folder)
    assert store.lease_holder("exporter") == "someone"
    assert "refusal" in store.ledger()["scorers"]
    store.close()


# --- what is unsafe --------------------------------------------------------------------------------------------------


def test_what_others_could_reach_is_told(tmp_path: Path) -> None:
    """A folder that others write to, a link in the place of the store, a secret or a queue that others may open."""
    folder = tmp_path / "data"
    assert folder_warnings(folder) == []
    folder.mkdir(mode=0o700)
    for name in ("store.db", "queue.db", "secret"):
        (folder / name).touch(mode=0o600)
    assert folder_warnings(folder) == []
    folder.chmod(0o770)
    (folder / "secret").chmod(0o640)
    (folder / "queue.db").chmod(0o604)
    (folder / "store.db").rename(tmp_path / "elsewhere.db")
    (folder / "store.db").symlink_to(tmp_path / "elsewhere.db")
    told = folder_warnings(folder)
    assert len(told) == 4
    for words in (("0770",), ("secret", "0640"), ("queue.db", "0604"), ("store.db", "symbolic link")):
        assert any(all(word in line for word in words) for line in told), words


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_a_folder_of_another_user_is_told(tmp_path: Path) -> None:
    """Its owner can put anything there."""
    os.chown(tmp_path, 4321, 4321)
    tmp_path.chmod(0o700)
    (line,) = folder_warnings(tmp_path)
    assert "4321" in line


@contextmanager
def _configured(folder: Path) -> Iterator[list[str]]:
    """The command line of ``serve`` with ``folder`` / data."""
    first, second, third = free_ports(3)
    document = {
        "listen": f"127.0.0.1:{first}",
        "metrics_listen": f"127.0.0.1:{second}",
        "console_listen": f"127.0.0.1:{third}",
        "data_dir": str(folder / "data"),
        "upstreams": [{"name": "u", "base_url": "http://127.0.0.1:1"}],
    }
    (folder / "sightglass.yaml").write_text(yaml.safe_dump(document))
    yield [sys.executable, "-m", "proxy.cli", "serve", "--config", str(folder / "sightglass.yaml")]


def test_warnings_are_logged_at_the_start(start_sightglass: Start, upstream: ScriptedUpstream, tmp_path: Path) -> None:
    """Once, by the supervisor, whatever number of processes there are; it starts all the same."""
    data = tmp_path / "open-to-all"
    data.mkdir()
    data.chmod(0o777)
    running = start_sightglass(upstream.url, data_dir=str(data))
    assert running.output().count("others may write to it (mode 0777)") == 1


@pytest.mark.parametrize("content", [b"", b"x" * 31, b"x" * 33, b"x" * 100_000], ids=len)
def test_a_secret_of_the_wrong_length_is_one_error_and_no_loop(tmp_path: Path, content: bytes) -> None:
    """The start ends with status 2 and one line that names file and length; the file stays as it is."""
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "secret").write_bytes(content)
    with _configured(tmp_path) as command:
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert "secret" in line and ("31" in line or "more than 32" in line or "0 bytes" in line)
    assert (tmp_path / "data" / "secret").read_bytes() == content


def test_what_is_no_file_is_no_secret(tmp_path: Path) -> None:
    """A folder, a pipe that nobody writes to, a link to nowhere: one error each, at once."""
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    for name in ("folder", "pipe", "link", "missing/secret"):
        with pytest.raises(ConfigError, match=name):
            load_secret(tmp_path / name)
    assert not (tmp_path / "nowhere").exists()
