"""Files that are written whole or not at all."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from scorers.files.whole_file import LinkNamed, whole_file, write_whole
from support.full_disk import full_at


def test_a_pipe_is_written_to_and_a_link_stays_one(tmp_path: Path) -> None:
    """``--output /dev/stdout`` as root must not put a file in its place; a link leads where it led."""
    pipe, target, link = tmp_path / "pipe", tmp_path / "target.json", tmp_path / "link.json"
    os.mkfifo(pipe)
    reading = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    write_whole(pipe, b"all of it")
    assert os.read(reading, 64) == b"all of it"
    os.close(reading)
    assert stat.S_ISFIFO(pipe.stat().st_mode)
    target.write_bytes(b"before")
    link.symlink_to(target.name)
    write_whole(link, b"after")
    assert link.is_symlink()
    assert target.read_bytes() == b"after"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["link.json", "pipe", "target.json"]


@pytest.mark.parametrize(("name", "error"), [("", IsADirectoryError), ("nowhere/file", FileNotFoundError)])
def test_what_cannot_be_written_is_named(tmp_path: Path, name: str, error: type[OSError]) -> None:
    """The path that was given, not that of a temporary file beside it."""
    with pytest.raises(error) as raised:
        write_whole(tmp_path / name, b"x")
    assert raised.value.filename == str(tmp_path / name)
    assert list(tmp_path.iterdir()) == []


def test_on_a_full_disk_what_was_there_stays(tmp_path: Path) -> None:
    """The old file is whole, and nothing of the new one is left."""
    path = tmp_path / "rules.yml"
    path.write_bytes(b"old")
    with full_at(10_000), pytest.raises(OSError, match="File too large"):
        write_whole(path, b"x" * 20_000)
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_who_may_read_a_file(tmp_path: Path) -> None:
    """Its owner alone, or whoever might read what was there."""
    own, new, known = (tmp_path / name for name in ("own", "new", "known"))
    known.write_bytes(b"old")
    known.chmod(0o640)
    write_whole(own, b"x")
    before = os.umask(0o027)
    write_whole(new, b"x", private=False)
    os.umask(before)
    write_whole(known, b"x", private=False)
    assert [path.stat().st_mode & 0o777 for path in (own, new, known)] == [0o600, 0o640, 0o640]


def test_what_others_own_stays_theirs(tmp_path: Path) -> None:
    """A file that may be read as before belongs to whom it belonged to; a private one is ours."""
    if os.geteuid() != 0:
        pytest.skip("only root may give a file away")
    theirs, private = tmp_path / "theirs", tmp_path / "private"
    for path in (theirs, private):
        path.write_bytes(b"old")
        os.chown(path, 65_534, 65_534)
    write_whole(theirs, b"new", private=False)
    write_whole(private, b"new")
    assert [path.stat().st_uid for path in (theirs, private)] == [65_534, 0]


def test_an_error_and_an_interrupt_leave_the_old_file(tmp_path: Path) -> None:
    """Whatever ends the block, half of a file is none, and nothing stays beside it."""
    path = tmp_path / "out.jsonl"
    path.write_bytes(b"old")
    for error in (ValueError("of a row"), KeyboardInterrupt(), OSError(5, "of the store")):
        with pytest.raises(type(error)), whole_file(path) as out:
            out.write(b"x" * 100_000)
            raise error
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


_KILLED = """
import sys, time
from pathlib import Path
from scorers.files.whole_file import whole_file
with whole_file(Path(sys.argv[1])) as out:
    out.write(b"x" * 100_000)
    out.flush()
    print("half", flush=True)
    time.sleep(60)
"""


def test_a_process_that_is_killed_leaves_the_old_file(tmp_path: Path) -> None:
    """What it had written stands beside it, and nobody else may read that."""
    path = tmp_path / "out.jsonl"
    path.write_bytes(b"old")
    with subprocess.Popen([sys.executable, "-c", _KILLED, str(path)], stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == b"half\n"
        child.kill()
    assert path.read_bytes() == b"old"
    (left,) = set(tmp_path.iterdir()) - {path}
    assert left.name.startswith(".out.jsonl.")
    assert left.stat().st_mode & 0o777 == 0o600


def test_a_link_is_refused_where_the_file_is_to_be_named(tmp_path: Path) -> None:
    """What it leads to stays as it was, and it stays a link."""
    target, link = tmp_path / "target", tmp_path / "link"
    target.write_bytes(b"theirs")
    link.symlink_to(target)
    with pytest.raises(LinkNamed), whole_file(link, links=False) as out:
        out.write(b"ours")
    assert link.is_symlink()
    assert target.read_bytes() == b"theirs"


def test_a_name_as_long_as_names_may_be(tmp_path: Path) -> None:
    """The hidden file beside it has a shorter one."""
    path = tmp_path / ("\N{SNOWMAN}" * 85)
    write_whole(path, b"x")
    assert path.read_bytes() == b"x"
