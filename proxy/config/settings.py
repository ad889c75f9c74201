"""Settings: frozen, read from one YAML file and the environment, validated at startup.

An unknown key, a wrong type, a missing ``${VAR}`` or a bad pattern stops the start. Each error is one line that begins
with the path of the key. Durations are seconds (``5``) or have a unit (``5s``, ``10m``, ``7d``).
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

import yaml
from pydantic import (
    AfterValidator,
    Field,
    ValidationError,
    field_validator,
    model_validator,
)

from proxy.config.document import Substitution, keys_below, line_of, located, path_of, positions, read_yaml
from proxy.config.offpath import (
    AskingKeys,
    Experiment,
    Known,
    Offpath,
    Price,
    Probes,
    Stability,
    free_or_price,
    problems,
)
from proxy.config.tokens import Access, Token
from proxy.config.values import (
    Address,
    Baseline,
    Duration,
    Evidence,
    Model,
    ModelPatterns,
    Name,
    QueueUrl,
    Secret,
    Share,
    StoreUrl,
    expression,
    host_name,
    http_url,
    origin_name,
    overlap,
    split_address,
)
from proxy.errors import ConfigError


class Upstream(AskingKeys):
    """One provider. ``base_url`` may end in ``/v1``; without ``api_key`` the client's own key passes through."""

    name: Name
    base_url: str
    api_key: Secret | None = None
    models: ModelPatterns = Field(default=("*",), strict=False)
    ask_usage: bool = False
    allow_private: bool = False

    @field_validator("base_url")
    @classmethod
    def _http(cls, value: str) -> str:
        return http_url(value, "an upstream")

    @field_validator("price", mode="before")
    @classmethod
    def _free(cls, value: object) -> object:
        return free_or_price(value)


#: Why a request is made that comes with a key of ours. All but the first are no production.
Purpose = Literal["production", "shadow", "stability", "probe", "suite", "benchmark", "judge"]


class Client(Model):
    """A client key and the application that holds it.

    Requests with a ``purpose`` other than production are forwarded but not stored.
    """

    key: Secret
    app: Name
    purpose: Purpose = "production"


class ConsoleToken(Model):
    """A console token and its role.

    ``scrape`` reads only /metrics. Each further role adds permissions to the one before it: read; label and accept;
    delete and import.
    """

    token: Token
    role: Literal["scrape", "viewer", "annotator", "admin"]
    name: Name


class Models(Model):
    """Model names that are allowed as label values."""

    allow: tuple[str, ...] = Field(default=(), strict=False)
    max: Annotated[int, Field(ge=1, le=200)] = 30


class Always(Model):
    """Capped strata: the maximum samples per minute and application, independent of the rate."""

    error: Annotated[int, Field(ge=0)] = 10
    stream_incomplete: Annotated[int, Field(ge=0)] = 10
    refusal_signal: Annotated[int, Field(ge=0)] = 10
    new_system_prompt: Annotated[int, Field(ge=0)] = 5


class Sampling(Model):
    """The share of the traffic that is sampled."""

    rate: Share | dict[str, Share] = 1.0
    unit: Literal["conversation", "request"] = "conversation"
    always: Always = Always()
    allow_opt_out: bool = True

    def rate_of(self, app: str) -> float:
        """The probability for one application.

        Applications missing from a mapping use ``default``, or 1.0 without one.
        """
        if isinstance(self.rate, dict):
            return self.rate.get(app, self.rate.get("default", 1.0))
        return self.rate


class Retention(Model):
    """How long rows are kept, in seconds."""

    samples: Duration = 30 * 86400.0
    exchanges: Duration = 7 * 86400.0


class Redaction(Model):
    """What is removed from text before a copy leaves the proxy process. ``patterns`` are regular expressions."""

    builtin: bool = True
    patterns: tuple[Annotated[str, AfterValidator(expression)], ...] = Field(default=(), strict=False)


class ScorerSettings(Model):
    """Settings of one scorer."""

    threshold: Annotated[float, Field(gt=0, lt=1)] | None = None
    timeout: Duration = 10.0
    apps: tuple[str, ...] = Field(default=(), strict=False)
    model: str | None = None


class Judge(Model):
    """An LLM judge for a subset of samples, within a budget. Off unless at least one app is listed."""

    base_url: Annotated[str, AfterValidator(partial(http_url, what="a judge"))]
    api_key: Secret | None = None
    model: Annotated[str, Field(min_length=1)]
    price: Price | None = None
    budget_usd_per_day: Annotated[float, Field(gt=0)] | None = None
    sample: Share = 0.1
    apps: tuple[str, ...] = Field(default=(), strict=False)
    timeout: Duration = 60.0
    max_tokens: Annotated[int, Field(ge=1, le=1_000_000)] = 1_500
    reasoning_effort: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,31}$")] | None = None
    allow_private: bool = False


class Objective(Model):
    """A latency objective: ``share`` of the requests have ``signal`` below ``below_seconds``."""

    app: str = "*"
    signal: Literal["time_to_first_token", "duration", "time_per_output_token"]
    below_seconds: Annotated[float, Field(gt=0)]
    share: Annotated[float, Field(gt=0, lt=1)]


class Drift(Model):
    """The false-alarm budget of all drift signals together."""

    false_alarms_per_month: Annotated[float, Field(gt=0)] = 1
    baseline: Baseline = Baseline()


class Limits(Model):
    """Upper bounds; sizes in bytes."""

    body_bytes: Annotated[int, Field(ge=1)] = 100_000_000
    inflight_body_bytes: Annotated[int, Field(ge=1)] = 1_000_000_000
    inflight: Annotated[int, Field(ge=1)] = 2000
    capture_bytes: Annotated[int, Field(ge=0)] = 256_000
    drain_seconds: Annotated[float, Field(ge=0)] = 30
    ring_bytes: Annotated[int, Field(ge=1)] = 64_000_000
    queue_bytes: Annotated[int, Field(ge=1)] = 2_000_000_000
    scorer_memory_bytes: Annotated[int, Field(ge=50_000_000, le=2**50)] = 1_000_000_000


class Timeouts(Model):
    """Timeouts for upstream connections and for reading client requests, in seconds."""

    connect: Duration = 5.0
    first_byte: Duration = 600.0
    idle: Duration = 120.0
    tunnel: Duration = 3600.0
    request_head: Duration = 15.0
    request_body: Duration = 60.0


ScorerName = Literal[
    "refusal", "groundedness", "abstention", "clarification", "context_utilization", "prompt_injection", "format"
]
#: The scorers that run when the file names none.
_DEFAULT_SCORERS: dict[ScorerName, ScorerSettings] = {name: ScorerSettings() for name in get_args(ScorerName)}


class Settings(Model):
    """The whole configuration. Relative ``prices`` paths are resolved against ``base_dir``, the folder of the file."""

    listen: Address = "127.0.0.1:8080"
    metrics_listen: Address = "127.0.0.1:8081"
    console_listen: Address = "127.0.0.1:8082"
    console_token: Secret | None = None
    console_tokens: tuple[ConsoleToken, ...] = Field(default=(), strict=False)
    data_dir: Annotated[str, Field(min_length=1)] = "./sightglass-data"
    upstreams: tuple[Upstream, ...] = Field(strict=False, min_length=1)
    default_upstream: str | None = None
    apps: tuple[Name, ...] = Field(default=(), strict=False)
    clients: tuple[Client, ...] = Field(default=(), strict=False)
    models: Models = Models()
    sampling: Sampling = Sampling()
    queue: QueueUrl = "sqlite"
    store: StoreUrl = "sqlite"
    retention: Retention = Retention()
    content: Literal["none", "flagged", "sampled"] = "sampled"
    redaction: Redaction = Redaction()
    evidence: Evidence = Evidence()
    scorers: dict[ScorerName, ScorerSettings] = Field(default_factory=lambda: dict(_DEFAULT_SCORERS))
    judge: Judge | None = None
    prices: str | None = None
    objectives: tuple[Objective, ...] = Field(default=(), strict=False)
    drift: Drift = Drift()
    offpath: Offpath = Offpath()
    experiments: tuple[Experiment, ...] = Field(default=(), strict=False)
    stability: Stability = Stability()
    probes: Probes = Probes()
    processes: Annotated[int, Field(ge=1, le=64)] = 1
    scorer_processes: Annotated[int, Field(ge=1, le=64)] | None = None
    limits: Limits = Limits()
    timeouts: Timeouts = Timeouts()
    task_idle_seconds: Annotated[float, Field(gt=0)] = 1800
    access_log: bool = True
    hop_header: bool = True
    traceparent_header: bool = True
    baggage_headers: bool = False
    forward_administration: bool = False
    allowed_hosts: tuple[Annotated[str, AfterValidator(host_name)], ...] = Field(default=(), strict=False)
    allowed_origins: tuple[Annotated[str, AfterValidator(origin_name)], ...] = Field(default=(), strict=False)

    @field_validator("scorers", mode="before")
    @classmethod
    def _empty_means_defaults(cls, value: object) -> object:
        if isinstance(value, dict):
            return {key: {} if item is None else item for key, item in value.items()}
        return value

    @model_validator(mode="after")
    def _consistent(self) -> Settings:
        if "console_listen" not in self.model_fields_set:
            self._make_way()
        if wrong := "\n".join(self._wrong()):
            raise ValueError(wrong)
        return self

    def _wrong(self) -> Iterator[str]:
        names = [upstream.name for upstream in self.upstreams]
        yield from (f"upstreams[{n}].name: two have the same name" for n, name in enumerate(names) if name in names[:n])
        if self.default_upstream is not None and self.default_upstream not in names:
            yield f"default_upstream: no upstream is named {self.default_upstream!r}"
        if found := self._access.problem():
            yield found
        if len({token.name for token in self.console_tokens}) < len(self.console_tokens):
            yield "console_tokens: two have the same name"
        keys = [client.key.get_secret_value() for client in self.clients]
        for number, client in enumerate(self.clients):
            if client.app not in self.apps:
                yield f"clients[{number}].app: {client.app!r} is not among apps"
            if keys[number] in keys[:number]:
                yield f"clients[{number}].key: two have the same key"
        others = {"stability.apps": self.stability.apps, "probes.apps": self.probes.apps}
        judge = (self.judge.apps, self.judge.model) if self.judge else ((), None)
        yield from problems(self.offpath, self.experiments, others, Known(self.apps, names, [*self.scorers], *judge))
        yield from filter(None, [overlap(self.listen, self.metrics_listen, self.console_listen, self.processes)])

    def _make_way(self) -> None:
        """Without a configured address, the console uses a port that overlaps no other listener of any process."""
        host, usual = split_address(self.console_listen)
        behind = split_address(self.metrics_listen)[1] + self.processes
        for port in (usual, *range(max(usual, behind), min(max(usual, behind) + 3, 65536))):
            if not overlap(self.listen, self.metrics_listen, f"{host}:{port}", self.processes):
                self.__dict__["console_listen"] = f"{host}:{port}"
                return

    def access_warnings(self) -> list[str]:
        """One line for each token that the next version will reject."""
        return self._access.warnings()

    @property
    def _access(self) -> Access:
        """The tokens, keys and URLs with passwords in this configuration."""
        tokens = [("console_token", self.console_token)] if self.console_token else []
        tokens += [(f"console_tokens[{number}].token", item.token) for number, item in enumerate(self.console_tokens)]
        keys = [(f"clients[{number}].key", item.key) for number, item in enumerate(self.clients)]
        return Access(self.console_listen, tokens, keys, {"queue": self.queue, "store": self.store})

    @property
    def default(self) -> Upstream:
        """The upstream for requests that do not name a model."""
        return next((u for u in self.upstreams if u.name == self.default_upstream), self.upstreams[0])


def _validate(data: dict[str, Any], substitution: Substitution) -> Settings:
    """Settings from ``data``. A variable whose text is invalid is tried again as a number."""
    try:
        return Settings.model_validate(data)
    except ValidationError as error:
        wrong = {path_of(tuple(item["loc"])) for item in error.errors(include_url=False, include_input=False)}
        if not substitution.read_numbers(wrong):
            raise
        return Settings.model_validate(data)


_KEYS = keys_below(Settings)


def parse(document: object, environ: Mapping[str, str], overrides: Mapping[str, object] | None = None) -> Settings:
    """Settings from a parsed YAML document. Raises ``ConfigError`` with the path of each wrong key."""
    if document is None:
        document = {}
    if not isinstance(document, dict):
        raise ConfigError(["the file is not a mapping of keys"])
    substitution = Substitution(environ)
    try:
        data = substitution.document(document)
    except RecursionError:
        raise ConfigError(["an alias in the file refers to itself"]) from None
    assert isinstance(data, dict)
    data.update(overrides or {})
    found, unset = substitution.problems, substitution.unset
    try:
        settings = _validate(data, substitution)
    except ValidationError as error:
        by_path: dict[str, str] = {}
        for item in error.errors(include_url=False, include_input=False):
            # Upstreams that are all wrong are no missing ones.
            if item["type"] != "too_short" or item["loc"] != ("upstreams",) or not data.get("upstreams"):
                by_path.setdefault(path_of(tuple(item["loc"])), line_of(item, _KEYS))
        # Only what is wrong inside a mapping or a list is of use, not what is therefore wrong with the whole.
        outer = {path for path in by_path if path and any(o.startswith((f"{path}.", f"{path}[")) for o in by_path)}
        found.extend(part for path, line in by_path.items() if path not in unset | outer for part in line.split("\n"))
        raise ConfigError(found) from None
    if found:
        raise ConfigError(found)
    return settings


def load(
    path: Path | None, environ: Mapping[str, str] = os.environ, overrides: Mapping[str, object] | None = None
) -> Settings:
    """Settings from a file, or from ``overrides`` alone if there is no file. Raises ``ConfigError``.

    A relative ``prices`` path is resolved against the folder of the file.
    """
    document: object = {}
    text = ""
    if path is not None:
        try:
            text = path.read_text(encoding="utf-8")
            document = read_yaml(text)
        except OSError as error:
            raise ConfigError([f"{path}: {error.strerror}"]) from None
        except (yaml.YAMLError, UnicodeDecodeError) as error:
            raise ConfigError([f"{path}: not YAML: {' '.join(str(error).split())}"]) from None
        if isinstance(document, dict) and isinstance(document.get("prices"), str):
            document["prices"] = str(path.parent / document["prices"])
    try:
        return parse(document, environ, overrides)
    except ConfigError as error:
        lines = positions(text)
        raise ConfigError([located(problem, lines) for problem in error.problems]) from None
