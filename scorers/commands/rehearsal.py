"""``python -m scorers rehearse``: baselines for a demonstration, made up out of the first minute of its own traffic.

A baseline takes a week of traffic, which nobody waits for in a demonstration. So the conversations that were sampled so
far are repeated, in a shuffled order, over the days before, until each signal has what it needs. Nothing of it is a
sample, a score or a rate: only the signals learn, and each says that its baseline is simulated.
"""

from __future__ import annotations

import math
import random
import sys
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

import msgspec

from proxy.config.settings import Settings
from proxy.run.command_line import Parser
from proxy.run.processes import private_folder
from proxy.telemetry.label_values import OTHER
from scorers.commands.options import add_options, settings_of
from scorers.drift.baseline import DAY
from scorers.drift.monitor import plan_of, state_row
from scorers.drift.signals import Plan, Signal, State, Value, begin, observe
from scorers.drift.values import Key, dimensions_of, values_of
from scorers.score import Score
from scorers.store.drift import DriftTurn
from scorers.store.facts import facts_of
from scorers.store.queries import MAX_LIMIT
from scorers.store.records import Facts, Observation, SampleQuery
from scorers.store.store import Store

#: A signal that fewer conversations spoke of is left to learn: repeating them would feign knowledge.
LEAST = 25
#: Days and values made up, of what a baseline needs: the last of them comes a few hours ago.
_MARGIN = 1.05


def main(argv: list[str]) -> int:
    """The exit status; the number of signals that have a baseline now goes to stdout."""
    parser = Parser(prog="python -m scorers rehearse")
    add_options(parser)
    settings = settings_of(parser.parse_args(argv))
    with closing(Store.open(settings.store, Path(private_folder(settings.data_dir)))) as store:
        found = rehearse(store, settings, time.time())
    sys.stdout.write(f"{found}\n")
    return 0


def rehearse(store: Store, settings: Settings, now: float) -> int:
    """Give every signal that enough conversations spoke of a simulated baseline that ends at ``now`` (Unix s).

    Returns the number of those signals. What they had learned is replaced. Blocking.
    """
    spoken = _spoken(store)
    chosen = {key: values for key, values in spoken.items() if len(values) >= LEAST}
    plan = plan_of(settings, len(chosen))
    rows = [state_row(_taught(key, values, plan, now)) for key, values in sorted(chosen.items())]

    def step(turn: DriftTurn) -> None:
        turn.save(rows)

    store.drift(step)
    return len(rows)


def _taught(key: Key, values: Sequence[Value], plan: Plan, now: float) -> Signal:
    """A signal that has learned ``values`` over and over, from long enough ago until ``now``."""
    count = math.ceil(max(len(values), plan.min_samples * _MARGIN))
    start = now - plan.min_days * _MARGIN * DAY
    signal = begin(*key, start)
    # By the key, so that two signals of the same conversations are not shuffled alike.
    chance = random.Random("/".join(key))
    every: list[Value] = []
    while len(every) < count:
        every += chance.sample(values, len(values))
    for number, value in enumerate(every[:count]):
        share = (number + chance.random()) / count if number else 0.0
        observe(signal, msgspec.structs.replace(value, at=start + share * (now - start)), plan)
        if signal.state is not State.LEARNING:
            break
    signal.simulated = True
    return signal


def _spoken(store: Store) -> dict[Key, list[Value]]:
    """What every conversation that is stored with its text has said so far, its first word on each signal."""
    found: dict[Key, list[Value]] = defaultdict(list)
    heard: set[tuple[str, Key]] = set()
    for seen in _observations(store):
        for key, value in values_of(seen, seen.model, dimensions_of(seen.facts)):
            voice = (seen.conversation or f"{key}{seen.at}", key)
            if voice not in heard:
                heard.add(voice)
                found[key].append(value)
    return found


def _observations(store: Store) -> Iterator[Observation]:
    query = SampleQuery(limit=MAX_LIMIT)
    facts: dict[str, Facts] = {sample.id: facts_of(sample) for sample in store.contents(query)[0]}
    for record in reversed(store.samples(query).samples):
        if record.id not in facts:
            continue
        by_scorer: dict[str, list[Score]] = {}
        for score in record.scores:
            by_scorer.setdefault(score.scorer, []).append(score)
        yield Observation(
            app=record.app,
            model=record.model or OTHER,
            conversation=record.conversation,
            at=record.started_at,
            facts=facts[record.id],
            told=True,
            scores=by_scorer,
        )
