"""Where a run is kept: ``AskStore`` where there is a store, ``FileBook`` where there is none. Both do the same.

A file run is ``FOLDER/RUN.json`` once it has ended. While it is under way each step is a line of ``RUN.journal``, so
that a run that was killed is gone on with from where it was.
"""

from __future__ import annotations

import fcntl
import os
import threading
import time
from collections import Counter
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO, Protocol

import msgspec

from scorers.files.whole_file import write_whole
from scorers.store.runs import (
    INTERRUPTED,
    Ask,
    AskKey,
    AskState,
    Reserved,
    Run,
    RunState,
    ledger_of,
    may_be_asked_again,
)

#: Where runs without a store are kept, in the folder that one stands in.
RUNS = Path("sightglass-runs")
_LONGEST_FILE = 1_000_000_000
#: A look whether a journal is written takes less (s).
_LOOKED_AT = 0.1


class Book(Protocol):
    """What an engine needs of wherever a run is kept. Blocking: called in a thread."""

    def create(self, run: Run, planned: Sequence[tuple[AskKey, str | None]]) -> None:
        """Keep a run and its asks, all pending."""

    def reserve(
        self, run: str, keys: Sequence[AskKey], each: int, account: str = "", day_budget: int | None = None
    ) -> Reserved:
        """Set ``each`` micro-dollars aside for every key, all or none."""

    def begin(self, run: str, key: AskKey) -> bool:
        """Note that an ask is sent now; False where its user was forgotten meanwhile, and it must not be."""

    def is_forgotten(self, run: str, key: AskKey) -> bool:
        """Whether the user of an ask that was sent was forgotten meanwhile."""

    def settle(self, run: str, ask: Ask, account: str = "") -> None:
        """Keep an ask's result and give back what was not needed."""

    def skip(self, run: str, keys: Sequence[AskKey], reason: str, account: str = "") -> None:
        """Close asks that were not sent, and never will be."""

    def reopen(self, run: str, account: str = "", budget: int | None = None) -> list[AskKey]:
        """Close what was under way; returns what is still pending, with what was interrupted and what failed unpaid by
        what passes. ``budget``: the run's from now on, in micro-dollars."""

    def finish(self, run: str, state: RunState, result: dict[str, Any] | None) -> None:
        """End a run."""

    def run(self, identity: str) -> Run | None:
        """A run by its id or its name."""

    def asks(self, run: str) -> list[Ask]:
        """All asks of a run."""

    def ledger(self, run: str) -> dict[str, int]:
        """planned = done + skipped + failed + pending."""


class RunFile(msgspec.Struct, frozen=True):
    """``RUN.json``: a run with all of its asks, and what was asked (case id -> messages), so that it can be read."""

    run: Run
    asks: list[Ask]
    ledger: dict[str, int]
    format: str = "sightglass-run"
    format_version: int = 1


class _Line(msgspec.Struct, omit_defaults=True):
    """A step in the journal."""

    run: Run | None = None
    planned: list[AskKey] | None = None
    again: list[AskKey] | None = None
    reserved: list[AskKey] | None = None
    each: int = 0
    begun: AskKey | None = None
    settled: Ask | None = None
    budget: int | None = None


class BadRunFile(ValueError):
    """A file that holds no run; the message is one line."""


def read_run(path: Path) -> RunFile:
    """The run in a file. Raises ``BadRunFile``."""
    try:
        if path.stat().st_size > _LONGEST_FILE:
            raise BadRunFile(f"{path}: expected a run, found more than {_LONGEST_FILE:,} bytes")
        found = msgspec.json.decode(path.read_bytes(), type=RunFile)
    except OSError as error:
        raise BadRunFile(f"{path}: {error.strerror}") from None
    except (msgspec.DecodeError, RecursionError) as error:
        raise BadRunFile(f"{path}: expected a run ({RunFile.__name__}), found something else: {error}") from None
    if found.format != "sightglass-run" or found.format_version != 1:
        raise BadRunFile(f"{path}: format: expected sightglass-run 1, found {found.format[:64]} {found.format_version}")
    return found


def _sole(journal: BinaryIO, path: Path) -> BinaryIO:
    """The file, which no other process writes while it is open here. Raises ``BadRunFile``."""
    until = time.monotonic() + _LOOKED_AT
    while True:
        try:
            fcntl.flock(journal, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            if time.monotonic() < until:  # somebody may be looking whether it is written (``_is_written``)
                time.sleep(_LOOKED_AT / 10)
                continue
            journal.close()
            raise BadRunFile(f"{path}: another process goes on with this run") from None
        return journal


def _is_written(path: Path) -> bool:
    """Whether a process performs the run of a journal."""
    with path.open("rb") as journal:
        try:
            fcntl.flock(journal, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except OSError:
            return True
    return False


def _first_of(journal: Path) -> Run | None:
    """The run as its journal begins with it. Raises ``BadRunFile``."""
    try:
        with journal.open("rb") as file:
            return msgspec.json.decode(file.readline(), type=_Line).run
    except OSError as error:
        raise BadRunFile(f"{journal}: {error.strerror}") from None
    except msgspec.DecodeError:
        raise BadRunFile(f"{journal}: line 1: expected a step of a run, found something else") from None


class FileBook:
    """Runs as files of one folder."""

    def __init__(self, folder: Path = RUNS) -> None:
        self._folder = folder
        self._run: Run | None = None
        self._asks: dict[AskKey, Ask] = {}
        self._begun: set[AskKey] = set()
        self._journal: BinaryIO | None = None
        # Asks run at once, each in threads: what is left is looked at and taken in one step.
        self._lock = threading.Lock()

    def create(self, run: Run, planned: Sequence[tuple[AskKey, str | None]]) -> None:
        """Keep a run and its asks, all pending. Raises ``OSError``."""
        self._folder.mkdir(parents=True, exist_ok=True)
        run = msgspec.structs.replace(run, planned=len(planned), created_at=run.created_at or time.time())
        path = self._path(run.id, "journal")
        self._journal = _sole(open(path, "xb", opener=partial(os.open, mode=0o600)), path)  # noqa: SIM115 - kept open
        self._write(_Line(run=run, planned=[key for key, _ in planned]))

    def reserve(
        self, run: str, keys: Sequence[AskKey], each: int, account: str = "", day_budget: int | None = None
    ) -> Reserved:
        """Set money aside, within the run's budget; a file knows of no day's."""
        with self._lock:
            own = self._own(run)
            if own.budget_micro is not None and own.spent_micro + each * len(keys) > own.budget_micro:
                return Reserved.RUN_BUDGET
            self._write(_Line(reserved=list(keys), each=each))
        return Reserved.YES

    def begin(self, run: str, key: AskKey) -> bool:
        """Note that an ask is sent now. Files know of no users."""
        with self._lock:
            self._write(_Line(begun=key))
        return True

    def is_forgotten(self, run: str, key: AskKey) -> bool:
        """Never: files know of no users."""
        return False

    def settle(self, run: str, ask: Ask, account: str = "") -> None:
        """Keep an ask's result. A second result changes nothing."""
        with self._lock:
            if self._asks[ask.key].state == AskState.PENDING.value:
                self._write(_Line(settled=msgspec.structs.replace(ask, reserved_micro=None, ended_at=time.time())))

    def skip(self, run: str, keys: Sequence[AskKey], reason: str, account: str = "") -> None:
        """Close asks that were not sent."""
        for key in keys:
            self.settle(run, Ask(**key._asdict(), state=AskState.SKIPPED.value, reason=reason))

    def reopen(self, run: str, account: str = "", budget: int | None = None) -> list[AskKey]:
        """Read the journal of a run that has not ended, or make one of a run that has.

        Raises ``BadRunFile``, also where another process goes on with it, and ``OSError``.
        """
        path = self._path(run, "journal")
        journal = _sole(path.open("ab"), path) if path.exists() else None
        if journal is None and self._path(run, "json").exists():
            self._journal_of(run)
            journal = _sole(path.open("ab"), path)
        # Where both are there, the journal is the newer one: the run was reopened and killed.
        self._replay(path)
        self._journal = journal or _sole(path.open("ab"), path)
        if budget is not None:
            self._write(_Line(budget=budget))
        for key, ask in list(self._asks.items()):
            if ask.state == AskState.PENDING.value and key in self._begun:
                lost = {"state": AskState.FAILED.value, "reason": INTERRUPTED, "cost_micro": ask.reserved_micro or 0}
                self.settle(run, msgspec.structs.replace(ask, **lost))
        again = [key for key, ask in self._asks.items() if may_be_asked_again(ask)]
        if again:
            self._write(_Line(again=again))
        waiting = [key for key, ask in self._asks.items() if ask.state == AskState.PENDING.value]
        # What was set aside and never sent is free again.
        self._write(_Line(reserved=[key for key in waiting if self._asks[key].reserved_micro], each=0))
        return waiting

    def _journal_of(self, run: str) -> None:
        """A run that ended before all was asked becomes a journal again."""
        found = read_run(self._path(run, "json"))
        # What was spent is what its results say.
        begun = msgspec.structs.replace(found.run, spent_micro=0, state=RunState.RUNNING.value, result=None)
        lines = [_Line(run=begun, planned=[ask.key for ask in found.asks])]
        lines += [_Line(settled=ask) for ask in found.asks if ask.state != AskState.PENDING.value]
        # What a try before was charged: it is pending again in a moment.
        tried = [ask for ask in found.asks if ask.state == AskState.PENDING.value and ask.cost_micro]
        lost = {"state": AskState.FAILED.value, "reason": INTERRUPTED}
        lines += [_Line(settled=msgspec.structs.replace(ask, **lost)) for ask in tried]
        data = b"".join(msgspec.json.encode(line) + b"\n" for line in lines)
        write_whole(self._path(run, "journal"), data)

    def _replay(self, path: Path) -> None:
        whole, size = self._read(path)
        if whole != size:  # killed while it wrote a line
            os.truncate(path, whole)

    def _read(self, path: Path) -> tuple[int, int]:
        """Apply the steps of a journal: bytes of whole lines, and all bytes."""
        try:
            data = path.read_bytes()
        except OSError as error:
            raise BadRunFile(f"{path}: {error.strerror}") from None
        whole = data[: data.rfind(b"\n") + 1]
        for number, line in enumerate(whole.splitlines(), 1):
            try:
                self._apply(msgspec.json.decode(line, type=_Line))
            except (msgspec.DecodeError, KeyError):
                raise BadRunFile(f"{path}: line {number}: expected a step of a run, found something else") from None
        if self._run is None:
            raise BadRunFile(f"{path}: expected a run, found none")
        return len(whole), len(data)

    def finish(self, run: str, state: RunState, result: dict[str, Any] | None) -> None:
        """Write ``RUN.json`` and take the journal away. Raises ``OSError``."""
        ended = msgspec.structs.replace(self._own(run), state=state.value, ended_at=time.time(), result=result)
        self._run = ended
        made = RunFile(ended, list(self._asks.values()), self.ledger(run))
        write_whole(self._path(run, "json"), msgspec.json.format(msgspec.json.encode(made), indent=1) + b"\n")
        self.close()
        self._path(run, "journal").unlink(missing_ok=True)

    def close(self) -> None:
        """Leave the journal, from which a run that has not ended is gone on with."""
        if self._journal is not None:
            self._journal.close()
            self._journal = None

    def run(self, identity: str) -> Run | None:
        """The run that is under way, one of the folder by its id (also one that has not ended), or the newest one of
        this name. Raises ``BadRunFile`` for a broken one."""
        if self._run is not None and self._run.id == identity:
            return self._run
        found = self.find(identity)
        if found is not None:
            return found.run
        journal = self._path(identity, "journal")
        return _first_of(journal) if Path(identity).name == identity and journal.is_file() else None

    def find(self, identity: str) -> RunFile | None:
        """A run of the folder that has ended, by its id or its name. Raises ``BadRunFile`` for a broken one."""
        if Path(identity).name == identity and self._path(identity, "json").is_file():
            return read_run(self._path(identity, "json"))
        named = [found for found in self.all() if found.run.name == identity]
        return max(named, key=lambda found: found.run.created_at, default=None)

    def all(self) -> list[RunFile]:
        """The runs of the folder that have ended, the newest first; what is none is left out."""
        found = []
        for path in sorted(self._folder.glob("*.json")):
            try:
                found.append(read_run(path))
            except BadRunFile:
                continue
        return sorted(found, key=lambda item: item.run.created_at, reverse=True)

    def unended(self) -> list[RunFile]:
        """The runs of the folder that have not ended: they are under way, or were stopped or killed, which their state
        tells. What is none is left out."""
        found = []
        for path in sorted(self._folder.glob("*.journal")):
            book = FileBook(self._folder)
            try:
                book._read(path)
                written = _is_written(path)
            except (BadRunFile, OSError):
                continue
            run = book._run
            assert run is not None
            if not written:
                run = msgspec.structs.replace(run, state=RunState.STOPPED.value)
            found.append(RunFile(run, book.asks(run.id), book.ledger(run.id)))
        return found

    def asks(self, run: str) -> list[Ask]:
        """All asks of the run that is under way, or of one that has ended."""
        if self._run is not None and self._run.id == run:
            return list(self._asks.values())
        found = self.find(run)
        return found.asks if found is not None else []

    def ledger(self, run: str) -> dict[str, int]:
        """planned = done + skipped + failed + pending."""
        found = self.asks(run)
        return ledger_of(Counter(ask.state for ask in found), len(found))

    def _own(self, run: str) -> Run:
        assert self._run is not None
        assert self._run.id == run
        return self._run

    def _path(self, run: str, ending: str) -> Path:
        return self._folder / f"{run}.{ending}"

    def _write(self, line: _Line) -> None:
        assert self._journal is not None
        try:
            self._journal.write(msgspec.json.encode(line) + b"\n")
            self._journal.flush()
        except OSError as error:
            raise OSError(error.errno, error.strerror, str(self._journal.name)) from None
        self._apply(line)

    def _apply(self, line: _Line) -> None:
        if line.run is not None:
            self._run = line.run
        for key in line.planned or ():
            self._asks[key] = Ask(**key._asdict())
            self._begun.discard(key)
        for key in line.again or ():
            self._asks[key] = Ask(**key._asdict(), cost_micro=self._asks[key].cost_micro)
            self._begun.discard(key)
        for key in line.reserved or ():
            self._spend(line.each - (self._asks[key].reserved_micro or 0))
            self._asks[key] = msgspec.structs.replace(self._asks[key], reserved_micro=line.each or None)
        if line.budget is not None and self._run is not None:
            self._run = msgspec.structs.replace(self._run, budget_micro=line.budget)
        if line.begun is not None:
            self._begun.add(line.begun)
        if line.settled is not None:
            key = line.settled.key
            before = self._asks[key]
            self._spend(line.settled.cost_micro - (before.reserved_micro or 0))
            # What a try before was charged stays with it.
            whole = line.settled.cost_micro + before.cost_micro
            self._asks[key] = msgspec.structs.replace(line.settled, cost_micro=whole)

    def _spend(self, change: int) -> None:
        assert self._run is not None
        self._run = msgspec.structs.replace(self._run, spent_micro=self._run.spent_micro + change)
