"""One experiment from its start to its verdict, round by round: enrol, ask, score, judge, keep how it stands.

Only the worker that holds the lease conducts. What a worker that was killed left behind is closed by the next one: what
was sent and has no result is charged and ``interrupted``, its pair does not count, and nothing is sent twice.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from proxy.sample import Sample
from scorers.experiments.agreed import run_for
from scorers.experiments.ask import Asked, PairAsker, Question, Result, lost_of, pending_of
from scorers.experiments.asked_at import ASKED, COST_FROM, newly_asked, repriced
from scorers.experiments.close import PairCloser
from scorers.experiments.dear import Cost, cost_of, estimate_of
from scorers.experiments.enrol import Arm, Enrolled, Rules, arms_of, body_for, enrol, refused, rules_of
from scorers.experiments.forecast import forecast
from scorers.experiments.left import settle_held
from scorers.experiments.pairwise import PairJudge
from scorers.experiments.parts import Parts
from scorers.experiments.spec import PEOPLE, Spec
from scorers.experiments.standing import DAY_BUDGET, DECIDED, RUN_BUDGET, Standing
from scorers.statistics.joint import Verdict
from scorers.statistics.planning import money
from scorers.store.experiments import ARMS, Enrolment, ExperimentStore, Pair, PairState
from scorers.store.runs import FORGOTTEN, INTERRUPTED, AskKey, Run, RunState

log = logging.getLogger("sightglass.worker")

#: How long a sample is left to settle, in seconds.
_SETTLED = 1.0
_BATCH = 200
#: How far back samples are drawn again when the clock was set back, in seconds.
_SET_BACK = 60.0
_FIRST_PAUSE, _LONGEST_PAUSE, _SHORT_PAUSE = 60.0, 3_600.0, 5.0


class Conductor:
    """Conducts one experiment. ``document`` is how it stands, as kept."""

    def __init__(self, spec: Spec, parts: Parts, judge: PairJudge | None) -> None:
        self.spec = spec
        self._parts = parts
        self._configured = spec, judge
        self._judge = judge
        self._asker = PairAsker(parts, spec.settings.app)
        self._run: Run | None = None
        self._enrolment = Enrolment(0.0)
        self._waiting: deque[tuple[Pair, Sample]] = deque()
        self._next = 0
        self._standing = Standing(spec)
        self._closer = PairCloser(spec, parts, judge)
        self._stop: Result | None = None
        #: Whether another worker has asked what waits here: it still asked when this one began.
        self._taken = False
        self._paused_at = self._paused_until = self._pause_length = self._judge_seen = 0.0
        self._cost = Cost()
        #: Whether this worker has asked anything yet.
        self._began = False
        self._kept: dict[str, Any] = {}
        self._said: tuple[str, ...] = ()
        self.document: dict[str, Any] = {}

    @property
    def _store(self) -> ExperimentStore:
        return self._parts.store.experiments

    # --- start and end ------------------------------------------------------------------------------------------

    async def load(self) -> None:
        """Begin, or go on where another worker stopped. Raises ``StoreError``."""
        await asyncio.to_thread(self._load)

    def _load(self) -> None:
        store, now = self._parts.store, self._parts.clock()
        spec, judge = self._configured
        self.spec, run = run_for(spec, self._parts, now)
        if run.state == RunState.RUNNING.value:
            store.asking.resume(run.id, self.spec.settings.app)
        self._run, self._taken = run, False
        self._enrolment = store.experiments.enrolment(run.id) or Enrolment(now)
        self._standing, self._waiting = Standing(self.spec), deque()
        self._judge = judge if self.spec.judged else None
        self._closer = PairCloser(self.spec, self._parts, self._judge)
        pairs = store.experiments.all_pairs(run.id)
        self._next = max((pair.number for pair in pairs), default=-1) + 1
        self._look_at_prices(pairs)
        self._standing.put(pairs)
        self._standing.advance()
        self._cost = cost_of(store, run.id)
        self.document = run.result or {}
        if run.state != RunState.RUNNING.value:
            return
        for pair in store.experiments.pairs(run.id, [PairState.PENDING.value], limit=1_000_000):
            if settle_held(store, pair):
                self._drop(pair, INTERRUPTED)
                continue
            sample = store.experiments.sample(pair.sample_id)
            if sample is None or pair.request is None:
                self._drop(pair, FORGOTTEN)
            elif reason := refused(sample, self.spec, self._rules())[0]:  # what is configured may have changed
                self._drop(pair, reason)
            else:
                self._waiting.append((pair, sample))

    def _look_at_prices(self, pairs: Sequence[Pair]) -> None:
        """Where a price has changed since the run asked, ``cost`` begins anew with the next pair. Blocking."""
        assert self._run is not None
        if self._run.state == RunState.RUNNING.value and (found := repriced(self._run.plan, self._parts.clients)):
            log.warning("experiment %s: the price of %s has changed: cost counts from now on", self.spec.name, found[1])
            waiting = (pair.number for pair in pairs if pair.state == PairState.PENDING.value)
            self._plan({ASKED: found[0], COST_FROM: min(waiting, default=self._next)})
        self._standing.cost_from = self._run.plan.get(COST_FROM, 0)

    def _finish(self, state: RunState, why: str) -> None:
        """End the run; what is pending is not asked any more. Blocking."""
        assert self._run is not None
        reason = "budget" if state is RunState.OUT_OF_BUDGET else "ended"
        while self._waiting:
            self._drop(self._waiting.popleft()[0], reason)
        self._said = (why,) if why else ()
        run = self._parts.store.asking.run(self._run.id)
        if run is None:
            return
        self.document = self._standing.document(run, self._enrolment, state.value, self._said)
        self._parts.store.asking.finish(run.id, state, self.document)
        self._run = msgspec.structs.replace(run, state=state.value)
        log.info("experiment %s ended: %s%s", self.spec.name, state.value, f" ({why})" if why else "")

    def _drop(self, pair: Pair, reason: str) -> None:
        """A pair that does not count; its pending asks are not sent. Blocking."""
        keys = pending_of(pair)
        asks = self._parts.store.asking
        asks.skip(pair.run, [AskKey(pair.id, arm) for arm in keys], reason, self.spec.settings.app)
        self._put(msgspec.structs.replace(pair, state=PairState.SKIPPED.value, reason=reason))
        counted = {**self._enrolment.skipped, reason: self._enrolment.skipped.get(reason, 0) + 1}
        self._enrolment = msgspec.structs.replace(self._enrolment, skipped=counted)
        self._parts.store.experiments.enrol(pair.run, [], self._enrolment)

    def _put(self, pair: Pair) -> None:
        self._parts.store.experiments.close(pair)
        self._standing.put([pair])

    # --- one round ----------------------------------------------------------------------------------------------

    async def round(self) -> bool:
        """Do what there is to do, in bounded time; whether anything was done. Raises ``StoreError``."""
        if self._run is None:
            await self.load()
        assert self._run is not None
        run = await asyncio.to_thread(self._parts.store.asking.run, self._run.id)
        if run is None or (self._taken and run.state == RunState.RUNNING.value):
            await self.load()  # the store was made anew or put back, or another worker asked what waits here
            return True
        if run.state != RunState.RUNNING.value:
            if self._run.state == RunState.RUNNING.value:
                await asyncio.to_thread(self._finish, RunState(run.state), "it was stopped by command")
            return False
        self._run = run
        await self._parts.clients.trim()
        now = self._parts.clock()
        if now > run.created_at + self.spec.settings.until:
            await asyncio.to_thread(self._finish, RunState.STOPPED, "its time (until) is over")
            return True
        if await self._is_paused(now):
            return False
        busy = await self._enrol(now)
        if self._run.state == RunState.RUNNING.value and self._waiting:
            busy = await self._ask() or busy
        await self._keep()
        return busy

    async def _is_paused(self, now: float) -> bool:
        if self._paused_at <= now < self._paused_until:  # else it is over, or the clock was set back
            return True
        if self._judge is not None and not 0 <= now - self._judge_seen <= 30.0:
            self._judge_seen = now
            fallen = await asyncio.to_thread(self._judge.fallen)
            if fallen is not None:
                await self._pause(fallen, 60.0)
                return True
        return False

    async def _pause(self, why: str, seconds: float) -> None:
        """Ask nothing for some time, and say why."""
        assert self._run is not None
        self._paused_at = self._parts.clock()
        self._paused_until = self._paused_at + seconds
        if self._enrolment.paused != why:
            log.warning("experiment %s is paused: %s", self.spec.name, why)
        self._enrolment = msgspec.structs.replace(self._enrolment, paused=why)
        await asyncio.to_thread(self._store.pause, self._run.id, why)
        await self._keep()

    async def _go_on(self) -> None:
        assert self._run is not None
        self._pause_length = 0.0
        if self._enrolment.paused is not None:
            self._enrolment = msgspec.structs.replace(self._enrolment, paused=None)
            await asyncio.to_thread(self._store.pause, self._run.id, None)

    async def _keep(self) -> None:
        """Store how it stands where that has changed; decide."""
        await asyncio.to_thread(self._keep_now)

    def _keep_now(self) -> None:
        assert self._run is not None
        self._standing.advance()
        if self.spec.primary == PEOPLE:
            self._standing.vote(self._parts.store.votes.votes(self._run.id))
        said = (f"paused: {self._enrolment.paused}",) if self._enrolment.paused else ()
        run = self._parts.store.asking.run(self._run.id)
        if run is None or self._run.state != RunState.RUNNING.value:
            return
        document = self._standing.document(run, self._enrolment, run.state, said)
        verdict = Verdict(document["status"]["verdict"])
        if verdict in DECIDED and self._standing.refined(verdict):
            self._finish(RunState.DONE, "")
        elif document != self._kept:
            self._parts.store.experiments.result(run.id, document)
            self._kept = self.document = document

    # --- enrolling ----------------------------------------------------------------------------------------------

    async def _enrol(self, now: float) -> bool:
        if len(self._waiting) >= _BATCH:
            return False
        assert self._run is not None
        found = await asyncio.to_thread(self._enrol_now, now)
        if found.enrolment is None:
            return False
        if found.unpriced is not None and not self._standing.pairs and not found.pairs:
            arm = found.unpriced
            await self._pause(f"no price is known for {arm.model} at {arm.upstream} (upstreams[].price)", _SHORT_PAUSE)
        if found.pairs and estimate_of(self._run.plan) is None:
            await asyncio.to_thread(self._make_plan, found, now)
        return bool(found.pairs)

    def _enrol_now(self, now: float) -> Enrolled:
        assert self._run is not None
        store = self._parts.store.experiments
        before = self._enrolment
        after = (before.stored_at, before.sample_id)
        if before.stored_at > now:  # the clock was set back; conversations that are enrolled already are known
            after = (now - _SET_BACK, "")
        rows = store.draw(self.spec.settings.app, after, now - _SETTLED, _BATCH)
        if not rows:
            return Enrolled()
        known = store.conversations(self._run.id, {row.conversation or row.id for row in rows})
        found = enrol((self._run.id, self._next, before), rows, known, (self.spec, self._rules()), now)
        assert found.enrolment is not None
        if found.enrolment == before:
            return Enrolled()
        arms = [arm for sample in found.samples.values() for arm in (arms_of(sample, self.spec) or {}).values()]
        if (asked := newly_asked(self._run.plan, arms, self._parts.clients)) is not None:
            self._plan({ASKED: asked})
        store.enrol(self._run.id, found.pairs, found.enrolment)
        self._enrolment = found.enrolment
        self._next += len(found.pairs)
        self._standing.put(found.pairs)
        self._waiting += [(pair, found.samples[pair.id]) for pair in found.pairs]
        return found

    def _rules(self) -> Rules:
        assert self._run is not None
        return rules_of(self.spec, self._parts, self._run.plan, self._judge is not None)

    def _make_plan(self, found: Enrolled, now: float) -> None:
        """Say what a verdict takes, and end the run where it cannot be reached. Blocking."""
        assert self._run is not None
        samples = [found.samples[pair.id] for pair in found.pairs]
        made = forecast(self.spec, self._parts, samples, (now, self._closer.judged_usd))
        self._plan(made)
        cost = f", about {money(made['usd'])} USD" if made["usd"] is not None else ""
        log.info("experiment %s: plan: %s%s", self.spec.name, made["because"], cost)
        if not made["reachable"]:
            instead = f"; possible: {', or '.join(made['instead'])}" if made["instead"] else ""
            self._finish(RunState.STOPPED, f"it cannot reach a verdict: {made['because']}{instead}")

    def _plan(self, changes: dict[str, Any]) -> None:
        """Keep changes of the run's plan. Blocking."""
        assert self._run is not None
        self._store.plan(self._run.id, changes)
        self._run = msgspec.structs.replace(self._run, plan={**self._run.plan, **changes})

    # --- asking -------------------------------------------------------------------------------------------------

    async def _ask(self) -> bool:
        """Ask the next pairs, some at once."""
        assert self._run is not None
        if (why := self._cost.too_dear(self.spec.name, self._run.plan)) is not None:
            await self._pause(why, _SHORT_PAUSE)  # until somebody has accepted it, which each round looks for
            return False
        # The first pair alone: its answers say what is left of a quota.
        number = 4 * self._parts.settings.offpath.concurrency if self._began else 1
        batch = [self._waiting.popleft() for _ in range(min(number, len(self._waiting)))]
        self._stop = None
        results = await self._all(batch)
        self._began = self._began or any(result.asked is Asked.DONE for result in results)
        self._cost = await asyncio.to_thread(cost_of, self._parts.store, self._run.id)
        again = [item for item, result in zip(batch, results, strict=True) if result.asked in _AGAIN]
        self._waiting.extendleft(reversed(again))
        await self._consequences(results)
        return len(again) < len(batch)

    async def _all(self, batch: Sequence[tuple[Pair, Sample]]) -> list[Result]:
        """Ask pairs, some at once. Where the store fails at one, those under way end first and no other begins: who
        goes on later finds nothing that is still being asked. Raises ``StoreError``."""

        async def one(pair: Pair, sample: Sample) -> Result:
            broken: Result | None = Result(Asked.WAIT, "a pair was broken off")
            try:
                result = await self._one(pair, sample)
                broken = None
                return result
            finally:
                self._stop = broken or self._stop

        ended = await asyncio.gather(*(one(*item) for item in batch), return_exceptions=True)
        for result in ended:
            if isinstance(result, BaseException):
                raise result
        return [result for result in ended if isinstance(result, Result)]

    async def _consequences(self, results: Sequence[Result]) -> None:
        by_kind: Mapping[Asked, Result] = {result.asked: result for result in results}
        if Asked.ENDED in by_kind:
            self._taken = True  # the next round closes what waits, or reads what became of it
            return
        if Asked.HALTED in by_kind:
            self._pause_length = min(_LONGEST_PAUSE, max(_FIRST_PAUSE, 2 * self._pause_length))
            await self._pause(f"{by_kind[Asked.HALTED].why} ({by_kind[Asked.HALTED].reason})", self._pause_length)
        elif Asked.DONE in by_kind and Asked.WAIT not in by_kind:
            # Money that did not suffice was partly reserved by pairs that have ended since: the next round tells.
            await self._go_on()
        elif Asked.RUN_BUDGET in by_kind and self.spec.primary == PEOPLE:
            # Asking takes hours and voting takes weeks: people go on with what was asked.
            await self._pause(f"{RUN_BUDGET} does not hold the next pair; votes on others still count", _FIRST_PAUSE)
        elif Asked.RUN_BUDGET in by_kind:
            await asyncio.to_thread(self._finish, RunState.OUT_OF_BUDGET, by_kind[Asked.RUN_BUDGET].why)
        elif Asked.DAY_BUDGET in by_kind:
            await self._pause(f"{DAY_BUDGET} does not hold the next pair", _FIRST_PAUSE)
        elif Asked.WAIT in by_kind:
            await self._pause(by_kind[Asked.WAIT].why, _SHORT_PAUSE)
        else:
            await self._go_on()

    async def _one(self, pair: Pair, sample: Sample) -> Result:
        """Ask what is pending of a pair, and close it."""
        async with self._parts.places:
            if self._stop is not None:
                return self._stop
            arms = arms_of(sample, self.spec)
            assert arms is not None
            pending = pending_of(pair)
            result = Result(Asked.DONE)
            kept = await asyncio.to_thread(self._store.pair, pair.id)
            # None is asked of a pair whose user was forgotten while it waited.
            lives = kept is not None and kept.request is not None and not lost_of(kept)
            held = self._closer.held(sample) if lives else 0
            if lives and (pending or held):
                questions = {arm: Question(arms[arm], body_for(sample, self.spec, arm)) for arm in ARMS}
                result = await self._asker.ask(pair, questions, pending, held)
            if result.asked is not Asked.DONE:
                # What stops one pair stops the next ones, too.
                again = result.asked in _AGAIN
                self._stop = result if again else Result(Asked.WAIT, result.why, result.reason)
            if result.asked in _AGAIN:
                return result
            spent = await self._close(pair, sample, arms)
            if spent or held:
                await asyncio.to_thread(self._parts.store.asking.charge, pair.run, pair.id, spent)
            return result

    async def _close(self, pair: Pair, sample: Sample, arms: Mapping[str, Arm]) -> int:
        """Close a pair whose arms have ended; the micro-dollars that judging cost."""
        found, spent = await self._closer.ended(pair, sample, arms)
        if found is None:
            return spent
        if found.request is None:
            await asyncio.to_thread(self._store.forget_answers, found)
            await asyncio.to_thread(self._drop, found, FORGOTTEN)
        elif lost := lost_of(found):
            await asyncio.to_thread(self._drop, found, min(lost))
        else:
            await asyncio.to_thread(self._put, found)
        return spent


_AGAIN = frozenset({Asked.WAIT, Asked.RUN_BUDGET, Asked.DAY_BUDGET, Asked.ENDED})
