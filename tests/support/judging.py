"""A scripted judge on a real socket, and what a test needs to put samples into its hands."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import orjson
from prometheus_client import CollectorRegistry

from proxy.config.settings import Judge, parse
from proxy.sample import Choice, Message, Sample
from proxy.telemetry.instruments import Instruments
from scorers.judge.budget import JudgeBudget
from scorers.judge.client import JudgeClient, Pause
from scorers.judge.judge_metrics import JudgeMeter
from scorers.judge.scorer import JudgeScorer
from scorers.store.store import Store
from support import replies
from support.scoring import exchange
from support.upstream import Recorded, ScriptedUpstream, Step

SCORERS = ("refusal", "clarification", "groundedness", "context_utilization", "abstention", "prompt_injection")
SECRET = b"s" * 32


class Question:
    """A judge's request as the judge sees it: the call's mark, what stands inside the fences, the facts asked for."""

    def __init__(self, request: Recorded) -> None:
        self.body: dict[str, Any] = request.json()
        self.system: str = self.body["messages"][0]["content"]
        self.text: str = self.body["messages"][1]["content"]
        found = re.match(r"The mark of this call is (\w+)\.", self.text)
        assert found is not None
        self.mark = found[1]
        block = rf"\[{self.mark}\] ([A-Z]+)\n(.*?)\n\[{self.mark}\] END OF \1"
        self.parts: dict[str, str] = dict(re.findall(block, self.text, re.DOTALL))
        self.outside = re.sub(block, "", self.text, flags=re.DOTALL)
        self.facts: list[str] = re.findall(r"^- (\w+): P\(", self.outside, re.MULTILINE)


def saying(question: Question, facts: dict[str, float], **more: Any) -> list[Step]:
    """A completion with these facts, 0 where none is given; ``more`` replaces or adds keys."""
    document = {"mark": question.mark, "note": "because", **dict.fromkeys(question.facts, 0.0)}
    if "quote" in question.outside:
        document["quote"] = question.parts.get("DOCUMENTS", "").partition("\n")[2][:60]
    document |= {name: value for name, value in facts.items() if name in question.facts} | more
    return completion(orjson.dumps(document).decode())


def completion(content: str | None, usage: tuple[int, int] | None = (1000, 100), **message: Any) -> list[Step]:
    """A chat completion whose content is this."""
    told = {"prompt_tokens": usage[0], "completion_tokens": usage[1]} if usage else None
    choice = {"index": 0, "message": {"role": "assistant", "content": content, **message}, "finish_reason": "stop"}
    return replies.http(200, orjson.dumps({"id": "j", "choices": [choice], "usage": told}))


def always(**facts: float) -> Callable[[Recorded], list[Step]]:
    """A judge that says the same of everything."""
    return lambda request: saying(Question(request), facts)


def sample(
    identity: str = "r1",
    answer: str = "The museum opens at ten on Mondays.",
    question: str = "When does the museum open?",
    contexts: tuple[str, ...] = (),
    system: str = "",
    **facts: Any,
) -> Sample:
    """A sample of the app ``support``, which the judge looks at."""
    turns = ((Message(role="system", content=system),) if system else ()) + (Message(role="user", content=question),)
    return Sample(
        id=identity,
        exchange=exchange(identity, started_at=1_700_000_000.0, **facts),
        messages=turns,
        choices=(Choice(text=answer, finish_reason="stop"),),
        contexts=contexts,
    )


def judge_settings(url: str, **changes: Any) -> Judge:
    """The judge's part of a configuration."""
    own = {
        "base_url": url,
        "api_key": "sk-judge",
        "model": "judge-model",
        "price": {"input": 1.0, "output": 4.0},
        "sample": 1.0,
        "apps": ["support"],
        "timeout": 15.0,
        **changes,
    }
    document = {"upstreams": [{"name": "local", "base_url": "http://127.0.0.1:1"}], "judge": own}
    found = parse(document, {}).judge
    assert found is not None
    return found


class Bench:
    """A judge scorer with all that it is made of. ``pauses`` is what the client told."""

    def __init__(self, settings: Judge, store: Store, scorers: tuple[str, ...], clock: Callable[[], float]) -> None:
        self.registry = CollectorRegistry()
        self.pauses: list[Pause | None] = []
        self.client = JudgeClient(settings, "guard", self.pauses.append)
        self.judge_budget = JudgeBudget(store.judging, settings, clock)
        self.meter = JudgeMeter(Instruments(self.registry, "worker"), scorers)
        self.store = store
        self.scorer = JudgeScorer(
            settings, scorers, (self.client, self.judge_budget, store.judging, self.meter), SECRET
        )

    def value(self, name: str, **labels: str) -> float | None:
        """One number of the metrics page."""
        return self.registry.get_sample_value(f"sightglass_{name}", labels)


@asynccontextmanager
async def bench(
    url: str,
    scorers: tuple[str, ...] = ("refusal",),
    store: Store | None = None,
    clock: Callable[[], float] = lambda: 1_800_000_000.0 + 14_400,
    **changes: Any,
) -> Any:
    """A judge scorer in front of ``url``, with a store of its own unless one is given."""
    with tempfile.TemporaryDirectory() as folder:
        own = store or Store.open("sqlite", Path(folder))
        made = Bench(judge_settings(url, **changes), own, scorers, clock)
        try:
            yield made
        finally:
            await made.client.close()
            if store is None:
                own.close()


@contextmanager
def judge(script: Callable[[Recorded], Any]) -> Iterator[ScriptedUpstream]:
    """A scripted judge; it must have had no trouble with what was sent to it."""
    with ScriptedUpstream(script) as server:
        yield server
