"""A model directory of one's own: what it scores, what it refuses to read, and how a worker runs it."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from proxy.config.settings import ScorerSettings
from proxy.errors import ConfigError
from proxy.sample import Sample, encode
from scorers.onnx.card import read_card
from scorers.registry import build, targets
from scorers.score import Reason, Verdict
from scorers.worker.pool import Pool, PoolRunner
from scorers.worker.progress import Progress
from support.judging import sample
from support.onnx import write_model
from support.scoring import parsed

onnx_model = pytest.importorskip("scorers.onnx.model", reason="needs the extra onnx", exc_type=ImportError)
WORDS = {"sorry": (-4.0, 4.0), "gladly": (4.0, -4.0)}


def scored(folder: Path, of: Sample, **settings: Any) -> dict[str, Any]:
    """Output -> score of one sample."""
    scorer = onnx_model.modelled(ScorerSettings(model=str(folder), **settings))
    return {score.output: score for score in asyncio.run(scorer(of))}


def test_the_model_replaces_one_output(tmp_path: Path) -> None:
    """P(event) is the softmax of its positive label; version and threshold are the card's."""
    folder = write_model(tmp_path / "mine", WORDS, version="7", threshold=0.6)
    found = scored(folder, sample(answer="Sorry sorry"))["refused"]
    assert (found.value, found.verdict, found.version) == (pytest.approx(0.99966, abs=1e-4), Verdict.YES, "onnx:mine:7")
    assert scored(folder, sample(answer="Gladly"))["refused"].verdict is Verdict.NO
    assert scored(folder, sample(answer="Whatever else"))["refused"].value == pytest.approx(0.5)
    assert scored(folder, sample(answer="Whatever else"), threshold=0.4)["refused"].verdict is Verdict.YES


def test_other_outputs_stay_the_scorers_own(tmp_path: Path) -> None:
    """Of groundedness one output comes from the model, read as a pair; without documents it is unscored still."""
    card = {"task": "groundedness.ungrounded", "text": "documents_answer"}
    folder = write_model(tmp_path / "mine", WORDS, **card)
    of = sample(answer="The tower is sorry tall.", contexts=("The tower is 300 metres tall and stands in Paris.",))
    found = scored(folder, of)
    assert found["ungrounded"].version == "onnx:mine:1"
    assert not found["contradicted"].version.startswith("onnx")
    assert scored(folder, sample())["ungrounded"].unscored_reason is Reason.NO_EVIDENCE


def test_the_calibration_is_applied(tmp_path: Path) -> None:
    """Slope and intercept over the log-odds; labels may be more than two."""
    folder = write_model(tmp_path / "mine", WORDS, calibration={"slope": 0.0, "intercept": 0.0})
    assert scored(folder, sample(answer="Sorry"))["refused"].value == 0.5
    three = {"sorry": (0.0, 2.0, 0.0)}
    folder = write_model(tmp_path / "three", three, labels=["no", "yes", "maybe"])
    assert scored(folder, sample(answer="sorry"))["refused"].value == pytest.approx(0.787, abs=1e-3)


def test_what_is_too_long_is_unscored(tmp_path: Path) -> None:
    """Never cut: a refusal at the end would be lost."""
    folder = write_model(tmp_path / "mine", WORDS, max_length=8)
    found = scored(folder, sample(answer="word " * 9 + "sorry"))["refused"]
    assert (found.value, found.unscored_reason) == (None, Reason.TOO_LONG)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"task": "refusal.nothing"}, "not an output of this scorer"),
        ({"task": "format.invalid"}, "not an output of this scorer"),
        ({"positive": "maybe"}, "not one of labels"),
        ({"max_length": 0}, "max_length"),
        ({"colour": "red"}, "colour"),
        ({"labels": []}, "labels"),
    ],
)
def test_a_wrong_card_fails_the_start(tmp_path: Path, change: dict[str, Any], said: str) -> None:
    """One line that begins with the key's path."""
    folder = write_model(tmp_path / "mine", WORDS)
    card = json.loads((folder / "scorer.json").read_text()) | change
    (folder / "scorer.json").write_text(json.dumps(card))
    with pytest.raises(ConfigError) as error:
        build(parsed(scorers={"refusal": {"model": str(folder)}}))
    (line,) = error.value.problems
    assert line.startswith("scorers.refusal.model: ")
    assert said in line


@pytest.mark.parametrize("name", ["model.onnx", "tokenizer.json", "scorer.json"])
def test_a_missing_file_fails_the_start(tmp_path: Path, name: str) -> None:
    """And is named."""
    folder = write_model(tmp_path / "mine", WORDS)
    (folder / name).unlink()
    with pytest.raises(ConfigError, match=name):
        read_card(folder, "refusal")


async def test_it_runs_in_a_scorer_process(tmp_path: Path) -> None:
    """The worker never loads the model: a process of the pool does, with its bounds on time and memory."""
    folder = write_model(tmp_path / "mine", WORDS)
    settings = parsed(scorers={"refusal": {"model": str(folder)}})
    own = {str(name): each.model_dump_json() for name, each in settings.scorers.items()}
    pool = Pool(targets(settings), own, 1, 1_000_000_000)
    runner = PoolRunner(pool, "refusal", 30.0, Progress())
    try:
        await runner.ready()
        outcomes = await runner.run([encode(sample("r1", answer="Sorry")), encode(sample("r2", answer="Gladly"))])
    finally:
        runner.release()
        await pool.close()
    values = [outcome.scored.scores[0].value for outcome in outcomes.values() if outcome.scored]
    assert values == [pytest.approx(0.9997, abs=1e-3), pytest.approx(0.0003, abs=1e-3)]


async def test_a_broken_model_costs_its_own_results(tmp_path: Path) -> None:
    """Outputs that are not as many as labels: the sample has crashed, and nothing else has."""
    folder = write_model(tmp_path / "mine", {"sorry": (1.0, 2.0, 3.0)})
    scorer = onnx_model.modelled(ScorerSettings(model=str(folder)))
    with pytest.raises(ValueError, match="as many outputs"):
        await scorer(sample(answer="sorry"))
