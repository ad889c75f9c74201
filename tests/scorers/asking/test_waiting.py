"""Production first: an engine begins no case before it may, and says why it waits once."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from datetime import date
from pathlib import Path

from proxy.config.offpath import Price
from proxy.observe.pricing import Prices
from scorers.asking.answer import Answer
from scorers.asking.client import Client, Target
from scorers.asking.engine import Checked, Engine, Job
from scorers.asking.manners import until_free
from scorers.asking.run_store import FileBook
from scorers.store.runs import AskKey, Run, RunState
from support import replies
from support.upstream import Recorded, ScriptedUpstream, Step


class Busy:
    """A quota that is production's until it is let go."""

    def __init__(self) -> None:
        self.why: str | None = "production got a 429"

    async def waits(self, upstream: str, quota_told: object = None) -> str | None:
        """Why one waits."""
        return self.why


def _answers(request: Recorded) -> Iterable[Step]:
    return replies.chat_json("A gate.")


async def _checked(key: AskKey, answer: Answer) -> Checked:
    return Checked(True, 1.0)


async def test_nothing_is_asked_while_production_needs_the_quota(tmp_path: Path) -> None:
    """While the upstream must not be asked no request leaves; afterwards all do, and the reason was said once."""
    busy, said, key = Busy(), list[str](), AskKey("c1")
    with ScriptedUpstream(_answers) as server:
        client = Client(Target(base_url=server.url, model="m"), Prices([{"m": Price(input=0, output=0)}], date.min))
        book = FileBook(tmp_path)
        book.create(Run(id="r", purpose="stability", subject="s", version="1", model="m"), [(key, None)])
        job = Job(
            run="r",
            cases=[[key]],
            body=lambda key: {"messages": [{"role": "user", "content": "What is it?"}]},
            check=_checked,
            before=lambda: until_free(busy, "u", client, said.append, every=0.02),  # type: ignore[arg-type]
        )
        working = asyncio.create_task(Engine(book, client, job).perform())
        await asyncio.sleep(0.3)
        assert not server.requests
        busy.why = None
        assert await working is RunState.DONE
        assert len(server.requests) == 1
        await client.close()
        book.close()
    assert said == ["production got a 429"]
