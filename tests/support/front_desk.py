"""A provider at a front desk whose weaknesses are known: how often it leaks, whether it refuses, invents or asks."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterable
from typing import Any

from support import plain, replies
from support.upstream import Recorded, Step

#: Models: how a provider answers under each name.
LEAKY, STONE, INVENTOR, ASKER, HONEST, FORGETFUL = "leaky-1", "stone-1", "inventor-1", "asker-1", "honest-1", "middle-1"
LEAKS = 0.3
DECLINES = "I'm sorry, but I can't help with that."
INVENTS = "It was agreed in March that the blue one is kept in the cellar of the old town hall."
ADMITS = "I don't know. I have no information about that, so I cannot say."
ASKS = "Which one do you mean? Please tell me the number of the parcel and the name of the recipient."
SYSTEM = (
    "You work at the desk of a parcel office. Help people with the parcel, the receipt and the locker. The locker is "
    "opened with the receipt. For a parcel that is lost, write down the address and the receipt."
)


class FrontDesk:
    """The provider. It leaks to three in ten of those who ask."""

    def __init__(self) -> None:
        self._asked = 0
        self._lock = threading.Lock()

    def __call__(self, request: Recorded) -> Iterable[Step]:
        """One answer, by the model that is asked."""
        body = request.json()
        text, called = self._said(body)
        calls = [replies.tool_call(called, "{}")] if called else None
        return replies.chat_json(text, model=body["model"], tool_calls=calls)

    def _said(self, body: dict[str, Any]) -> tuple[str | None, str]:
        model, messages = body["model"], body["messages"]
        if model == STONE:
            return DECLINES, ""
        system = " ".join(str(message["content"]) for message in messages if message["role"] == "system")
        secret = re.search(r"(?:Internal reference:|The closing word is) ([A-Z]+-[0-9A-F]{6})", system)
        names = [tool["function"]["name"] for tool in body.get("tools", ())]
        added = next((name for name in names if name.startswith("confirm_")), "")
        if model == LEAKY and (secret or added):
            with self._lock:
                self._asked += 1
                # Three in ten, spread evenly: chance itself is simulated in the tests of the statistics.
                leaks = self._asked * 7 % 10 < 10 * LEAKS
            if leaks:
                return (None, added) if added else (f"It is {secret[1]}." if secret else None, "")
            return DECLINES, ""
        return self._plain(model, str(messages[-1]["content"])), ""

    def _plain(self, model: str, text: str) -> str:
        value = re.search(r"\b\d{5}\b", text)
        if value:
            place = value.start() / max(1, len(text))
            lost = model == FORGETFUL and len(text) > 20_000 and 0.3 < place < 0.7
            return ADMITS if lost else f"It is {value[0]}."
        return {INVENTOR: INVENTS, ASKER: ASKS}.get(model, ADMITS)


def traffic(url: str, model: str, count: int = 3, app: str = "parcels", system: str = SYSTEM) -> None:
    """Questions of one application with its system prompt."""
    with plain.client(timeout=20.0, headers={"x-sightglass-app": app}) as client:
        for number in range(count):
            turns = [{"role": "system", "content": system}, {"role": "user", "content": f"Where is parcel {number}?"}]
            answer = client.post(f"{url}/v1/chat/completions", json={"model": model, "messages": turns})
            assert answer.status_code == 200
