"""What the configuration asks for: the outcomes of an experiment, which of them decides, and their margins."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import orjson

from proxy.config.offpath import ANSWER_OUTPUTS, Experiment, judge_serves
from proxy.config.settings import Settings
from scorers.score import JUDGE

FAILURE, COST, LATENCY, FIRST_TOKEN, PEOPLE = "failure", "cost", "latency", "first_token", "people"
#: Ratios on a scale on which four times is 1: by default, twice as dear or as slow is accepted.
RATIOS = (COST, LATENCY, FIRST_TOKEN)
RATIO_MARGIN = 0.5


@dataclass(frozen=True, slots=True)
class Spec:
    """One experiment. ``guards`` are fixed before the run. ``version`` names what was configured."""

    settings: Experiment
    version: str
    primary: str
    guards: tuple[str, ...]
    #: What is to be said beside the verdict, whatever it is.
    notes: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """Its name."""
        return self.settings.name

    @property
    def outcomes(self) -> tuple[str, ...]:
        """The primary first."""
        return (self.primary, *self.guards)

    @property
    def judged(self) -> bool:
        """Whether the judge compares answers."""
        return JUDGE in self.outcomes

    @property
    def same(self) -> bool:
        """Whether nothing is set for the candidate: an A/A test."""
        found = self.settings.candidate
        return found.upstream is None and found.model is None and found.system is None and not found.parameters

    def margin(self, outcome: str) -> float:
        """The loss that is accepted in this outcome."""
        own = self.settings.margins.get(outcome)
        if own is not None:
            return own
        return RATIO_MARGIN if outcome in RATIOS else self.settings.margin


def specs_of(settings: Settings) -> list[Spec]:
    """The experiments of the configuration, which Settings has checked."""
    return [_spec(experiment, settings) for experiment in settings.experiments]


def _spec(experiment: Experiment, settings: Settings) -> Spec:
    judge = settings.judge if settings.judge is not None and experiment.app in settings.judge.apps else None
    serves = judge is not None and judge_serves(experiment, judge.model)
    judged = [JUDGE] if judge is not None and not serves else []
    running = {str(name) for name in settings.scorers}
    local = [name for name in ANSWER_OUTPUTS if name.partition(".")[0] in running]
    all_ = [*local, FAILURE, COST, LATENCY, *judged]
    primary = experiment.primary or (JUDGE if judged else ANSWER_OUTPUTS[0])
    document = experiment.model_dump(mode="json")
    version = hashlib.sha256(orjson.dumps(document, option=orjson.OPT_SORT_KEYS)).hexdigest()[:12]
    notes = ("the judge's model is the candidate, so the judge compares nothing",) if serves else ()
    return Spec(experiment, version, primary, tuple(name for name in all_ if name != primary), notes)
