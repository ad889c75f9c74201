"""``sightglass distill``: from labels to a model that may be used, or to one that may not."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import msgspec
import pytest

from proxy.errors import ConfigError
from proxy.sample import Sample
from scorers.commands.distill import main
from scorers.distilled.card import FILE, read_card
from scorers.distilled.scorer import distilled
from scorers.formats import recorded
from scorers.registry import build, targets
from scorers.score import Result, Score, Verdict
from scorers.store.records import ScoredSample
from scorers.store.store import Store
from support.distilling import lines, written
from support.full_disk import full_at
from support.scoring import parsed

APPS = ("desk", "shop", "press")


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model fitted on 120 answers of each of three applications."""
    folder = tmp_path_factory.mktemp("distilled")
    (folder / "own.jsonl").write_text(written(lines(APPS, 120)))
    assert main([str(folder / "mine"), "--no-store", "--labels", str(folder / "own.jsonl")]) == 0
    return folder / "mine"


def test_a_model_that_wins_on_sources_it_never_saw_may_be_used(model: Path) -> None:
    """The card has each application as a part, with figures of head and model; the folder holds weights below 1 MB."""
    card = read_card(model)
    assert [part.name for part in card.parts] == [f"own: {app}" for app in sorted(APPS)]
    assert (card.held_out, card.labels) == ("source", {"files": 360})
    assert [part.result for part in card.parts] == ["wins"] * 3
    assert all(part.model.auroc > part.head.auroc for part in card.parts)
    assert (model / "weights.npz").stat().st_size < 1_000_000


def test_it_scores_in_place_of_the_head(model: Path) -> None:
    """Other answers, of an application that it never saw, by the card's threshold; ``contradicted`` stays."""
    settings = parsed(scorers={"groundedness": {"model": str(model)}})
    assert targets(settings)["groundedness"] == "scorers.distilled.scorer:distilled"
    build(settings)
    scorer = distilled(settings.scorers["groundedness"])
    right = 0
    for doc in lines(("fourth",), 40):
        scores = {score.output: score for score in asyncio.run(scorer(recorded.decode(json.dumps(doc))))}
        assert scores["ungrounded"].version.startswith("distilled:mine:")
        assert scores["contradicted"].version.startswith("groundedness-")
        right += scores["ungrounded"].verdict == doc["labels"]["groundedness.ungrounded"]
    assert right >= 34


def test_the_same_labels_give_the_same_weights(model: Path, tmp_path: Path) -> None:
    """The digest in the card is the same."""
    (tmp_path / "own.jsonl").write_text(written(lines(APPS, 120)))
    assert main([str(tmp_path / "mine"), "--no-store", "--labels", str(tmp_path / "own.jsonl")]) == 0
    assert read_card(tmp_path / "mine").weights == read_card(model).weights


def test_a_model_that_does_not_win_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Labels that say nothing: status 3, the card is written, and a configuration that names the folder fails."""
    (tmp_path / "own.jsonl").write_text(written(lines(APPS, 80, shuffled=True)))
    assert main([str(tmp_path / "mine"), "--no-store", "--labels", str(tmp_path / "own.jsonl")]) == 3
    assert "not to be used" in capsys.readouterr().out
    with pytest.raises(ConfigError, match=r"scorers\.groundedness\.model: .* does not win"):
        build(parsed(scorers={"groundedness": {"model": str(tmp_path / "mine")}}))


def test_it_is_for_groundedness_alone(model: Path) -> None:
    """Another scorer that names it fails the start."""
    with pytest.raises(ConfigError, match=r"scorers\.refusal\.model: .* for groundedness only"):
        build(parsed(scorers={"refusal": {"model": str(model)}}))


def test_weights_that_the_card_does_not_speak_of(model: Path, tmp_path: Path) -> None:
    """Are refused, and so is a card that is none."""
    settings = parsed(scorers={"groundedness": {"model": str(tmp_path)}}).scorers["groundedness"]
    (tmp_path / FILE).write_bytes((model / FILE).read_bytes())
    with pytest.raises(ConfigError, match=r"has no weights\.npz"):
        distilled(settings)
    (tmp_path / "weights.npz").write_bytes((model / "weights.npz").read_bytes()[:-1])
    with pytest.raises(ConfigError, match="not the weights"):
        distilled(settings)
    (tmp_path / FILE).write_text('{"task": "refusal.refused"}')
    with pytest.raises(ConfigError, match=FILE):
        distilled(settings)


def test_labels_of_the_judge_and_of_people(
    tmp_path: Path, make_sample: Callable[..., Sample], capsys: pytest.CaptureFixture[str]
) -> None:
    """A store's judged answers are fitted on; a person's label comes before the judge's, an unsure judge counts for
    nothing, and where one application is all there is, thirds of the documents are held out."""
    now = time.time()
    with closing(Store.open("sqlite", tmp_path / "data")) as store:
        for number, doc in enumerate(lines(("desk",), 150)):
            own = recorded.decode(json.dumps(doc | {"labels": {}}))
            exchange = msgspec.structs.replace(own.exchange, started_at=now - 200 + number)
            sample = msgspec.structs.replace(own, exchange=exchange)
            store.save_samples([sample], content=True)
            yes = doc["labels"]["groundedness.ungrounded"] == "yes"
            store.save_scores([judged(sample, 0.5 if number < 4 else 0.95 if yes != (number == 4) else 0.05)])
            if number == 4:
                store.save_label((sample.id, "groundedness", "ungrounded", "kim"), Verdict.NO, "")
    assert main([str(tmp_path / "mine"), "--data-dir", str(tmp_path / "data")]) == 0
    assert "held out by documents" in capsys.readouterr().out
    card = read_card(tmp_path / "mine")
    assert (card.held_out, card.labels) == ("documents", {"judge": 145, "people": 1})


def judged(sample: Sample, value: float) -> ScoredSample:
    """The judge's score of a sample."""
    score = Score(
        sample_id=sample.id,
        scorer="groundedness",
        output="ungrounded",
        version="judge:some-model:p1:groundedness-1",
        value=value,
        verdict=Verdict.YES if value >= 0.5 else Verdict.NO,
    )
    return ScoredSample(
        sample_id=sample.id,
        app="desk",
        scorer="judge:groundedness",
        result=Result.SCORED,
        at=sample.exchange.started_at,
        scores=[score],
    )


@pytest.mark.parametrize(
    ("arguments", "content", "said"),
    [
        (["mine", "--no-store"], "", "--labels is needed"),
        (["mine", "--no-store", "--labels", "none.jsonl"], "", "No such file"),
        (["mine", "--no-store", "--labels", "own.jsonl"], "{]\n", "own.jsonl:1: not JSON"),
        (["mine", "--no-store", "--labels", "own.jsonl"], '{"prompt": "a", "response": "b"}\n', "there is no label"),
        (["mine", "--no-store", "--labels", "own.jsonl"], written(lines(APPS, 4)), "must have 15 of each"),
        (["mine", "--data-dir", "nowhere"], "", "there is no store here"),
        (["mine", "--days", "0"], "", "--days: more than 0"),
        (["taken", "--no-store", "--labels", "own.jsonl"], written(lines(APPS, 4)), "is there already"),
    ],
)
def test_bad_input_is_one_clear_error(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    content: str,
    said: str,
) -> None:
    """Status 2, one line, and no folder is made."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "own.jsonl").write_text(content)
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken" / "file").touch()
    assert main(arguments) == 2
    told = [line for line in capsys.readouterr().err.splitlines() if "left out" not in line]
    assert len(told) == 1
    assert said in told[0]
    assert not (tmp_path / "mine").exists()


def test_more_labels_than_it_takes_are_one_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing is fitted, and no folder is made."""
    (tmp_path / "own.jsonl").write_text(written(lines(("desk",), 10_001)))
    assert main([str(tmp_path / "mine"), "--no-store", "--labels", str(tmp_path / "own.jsonl")]) == 2
    assert "more than 10,000 labelled answers" in capsys.readouterr().err
    assert not (tmp_path / "mine").exists()


@pytest.mark.parametrize("room", [20_000, 1])
def test_on_a_full_disk_there_is_no_model(tmp_path: Path, capsys: pytest.CaptureFixture[str], room: int) -> None:
    """One line and status 2, no half model in the folder, and the next attempt takes the same one."""
    (tmp_path / "own.jsonl").write_text(written(lines(APPS, 40)))
    arguments = [str(tmp_path / "mine"), "--no-store", "--labels", str(tmp_path / "own.jsonl")]
    with full_at(room):
        assert main(arguments) == 2
    told = capsys.readouterr().err.splitlines()
    assert told[-1].endswith("weights.npz: File too large; no model is written")
    assert not any((tmp_path / "mine").iterdir())
    assert main(arguments) in (0, 3)
    assert {path.name for path in (tmp_path / "mine").iterdir()} == {"weights.npz", "distilled.json"}
