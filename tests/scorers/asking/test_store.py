"""Runs in the store and in files: money is reserved before, settled after, and the ledger always adds up."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec
import pytest
from sqlalchemy import event, literal

from proxy.config.settings import Retention
from scorers.asking import ownership
from scorers.asking.ownership import owned
from scorers.asking.run_store import BadRunFile, Book, FileBook
from scorers.cases.case import decode
from scorers.cases.suite import Suite
from scorers.store import asking
from scorers.store.asking import AskStore
from scorers.store.experiment_tables import pairs
from scorers.store.runs import (
    INTERRUPTED,
    Ask,
    AskKey,
    AskState,
    Reserved,
    Run,
    RunState,
    RunTaken,
    charged_usd,
    micro,
)
from scorers.store.store import Store
from support.processes import wait_until

KEYS = [AskKey(f"c{n}") for n in range(4)]
RUN = Run(id="r1", purpose="suite", subject="bakery", version="v", model="m", budget_micro=1_000)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.real_servers), "file"])
def kept(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Book, Path]]:
    """A book of either kind with a run of four asks."""
    book: Book
    if request.param == "file":
        book = FileBook(tmp_path)
        book.create(RUN, [(key, None) for key in KEYS])
        yield book, tmp_path
        book.close()
        return
    url = "sqlite" if request.param == "sqlite" else str(request.getfixturevalue("postgres_url"))
    store = Store.open(url, tmp_path)
    store.asking.create(RUN, [(key, None) for key in KEYS])
    yield store.asking, tmp_path
    store.close()


def again(book: Book, folder: Path) -> Book:
    """Another process's view of the same run."""
    if not isinstance(book, FileBook):
        return book
    book.close()
    other = FileBook(folder)
    OPENED.append(other)
    return other


#: Views that a test has opened.
OPENED: list[FileBook] = []


@pytest.fixture(autouse=True)
def closed() -> Iterator[None]:
    """Whatever a test opened is closed after it."""
    yield
    while OPENED:
        OPENED.pop().close()


def spent(book: Book) -> int:
    """What the run has spent, with what is reserved."""
    run = book.run("r1")
    assert run is not None
    return run.spent_micro


def done(key: AskKey, cost: int) -> Ask:
    """A result."""
    return Ask(case_id=key.case_id, state=AskState.DONE.value, cost_micro=cost, passed=True, score=1.0)


def test_reserved_then_settled(kept: tuple[Book, Path]) -> None:
    """What was reserved and not needed is given back; the ledger adds up at every moment."""
    book, _ = kept
    assert book.reserve("r1", KEYS[:2], 300) is Reserved.YES
    assert spent(book) == 600
    book.begin("r1", KEYS[0])
    book.settle("r1", done(KEYS[0], 120))
    assert spent(book) == 420
    book.settle("r1", done(KEYS[0], 999))  # a second result changes nothing
    assert spent(book) == 420
    assert book.ledger("r1") == {"planned": 4, "done": 1, "skipped": 0, "failed": 0, "pending": 3}


def test_a_budget_holds_whole_cases(kept: tuple[Book, Path]) -> None:
    """A case whose repeats do not fit the budget is not begun, and nothing of it is reserved."""
    book, _ = kept
    assert book.reserve("r1", KEYS[:3], 300) is Reserved.YES
    assert book.reserve("r1", KEYS[3:], 101) is Reserved.RUN_BUDGET
    assert spent(book) == 900
    assert book.reserve("r1", KEYS[3:], 100) is Reserved.YES


def test_killed_in_the_middle(kept: tuple[Book, Path]) -> None:
    """What was sent and has no result is charged its reservation, and is failed as interrupted until somebody goes on
    with the run: then it is asked again, and the charge stays with it. What was only reserved is free again."""
    book, folder = kept
    book.reserve("r1", KEYS[:3], 200)
    book.begin("r1", KEYS[0])
    book.settle("r1", done(KEYS[0], 50))
    book.begin("r1", KEYS[1])
    other = again(book, folder)
    if isinstance(other, AskStore):  # of a run in a file nobody closes what was left
        other.resume("r1", state=RunState.STOPPED)
        lost = next(ask for ask in other.asks("r1") if ask.key == KEYS[1])
        assert (lost.state, lost.reason, lost.cost_micro) == ("failed", INTERRUPTED, 200)
    assert sorted(other.reopen("r1")) == KEYS[1:]
    assert spent(other) == 50 + 200
    assert other.ledger("r1") == {"planned": 4, "done": 1, "skipped": 0, "failed": 0, "pending": 3}
    other.finish("r1", RunState.STOPPED, None)
    other = again(other, folder)
    assert sorted(other.reopen("r1")) == KEYS[1:]
    assert spent(other) == 50 + 200, "stopped once more before it was asked"
    assert other.reserve("r1", KEYS[1:2], 300) is Reserved.YES
    assert other.begin("r1", KEYS[1])
    other.settle("r1", msgspec.structs.replace(done(KEYS[1], 7), cost_usd=0.000007))
    assert spent(other) == 50 + 200 + 7
    (found,) = (ask for ask in other.asks("r1") if ask.key == KEYS[1])
    assert (found.state, found.cost_micro, charged_usd([found])) == ("done", 207, 0.000207)


def test_what_failed_unpaid_is_asked_again_by_who_resumes(kept: tuple[Book, Path]) -> None:
    """A refusal that passes, and cost nothing, is pending again. What may have been paid for stays as it is, and so
    does what the endpoint does not take."""
    book, folder = kept
    failures = (("rate_limited", 0), ("unreachable", 0), ("refused", 0), ("timeout", 30))
    for key, (reason, cost) in zip(KEYS, failures, strict=True):
        book.reserve("r1", [key], 30)
        book.begin("r1", key)
        failed = Ask(case_id=key.case_id, state=AskState.FAILED.value, reason=reason, cost_micro=cost)
        book.settle("r1", failed)
    book.finish("r1", RunState.DONE, {"verdict": "inconclusive"})
    other = again(book, folder)
    assert sorted(other.reopen("r1")) == KEYS[:2]
    assert other.ledger("r1") == {"planned": 4, "done": 0, "skipped": 0, "failed": 2, "pending": 2}
    assert spent(other) == 30


def test_a_run_that_ended_early_goes_on(kept: tuple[Book, Path]) -> None:
    """A run that was stopped and written down is gone on with from where it was."""
    book, folder = kept
    book.reserve("r1", KEYS[:1], 10)
    book.begin("r1", KEYS[0])
    book.settle("r1", done(KEYS[0], 10))
    book.finish("r1", RunState.STOPPED, {"verdict": "inconclusive"})
    other = again(book, folder)
    assert other.reopen("r1") == KEYS[1:]
    for key in KEYS[1:]:
        other.reserve("r1", [key], 10)
        other.begin("r1", key)
        other.settle("r1", done(key, 1))
    other.finish("r1", RunState.DONE, {"verdict": "pass"})
    found = again(other, folder).run("r1")
    assert found is not None
    assert (found.state, found.spent_micro, found.result) == ("done", 13, {"verdict": "pass"})


def test_a_run_that_stops_gives_back_what_it_never_sent(store: Store) -> None:
    """What was set aside for calls that were never made is free again when the run ends, for the day, too."""
    store.asking.create(msgspec.structs.replace(RUN, app="shop"), [(key, None) for key in KEYS])
    store.asking.reserve("r1", KEYS[:3], 200, "shop")
    store.asking.begin("r1", KEYS[0])
    store.asking.settle("r1", done(KEYS[0], 50), "shop")
    store.asking.finish("r1", RunState.STOPPED, None)
    assert (spent(store.asking), store.asking.spent(), store.asking.spent("shop")) == (50, 50, 50)


def test_a_run_goes_on_in_one_process(tmp_path: Path) -> None:
    """A second one is refused, and leaves it as it is; also where the run had ended early before."""
    first = again(FileBook(tmp_path), tmp_path)
    assert isinstance(first, FileBook)
    first.create(RUN, [(key, None) for key in KEYS])
    for _ in range(2):
        second = FileBook(tmp_path)
        OPENED.append(second)
        before = (tmp_path / "r1.journal").read_bytes()
        with pytest.raises(BadRunFile, match="another process goes on with this run"):
            second.reopen("r1")
        assert (tmp_path / "r1.journal").read_bytes() == before
        first.finish("r1", RunState.STOPPED, None)
        first.reopen("r1")


def test_a_journal_cut_in_the_middle_of_a_line(tmp_path: Path) -> None:
    """A file run whose last line was being written when it was killed loses that line alone."""
    book = FileBook(tmp_path)
    book.create(RUN, [(key, None) for key in KEYS])
    book.reserve("r1", KEYS[:1], 10)
    book.begin("r1", KEYS[0])
    journal = tmp_path / "r1.journal"
    journal.write_bytes(journal.read_bytes() + b'{"settled": {"case_id"')
    other = again(book, tmp_path)
    assert sorted(other.reopen("r1")) == KEYS
    assert spent(other) == 10


def test_a_run_that_nobody_performs_is_stopped(tmp_path: Path) -> None:
    """``run list`` tells one that was interrupted or killed from one that is under way."""
    book = FileBook(tmp_path)
    book.create(RUN, [(key, None) for key in KEYS])
    assert [found.run.state for found in FileBook(tmp_path).unended()] == ["running"]
    assert (tmp_path / "r1.journal").stat().st_mode & 0o077 == 0
    book.close()
    assert [found.run.state for found in FileBook(tmp_path).unended()] == ["stopped"]
    assert again(book, tmp_path).reopen("r1") == KEYS


def test_a_full_disk_names_the_file(tmp_path: Path) -> None:
    """What cannot be written down is not asked, and whoever runs it knows where room is needed."""
    book = FileBook(tmp_path)
    book.create(RUN, [(key, None) for key in KEYS])
    book.close()
    book._journal = open("/dev/full", "wb")  # noqa: SIM115 - closed below
    with pytest.raises(OSError, match=r"No space left on device: '/dev/full'"):
        book.reserve("r1", KEYS[:1], 10)
    with contextlib.suppress(OSError):
        book.close()


def test_the_day_has_a_budget_for_all_runs(store: Store) -> None:
    """The day's budget holds every run and account together; it is refused whole, and kept by account."""
    for name in ("r1", "r2"):
        run = msgspec.structs.replace(RUN, id=name, budget_micro=None)
        store.asking.create(run, [(key, None) for key in KEYS])
    assert store.asking.reserve("r1", KEYS[:1], 700, "shop", day_budget=1_000) is Reserved.YES
    assert store.asking.reserve("r2", KEYS[:1], 400, "help", day_budget=1_000) is Reserved.DAY_BUDGET
    assert (store.asking.spent(), store.asking.spent("shop"), store.asking.spent("help")) == (700, 700, 0)
    run = store.asking.run("r2")
    assert run is not None
    assert run.spent_micro == 0
    store.asking.settle("r1", done(KEYS[0], 100), "shop")
    assert (store.asking.spent(), store.asking.spent("shop")) == (100, 100)


def test_what_is_given_back_after_midnight_is_of_the_day_before(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """The new day's budget is whole, and no larger."""
    clock = [1_800_000_000.0 // 86_400 * 86_400 - 60.0]
    monkeypatch.setattr(store.asking, "_clock", lambda: clock[0])
    store.asking.create(msgspec.structs.replace(RUN, budget_micro=None, app="shop"), [(key, None) for key in KEYS])
    assert store.asking.reserve("r1", KEYS[:3], 300, "shop", day_budget=1_000) is Reserved.YES
    for key in KEYS[:2]:
        store.asking.begin("r1", key)
    clock[0] += 120.0
    for key in KEYS[:2]:
        store.asking.settle("r1", done(key, 10), "shop")
    store.asking.finish("r1", RunState.STOPPED, None)
    assert (store.asking.spent(), store.asking.spent("shop")) == (0, 0)
    with pytest.raises(RunTaken):  # it is over
        store.asking.reserve("r1", KEYS[3:], 500, "shop", day_budget=1_000)
    store.asking.resume("r1", "shop")
    assert store.asking.reserve("r1", KEYS[3:], 500, "shop", day_budget=1_000) is Reserved.YES
    store.asking.resume("r1", "shop")
    assert (store.asking.spent(), store.asking.spent("shop")) == (0, 0)
    clock[0] -= 120.0
    assert (store.asking.spent(), store.asking.spent("shop")) == (20, 20)


def test_an_ask_is_reserved_and_sent_by_one_process(store: Store) -> None:
    """A second process that goes on with the same run neither reserves nor sends what the first has, and changes no
    sum; neither does anybody send what was closed."""
    store.asking.create(RUN, [(key, None) for key in KEYS])
    assert store.asking.reserve("r1", KEYS[:2], 100) is Reserved.YES
    with pytest.raises(RunTaken, match="r1: another process performs this run, or has ended it"):
        store.asking.reserve("r1", KEYS[1:3], 100)
    assert (spent(store.asking), store.asking.spent()) == (200, 200)
    store.asking.begin("r1", KEYS[0])
    with pytest.raises(RunTaken):
        store.asking.begin("r1", KEYS[0])
    store.asking.skip("r1", KEYS[1:2], "stopped")
    with pytest.raises(RunTaken):
        store.asking.begin("r1", KEYS[1])
    assert store.asking.ledger("r1") == {"planned": 4, "done": 0, "skipped": 1, "failed": 0, "pending": 3}


def test_a_run_has_one_owner(store: Store) -> None:
    """While one process performs a run no other can. One that is left before it has ended is stopped, its money is
    settled, and the next process goes on with it."""
    store.asking.create(RUN, [(key, None) for key in KEYS])
    with pytest.raises(ZeroDivisionError), owned(store.asking, "r1"):
        store.asking.reserve("r1", KEYS[:2], 100)
        store.asking.begin("r1", KEYS[0])
        with pytest.raises(RunTaken, match="r1: another process performs this run"), owned(store.asking, "r1"):
            pass
        assert ended(store.asking) == "running", "who was refused changes nothing"
        raise ZeroDivisionError
    assert (ended(store.asking), spent(store.asking), store.asking.spent()) == ("stopped", 100, 100)
    with owned(store.asking, "r1"):
        assert store.asking.resume("r1") == KEYS[1:]
        store.asking.finish("r1", RunState.OUT_OF_BUDGET, None)
    assert ended(store.asking) == "out_of_budget"
    assert store.asking.left() == []


def test_a_run_is_owned_for_as_long_as_it_is_renewed(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """The process that performs a run renews that; what a killed one left is known when its time is over, and whoever
    waits for that gets the run."""
    monkeypatch.setattr(ownership, "OWNED", 1.0)
    monkeypatch.setattr(ownership, "_RENEWED", 0.1)
    store.asking.create(RUN, [(key, None) for key in KEYS])
    said: list[str] = []
    with owned(store.asking, "r1"):
        with pytest.raises(RunTaken), owned(store.asking, "r1", 1.5, said.append):
            pass
        assert store.asking.left() == []
    assert len(said) == 1
    store.asking.resume("r1")
    assert store.asking.own("r1", "killed", 0.5)
    with owned(store.asking, "r1", 5.0):
        assert ended(store.asking) == "running"
    assert store.asking.own("r1", "killed", 0.1)
    wait_until(lambda: store.asking.left() == ["r1"], 5.0, "the time is over")
    store.asking.resume("r1")
    store.asking.leave("r1", "somebody else")
    assert (store.asking.left(), ended(store.asking)) == (["r1"], "running")


def ended(book: Book) -> str:
    """The state of the run."""
    run = book.run("r1")
    assert run is not None
    return run.state


def test_what_the_judge_may_spend_is_reserved_in_the_run_alone(store: Store) -> None:
    """``held`` counts against the run's budget and not against the day's account; ``charge`` settles it. All methods
    that tell of asks say the same on both stores."""
    store.asking.create(msgspec.structs.replace(RUN, app="shop"), [(key, None) for key in KEYS])
    pair = {"conversation": "w", "sample_id": "s", "enrolled_at": 0.0, "whole": True, "first_arm": "a", "left_arm": "a"}
    with store._database.write() as connection:
        rows = [{"run": "r1", "number": n, "id": f"p{n}", "state": "pending", **pair} for n in range(2)]
        connection.execute(pairs.insert(), rows)
    assert store.asking.reserve("r1", KEYS[:2], [100, 200], "shop", 5_000, held=("p0", 600)) is Reserved.YES
    assert store.asking.reserve("r1", KEYS[2:3], [50], "shop", 5_000, held=("p1", 60)) is Reserved.RUN_BUDGET
    assert (spent(store.asking), store.asking.spent(), store.asking.spent("shop")) == (900, 300, 300)
    store.asking.charge("r1", "p0", 40)
    assert (spent(store.asking), store.asking.spent()) == (340, 300)
    assert store.asking.reserve("r1", [], [], "shop", 5_000, held=("p1", 60)) is Reserved.YES
    store.asking.finish("r1", RunState.STOPPED, None)
    assert spent(store.asking) == 40, "what was held for a judge is released with the rest"
    store.asking.charge("r1", "p1", 7)
    assert spent(store.asking) == 47, "a comparison that was under way at the end"
    store.asking.charge("r1", "p1", -7)
    store.asking.resume("r1")
    assert store.asking.reserve("r1", KEYS[:2], [100, 200], "shop", 5_000) is Reserved.YES
    store.asking.settle("r1", done(KEYS[0], 30), "shop")
    store.asking.skip("r1", KEYS[1:2], "ended", "shop")
    assert (spent(store.asking), store.asking.spent("shop")) == (70, 30)
    assert store.asking.ledger("r1") == {"planned": 4, "done": 1, "skipped": 1, "failed": 0, "pending": 2}
    assert store.asking.label("r1", KEYS[0], "yes", "ann")
    assert not store.asking.label("r1", KEYS[1], "yes", "ann")
    assert [ask.case_id for ask in store.asking.labelled("suite")] == ["c0"]
    assert [run.id for run in store.asking.runs("bakery", "suite")] == ["r1"]
    assert store.asking.pressure("nobody", 1_800_000_000.0).limited_at is None
    assert store.asking.recent("nobody", 0.0) == []


def test_a_forgotten_user_leaves_a_tombstone(store_url: str, tmp_path: Path) -> None:
    """Forgetting a user takes the text of their cases and of the answers; the version stays, and is not run again."""
    store = Store.open(store_url, tmp_path)
    cases = tuple(decode(b'{"id": "%s", "input": "A secret of %s"}' % (n, n)) for n in (b"ann", b"bo"))
    version = store.suites.save(Suite(name="bakery", cases=cases), {"ann": "hash-of-ann"})
    store.asking.create(RUN, [(AskKey("ann"), "hash-of-ann"), (AskKey("bo"), None)])
    for name in ("ann", "bo"):
        ask = done(AskKey(name), 1)
        store.asking.settle("r1", msgspec.structs.replace(ask, answer={"text": f"{name} said it"}))
    store.forget_user("hash-of-ann")
    found = store.suites.load("bakery")
    assert found is not None
    assert ([case.id for case in found[0].cases], found[1]) == (["bo"], 1)
    assert [item.version for item in store.suites.all()] == [version]
    assert [ask.answer for ask in store.asking.asks("r1")] == [None, {"text": "bo said it"}]
    store.close()
    for file in tmp_path.iterdir():
        assert b"A secret of ann" not in file.read_bytes()
        assert b"ann said it" not in file.read_bytes()


def test_an_answer_that_comes_after_its_user_was_forgotten_is_not_kept(store: Store) -> None:
    """A run is under way while a user is forgotten: what they are answered then is settled and charged, without text.
    A later run, of what they asked after that, keeps its answers."""
    now = [1_800_000_000.0]
    store._clock = store.asking._clock = lambda: now[0]
    for run in (RUN, msgspec.structs.replace(RUN, id="later")):
        now[0] += 1_000
        # PostgreSQL would tell its own time.
        store.asking.create(msgspec.structs.replace(run, created_at=now[0]), [(AskKey("ann"), "hash-of-ann")])
        assert store.asking.reserve(run.id, [AskKey("ann")], 100) is Reserved.YES
        store.asking.begin(run.id, AskKey("ann"))
        if run is RUN:
            now[0] += 10
            store.forget_user("hash-of-ann")
        now[0] += 10
        ask = msgspec.structs.replace(done(AskKey("ann"), 30), answer={"text": "Ann"}, checks=[{"why": "Ann"}])
        store.asking.settle(run.id, ask)
    (before,), (after,) = store.asking.asks("r1"), store.asking.asks("later")
    assert (before.state, before.cost_micro, before.answer, before.checks) == ("done", 30, None, [])
    assert after.answer == {"text": "Ann"}


class Meanwhile:
    """Does something in a thread as soon as ``store`` is about to send a statement that begins with ``words``, which
    goes on when that is done, or waits: after a second."""

    def __init__(self, store: Store, words: str, do: Callable[[], object]) -> None:
        self._words = words
        self._thread = threading.Thread(target=do)
        event.listen(store._database.engine, "before_cursor_execute", self._sends)

    def _sends(self, connection: object, cursor: object, statement: str, *rest: object) -> None:
        if statement.startswith(self._words) and self._thread.ident is None:
            self._thread.start()
            self._thread.join(1.0)

    def done(self) -> None:
        """Wait for it."""
        self._thread.join(20.0)
        assert not self._thread.is_alive()


#: A run of one ask that quotes its user in its plan.
OF_ANN = msgspec.structs.replace(RUN, plan={"cases": [{"id": "ann", "asks": "Ann asks"}]})


def test_an_answer_that_is_stored_while_its_user_is_forgotten_is_erased(
    store: Store, store_url: str, tmp_path: Path
) -> None:
    """It was looked whether the user is forgotten, then they were, and then the answer is written: it does not stay."""
    store.asking.create(OF_ANN, [(AskKey("ann"), "hash-of-ann")])
    assert store.asking.reserve("r1", [AskKey("ann")], 100) is Reserved.YES
    store.asking.begin("r1", AskKey("ann"))
    other = Store.open(store_url, tmp_path / "data")
    forgetting = Meanwhile(store, "UPDATE asks", lambda: other.forget_user("hash-of-ann"))
    answer = msgspec.structs.replace(done(AskKey("ann"), 30), answer={"text": "Ann"}, checks=[{"why": "Ann"}])
    store.asking.settle("r1", answer)
    forgetting.done()
    other.close()
    (found,) = store.asking.asks("r1")
    assert (found.state, found.cost_micro, found.answer, found.checks) == ("done", 30, None, [])


def test_a_run_that_ends_while_a_user_is_forgotten_keeps_its_result(
    store: Store, store_url: str, tmp_path: Path
) -> None:
    """What forgetting writes back of a run is what stands there then, without what it quotes of the user."""
    store.asking.create(OF_ANN, [(AskKey("ann"), "hash-of-ann")])
    store.asking.settle("r1", done(AskKey("ann"), 30))
    other = Store.open(store_url, tmp_path / "data")
    ending = Meanwhile(store, "UPDATE runs", lambda: other.asking.finish("r1", RunState.DONE, {"asked": 1}))
    store.forget_user("hash-of-ann")
    ending.done()
    other.close()
    run = store.asking.run("r1")
    assert run is not None
    assert (run.state, run.result, run.plan["cases"][0]["asks"]) == ("done", {"asked": 1}, "")


@pytest.mark.parametrize(("purpose", "stays"), [("stability", False), ("probe", False), ("suite", True)])
def test_answers_to_productions_requests_are_kept_as_long_as_samples(
    store_url: str, tmp_path: Path, purpose: str, stays: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Runs of stability and probes come by themselves, week after week: their answers go with the samples, what was
    found of them stays. A suite's run is a baseline until it is deleted."""
    now = [1_800_000_000.0]
    store = Store.open(store_url, tmp_path)
    store._clock = store.asking._clock = lambda: now[0]
    monkeypatch.setattr(asking, "store_time", lambda connection, clock: literal(clock))
    store.asking.create(msgspec.structs.replace(RUN, purpose=purpose), [(AskKey("c0"), None), (AskKey("c1"), None)])
    ask = msgspec.structs.replace(done(AskKey("c0"), 30), answer={"text": "A secret of Ann"}, checks=[{"why": "late"}])
    store.asking.settle("r1", ask)
    retention = Retention(samples=30 * 86_400.0, exchanges=7 * 86_400.0)
    now[0] += 31 * 86_400
    assert store.expire(retention) == 0, "the run has not ended"
    store.asking.finish("r1", RunState.DONE, {"asked": 1})
    now[0] += 29 * 86_400
    store.expire(retention)
    assert store.asking.asks("r1")[0].answer is not None
    now[0] += 2 * 86_400
    assert store.expire(retention) == (0 if stays else 1)
    kept, run = store.asking.asks("r1")[0], store.asking.run("r1")
    assert (kept.answer is not None) is stays
    assert (kept.passed, kept.checks) == (ask.passed, [{"why": "late"}])
    assert run is not None
    assert run.result == {"asked": 1}
    store.close()
    in_files = any(b"A secret of Ann" in file.read_bytes() for file in tmp_path.iterdir())
    assert in_files is (stays and store_url == "sqlite")


def test_a_version_that_comes_back_is_the_newest_again(store: Store) -> None:
    """A suite is changed and changed back: the list of its versions begins with the one that counts."""
    now = [1_800_000_000.0]
    store.suites._clock = lambda: now[0]
    made = []
    for name in (b"ann", b"bo", b"ann"):
        now[0] += 60
        case = decode(b'{"id": "a", "input": "Ask %s"}' % name)
        made.append(store.suites.save(Suite(name="bakery", cases=(case,))))
    assert [version for version, _, _ in store.suites.versions("bakery")] == [made[2], made[1]]
    assert made[0] == made[2]


def test_money_is_rounded_up() -> None:
    """What is spent is never thought too low."""
    assert [micro(usd) for usd in (0.0, 1e-9, 1e-6, 1.0000001e-6, 0.3)] == [0, 1, 1, 1, 300_000]


def test_asks_at_once_never_reserve_more_than_there_is(tmp_path: Path) -> None:
    """Thirty-two threads reserve what ten can have: ten get it, whatever the order in which their steps meet."""
    keys = [AskKey(f"k{n}") for n in range(32)]
    for turn in range(5):
        book = FileBook(tmp_path / str(turn))
        book.create(RUN, [(key, None) for key in keys])
        OPENED.append(book)
        together = threading.Barrier(len(keys))

        def reserve(key: AskKey, book: FileBook = book, together: threading.Barrier = together) -> Reserved:
            together.wait(30)
            return book.reserve("r1", [key], 100)

        with ThreadPoolExecutor(len(keys)) as pool:
            given = list(pool.map(reserve, keys))
        assert given.count(Reserved.YES) == 10
        assert spent(book) == 1_000
