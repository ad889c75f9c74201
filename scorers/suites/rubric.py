"""``rubric``: the judge says whether an answer meets a criterion of somebody's own words, within the judge's budget."""

from __future__ import annotations

import secrets

import httpx
import msgspec

from scorers.asking.answer import Answer
from scorers.cases.case import Case
from scorers.judge.answer import Unreadable, read
from scorers.judge.budget import JudgeBudget
from scorers.judge.client import JudgeClient, JudgeFailed, UserForgotten
from scorers.judge.prompt import Asked, ask
from scorers.judge.rubrics import Rubric
from scorers.judge.still_there import StillThere, always
from scorers.score import Reason
from scorers.store.runs import FORGOTTEN, micro
from scorers.suites.check import Check, text_of

_YES = 0.5
_VERSION = "own"


def _rubric(criterion: str) -> Rubric:
    facts = {"met": f"the answer meets this criterion: {criterion}"}
    return Rubric("rubric", _VERSION, facts, lambda found: {"met": found["met"]})


_SCHEMA: dict[str, object] = {
    "type": "object",
    "properties": {"mark": {"type": "string"}, "note": {"type": "string"}, "met": {"type": "number"}},
    "required": ["mark", "note", "met"],
    "additionalProperties": False,
}


class RubricJudge:
    """Asks the judge. ``judge_budget``: its own, where there is a store; a run's budget holds what it costs, too."""

    def __init__(self, client: JudgeClient, judge_budget: JudgeBudget | None, account: str) -> None:
        self._client = client
        self._judge_budget = judge_budget
        self._account = account

    async def close(self) -> None:
        """Close the connections."""
        await self._client.close()

    def at_most(self, case: Case, criterion: str, longest_answer: int) -> int:
        """What one question may cost, in micro-dollars; ``longest_answer`` in characters."""
        asked = self._asked(case, "x" * min(longest_answer, 24_000), criterion)
        return micro(self._client.at_most(asked.messages))

    def _asked(self, case: Case, text: str, criterion: str) -> Asked:
        instructions = [_said(m) for m in case.messages if m["role"] in ("system", "developer")]
        turns = [f"{m['role']}: {_said(m)}" for m in case.messages if m["role"] not in ("system", "developer")]
        parts = {
            "INSTRUCTIONS": "\n".join(instructions),
            "EARLIER": "\n".join(turns[:-1]),
            "REQUEST": _said(case.messages[-1]),
            "ANSWER": text,
        }
        return ask(parts, _rubric(criterion), secrets.token_hex(8))

    async def judged(self, case: Case, answer: Answer, criterion: str, still_there: StillThere = always) -> Check:
        """Whether the answer meets the criterion; a judge that does not answer is an ``error``, never a verdict.
        ``forgotten`` is one, too: the user was, and the question was not sent."""
        asked = self._asked(case, text_of(answer), criterion)
        most = self._client.at_most(asked.messages)
        day = "" if self._judge_budget is None else await self._judge_budget.reserve(self._account, most)
        if day is None:
            return Check("rubric", False, "the judge's budget of the day is spent", error=Reason.BUDGET.value)
        cost = most
        try:
            reply = await self._client.ask(asked.messages, _SCHEMA, still_there)
            cost = reply.cost if reply.cost is not None else most
            found = read(reply.content, asked, _rubric(criterion))
        except UserForgotten as gone:
            cost = 0.0
            return Check("rubric", False, str(gone), error=FORGOTTEN)
        except JudgeFailed as failed:
            cost = most if failed.maybe_paid else 0.0
            why = f"the judge gave no answer ({failed})"
            return Check("rubric", False, why, error=failed.reason.value, cost_usd=cost)
        except Unreadable as error:
            why = f"the judge's answer cannot be read ({error})"
            return Check("rubric", False, why, error=Reason.UNPARSEABLE.value, cost_usd=cost)
        except httpx.HTTPError as error:
            why = f"the judge gave no answer ({type(error).__name__})"
            return Check("rubric", False, why, error=Reason.JUDGE_ERROR.value, cost_usd=cost)
        finally:
            if self._judge_budget is not None:
                await self._judge_budget.settle(self._account, most, cost, day)
        met = found.facts["met"]
        note = f": {found.note}" if found.note else ""
        why = "" if met >= _YES else f"the judge says that the criterion is not met ({met:.2f}){note}"
        return Check("rubric", met >= _YES, why, cost_usd=cost)


def _said(message: dict[str, object]) -> str:
    content = message.get("content")
    if isinstance(content, str):
        return content
    return msgspec.json.encode(content).decode() if content is not None else ""
