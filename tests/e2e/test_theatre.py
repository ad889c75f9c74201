"""``sightglass benchmark``: the real command line, files of our own items, and two providers. One knows the items by
heart, the other works each answer out."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from scorers.store.store import Store
from support import benchmarks, replies, theatre, theatre_store
from support.processes import ROOT
from support.suites import passed, sightglass
from support.theatre import HEART, HONEST
from support.upstream import STALL, Recorded, ScriptedUpstream, Step

KEYS = ["model", "benchmarks", "gaps", "production", "correlation", "cost_usd"]


@pytest.fixture
def provider(tmp_path: Path) -> Iterator[ScriptedUpstream]:
    """Both models, over the files that are in ``tmp_path / "data"``."""
    benchmarks.write(tmp_path / "data")
    with ScriptedUpstream(theatre.provider(tmp_path / "data")) as server:
        yield server


def words(server: ScriptedUpstream, names: str, model: str, *more: str) -> list[str]:
    """The words of a run."""
    return ["benchmark", "run", names, "--model", model, "--base-url", server.url, "--data", "data", "--json", *more]


def row(found: dict[str, Any], part: str, name: str, variant: str) -> dict[str, Any]:
    """A line of ``benchmarks`` or ``gaps``."""
    (line,) = (item for item in found[part] if (item["name"], item["variant"]) == (name, variant))
    return dict(line)


def test_what_is_known_by_heart_shows_a_gap(provider: ScriptedUpstream, tmp_path: Path) -> None:
    """It is right of every published item, and not of reworded ones: each gap's interval is above zero."""
    found = passed(sightglass(tmp_path, *words(provider, "gsm8k,mmlu", HEART)))
    assert list(found) == KEYS
    for line in found["benchmarks"]:
        assert list(line) == ["name", "variant", "n", "score", "lower", "upper", "errors"]
    for line in found["gaps"]:
        assert list(line) == ["name", "variant", "gap", "lower", "upper", "p_value"]
    assert row(found, "benchmarks", "gsm8k", "published") | {"upper": 1, "lower": 0.9} == {
        **{"name": "gsm8k", "variant": "published", "n": 40, "score": 1.0, "lower": 0.9, "upper": 1, "errors": 0}
    }
    assert row(found, "benchmarks", "mmlu", "published")["n"] == 30
    for name, variant in (("gsm8k", "numbers"), ("gsm8k", "names"), ("gsm8k:strict", "names"), ("mmlu", "shuffled")):
        gap = row(found, "gaps", name, variant)
        assert 0.5 < gap["gap"] <= gap["upper"] <= 1
        assert gap["lower"] > 0.3
        assert gap["p_value"] < 0.01
    assert row(found, "benchmarks", "mmlu:changed_answer", "shuffled")["score"] > 0.5
    assert {"mmlu:sums", "mmlu:products", "mmlu:differences"} <= {line["name"] for line in found["benchmarks"]}


def test_who_works_answers_out_shows_none(provider: ScriptedUpstream, tmp_path: Path) -> None:
    """It is right of every item in every form: each gap's interval holds zero, and no p-value is small."""
    found = passed(sightglass(tmp_path, *words(provider, "gsm8k,mmlu", HONEST)))
    assert {line["score"] for line in found["benchmarks"] if ":changed" not in line["name"]} == {1.0}
    assert len(found["gaps"]) == 5
    for gap in found["gaps"]:
        assert gap["lower"] <= 0 <= gap["upper"] < 0.1
        assert gap["p_value"] == 1


@pytest.mark.parametrize(("model", "renamed"), [(HEART, 0.0), (HONEST, 1.0)])
def test_functions_are_run_in_the_sandbox(
    provider: ScriptedUpstream, tmp_path: Path, model: str, renamed: float
) -> None:
    """The code of each answer is tested, also on the added inputs; without a sandbox none is asked or run."""
    if shutil.which("bwrap") is None:
        pytest.skip("no bwrap here")
    found = passed(sightglass(tmp_path, *words(provider, "humaneval", model, "--plus", "--repeats", "5")))
    if "not_run" in found["benchmarks"][0]:
        pytest.skip(found["benchmarks"][0]["not_run"])
    for name in ("humaneval", "humaneval:plus", "humaneval:pass@5"):
        assert row(found, "benchmarks", name, "published")["score"] == 1.0
        assert row(found, "benchmarks", name, "renamed")["score"] == renamed
        assert row(found, "benchmarks", name, "docstring")["score"] == renamed
    gap = row(found, "gaps", "humaneval", "renamed")
    assert (gap["lower"] > 0) == (gap["p_value"] < 0.05) == (model == HEART)


def test_without_a_sandbox_code_is_not_run(provider: ScriptedUpstream, tmp_path: Path) -> None:
    """No bwrap: HumanEval says ``not_run`` and why, and nothing of it is asked; the other benchmarks are run."""
    out = sightglass(tmp_path, *words(provider, "humaneval,gsm8k", HONEST), env={"PATH": str(tmp_path)})
    found = passed(out)
    line = row(found, "benchmarks", "humaneval", "published")
    assert (line["n"], line["score"], line["lower"], line["errors"]) == (0, None, None, 0)
    assert "bubblewrap" in line["not_run"]
    assert "humaneval is not run" in out.stderr
    assert row(found, "benchmarks", "gsm8k", "published")["n"] == 40
    assert not any("code block" in str(request.json()["messages"]) for request in provider.requests)
    shown = sightglass(
        tmp_path,
        *(word for word in words(provider, "humaneval", HONEST) if word != "--json"),
        env={"PATH": str(tmp_path)},
    )
    assert "not run: bwrap is not installed" in shown.stdout


def test_a_run_that_is_resumed_without_a_sandbox_asks_no_code(provider: ScriptedUpstream, tmp_path: Path) -> None:
    """Begun where there is a sandbox, stopped before an item, resumed where there is none: nothing of it is asked."""
    if shutil.which("bwrap") is None:
        pytest.skip("no bwrap here")
    honest = provider.script
    provider.script = lambda request: replies.error(402)
    command = words(provider, "humaneval", HONEST, "--variants", "0")
    stopped = sightglass(tmp_path, *command)
    if "humaneval is not run" in stopped.stderr:
        pytest.skip(stopped.stderr)
    run = stopped.stderr.rsplit("--resume ", 1)[1].strip()
    provider.script = honest
    provider.requests.clear()
    done = sightglass(tmp_path, *command, "--resume", run, env={"PATH": str(tmp_path)})
    assert provider.requests == []
    shown = passed(sightglass(tmp_path, "run", "show", run, "--json"))
    assert shown["ledger"]["pending"] == shown["ledger"]["failed"] == 0, done.stderr
    assert {ask["reason"] for ask in shown["asks"]} == {"not_run"}


def test_a_sample_and_its_requests(provider: ScriptedUpstream, tmp_path: Path) -> None:
    """``--sample`` draws items, the same for the same seed; requests have no assistant's turn at the end, room to
    think, and worked examples only when they are wanted."""
    first = passed(sightglass(tmp_path, *words(provider, "gsm8k", HONEST, "--sample", "7", "--variants", "0")))
    assert row(first, "benchmarks", "gsm8k", "published")["n"] == 7
    assert first["gaps"] == []
    bodies = [request.json() for request in provider.requests]
    assert all([message["role"] for message in body["messages"]] == ["user"] for body in bodies)
    assert {body["max_completion_tokens"] for body in bodies} == {8_192}
    assert {body["store"] for body in bodies} == {False}
    asked = {body["messages"][-1]["content"] for body in bodies}
    provider.requests.clear()
    more = ["--sample", "7", "--variants", "0", "--shots", "8", "--effort", "low"]
    passed(sightglass(tmp_path, *words(provider, "gsm8k", HONEST, *more)))
    bodies = [request.json() for request in provider.requests]
    assert {body["messages"][-1]["content"] for body in bodies} == asked
    assert {len(body["messages"]) for body in bodies} == {17}
    assert {body["reasoning_effort"] for body in bodies} == {"low"}


def test_killed_and_gone_on_with(provider: ScriptedUpstream, tmp_path: Path) -> None:
    """A run that is killed is gone on with: what was under way is asked again, and nothing else is."""
    honest = provider.script
    seen: list[str] = []

    def stalls(request: Recorded) -> Iterable[Step]:
        seen.append(request.json()["messages"][-1]["content"])
        return [STALL] if len(seen) > 20 else honest(request)

    provider.script = stalls
    run = words(provider, "gsm8k", HONEST, "--concurrency", "2")
    process = subprocess.Popen(
        [sys.executable, "-m", "proxy.cli", *run],
        cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"},
        stderr=subprocess.PIPE,
    )
    provider.wait_for(lambda server: len(server.requests) >= 22, 60.0)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    (journal,) = (tmp_path / "sightglass-runs").glob("*.journal")
    provider.script = honest
    other = sightglass(tmp_path, *words(provider, "gsm8k", HONEST, "--seed", "5", "--resume", journal.stem))
    assert (other.returncode, "other items than these" in other.stderr) == (2, True)
    found = passed(sightglass(tmp_path, *run, "--resume", journal.stem))
    assert sum(line["errors"] for line in found["benchmarks"]) == 0
    asked = Counter(request.json()["messages"][-1]["content"] for request in provider.requests)
    assert (asked.total(), max(asked.values())) == (len(asked) + 2, 2)
    kept = json.loads((tmp_path / "sightglass-runs" / f"{journal.stem}.json").read_text())
    assert kept["ledger"] == {"planned": len(asked), "done": len(asked), "skipped": 0, "failed": 0, "pending": 0}
    assert kept["run"]["purpose"] == "benchmark"


def test_killed_in_a_store_and_gone_on_with(provider: ScriptedUpstream, tmp_path: Path) -> None:
    """The same for a run that a store keeps: what was under way is charged and asked again, the rest is asked once."""
    with closing(Store.open("sqlite", tmp_path / "kept")):
        pass
    honest = provider.script
    seen: list[str] = []

    def stalls(request: Recorded) -> Iterable[Step]:
        seen.append(request.json()["messages"][-1]["content"])
        return [STALL] if len(seen) > 20 else honest(request)

    provider.script = stalls
    run = words(provider, "gsm8k", HONEST, "--concurrency", "2", "--data-dir", "kept", "--name", "killed")
    process = subprocess.Popen(
        [sys.executable, "-m", "proxy.cli", *run],
        cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"},
        stderr=subprocess.PIPE,
    )
    provider.wait_for(lambda server: len(server.requests) >= 22, 60.0)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    provider.script = honest
    with closing(Store.open("sqlite", tmp_path / "kept")) as store:
        kept = store.asking.run("killed")
        assert kept is not None
    found = passed(sightglass(tmp_path, *run, "--resume", kept.id))
    assert sum(line["errors"] for line in found["benchmarks"]) == 0
    asked = Counter(request.json()["messages"][-1]["content"] for request in provider.requests)
    assert (asked.total(), max(asked.values())) == (kept.planned + 2, 2)
    with closing(Store.open("sqlite", tmp_path / "kept")) as store:
        assert store.asking.ledger(kept.id)["failed"] == 0
        assert store.asking.ledger(kept.id)["pending"] == 0


def test_errors_are_counted_and_429_is_waited_for(provider: ScriptedUpstream, tmp_path: Path) -> None:
    """A refused request is an error and in no score; one that comes too early is asked again."""
    honest = provider.script
    early = iter(range(3))

    def script(request: Recorded) -> Iterable[Step]:
        if next(early, None) is not None:
            return replies.error(429, {"retry-after": "1"})
        if "books" in str(request.json()["messages"]):
            return replies.http(422, b'{"error": {"message": "no books here"}}')
        return honest(request)

    provider.script = script
    found = passed(sightglass(tmp_path, *words(provider, "gsm8k", HONEST, "--variants", "0")))
    line = row(found, "benchmarks", "gsm8k", "published")
    assert (line["n"], line["errors"], line["score"]) == (32, 8, 1.0)
    provider.script = lambda request: replies.http(401, b'{"error": {"message": "who are you"}}')
    done = sightglass(tmp_path, *words(provider, "gsm8k", HONEST))
    assert done.returncode == 2
    assert "who are you" in done.stderr
    assert "--resume" in done.stderr


def test_money_ends_a_run(provider: ScriptedUpstream, tmp_path: Path) -> None:
    """A run that would cost more than allowed does not start; one whose next answer might, stops before it. It goes on
    with more money."""
    priced = words(provider, "gsm8k", HONEST, "--price", "1,1", "--variants", "0")
    provider.requests.clear()
    done = sightglass(tmp_path, *priced, "--max-usd", "0.001")
    assert (done.returncode, "no call was made" in done.stderr, provider.requests) == (2, True, [])
    done = sightglass(tmp_path, *priced, "--max-usd", "0.03", "--max-tokens", "29500", "--concurrency", "1")
    assert done.returncode == 2
    assert "does not hold the next case" in done.stderr
    spent = json.loads(done.stdout)["cost_usd"]
    assert 0 < spent <= 0.03
    run = done.stderr.split("--resume ")[1].split()[0]
    same = sightglass(tmp_path, *priced, "--max-tokens", "29500", "--resume", run)
    assert "does not hold the next case" in same.stderr, "without another limit the run keeps its own"
    gone_on = sightglass(tmp_path, *priced, "--max-usd", "9", "--max-tokens", "29500", "--resume", run)
    assert json.loads(gone_on.stdout)["cost_usd"] > spent
    assert gone_on.returncode == 0


def test_in_a_store_production_stands_beside(provider: ScriptedUpstream, tmp_path: Path) -> None:
    """With a store the run is kept there, nothing of it is production, and production's own figures are in the report;
    from one version no correlation is told."""
    with closing(Store.open("sqlite", tmp_path / "kept")) as store:
        theatre_store.calls(store, HEART, time.time() - 60, [{"good": n < 3} for n in range(4)])
        before = store.ledger()
    run = words(provider, "gsm8k", HEART, "--data-dir", "kept", "--name", "first")
    found = passed(sightglass(tmp_path, *run))
    assert found["production"]["success"]["ratio"] == 0.75
    assert found["production"]["requests"] == 4
    assert found["correlation"] == {"versions": 1, "verdict": "too few versions", "pairs": []}
    assert not (tmp_path / "sightglass-runs").exists()
    with closing(Store.open("sqlite", tmp_path / "kept")) as store:
        kept = store.asking.run("first")
        assert kept is not None
        assert (kept.purpose, kept.state, kept.result) == ("benchmark", "done", found)
        assert store.ledger() == before
        assert store.asking.ledger(kept.id)["done"] == kept.planned
    shown = sightglass(tmp_path, *(word for word in run if word != "--json")).stdout
    assert "cost per success" in shown
    assert "too few versions (1)" in shown
    again = sightglass(tmp_path, "run", "show", "first", "--data-dir", "kept").stdout
    assert "gap (published - variant)" in again


BAD = [
    (["gsm9k"], "there is no such benchmark; expected some of gsm8k, humaneval, mmlu"),
    (["gsm8k", "--data", "nowhere"], "nowhere: there is no such folder"),
    (["mmlu", "--data", "empty"], "mmlu_test.jsonl.gz: there is no such file; `sightglass benchmark data` says"),
    (["gsm8k", "--shots", "9"], "--shots 9: there are 8 worked examples of gsm8k"),
    (["gsm8k", "--sample", "0"], "--sample: expected 1 to 1e+06, found 0"),
    (["gsm8k", "--resume", "none"], "none"),
    (["gsm8k", "--base-url", "https://models.example.com"], "give it with --price IN,OUT"),
    (["gsm8k", "--data-dir", "empty"], "there is no store"),
]


def test_wrong_words_and_files_are_one_clear_error(provider: ScriptedUpstream, tmp_path: Path) -> None:
    """Status 2, one line, nothing asked."""
    (tmp_path / "empty").mkdir()
    for given, said in BAD:
        done = sightglass(tmp_path, *words(provider, given[0], HONEST, *given[1:]))
        assert (done.returncode, provider.requests) == (2, []), given
        assert said in done.stderr.splitlines()[-1]


def test_sources_and_licences(provider: ScriptedUpstream, tmp_path: Path) -> None:
    """``benchmark data`` names each file, where it is published and its licence, and says which are there."""
    found = passed(sightglass(tmp_path, "benchmark", "data", "--data", "data", "--json"))["files"]
    there = {item["file"]: item["present"] for item in found}
    assert there["gsm8k_test.jsonl"] is True
    assert there["gsm8k_train.jsonl"] is False
    assert all(item["licence"] in ("MIT", "Apache-2.0") and "github.com/" in item["origin"] for item in found)
    shown = sightglass(tmp_path, "benchmark", "data").stdout
    assert "HumanEval.jsonl.gz" in shown
    assert "MIT" in shown


def test_a_run_is_not_resumed_with_another_provider(provider: ScriptedUpstream, tmp_path: Path) -> None:
    """The answers of two providers would be one score; another form of the same address is none. Nobody is asked."""
    honest = provider.script
    provider.script = lambda request: replies.error(402)
    command = words(provider, "gsm8k", HONEST, "--sample", "5", "--variants", "0")
    stopped = sightglass(tmp_path, *command)
    run = stopped.stderr.rsplit("--resume ", 1)[1].strip()
    kept = {path.name: path.read_bytes() for path in (tmp_path / "sightglass-runs").iterdir()}
    with ScriptedUpstream(honest) as other:
        refused = sightglass(
            tmp_path, *words(other, "gsm8k", HONEST, "--sample", "5", "--variants", "0"), "--resume", run
        )
        assert (refused.returncode, refused.stdout, other.requests) == (2, "", [])
        (line,) = [line for line in refused.stderr.splitlines() if "--resume" in line]
        begun = f"it was begun with --base-url {provider.url}, not {other.url}"
        assert line == f"sightglass benchmark run: --resume {run}: {begun}"
    assert {path.name: path.read_bytes() for path in (tmp_path / "sightglass-runs").iterdir()} == kept
    provider.script = honest
    same = [f"{word}/" if word == provider.url else word for word in command]
    assert row(passed(sightglass(tmp_path, *same, "--resume", run)), "benchmarks", "gsm8k", "published")["n"] == 5
