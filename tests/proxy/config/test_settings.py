"""Settings: every way of being wrong is one line that begins with the key's path; the documented example loads."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, get_args

import pytest
from pydantic import ValidationError

from proxy.config.settings import ScorerName, Settings, load, parse
from proxy.config.values import is_loopback, split_address
from proxy.errors import ConfigError
from proxy.run.config_warnings import cautions

MINIMAL: dict[str, Any] = {"upstreams": [{"name": "local", "base_url": "http://127.0.0.1:8000/v1"}]}

EXAMPLE = """
listen: 127.0.0.1:8080
metrics_listen: 127.0.0.1:8081
console_listen: 127.0.0.1:8082
console_token: ${CONSOLE_TOKEN}
data_dir: ./sightglass-data
upstreams:
  - name: openai
    base_url: https://api.openai.com/v1
    api_key: "${OPENAI_API_KEY}"
    models: ["gpt-*", "o3*", "text-embedding-*"]
  - {name: local, base_url: http://127.0.0.1:8000/v1, models: ["*"]}
default_upstream: openai
apps: [support-bot, search]
clients: []
models: {allow: [], max: 30}
sampling:
  rate: 0.1
  unit: conversation
  always: {error: 10, stream_incomplete: 10, refusal_signal: 10, new_system_prompt: 5}
  allow_opt_out: true
queue: sqlite
store: sqlite
retention: {samples: 30d, exchanges: 7d}
content: sampled
redaction: {builtin: true, patterns: []}
scorers:
  {refusal: {}, groundedness: {}, abstention: {}, clarification: {}, context_utilization: {},
   prompt_injection: {}, format: {}}
judge:
  {base_url: https://judge.example/v1, api_key: k, model: j, price: {input: 1, output: 2},
   budget_usd_per_day: 5, sample: 0.1, apps: []}
prices: prices.yaml
objectives: [{app: "*", signal: time_to_first_token, below_seconds: 2.5, share: 0.95}]
drift: {false_alarms_per_month: 1, baseline: {min_days: 7, min_samples: 500}}
processes: 1
limits:
  {body_bytes: 100000000, inflight_body_bytes: 1000000000, inflight: 2000, capture_bytes: 256000, drain_seconds: 30}
timeouts: {connect: 5s, first_byte: 600s, idle: 120s}
"""


def _problems(document: object, environ: dict[str, str] | None = None) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        parse(document, environ or {})
    assert all("\n" not in problem and problem.strip() for problem in caught.value.problems)
    return caught.value.problems


def _set(path: str, value: Any) -> dict[str, Any]:
    """The minimal document with ``a.b`` set to ``value``."""
    document: dict[str, Any] = {**MINIMAL}
    *outer, last = path.split(".")
    node = document
    for key in outer:
        node = node.setdefault(key, {})
    node[last] = value
    return document


def test_the_documented_example_loads(tmp_path: Path) -> None:
    """The configuration that the documents show loads as it stands, variables filled in."""
    file = tmp_path / "sightglass.yaml"
    file.write_text(EXAMPLE, encoding="utf-8")
    settings = load(file, {"CONSOLE_TOKEN": "token-1", "OPENAI_API_KEY": "key-1"})
    assert settings.console_token is not None
    assert settings.console_token.get_secret_value() == "token-1"
    assert settings.upstreams[0].api_key is not None
    assert settings.upstreams[0].api_key.get_secret_value() == "key-1"
    assert (settings.retention.samples, settings.retention.exchanges) == (30 * 86400.0, 7 * 86400.0)
    assert (settings.timeouts.connect, settings.timeouts.first_byte) == (5.0, 600.0)
    assert settings.default.name == "openai"
    assert settings.prices == str(tmp_path / "prices.yaml")
    assert set(settings.scorers) >= {"refusal", "format"}
    assert settings.sampling.rate_of("anything") == 0.1


def test_the_shortest_configuration() -> None:
    """One upstream is enough; listeners are on loopback, and everything is sampled."""
    settings = parse(MINIMAL, {})
    assert settings.default.name == "local"
    assert all(
        is_loopback(split_address(a)[0]) for a in (settings.listen, settings.metrics_listen, settings.console_listen)
    )
    assert settings.sampling.rate_of("x") == 1.0


@pytest.mark.parametrize(
    "path",
    [
        "lisen",
        "limits.bodybytes",
        "sampling.always.errors",
        "scorers.refusl",
        "scorers.refusal.tresh",
        "timeouts.read",
        "judge.key",
    ],
)
def test_unknown_keys(path: str) -> None:
    """An unknown key fails the start and names its path, at any depth."""
    assert f"{path}: unknown key" in [problem.partition(";")[0] for problem in _problems(_set(path, {}))]


@pytest.mark.parametrize(
    ("path", "near"),
    [
        ("lisen", "listen"),
        ("limits.bodybytes", "body_bytes"),
        ("sampling.always.errors", "error"),
        ("judge.key", "api_key"),
        ("scorers.refusl", "refusal"),
        ("scorers.abstension", "abstention"),
        ("scorers.refusal.tresh", "threshold"),
        ("scorers.zebra", None),
        ("zebra", None),
    ],
)
def test_an_unknown_key_that_is_nearly_a_known_one(path: str, near: str | None) -> None:
    """The known key that was probably meant is named; where none is near, none is."""
    line = next(problem for problem in _problems(_set(path, {})) if problem.startswith(f"{path}: unknown key"))
    assert line == f"{path}: unknown key" + (f"; did you mean {near}?" if near else "")


def test_unknown_key_of_an_upstream() -> None:
    """An unknown key inside a list names the place in the list."""
    document = {"upstreams": [*MINIMAL["upstreams"], {"name": "b", "base_url": "http://h", "apikey": "x"}]}
    assert _problems(document) == ["upstreams[1].apikey: unknown key; did you mean api_key?"]


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("processes", "two"),
        ("processes", 0),
        ("processes", 1.5),
        ("access_log", "yes please"),
        ("apps", "support"),
        ("apps", ["other"]),
        ("apps", ["a b"]),
        ("apps", [""]),
        ("sampling", []),
        ("sampling.rate", 1.5),
        ("sampling.rate", "10%"),
        ("sampling.rate", {"bot": 2}),
        ("sampling.unit", "session"),
        ("sampling.always.error", -1),
        ("limits.body_bytes", True),
        ("limits.drain_seconds", -1),
        ("models.max", 0),
        ("models.max", 100_000),
        ("retention.samples", "30 days"),
        ("retention.samples", "-5s"),
        ("retention.samples", 0),
        ("timeouts.idle", "5 s 3 m"),
        ("listen", "8080"),
        ("listen", "127.0.0.1:99999"),
        ("listen", "127.0.0.1:http"),
        ("queue", "kafka://x"),
        ("store", "mysql://x"),
        ("content", "everything"),
        ("redaction.patterns", ["("]),
        ("redaction.patterns", ["x*"]),
        ("scorers.refusal.threshold", 1.0),
        ("task_idle_seconds", 0),
        ("drift.baseline.min_samples", 3),
    ],
)  # fmt: skip
def test_wrong_values(path: str, value: Any) -> None:
    """A value of the wrong type or out of its bounds is one line that begins with the key's path."""
    problems = _problems(_set(path, value))
    assert len(problems) == 1
    assert problems[0].startswith(path)
    assert ": " in problems[0]


@pytest.mark.parametrize(
    "url",
    [
        "api.openai.com/v1",
        "ftp://h.example",
        "https://",
        "http://user:secretpw@h.example",
        "https://h.example?key=secretpw",
        "https://h.example#secretpw",
        "http://h.example:99999",
        "http://[::1",
        7,
    ],
)
def test_wrong_base_urls(url: object) -> None:
    """A base URL that is none, or that carries a user, a query or a fragment, is refused and not repeated."""
    (problem,) = _problems({"upstreams": [{"name": "u", "base_url": url}]})
    assert problem.startswith("upstreams[0].base_url: ")
    assert "secretpw" not in problem


@pytest.mark.parametrize("pattern", ["", "gpt 4", "gpt-[4", "a\tb"])
def test_wrong_model_patterns(pattern: str) -> None:
    """A model pattern that cannot match as meant is refused."""
    (problem,) = _problems({"upstreams": [{"name": "u", "base_url": "http://h", "models": [pattern]}]})
    assert problem.startswith("upstreams[0].models[0]: bad model pattern")


@pytest.mark.parametrize("document", [None, {}, {"upstreams": []}])
def test_no_upstream(document: object) -> None:
    """Without an upstream there is nothing to forward to."""
    (problem,) = _problems(document)
    assert problem.startswith("upstreams")


@pytest.mark.parametrize("document", [[], "x", 7, [{"upstreams": []}]])
def test_no_mapping(document: object) -> None:
    """A document that is no mapping is said to be none."""
    assert _problems(document) == ["the file is not a mapping of keys"]


@pytest.mark.parametrize(
    ("changes", "start"),
    [
        ({"default_upstream": "openai"}, "default_upstream: no upstream is named 'openai'"),
        ({"console_listen": "0.0.0.0:8082"}, "console_token: required"),
        ({"clients": [{"key": "k", "app": "bot"}]}, "clients[0].app: 'bot' is not among apps"),
        (
            {"apps": ["a"], "clients": [{"key": "k", "app": "a"}, {"key": "k", "app": "a"}]},
            "clients[1].key: two have the same key",
        ),
        ({"console_token": ""}, "console_token: is empty"),
        ({"console_token": "change-me-0123456789"}, "console_token: still the value of an example"),
        ({"console_token": "CHANGE_ME"}, "console_token: still the value of an example"),
        (
            {"console_tokens": [{"name": "a", "role": "scrape", "token": "change-me-too-please"}]},
            "console_tokens[0].token: still the value of an example",
        ),
        (
            {"apps": ["a"], "clients": [{"key": "Change-Me", "app": "a"}]},
            "clients[0].key: still the value of an example",
        ),
        ({"store": "postgresql://sg:change-me-7@db/sg"}, "store: still the value of an example"),
        ({"queue": "redis://:change%2Dme@r:6379/0"}, "queue: still the value of an example"),
        ({"data_dir": ""}, "data_dir: is empty"),
        (
            {"processes": 2, "console_listen": "127.0.0.1:8082"},
            "console_listen: metrics_listen has port 8082, and with 2 processes metrics_listen takes",
        ),
        ({"metrics_listen": "0.0.0.0:8080"}, "listen: metrics_listen has port 8080"),
        ({"console_listen": "127.0.0.1:8080"}, "console_listen: listen has port 8080"),
        ({"metrics_listen": "127.0.0.1:65535", "processes": 3}, "metrics_listen: 3 processes count up from it"),
        ({"upstreams": MINIMAL["upstreams"] * 2}, "upstreams[1].name: two have the same name"),
        ({"objectives": [{"signal": "speed", "below_seconds": 1, "share": 0.9}]}, "objectives[0].signal: "),
        ({"objectives": [{"signal": "duration", "below_seconds": 1, "share": 1}]}, "objectives[0].share: "),
    ],
)
def test_contradictions(changes: dict[str, Any], start: str) -> None:
    """Keys that do not agree with one another fail the start and name the key."""
    (problem,) = _problems({**MINIMAL, **changes})
    assert problem.startswith(start)


def test_variables() -> None:
    """Variables are filled in anywhere in a string, several at a time, and what they hold is not looked at again."""
    document = {"upstreams": [{"name": "u", "base_url": "http://${HOST}:${PORT}/v1", "api_key": "${KEY}"}]}
    (upstream,) = parse(document, {"HOST": "h", "PORT": "81", "KEY": "${HOST}"}).upstreams
    assert upstream.base_url == "http://h:81/v1"
    assert upstream.api_key is not None
    assert upstream.api_key.get_secret_value() == "${HOST}"


def test_missing_variables() -> None:
    """Each variable that is not there is one line with its path and its name, and hides no other mistake."""
    document = {
        "upstreams": [{"name": "u", "base_url": "http://h", "api_key": "${NOT_THERE}"}],
        "console_token": "${NOR_THIS}",
        "listen": "${NOWHERE}",
        "proceses": 2,
    }
    assert sorted(_problems(document)) == [
        "console_token: the environment has no variable 'NOR_THIS'",
        "listen: the environment has no variable 'NOWHERE'",
        "proceses: unknown key; did you mean processes?",
        "upstreams[0].api_key: the environment has no variable 'NOT_THERE'",
    ]


def test_variables_where_a_number_is_wanted() -> None:
    """A variable that is the whole value may be a number, a switch or a duration; a key of digits stays a text."""
    document = {
        **MINIMAL,
        "console_token": "${DIGITS}",
        "access_log": "${NO}",
        "sampling": {"rate": "${RATE}"},
        "limits": {"inflight": "${DIGITS}"},
        "timeouts": {"connect": "${RATE}", "idle": "${TEXT}"},
    }
    settings = parse(document, {"DIGITS": "12345678", "NO": "false", "RATE": "0.5", "TEXT": "3m"})
    assert settings.console_token is not None
    assert settings.console_token.get_secret_value() == "12345678"
    assert (settings.access_log, settings.sampling.rate, settings.limits.inflight) == (False, 0.5, 12345678)
    assert (settings.timeouts.connect, settings.timeouts.idle) == (0.5, 180.0)
    (problem,) = _problems({**MINIMAL, "limits": {"inflight": "${TEXT}"}}, {"TEXT": "3m"})
    assert problem.startswith("limits.inflight: ")


def test_a_port_for_any_meets_nobody() -> None:
    """Port 0 is given by the system, and the same port on two addresses is two places."""
    settings = parse({**MINIMAL, "listen": "127.0.0.1:0", "metrics_listen": "127.0.0.1:0", "processes": 3}, {})
    assert settings.processes == 3
    parse({**MINIMAL, "listen": "127.0.0.2:8082"}, {})


def test_applications_that_nobody_can_name() -> None:
    """A line for each place that names an application which is not in the list; common names are none."""
    document = {
        **MINIMAL,
        "apps": ["bot"],
        "sampling": {"rate": {"bot": 0.5, "bto": 0.5, "default": 1.0}},
        "objectives": [{"app": "serach", "signal": "duration", "below_seconds": 1, "share": 0.9}],
        "scorers": {"refusal": {"apps": ["bot", "boot"]}},
        "evidence": {"system": ["bot", "tob"]},
    }
    assert cautions(parse(document, {})) == [
        "sampling.rate: 'bto' is not among apps",
        "objectives: 'serach' is not among apps",
        "scorers.refusal.apps: 'boot' is not among apps",
        "evidence.system: 'tob' is not among apps",
        "scorers.refusal.apps: has no effect in this version; refusal scores the samples of every application",
    ]


@pytest.mark.parametrize("host", ["169.254.169.254", "metadata.google.internal", "[fe80::1]", "[fd00:ec2::254]"])
def test_an_upstream_that_is_never_connected_to(host: str) -> None:
    """Where clouds give out credentials no upstream can be: it is said before the first request fails."""
    document = {"upstreams": [*MINIMAL["upstreams"], {"name": "b", "base_url": f"http://{host}/v1"}]}
    assert cautions(parse(document, {})) == [
        "upstreams[1].base_url: link-local and metadata addresses are never connected to"
    ]


def test_an_empty_variable_is_a_value() -> None:
    """A variable that is set to nothing is there."""
    assert parse({**MINIMAL, "data_dir": "x${EMPTY}y"}, {"EMPTY": ""}).data_dir == "xy"


@pytest.mark.parametrize(
    ("text", "seconds"),
    [(5, 5.0), (0.5, 0.5), ("5s", 5.0), ("250ms", 0.25), ("10m", 600.0), ("1.5h", 5400.0), (" 7d ", 604800.0)],
)
def test_durations(text: object, seconds: float) -> None:
    """Durations are seconds, or carry a unit."""
    assert parse(_set("timeouts.idle", text), {}).timeouts.idle == pytest.approx(seconds)


def test_rates_by_application() -> None:
    """A rate may be given per application, with a default."""
    sampling = parse(_set("sampling.rate", {"bot": 0.25, "default": 0.5}), {}).sampling
    assert (sampling.rate_of("bot"), sampling.rate_of("x")) == (0.25, 0.5)


def test_several_mistakes_are_named_at_once() -> None:
    """All mistakes are told in one go."""
    problems = _problems({**MINIMAL, "a": 1, "b": 2, "processes": "x", "limits": {"inflight": 0}})
    assert [problem.split(":")[0] for problem in problems] == ["processes", "limits.inflight", "a", "b"]


def test_secrets_are_not_shown() -> None:
    """Neither the settings' text nor a complaint about them shows a key."""
    document = {
        **MINIMAL,
        "upstreams": [{"name": "u", "base_url": "http://h", "api_key": "canary-4f9a8b7c"}],
        "console_token": "canary-4f9a8b7c",
        "clients": [{"key": "canary-4f9a8b7c", "app": "bot"}],
    }
    assert not any("canary" in problem for problem in _problems(document))
    assert "canary" not in repr(parse({**document, "apps": ["bot"]}, {}))
    assert not any("canary" in problem for problem in _problems({**document, "console_token": ["canary-4f9a8b7c"]}))


def test_settings_are_frozen() -> None:
    """Nobody changes settings after the start."""
    settings = parse(MINIMAL, {})
    with pytest.raises(ValidationError):
        settings.processes = 2  # type: ignore[misc]


def test_scorers_without_settings() -> None:
    """A scorer that is only named runs with its defaults; without a list, these run."""
    assert set(parse({**MINIMAL, "scorers": {"format": None}}, {}).scorers) == {"format"}
    assert set(parse(MINIMAL, {}).scorers) == set(get_args(ScorerName))


def test_overrides_win() -> None:
    """What the command line says wins over the file."""
    assert parse({**MINIMAL, "listen": "127.0.0.1:1"}, {}, {"listen": "127.0.0.1:2"}).listen == "127.0.0.1:2"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"listen: [", "not YAML"),
        (b"\xff\xfe\x00", "not YAML"),
        (b"a: &a\n  b: *a\n", "refers to itself"),
        (b"listen: !!python/object:os.system x", "not YAML"),
        (b"listen: 127.0.0.1:1\nlisten: 127.0.0.1:2\n", "the key 'listen' is given twice"),
        (b"upstreams: [7]\n", "a mapping of keys is needed"),
        (b"", "upstreams"),
        (b"1: x\n", "Keys should be strings"),
    ],
)
def test_wrong_files(tmp_path: Path, content: bytes, said: str) -> None:
    """A file that is no YAML, or YAML that is no configuration, is one clear line."""
    file = tmp_path / "x.yaml"
    file.write_bytes(content)
    with pytest.raises(ConfigError, match=said) as caught:
        load(file, {})
    assert all("\n" not in problem for problem in caught.value.problems)


def test_missing_file(tmp_path: Path) -> None:
    """A file that is not there, or is a folder, is said to be so."""
    for path in (tmp_path / "none.yaml", tmp_path):
        with pytest.raises(ConfigError) as caught:
            load(path, {})
        assert str(path) in caught.value.problems[0]


def test_no_file() -> None:
    """Without a file the overrides alone make the settings."""
    assert load(None, os.environ, MINIMAL).default.base_url == "http://127.0.0.1:8000/v1"


@pytest.mark.parametrize(
    ("address", "parts"),
    [("127.0.0.1:80", ("127.0.0.1", 80)), ("[::1]:443", ("::1", 443)), ("localhost:0", ("localhost", 0))],
)
def test_addresses(address: str, parts: tuple[str, int]) -> None:
    """Addresses are split at the last colon, brackets around a host of version 6 removed."""
    assert split_address(address) == parts


@pytest.mark.parametrize(
    ("host", "local"),
    [
        ("127.0.0.1", True),
        ("127.9.9.9", True),
        ("::1", True),
        ("localhost", True),
        ("0.0.0.0", False),
        ("::", False),
        ("h", False),
    ],
)
def test_loopback(host: str, local: bool) -> None:
    """Only what this machine alone can reach is loopback."""
    assert is_loopback(host) is local


def test_the_model_forbids_what_it_does_not_know() -> None:
    """Every part of the settings refuses unknown keys, so that none is silently without effect."""
    parts: list[Any] = [Settings]
    for part in parts:
        assert part.model_config.get("extra") == "forbid"
        assert part.model_config.get("frozen")
        found = [field.annotation for field in part.model_fields.values()]
        parts += [
            item for item in found if isinstance(item, type) and hasattr(item, "model_fields") and item not in parts
        ]
    assert len(parts) > 8


@pytest.mark.parametrize(
    ("changes", "console"),
    [
        ({}, "127.0.0.1:8082"),
        ({"processes": 2}, "127.0.0.1:8083"),
        ({"processes": "${MANY}"}, "127.0.0.1:8085"),
        ({"processes": 2, "metrics_listen": "127.0.0.1:9000"}, "127.0.0.1:8082"),
        ({"listen": "127.0.0.1:8083", "processes": 2}, "127.0.0.1:8084"),
        ({"listen": "127.0.0.1:8082"}, "127.0.0.1:8083"),
        ({"processes": 2, "console_listen": "127.0.0.1:7000"}, "127.0.0.1:7000"),
    ],
)
def test_the_console_makes_way(changes: dict[str, Any], console: str) -> None:
    """Pages of several processes count up from ``metrics_listen``; a console without a place of its own moves."""
    assert parse({**MINIMAL, **changes}, {"MANY": "4"}).console_listen == console


@pytest.mark.parametrize(
    ("listen", "token", "characters"),
    [
        ("0.0.0.0:8082", "k", 16),
        ("0.0.0.0:8082", "fifteen-letters", 16),
        ("0.0.0.0:8082", "sixteen-letters-", None),
        ("[::]:8082", "fifteen-letters", 16),
        ("127.0.0.1:8082", "seven-7", 8),
        ("127.0.0.1:8082", "eight-88", None),
    ],
)
def test_short_tokens_are_told(listen: str, token: str, characters: int | None) -> None:
    """One rule for every token of the console: this version warns and starts; it never tells the token."""
    told = parse({**MINIMAL, "console_listen": listen, "console_token": token}, {}).access_warnings()
    assert [f"console_token: a token has {characters} characters" in line for line in told] == [True] * bool(characters)
    if len(token) >= 8:
        named = [{"name": "n", "role": "viewer", "token": token}]
        told += parse({**MINIMAL, "console_listen": listen, "console_tokens": named}, {}).access_warnings()
        assert len(told) == 2 * bool(characters)
    assert not any(token in line for line in told if len(token) > 1)


def test_a_token_that_stands_twice_is_told() -> None:
    """Its role would depend on the order in the file."""
    tokens = [
        {"name": name, "role": role, "token": "the-same-for-both"} for name, role in (("a", "viewer"), ("b", "admin"))
    ]
    (line,) = parse({**MINIMAL, "console_tokens": tokens}, {}).access_warnings()
    assert line.startswith("console_tokens[1].token: ")


def test_all_that_does_not_fit_together_is_said() -> None:
    """Keys that are right by themselves and not beside each other: a line for each."""
    upstream = {"name": "a", "base_url": "http://127.0.0.1:1"}
    clients = [{"key": "k-one-two-three-four", "app": "zz"}, {"key": "k-one-two-three-four", "app": "yy"}]
    document = {"upstreams": [upstream, upstream], "default_upstream": "nope", "clients": clients}
    with pytest.raises(ConfigError) as caught:
        parse({**document, "console_listen": "0.0.0.0:8082"}, {})
    assert [line.split(":")[0] for line in caught.value.problems] == [
        *("upstreams[1].name", "default_upstream", "console_token"),
        *("clients[0].app", "clients[1].app", "clients[1].key"),
    ]


@pytest.mark.parametrize(
    ("path", "document"),
    [
        ("scorers.refusal.timeout", {"scorers": {"refusal": {"timeout": float("inf")}}}),
        ("limits.scorer_memory_bytes", {"limits": {"scorer_memory_bytes": 10**30}}),
    ],
)
def test_what_no_worker_can_count_to_is_refused(path: str, document: dict[str, object]) -> None:
    """An endless time-out, and more memory than there is anywhere."""
    with pytest.raises(ConfigError) as caught:
        parse({"upstreams": [{"name": "a", "base_url": "http://127.0.0.1:1"}], **document}, {})
    assert [line.split(":")[0] for line in caught.value.problems] == [path]
