"""``sightglass prices check``: a user's list beside ours, and the line to add for what is unpriced."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import yaml

from proxy.exchange import Decision, Exchange, ExchangeRow, Operation, Outcome, RowBatch, Unpriced
from proxy.observe.price_list import ModelPrice, PriceList
from scorers.commands.price_diff import Difference, differences, read_public
from scorers.estimates.price_tips import line_to_add
from scorers.store.records import UnpricedAnswers
from scorers.store.store import Store

#: LiteLLM's public form, with made-up prices but for those of gpt-6-sol.
PUBLIC: dict[str, Any] = {
    "sample_spec": {"input_cost_per_token": 0.0, "output_cost_per_token": 0.0, "mode": "chat"},
    "gpt-6-sol": {
        "litellm_provider": "openai",
        "input_cost_per_token": 2e-06,
        "input_cost_per_token_flex": 1e-06,
        "input_cost_per_token_above_272k_tokens": 4e-06,
        "output_cost_per_token": 1e-05,
        "cache_read_input_token_cost": 2e-07,
        "cache_creation_input_token_cost": 2.5e-06,
        "cache_creation_input_token_cost_above_12hr": 5e-06,
        "max_tokens": 128000,
        "supports_vision": True,
    },
    "xai/grok-4.7": {
        "input_cost_per_token": 9e-06,
        "output_cost_per_token": 6e-06,
        "output_cost_per_video_per_second": 1,
    },
    "lamp-9": {"input_cost_per_token": 3e-06, "output_cost_per_token": 7e-06, "input_cost_per_audio_token": 8e-06},
    "lamp-image": {"output_cost_per_image": 0.04},
}


def run(*words: str) -> subprocess.CompletedProcess[str]:
    """One command, to its end."""
    command = [sys.executable, "-m", "proxy.cli", "prices", *words]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


@pytest.fixture
def public(tmp_path: Path) -> Path:
    file = tmp_path / "public.json"
    file.write_text(json.dumps(PUBLIC), encoding="utf-8")
    return file


def _row(number: int, model: str, reason: str | None, now: float) -> ExchangeRow:
    exchange = Exchange(
        request_id=f"r{number}",
        instance="p",
        started_at=now - number,
        app="bot",
        operation=Operation.CHAT,
        upstream="openai",
        outcome=Outcome.OK,
        duration=0.1,
        model_asked="alias",
        model_served=model,
        cost_usd=None if reason else 0.5,
        unpriced=reason,
    )
    return ExchangeRow(exchange, Decision.SAMPLED_OUT)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A data folder with seven answers: four unpriced, one of them old, and three of known cost."""
    now = time.time()
    made = [
        _row(1, "lamp-9", "no_price", now),
        _row(2, "lamp-9", "no_price", now),
        _row(3, "gpt-4o", "service_tier", now),
        _row(4, "gpt-4o", None, now),
        _row(5, "lamp-9", None, now),
        _row(6, "gpt-4o", None, now),
        _row(20 * 86400, "lamp-8", "no_price", now),
    ]
    with closing(Store.open("sqlite", tmp_path / "data")) as store:
        store.save_rows(RowBatch("b", "p", 1, {"sampled_out": 7}, made))
    return tmp_path / "data"


def test_what_the_store_counts(store: Store) -> None:
    """Unpriced answers are counted by the name that answered and by why, the most first, in the window alone."""
    now = time.time()
    rows = [_row(1, "lamp-9", "no_price", now), _row(2, "lamp-9", "no_price", now), _row(3, "lamp-9", None, now)]
    rows += [_row(4, "gpt-4o", "service_tier", now), _row(9000, "lamp-1", "no_price", now)]
    store.save_rows(RowBatch("b", "p", 1, {"sampled_out": 5}, rows))
    right = [UnpricedAnswers("lamp-9", "no_price", 2), UnpricedAnswers("gpt-4o", "service_tier", 1)]
    assert store.unpriced(now - 3600, now) == right
    assert store.unpriced(now - 3600, now, limit=1) == right[:1]
    assert store.unpriced(now - 86400, now - 3600) == [UnpricedAnswers("lamp-1", "no_price", 1)]


def test_a_list_is_compared(public: Path, tmp_path: Path) -> None:
    """Prices of models that both lists have are compared, a maker's prefix aside; the status is 1 for a difference."""
    done = run("check", str(public), "--data-dir", str(tmp_path))
    assert done.returncode == 1
    assert done.stdout == "differs   grok-4.7  input: ours 2.0, file 9.0\n"
    assert done.stderr == "sightglass prices: 2 models are in both lists, 1 prices differ; 0 unpriced\n"
    done = run("check", str(public), "--data-dir", str(tmp_path), "--model", "gpt-6-sol")
    assert (done.returncode, done.stdout) == (0, "")


def test_the_line_to_add(public: Path, folder: Path) -> None:
    """Unpriced answers of the last days have the line to add, with numbers from the list where it has them."""
    done = run("check", "--data-dir", str(folder))
    assert done.returncode == 1
    assert done.stdout.splitlines() == [
        "unpriced  lamp-9  no_price, 2 answers; the line to add:",
        "  lamp-9: {input: USD, output: USD}",
        "unpriced  gpt-4o  service_tier, 1 answers; the line to add:",
        "  gpt-4o: {input: 2.5, output: 10, cached_input: 1.25, cache_write: 2.5, image_input: 2.5, "
        "tiers: {priority: 1.7, TIER: FACTOR}}",
    ]
    found = json.loads(run("check", str(public), "--data-dir", str(folder), "--json", "--days", "30").stdout)
    lines = {tip["model"]: tip["line"] for tip in found["unpriced"]}
    assert lines["lamp-9"] == "lamp-9: {input: 3, output: 7, audio_input: 8}"
    assert lines["lamp-8"] == "lamp-8: {input: USD, output: USD}"
    assert found["differs"] == [{"model": "grok-4.7", "key": "input", "ours": 2.0, "file": 9.0}]


def test_a_pattern_that_takes_siblings(tmp_path: Path) -> None:
    """A pattern in the user's own file that takes models at another price than their own is told, name by name."""
    (tmp_path / "prices.yaml").write_text(
        "as_of: 2025-08-15\nmodels: {claude-opus-4*: {input: 15, output: 75}, o3*: {input: 0, output: 0}}\n",
        encoding="utf-8",
    )
    config = tmp_path / "sightglass.yaml"
    config.write_text(
        f"upstreams: [{{name: a, base_url: 'http://127.0.0.1:1'}}]\nprices: prices.yaml\ndata_dir: {tmp_path}/data\n",
        encoding="utf-8",
    )
    done = run("check", "--config", str(config))
    assert done.returncode == 1
    names = [line.split()[1] for line in done.stdout.splitlines()]
    assert "claude-opus-4-8" in names
    assert "claude-opus-4-1" not in names
    assert not [name for name in names if not name.startswith("claude-opus-4")]
    assert "by the pattern claude-opus-4*: the built-in price differs" in done.stdout
    command = [sys.executable, "-m", "proxy.cli", "check-config", str(config)]
    checked = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert checked.returncode == 0
    assert "prices: claude-opus-4* also takes claude-opus-4-8, claude-opus-4-7, " in checked.stderr


def test_the_line_is_a_row(public: Path, folder: Path, tmp_path: Path) -> None:
    """A printed line with numbers goes into a price file as it stands; then nothing is unpriced any more."""
    found = json.loads(run("check", str(public), "--data-dir", str(folder), "--json", "--model", "lamp-9").stdout)
    text = "as_of: 2026-11-28\nmodels:\n" + "".join(f"  {tip['line']}\n" for tip in found["unpriced"])
    row = PriceList.model_validate(yaml.safe_load(text)).models["lamp-9"]
    assert (row.input, row.output, row.audio_input) == (3, 7, 8)


@pytest.mark.parametrize("reason", [*Unpriced, "a reason of a newer proxy"])
@pytest.mark.parametrize("known", [None, ModelPrice(input=2, output=8, tiers={"flex": 0.5})])
def test_every_reason_has_a_line(reason: str, known: ModelPrice | None) -> None:
    """With its capitals filled in, the line for any reason is a row that can be read, under any name."""
    for name in ("lamp-1", "maker/lamp:free", "7", 'a"b', "灯", "yes"):
        line = line_to_add(name, reason, known)
        for word in ("USD_FOR_1000", "USD", "FACTOR", "TOKENS"):
            line = line.replace(word, "5")
        ((found, row),) = PriceList.model_validate(
            {"as_of": "2026-11-28", "models": yaml.safe_load(line)}
        ).models.items()
        assert found == name
        assert row.input is not None


def test_names_that_repaint_a_terminal(tmp_path: Path) -> None:
    """A name from traffic is shown without its control characters."""
    with closing(Store.open("sqlite", tmp_path)) as store:
        rows = [_row(1, "lamp\x1b[2J", "no_price", time.time())]
        store.save_rows(RowBatch("b", "p", 1, {"sampled_out": 1}, rows))
    assert "\x1b" not in run("check", "--data-dir", str(tmp_path)).stdout


def test_what_differs() -> None:
    """Factors may be rounded; a price with peak hours may be either; what only the other has is told apart."""
    row = ModelPrice.model_validate(
        {"input": 2, "output": 8, "tiers": {"flex": 0.5}, "peak": {"hours": ["01:00-02:00"], "factor": 2}}
    )
    same = {"input": 4.0, "output": 8.0, "tiers.flex": 0.504, "reasoning_output": 8.0}
    assert list(differences("m", row, same)) == []
    other = {"input": 3.0, "tiers.flex": 0.6, "long_context.9000.input": 5.0}
    assert list(differences("m", row, other)) == [
        Difference("m", "input", 2.0, 3.0),
        Difference("m", "tiers.flex", 0.5, 0.6),
        Difference("m", "long_context.9000.input", None, 5.0),
    ]


def test_a_file_of_our_own_form(tmp_path: Path) -> None:
    """A price file of our form can be compared as well, its snapshots included."""
    file = tmp_path / "other.yaml"
    file.write_text(
        "as_of: 2026-11-01\nmodels:\n  gpt-5: {input: 9, output: 10, snapshots: [gpt-5-2025-08-07]}\n", encoding="utf-8"
    )
    assert read_public(file)["gpt-5-2025-08-07"]["input"] == 9
    done = run("check", str(file), "--data-dir", str(tmp_path))
    assert [line.split()[1] for line in done.stdout.splitlines()] == ["gpt-5", "gpt-5-2025-08-07"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "not JSON"),
        ("[]", "no prices in LiteLLM's form"),
        ('{"m": {"input_cost_per_token": "2"}}', "no prices in LiteLLM's form"),
        ('{"m": {"input_cost_per_token": NaN}}', "no prices in LiteLLM's form"),
        ("[" * 100_000, "not JSON"),
    ],
)
def test_a_wrong_file(tmp_path: Path, text: str, said: str) -> None:
    """What is no list of prices is one line and status 2."""
    file = tmp_path / "wrong.json"
    file.write_text(text, encoding="utf-8")
    done = run("check", str(file))
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("words", [(), ("check", "/nowhere.json"), ("check", "--days", "0"), ("compare",)])
def test_wrong_words(words: tuple[str, ...]) -> None:
    """Wrong arguments are one line and status 2."""
    done = run(*words)
    assert done.returncode == 2
    assert done.stderr.startswith("sightglass prices: ")
    assert done.stderr.count("\n") == 1
