"""The bench itself: what its figures say, that its clients notice a wrong answer, and its installer."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from proxy.config.settings import parse
from tests.bench import cpu, keep_up, reads, score
from tests.bench.cells import CELLS, CHUNKS, PLACE, Cell, events, reply
from tests.bench.contenders import config
from tests.bench.evaluate import PARTS, Cost, Evaluation, bodies, differences, run
from tests.bench.evaluate import table as table_of
from tests.bench.figures import Result, Run, Spread, table
from tests.bench.latency import answers_right, run_latency
from tests.bench.starting import start
from tests.bench.streams import dechunked, run_streams
from tests.support.processes import ROOT, free_ports
from tests.support.replies import http
from tests.support.upstream import ScriptedUpstream

#: tests/install-servers.sh installs them. Debian keeps nginx out of an ordinary user's PATH.
_TOOLS = all(shutil.which(tool, path=f"{os.environ.get('PATH', '')}:/usr/sbin") for tool in ("nginx", "wrk"))
measures = pytest.mark.skipif(not _TOOLS, reason="nginx or wrk is not installed")
BY_NAME = {cell.name: cell for cell in CELLS}


def _result(name: str, costs: dict[str, list[float]], errors: int = 0) -> Result:
    result = Result(BY_NAME[name])
    for who, each in costs.items():
        result.runs += [Run(who, number, 100, errors, cost, 50.0) for number, cost in enumerate(each)]
    return result


@pytest.fixture
def upstream(tmp_path: Path) -> Iterator[int]:
    """The scripted upstream in a process of its own: its port."""
    (port,) = free_ports(1)
    command = [sys.executable, "-m", "tests.bench.upstream", str(port)]
    child = start("scripted upstream", command, tmp_path / "upstream", ROOT, port)
    yield port
    child.stop()


def test_a_figure_is_the_median_of_the_rounds_ratios() -> None:
    """Each round is compared with nginx in the same round, so that the machine's drift cancels out."""
    result = _result("chat", {"direct": [1, 1, 1], "nginx": [10, 20, 40], "sightglass": [30, 80, 80]})
    assert result.figure("sightglass") == Spread(3.0, 2.0, 4.0)
    assert result.verdict("sightglass") == "reached"


def test_latency_is_what_is_added() -> None:
    """Milliseconds above the upstream itself."""
    result = _result("latency", {"direct": [0.001, 0.002], "nginx": [0.002, 0.003], "sightglass": [0.003, 0.004]})
    assert result.figure("sightglass").median == pytest.approx(2.0)
    assert result.names() == ["nginx", "sightglass"]
    assert result.verdict("sightglass") == "not reached"


def test_a_row_with_wrong_answers_says_so() -> None:
    """However good its figure is."""
    result = _result("chat", {"direct": [1], "nginx": [10], "sightglass": [10]}, errors=1)
    assert result.verdict("sightglass") == "WRONG ANSWERS"
    assert "3 wrong answers" in table([result])
    assert result.json()["errors"] == 3


@pytest.mark.parametrize("cell", CELLS, ids=lambda cell: cell.name)
def test_requests_are_what_their_cells_say(cell: Cell) -> None:
    """A whole request, of the size that the title promises, and different for each number."""
    head, _, body = cell.request(7).partition(b"\r\n\r\n")
    assert f"content-length: {len(body)}".encode() in head.lower()
    assert cell.body.count(PLACE) == 1
    assert cell.request(7) != cell.request(8)
    assert len(body) == pytest.approx(102_400 if cell.name == "body" else 1024, rel=0.1)


def test_what_an_evaluation_says() -> None:
    """All parts of ``serve`` against nginx in the same round; a lowered rate or a failed sample spoils the figure."""
    found = Evaluation(0.1)
    for number, (base, worker) in enumerate([(10e-6, 90e-6), (20e-6, 180e-6), (30e-6, 420e-6)]):
        found.costs.append(Cost("nginx", number, 100, {"proxy": base}))
        parts = {"proxy": 20e-6, "worker": worker, "scorers": 10e-6}
        found.costs.append(Cost("sightglass", number, 100, parts))
    assert found.figure("sightglass").median == pytest.approx(12.0)
    assert found.part("sightglass", "worker") == pytest.approx(180.0)
    assert found.verdict("sightglass") == "reached"
    found.problems.append("sampling was lowered")
    assert found.verdict("sightglass") == "WRONG"
    assert "sampling was lowered" in table_of(found)


def test_scores_that_differ_are_named() -> None:
    """Whatever one build has and another has not, or has otherwise."""
    assert differences({"a": 0.5, "b": 1.0}, {"a": 0.5, "b": 1.0}) == []
    assert differences({"a": 0.5, "b": 1.0}, {"a": 0.4}) == ["a: 0.5 here, 0.4 there", "b: 1.0 here, None there"]


def test_evaluated_chats_are_different_and_hold_a_document() -> None:
    """1.3 KB each, none twice."""
    found = bodies(64)
    assert len(set(found)) == 64
    assert all(b"<document>" in body and 1150 < len(body) < 1450 for body in found)


@measures
def test_what_evaluating_costs_is_counted_until_the_ledger_closes(tmp_path: Path) -> None:
    """Every part has its share, and all samples were scored at the rate asked for."""
    found = run(1.0, 1, 0.01, {"sightglass": ROOT}, tmp_path)
    assert found.problems == []
    assert all(found.part("sightglass", part) > 0 for part in PARTS)
    assert found.part("nginx", "proxy") > 0


@measures
@pytest.mark.real_servers
def test_with_servers_their_cpu_is_a_part_of_its_own(tmp_path: Path) -> None:
    """Redis and PostgreSQL have their shares, and the ledger that is read from the store closes."""
    found = run(1.0, 1, 0.01, {"sightglass": ROOT}, tmp_path, servers=True)
    assert found.problems == []
    assert found.parts() == (*PARTS, "redis", "postgres")
    assert all(found.part("sightglass", part) > 0 for part in found.parts())
    assert found.verdict("sightglass") == "" and "Redis and PostgreSQL" in table_of(found)


def _kept(**said: Any) -> keep_up.Kept:
    known: dict[str, Any] = {"name": "serve", "asked": 100, "reached": 99.0, "requests": 990, "published": 99}
    return keep_up.Kept(**(known | {"behind": 1.0, "processors": {"serve": 0.5}} | said))


def test_what_keeping_up_is() -> None:
    """The pace was reached, what was left at the end is soon done, and nothing was dropped."""
    assert _kept().verdict == "kept up"
    assert _kept(reached=90.0).verdict == "not kept up"
    assert _kept(behind=keep_up.CLOSES_WITHIN + 0.1).verdict == "not kept up"
    assert _kept(problems=["serve: 3 requests dropped_queue (ok)"]).verdict == "WRONG"
    assert "dropped_queue" in keep_up.table([_kept(problems=["serve: 3 requests dropped_queue (ok)"])])


@measures
def test_a_paced_load_reaches_its_pace_and_every_sample_its_scorers(tmp_path: Path) -> None:
    """In miniature: all requests are answered, about a tenth of them is sampled, and all that is sampled is scored."""
    (kept,) = keep_up.run(60, 3, {"sightglass": ROOT}, tmp_path)
    assert kept.problems == []
    assert 60 < kept.requests < 400
    assert 0 < kept.published < kept.requests / 2
    assert kept.processors["serve"] > 0
    assert kept.processors["serve"] == pytest.approx(sum(kept.processors[part] for part in PARTS), abs=0.003)


def test_what_the_upstream_answers() -> None:
    """1 KB, and as many events as chunks."""
    assert len(reply()) == pytest.approx(1024, rel=0.1)
    assert len(events()) == CHUNKS


def test_the_configuration_is_valid(tmp_path: Path) -> None:
    """One process, a tenth published, objectives and apps set."""
    settings = parse(config(tmp_path, 1, [2, 3, 4]), {})
    assert (settings.processes, settings.sampling.rate) == (1, 0.1)
    assert settings.objectives and settings.apps and settings.access_log


def test_cpu_seconds_of_a_tree() -> None:
    """A child's work is counted, and the wait for its end ends."""
    work = "import time\nwhile time.process_time() < 0.2: pass\ntime.sleep(30)"
    child = subprocess.Popen([sys.executable, "-c", work])
    try:
        assert child.pid in cpu.tree(os.getpid())
        deadline = time.monotonic() + 20
        while cpu.seconds([child.pid]) < 0.2:
            assert time.monotonic() < deadline
            time.sleep(0.02)
        cpu.settle([child.pid])
        assert cpu.seconds([child.pid]) < 5
    finally:
        child.kill()
        child.wait()


def test_streams_are_read_to_their_end(upstream: int) -> None:
    """One stream on each connection, every byte compared."""
    streams = run_streams(upstream, BY_NAME["stream"], 0.1)
    assert (streams.whole, streams.wrong) == (32, 0)


def test_large_bodies_are_read_to_their_end(upstream: int) -> None:
    """And answered on the same connection."""
    (median,), (count,), (wrong,) = run_latency([upstream], BY_NAME["body"], 0.2)
    assert median > 0
    assert count > 1
    assert wrong == 0


def test_a_wrong_answer_is_noticed() -> None:
    """One byte is enough."""
    with ScriptedUpstream(lambda _: http(200, reply())) as server:
        assert answers_right(server.port, BY_NAME["chat"])
    with ScriptedUpstream(lambda _: http(200, reply().replace(b"Monday", b"Sunday"))) as server:
        assert not answers_right(server.port, BY_NAME["chat"])


def test_a_stream_that_is_no_stream_is_noticed() -> None:
    """A whole answer where a stream was asked for, chunked or held back until its end."""
    body = b"".join(events())
    at_once = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n%x\r\n%b\r\n0\r\n\r\n" % (len(body), body)
    with ScriptedUpstream(lambda _: [0.7, at_once]) as server:
        streams = run_streams(server.port, BY_NAME["stream"], 0.1)
    assert (streams.whole, streams.wrong) == (0, 32)


@pytest.mark.parametrize(
    ("body", "joined"),
    [
        (b"3\r\nabc\r\n1;x=y\r\nd\r\n0\r\n\r\n", b"abcd"),
        (b"3\r\nabc\r\n", None),
        (b"abc", None),
        (b"0\r\n\r\nmore", None),
    ],
)
def test_chunked_bodies(body: bytes, joined: bytes | None) -> None:
    """Joined, or known for broken."""
    assert dechunked(body) == joined


def test_the_installer_names_what_is_missing(tmp_path: Path) -> None:
    """Nothing is installed by ``--list-missing``."""
    for name in ("nginx", "wrk"):
        (tmp_path / name).write_text("#!/bin/sh\n")
        (tmp_path / name).chmod(0o755)
    script = Path(__file__).with_name("install.sh")
    environ = {"PATH": f"{tmp_path}:{os.environ['PATH']}"}
    done = subprocess.run([script, "--list-missing"], env=environ, capture_output=True, text=True, check=True)
    assert done.stdout == ""


def test_score_cell_runs_two_checkouts_on_the_same_samples(tmp_path: Path) -> None:
    """Each scorer has a cost in each round, this checkout beside itself is about as fast, and scores the same."""
    found = score.run(1, 1, {"sightglass": ROOT, "against": ROOT}, tmp_path)
    assert found.same()
    assert {"read", "refusal", "groundedness", "format"} <= found.rounds["against"][0].keys()
    times = found.times()
    assert times is not None
    assert 0.2 < times.median < 5
    assert "the same scores" in score.table(found)
    assert found.json()["milliseconds"]["sightglass"]["whole"]["median"] > 0


@pytest.mark.parametrize("kilobytes", [1, 20, 100])
def test_samples_to_score_have_their_size(kilobytes: int) -> None:
    """Own words, always the same ones, each sample another."""
    lines = score.lines(kilobytes)
    assert lines == score.lines(kilobytes)
    assert not set(lines) & set(score.lines(kilobytes, 1))
    assert len(set(lines)) == len(lines) == score.SIZES[kilobytes][2]
    assert all(0.8 < len(line) / 1000 / kilobytes < 1.8 for line in lines)


def test_other_scores_are_said() -> None:
    """A build that scores otherwise is not simply faster."""
    rounds = {"sightglass": [{"refusal": 0.001}], "against": [{"refusal": 0.007}]}
    found = score.Scoring(20, rounds, {"sightglass": {"a"}, "against": {"b"}})
    assert "7.00 (7.00-7.00) x as fast, aim reached; OTHER scores" in score.table(found)


def test_reads_are_measured_over_a_store_of_a_size(tmp_path: Path) -> None:
    """A store is written and read through a real worker that has come to rest; every figure is there."""
    (found,) = reads.run({"sightglass": ROOT}, tmp_path, ((600, 60),), rest=3.0)
    assert found.samples == 60
    assert 0 < found.rest < 0.5
    assert min(found.rates, found.page) > 0.5
    assert found.resident > 30
    assert "| sightglass | 600, 60 |" in reads.table([found])
