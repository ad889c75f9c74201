"""Decides which exchanges are sampled, and with which probability. Pure except for its own counters.

First, each conversation gets a uniform random number. It is keyed by a server secret, so clients cannot force, avoid or
predict it. Then capped strata of rare traffic are added. The probability of a stratum depends only on what came before
the request, so 1/probability weights stay unbiased: q = min(1, cap / events of the last minute), and 0 once the cap of
this minute is reached. The probability stored with a request of stratum s is r + (1 - r) q; for any other request it is
r. The proxy processes of one machine share a cap.
"""

from __future__ import annotations

import hashlib
import random
from collections import OrderedDict
from typing import NamedTuple

from proxy.config.settings import Sampling
from proxy.exchange import OBSERVED, Decision, Exchange, Outcome

UNIFORM = "uniform"
_KNOWN_PROMPTS = 4096


class Verdict(NamedTuple):
    """The result of sampling. ``decision`` is PUBLISHED if the exchange is sampled."""

    decision: Decision
    probability: float = 1.0
    stratum: str = UNIFORM


def coin(secret: bytes, key: str) -> float:
    """A number in [0, 1) that can be predicted only with ``secret``."""
    digest = hashlib.blake2b(key.encode("utf-8", "surrogatepass"), key=secret, digest_size=8).digest()
    return int.from_bytes(digest, "big") / 2**64


class _Stratum:
    """Event and sample counts of one stratum and app, for this minute and the last."""

    __slots__ = ("kept", "minute", "previous", "seen")

    def __init__(self) -> None:
        self.minute, self.seen, self.kept, self.previous = -1, 0, 0, 0

    def probability(self, cap: int, minute: int) -> float:
        if minute != self.minute:
            self.previous = self.seen if minute == self.minute + 1 else 0
            self.minute, self.seen, self.kept = minute, 0, 0
        self.seen += 1
        return min(1.0, cap / max(1, self.previous)) if self.kept < cap else 0.0


class Sampler:
    """Decides at the end of a request. ``factor`` lowers all rates while the queue is behind.

    ``place``: the index of this process and the number of processes.
    """

    def __init__(self, settings: Sampling, secret: bytes, place: tuple[int, int] = (0, 1)) -> None:
        self.settings = settings
        self._place, self._places = place
        self._secret = secret
        self._strata: dict[tuple[str, str], _Stratum] = {}
        self._prompts: OrderedDict[str, None] = OrderedDict()
        self._random = random.Random()
        self._out = Verdict(Decision.SAMPLED_OUT)
        self.factor = 1.0

    def decide(self, exchange: Exchange, opted_out: bool) -> Verdict:
        """The sampling decision for one finished exchange."""
        if exchange.operation not in OBSERVED:
            return Verdict(Decision.NOT_OBSERVED)
        if opted_out and self.settings.allow_opt_out:
            return Verdict(Decision.OPTED_OUT)
        rate = self.settings.rate_of(exchange.app) * self.factor
        by_request = self.settings.unit == "request" or exchange.conversation is None
        key = exchange.request_id if by_request else str(exchange.conversation)
        hit = rate >= 1.0 or coin(self._secret, key) < rate  # no coin is 1
        stratum = self._stratum(exchange)
        if stratum is None and not hit:
            if rate != self._out.probability:
                self._out = Verdict(Decision.SAMPLED_OUT, rate)
            return self._out
        extra = self._extra(stratum, exchange) if stratum else 0.0
        probability = rate + (1 - rate) * extra
        # Drawn and counted whether the coin hit or not: turns of one conversation share the coin, so a count that
        # knew it would make the next turn's probability depend on it, and the weights biased.
        drawn = stratum is not None and self._random.random() < extra
        if stratum is not None and drawn:
            self._strata[stratum, exchange.app].kept += 1
        if hit:
            return Verdict(Decision.PUBLISHED, probability, UNIFORM)
        if stratum is not None and drawn:
            return Verdict(Decision.PUBLISHED, probability, stratum)
        return Verdict(Decision.SAMPLED_OUT, probability)

    def _stratum(self, exchange: Exchange) -> str | None:
        """The first stratum that the exchange belongs to. Membership never depends on the random number."""
        new_prompt, outcome = self._first_sight(exchange.system_prompt_hash), exchange.outcome
        if outcome is Outcome.UPSTREAM_ERROR or outcome is Outcome.TIMEOUT:
            return "error"
        if outcome is Outcome.STREAM_INCOMPLETE:
            return "stream_incomplete"
        if exchange.wire_refusal:
            return "refusal_signal"
        return "new_system_prompt" if new_prompt else None

    def _extra(self, stratum: str, exchange: Exchange) -> float:
        cap, more = divmod(getattr(self.settings.always, stratum), self._places)
        cap += self._place < more
        if cap == 0:
            return 0.0
        state = self._strata.setdefault((stratum, exchange.app), _Stratum())
        return state.probability(cap, int((exchange.started_at + exchange.duration) // 60))

    def _first_sight(self, prompt: str | None) -> bool:
        if prompt is None:
            return False
        if prompt in self._prompts:
            self._prompts.move_to_end(prompt)
            return False
        self._prompts[prompt] = None
        if len(self._prompts) > _KNOWN_PROMPTS:
            self._prompts.popitem(last=False)
        return True
