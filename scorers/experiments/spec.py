"""What the configuration asks for: the outcomes of an experiment, which of them decides, and their margins."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import orjson

from proxy.config.offpath import Experiment
from proxy.config.settings import Settings
from proxy.errors import ConfigError
from scorers.score import JUDGE, OUTPUTS

#: Outputs that an answer decides, all of them events that nobody wants more of. (What is in the question is the same
#: for both arms.)
LOCAL = (
    "refusal.refused",
    "groundedness.ungrounded",
    "groundedness.contradicted",
    "abstention.abstained",
    "abstention.hedged",
    "clarification.asked",
    "context_utilization.ignored_context",
    "prompt_injection.leaked",
    "format.invalid",
)
FAILURE, COST, LATENCY, FIRST_TOKEN, PEOPLE = "failure", "cost", "latency", "first_token", "people"
#: Ratios on a scale on which four times is 1: by default, twice as dear or as slow is accepted.
_RATIOS = (COST, LATENCY, FIRST_TOKEN)
_RATIO_MARGIN = 0.5


@dataclass(frozen=True, slots=True)
class Spec:
    """One experiment. ``guards`` are fixed before the run. ``version`` names what was configured."""

    settings: Experiment
    version: str
    primary: str
    guards: tuple[str, ...]

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
        return _RATIO_MARGIN if outcome in _RATIOS else self.settings.margin


def specs_of(settings: Settings) -> list[Spec]:
    """The experiments of the configuration. Raises ``ConfigError``, a line for each that cannot be run."""
    problems: list[str] = []
    found = []
    for number, experiment in enumerate(settings.experiments):
        try:
            found.append(_spec(experiment, settings))
        except ValueError as error:
            problems.append(f"experiments[{number}].{error}")
    if problems:
        raise ConfigError(problems)
    return found


def _spec(experiment: Experiment, settings: Settings) -> Spec:
    judge = settings.judge if settings.judge is not None and experiment.app in settings.judge.apps else None
    serves = judge is not None and judge.model == experiment.candidate.model
    primary = experiment.primary or (JUDGE if judge is not None and not serves else LOCAL[0])
    if primary == JUDGE and judge is None:
        raise ValueError(f"primary: the judge does not see {experiment.app!r} (judge.apps)")
    if primary == JUDGE and serves:
        raise ValueError(f"candidate.model: the judge is {experiment.candidate.model!r}; it must not serve an arm")
    running = {str(name) for name in settings.scorers}
    local = [name for name in LOCAL if name.partition(".")[0] in running]
    if "." in primary and primary not in local:
        known = primary.partition(".")[2] in OUTPUTS.get(primary.partition(".")[0], ())
        why = "no answer decides it" if known else "there is no such output"
        raise ValueError(f"primary: {primary}: {why}; there are {', '.join(local)}")
    all_ = [*local, FAILURE, COST, LATENCY, *([JUDGE] if judge is not None and not serves else [])]
    for name in experiment.margins:
        if name not in (*all_, primary, FIRST_TOKEN):
            raise ValueError(f"margins.{name}: it is no outcome of this experiment")
    document = experiment.model_dump(mode="json")
    version = hashlib.sha256(orjson.dumps(document, option=orjson.OPT_SORT_KEYS)).hexdigest()[:12]
    return Spec(experiment, version, primary, tuple(name for name in all_ if name != primary))
