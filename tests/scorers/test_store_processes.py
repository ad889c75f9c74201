"""The store under several real processes: opened at once, written at once, killed in the middle of writing."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

from scorers.store.records import SampleQuery
from scorers.store.store import Store

#: Saves numbered samples with scores, one batch of ten a transaction, and prints each batch that was committed.
WRITER = """
import sys
from pathlib import Path
from proxy.exchange import Decision, Exchange, ExchangeRow, Operation, Outcome, RowBatch
from proxy.sample import Choice, Sample
from scorers.score import Result, Score, Verdict
from scorers.store.records import ScoredSample
from scorers.store.store import Store

url, folder, prefix, batches = sys.argv[1], Path(sys.argv[2]), sys.argv[3], int(sys.argv[4])
store = Store.open(url, folder)
store.ensure_group("refusal")
new = 0
for batch in range(batches):
    items = []
    for i in range(10):
        exchange = Exchange(request_id=f"{prefix}-{batch}-{i}", instance=prefix, started_at=1.0 + batch, app="a",
                            operation=Operation.CHAT, upstream="u", outcome=Outcome.OK, duration=1.0)
        sample = Sample(id=exchange.request_id, exchange=exchange, choices=(Choice(text="x" * 2000),))
        score = Score(sample_id=sample.id, scorer="refusal", output="refused", version="1", value=0.9,
                      verdict=Verdict.YES)
        items.append((sample, ScoredSample.of(sample, "refusal", Result.SCORED, [score])))
    rows = [ExchangeRow(sample.exchange, Decision.PUBLISHED) for sample, _ in items]
    store.save_rows(RowBatch(f"{prefix}{batch}", prefix, batch + 1, {"published": 10 * (batch + 1)}, rows))
    store.save_samples([sample for sample, _ in items], content=True)
    new += len(store.save_scores([scored for _, scored in items]))
    print(batch, flush=True)
print("new", new, flush=True)
"""


def start(url: str, folder: Path, prefix: str, batches: int) -> subprocess.Popen[str]:
    """A writer process."""
    command = [sys.executable, "-c", WRITER, url, str(folder), prefix, str(batches)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def ends(process: subprocess.Popen[str]) -> str:
    """What the process printed; it must have ended well."""
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    return out


def test_processes_open_migrate_and_write_at_once(store_url: str, tmp_path: Path) -> None:
    """Four processes that open an empty store at the same moment migrate it once, and all of them write."""
    processes = [start(store_url, tmp_path, f"w{n}", 5) for n in range(4)]
    for process in processes:
        assert "new 50" in ends(process)
    store = Store.open(store_url, tmp_path)
    ledger = store.ledger()
    assert {side: ledger[side] for side in ("proxies", "scorers")} == {  # type: ignore[literal-required]
        "proxies": {f"w{n}": {"published": 50} for n in range(4)},
        "scorers": {"refusal": {"pending": 0, "scored": 200}},
    }
    store.close()


def test_processes_with_the_same_samples_count_each_once(store_url: str, tmp_path: Path) -> None:
    """Two processes that were given the same samples report each of them as new exactly once between them."""
    Store.open(store_url, tmp_path).close()
    outputs = [ends(process) for process in [start(store_url, tmp_path, "same", 10) for _ in range(2)]]
    assert sum(int(out.rpartition("new ")[2]) for out in outputs) == 100


def test_kill_in_the_middle_of_writing(store_url: str, tmp_path: Path) -> None:
    """After SIGKILL everything that was confirmed is there, every transaction is whole, and writing goes on."""
    Store.open(store_url, tmp_path).close()
    process = start(store_url, tmp_path, "k", 100_000)
    assert process.stdout is not None
    assert process.stderr is not None
    for _ in range(5):
        process.stdout.readline()
    time.sleep(0.05)
    process.send_signal(signal.SIGKILL)
    confirmed = 5 + sum(1 for _ in process.stdout)
    process.wait()
    process.stdout.close()
    process.stderr.close()
    store = Store.open(store_url, tmp_path)
    counts = store.ledger()["scorers"]["refusal"]
    assert counts["scored"] >= 10 * confirmed
    assert counts["scored"] % 10 == 0
    assert counts["pending"] in (0, 10)
    assert store.ledger()["proxies"]["k"]["published"] in (counts["scored"], counts["scored"] + 10)
    assert all(len(record.scores) == 1 for record in store.samples(SampleQuery(scorer="refusal")).samples)
    store.close()
    assert "new" in ends(start(store_url, tmp_path, "k", confirmed + 3))
