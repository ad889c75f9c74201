"""The demonstration's parts: what its model says, what its table shows, how its processes end."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from proxy.demo.answers import answer
from proxy.demo.dialogues import APPS, Dialogue, dialogues
from proxy.demo.report import _quantile
from support.processes import free_ports, wait_until

_DECLINES = ("I'm sorry", "I'm not able", "I cannot help")


def _messages(dialogue: Dialogue) -> list[dict[str, str]]:
    asked = [{"role": "user", "content": dialogue.question}]
    return (
        asked
        if dialogue.document is None
        else [{"role": "system", "content": f"Context:\n{dialogue.document}"}, *asked]
    )


def test_dialogues_cover_every_application() -> None:
    """About sixty different dialogues, of every application, mixed rather than in blocks."""
    every = dialogues()
    assert len(set(every)) == len(every) >= 50
    assert {dialogue.app for dialogue in every} == set(APPS)
    assert len({dialogue.app for dialogue in every[:8]}) >= 3


def test_answers_are_grounded_invented_and_refused() -> None:
    """Most answers on a document are its own words, some are not; the same answer each time, unless declined."""
    every = [dialogue for dialogue in dialogues() if dialogue.document is not None]
    said = [answer(_messages(dialogue), []).text for dialogue in every]
    assert said == [answer(_messages(dialogue), []).text for dialogue in every]
    assert not any(text.startswith(_DECLINES) for text in said)
    grounded = sum(text in " ".join((d.document or "").split()) for d, text in zip(every, said, strict=True))
    assert grounded >= 25
    assert len(every) - grounded >= 3
    assert all(answer(_messages(dialogue), [], decline=True).text.startswith(_DECLINES) for dialogue in every)


def test_tools_are_called_and_their_results_used() -> None:
    """With a tool the model calls it for the order that was asked about, and then answers from the result."""
    messages = [{"role": "user", "content": "Where is my order A-1042?"}]
    tool = {"type": "function", "function": {"name": "order_status"}}
    call = answer(messages, [tool])
    assert (call.tool, json.loads(call.arguments)) == ("order_status", {"order": "A-1042"})
    result = {"role": "tool", "tool_call_id": "call_demo", "content": '{"state": "packed"}'}
    assert "The state is packed." in answer([*messages, result], [tool]).text


def test_quantile() -> None:
    """The p95 of the table is Prometheus' own: linear within the bucket, over all applications together."""
    buckets = [("0.1", 5.0), ("0.5", 9.0), ("+Inf", 10.0), ("0.1", 5.0), ("0.5", 10.0), ("+Inf", 10.0)]
    assert _quantile(0.5, buckets) == pytest.approx(0.1)
    assert _quantile(0.95, buckets) == pytest.approx(0.5)
    assert _quantile(0.95, [("0.1", 0.0), ("+Inf", 0.0)]) is None


def _environment(seconds: str) -> dict[str, str]:
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("OPENAI_", "SIGHTGLASS_", "DEMO_"))}
    return {**kept, "UPSTREAM": "", "DEMO_SECONDS": seconds}


def _demo(seconds: str, *options: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "proxy.cli", "demo", *options]
    pipe = subprocess.PIPE
    return subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True, env=_environment(seconds))


def _left_behind(marker: str) -> list[str]:
    """Command lines of processes that still name ``marker``."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = path.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if marker in words:
            found.append(words)
    return found


def _folder(errors: str) -> str:
    folder = errors.partition("its data is in ")[2].partition(" ")[0]
    assert folder, errors
    return folder


def test_demo_ends_by_itself() -> None:
    """With DEMO_SECONDS the demo prints its addresses and its table, and ends with 0 leaving nothing behind."""
    with _demo("20") as process:
        output, errors = process.communicate(timeout=60)
    assert process.returncode == 0, errors
    assert "refusal.refused" in output and "groundedness.ungrounded" in output
    assert "http://127.0.0.1:" in output and "Traceback" not in errors
    folder = _folder(errors)
    assert not Path(folder).exists()
    assert _left_behind(folder) == []


def _catches_sigterm(pid: int) -> bool:
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii", errors="replace")
    caught = re.search(r"^SigCgt:\s*([0-9a-f]+)$", status, re.MULTILINE)
    words = Path(f"/proc/{pid}/cmdline").read_bytes()
    return b"proxy.demo" in words and caught is not None and bool(int(caught[1], 16) >> (signal.SIGTERM - 1) & 1)


@pytest.mark.parametrize("seconds", [0.0, 0.5, 2.0, 6.0])
def test_demo_ends_on_sigterm(seconds: float) -> None:
    """SIGTERM at any moment ends every process; the exit status is 0 and there is no traceback.

    Any moment begins with the demonstration's first line of code, long before its packages are loaded: until then
    nothing was started, and the signal ends the bare interpreter as it ends any.
    """
    with _demo("") as process:
        wait_until(lambda: _catches_sigterm(process.pid), 30, "the demonstration's own handler", every=0.01)
        time.sleep(seconds)
        process.send_signal(signal.SIGTERM)
        _, errors = process.communicate(timeout=40)
    assert process.returncode == 0, errors
    assert "Traceback" not in errors
    if "its data is in" in errors:
        assert _left_behind(_folder(errors)) == []


def test_demo_with_a_dead_endpoint() -> None:
    """An endpoint of one's own that does not answer is one clear line and status 2."""
    with _demo("30", "--upstream", f"http://127.0.0.1:{free_ports(1)[0]}") as process:
        _, errors = process.communicate(timeout=60)
    assert process.returncode == 2, errors
    assert errors.strip().splitlines()[-1].startswith("sightglass demo: ")
    assert "Traceback" not in errors


def test_demo_seconds_must_be_a_number() -> None:
    """A wrong DEMO_SECONDS is one line and status 2, before anything is started."""
    with _demo("soon") as process:
        output, errors = process.communicate(timeout=20)
    assert (process.returncode, output) == (2, "")
    assert errors == "sightglass demo: DEMO_SECONDS is a number of seconds, not 'soon'\n"


def test_two_demos_do_not_meet() -> None:
    """Two demonstrations that start together take different ports, and both end well."""
    with _demo("16") as one, _demo("16") as two:
        outputs = [process.communicate(timeout=60) for process in (one, two)]
    assert [one.returncode, two.returncode] == [0, 0], outputs
    ports = [set(re.findall(r"http://127\.0\.0\.1:(\d+)", output)) for output, _ in outputs]
    assert len(ports[0] | ports[1]) == 6, ports
