"""Which requests of production are asked again, and how: the arms of each prompt.

A prompt is asked ``repeats`` times as it was, once in each rewrite that its text allows, and once with the control.
Nothing of a text is kept in the plan: a rewrite is made again from the stored sample, since it is deterministic.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from proxy.config.settings import Settings
from proxy.sample import Sample
from scorers.asking.recipient import consented
from scorers.asking.source import body_of, may_be_asked, replayable
from scorers.rewrites.rewrite import CONTROL, Rewritten, Unchanged, rewrite, with_control
from scorers.store.pool import PoolRow
from scorers.store.runs import AskKey

#: The arm of the request as it was.
BASE = ""


class Prompt(msgspec.Struct, frozen=True, kw_only=True):
    """One request that is asked again. ``arms``: asked beside the repeats; ``left_out``: family -> why not; ``word``:
    what an answer to the control begins with; ``cluster``: the conversation."""

    id: str
    cluster: str
    upstream: str
    model: str
    arms: tuple[str, ...]
    left_out: dict[str, str] = {}
    word: str = ""
    redacted: bool = False


class Chosen(msgspec.Struct, frozen=True):
    """The prompts of a run, the samples behind them by id, their users, and what was left out, by reason."""

    prompts: list[Prompt]
    samples: dict[str, Sample]
    users: dict[str, str]
    left_out: dict[str, int]


def choose(rows: Sequence[PoolRow], settings: Settings, families: Sequence[str], count: int, seed: int) -> Chosen:
    """At most ``count`` prompts out of ``rows``, all served by the same upstream and model: those with most of them."""
    left_out: Counter[str] = Counter()
    fit: dict[tuple[str, str], list[PoolRow]] = {}
    for row in rows:
        reason = _unfit(row.sample, settings)
        if reason is not None:
            left_out[reason] += 1
            continue
        exchange = row.sample.exchange
        fit.setdefault((exchange.upstream, exchange.model_asked or ""), []).append(row)
    if not fit:
        return Chosen([], {}, {}, dict(left_out))
    (upstream, model), own = max(fit.items(), key=lambda item: len(item[1]))
    left_out["other_model"] = sum(map(len, fit.values())) - len(own)
    drawn = random.Random(seed).sample(own, min(count, len(own)))
    prompts = [_prompt(row, families, seed, (upstream, model)) for row in drawn]
    return Chosen(
        prompts=prompts,
        samples={row.sample.id: row.sample for row in drawn},
        users={row.sample.id: row.user_hash for row in drawn if row.user_hash is not None},
        left_out={reason: n for reason, n in left_out.items() if n},
    )


def _unfit(sample: Sample, settings: Settings) -> str | None:
    """Why a sample is not asked again; ``None`` where it may be."""
    reasons = replayable(sample)
    if not may_be_asked(reasons):
        return sorted(reasons - {"redacted"})[0]
    if not consented(settings, sample.exchange.app, sample.exchange.upstream):
        return "no_consent"
    if sample.exchange.model_asked is None:
        return "no_model"
    return "no_text" if with_control(body_of(sample)["messages"]) is Unchanged.NO_TEXT else None


def _prompt(row: PoolRow, families: Sequence[str], seed: int, whom: tuple[str, str]) -> Prompt:
    sample = row.sample
    messages = body_of(sample)["messages"]
    arms, left_out = [], {}
    for family in families:
        found = rewrite(messages, family, seed)
        if isinstance(found, Rewritten):
            arms.append(family)
        else:
            left_out[family] = found.value
    control = with_control(messages, seed)
    assert isinstance(control, Rewritten)
    return Prompt(
        id=sample.id,
        cluster=row.conversation or sample.id,
        upstream=whom[0],
        model=whom[1],
        arms=(*arms, CONTROL),
        left_out=left_out,
        word=control.word,
        redacted="redacted" in replayable(sample),
    )


def keys_of(prompt: Prompt, repeats: int, seed: int) -> list[AskKey]:
    """The asks of a prompt in random order, so that a model that changes meanwhile changes for all arms."""
    keys = [AskKey(prompt.id, BASE, number) for number in range(repeats)]
    keys += [AskKey(prompt.id, arm) for arm in prompt.arms]
    return random.Random(f"{seed}:{prompt.id}").sample(keys, len(keys))


def messages_of(messages: Sequence[dict[str, Any]], arm: str, seed: int) -> list[dict[str, Any]]:
    """The messages of an arm. Raises ``ValueError`` where the text no longer allows it."""
    if arm == BASE:
        return list(messages)
    found = with_control(messages, seed) if arm == CONTROL else rewrite(messages, arm, seed)
    if isinstance(found, Unchanged):
        raise ValueError(found.value)
    return found.messages


def body_for(sample: Sample, arm: str, seed: int) -> Mapping[str, Any]:
    """The chat request of an arm, without its model."""
    body = body_of(sample)
    return {**body, "messages": messages_of(body["messages"], arm, seed)}
