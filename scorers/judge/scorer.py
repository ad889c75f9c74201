"""The judge's scorer for one sample: select, reserve, ask, parse, check. Each rubric has exactly one result.

A score's weight is its choice's weight divided by the probability with which the judge was asked. So a sum over the
store estimates all sampled answers. Of several choices one is drawn, and it represents all of them.
"""

from __future__ import annotations

import asyncio
import logging
import re
import secrets
import time
from collections.abc import Collection
from dataclasses import dataclass

import msgspec

from proxy.config.settings import Judge
from proxy.sample import Choice, Message, Sample
from scorers.judge.answer import Reading, Unreadable, read
from scorers.judge.budget import JudgeBudget
from scorers.judge.client import JudgeClient, JudgeFailed
from scorers.judge.judge_metrics import JudgeMeter
from scorers.judge.prompt import PROMPT_VERSION, Asked, bare, compose
from scorers.judge.rubrics import RUBRICS, Found, Rubric, schema
from scorers.judge.selection import RECHECKED, coin, most, probability
from scorers.judge.still_there import StillThere, always
from scorers.reading.answer import answer
from scorers.reading.evidence import given, told_in, unscorable, user_text, without
from scorers.score import JUDGE, LeftOut, Reason, Score, Verdict
from scorers.store.judging import JudgeStore

log = logging.getLogger("sightglass.worker")

#: The cheap scorers are waited for so long (seconds, tries): what they say decides the probability.
_PATIENCE, _LOOKS = 0.25, 8
#: How old a sample may be and still be waited for, in seconds.
_YOUNG = 30.0
_DATED = re.compile(r"[-@:_](?:20\d\d-?\d\d-?\d\d|\d{4}|latest|free|preview)\Z")


@dataclass(frozen=True, slots=True)
class Judgement:
    """The result of one call, or of two. ``doubt``: why the verdict is unsure; empty when it is not."""

    found: Found
    note: str
    doubt: str = ""


def same_model(one: str | None, other: str | None) -> bool:
    """Whether two names mean the same model, ignoring provider prefixes and dates."""
    return one is not None and other is not None and _plain(one) == _plain(other)


def _plain(name: str) -> str:
    name = name.lower().rpartition("/")[2]
    while match := _DATED.search(name):
        name = name[: match.start()]
    return name


class JudgeScorer:
    """The scorer of the group ``judge``, run by ``OnLoop``. ``scorers``: the enabled scorers, whose rubrics are
    asked."""

    def __init__(
        self,
        settings: Judge,
        scorers: Collection[str],
        parts: tuple[JudgeClient, JudgeBudget, JudgeStore, JudgeMeter],
        secret: bytes,
    ) -> None:
        self._settings = settings
        self._rubrics = [rubric for rubric in RUBRICS if rubric.scorer in scorers]
        self._client, self._judge_budget, self._store, self._meter = parts
        self._secret = secret

    async def __call__(self, sample: Sample) -> list[Score]:
        """The scores of one sample. Raises ``LeftOut`` when the judge skips it."""
        names = (sample.exchange.model_asked, sample.exchange.model_served)
        if sample.exchange.app not in self._settings.apps or any(same_model(n, self._settings.model) for n in names):
            raise LeftOut(Reason.SAMPLED_OUT)
        choices = sample.choices or (Choice(),)
        choice = choices[int(coin(self._secret, "choice", sample.id) * len(choices))]
        drawn = await self._drawn(sample, choice)
        if not drawn:
            raise LeftOut(Reason.SAMPLED_OUT)
        reason = unscorable(sample, choice) or (Reason.NO_TEXT if bare(answer(sample, choice)) else None)
        if reason is not None:
            return [score for rubric, q in drawn for score in self._unscored(sample, choice, rubric, q, reason)]
        found = await asyncio.gather(*(self._one(sample, choice, rubric, q) for rubric, q in drawn))
        return [score for scores in found for score in scores]

    async def _drawn(self, sample: Sample, choice: Choice) -> list[tuple[Rubric, float]]:
        """The rubrics that this sample is asked about, each with its probability."""
        share = self._settings.sample
        coins = {rubric.scorer: coin(self._secret, rubric.scorer, sample.id) for rubric in self._rubrics}
        near = [rubric for rubric in self._rubrics if coins[rubric.scorer] < most(share)]
        if not near:
            return []
        pace = await self._judge_budget.pace(sample.exchange.app)
        values = await self._values(sample, choice.index, {rubric.scorer for rubric in near})
        drawn = []
        for rubric in near:
            own = [value for (scorer, _), value in values.items() if scorer == rubric.scorer and value is not None]
            q = probability(share, own, pace)
            if coins[rubric.scorer] < q:
                drawn.append((rubric, q))
        return drawn

    async def _values(self, sample: Sample, choice: int, wanted: set[str]) -> dict[tuple[str, str], float | None]:
        """The cheap scorers' values. For a young sample, late scorers are waited for briefly."""
        young = time.time() - sample.exchange.started_at - sample.exchange.duration < _YOUNG
        found: dict[tuple[str, str, int], float | None] = {}
        for _ in range(_LOOKS if young else 1):
            found = await asyncio.to_thread(self._store.values, sample.id)
            if wanted <= {scorer for scorer, _, _ in found}:
                break
            await asyncio.sleep(_PATIENCE if young else 0)
        return {(scorer, output): value for (scorer, output, index), value in found.items() if index == choice}

    async def _one(self, sample: Sample, choice: Choice, rubric: Rubric, q: float) -> list[Score]:
        try:
            judgement = await self.judge(sample, choice, rubric)
        except JudgeFailed as failed:
            log.debug("judge: %s: %s", rubric.scorer, failed)
            return self._unscored(sample, choice, rubric, q, failed.reason)
        return [
            self._score(sample, choice, rubric, q, output, value, judgement)
            for output, value in judgement.found.items()
        ]

    async def judge(self, sample: Sample, choice: Choice, rubric: Rubric) -> Judgement:
        """Ask, parse, and check some of the answers. Raises ``JudgeFailed``."""
        asked = compose(sample, choice, rubric, secrets.token_hex(8))
        if isinstance(asked, Reason):
            return Judgement(dict.fromkeys(rubric.outputs(dict.fromkeys(rubric.facts, 1.0)), asked), "")
        reading = await self._asked(asked, rubric, sample)
        found = rubric.outputs(reading.facts)
        doubt = f"shown in part ({', '.join(asked.cut)})" if asked.cut else ""
        if asked.steered:
            doubt = "the text speaks to its judge"
        note = reading.note
        if "should_refuse" in reading.facts:  # what the curve of the page Theatre is drawn over
            note = f"refusal due: {reading.facts['should_refuse']:.2f}; {note}".rstrip("; ")
        return Judgement(found, note, await self._recheck(sample, choice, rubric, reading) or doubt)

    async def _asked(self, asked: Asked, rubric: Rubric, sample: Sample) -> Reading:
        """One paid call about a sample, unless its user was forgotten meanwhile. Raises ``JudgeFailed``."""
        exchange = sample.exchange

        async def still_there() -> bool:
            if exchange.user_hash is None:
                return True
            who = (exchange.user_hash, exchange.started_at)
            return not await asyncio.to_thread(self._store.is_forgotten, *who)

        return await self.reading(asked, rubric, exchange.app, still_there)

    async def reading(self, asked: Asked, rubric: Rubric, app: str, still_there: StillThere = always) -> Reading:
        """One paid call. Raises ``JudgeFailed``, with the reason ``budget`` when there is no money for it."""
        reserved = self._client.at_most(asked.messages)
        day = await self._judge_budget.reserve(app, reserved)
        if day is None:
            raise JudgeFailed(Reason.BUDGET, "the day's budget is spent")
        # If the cost of a call is unknown (no usage reported, no answer in time, cancelled), the reserved amount
        # is charged: rather too much than too little.
        cost = reserved
        try:
            reply = await self._client.ask(asked.messages, schema(rubric), still_there)
            cost = reserved if reply.cost is None else reply.cost
            self._meter.spent(rubric.scorer, reply.tokens, cost)
        except JudgeFailed as failed:
            cost = reserved if failed.maybe_paid else 0.0
            raise
        finally:
            await self._judge_budget.settle(app, reserved, cost, day)
        try:
            return read(reply.content, asked, rubric)
        except Unreadable as error:
            raise JudgeFailed(Reason.UNPARSEABLE, str(error)) from None

    async def _recheck(self, sample: Sample, choice: Choice, rubric: Rubric, first: Reading) -> str:
        """Ask a second time for a random share of the answers; why the first answer is in doubt, or an empty string."""
        drawn = coin(self._secret, "recheck", rubric.scorer, sample.id)
        if drawn >= RECHECKED:
            return ""
        wrong = rubric.needs_documents and drawn < RECHECKED / 2 and self._passed(rubric, first)
        try:
            second = await (self._counterfactual if wrong else self._swapped)(sample, choice, rubric)
        except JudgeFailed:
            return ""
        if second is None:
            return ""
        if wrong:
            failed = self._passed(rubric, second)
            self._meter.rechecked(rubric.scorer, "counterfactual", failed)
            return "passes with a wrong document too" if failed else ""
        before, after = rubric.outputs(first.facts), rubric.outputs(second.facts)
        disagree = any(_said(before[name]) != _said(after[name]) for name in before)
        self._meter.rechecked(rubric.scorer, "swap", disagree)
        return "another order, another verdict" if disagree else ""

    async def _swapped(self, sample: Sample, choice: Choice, rubric: Rubric) -> Reading | None:
        asked = compose(sample, choice, rubric, secrets.token_hex(8), swapped=True)
        return None if isinstance(asked, Reason) else await self._asked(asked, rubric, sample)

    async def _counterfactual(self, sample: Sample, choice: Choice, rubric: Rubric) -> Reading | None:
        """Ask about the same answer with an unrelated document (arXiv 2507.23453)."""
        asked = compose(_with_wrong_document(sample), choice, rubric, secrets.token_hex(8))
        return None if isinstance(asked, Reason) else await self._asked(asked, rubric, sample)

    @staticmethod
    def _passed(rubric: Rubric, reading: Reading) -> bool:
        """Whether no event of the rubric happened."""
        values = [value for value in rubric.outputs(reading.facts).values() if not isinstance(value, Reason)]
        return bool(values) and all(value < 0.5 for value in values)

    def _score(
        self,
        sample: Sample,
        choice: Choice,
        rubric: Rubric,
        q: float,
        output: str,
        found: float | Reason,
        judgement: Judgement | None,
    ) -> Score:
        value = None if isinstance(found, Reason) else found
        verdict = None if value is None else Verdict.YES if value >= 0.5 else Verdict.NO
        note = judgement.note if judgement is not None else ""
        if value is not None and judgement is not None and judgement.doubt:
            verdict, note = Verdict.UNSURE, f"{judgement.doubt}; {note}".rstrip("; ")
        return Score(
            sample_id=sample.id,
            scorer=rubric.scorer,
            output=output,
            version=self.version(rubric),
            choice=choice.index,
            weight=1.0 / q,
            value=value,
            verdict=verdict,
            unscored_reason=found if isinstance(found, Reason) else None,
            explanation="" if value is None else note,
        )

    def _unscored(self, sample: Sample, choice: Choice, rubric: Rubric, q: float, reason: Reason) -> list[Score]:
        outputs = rubric.outputs(dict.fromkeys(rubric.facts, 1.0))
        return [self._score(sample, choice, rubric, q, output, reason, None) for output in outputs]

    def version(self, rubric: Rubric) -> str:
        """Model, prompt and rubric: scores are comparable only within one version."""
        return f"{JUDGE}:{self._settings.model}:{PROMPT_VERSION}:{rubric.version}"


def _said(value: float | Reason) -> object:
    return value if isinstance(value, Reason) else value >= 0.5


#: A document that no answer rests on.
_WRONG = (
    "Opening hours of the municipal swimming bath: Monday closed, Tuesday to Friday from 6.30 to 21.00, weekends from "
    "8.00 to 19.00. Season tickets are sold at the desk; children under six bathe free of charge."
)


def _with_wrong_document(sample: Sample) -> Sample:
    """What was asked, beside another document. The documents that stand in the request go too, marked or pasted."""
    asked = user_text(sample)
    question = without(asked, given(asked, told_in(sample)))
    return msgspec.structs.replace(
        sample, messages=(Message(role="user", content=question),), contexts=(_WRONG,), off_wire=()
    )
