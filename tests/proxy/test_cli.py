"""The commands as a user meets them: real processes, one clear line for each thing that is wrong, never a traceback."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from proxy import __version__
from proxy.run.commands import COMMANDS
from support import replies
from support.processes import Child, free_ports, get_ok, wait_until
from support.upstream import ScriptedUpstream

UPSTREAM = {"name": "local", "base_url": "http://127.0.0.1:9/v1"}
Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """``run("check-config", "file")`` runs the installed entry point in an empty folder."""
    folder = tmp_path / "cwd"
    folder.mkdir()

    def call(*words: str, **environ: str) -> subprocess.CompletedProcess[str]:
        env = {key: value for key, value in os.environ.items() if not key.startswith("SIGHTGLASS_")} | environ
        command = [str(Path(sys.executable).with_name("sightglass")), *words]
        done = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, timeout=60, check=False)
        assert "Traceback" not in done.stderr + done.stdout, done.stderr
        return done

    return call


@pytest.fixture
def config(tmp_path: Path) -> Callable[..., str]:
    """``config(key=value)`` writes a configuration with one upstream; a string is written as it is."""

    def write(text: str | None = None, **keys: Any) -> str:
        path = tmp_path / "sightglass.yaml"
        path.write_text(text if text is not None else yaml.safe_dump({"upstreams": [UPSTREAM], **keys}))
        return str(path)

    return write


def complaints(done: subprocess.CompletedProcess[str]) -> list[str]:
    """The lines on stderr, all ours; the exit status is 2."""
    lines = done.stderr.splitlines()
    assert done.returncode == 2, (done.returncode, done.stderr)
    assert all(line.startswith("sightglass: ") for line in lines), lines
    return [line.removeprefix("sightglass: ") for line in lines]


def test_version(run: Run) -> None:
    """It names the program and its version."""
    done = run("--version")
    assert (done.returncode, done.stdout) == (0, f"sightglass {__version__}\n")


def test_help_lists_the_commands(run: Run) -> None:
    """Every command has a line; what is internal has none."""
    text = run("--help").stdout
    for command in ("serve", "proxy", "worker", "check-config", "score", "demo"):
        assert re.search(rf"^ +{command}\b", text, re.MULTILINE), command
    assert "SUPPRESS" not in text
    assert "_proxy" not in text


@pytest.mark.parametrize("command", ["serve", "proxy"])
def test_no_upstream(run: Run, command: str) -> None:
    """Without an upstream one line says what to give."""
    [line] = complaints(run(command))
    assert "--upstream" in line
    assert "--config" in line


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (("--upstream", "api.example.com"), "upstreams[0].base_url: an upstream is http://"),
        (("--upstream", "https://key@api.example.com"), "upstreams[0].base_url: an upstream URL has no user"),
        (("--upstream", "http://x", "--listen", "nowhere"), "listen: an address is HOST:PORT"),
        (("--config", "absent.yaml"), "absent.yaml: No such file or directory"),
    ],
)
def test_an_option_that_can_not_be_used(run: Run, words: tuple[str, ...], line: str) -> None:
    """The line begins with the path of the key, and serve does not begin."""
    [found] = complaints(run("serve", *words))
    assert found.startswith(line)


def test_a_good_configuration(run: Run, config: Callable[..., str]) -> None:
    """It says ok on stdout, and nothing else."""
    path = config()
    done = run("check-config", path)
    assert (done.returncode, done.stdout, done.stderr) == (0, f"{path}: ok\n", "")


@pytest.mark.parametrize(
    ("keys", "lines"),
    [
        ({"listenn": "x"}, ["listenn: unknown key"]),
        ({"limits": {"body_byte": 1}}, ["limits.body_byte: unknown key"]),
        ({"upstreams": [UPSTREAM, {**UPSTREAM, "name": "b", "colour": "red"}]}, ["upstreams[1].colour: unknown key"]),
        ({"scorers": {"refusals": {}}}, ["scorers.refusals: unknown key"]),
        ({"processes": "two"}, ["processes: Input should be a valid integer"]),
        ({"limits": {"inflight": 1.5}}, ["limits.inflight: Input should be a valid integer"]),
        ({"timeouts": {"connect": "5 parsecs"}}, ["timeouts.connect: a duration is"]),
        ({"sampling": {"rate": {"search": 2}}}, ["sampling.rate.search: Input should be less than or equal to 1"]),
        ({"upstreams": [{**UPSTREAM, "api_key": "${NO_SUCH_KEY}"}]}, ["upstreams[0].api_key: the environment has no"]),
        ({"redaction": {"patterns": ["fine", "(open"]}}, ["redaction.patterns[1]: bad pattern '(open'"]),
        ({"upstreams": [{**UPSTREAM, "models": ["gpt-["]}]}, ["upstreams[0].models[0]: bad model pattern 'gpt-['"]),
        ({"a": 1, "b": 2, "processes": []}, ["processes: Input should be a valid integer", "a: unknown", "b: unknown"]),
        ({"default_upstream": "remote"}, ["default_upstream: no upstream is named 'remote'"]),
        ({"console_listen": "0.0.0.0:8082"}, ["console_token: required"]),
        ({"prices": "absent.yaml"}, ["prices: "]),
        ({"judge": {"base_url": "http://x", "model": "m"}}, ["judge.price: no price is known for 'm'"]),
    ],
)
def test_each_wrong_key_is_named(run: Run, config: Callable[..., str], keys: Any, lines: list[str]) -> None:
    """One line each, beginning with the key's path; the exit status is 2 and stdout stays empty."""
    done = run("check-config", config(**keys))
    found = complaints(done)
    assert len(found) == len(lines), found
    for line in lines:
        assert any(each.startswith(line) for each in found), (line, found)
    assert done.stdout == ""


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("upstreams: [", "not YAML"),
        ("upstreams: !!python/object/apply:os.system [id]", "not YAML"),
        ("a\tb: \x00", "not YAML"),
        ("just a sentence", "not a mapping"),
        ("- a list", "not a mapping"),
        ("", "upstreams: is needed"),
        ("upstreams: []", "upstreams: "),
        ("1: one\nupstreams: [{name: a, base_url: 'http://x'}]", "[1]: "),
        ("upstreams: &a [*a]", "refers to itself"),
    ],
)
def test_a_file_that_is_no_configuration(run: Run, config: Callable[..., str], text: str, said: str) -> None:
    """One line says so, however broken it is."""
    [line] = complaints(run("check-config", config(text)))
    assert said in line


def test_a_file_that_is_not_there(run: Run, tmp_path: Path) -> None:
    """A missing file and a folder are said plainly."""
    assert complaints(run("check-config", "absent.yaml")) == ["absent.yaml: No such file or directory"]
    assert complaints(run("check-config", str(tmp_path))) == [f"{tmp_path}: Is a directory"]


@pytest.mark.parametrize(
    "table",
    ["models: {gpt-x: {input: 1}}", "as_of: yesterday\nmodels: {}", "nonsense", "models: [", "as_of: 2026-01-01"],
)
def test_a_price_table_that_can_not_be_read(run: Run, config: Callable[..., str], tmp_path: Path, table: str) -> None:
    """Every line begins with ``prices`` and names the file, which is looked for beside the configuration."""
    (tmp_path / "prices.yaml").write_text(table)
    lines = complaints(run("check-config", config(prices="prices.yaml")))
    assert lines
    assert all(line.startswith("prices: ") and "prices.yaml: " in line for line in lines), lines


def test_a_secret_is_never_shown(run: Run, config: Callable[..., str]) -> None:
    """A wrong file with a key in it is complained about without the key."""
    keys = [{**UPSTREAM, "api_key": "${CANARY}", "typo": 1}, {**UPSTREAM, "name": "b", "api_key": ["${CANARY}"]}]
    done = run("check-config", config(upstreams=keys), CANARY="sk-canary-77")
    assert complaints(done)
    assert "sk-canary-77" not in done.stderr


def test_the_probe_reaches_each_upstream(run: Run, config: Callable[..., str], upstream: ScriptedUpstream) -> None:
    """Any HTTP answer counts and is shown; the request carries the configured key and asks for the models."""
    reached = {"name": "near", "base_url": upstream.url + "/v1", "api_key": "sk-probe"}
    done = run("check-config", config(upstreams=[reached]), "--probe")
    assert (done.returncode, done.stderr) == (0, "near: answers with status 200\n")
    [request] = upstream.requests
    assert (request.method, request.target) == ("GET", "/v1/models")
    assert request.header("authorization") == "Bearer sk-probe"


def test_the_probe_names_what_it_does_not_reach(
    run: Run, config: Callable[..., str], upstream: ScriptedUpstream
) -> None:
    """One line with the key's path for each upstream that does not answer; those that do are shown."""
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        away = {"name": "away", "base_url": f"http://127.0.0.1:{closed.getsockname()[1]}/v1"}
        done = run("check-config", config(upstreams=[{"name": "near", "base_url": upstream.url}, away]), "--probe")
    assert done.returncode == 2
    assert sorted(done.stderr.splitlines()) == [
        "near: answers with status 200",
        "sightglass: upstreams[1].base_url: away: could not connect to the upstream: connection refused",
    ]


@pytest.mark.parametrize("key", ["listen", "metrics_listen", "console_listen"])
def test_a_port_that_is_taken(run: Run, config: Callable[..., str], tmp_path: Path, key: str) -> None:
    """One line names the key and the address, everything stops, and the exit status is 2."""
    ports = dict(zip(("listen", "metrics_listen", "console_listen"), free_ports(3), strict=True))
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        ports[key] = taken.getsockname()[1]
        addresses = {name: f"127.0.0.1:{port}" for name, port in ports.items()}
        done = run("serve", "--config", config(**addresses, data_dir=str(tmp_path / "data")))
    assert done.returncode == 2
    option = f"--{key.replace('_', '-')}"
    assert complaints(done) == [f"{key}: {addresses[key]}: Address already in use; move it with {option} or {key}"]


def test_a_data_dir_that_can_not_be_written(run: Run, tmp_path: Path) -> None:
    """One line names the key and the folder."""
    (tmp_path / "file").write_text("")
    folder = tmp_path / "file" / "data"
    assert complaints(run("serve", "--upstream", "http://127.0.0.1:9", "--data-dir", str(folder))) == [
        f"data_dir: {folder}: Not a directory"
    ]


def test_score_through_the_real_entry_point(run: Run, tmp_path: Path) -> None:
    """Recorded samples in, JSON lines out; the gate's exit status arrives."""
    path = tmp_path / "recorded.jsonl"
    path.write_text(json.dumps({"id": "a", "prompt": "Hi", "response": "I'm sorry, but I can't help with that."}))
    done = run("score", str(path), "--scorer", "refusal")
    assert done.returncode == 0
    [score] = [json.loads(line) for line in done.stdout.splitlines()]
    assert (score["id"], score["scorer"], score["output"], score["verdict"]) == ("a", "refusal", "refused", "yes")
    assert run("score", str(path), "--scorer", "refusal", "--fail-above", "refusal.refused=0.5").returncode == 1
    assert run("score", "absent.jsonl").stderr == "sightglass score: absent.jsonl: No such file or directory\n"


@pytest.mark.parametrize("command", ["worker", "score"])
def test_commands_of_the_other_side_complain_alike(run: Run, config: Callable[..., str], command: str) -> None:
    """What ``python -m scorers`` runs gives one line and status 2 too."""
    words = [] if command == "worker" else ["file.jsonl"]
    done = run(command, *words, "--config", config(typo=1))
    assert done.returncode == 2
    assert done.stderr.strip().endswith(": typo: unknown key (line 1)")
    assert len(done.stderr.splitlines()) == 1


def test_modules_in_the_current_folder_are_not_ours(run: Run, tmp_path: Path, upstream: ScriptedUpstream) -> None:
    """``serve`` works in a folder that has a proxy.py and a scorers package of its own."""
    folder = tmp_path / "cwd"
    for name in ("proxy", "scorers", "uvloop", "json"):
        (folder / f"{name}.py").write_text("raise SystemExit('the wrong module')")
    assert run("score", "absent.jsonl").returncode == 2
    data, metrics, console = free_ports(3)
    config = tmp_path / "serve.yaml"
    document = {"listen": f"127.0.0.1:{data}", "metrics_listen": f"127.0.0.1:{metrics}"}
    document |= {"console_listen": f"127.0.0.1:{console}", "data_dir": "data"}
    config.write_text(yaml.safe_dump(document | {"upstreams": [{"name": "up", "base_url": upstream.url}]}))
    command = [str(Path(sys.executable).with_name("sightglass")), "serve", "--config", str(config)]
    child = Child("sightglass", command, tmp_path / "log", folder)
    try:
        wait_until(lambda: get_ok(f"http://127.0.0.1:{data}/-/ready"), 20, "the proxy")
        wait_until(lambda: get_ok(f"http://127.0.0.1:{console}/-/ready"), 20, "the worker")
    finally:
        assert child.stop() == 0
    assert "the wrong module" not in child.output()
    assert f"http://127.0.0.1:{data}/v1" in child.output()


@pytest.mark.parametrize(
    "words",
    [
        *("nonsense", "serve --nonsense", "proxy --nonsense", "worker --nonsense", "check-config"),
        *("check-config x --json", "score --nonsense", "export --nonsense", "drift", "drift nonsense", "dead", "label"),
        *("demo --nonsense", "rules"),
    ],
)
def test_each_wrong_word_is_one_line(run: Run, words: str) -> None:
    """Without a usage text, with status 2; what is internal is not named."""
    done = run(*words.split())
    assert done.returncode == 2
    assert done.stdout == ""
    assert re.fullmatch(r"sightglass[a-z -]*: [^\n]+\n", done.stderr), done.stderr
    assert "_proxy" not in done.stderr


def test_without_a_word_it_prints_its_help(run: Run) -> None:
    """Every command is named with what it does; nothing is wrong."""
    done = run()
    assert (done.returncode, done.stderr) == (0, "")
    for command in COMMANDS:
        assert f"    {command.name}" in done.stdout
        assert command.help.split(",")[0] in " ".join(done.stdout.split())


@pytest.mark.parametrize("name", [command.name for command in COMMANDS])
def test_every_command_describes_itself(run: Run, name: str) -> None:
    """``--help`` says what the command does and what its options mean."""
    done = run(name, "--help")
    assert (done.returncode, done.stderr) == (0, "")
    usage, _, rest = done.stdout.partition("\n\n")
    assert usage.startswith(f"usage: sightglass {name}")
    assert len(rest.split("\n\n")[0].split()) >= 4, "a description before the options"


def test_options_move_every_listener(tmp_path: Path, upstream: ScriptedUpstream) -> None:
    """``--listen``, ``--metrics-listen``, ``--console-listen``: what is printed is what listens, and it listens by
    then."""
    ports = free_ports(3)
    addresses = [f"127.0.0.1:{port}" for port in ports]
    words = ["--listen", addresses[0], "--metrics-listen", addresses[1], "--console-listen", addresses[2]]
    child = _serve(tmp_path, upstream, *words)
    try:
        wait_until(lambda: "console  " in child.output(), 30, "the announcement")
        for port in ports:
            socket.create_connection(("127.0.0.1", port), timeout=5).close()
        for address in addresses:
            assert f"http://{address}/" in child.output()
    finally:
        child.stop()


def test_a_second_instance_on_one_data_folder_is_refused(
    tmp_path: Path, upstream: ScriptedUpstream, run: Run, config: Callable[..., str]
) -> None:
    """It is told which process holds the folder, and the first goes on."""
    first = free_ports(3)
    keys = ("listen", "metrics_listen", "console_listen")
    words = [word for key, port in zip(keys, first, strict=True) for word in _option(key, port)]
    child = _serve(tmp_path, upstream, *words)
    try:
        wait_until(lambda: "console  " in child.output(), 30, "the announcement")
        addresses = {key: f"127.0.0.1:{port}" for key, port in zip(keys, free_ports(3), strict=True)}
        (line,) = complaints(run("serve", "--config", config(**addresses, data_dir=str(tmp_path / "data"))))
        assert line.startswith(f"data_dir: {tmp_path / 'data'}: in use by another sightglass serve (process ")
        assert str(child.process.pid) in line
        assert get_ok(f"http://127.0.0.1:{first[0]}/-/healthy")
    finally:
        child.stop()


def _option(key: str, port: int) -> tuple[str, str]:
    return f"--{key.replace('_', '-')}", f"127.0.0.1:{port}"


def _serve(tmp_path: Path, upstream: ScriptedUpstream, *words: str) -> Child:
    entry = str(Path(sys.executable).with_name("sightglass"))
    command = [entry, "serve", "--upstream", upstream.url, "--data-dir", str(tmp_path / "data"), *words]
    env = {key: value for key, value in os.environ.items() if not key.startswith("SIGHTGLASS_")}
    return Child("sightglass", command, tmp_path / "log", tmp_path, env)


@pytest.fixture
def upstream() -> Iterator[ScriptedUpstream]:
    """A provider on a real socket."""
    with ScriptedUpstream(lambda r: replies.chat_json("served")) as running:
        yield running


def test_init_writes_what_check_config_takes(run: Run, tmp_path: Path) -> None:
    """The file is whole, has comments, is never written over, and its examples hold when they are taken in."""
    done = run("init")
    assert done.returncode == 0
    assert "sightglass.yaml: written" in done.stderr
    assert run("check-config", "sightglass.yaml").stdout == "sightglass.yaml: ok\n"
    (line,) = complaints(run("init"))
    assert line.startswith("sightglass.yaml: exists already")
    text = run("init", "-").stdout
    assert text.count("# ") > 15
    taken_in = re.sub(r"^( *)# (?=[ -]*[a-z_{]+:|  |- \{)", r"\1", text, flags=re.M)
    (tmp_path / "cwd" / "all.yaml").write_text(taken_in)
    names = re.findall(r"\$\{(\w+)\}", taken_in)
    assert run("check-config", "all.yaml", **{name: f"made-up-{name}-0123456789" for name in names}).returncode == 0


def test_completion_completes(run: Run) -> None:
    """bash, with the real one: commands for the first word, shells after ``completion``. zsh and fish: every command
    is there."""
    script = run("completion", "bash").stdout
    ask = 'COMP_WORDS=(sightglass "$@"); COMP_CWORD=$#; _sightglass; printf "%s\\n" "${COMPREPLY[@]}"'
    for words, expected in ((["che"], ["check-config"]), (["completion", ""], ["bash", "zsh", "fish"])):
        done = subprocess.run(
            ["bash", "-c", f"{script}\n{ask}", "bash", *words], capture_output=True, text=True, check=True, timeout=60
        )
        assert done.stdout.split() == expected
    for shell in ("zsh", "fish"):
        text = run("completion", shell).stdout
        assert all(command.name in text and command.help.split(",")[0] in text for command in COMMANDS)
    assert complaints_of(run("completion", "tcsh"))


def complaints_of(done: subprocess.CompletedProcess[str]) -> bool:
    """Whether it was refused in one line."""
    return done.returncode == 2 and len(done.stderr.splitlines()) == 1


def test_a_model_that_is_not_here_is_a_warning(run: Run, config: Callable[..., str], tmp_path: Path) -> None:
    """A worker would not start; the proxy does, and may be on another machine, so the file itself is right."""
    file = config(scorers={"refusal": {"model": "/nowhere/refusal"}, "format": {"model": str(tmp_path)}})
    done = run("check-config", file)
    assert (done.returncode, done.stdout) == (0, f"{file}: ok\n")
    (line,) = done.stderr.splitlines()
    assert line.startswith("sightglass: warning: scorers.refusal.model: /nowhere/refusal: there is no such folder")


def test_proxy_and_worker_take_the_options_of_serve(run: Run) -> None:
    """Whoever takes ``serve`` apart gives both the same words; what is the other's option says so."""
    said = {name: run(name, "--help").stdout for name in ("serve", "proxy", "worker")}
    options = {name: set(re.findall(r"^  (--[a-z-]+)", text, re.MULTILINE)) for name, text in said.items()}
    assert options["proxy"] == options["worker"] == options["serve"]
    assert "--console-listen" in options["proxy"]
