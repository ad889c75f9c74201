"""What a run says: its pass rate with an interval, the difference from an earlier run, and the gate's verdict."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from scorers.asking.answer import written
from scorers.statistics.paired import Difference, Gate, Pair, difference, gate, smallest_drop
from scorers.statistics.weighted_share import Moments, estimate
from scorers.store.runs import Ask, AskState, Run, charged_usd, ledger_of

#: More errors than this share of the cases, and nothing is concluded.
MOST_ERRORS = 0.05
NOTHING_EXPECTED = "nothing_expected"


class PlannedCase(msgspec.Struct, frozen=True):
    """What a run's plan keeps of a case: its content's hash, the voice that it is part of, its weight, what it asks."""

    id: str
    digest: str
    cluster: str
    weight: float
    asks: str


class CaseResult(msgspec.Struct, frozen=True):
    """A case in a run: the scores of its repeats that were answered, how many failed and why, and one answer. ``lost``:
    what was said of its failures, with their reasons."""

    case: PlannedCase
    scores: list[float]
    passed: list[bool]
    failures: list[str]
    answer: str
    whys: list[str]
    lost: list[tuple[str, str]] = []

    @property
    def mean(self) -> float | None:
        """The mean score over repeats; ``None`` where none was answered."""
        return sum(self.scores) / len(self.scores) if self.scores else None

    @property
    def flaky(self) -> bool:
        """Whether repeats of the same question came out differently."""
        return len(set(self.passed)) > 1


class Results(msgspec.Struct, frozen=True):
    """A run by cases, those that were not asked (``skipped``) left out. ``cut``: answers that the limit on tokens
    ended."""

    run: Run
    cases: list[CaseResult]
    asks: int
    failed: int
    cost_usd: float | None
    states: dict[str, int]
    skipped: int
    cut: int = 0

    @property
    def errors(self) -> int:
        """Cases of which no repeat was answered."""
        return sum(case.mean is None for case in self.cases)

    @property
    def too_many_errors(self) -> bool:
        """Whether so many asks or cases failed that nothing can be concluded."""
        by_case = self.errors > MOST_ERRORS * len(self.cases)
        return by_case or self.failed > MOST_ERRORS * max(1, self.asks)


def results_of(run: Run, asks: Iterable[Ask]) -> Results:
    """A run with its asks, by cases in the order of the plan. Raises ``ValueError`` for a run that is not a suite's."""
    if "cases" not in run.plan:
        raise ValueError(f"{run.id}: expected the run of a suite, found one of {run.purpose}")
    planned = msgspec.convert(run.plan["cases"], list[PlannedCase])
    by_case: dict[str, list[Ask]] = defaultdict(list)
    everything = list(asks)
    for ask in everything:
        by_case[ask.case_id].append(ask)
    asked = [ask for ask in everything if ask.state != AskState.SKIPPED.value]
    found = [_case(case, by_case[case.id]) for case in planned]
    known = any(ask.cost_usd is not None for ask in asked)
    unknown = any(ask.cost_usd is None and ask.state == AskState.DONE.value for ask in asked)
    return Results(
        run=run,
        cases=[item for item, case in zip(found, planned, strict=True) if not _skipped(by_case[case.id])],
        asks=len(asked),
        failed=sum(ask.state == AskState.FAILED.value for ask in asked),
        cost_usd=None if unknown and not known else charged_usd(everything),
        states=dict(Counter(ask.state for ask in everything)),
        skipped=sum(_skipped(by_case[case.id]) for case in planned),
        cut=sum(bool((ask.answer or {}).get("cut")) for ask in asked),
    )


def _skipped(asks: Sequence[Ask]) -> bool:
    return bool(asks) and all(ask.state == AskState.SKIPPED.value for ask in asks)


def _case(case: PlannedCase, asks: Sequence[Ask]) -> CaseResult:
    answered = [ask for ask in asks if ask.state == AskState.DONE.value and ask.score is not None]
    # Shown is an answer that failed, where there is one: that is the one to look at.
    shown = next((ask for ask in answered if not ask.passed), answered[0] if answered else None)
    lost = [ask for ask in asks if ask.state != AskState.DONE.value]
    why = shown if shown is not None else next(iter(lost), None)
    return CaseResult(
        case=case,
        scores=[ask.score for ask in answered if ask.score is not None],
        passed=[bool(ask.passed) for ask in answered],
        failures=[ask.reason or ask.state for ask in lost],
        answer=said(shown.answer) if shown is not None else "",
        whys=[text for check in (why.checks if why is not None else []) if (text := check.get("why") or _error(check))],
        lost=[(ask.reason or ask.state, text) for ask in lost for check in ask.checks if (text := _error(check))],
    )


def _error(check: dict[str, Any]) -> str:
    """What is said of a check that could not be made: in words, where there are any."""
    return str((check.get("why") or check["error"]) if check.get("error") else "")


def said(answer: dict[str, Any] | None) -> str:
    """What an answer says, for people: its text, else its tool calls."""
    if answer is None:
        return ""
    text = answer.get("text") or answer.get("refusal")
    if text:
        return str(text)
    return "\n".join(filter(None, map(written, answer.get("tool_calls") or ())))


def _rate(results: Results, weighted: bool) -> dict[str, float] | None:
    """The mean score over cases with its 95 % interval, by conversations; ``weighted`` to production."""
    w: dict[str, float] = defaultdict(float)
    y: dict[str, float] = defaultdict(float)
    squares = 0.0
    for item in results.cases:
        if item.mean is None:
            continue
        weight = item.case.weight if weighted else 1.0
        w[item.case.cluster] += weight
        y[item.case.cluster] += weight * item.mean
        squares += weight * weight
    pairs = [(w[cluster], y[cluster]) for cluster in w]
    found = estimate(
        Moments(
            clusters=len(pairs),
            w=sum(a for a, _ in pairs),
            y=sum(b for _, b in pairs),
            ww=sum(a * a for a, _ in pairs),
            wy=sum(a * b for a, b in pairs),
            yy=sum(b * b for _, b in pairs),
            squares=squares,
        )
    )
    return {"pass_rate": found.ratio, "lower": found.lower, "upper": found.upper} if found is not None else None


def drop_of(cases: Iterable[PlannedCase], repeats: int) -> float | None:
    """The smallest drop that a run over these cases finds in 80 of 100 runs; ``None`` where it can find none."""
    sizes = list(Counter(case.cluster for case in cases).values())
    found = smallest_drop(sizes, repeats) if sizes else None
    return round(found, 4) if found is not None else None


class Comparison(msgspec.Struct, frozen=True):
    """Two runs over the same cases. ``changed``: cases whose content is another now; ``unmatched``: those that only
    one of the runs has an answer for. Neither is compared."""

    earlier: Results
    found: Difference
    regressions: list[tuple[CaseResult, CaseResult]]
    improvements: list[tuple[CaseResult, CaseResult]]
    flaky: list[CaseResult]
    changed: int
    unmatched: int


class NothingInCommon(ValueError):
    """Two runs have no case in common that both have answered."""


def compare(now: Results, earlier: Results) -> Comparison:
    """The difference from an earlier run. Raises ``NothingInCommon``."""
    before = {item.case.id: item for item in earlier.cases}
    both = [(before[item.case.id], item) for item in now.cases if item.case.id in before]
    same = [(old, new) for old, new in both if old.case.digest == new.case.digest]
    matched = [(old, new) for old, new in same if old.mean is not None and new.mean is not None]
    pairs = [Pair(old.mean or 0.0, new.mean or 0.0, new.case.cluster) for old, new in matched]
    found = difference(pairs)
    if found is None:
        raise NothingInCommon(f"the runs {now.run.id} and {earlier.run.id} have no answered case in common")
    worse = [(old, new) for old, new in matched if (new.mean or 0.0) < (old.mean or 0.0)]
    better = [(old, new) for old, new in matched if (new.mean or 0.0) > (old.mean or 0.0)]
    return Comparison(
        earlier=earlier,
        found=found,
        regressions=sorted(worse, key=lambda pair: (pair[1].mean or 0.0) - (pair[0].mean or 0.0)),
        improvements=sorted(better, key=lambda pair: (pair[0].mean or 0.0) - (pair[1].mean or 0.0)),
        flaky=[new if new.flaky else old for old, new in matched if new.flaky or old.flaky],
        changed=len(both) - len(same),
        unmatched=len(now.cases) + len(earlier.cases) - 2 * len(both) + len(same) - len(matched),
    )


class Asked(msgspec.Struct, frozen=True):
    """What a gate was asked: ``margin`` in [0, 1], and the pass rate that is wanted, where one is."""

    margin: float = 0.05
    min_pass_rate: float | None = None


def measured(results: Results, comparison: Comparison | None) -> bool:
    """Whether enough was answered to judge by: what is inconclusive then is so because the suite is small."""
    asked = not results.states.get(AskState.PENDING.value) and any(case.mean is not None for case in results.cases)
    broken = comparison is not None and comparison.earlier.too_many_errors
    return asked and not results.too_many_errors and not broken


def judge(results: Results, comparison: Comparison | None, asked: Asked) -> tuple[Gate, str]:
    """The verdict, and why in a sentence."""
    if results.states.get(AskState.PENDING.value):
        return Gate.INCONCLUSIVE, "not every case was asked"
    if results.too_many_errors:
        return Gate.INCONCLUSIVE, f"{results.failed} of {results.asks} calls failed: more than 5 %"
    rate = _rate(results, weighted=False)
    if rate is None:
        return Gate.INCONCLUSIVE, "not every case was asked"
    verdicts = [_against(comparison, asked.margin)] if comparison is not None else []
    if asked.min_pass_rate is not None:
        verdicts.append(_alone(rate, asked.min_pass_rate))
    if not verdicts:
        return Gate.PASS, "nothing was asked of the pass rate (--against, --min-pass-rate)"
    order = [Gate.REGRESSION, Gate.INCONCLUSIVE, Gate.PASS]
    return min(verdicts, key=lambda verdict: order.index(verdict[0]))


def _alone(rate: dict[str, float], least: float) -> tuple[Gate, str]:
    if rate["pass_rate"] >= least:
        return Gate.PASS, f"the pass rate is at least {least:.1%}"
    if rate["upper"] < least:
        return Gate.REGRESSION, f"the pass rate is below {least:.1%}, its whole interval, too"
    return Gate.INCONCLUSIVE, f"the pass rate is below {least:.1%}, its interval is not"


def _against(comparison: Comparison, margin: float) -> tuple[Gate, str]:
    if comparison.earlier.too_many_errors:
        return Gate.INCONCLUSIVE, f"more than 5 % of the calls of {comparison.earlier.run.id} failed"
    found = comparison.found
    verdict = gate(found, margin)
    if verdict is Gate.REGRESSION:
        small = ", by less than the margin: a small one" if found.lower > -margin else ""
        return verdict, f"worse than {comparison.earlier.run.id}{small}"
    if verdict is Gate.PASS:
        return verdict, f"not worse than {comparison.earlier.run.id} by {margin:.0%} or more"
    return verdict, f"a drop of {margin:.0%} cannot be told from none with {found.clusters} conversations"


def document(
    results: Results, comparison: Comparison | None, verdict: tuple[Gate, str], mde: float | None
) -> dict[str, Any]:
    """The result as JSON: the keys of the command's ``--json``, and further ones behind them."""
    rate: dict[str, float | None] = dict.fromkeys(("pass_rate", "lower", "upper"))
    rate |= _rate(results, weighted=False) or {}
    run = results.run
    return {
        "suite": run.subject,
        "version": run.version,
        "run": run.id,
        "model": run.model,
        "cases": len(results.cases),
        **rate,
        "cost_usd": results.cost_usd,
        "errors": results.errors,
        "against": _compared(comparison) if comparison is not None else None,
        "mde": mde,
        "verdict": verdict[0].value,
        "why": verdict[1],
        "weighted": _rate(results, weighted=True),
        "repeats": run.plan.get("repeats", 1),
        "skipped": results.skipped,
        "failures": dict(Counter(reason for case in results.cases for reason in case.failures)),
        "flaky": [case.case.id for case in results.cases if case.flaky],
        "cut": results.cut,
        "ledger": ledger_of(results.states, sum(results.states.values())),
        "state": run.state,
    }


def _compared(comparison: Comparison) -> dict[str, Any]:
    found = comparison.found
    return {
        "run": comparison.earlier.run.id,
        "difference": found.difference,
        "lower": found.lower,
        "upper": found.upper,
        "p_value": found.p_value,
        "regressions": [_change(*pair) for pair in comparison.regressions],
        "improvements": [_change(*pair) for pair in comparison.improvements],
        "flaky": [case.case.id for case in comparison.flaky],
        "model": comparison.earlier.run.model,
        "compared": found.pairs,
        "conversations": found.clusters,
        "changed": comparison.changed,
        "unmatched": comparison.unmatched,
    }


def _change(old: CaseResult, new: CaseResult) -> dict[str, Any]:
    return {
        "id": new.case.id,
        "input": new.case.asks,
        "before": old.mean,
        "after": new.mean,
        "answer_before": old.answer,
        "answer_after": new.answer,
        "why": new.whys or old.whys,
        "flaky": old.flaky or new.flaky,
    }
