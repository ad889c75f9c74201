"""Cost per successful task, through the whole of Sightglass: calls, retries, aborted streams, feedback."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from support import plain, replies
from support.processes import Sightglass, wait_until
from support.upstream import Recorded, ScriptedUpstream, Step

PRICED = "gpt-4o-mini"


def _script(request: Recorded) -> list[Step]:
    """A metered answer."""
    return replies.chat_json("The lamp is on the table.", model=PRICED)


def ask(sightglass: Sightglass, **headers: str) -> httpx.Response:
    """One call of the application."""
    body = {"model": PRICED, "messages": [{"role": "user", "content": "Where is the lamp?"}]}
    answer = plain.post(f"{sightglass.url}/v1/chat/completions", json=body, headers=headers, timeout=10)
    assert answer.status_code == 200
    return answer


def give(sightglass: Sightglass, body: Any, **headers: str) -> httpx.Response:
    """One feedback."""
    return plain.post(f"{sightglass.url}/-/feedback", json=body, headers=headers, timeout=10)


def value(sightglass: Sightglass, name: str, **labels: str) -> float:
    """The sum of a worker's metric."""
    total = 0.0
    for line in sightglass.metrics("worker").splitlines():
        if line.startswith(f"sightglass_{name}{{") and all(f'{k}="{v}"' in line for k, v in labels.items()):
            total += float(line.rsplit(" ", 1)[1])
    return total


def test_cost_per_successful_task(upstream: ScriptedUpstream, start_sightglass: Callable[..., Sightglass]) -> None:
    """Three tasks by feedback on task, request and response, one that is left alone; one ratio of two counters."""
    upstream.script = _script
    sightglass = start_sightglass(upstream.url, apps=["bot"], task_idle_seconds=3)
    bot = {"x-sightglass-app": "bot"}
    for retry in ("0", "1", "2"):
        ask(sightglass, **bot, **{"x-sightglass-task-id": "t1", "x-stainless-retry-count": retry})
    alone = ask(sightglass, **bot)
    answered = ask(sightglass, **bot, **{"x-sightglass-task-id": "t2"})
    ask(sightglass, **bot, **{"x-sightglass-task-id": "left"})
    one = float(answered.json()["usage"]["total_tokens"] > 0)
    assert one
    for body in (
        {"task_id": "t1", "outcome": "success", "rating": 0.9, "comment": "mail me at jane@example.org"},
        {"request_id": alone.headers["x-sightglass-request-id"], "outcome": "success"},
        {"task_id": "t2", "outcome": "failure"},
    ):
        assert give(sightglass, body).status_code == 202
    wait_until(lambda: value(sightglass, "tasks_total", app="bot", outcome="unknown") == 1, 20, "the idle task ended")
    assert value(sightglass, "tasks_total", app="bot", outcome="success") == 2
    assert value(sightglass, "tasks_total", app="bot", outcome="failure") == 1
    unit = value(sightglass, "task_cost_usd_total", app="bot", outcome="failure")
    assert unit > 0
    assert value(sightglass, "task_cost_usd_total", app="bot", outcome="success") == pytest.approx(4 * unit)
    assert value(sightglass, "task_cost_usd_total", app="bot", outcome="unknown") == pytest.approx(unit)
    (bot_row, all_row) = sightglass.api("costs", window="1h")["costs"]
    assert (bot_row["app"], all_row["app"]) == ("bot", "all")
    assert bot_row["tasks"] == {"success": 2, "failure": 1, "unknown": 1}
    assert bot_row["cost_per_success_usd"] == pytest.approx(5 * unit / 2)
    assert (sightglass.data_dir / "store.db").read_bytes().count(b"jane@example.org") == 0


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ("not json", "JSON object"),
        ({}, "one of request_id"),
        ({"task_id": "t", "request_id": "r", "outcome": "success"}, "one of request_id"),
        ({"task_id": "t"}, "at least one"),
        ({"task_id": "", "outcome": "success"}, "task_id"),
        ({"task_id": 7, "outcome": "success"}, "task_id"),
        ({"task_id": "t" * 257, "outcome": "success"}, "task_id"),
        ({"task_id": "t", "outcome": "sk-canary-4f9a8b7c"}, "outcome"),
        ({"task_id": "t", "outcome": "unknown"}, "outcome"),
        ({"task_id": "t", "rating": 1.5}, "rating"),
        ({"task_id": "t", "rating": True}, "rating"),
        ({"task_id": "t", "comment": "x" * 10_001}, "comment"),
        ({"task_id": "t", "outcome": "success", "sk-canary-4f9a8b7c": 1}, "unknown key"),
    ],
)
def test_wrong_feedback_is_one_clear_error(
    upstream: ScriptedUpstream, shared_sightglass: Sightglass, body: Any, says: str
) -> None:
    """A 400 in OpenAI's shape that names what is wrong and repeats no value."""
    answer = give(shared_sightglass, body)
    assert answer.status_code == 400
    error = answer.json()["error"]
    assert says in error["message"]
    assert "canary" not in answer.text
    assert set(error) == {"message", "type", "param", "code"}


def test_feedback_is_bounded_and_keyed(upstream: ScriptedUpstream, start_sightglass: Callable[..., Sightglass]) -> None:
    """Too large is 413, other methods are 405; with keys of ours it needs one, and speaks of its own app only."""
    upstream.script = _script
    sightglass = start_sightglass(
        upstream.url,
        apps=["bot", "search"],
        clients=[{"key": "ours-bot-1234567890", "app": "bot"}, {"key": "ours-search-12345678", "app": "search"}],
    )
    bot, search = ({"authorization": f"Bearer {key}"} for key in ("ours-bot-1234567890", "ours-search-12345678"))
    good = {"task_id": "t", "outcome": "success"}
    assert give(sightglass, good).status_code == 401
    assert give(sightglass, {"task_id": "t", "comment": "x" * 70_000}, **bot).status_code == 413
    other = plain.get(f"{sightglass.url}/-/feedback")
    assert (other.status_code, set(other.headers["allow"].split(", "))) == (405, {"OPTIONS", "POST"})
    assert "error" in plain.get(f"{sightglass.url}/-/nothing").json()
    ask(sightglass, **bot, **{"x-sightglass-task-id": "t"})
    time.sleep(0.3)
    assert give(sightglass, good, **search).status_code == 202
    assert give(sightglass, {**good, "outcome": "failure"}, **bot).status_code == 202
    wait_until(lambda: value(sightglass, "tasks_total", outcome="failure", app="bot") == 1, 10, "the task ended")
    assert value(sightglass, "tasks_total", outcome="success") == 0


@pytest.fixture(scope="module")
def shared_sightglass(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """One Sightglass for the cases that change nothing."""
    with ScriptedUpstream(_script) as provider:
        process = Sightglass(tmp_path_factory.mktemp("shared"), provider.url, {})
        yield process.start()
        process.finish()
