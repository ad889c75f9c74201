"""Suites after one of their users was forgotten: what versions, runs and comparisons say then."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from scorers.cases.case import decode
from scorers.cases.suite import Suite
from scorers.store.store import Store
from support import replies
from support.judging import Question, saying
from support.suites import STEADY, WORSE, heat, oven, passed, question, run, sightglass, suite
from support.upstream import Recorded, ScriptedUpstream, Step


@pytest.fixture
def provider() -> Iterator[ScriptedUpstream]:
    """The oven."""
    with ScriptedUpstream(oven) as server:
        yield server


def test_what_runs_keep_of_a_forgotten_user(provider: ScriptedUpstream, tmp_path: Path) -> None:
    """Plans quote what cases ask, and results both answers to those that became worse: those of a user who is forgotten
    are erased with the cases, and the figures stay."""
    data = tmp_path / "data"
    with closing(Store.open("sqlite", data)) as store:
        cases = tuple(decode(line.encode()) for line in (tmp_path / suite(tmp_path, 12)).read_text().splitlines())
        store.suites.save(Suite(name="oven", cases=cases), {"l3": "hash-of-ann"})
    words = [*run(provider, "oven"), "--data-dir", "data"]
    passed(sightglass(tmp_path, *words, "--name", "main"))
    worse = ["oven" if word == "oven" else WORSE if word == STEADY else word for word in words]
    before = passed(sightglass(tmp_path, *worse, "--against", "main"), status=3)
    assert "l3" in [change["id"] for change in before["against"]["regressions"]]
    with closing(Store.open("sqlite", data)) as store:
        store.forget_user("hash-of-ann")
    kept = b"".join(path.read_bytes() for path in data.iterdir())
    for number, there in ((3, False), (6, True)):
        assert (question(number).encode() in kept) is there
        assert (heat(number).encode() in kept) is there
    shown = passed(sightglass(tmp_path, "run", "show", before["run"], "--json", "--data-dir", "data"))["result"]
    assert shown["pass_rate"] == before["pass_rate"]
    changes = {change["id"]: change for change in shown["against"]["regressions"]}
    assert (changes["l3"]["input"], changes["l3"]["answer_before"], changes["l3"]["before"]) == ("", "", 1.0)
    assert changes["l6"]["input"] == question(6)


def test_a_version_after_a_user_was_forgotten(provider: ScriptedUpstream, tmp_path: Path) -> None:
    """It keeps its name, says how many of its cases are left, and a run that was begun before goes on without the
    others; what is imported again of a forgotten user is not kept."""
    file, data = suite(tmp_path, 12), ["--data-dir", "data"]
    with closing(Store.open("sqlite", tmp_path / "data")) as store:
        cases = tuple(decode(line.encode()) for line in (tmp_path / file).read_text().splitlines())
        version = store.suites.save(Suite(name="oven", cases=cases), {"l3": "hash-of-ann"})
    words = [*run(provider, "oven"), *data]
    first = passed(sightglass(tmp_path, *words, "--name", "main"))
    answers = iter([True])
    provider.script = lambda request: oven(request) if next(answers, False) else replies.error(402)
    stopped = sightglass(tmp_path, *words, "--concurrency", "1").stderr.rsplit("--resume ", 1)[1].strip()
    provider.script = oven
    with closing(Store.open("sqlite", tmp_path / "data")) as store:
        store.forget_user("hash-of-ann")
    (listed,) = passed(sightglass(tmp_path, "suite", "list", "--json", *data))["suites"]
    shown = passed(sightglass(tmp_path, "suite", "show", f"oven@{version}", "--json", *data))
    assert (listed["version"], listed["cases"], listed["tombstones"]) == (version, 11, 1)
    assert (shown["version"], shown["cases"], shown["tombstones"]) == (version, 11, 1)
    assert [entry["cases"] for entry in shown["versions"]] == [11]
    assert "11 cases" in (text := sightglass(tmp_path, "suite", "list", *data).stdout) and "(1 forgotten)" in text
    done = sightglass(tmp_path, *words, "--against", "main")
    found = passed(done, status=3)
    assert f"oven version {version}: 11 calls" in done.stderr
    assert "1 cases are left out because their users were forgotten" in done.stderr
    assert (first["version"], found["version"], found["cases"]) == (version, version, 11)
    assert (found["against"]["compared"], found["against"]["changed"], found["against"]["unmatched"]) == (11, 0, 1)
    gone_on = passed(sightglass(tmp_path, *words, "--resume", stopped))
    assert (gone_on["version"], gone_on["cases"], gone_on["skipped"], gone_on["errors"]) == (version, 11, 1, 0)
    assert gone_on["ledger"] == {"planned": 12, "done": 11, "skipped": 1, "failed": 0, "pending": 0}
    (tmp_path / "none.jsonl").write_text("")
    same = sightglass(tmp_path, "suite", "label", "oven", "--from-file", "none.jsonl", *data)
    assert f"oven version {version}: 11 of 11 cases" in same.stderr
    again = sightglass(tmp_path, "suite", "import", file, "--name", "oven", *data)
    assert f"version {version}: 11 cases without 1 whose user was forgotten" in again.stderr
    kept = b"".join(path.read_bytes() for path in (tmp_path / "data").iterdir())
    assert question(3).encode() not in kept


def test_a_user_who_is_forgotten_while_a_run_is_under_way(provider: ScriptedUpstream, tmp_path: Path) -> None:
    """V08: the command has read all cases, and sends none of theirs any more. The run goes on without them."""
    with closing(Store.open("sqlite", tmp_path / "data")) as store:
        cases = tuple(decode(line.encode()) for line in (tmp_path / suite(tmp_path, 12)).read_text().splitlines())
        store.suites.save(Suite(name="oven", cases=cases), {"l3": "hash-of-ann", "l7": "hash-of-ann"})
        first = iter([True])

        def script(request: Recorded) -> Iterable[Step]:
            if next(first, False):
                store.forget_user("hash-of-ann")
            return oven(request)

        provider.script = script
        done = sightglass(tmp_path, *run(provider, "oven"), "--concurrency", "1", "--data-dir", "data")
    found = passed(done)
    asked = b"".join(request.body for request in provider.requests)
    assert [question(number).encode() in asked for number in (3, 7, 8)] == [False, False, True]
    assert found["ledger"] == {"planned": 12, "done": 10, "skipped": 2, "failed": 0, "pending": 0}
    assert (found["cases"], found["skipped"], found["errors"]) == (10, 2, 0)
    kept = b"".join(path.read_bytes() for path in (tmp_path / "data").iterdir())
    assert question(3).encode() not in kept


def test_a_user_who_is_forgotten_while_their_answer_is_judged(provider: ScriptedUpstream, tmp_path: Path) -> None:
    """A case has several rubrics: the judge gets no more of them once the user is gone, and the case has no verdict.
    What judging cost is in the run's cost."""
    two = [{"rubric": "names a heat"}, {"rubric": "is polite"}]
    cases = tuple(decode(json.dumps({"id": f"l{n}", "input": question(n), "assert": two}).encode()) for n in range(3))
    judged: list[str] = []
    with closing(Store.open("sqlite", tmp_path / "data")) as store:
        store.suites.save(Suite(name="oven", cases=cases), {"l1": "hash-of-ann"})

        def script(request: Recorded) -> Iterable[Step]:
            asked = Question(request)
            judged.append(asked.parts["REQUEST"])
            if question(1) in judged:
                store.forget_user("hash-of-ann")
            return saying(asked, {"met": 0.9})

        with ScriptedUpstream(script) as judge:
            own = {"base_url": judge.url, "model": "judge-model", "price": {"input": 1.0, "output": 4.0}}
            document = {"upstreams": [{"name": "u", "base_url": provider.url}], "judge": own, "data_dir": "data"}
            (tmp_path / "sightglass.yaml").write_text(json.dumps(document))
            words = [*run(provider, "oven"), "--price", "0,0", "--concurrency", "1", "--config", "sightglass.yaml"]
            found = passed(sightglass(tmp_path, *words))
    assert Counter(judged) == {question(0): 2, question(1): 1, question(2): 2}
    assert (found["cases"], found["skipped"], found["errors"], found["pass_rate"]) == (2, 1, 0, 1.0)
    assert found["cost_usd"] == pytest.approx(5 * (1000 * 1.0 + 100 * 4.0) / 1e6)


def test_a_suite_of_forgotten_users_is_not_run(provider: ScriptedUpstream, tmp_path: Path) -> None:
    """It says why there is nothing to ask."""
    cases = tuple(decode(line.encode()) for line in (tmp_path / suite(tmp_path, 2)).read_text().splitlines())
    with closing(Store.open("sqlite", tmp_path / "data")) as store:
        store.suites.save(Suite(name="oven", cases=cases), dict.fromkeys(("l0", "l1"), "hash-of-ann"))
        store.forget_user("hash-of-ann")
    done = sightglass(tmp_path, *run(provider, "oven"), "--data-dir", "data")
    assert (done.returncode, provider.requests) == (2, [])
    assert "the users of all its cases were forgotten; no call was made" in done.stderr
