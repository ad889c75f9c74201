"""Settings of the requests that Sightglass itself sends: consent, budget, experiments, stability, probes."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import AfterValidator, ConfigDict, Field
from typing_extensions import TypedDict

from proxy.config.values import Duration, Model, Name, Secret, Share


def _upto(most: float) -> AfterValidator:
    def checked(value: object) -> object:
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= most:
            raise ValueError(f"a number from 0 to {most} is needed")
        return value  # as the file says it: an experiment is known by what it sends

    return AfterValidator(checked)


def _stops(value: object) -> object:
    texts = value if isinstance(value, list) else [value]
    if not texts or not all(isinstance(text, str) and text for text in texts):
        raise ValueError("a text or a list of texts is needed")
    return value


def _choice(value: object) -> object:
    if not isinstance(value, str | dict) or not value:
        raise ValueError("a text or a mapping is needed")
    return value


_Tokens = Annotated[int, Field(ge=1)]


class Parameters(TypedDict, total=False):
    """Parameters of a request that may be sent again, or set for a candidate. Everything else is left out."""

    __pydantic_config__ = ConfigDict(extra="forbid", strict=True)  # type: ignore[misc]

    temperature: Annotated[Any, _upto(2)]
    top_p: Annotated[Any, _upto(1)]
    max_tokens: _Tokens
    max_completion_tokens: _Tokens
    stop: Annotated[Any, AfterValidator(_stops)]
    seed: int
    response_format: dict[str, Any]
    tools: list[dict[str, Any]]
    tool_choice: Annotated[Any, AfterValidator(_choice)]
    reasoning_effort: Annotated[str, Field(min_length=1)]


PARAMETERS = frozenset(Parameters.__annotations__)
#: What every other application is counted as; it can be given consent like a named one.
_OTHER = "other"


class Price(Model):
    """Prices in USD per million tokens."""

    input: Annotated[float, Field(ge=0)]
    output: Annotated[float, Field(ge=0)]
    cached_input: Annotated[float, Field(ge=0)] | None = None
    cache_write: Annotated[float, Field(ge=0)] | None = None


def free_or_price(value: object) -> object:
    """``0`` is short for a price of zero."""
    return {"input": 0, "output": 0} if type(value) in (int, float) and value == 0 else value


class Consent(Model):
    """The upstreams to which the redacted text of an application may be sent again."""

    send_to: tuple[Name, ...] = Field(strict=False, min_length=1)


class Offpath(Model):
    """Requests that Sightglass sends: their budget, and whose text may go where. Nobody's, unless listed."""

    budget_usd_per_day: Annotated[float, Field(gt=0)] | None = None
    concurrency: Annotated[int, Field(ge=1, le=64)] = 4
    apps: dict[str, Consent] = Field(default={})

    def allowed(self, app: str, upstream: str) -> bool:
        """Whether text of ``app`` may be sent to ``upstream``."""
        return app in self.apps and upstream in self.apps[app].send_to


def unlimited(offpath: Offpath, upstreams: Mapping[str, Price | None], app: str) -> bool:
    """Whether nothing limits what repeated runs over ``app`` cost: no budget of a day, and an upstream with a price.

    ``upstreams``: the configured price of each by its name, ``None`` where the price comes from a table.
    """
    if offpath.budget_usd_per_day is not None or app not in offpath.apps:
        return False
    prices = [upstreams.get(name) for name in offpath.apps[app].send_to]
    return any(price is None or price.input > 0 or price.output > 0 for price in prices)


class Candidate(Model):
    """What is compared with production. What is not given is as in the request; nothing given: an A/A test."""

    upstream: Name | None = None
    model: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    system: Annotated[str, Field(min_length=1)] | None = None
    parameters: Parameters = Field(default=Parameters())


#: Outputs of scorers that an answer decides, all of them events that nobody wants more of. (What is in the question is
#: the same for both arms.)
ANSWER_OUTPUTS = (
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
_OUTCOME = r"^(judge|people|[a-z_]+\.[a-z_]+)$"
_GUARD = r"^(judge|people|failure|cost|latency|first_token|[a-z_]+\.[a-z_]+)$"
_Margin = Annotated[float, Field(gt=0, lt=1)]


_JUDGE = "judge"


class Experiment(Model):
    """A candidate against production on live traffic. ``margin``: the loss that is accepted, in net wins (0 to 1).

    ``margins`` gives single outcomes another one. ``primary``: an output, ``judge`` or ``people``.
    """

    name: Name
    app: Annotated[str, Field(min_length=1)]
    kind: Literal["shadow"] = "shadow"
    candidate: Candidate = Candidate()
    primary: Annotated[str, Field(pattern=_OUTCOME)] | None = None
    margin: _Margin = 0.10
    margins: dict[Annotated[str, Field(pattern=_GUARD)], _Margin] = Field(default={})
    share: Annotated[float, Field(gt=0, le=1)] = 0.1
    until: Duration = 30 * 86400.0
    budget_usd: Annotated[float, Field(gt=0)] | None = None


Rewrite = Literal["verb", "politeness", "format", "order", "typo"]
Battery = Literal["injection", "leak", "stuffing", "jailbreak", "edge", "vague", "unknown", "long_context"]


class Stability(Model):
    """Requests asked again, as they were and in other words. ``share`` 0: only by command."""

    apps: tuple[str, ...] = Field(default=(), strict=False)
    share: Share = 0.0
    repeats: Annotated[int, Field(ge=2, le=20)] = 5
    rewrites: tuple[Rewrite, ...] = Field(
        default=("verb", "politeness", "format", "order", "typo"), strict=False, min_length=1
    )


class Probes(Model):
    """Batteries of probes that are run by themselves, for the listed applications. None listed: off."""

    apps: tuple[str, ...] = Field(default=(), strict=False)
    batteries: tuple[Battery, ...] = Field(
        default=("injection", "leak", "stuffing", "jailbreak", "edge", "vague", "unknown", "long_context"),
        strict=False,
        min_length=1,
    )
    every: Duration = 7 * 86400.0
    max_usd: Annotated[float, Field(gt=0)] = 2.0


class AskingKeys(Model):
    """Keys of an upstream that only requests of our own use."""

    offpath_api_key: Secret | None = None
    price: Price | None = None


class Known(NamedTuple):
    """What else the configuration has: applications, upstreams, scorers; whom the judge sees, and its model."""

    apps: Collection[str]
    upstreams: Collection[str]
    scorers: Collection[str]
    judged: Collection[str] = ()
    judge: str | None = None


def problems(
    offpath: Offpath, experiments: Collection[Experiment], others: Mapping[str, Collection[str]], known: Known
) -> Iterator[str]:
    """What does not fit together, each with its path. ``others``: the applications of further settings, by path."""
    apps, upstreams = known.apps, known.upstreams
    for app, consent in offpath.apps.items():
        if app not in apps and app != _OTHER:
            yield f"offpath.apps.{app}: {app!r} is not among apps"
        for number, name in enumerate(consent.send_to):
            if name not in upstreams:
                yield f"offpath.apps.{app}.send_to[{number}]: no upstream is named {name!r}"
    names = [experiment.name for experiment in experiments]
    for number, experiment in enumerate(experiments):
        path = f"experiments[{number}]"
        if experiment.name in names[:number]:
            yield f"{path}.name: two have the same name"
        yield from (f"{path}.{line}" for line in _experiment(experiment, offpath, known))
    for path, listed in others.items():
        for number, app in enumerate(listed):
            if app not in offpath.apps:
                yield f"{path}[{number}]: {app!r} is not in offpath.apps, so its text may be sent nowhere"


def _experiment(experiment: Experiment, offpath: Offpath, known: Known) -> Iterator[str]:
    app, upstream = experiment.app, experiment.candidate.upstream
    if app not in offpath.apps:
        yield f"app: {app!r} is not in offpath.apps, so its text may be sent nowhere"
    elif upstream is not None and upstream not in known.upstreams:
        yield f"candidate.upstream: no upstream is named {upstream!r}"
    elif upstream is not None and not offpath.allowed(app, upstream):
        yield f"candidate.upstream: offpath.apps.{app}.send_to does not list {upstream!r}"
    yield from _outcomes(experiment, known)
    if experiment.budget_usd is None and offpath.budget_usd_per_day is None:
        yield "budget_usd: is needed, or offpath.budget_usd_per_day"


def _outcomes(experiment: Experiment, known: Known) -> Iterator[str]:
    primary, serves = experiment.primary or "", judge_serves(experiment, known.judge)
    if primary == _JUDGE and experiment.app not in known.judged:
        yield f"primary: the judge does not see {experiment.app!r} (judge.apps)"
    elif primary == _JUDGE and serves:
        yield f"candidate.model: the judge is {known.judge!r}; it must not serve an arm"
    elif (
        not primary and ANSWER_OUTPUTS[0].partition(".")[0] not in known.scorers and experiment.app not in known.judged
    ):
        yield "primary: is needed, since neither the scorer refusal nor the judge runs for it"
    there = [name for name in ANSWER_OUTPUTS if name.partition(".")[0] in known.scorers]
    if "." in primary and primary.partition(".")[0] not in known.scorers:
        yield f"primary: the scorer {primary.partition('.')[0]!r} does not run"
    elif "." in primary and primary not in there:
        yield f"primary: {primary} is no output that an answer decides; there are {', '.join(there)}"
    for name in experiment.margins:
        if "." in name and name not in there:
            yield f"margins.{name}: it is no outcome of this experiment; there are {', '.join(there)}"


def judge_serves(experiment: Experiment, judge: str | None) -> bool:
    """Whether the judge's model is the candidate."""
    return judge is not None and judge == experiment.candidate.model


def sent_where(offpath: Offpath, experiments: Collection[Experiment]) -> list[str]:
    """Whose text may be sent where, one line each: ``app -> upstream``."""
    lines = [f"offpath: {app} -> {name}" for app, consent in offpath.apps.items() for name in consent.send_to]
    return lines + [
        f"offpath: {experiment.app} -> the upstream that served the request (control of experiment {experiment.name})"
        for experiment in experiments
    ]
