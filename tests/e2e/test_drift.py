"""Drift through the whole of Sightglass: silent on healthy traffic, an alarm after the provider changes, its cause."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import orjson

from support import plain, replies
from support.processes import Sightglass, wait_until
from support.upstream import Recorded, ScriptedUpstream, Step

_REFUSAL = "I'm sorry, but I can't help with that request."
_THINGS = ("lamp", "ladder", "kettle", "bicycle", "notebook", "compass", "blanket", "teapot", "drawer", "window")


class Provider:
    """Refuses a share of all dialogues; ``fingerprint`` is what it says it is."""

    def __init__(self) -> None:
        self.fingerprint = "fp_before"

    def __call__(self, request: Recorded) -> list[Step]:
        body = request.json()
        refuses = body["metadata"]["refuse"] == "yes"
        text = _REFUSAL if refuses else f"You find it by the door, on shelf {len(str(body)) % 7}, next to the lamps."
        message = {"role": "assistant", "content": text, "refusal": None}
        answer = {
            "id": f"chatcmpl-{time.monotonic_ns()}",
            "object": "chat.completion",
            "created": replies.CREATED,
            "model": "gpt-4o-mini-2024-07-18",
            "system_fingerprint": self.fingerprint,
            "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
            "usage": replies.USAGE,
        }
        return replies.http(200, orjson.dumps(answer))


def talk(sightglass: Sightglass, first: int, count: int, share: float) -> None:
    """So many dialogues, each its own conversation, of which a share is refused."""
    rng = random.Random(first)
    marks = ["yes"] * round(count * share) + ["no"] * (count - round(count * share))
    rng.shuffle(marks)

    with plain.client(timeout=20) as client, ThreadPoolExecutor(4) as pool:

        def one(number: int) -> None:
            asked = f"Where did the {rng.choice(_THINGS)} number {first + number} go, do you know?"
            body = {
                "model": "gpt-4o-mini",
                "messages": [{"role": "user", "content": asked}],
                "metadata": {"refuse": marks[number]},
            }
            answer = client.post(f"{sightglass.url}/v1/chat/completions", json=body)
            assert answer.status_code == 200

        list(pool.map(one, range(count)))


def signals(sightglass: Sightglass) -> dict[str, dict[str, Any]]:
    """The signals of the model, and of all models, by name."""
    return {row["signal"]: row for row in sightglass.api("drift")["signals"]}


def seen(sightglass: Sightglass, name: str) -> int:
    """Conversations that a signal has been told of since it began."""
    row = signals(sightglass).get(name)
    if row is None:
        return 0
    return row["samples"] + (0 if row["state"] == "learning" else 500)


def learning(sightglass: Sightglass) -> set[str]:
    """Signals that have no baseline yet."""
    return {name for name, row in signals(sightglass).items() if row["state"] == "learning"}


def value(sightglass: Sightglass, name: str, **labels: str) -> float | None:
    """One value of the worker's page."""
    for line in sightglass.metrics("worker").splitlines():
        if line.startswith(f"sightglass_{name}{{") and all(f'{key}="{text}"' in line for key, text in labels.items()):
            return float(line.rsplit(" ", 1)[1])
    return None


def test_drift(upstream: ScriptedUpstream, start_sightglass: Callable[..., Sightglass]) -> None:
    """600 dialogues at 5 %, then 400 at 25 % with a new fingerprint: first silence, then the alarm with its cause."""
    upstream.script = provider = Provider()
    sightglass = start_sightglass(
        upstream.url,
        drift={"false_alarms_per_month": 1, "baseline": {"min_days": 0, "min_samples": 500}},
        scorers={"refusal": {}, "abstention": {}, "clarification": {}},
    )
    labels = {"signal": "refusal.refused", "app": "other", "model": "gpt-4o-mini"}
    talk(sightglass, 0, 200, 0.05)
    wait_until(lambda: seen(sightglass, "refusal.refused") == 200, 60, "the first dialogues were seen", every=0.3)
    early = signals(sightglass)["refusal.refused"]
    assert (early["state"], early["samples_needed"], early["threshold"]) == ("learning", 300, None)
    talk(sightglass, 200, 400, 0.05)
    wait_until(lambda: seen(sightglass, "refusal.refused") == 600, 60, "600 dialogues were seen", every=0.3)
    # Rows come by a way of their own, and a few minutes of latency make no baseline.
    wait_until(lambda: learning(sightglass) == {"latency.duration"}, 30, "the rows of 600 dialogues", every=0.3)
    healthy = signals(sightglass)
    assert {row["state"] for name, row in healthy.items() if name != "latency.duration"} == {"watching"}, healthy
    assert 0.03 < healthy["refusal.refused"]["baseline"] < 0.07
    assert healthy["refusal.refused"]["causes"] == []
    wait_until(lambda: value(sightglass, "drift_state", **labels) == 1, 10, "the gauge says watching")
    assert value(sightglass, "drift_active", **labels) == 0

    provider.fingerprint, changed = "fp_after", time.time()
    talk(sightglass, 1000, 400, 0.25)
    for name in ("refusal.refused", "mix.model"):
        wait_until(lambda name=name: seen(sightglass, name) == 1000, 60, f"1000 dialogues seen by {name}", every=0.3)
    rows = signals(sightglass)
    drifted = rows["refusal.refused"]
    assert drifted["state"] == "drifted"
    assert drifted["since"] > changed
    assert drifted["statistic"] >= drifted["threshold"] > 1000
    assert 0.15 < drifted["current"] < 0.3
    cause = drifted["causes"][0]
    assert (cause["dimension"], cause["from"], cause["to"]) == ("system_fingerprint", "fp_before", "fp_after")
    assert changed - 1 < cause["at"] < time.time()
    assert cause["whose"] == "provider"
    assert cause["share"] > 0.8
    quiet = {name: row["state"] for name, row in rows.items() if not name.startswith(("refusal.", "latency."))}
    assert set(quiet.values()) == {"watching"}, quiet
    wait_until(lambda: value(sightglass, "drift_active", **labels) == 1, 10, "the gauge says drifted")
    kind = {"model": "gpt-4o-mini", "kind": "system_fingerprint"}
    at = value(sightglass, "upstream_change_timestamp_seconds", **kind)
    assert at is not None
    assert changed - 1 < at < time.time()
    page = plain.get(f"{sightglass.console_url}/drift").text
    assert "fp_after" in page
    _accept(sightglass)


def _accept(sightglass: Sightglass) -> None:
    """What is seen now becomes the baseline; of what is unknown nothing does."""
    url = f"{sightglass.console_url}/api/drift/accept"
    chosen = {"signal": "refusal.refused", "app": "other", "model": "gpt-4o-mini"}
    assert plain.post(url, json={**chosen, "signal": "no.such"}).status_code == 404
    assert plain.post(url, json={"sig": "x"}).status_code == 400
    answer = plain.post(url, json=chosen)
    assert answer.status_code == 200
    assert answer.json() == {"accepted": [chosen]}
    after = signals(sightglass)["refusal.refused"]
    assert after["state"] == "learning"
    assert 0 < after["samples_needed"] < 500
    assert after["baseline"] > 0.15
