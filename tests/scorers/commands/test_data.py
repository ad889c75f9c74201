"""``sightglass export``, ``import``, ``report``, ``retention``: as processes, over a real store and queue."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import msgspec
import pytest

from proxy.exchange import RowBatch, Usage
from proxy.redact import Redactor
from proxy.sample import IMPORTED, Choice, Message, Sample, ToolCall, decode
from scorers.commands import data
from scorers.commands.options import WrongUsage
from scorers.formats import intake, recorded
from scorers.formats.intake import lines_of
from scorers.score import Verdict
from scorers.store.records import SampleQuery, ScoredSample
from scorers.store.store import Store
from support import plain
from support.full_disk import full_at
from support.processes import Sightglass, wait_until
from support.scoring import parsed
from support.upstream import ScriptedUpstream

MakeSample = Callable[..., Sample]
MakeScored = Callable[..., ScoredSample]


def run(*words: str, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    """One command, to its end."""
    command = [sys.executable, "-m", "proxy.cli", *words]
    return subprocess.run(command, input=stdin, capture_output=True, check=False, timeout=60)


@pytest.fixture
def filled(tmp_path: Path, make_sample: MakeSample, make_scored: MakeScored) -> Path:
    """A data folder whose store holds two samples of now, one without text, and one that is old."""
    now = time.time()
    store = Store.open("sqlite", tmp_path / "data")
    rich = msgspec.structs.replace(
        make_sample("r1", started_at=now - 60, app="bot", usage=Usage(input=5, output=7)),
        messages=(
            Message(role="system", content="Be kind."),
            Message(role="user", content="Where is it?", documents=("The box is empty.",)),
            Message(role="assistant", tool_calls=(ToolCall("look", '{"where": "box"}', "c1"),)),
            Message(role="tool", content="a cat", tool_call_id="c1"),
        ),
        tools=(msgspec.Raw(b'{"type":"function","function":{"name":"look"}}'),),
        contexts=("A context.",),
        choices=(Choice(text="In the box.", finish_reason="stop"),),
        off_wire=("hosted_search",),
    )
    store.save_samples([rich, make_sample("r2", started_at=now - 50)], content=True)
    store.save_samples([make_sample("r3", started_at=now - 40)], content=False)
    store.save_samples([make_sample("old", started_at=now - 90 * 86400)], content=True)
    store.save_scores([make_scored(rich, 0.9), make_scored(make_sample("r2", started_at=now - 50), 0.1)])
    store.save_label(("r1", "refusal", "refused", "ann"), Verdict.YES, "")
    store.close()
    return tmp_path / "data"


def test_what_is_exported_comes_back_the_same(filled: Path, tmp_path: Path) -> None:
    """Export, import into an empty folder: same ids, messages, documents, tools, answers; and the read is recorded."""
    file = tmp_path / "out.jsonl"
    done = run("export", "--data-dir", str(filled), "--output", str(file), "--since", str(time.time() - 3600))
    assert (done.returncode, done.stderr) == (0, b"sightglass export: 2 samples, 1 without text\n")
    assert file.stat().st_mode & 0o777 == 0o600
    lines = file.read_bytes().splitlines()
    assert [json.loads(line)["id"] for line in lines] == ["r2", "r1"]
    assert json.loads(lines[1])["labels"] == {"refusal.refused": "yes"}
    other = tmp_path / "other"
    done = run("import", "--data-dir", str(other), str(file))
    assert (done.returncode, done.stderr) == (0, b"sightglass import: 2 samples\n")
    queued = _queued(other)
    assert [sample.id for sample in queued] == ["r2", "r1"]
    assert {(sample.stratum, sample.probability) for sample in queued} == {(IMPORTED, 1.0)}
    assert [recorded.encode(sample) for sample in queued] == lines
    with closing(sqlite3.connect(filled / "store.db")) as connection:
        who = [row[0] for row in connection.execute("SELECT who FROM reads")]
    assert len(who) == 2
    assert who[0].startswith("export:")


def test_an_export_into_a_file_that_is_there_is_private(filled: Path, tmp_path: Path) -> None:
    """What others could read before is readable by its owner alone, and holds nothing of what it held."""
    file = tmp_path / "open.jsonl"
    file.write_text("x" * 100_000)
    file.chmod(0o666)
    done = run("export", "--data-dir", str(filled), "--output", str(file))
    assert done.returncode == 0
    assert file.stat().st_mode & 0o777 == 0o600
    assert [json.loads(line)["id"] for line in file.read_bytes().splitlines()] == ["r2", "r1", "old"]


def test_half_an_export_does_not_stay_on_a_full_disk(tmp_path: Path) -> None:
    """It would be read as a whole one. It is said in one line, the room is free again, and an older one stays."""
    new, old = tmp_path / "new.jsonl", tmp_path / "old.jsonl"
    old.write_text("of before")
    for file in (new, old):
        told = pytest.raises(WrongUsage, match="File too large; nothing is written")
        with full_at(20_000), told, data._writing(str(file)) as out:
            for _ in range(100):
                out.write(b"x" * 999 + b"\n")
    assert list(tmp_path.iterdir()) == [old]
    assert old.read_text() == "of before"


def test_an_export_follows_no_link(filled: Path, tmp_path: Path) -> None:
    """A link to a file, or to nowhere, is one error, and what it leads to stays as it was; one to a pipe is taken."""
    target = tmp_path / "theirs.txt"
    target.write_text("theirs")
    target.chmod(0o644)
    link, nowhere = tmp_path / "link", tmp_path / "dangling"
    link.symlink_to(target)
    nowhere.symlink_to(tmp_path / "made-by-nobody")
    for name in (link, nowhere):
        done = run("export", "--data-dir", str(filled), "--output", str(name))
        assert (done.returncode, done.stderr.count(b"\n")) == (2, 1), done.stderr
    assert target.read_text() == "theirs" and target.stat().st_mode & 0o777 == 0o644
    assert not (tmp_path / "made-by-nobody").exists()
    piped = run("export", "--data-dir", str(filled), "--output", "/dev/stdout")
    assert piped.returncode == 0 and len(piped.stdout.splitlines()) == 3


def _queued(folder: Path) -> list[Sample]:
    with closing(sqlite3.connect(folder / "queue.db")) as connection:
        return [decode(row[0]) for row in connection.execute("SELECT payload FROM items ORDER BY sequence")]


def test_wrong_lines_are_told_and_the_rest_is_taken(tmp_path: Path) -> None:
    """Each bad line costs itself; the exit status says that something was wrong."""
    good = {"prompt": "Mail jane@example.org?", "response": "No."}
    text = b"\n".join([b"\xef\xbb\xbf" + json.dumps(good).encode(), b"hello", b"", b'{"prompt": "x"}'])
    done = run("import", "--data-dir", str(tmp_path / "d"), "-", stdin=text)
    assert done.returncode == 2
    assert done.stderr.decode().splitlines() == [
        "sightglass import: 1 samples",
        "sightglass import: -: line 2: not JSON: unexpected character, expected a JSON value",
        "sightglass import: -: line 4: response: missing",
    ]
    (sample,) = _queued(tmp_path / "d")
    assert sample.messages[0].content == "Mail [EMAIL_1]?"
    assert run("import", "--data-dir", str(tmp_path / "d"), "-", stdin=json.dumps(good).encode()).returncode == 0
    assert len(_queued(tmp_path / "d")) == 1


def test_two_samples_with_one_id_are_not_one(tmp_path: Path) -> None:
    """The second of them is told and not lost in silence; a line that is there twice is one sample."""
    first, second = ({"id": "tide-1", "prompt": "When?", "response": said} for said in ("At nine.", "At ten."))
    text = b"\n".join(json.dumps(line).encode() for line in (first, first, second))
    done = run("import", "--data-dir", str(tmp_path / "d"), "-", stdin=text)
    assert done.returncode == 2
    assert done.stderr.decode().splitlines()[-1] == (
        "sightglass import: -: line 3: id: the same as in line 1, which is another sample"
    )
    assert [sample.choices[0].text for sample in _queued(tmp_path / "d")] == ["At nine."]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("export", "--data-dir", "/nowhere/at/all"), "there is no store here"),
        (("report", "--window", "2h"), "window"),
        (("import", "/nowhere.jsonl"), "/nowhere.jsonl: No such file"),
        (("import",), "FILE"),
        (("export", "--verdict", "maybe"), "'yes', 'no', 'unsure'"),
        (("export", "--scorer", "nosuch"), "'refusal', 'groundedness'"),
        (("retention", "--colour"), "colour"),
    ],
)
def test_wrong_words_are_one_line(words: tuple[str, ...], says: str) -> None:
    """What is wrong with the arguments is one line, status 2, no traceback."""
    done = run(*words)
    assert done.returncode == 2
    assert says in done.stderr.decode()
    assert done.stderr.count(b"\n") == 1


def test_report_and_retention(filled: Path) -> None:
    """The report has the rates of traffic with their n; retention deletes the old sample and nothing else."""
    document = json.loads(run("report", "--data-dir", str(filled), "--json", "--window", "1h").stdout)
    (whole,) = [rate for rate in document["rates"] if rate["app"] == "all"]
    assert (whole["scored"], whole["ratio"], whole["labelled"]) == (2, 0.5, 1)
    assert document["costs"] == []
    table = run("report", "--data-dir", str(filled), "--app", "bot").stdout.decode()
    assert "refusal.refused (flagged)" in table
    assert "support" not in table
    done = run("retention", "--data-dir", str(filled))
    assert done.stderr == b"sightglass retention: 1 requests and samples deleted, 0 items in the queue\n"
    store = Store.open("sqlite", filled)
    assert [sample.id for sample in store.samples(SampleQuery()).samples] == ["r3", "r2", "r1"]
    store.close()


def test_samples_from_elsewhere_are_scored_and_stand_apart(
    upstream: ScriptedUpstream, start_sightglass: Callable[..., Sightglass], tmp_path: Path
) -> None:
    """Posted and imported samples are scored once each, are in no rate or cost of traffic, and the ledger adds up."""
    sightglass = start_sightglass(upstream.url)
    client = plain.client(base_url=sightglass.console_url, timeout=10)
    one: dict[str, Any] = {"id": "e1", "model": "m", "prompt": "Help me.", "response": "I'm sorry, but I can't help."}
    two = {**one, "id": "e2", "response": "Of course. First open the lid."}
    assert client.post("/api/samples", json=one).json() == {"ids": ["e1"]}
    assert client.post("/api/samples", json={"samples": [one, two]}).status_code == 202
    assert client.post("/api/samples", content=b"[]").status_code == 400
    wrong = client.post("/api/samples", json=[one, {"prompt": "x"}])
    assert (wrong.status_code, wrong.json()["error"]["message"]) == (400, "samples[1]: response: missing")
    twice = client.post("/api/samples", json=[one, {**two, "id": "e1"}])
    said = "samples[1]: id: the same as in samples[0], which is another sample"
    assert (twice.status_code, twice.json()["error"]["message"]) == (400, said)
    file = tmp_path / "in.jsonl"
    file.write_text(json.dumps({**two, "id": "e3"}) + "\n", encoding="utf-8")
    assert run("import", "--data-dir", str(sightglass.data_dir), str(file)).returncode == 0

    def scored() -> bool:
        listed = sightglass.api("samples", scorer="refusal")["samples"]
        return {sample["id"] for sample in listed} == {"e1", "e2", "e3"}

    wait_until(scored, 20, "three samples scored")
    assert {sample["stratum"] for sample in sightglass.api("samples")["samples"]} == {"imported"}
    assert sightglass.api("rates", window="1h")["rates"] == []
    (rate,) = [
        rate
        for rate in sightglass.api("rates", window="1h", origin="imported", app="all")["rates"]
        if rate["output"] == "refused"
    ]
    assert (rate["scored"], rate["opted_out_ratio"]) == (3, None)
    ledger = sightglass.wait_scored(3)
    assert ledger["proxies"] == {"imported": {"published": 3}}
    assert all(sum(counts.values()) == 3 for counts in ledger["scorers"].values())
    assert "sightglass_verdicts_estimated_total{" not in sightglass.metrics("worker")
    client.close()


def test_an_import_never_replaces_a_sample_of_traffic(store: Store, make_sample: MakeSample) -> None:
    """An id that traffic has keeps its stratum and text; imported ones are replaced by newer ones of their kind."""
    store.save_samples([make_sample("r1", answer="of traffic")], content=True)
    store.save_samples([make_sample("r1", answer="of a file", stratum=IMPORTED)], content=True)
    detail = store.sample("r1")
    assert detail is not None
    assert detail.content is not None
    assert (detail.record.stratum, detail.content.choices[0].text) == ("uniform", "of traffic")
    for answer in ("first", "second"):
        store.save_samples([make_sample("e1", answer=answer, stratum=IMPORTED)], content=True)
    assert store.ledger()["proxies"] == {"imported": {"published": 1}}
    store.save_rows(RowBatch("b", "p1", 1, {"published": 1}, []))
    assert store.ledger()["proxies"] == {"imported": {"published": 1}, "p1": {"published": 1}}


def test_bodies_of_samples() -> None:
    """An object, a list, a named list and lines are all taken apart; anything else is said to be none."""
    assert lines_of(b'{"prompt": "x"}') == [b'{"prompt": "x"}']
    assert lines_of(b'[{"a": 1}, {"b": 2}]') == lines_of(b'{"samples": [{"a": 1}, {"b": 2}]}')
    assert lines_of(b'{"a": 1}\n\n{"b": 2}\n') == [b'{"a": 1}', b'{"b": 2}']
    with pytest.raises(ValueError, match="not a sample"):
        lines_of(b"7")


def test_an_id_is_kept_or_comes_from_the_content() -> None:
    """The same line without an id has the same id every time; a too long one is refused."""
    from_content = [intake.read(b'{"prompt": "x", "response": "y"}', _redactor(), 5.0) for _ in range(2)]
    assert from_content[0] == from_content[1]
    assert from_content[0].exchange.started_at == 5.0
    assert intake.read(b'{"id": 7, "prompt": "x", "response": "y"}', _redactor(), 5.0).id == "7"
    with pytest.raises(ValueError, match="id"):
        intake.read(b'{"id": "%s", "prompt": "x", "response": "y"}' % (b"x" * 257), _redactor(), 5.0)


def _redactor() -> Redactor:
    return Redactor(parsed().redaction)


@pytest.mark.parametrize("words", [("import", "recorded.jsonl"), ("dead", "list"), ("dead", "replay")])
def test_a_queue_that_is_none_is_an_error(words: tuple[str, ...], tmp_path: Path) -> None:
    """One line and exit status 2, as for everything that is wrong."""
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "queue.db").write_bytes(b"no database" * 1_000)
    file = tmp_path / "recorded.jsonl"
    file.write_text('{"prompt": "Hi", "response": "The harbour opens at six."}\n')
    words = tuple(str(file) if word == file.name else word for word in words)
    done = run(*words, "--data-dir", str(tmp_path / "data"))
    assert (done.returncode, len(done.stderr.splitlines())) == (2, 1), done.stderr


@pytest.mark.parametrize(
    "words",
    [("experiment", "list"), ("experiment", "status", "x"), ("prices", "check"), ("run", "list"), ("run", "show", "x")],
)
def test_a_store_that_is_not_there_is_said(words: tuple[str, ...], tmp_path: Path) -> None:
    """A mistyped folder is an error, and is not made."""
    done = run(*words, "--data-dir", str(tmp_path / "typo"))
    assert done.returncode == 2
    assert b"there is no store here" in done.stderr
    assert not (tmp_path / "typo").exists()


def test_an_import_of_nothing_says_only_what_was_wrong(tmp_path: Path) -> None:
    """No count of samples stands before the error."""
    file = tmp_path / "recorded.jsonl"
    file.write_text('{"foo": 1}\n')
    done = run("import", str(file), "--data-dir", str(tmp_path / "data"))
    assert done.returncode == 2
    assert done.stderr.decode() == f"sightglass import: {file}: line 1: neither messages nor prompt\n"


def test_a_reader_of_scores_that_leaves_is_no_error(tmp_path: Path) -> None:
    """``score | head``: nothing is said of the file that was read."""
    file = tmp_path / "recorded.jsonl"
    file.write_text('{"prompt": "Hi", "response": "The harbour opens at six."}\n' * 400)
    command = f"'{sys.executable}' -m proxy.cli score '{file}' | head -n 1; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, timeout=120, check=False)
    assert (done.returncode, done.stderr, len(done.stdout.splitlines())) == (0, "", 1)
