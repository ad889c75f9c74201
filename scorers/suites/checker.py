"""All assertions of a case against one answer, and what follows: passed, a score, or an error that is neither."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

import msgspec

from scorers.asking.answer import Answer
from scorers.asking.engine import Checked
from scorers.cases.assertions import Assertion
from scorers.cases.case import Case
from scorers.judge.still_there import StillThere, always
from scorers.score import Scorer
from scorers.store.runs import FORGOTTEN
from scorers.suites.check import Check, decided, expected, scored
from scorers.suites.rubric import RubricJudge


class Checker:
    """Checks answers. ``judge``: where a rubric may be asked; its absence is an error of the case, never a failure."""

    def __init__(self, scorers: Mapping[str, Scorer], judge: RubricJudge | None) -> None:
        self._scorers = scorers
        self._judge = judge

    async def __call__(self, case: Case, answer: Answer, still_there: StillThere = always) -> Checked:
        """What becomes of the case. A part that could not be decided makes it an error (``failed``). ``still_there``:
        whether a judge may still be asked; where not, all of it is ``forgotten``."""
        if not case.assertions:
            checks = [expected(case, answer)]
        else:
            checks = [await self._one(item, case, answer, still_there) for item in case.assertions]
        cost = sum(check.cost_usd for check in checks)
        if any(check.error == FORGOTTEN for check in checks):
            return Checked(None, None, [], cost, failed=FORGOTTEN)
        shown = [msgspec.to_builtins(check) for check in checks]
        broken = next((check.error for check in checks if check.error), None)
        said = [not check.error for check in checks if check.kind == "rubric"]
        judged = all(said) if said else None
        # What fails without the part that could not be decided fails with it, too.
        if broken is not None and all(check.passed or check.error for check in checks):
            return Checked(None, None, shown, cost, failed=broken, judged=judged)
        passed = all(check.passed for check in checks)
        share = sum(check.passed for check in checks) / len(checks)
        return Checked(passed, share if case.partial else float(passed), shown, cost, judged=judged)

    async def _one(self, item: Assertion, case: Case, answer: Answer, still_there: StillThere) -> Check:
        if item.kind == "score":
            return await scored(item, case, answer, self._scorers)
        if item.kind == "rubric":
            if self._judge is None:
                return Check("rubric", False, "no judge is configured (judge in the configuration)", error="no_judge")
            return await self._judge.judged(case, answer, item.value, still_there)
        # A long text against a hard pattern or schema must not hold up the other answers.
        return await asyncio.to_thread(decided, item, case, answer)
