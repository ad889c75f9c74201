"""A provider whose noise, wording effect and deafness are known, and the questions that it is asked."""

from __future__ import annotations

import hashlib
import re
import threading
from collections import Counter
from collections.abc import Iterable

from support import plain, replies
from support.upstream import Recorded, Step

#: Models: how a provider answers under each name.
NOISY, DEAF, POLITE, SWAYED = "noisy-1", "deaf-1", "polite-1", "swayed-1"
WRONG, EFFECT = 0.2, 0.35
_KINDS = ("rope", "stone", "timber", "iron", "swing", "arch", "floating")


def question(number: int) -> str:
    """A question that each family but ``order`` can put in other words."""
    return f"Explain the important differences between a {_KINDS[number % 7]} bridge and bridge no. {number + 100}."


def span(number: int) -> str:
    """The usual answer."""
    return f"The span is {3 * number + 700} metres."


class Bridges:
    """The provider. Its chance hangs on the text and on how often that was asked, never on the order of calls: a run
    that asks the same finds the same, however many of its calls are under way at once."""

    def __init__(self) -> None:
        self._asked: Counter[str] = Counter()
        self._lock = threading.Lock()

    def __call__(self, request: Recorded) -> Iterable[Step]:
        """One answer, by the model that is asked."""
        body = request.json()
        text = body["messages"][-1]["content"]
        found = re.search(r"no\. (\d+)", text)
        number = int(found[1]) if found else 0
        return replies.chat_json(self._said(body["model"], text, number), model=body["model"])

    def _said(self, model: str, text: str, number: int) -> str:
        usual, other = span(number), f"It carries {9 * number + 20_000} tons."
        word = re.search(r"Begin your answer with the word (\w+)", text)
        if model == DEAF:
            return usual
        begins = f"{word[1]}: " if word else ""
        if model == POLITE:
            return begins + (other if "please" in text.lower() else usual)
        asked = text.split("\n\nBegin your answer", maxsplit=1)[0]
        rewritten = asked != question(number - 100)
        with self._lock:
            self._asked[f"{model} {text}"] += 1
            chance = _share(f"{self._asked[f'{model} {text}']} {text}")
        if model == NOISY and chance < WRONG:
            return f"{begins}Some say it has {int(chance * 10**10)} arches."
        if model == SWAYED and rewritten and _share(asked) < EFFECT:
            return begins + other
        return begins + usual


def _share(text: str) -> float:
    """A number in [0, 1) that hangs on the text alone."""
    return int(hashlib.sha256(text.encode()).hexdigest()[:12], 16) / 16**12


def traffic(url: str, model: str, count: int, app: str = "works") -> None:
    """Questions of one application, each in a conversation of its own."""
    with plain.client(timeout=20.0, headers={"x-sightglass-app": app}) as client:
        for number in range(count):
            body = {"model": model, "messages": [{"role": "user", "content": question(number)}]}
            assert client.post(f"{url}/v1/chat/completions", json=body).status_code == 200
