"""What is probed: each distinct system prompt and tool set, of each model, that production used in the last days."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import msgspec

from proxy.config.settings import Settings
from proxy.sample import Sample
from scorers.asking.recipient import consented
from scorers.asking.source import body_of, may_be_asked, replayable
from scorers.probes.domain import nouns
from scorers.reading.evidence import documents
from scorers.store.pool import PoolRow

#: Targets of one run; the newest ones.
MOST_TARGETS = 5
_SYSTEM = ("system", "developer")
_DOCUMENTS = 8


class Target(msgspec.Struct, frozen=True, kw_only=True):
    """A version of an application: one model with one system prompt and one tool set. ``sample_id``: the newest sample
    of it, whose prompt and tools are copied; ``seen``: samples of it in the window."""

    app: str
    upstream: str
    model: str
    system_prompt_hash: str | None
    tools_hash: str | None
    sample_id: str
    seen: int


class Found(msgspec.Struct, frozen=True):
    """The targets, the samples behind them by id, what was left out, by reason, and the samples' users by id."""

    targets: list[Target]
    samples: dict[str, Sample]
    left_out: dict[str, int]
    users: dict[str, str] = {}


def targets(rows: Sequence[PoolRow], settings: Settings) -> Found:
    """The targets in ``rows`` (oldest first), the commonest first."""
    left_out: Counter[str] = Counter()
    newest: dict[tuple[str, str, str | None, str | None], Sample] = {}
    users = {row.sample.id: row.user_hash for row in rows if row.user_hash is not None}
    seen: Counter[tuple[str, str, str | None, str | None]] = Counter()
    for row in rows:
        sample, exchange = row.sample, row.sample.exchange
        reasons = replayable(sample)
        if not may_be_asked(reasons):
            left_out[sorted(reasons - {"redacted"})[0]] += 1
        elif not consented(settings, exchange.app, exchange.upstream):
            left_out["no_consent"] += 1
        elif exchange.model_asked is None:
            left_out["no_model"] += 1
        else:
            key = (exchange.upstream, exchange.model_asked, exchange.system_prompt_hash, exchange.tools_hash)
            newest[key] = sample
            seen[key] += 1
    kept = [key for key, _ in seen.most_common(MOST_TARGETS)]
    if len(seen) > MOST_TARGETS:
        left_out["more_targets"] = len(seen) - MOST_TARGETS
    found = [
        Target(
            app=newest[key].exchange.app,
            upstream=key[0],
            model=key[1],
            system_prompt_hash=key[2],
            tools_hash=key[3],
            sample_id=newest[key].id,
            seen=seen[key],
        )
        for key in kept
    ]
    samples = {newest[key].id: newest[key] for key in kept}
    own = {identity: users[identity] for identity in samples if identity in users}
    return Found(found, samples, dict(left_out), own)


class Ground(msgspec.Struct, frozen=True):
    """What a probe is built on: the copy of the system messages, the tools, what else is sent, and the domain.

    ``thinks``: tokens of reasoning in the answer that was served."""

    system: list[dict[str, Any]]
    tools: list[dict[str, Any]]
    rest: dict[str, Any]
    nouns: tuple[str, ...]
    documents: tuple[str, ...]
    thinks: int = 0


def ground(sample: Sample) -> Ground:
    """The ground of a target, from its newest sample."""
    body = body_of(sample)
    system = [message for message in body["messages"] if message["role"] in _SYSTEM]
    asked = [str(message["content"]) for message in body["messages"] if message["role"] == "user"]
    own = documents(sample)
    known = [str(message["content"]) for message in system]
    return Ground(
        system=system,
        tools=body.get("tools", []),
        rest={name: body[name] for name in ("temperature", "top_p", "reasoning_effort") if name in body},
        nouns=nouns(known) if len(nouns(known)) >= 3 else nouns([*known, *asked]),
        documents=own[:_DOCUMENTS] if isinstance(own, tuple) else (),
        thinks=sample.exchange.usage.reasoning_output if sample.exchange.usage is not None else 0,
    )
