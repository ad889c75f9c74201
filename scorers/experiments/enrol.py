"""From stored samples to pairs, in the order in which they were stored. Nothing here looks at an answer.

A conversation is enrolled once, with the turns of it that the store holds at that moment (at most ``MOST_PAIRS``), and
is closed with them. Every conversation has the same probability: the share of the experiment times the sampling rate as
it was configured at the start. What sampling kept with a higher probability is thinned. Samples of capped strata
(errors, refusals) are left out by name, since nobody knows with which probability they came.
"""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from proxy.exchange import Outcome
from proxy.sample import Sample
from proxy.wire.replay import REASONS, REDACTED
from scorers.asking.source import body_of, may_be_asked, replayable
from scorers.experiments.parts import Parts
from scorers.experiments.spec import Spec
from scorers.judge.selection import coin
from scorers.store.drawn import DrawnSample
from scorers.store.experiments import CANDIDATE, CONTROL, Enrolment, Pair

#: Turns of one conversation that are asked again at most, and the rule by which a conversation is closed.
MOST_PAIRS = 3
UNIFORM = "uniform"
#: How long a sample that has not come whole is waited for, in seconds.
_PATIENCE = 60.0
NO_CONSENT, UNPRICED, ENROLLED, THINNED, NO_UPSTREAM, JUDGE_SERVES = (
    "no_consent",
    "unpriced",
    "conversation_enrolled",
    "thinned",
    "no_upstream",
    "judge_serves_arm",
)


class Arm(msgspec.Struct, frozen=True):
    """Whom one arm of a pair asks."""

    upstream: str
    model: str


@dataclass(frozen=True, slots=True)
class Rules:
    """What decides whether a sample is asked again. ``allowed``: (app, upstream); ``priced``: (upstream, model);
    ``rate``: the sampling rate as it was at the start; ``judge``: the judge's model, where it compares answers."""

    allowed: Callable[[str, str], bool]
    known: Callable[[str], bool]
    priced: Callable[[str, str], bool]
    rate: float
    secret: bytes
    judge: str | None = None


def rules_of(spec: Spec, parts: Parts, plan: Mapping[str, Any], judged: bool) -> Rules:
    """The rules of a run by its ``plan`` and by what is configured. ``judged``: whether the judge compares answers."""
    settings = parts.settings

    def served(app: str, upstream: str) -> bool:
        """An A/A test asks only where the request went."""
        return app in settings.offpath.apps

    return Rules(
        allowed=served if spec.same else settings.offpath.allowed,
        known=parts.clients.knows,
        priced=parts.clients.has_price,
        rate=float(plan.get("rate", 1.0)),
        secret=parts.secret,
        judge=settings.judge.model if judged and settings.judge is not None else None,
    )


@dataclass(slots=True)
class Enrolled:
    """New pairs, and where the store was left."""

    pairs: list[Pair] = field(default_factory=list)
    samples: dict[str, Sample] = field(default_factory=dict)
    enrolment: Enrolment | None = None
    #: (upstream, model) without a price, as the last one was seen.
    unpriced: Arm | None = None


def arms_of(sample: Sample, spec: Spec) -> dict[str, Arm] | None:
    """Whom the arms ask; ``None`` where the request names no model."""
    model = sample.exchange.model
    if model is None:
        return None
    control = Arm(sample.exchange.upstream, model)
    candidate = spec.settings.candidate
    return {CONTROL: control, CANDIDATE: Arm(candidate.upstream or control.upstream, candidate.model or model)}


def body_for(sample: Sample, spec: Spec, arm: str) -> dict[str, Any]:
    """What an arm is asked; streamed where the request was, so that its first token can be timed."""
    streamed = {"stream": True, "stream_options": {"include_usage": True}} if sample.exchange.streamed else {}
    if arm == CONTROL:
        return body_of(sample) | streamed
    return body_of(sample, spec.settings.candidate.parameters, spec.settings.candidate.system) | streamed


def enrol(
    run: tuple[str, int, Enrolment],
    rows: Sequence[DrawnSample],
    enrolled: set[str],
    rules: tuple[Spec, Rules],
    now: float,
) -> Enrolled:
    """New pairs from the next ``rows``. ``run``: its id, the number of its next pair, and where it stands;
    ``enrolled``: those of the rows' conversations that it has already."""
    (identity, number, before), (spec, own) = run, rules
    found, skipped = Enrolled(), Counter(before.skipped)
    turns: Counter[str] = Counter()
    seen, last = before.seen, (before.stored_at, before.sample_id)
    for row in rows:
        if not row.whole and now - row.stored_at < _PATIENCE:
            break
        seen, last = seen + 1, (row.stored_at, row.id)
        conversation = row.conversation or row.id
        reason = _why_not(
            row, conversation in enrolled or turns[conversation] >= MOST_PAIRS, (identity, spec, own), found
        )
        if reason is not None:
            skipped[reason] += 1
            continue
        assert row.sample is not None
        turns[conversation] += 1
        pair = _pair(identity, number + len(found.pairs), row, spec, now)
        found.pairs.append(pair)
        found.samples[pair.id] = row.sample
    found.enrolment = Enrolment(*last, seen, dict(skipped), before.paused)
    return found


def _why_not(row: DrawnSample, enrolled: bool, run: tuple[str, Spec, Rules], found: Enrolled) -> str | None:
    identity, spec, rules = run
    if row.stratum != UNIFORM:
        return row.stratum
    common = rules.rate * spec.settings.share
    if coin(rules.secret, identity, row.conversation or row.id) >= common / max(row.probability, common):
        return THINNED
    if row.outcome == Outcome.CLIENT_ERROR.value:
        return Outcome.CLIENT_ERROR.value
    reasons = replayable(row.sample)
    if row.sample is None or not may_be_asked(reasons):
        return next(reason for reason in REASONS if reason in reasons and reason != REDACTED)
    if enrolled:
        return ENROLLED
    reason, arm = refused(row.sample, spec, rules)
    if reason == UNPRICED:
        found.unpriced = arm
    return reason


def refused(sample: Sample, spec: Spec, rules: Rules) -> tuple[str | None, Arm | None]:
    """Why the arms of a sample may not be asked, and the arm that it is about where it is about one."""
    arms = arms_of(sample, spec)
    if arms is None or not all(rules.known(arm.upstream) for arm in arms.values()):
        return NO_UPSTREAM, None
    # The control goes where the request went; that upstream has the text.
    if not rules.allowed(spec.settings.app, arms[CANDIDATE].upstream):
        return NO_CONSENT, arms[CANDIDATE]
    for arm in arms.values():
        if not rules.priced(arm.upstream, arm.model):
            return UNPRICED, arm
        if rules.judge is not None and arm.model == rules.judge:
            return JUDGE_SERVES, arm
    return None, None


def _pair(run: str, number: int, row: DrawnSample, spec: Spec, now: float) -> Pair:
    sample = row.sample
    assert sample is not None
    served = sample.choices[0] if sample.choices else None
    first, left = (CONTROL, CANDIDATE)[secrets.randbelow(2)], (CONTROL, CANDIDATE)[secrets.randbelow(2)]
    return Pair(
        run=run,
        number=number,
        id=secrets.token_hex(16),
        conversation=row.conversation or row.id,
        sample_id=row.id,
        enrolled_at=now,
        whole=REDACTED not in replayable(sample),
        first_arm=first,
        left_arm=left,
        user_hash=row.user_hash,
        request=body_for(sample, spec, CONTROL),
        served=None if served is None else _said(served, sample),
    )


def _said(choice: Any, sample: Sample) -> dict[str, Any]:  # noqa: ANN401 - proxy.sample.Choice
    calls = [msgspec.to_builtins(call) for call in choice.tool_calls]
    return {"text": choice.text, "tool_calls": calls, "model": sample.exchange.model_served}


def reasons_shown(skipped: Mapping[str, int]) -> dict[str, int]:
    """Why samples were left out, without those that the share left out."""
    return {reason: n for reason, n in sorted(skipped.items()) if n}
