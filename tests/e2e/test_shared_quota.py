"""One quota of 100 requests a minute for production and an experiment: production gets the same 429s as without it."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from support import plain, replies
from support.processes import Sightglass
from support.upstream import Recorded, ScriptedUpstream, Step

LIMIT, MINUTE, PACE = 100, 60.0, 85


class Quota:
    """An upstream that answers ``LIMIT`` requests in each minute from the first one on, and says what is left."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._began: float | None = None
        self._used: Counter[int] = Counter()
        self.seen: Counter[tuple[str, int]] = Counter()

    def script(self, request: Recorded) -> Iterable[Step]:
        with self._lock:
            now = time.monotonic()
            self._began = self._began or now
            window = int((now - self._began) // MINUTE)
            over = self._used[window] >= LIMIT
            self._used[window] += not over
            left = LIMIT - self._used[window]
            who = "ours" if request.json().get("store") is False else "production"
            self.seen[who, 429 if over else 200] += 1
        headers = {"x-ratelimit-limit-requests": str(LIMIT), "x-ratelimit-remaining-requests": str(left)}
        if over:
            return replies.error(429, {**headers, "retry-after": "1"})
        return replies.chat_json("Along the canal, then across the bridge.", headers=headers)


def test_production_keeps_its_quota(tmp_path: Path) -> None:
    """At 85 requests a minute production alone gets no 429, and none with an experiment beside it, which gets on."""
    quota = Quota()
    with ScriptedUpstream(quota.script) as upstream:
        config = {
            "upstreams": [{"name": "shared", "base_url": upstream.url, "api_key": "one-key", "price": 0}],
            "apps": ["guide"],
            "offpath": {"budget_usd_per_day": 1, "concurrency": 4, "apps": {"guide": {"send_to": ["shared"]}}},
            "experiments": [{"name": "walks", "app": "guide", "candidate": {"model": "m-cand"}, "share": 1.0}],
        }
        sightglass = Sightglass(tmp_path, upstream.url, config).start()
        try:
            began = time.monotonic()
            with plain.client(timeout=30.0) as client:
                for number in range(PACE):
                    time.sleep(max(0.0, began + number * MINUTE / PACE - time.monotonic()))
                    body = {"model": "m-1", "messages": [{"role": "user", "content": f"The way to number {number}?"}]}
                    headers = {"x-sightglass-session-id": f"s{number}", "x-sightglass-app": "guide"}
                    client.post(f"{sightglass.url}/v1/chat/completions", json=body, headers=headers)
            assert quota.seen["production", 429] == 0, quota.seen
            assert quota.seen["production", 200] == PACE
            assert quota.seen["ours", 200] >= 2, quota.seen
            reasons = sightglass.api("experiments/walks")["reasons"]
            assert any(said.startswith("paused: ") and "of the quota of shared" in said for said in reasons), reasons
        finally:
            sightglass.finish()
