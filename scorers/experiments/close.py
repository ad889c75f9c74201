"""From a pair that both arms have ended to its outcomes: local scorers, cost and time, the judge, and the noise."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import msgspec

from proxy.sample import Message, Sample
from scorers.asking.source import answered
from scorers.experiments.ask import lost_of
from scorers.experiments.enrol import Arm, body_for
from scorers.experiments.outcomes import Events, beside, judged_failure, noise_of, outcomes_of, uncached
from scorers.experiments.pairwise import PairJudge
from scorers.experiments.parts import Parts
from scorers.experiments.spec import Spec
from scorers.judge.still_there import StillThere
from scorers.score import JUDGE
from scorers.store.experiments import ARMS, CANDIDATE, Pair, PairState
from scorers.store.runs import micro


class PairCloser:
    """Closes the pairs of one experiment."""

    def __init__(self, spec: Spec, parts: Parts, judge: PairJudge | None) -> None:
        self._spec = spec
        self._parts = parts
        self._judge = judge

    def held(self, sample: Sample) -> int:
        """Micro-dollars that the judge may spend on a pair of this sample."""
        if self._judge is None:
            return 0
        longest = max(int(body_for(sample, self._spec, arm)["max_tokens"]) for arm in ARMS)
        return micro(self._judge.at_most(sample, longest))

    def judged_usd(self, sample: Sample, tokens: int) -> float:
        """What judging a pair of this sample usually costs, in USD, when its answers have so many tokens."""
        return 0.0 if self._judge is None else self._judge.usual(sample, tokens)

    async def ended(self, pair: Pair, sample: Sample, arms: Mapping[str, Arm]) -> tuple[Pair | None, int]:
        """A pair whose arms have ended: as the store has it, with its outcomes where it counts (``lost_of``), without
        its text where its user was forgotten, also while it was judged; and the micro-dollars that judging cost.
        Raises ``StoreError``."""
        found = await asyncio.to_thread(self._parts.store.experiments.pair, pair.id)
        if found is None or found.request is None or lost_of(found):
            return found, 0
        closed, spent = await self._closed(found, sample, arms)
        return closed if await self._has_text(pair.id) else msgspec.structs.replace(found, request=None), spent

    async def _has_text(self, pair: str) -> bool:
        return await asyncio.to_thread(self._parts.store.experiments.has_text, pair)

    async def _closed(self, pair: Pair, sample: Sample, arms: Mapping[str, Arm]) -> tuple[Pair, int]:
        """The pair with its outcomes, and the micro-dollars that judging cost. Raises ``StoreError``."""
        asked = {arm: self._read(sample, arm, answer) for arm, answer in pair.answers.items()}
        each = await self._parts.score([*asked.values(), sample])
        events: dict[str, Events] = dict(zip(asked, each, strict=False))
        plain = {arm: self._plain(arms[arm], answer) for arm, answer in pair.answers.items()}
        outcomes, spent = outcomes_of(pair, events, plain), 0
        if self._judge is not None:
            outcomes[JUDGE], spent = await _compare(self._judge, sample, pair, lambda: self._has_text(pair.id))
        noise = noise_of(pair, events, each[-1] if sample.choices else None)
        done = {"state": PairState.DONE.value, "outcomes": outcomes, "noise": noise, "extra": beside(pair)}
        return msgspec.structs.replace(pair, **done), spent

    def _read(self, sample: Sample, arm: str, answer: Mapping[str, Any]) -> Sample:
        """What scorers read of an arm: the request as that arm got it, and its answer."""
        system = self._spec.settings.candidate.system
        if arm == CANDIDATE and system is not None:
            rest = [message for message in sample.messages if message.role not in ("system", "developer")]
            sample = msgspec.structs.replace(sample, messages=(Message("system", system), *rest))
        return answered(sample, answer)

    def _plain(self, arm: Arm, answer: Mapping[str, Any]) -> float | None:
        """USD for an answer, with no token taken as cached."""
        usage = uncached(answer)
        if usage is None:
            return None
        return self._parts.clients.get(arm.upstream, arm.model).cost(usage, answer.get("model"))


async def _compare(judge: PairJudge, sample: Sample, pair: Pair, still_there: StillThere) -> tuple[float | None, int]:
    failed = judged_failure(pair)
    if failed is not None:
        return failed, 0
    value, usd = await judge.compare(sample, pair, still_there)
    return value, micro(usd)
