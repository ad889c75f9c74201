"""The story of the demonstration: its provider changes, its bytes are compared, and all of it ends as it says."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from proxy.demo.answers import declined
from proxy.demo.children import Child, worker_of
from proxy.demo.provider import FINGERPRINTS, Provider
from proxy.demo.stopping import Stopping
from proxy.demo.story import AFTER, BEFORE, alarm_lines


async def _ask(provider: Provider, method: str, path: str, document: Any = None) -> tuple[int, bytes]:
    """One request to the provider in this process: status and body."""
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": json.dumps(document).encode(), "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    await provider({"type": "http", "method": method, "path": path, "headers": []}, receive, send)
    return sent[0]["status"], b"".join(message.get("body", b"") for message in sent[1:])


def _question(number: int) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": f"Name a colour, number {number}."}]}


@pytest.mark.parametrize("share", [BEFORE, AFTER])
def test_refusals_come_evenly(share: float) -> None:
    """In any hundred questions the share that is declined is the one that was set, within two."""
    for start in (0, 37, 1000):
        hits = sum(declined(turn, share) for turn in range(start, start + 100))
        assert abs(hits - 100 * share) <= 2


def test_the_provider_changes_when_told() -> None:
    """The fingerprint and the share of refusals change from one answer to the next; nonsense changes nothing."""

    async def run() -> None:
        provider = Provider(refusals=0.0)
        before = json.loads((await _ask(provider, "POST", "/v1/chat/completions", _question(1)))[1])
        assert before["system_fingerprint"] == FINGERPRINTS[0]
        assert (await _ask(provider, "POST", "/demo/behaviour", {"fingerprint": 1}))[0] == 400
        wanted = {"fingerprint": FINGERPRINTS[1], "refusals": 1.0}
        assert (await _ask(provider, "POST", "/demo/behaviour", wanted))[0] == 200
        after = json.loads((await _ask(provider, "POST", "/v1/chat/completions", _question(1)))[1])
        assert after["system_fingerprint"] == FINGERPRINTS[1]
        said = [answer["choices"][0]["message"]["content"] for answer in (before, after)]
        assert said[1].startswith(("I'm sorry", "I'm not able", "I cannot")) and said[0] != said[1]

    asyncio.run(run())


def test_the_provider_remembers_what_it_sent() -> None:
    """The digest of a streamed and of a whole body is told by the completion's id; of others nothing is known."""

    async def run() -> None:
        provider = Provider()
        for extra in ({}, {"stream": True}):
            _, body = await _ask(provider, "POST", "/v1/chat/completions", {**_question(2), **extra})
            found = re.search(rb'"id": "(chatcmpl-\w+)"', body)
            assert found
            status, told = await _ask(provider, "GET", f"/demo/sent/{found[1].decode()}")
            assert (status, json.loads(told)["sha256"]) == (200, hashlib.sha256(body).hexdigest())
        assert (await _ask(provider, "GET", "/demo/sent/chatcmpl-0"))[0] == 404

    asyncio.run(run())


def test_an_alarm_in_words() -> None:
    """What went from where to where, on how many, and the first two causes; or that there is none."""
    alarm = {"signal": "refusal.refused", "app": "bot", "model": "m", "baseline": 0.05, "current": 0.25, "samples": 90}
    cause = {"dimension": "system_fingerprint", "from": "a", "to": "b", "share": 0.9}
    lines = alarm_lines({**alarm, "statistic": 12_345.6, "threshold": 10_000.0, "causes": [cause]})
    assert "5.0% -> 25.0% (n = 90), evidence 12,346 against a threshold of 10,000" in lines[0]
    assert lines[1] == "cause: system_fingerprint a -> b, which explains 90% of it"
    assert "nothing" in alarm_lines({**alarm, "statistic": 1.0, "threshold": 1.0, "causes": []})[1]


def test_the_worker_is_told_from_its_neighbours(tmp_path: Path) -> None:
    """The worker is the child of that process which runs the scorers; no other process is taken for it."""
    code = (
        "import subprocess, sys, time\n"
        "one = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)', 'scorers', 'worker'])\n"
        "two = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)', 'proxy'])\n"
        "print(one.pid, flush=True)\n"
        "try:\n    time.sleep(60)\nfinally:\n    one.kill(), two.kill()\n"
    )
    script = tmp_path / "family_of_tests.py"
    script.write_text("import signal, sys\nsignal.signal(signal.SIGTERM, lambda *_: sys.exit(0))\n" + code)
    family = Child.__new__(Child)
    with subprocess.Popen([sys.executable, str(script)], stdout=subprocess.PIPE, text=True) as parent:
        try:
            assert parent.stdout is not None
            pid = int(parent.stdout.readline())
            family._process = parent  # the same process, seen as the demonstration sees its children
            assert worker_of(family) == pid
        finally:
            parent.terminate()
    family._process = subprocess.Popen([sys.executable, "-c", ""])
    family._process.wait()
    assert worker_of(family) is None


def test_a_signal_waits_for_steps_that_belong_together() -> None:
    """While a process is being started and listed, the signal waits; right after it comes."""
    stopping = Stopping()
    kept = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    done = []
    try:
        stopping.install()
        with pytest.raises(KeyboardInterrupt), stopping.held():
            os.kill(os.getpid(), signal.SIGTERM)
            time.sleep(0.05)
            done.append("listed")
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGTERM)
            time.sleep(5)
    finally:
        for number, handler in kept.items():
            signal.signal(number, handler)
    assert done == ["listed"]


def test_the_whole_story(tmp_path: Path) -> None:
    """From the simulated baseline over the alarm and its cause to the closed ledger, in about two minutes at most."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("OPENAI_", "SIGHTGLASS_", "DEMO_"))}
    command = [sys.executable, "-m", "proxy.cli", "demo"]
    begun, output = time.monotonic(), ""
    with (tmp_path / "errors").open("w+") as errors:
        with subprocess.Popen(command, env=kept, stdout=subprocess.PIPE, stderr=errors, text=True) as demo:
            assert demo.stdout is not None
            for line in demo.stdout:
                output += line
                if line.startswith("The console stays open"):
                    demo.send_signal(signal.SIGTERM)
        errors.seek(0)
        said = errors.read()
    assert demo.returncode == 0, said[-3000:]
    assert "Traceback" not in said
    assert time.monotonic() - begun < 180, "well under two minutes where nothing else runs"
    chapters = [
        "Live traffic",
        "A baseline",
        "Quiet",
        "The provider changes",
        "The worker is killed",
        "What Sightglass",
    ]
    places = [output.find(chapter) for chapter in chapters]
    assert places == sorted(places) and places[0] >= 0, output
    assert "simulated" in output and "no alarm" in output.partition("The provider changes")[0], output
    alarm = output.partition("The provider changes")[2].partition("The worker is killed")[0]
    assert re.search(r"alarm after \d+ s and \d+ requests", alarm), output
    assert f"system_fingerprint {FINGERPRINTS[0]} -> {FINGERPRINTS[1]}" in alarm, output
    same = re.search(r"(\d+) of (\d+) streamed answers came through byte for byte", output)
    assert same and same[1] == same[2] and int(same[2]) > 10, output
    assert re.search(r"the ledger closes: [\d,]+ published =", output), output
    assert re.search(r"^  curl http://127\.0\.0\.1:\d+/upstreams/openai/v1/chat/completions ", output, re.MULTILINE)
