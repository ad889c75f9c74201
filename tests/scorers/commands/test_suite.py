"""``sightglass suite`` and ``run``: the real command line over files and a store, with a scripted provider."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from xml.etree import ElementTree

import pytest

from support import replies
from support.judging import Question, saying
from support.processes import ROOT
from support.suites import DECLINES, WORSE, heat, lines, oven, passed, question, run, sightglass, suite
from support.upstream import STALL, Recorded, ScriptedUpstream, Step


@pytest.fixture
def provider() -> Iterator[ScriptedUpstream]:
    """The oven."""
    with ScriptedUpstream(oven) as server:
        yield server


def test_a_file_run_needs_no_store(provider: ScriptedUpstream, tmp_path: Path) -> None:
    """A run of a file is kept as a file, is found by id and by name, and leaves no store behind; the report says each
    failure as JUnit XML and Markdown do."""
    file = suite(tmp_path, 48)
    first = passed(sightglass(tmp_path, *run(provider, file), "--name", "main"))
    assert list(first)[:12] == [
        *("suite", "version", "run", "model", "cases", "pass_rate", "lower", "upper", "cost_usd", "errors"),
        *("against", "mde"),
    ]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["own.jsonl", "sightglass-runs"]
    kept = tmp_path / "sightglass-runs" / f"{first['run']}.json"
    assert [path.name for path in kept.parent.iterdir()] == [kept.name]
    assert kept.stat().st_mode & 0o077 == 0
    reports = ["--junit", "report.xml", "--markdown", "report.md"]
    for against in (first["run"], "main", str(kept)):
        words = [*run(provider, file, WORSE), "--against", against, *reports]
        worse = passed(sightglass(tmp_path, *words), status=1)
        assert (worse["verdict"], worse["against"]["run"]) == ("regression", first["run"])
    failures = ElementTree.parse(tmp_path / "report.xml").findall(".//failure")
    assert len(failures) == 16 + 1
    assert f"'{heat(0)}'" in str(failures[0].text)
    summary = (tmp_path / "report.md").read_text()
    assert "**regression**" in summary
    assert "| l0 |" in summary
    assert "### Regressions (16)" in summary


def test_fail_on_regression_alone(provider: ScriptedUpstream, tmp_path: Path) -> None:
    """``--fail-on regression`` lets an inconclusive gate pass, and never a regression."""
    few, many = suite(tmp_path, 8, "few.jsonl"), suite(tmp_path, 48, "many.jsonl")
    for file, status in ((few, 0), (many, 1)):
        first = passed(sightglass(tmp_path, *run(provider, file)))
        words = [*run(provider, file, WORSE), "--against", first["run"], "--fail-on", "regression", "--junit", "x.xml"]
        passed(sightglass(tmp_path, *words), status=status)
        report = ElementTree.parse(tmp_path / "x.xml").getroot()
        gates = [test for test in report.iter("testcase") if test.get("classname") == "sightglass.gate"]
        assert [[child.tag for child in test] for test in gates] == [["skipped" if status == 0 else "failure"]]


def test_failed_calls_are_no_small_suite(provider: ScriptedUpstream, tmp_path: Path) -> None:
    """``--fail-on regression`` does not turn a job green whose calls failed, or whose money ran out."""
    file = suite(tmp_path, 40)
    words = [*run(provider, file), "--fail-on", "regression"]
    usage = {"prompt_tokens": 20, "completion_tokens": 900}
    provider.script = lambda request: replies.chat_json(heat(1), usage=usage)
    found = passed(sightglass(tmp_path, *words, "--max-usd", "0.008"), status=3)
    assert found["ledger"]["pending"] > 0
    provider.script = lambda request: replies.error(400)
    found = passed(sightglass(tmp_path, *words), status=3)
    assert (found["verdict"], found["errors"]) == ("inconclusive", 40)


def test_a_wanted_pass_rate(provider: ScriptedUpstream, tmp_path: Path) -> None:
    """Without an earlier run the verdict is ``pass``, unless a pass rate is wanted that the interval is below."""
    file = suite(tmp_path, 48)
    assert passed(sightglass(tmp_path, *run(provider, file, WORSE)))["verdict"] == "pass"
    for rate, status in (("0.6", 0), ("0.95", 1), ("0.7", 3)):
        passed(sightglass(tmp_path, *run(provider, file, WORSE), "--min-pass-rate", rate), status=status)


def test_errors_are_in_no_rate(provider: ScriptedUpstream, tmp_path: Path) -> None:
    """Cases without an answer are errors and in no rate; with more than 5 % of them nothing is concluded."""
    for lost, verdict in (({"loaf 7?"}, "pass"), ({"loaf 7?", "loaf 9?", "loaf 11?"}, "inconclusive")):
        file = suite(tmp_path, 40)

        def broken(request: Recorded, lost: set[str] = lost) -> Iterable[Step]:
            asked = request.json()["messages"][-1]["content"]
            return replies.error(400) if any(asked.endswith(end) for end in lost) else oven(request)

        provider.script = broken
        words = [*run(provider, file), "--concurrency", "1", "--min-pass-rate", "0.9"]
        found = passed(sightglass(tmp_path, *words), status=0 if verdict == "pass" else 3)
        assert (found["verdict"], found["errors"], found["pass_rate"]) == (verdict, len(lost), 1.0)
        assert found["failures"] == {"refused": len(lost)}
        assert found["ledger"]["failed"] == len(lost)


def test_repeats_show_what_is_flaky(provider: ScriptedUpstream, tmp_path: Path) -> None:
    """With repeats each answer counts; a case whose repeats differ is flaky; seeds differ from repeat to repeat."""
    file = suite(tmp_path, 12)

    def sometimes(request: Recorded) -> Iterable[Step]:
        body = request.json()
        if body["messages"][-1]["content"].endswith("loaf 5?") and body["seed"] % 2:
            return replies.chat_json(DECLINES)
        return oven(request)

    provider.script = sometimes
    found = passed(sightglass(tmp_path, *run(provider, file), "--repeats", "4", "--seed", "10"))
    assert found["flaky"] == ["l5"]
    assert found["pass_rate"] == pytest.approx((11 + 0.5) / 12)
    assert sorted({request.json()["seed"] for request in provider.requests}) == [10, 11, 12, 13]
    assert len(provider.requests) == 48


def test_a_key_that_is_not_accepted_stops_the_run(provider: ScriptedUpstream, tmp_path: Path) -> None:
    """401 is one line and exit status 2; the run goes on from there once the key is accepted."""
    file = suite(tmp_path, 20)
    provider.script = lambda request: replies.error(401)
    done = sightglass(tmp_path, *run(provider, file))
    assert done.returncode == 2
    assert len(provider.requests) <= 4
    assert "stopped: " in done.stderr
    assert "answers 401" in done.stderr
    name = done.stderr.rsplit("--resume ", 1)[1].strip()
    provider.script = oven
    found = passed(sightglass(tmp_path, *run(provider, file), "--resume", name))
    assert found["ledger"] == {"planned": 20, "done": 20, "skipped": 0, "failed": 0, "pending": 0}, "none was paid for"


def test_a_resumed_run_has_the_money_that_is_given_and_the_options_that_it_had(
    provider: ScriptedUpstream, tmp_path: Path
) -> None:
    """``--max-usd`` with ``--resume`` is the run's limit from then on, smaller or larger; another option than at the
    beginning is refused; what was not given is as it was."""
    file = suite(tmp_path, 20)
    priced = [*run(provider, file), "--price", "1,1", "--temperature", "0.5"]
    little = sightglass(tmp_path, *priced, "--repeats", "2")
    (path,) = (tmp_path / "sightglass-runs").glob("*.json")
    kept = json.loads(path.read_bytes())
    assert little.returncode in (0, 3)
    # As if it had been killed after the first cases.
    for ask in kept["asks"][10:]:
        ask |= {"state": "pending", "cost_micro": 0, "answer": None, "passed": None, "score": None, "checks": []}
    path.write_text(json.dumps(kept))
    name, asked = path.stem, len(provider.requests)
    refused = sightglass(tmp_path, *priced, "--resume", name, "--repeats", "3")
    assert refused.returncode == 2
    assert f"--resume {name}: it was begun with --repeats 2, not 3" in refused.stderr
    spent = sum(ask["cost_micro"] for ask in kept["asks"][:10]) / 1e6
    ended = sightglass(tmp_path, *run(provider, file), "--price", "1,1", "--resume", name, "--max-usd", f"{spent:.6f}")
    assert "the run's budget does not hold the next case" in ended.stdout + ended.stderr
    assert len(provider.requests) == asked
    whole = sightglass(tmp_path, *run(provider, file), "--price", "1,1", "--resume", name, "--max-usd", "5")
    assert passed(whole)["ledger"] == {"planned": 40, "done": 40, "skipped": 0, "failed": 0, "pending": 0}
    assert len(provider.requests) == asked + 30
    assert {request.json()["temperature"] for request in provider.requests} == {0.5}


def test_a_baseline_that_is_empty_is_no_gate(provider: ScriptedUpstream, tmp_path: Path) -> None:
    """An unset variable of a job is said, and not a green gate without a baseline."""
    done = sightglass(tmp_path, *run(provider, suite(tmp_path, 5)), "--against", "")
    assert done.returncode == 2
    assert "--against" in done.stderr
    assert provider.requests == []


@pytest.mark.parametrize(("key", "status"), [("sk-one\n", 0), ("sk-\u00fc", 2), ("sk-a\nb", 2)])
def test_a_key_with_a_line_end(provider: ScriptedUpstream, tmp_path: Path, key: str, status: int) -> None:
    """A line end behind a key is not of it; what no header can hold is said before anything is asked, and not shown."""
    done = sightglass(tmp_path, *run(provider, suite(tmp_path, 5)), env={"OPENAI_API_KEY": key})
    assert (done.returncode == 2) is (status == 2), done.stderr
    if status == 2:
        assert (
            done.stderr
            == "sightglass suite run: OPENAI_API_KEY: expected an API key of printable ASCII characters, found others\n"
        )
        assert provider.requests == []
    else:
        assert {request.header("authorization") for request in provider.requests} == {"Bearer sk-one"}


def test_another_run_is_not_reopened(provider: ScriptedUpstream, tmp_path: Path) -> None:
    """``--resume`` with another model says so and leaves the run as it ended."""
    file = suite(tmp_path, 20)
    provider.script = lambda request: replies.error(401)
    name = sightglass(tmp_path, *run(provider, file)).stderr.rsplit("--resume ", 1)[1].strip()
    folder = tmp_path / "sightglass-runs"
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    words = [word if word != "gpt-4o-mini" else "other-model" for word in run(provider, file)]
    done = sightglass(tmp_path, *words, "--price", "0,0", "--resume", name)
    assert done.returncode == 2
    assert "it is a run of version" in done.stderr
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


@pytest.mark.parametrize(
    "words", [("--temperature", "nan"), ("--junit", "nowhere/x.xml"), ("--markdown", "nowhere/x.md")]
)
def test_what_can_not_be_written_is_said_before_anything_is_paid(
    words: tuple[str, str], provider: ScriptedUpstream, tmp_path: Path
) -> None:
    """One line, and no call."""
    done = sightglass(tmp_path, *run(provider, suite(tmp_path, 8)), *words)
    assert done.returncode == 2
    assert words[0] in done.stderr
    assert provider.requests == []


def test_money_is_capped(provider: ScriptedUpstream, tmp_path: Path) -> None:
    """What a run costs is said before; one that needs more than ``--max-usd`` asks nothing, and one whose budget ends
    is inconclusive and has spent no more."""
    file = suite(tmp_path, 40)
    words = run(provider, file)
    done = sightglass(tmp_path, *words, "--max-usd", "0.0001")
    assert done.returncode == 2
    assert "40 calls to gpt-4o-mini, about 0.00" in done.stderr
    assert "smallest drop that it can find" in done.stderr
    assert "no call was made" in done.stderr
    assert provider.requests == []
    dear = lambda request: replies.chat_json(heat(1), usage={"prompt_tokens": 20, "completion_tokens": 900})  # noqa: E731
    provider.script = dear
    found = passed(sightglass(tmp_path, *words, "--max-usd", "0.008"), status=3)
    assert found["verdict"] == "inconclusive"
    assert 0 < found["cost_usd"] <= 0.008
    assert found["ledger"]["pending"] > 0
    assert "budget" in found["why"]


def test_a_run_that_costs_three_times_its_estimate_stops(provider: ScriptedUpstream, tmp_path: Path) -> None:
    """Answers that are far longer than what was estimated end the run; it can be resumed, and what it spent is told."""
    file = suite(tmp_path, 40)
    long = {"prompt_tokens": 20, "completion_tokens": 1_000}
    provider.script = lambda request: replies.chat_json(heat(1), usage=long)
    done = sightglass(tmp_path, *run(provider, file), "--price", "1,20")
    assert done.returncode == 2
    assert "three times what was estimated" in done.stderr
    assert "--resume" in done.stderr
    assert len(provider.requests) < 40
    provider.script = lambda request: replies.chat_json(heat(1), usage=None)
    done = sightglass(tmp_path, *run(provider, file), "--price", "1,20")
    assert "(charged the most that they may cost: " in done.stderr
    assert " without usage)" in done.stderr


def test_a_remote_model_without_a_price_does_not_start(tmp_path: Path) -> None:
    """Where no list has the model nothing is asked of a remote endpoint, and the line says what would do."""
    file = suite(tmp_path, 8)
    words = ["suite", "run", file, "--model", "nobody-knows", "--base-url", "https://models.example.com"]
    done = sightglass(tmp_path, *words)
    assert done.returncode == 2
    assert "give it with --price IN,OUT" in done.stderr


@pytest.mark.parametrize(
    ("model", "more", "usd"),
    [
        ("made-up-1", [], 8 * (20 * 3 + 7 * 5) / 1e6),
        ("gpt-4o-mini", [], 8 * (20 * 1 + 7 * 2) / 1e6),
        ("made-up-1", ["--price", "7,11"], 8 * (20 * 7 + 7 * 11) / 1e6),
    ],
)
def test_an_upstream_of_the_configuration_has_its_own_price(
    provider: ScriptedUpstream, tmp_path: Path, model: str, more: list[str], usd: float
) -> None:
    """``upstreams[].price`` is what requests of ours cost there: by the upstream that takes the model, before any list,
    and after ``--price``."""
    known = f"base_url: {provider.url}/v1"
    first = f"{{name: first, {known}, models: [gpt-*], price: {{input: 1, output: 2}}}}"
    second = f"{{name: second, {known}, models: [made-*], price: {{input: 3, output: 5}}}}"
    (tmp_path / "own.yaml").write_text(f"upstreams: [{first}, {second}]\ndefault_upstream: first\n")
    words = run(provider, suite(tmp_path, 8), model)
    found = passed(sightglass(tmp_path, *words, "--config", "own.yaml", *more))
    assert found["cost_usd"] == pytest.approx(usd)


@pytest.mark.parametrize(
    ("option", "value"), [("--model", " "), ("--price", "1,2,3"), ("--price", "1"), ("--price", "-1,2")]
)
def test_a_model_or_price_that_is_none(provider: ScriptedUpstream, tmp_path: Path, option: str, value: str) -> None:
    """An empty variable in a pipeline, or a price of three parts, asks nothing."""
    done = sightglass(tmp_path, *run(provider, suite(tmp_path, 2)), f"{option}={value}")
    assert done.returncode == 2
    assert done.stderr.startswith(f"sightglass suite run: {option}: expected")
    assert provider.requests == []


def test_a_version_that_was_replaced_is_told_and_can_be_had(tmp_path: Path) -> None:
    """An import over a suite says what it replaced, keeps its application, and the version of before comes back; the
    version that is shown is always that of the cases beside it."""
    sightglass(tmp_path, "suite", "import", suite(tmp_path, 4), "--name", "oven", "--app", "bakery")
    old = passed(sightglass(tmp_path, "suite", "show", "oven", "--json"))
    said = sightglass(tmp_path, "suite", "import", suite(tmp_path, 2, "two.jsonl"), "--name", "oven")
    assert f"version {old['version']} with 4 cases was replaced (suite export oven@{old['version']})" in said.stderr
    new = passed(sightglass(tmp_path, "suite", "show", "oven", "--json"))
    assert (new["app"], new["cases"]) == ("bakery", 2)
    shown = passed(sightglass(tmp_path, "suite", "show", f"oven@{old['version'][:6]}", "--json"))
    assert (shown["version"], shown["items"]) == (old["version"], old["items"])
    none = sightglass(tmp_path, "suite", "show", "oven@nothing")
    assert none.returncode == 2
    assert f"there are: {new['version']}, {old['version']}" in none.stderr
    assert f"other versions: oven@{old['version']} (4 cases)" in sightglass(tmp_path, "suite", "show", "oven").stdout
    kept = sightglass(tmp_path, "suite", "export", f"oven@{old['version']}", "--output", "back.jsonl")
    assert kept.returncode == 0, kept.stderr
    again = sightglass(tmp_path, "suite", "import", "back.jsonl", "--name", "oven")
    assert f"version {old['version']}: 4 cases; version {new['version']}" in again.stderr
    back = passed(sightglass(tmp_path, "suite", "show", "oven", "--json"))
    assert (back["version"], back["items"]) == (old["version"], old["items"])
    assert [entry["version"] for entry in back["versions"]] == [old["version"], new["version"]]
    same = sightglass(tmp_path, "suite", "import", "back.jsonl", "--name", "oven")
    assert "replaced" not in same.stderr


def test_killed_and_gone_on_with(provider: ScriptedUpstream, tmp_path: Path) -> None:
    """A run that is killed while calls are under way asks only those again, and their first try stays charged."""
    file = suite(tmp_path, 30)
    seen: list[str] = []

    def stalls(request: Recorded) -> Iterable[Step]:
        seen.append(request.json()["messages"][-1]["content"])
        return [STALL] if len(seen) > 10 else oven(request)

    # It stopped by itself at first, and is killed in its second life: what it did since is not forgotten.
    provider.script = lambda request: replies.error(402)
    name = sightglass(tmp_path, *run(provider, file), "--concurrency", "2").stderr.rsplit("--resume ", 1)[1].strip()
    provider.requests.clear()
    provider.script = stalls
    command = [sys.executable, "-m", "proxy.cli", *run(provider, file), "--concurrency", "2", "--resume", name]
    process = subprocess.Popen(
        command, cwd=tmp_path, env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"}, stderr=subprocess.PIPE
    )
    provider.wait_for(lambda server: len(server.requests) >= 12, 60.0)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    (journal,) = (tmp_path / "sightglass-runs").glob("*.journal")
    provider.script = oven
    (listed,) = json.loads(sightglass(tmp_path, "run", "list", "--json").stdout)["runs"]
    assert (listed["run"], listed["state"], listed["planned"]) == (journal.stem, "stopped", 30)
    shown = passed(sightglass(tmp_path, "run", "show", journal.stem, "--json"))
    assert shown["ledger"]["pending"] + shown["ledger"]["done"] == 30
    words = [*run(provider, file), "--resume", journal.stem]
    found = passed(sightglass(tmp_path, *words))
    assert (found["failures"], found["verdict"]) == ({}, "pass")
    assert found["ledger"] == {"planned": 30, "done": 30, "skipped": 0, "failed": 0, "pending": 0}
    asked = Counter(request.json()["messages"][-1]["content"] for request in provider.requests)
    assert len(asked) == 30
    assert sorted(asked.values()) == [1] * 28 + [2] * 2
    whole = passed(sightglass(tmp_path, *run(provider, file)))["cost_usd"]
    assert found["cost_usd"] > whole * 1.01, "the tries that were killed may have been paid for"
    assert not journal.exists()


def test_a_store_that_fails_is_no_verdict(provider: ScriptedUpstream, tmp_path: Path) -> None:
    """Status 1 of a gate is a regression; a store that is none has status 2, one line, and nothing is asked."""
    (tmp_path / "kept").mkdir()
    (tmp_path / "kept" / "store.db").write_bytes(b"no database" * 1_000)
    done = sightglass(tmp_path, *run(provider, Path("bakery")), "--data-dir", "kept")
    assert done.returncode == 2
    assert done.stderr.startswith("sightglass: store: ")
    assert len(done.stderr.splitlines()) == 1
    assert provider.requests == []


BAD = [
    ('{"id": "a", "input": "x"}\n{"id": "a", "input": "y"}', "line 2: id: expected each id once"),
    ('{"id": "a", "input": "x", "assert": [{"rhymes": 1}]}', "line 1: assert[0].rhymes: expected one of the keys"),
    ('{"id": "a", "messages": 3}', "line 1: messages: expected a list, found the number 3"),
    ("", "expected at least one case, found none"),
]


@pytest.mark.parametrize(("text", "said"), BAD, ids=[said for _, said in BAD])
@pytest.mark.parametrize(
    "command", [["suite", "import"], ["suite", "run", "--model", "m", "--base-url", "http://[::1]"]]
)
def test_a_wrong_file_is_not_half_taken(tmp_path: Path, command: list[str], text: str, said: str) -> None:
    """A wrong file is named by line and field with what was expected; no suite and no run come of it."""
    (tmp_path / "bad.jsonl").write_text(text)
    done = sightglass(tmp_path, *command[:2], "bad.jsonl", *command[2:])
    assert done.returncode == 2
    assert said in done.stderr
    assert not (tmp_path / "sightglass-runs").exists()
    assert sightglass(tmp_path, "suite", "list").returncode == 2  # there is no store


def test_import_show_label_export(tmp_path: Path) -> None:
    """A suite goes into the store and out into a folder for git, with what people said; the version is of the content,
    and a folder that was changed by hand is refused."""
    file = suite(tmp_path, 4)
    assert sightglass(tmp_path, "suite", "import", file, "--name", "oven").returncode == 0
    before = passed(sightglass(tmp_path, "suite", "show", "oven", "--json"))
    assert (before["cases"], before["labelled"]) == (4, 4)
    said = sightglass(tmp_path, "suite", "label", "oven", "l1", "--assert", '{"regex": "[0-9]+ degrees"}')
    assert said.returncode == 0, said.stderr
    prompted = sightglass(tmp_path, "suite", "label", "oven", "--all", given="s\ne Bake it.\nx\nn ash\nq\n")
    assert prompted.returncode == 0, prompted.stderr
    assert "expected one of a, e, c" in prompted.stdout
    after = passed(sightglass(tmp_path, "suite", "show", "oven", "--json"))
    assert after["version"] != before["version"]
    assert [entry["version"] for entry in after["versions"]][-1] == before["version"]
    items = {item["id"]: item for item in after["items"]}
    assert items["l1"]["assert"] == [{"regex": "[0-9]+ degrees"}]
    assert items["l1"]["expected"] == "Bake it."
    assert items["l2"]["assert"][-1] == {"not_contains": "ash"}

    assert sightglass(tmp_path, "suite", "export", "oven", "--output", "kept").returncode == 0
    assert passed(sightglass(tmp_path, "suite", "show", "kept", "--json"))["version"] == after["version"]
    cases = tmp_path / "kept" / "cases.jsonl"
    cases.write_text(cases.read_text().replace("degrees", "grades"))
    refused = sightglass(tmp_path, "suite", "show", "kept")
    assert refused.returncode == 2
    assert "manifest.json: version: expected" in refused.stderr


def test_labels_from_a_file_are_all_or_none(tmp_path: Path) -> None:
    """One wrong line of a file of labels, and no case is changed."""
    file = suite(tmp_path, 3)
    (tmp_path / "said.jsonl").write_text(lines({"id": "l0", "expected": "a"}, {"id": "nobody", "expected": "b"}))
    before = (tmp_path / file).read_bytes()
    done = sightglass(tmp_path, "suite", "label", file, "--from-file", "said.jsonl")
    assert done.returncode == 2
    assert "said.jsonl: line 2: id: expected the id of a case" in done.stderr
    assert (tmp_path / file).read_bytes() == before
    (tmp_path / "said.jsonl").write_text(lines({"id": "l0", "expected": "a"}))
    assert sightglass(tmp_path, "suite", "label", file, "--from-file", "said.jsonl").returncode == 0
    assert json.loads((tmp_path / file).read_text().splitlines()[0])["expected"] == "a"


def test_changed_cases_are_not_compared(provider: ScriptedUpstream, tmp_path: Path) -> None:
    """A case that is another now is not compared with what it was; where nothing is left to compare, that is said."""
    file = suite(tmp_path, 48)
    first = passed(sightglass(tmp_path, *run(provider, file)))
    text = (tmp_path / file).read_text()
    (tmp_path / file).write_text(text.replace('"id": "l3", "input": "A', '"id": "l3", "input": "Say: a'))
    again = passed(sightglass(tmp_path, *run(provider, file), "--against", first["run"]))
    assert (again["against"]["compared"], again["against"]["changed"]) == (47, 1)
    (tmp_path / file).write_text(text.replace('"input": "A', '"input": "Say: a'))
    asked = len(provider.requests)
    none = sightglass(tmp_path, *run(provider, file), "--against", first["run"])
    assert none.returncode == 2
    assert "no answered case in common" in none.stderr
    assert len(provider.requests) == asked, "nothing is paid for a run that cannot be compared"


_ASK = ["suite", "run", "own.jsonl", "--model", "m", "--base-url", "http://127.0.0.1:9"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["suite"], "a command is missing; expected one of make, list, show"),
        (["suite", "mend"], "unknown command 'mend'"),
        (["suite", "run", "nowhere.jsonl", "--model", "m", "--base-url", "http://x"], "no such file or folder"),
        (["suite", "run", "own.jsonl", "--model", "m"], "--base-url: missing"),
        (["suite", "run", "own.jsonl", "--model", "m", "--base-url", "x"], "--base-url: "),
        (
            ["suite", "run", "own.jsonl", "--model", "m", "--base-url", "http://x", "--margin", "5"],
            "--margin: expected",
        ),
        (
            ["suite", "run", "own.jsonl", "--model", "m", "--base-url", "http://127.0.0.1:9", "--against", "r0"],
            "--against r0: there is no such run",
        ),
        ([*_ASK, "--seed", "9" * 20], "--seed: expected at most 9007199254740992"),
        ([*_ASK, "--price", "inf,inf"], "--price: expected IN,OUT in USD"),
        ([*_ASK, "--price", "1e30,1"], "--price: expected IN,OUT in USD"),
        ([*_ASK, "--name", "\udcfc"], "--name: holds bytes that are no text"),
        ([*_ASK, "--junit", "."], "--junit: .: expected a file, found a folder"),
        (["run", "list", "-n", "9" * 20], "-n: expected at most 9007199254740992"),
        (["suite", "make", "x", "--from", "luck"], "--from: expected some of failures"),
        (["run", "show", "r0"], "r0: there is no such run"),
        (["run", "undo"], "unknown command 'undo'"),
    ],
)
def test_wrong_words_are_one_line(tmp_path: Path, words: list[str], said: str) -> None:
    """Each wrong argument is one line and exit status 2."""
    suite(tmp_path, 2)
    done = sightglass(tmp_path, *words)
    assert done.returncode == 2
    assert said in done.stderr
    assert len(done.stderr.splitlines()) == 1


def kind_judge(request: Recorded) -> list[Step]:
    """Says that an answer meets a criterion when it gives a number of degrees."""
    question = Question(request)
    return saying(question, {"met": 0.9 if "degrees" in question.parts["ANSWER"] else 0.1})


def test_a_rubric_asks_the_judge_within_the_money(provider: ScriptedUpstream, tmp_path: Path) -> None:
    """A rubric is judged by the configured judge, says why it is not met, and what it costs is in the run's cost; a
    judge that does not answer makes errors, and without a judge nothing is asked."""
    cases = ({"id": f"l{n}", "input": question(n), "assert": [{"rubric": "names a heat"}]} for n in range(9))
    (tmp_path / "own.jsonl").write_text(lines(*cases))
    words = [*run(provider, "own.jsonl", WORSE), "--price", "0,0"]
    refused = sightglass(tmp_path, *words)
    assert refused.returncode == 2
    assert "9 cases have a rubric, and no judge is configured" in refused.stderr
    assert provider.requests == []
    with ScriptedUpstream(kind_judge) as judge:
        own = {"base_url": judge.url, "model": "judge-model", "price": {"input": 1.0, "output": 4.0}}
        document = {"upstreams": [{"name": "u", "base_url": provider.url}], "judge": own}
        (tmp_path / "sightglass.yaml").write_text(json.dumps(document))
        found = passed(sightglass(tmp_path, *words, "--config", "sightglass.yaml"))
        assert found["pass_rate"] == pytest.approx(6 / 9)
        assert found["cost_usd"] == pytest.approx(9 * (1000 * 1.0 + 100 * 4.0) / 1e6)
        shown = passed(sightglass(tmp_path, "run", "show", found["run"], "--json"))
        why = next(ask["checks"][0]["why"] for ask in shown["asks"] if ask["case_id"] == "l0")
        assert why == "the judge says that the criterion is not met (0.10): because"
        judge.script = lambda request: replies.error(400)
        lost = passed(sightglass(tmp_path, *words, "--config", "sightglass.yaml"), status=3)
        assert (lost["pass_rate"], lost["failures"]) == (None, {"judge_error": 9})


def test_a_setting_that_the_model_refuses_is_said(provider: ScriptedUpstream, tmp_path: Path) -> None:
    """Cases from traffic have production's settings; a model that does not take one is asked without it, not failed."""

    def reasoning(request: Recorded) -> Iterable[Step]:
        if "temperature" in request.json():
            return replies.http(400, b'{"error": {"message": "Unsupported parameter: \'temperature\'"}}')
        return replies.chat_json("It is 42.")

    provider.script = reasoning
    cases = (
        {"id": f"c{n}", "input": f"q{n}", "expected": "it is 42.", "parameters": {"temperature": 0}} for n in (1, 2)
    )
    (tmp_path / "own.jsonl").write_text(lines(*cases))
    done = sightglass(tmp_path, *run(provider, "own.jsonl"))
    assert passed(done)["pass_rate"] == 1.0
    assert "temperature: the endpoint refuses it; 2 answers were given without it" in done.stderr


def test_answers_that_the_limit_cut_are_said(provider: ScriptedUpstream, tmp_path: Path) -> None:
    """A model that thinks within its limit says nothing: that is told, and ``--max-tokens`` is the limit of cases that
    have none. A resumed run keeps it."""
    body = {"choices": [{"message": {"content": ""}, "finish_reason": "length"}], "usage": {"prompt_tokens": 1}}
    provider.script = lambda request: replies.http(200, json.dumps(body).encode())
    (tmp_path / "own.jsonl").write_text(
        lines(
            {"id": "a", "input": "Tide?", "expected": "Noon."},
            {"id": "b", "input": "Tide?", "expected": "Noon.", "parameters": {"max_tokens": 50}},
        )
    )
    words = [word for word in run(provider, "own.jsonl") if word != "--json"]
    done = sightglass(tmp_path, *words, "--max-tokens", "4000")
    assert "cut by the limit on tokens: 2 answers" in done.stdout
    assert sorted(request.json()["max_completion_tokens"] for request in provider.requests) == [50, 4000]
    assert passed(sightglass(tmp_path, *words, "--json"))["cut"] == 2


def test_messages_as_an_sdk_dumps_them_are_sent_without_what_they_do_not_say(
    provider: ScriptedUpstream, tmp_path: Path
) -> None:
    """Providers refuse ``tool_calls: null`` and an empty list of calls; a content that is null stays."""
    call = {"id": "c", "type": "function", "function": {"name": "tide", "arguments": "{}"}}
    said = {"refusal": None, "annotations": [], "function_call": None}
    messages = [
        {"role": "user", "content": "Tide?", "tool_calls": None},
        {"role": "assistant", "content": None, "tool_calls": [call], **said},
        {"role": "tool", "content": "noon", "tool_call_id": "c", "tool_calls": []},
    ]
    (tmp_path / "own.jsonl").write_text(lines({"id": "a", "messages": messages, "expected": "Noon."}))
    provider.script = lambda request: replies.chat_json("Noon.")
    passed(sightglass(tmp_path, *run(provider, "own.jsonl")))
    assert provider.requests[0].json()["messages"] == [
        {"role": "user", "content": "Tide?"},
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "content": "noon", "tool_call_id": "c"},
    ]
