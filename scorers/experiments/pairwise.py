"""The judge compares two answers, in both orders, with their Markdown stripped. If the order decides, it is a tie.

The judge keeps its own key, budget and table. A judge that gives no answer leaves the outcome missing.
"""

from __future__ import annotations

import secrets
import time

import httpx

from proxy.sample import Sample
from scorers.experiments.outcomes import stripped
from scorers.judge.answer import Unreadable, read
from scorers.judge.budget import JudgeBudget
from scorers.judge.client import JudgeClient, JudgeFailed
from scorers.judge.controls import ROUNDS, health
from scorers.judge.prompt import Asked, ask
from scorers.judge.rubrics import Rubric
from scorers.judge.selection import CHARACTERS_A_TOKEN
from scorers.judge.still_there import StillThere, always
from scorers.reading.evidence import documents, user_text
from scorers.score import Reason
from scorers.store.experiments import CANDIDATE, CONTROL, Pair
from scorers.store.judging import JudgeStore

_HALF = 0.5
#: Tokens of a usual answer of the judge.
_USUAL_ANSWER = 250
_RUBRIC = Rubric(
    "pair",
    "1",
    {
        "first": "the FIRST ANSWER serves the user's request better than the SECOND ANSWER; 0.5 when they serve it "
        "equally well. Length, form and order of the answers say nothing"
    },
    lambda found: {"first": found["first"]},
)
_SCHEMA: dict[str, object] = {
    "type": "object",
    "properties": {"mark": {"type": "string"}, "note": {"type": "string"}, "first": {"type": "number"}},
    "required": ["mark", "note", "first"],
    "additionalProperties": False,
}
#: Below this share of right answers to its control items a judge compares nothing.
LEAST_AGREEMENT = 0.8
#: Control items that must have been answered before they say anything.
_LEAST_ITEMS = 5
_HOUR = 3600.0


class PairJudge:
    """Asks the judge which of two answers is better. ``budget``: its own of the day."""

    def __init__(self, client: JudgeClient, budget: JudgeBudget, store: JudgeStore, account: str) -> None:
        self._client = client
        self._budget = budget
        self._store = store
        self._account = account

    async def close(self) -> None:
        """Close the connections."""
        await self._client.close()

    def fallen(self) -> str | None:
        """Why the judge cannot be trusted at the moment, by its control items; ``None`` when it can. Blocking."""
        seen = self._store.controls(int(time.time() // _HOUR) - ROUNDS + 1)
        found = health(seen).values()
        items = sum(own.items for own in found)
        if items < _LEAST_ITEMS:
            return None
        right = sum(own.agreement * own.items for own in found) / items
        if right >= LEAST_AGREEMENT:
            return None
        return f"the judge's controls fell: {right:.0%} right, and {LEAST_AGREEMENT:.0%} are needed"

    def at_most(self, sample: Sample, tokens: int) -> float:
        """What comparing two answers of at most so many tokens each may cost, in USD, in both orders."""
        return 2 * self._client.at_most(_like(sample, tokens))

    def usual(self, sample: Sample, tokens: int) -> float:
        """What comparing two answers of so many tokens each usually costs, in USD, in both orders."""
        return 2 * self._client.cost_of(_like(sample, tokens), _USUAL_ANSWER)

    async def compare(self, sample: Sample, pair: Pair, still_there: StillThere = always) -> tuple[float | None, float]:
        """1 when the candidate is better in both orders, -1 when it is worse in both, else 0; and the USD that it
        cost. ``None`` when the judge did not say, or was not asked in both because the text is no longer
        ``still_there``. Raises ``StoreError``."""
        texts = {arm: stripped(str(answer.get("text") or "")) for arm, answer in pair.answers.items()}
        if texts[CONTROL] == texts[CANDIDATE]:
            return 0.0, 0.0
        cost, leans = 0.0, []
        for first, second in ((CANDIDATE, CONTROL), (CONTROL, CANDIDATE)):
            asked = _asked(sample, texts[first], texts[second])
            said, usd = await self._once(asked, still_there)
            cost += usd
            if said is None:
                return None, cost
            leans.append((said > _HALF) - (said < _HALF) if first == CANDIDATE else (said < _HALF) - (said > _HALF))
        return float(leans[0]) if leans[0] == leans[1] else 0.0, cost

    async def _once(self, asked: Asked, still_there: StillThere) -> tuple[float | None, float]:
        most = self._client.at_most(asked.messages)
        day = await self._budget.reserve(self._account, most)
        if day is None:
            return None, 0.0
        cost = most
        try:
            reply = await self._client.ask(asked.messages, _SCHEMA, still_there)
            cost = reply.cost if reply.cost is not None else most
            return read(reply.content, asked, _RUBRIC).facts["first"], cost
        except JudgeFailed as failed:
            cost = most if failed.maybe_paid else 0.0
        except (Unreadable, httpx.HTTPError):
            return None, cost
        finally:
            await self._budget.settle(self._account, most, cost, day)
        return None, cost


def _like(sample: Sample, tokens: int) -> list[dict[str, str]]:
    """What the judge is asked of two answers that have so many tokens each."""
    answer = "x" * round(tokens * CHARACTERS_A_TOKEN)
    return _asked(sample, answer, answer).messages


def _asked(sample: Sample, first: str, second: str) -> Asked:
    found = documents(sample)
    texts = () if isinstance(found, Reason) else found
    turns = [message for message in sample.messages if message.role in ("user", "assistant") and message.content]
    parts = {
        "INSTRUCTIONS": "\n".join(m.content for m in sample.messages if m.role in ("system", "developer")),
        "EARLIER": "\n".join(f"{m.role}: {m.content}" for m in turns[:-1]),
        "REQUEST": user_text(sample),
        "DOCUMENTS": "\n\n".join(f"[document {i}]\n{text}" for i, text in enumerate(texts, 1)),
        "FIRST ANSWER": first,
        "SECOND ANSWER": second,
    }
    return ask(parts, _RUBRIC, secrets.token_hex(8))
