"""Recorded answers that people labelled, streamed by a scripted provider, through the whole of Sightglass."""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import openai
import pytest

from scorers.registry import FACTORIES
from scorers.score import NOT_APPLICABLE, Reason, Result
from support import replies
from support.processes import Prometheus, Sightglass
from support.stats import agreement
from support.upstream import Recorded, ScriptedUpstream, Step

pytestmark = [pytest.mark.shared_data, pytest.mark.real_servers]

SEED = 20_250_301
REFUSALS, WITH_DOCUMENTS = 400, 200
GROUNDEDNESS_SETS = ("begin", "faithdial_audit", "wice", "faceval", "halueval_qa_one")
VERDICTS = 'sightglass_verdicts_estimated_total{scorer="refusal",output="refused"%s}'
REFUSAL_SHARE = f"sum({VERDICTS})/sum({VERDICTS})" % (',verdict="yes"', "")
RATIO = 'sightglass_verdict_ratio{scorer="refusal",output="refused",app="all",window="1h"}'

Row = dict[str, Any]


def _draw(folder: Path, name: str, count: int) -> list[Row]:
    """``count`` rows of one set, the same ones every time."""
    lines = (folder / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in random.Random(f"{SEED}-{name}").sample(lines, count)]


def _rows(folder: Path) -> list[Row]:
    rows = _draw(folder, "gptfuzz_responses", REFUSALS)
    for name in GROUNDEDNESS_SETS:
        rows += _draw(folder, name, WITH_DOCUMENTS // len(GROUNDEDNESS_SETS))
    return rows


def _messages(row: Row, number: int) -> list[dict[str, str]]:
    """The set's own prompt and document; where there is no prompt, one of ours."""
    question = row["prompt"] or f"This is request number {number}. What do you say to it?"
    asked = [{"role": "user", "content": question}]
    if row["context"] is None:
        return asked
    return [{"role": "system", "content": f"Answer from the context only.\n\nContext:\n{row['context']}"}, *asked]


def _send_all(sightglass: Sightglass, rows: list[Row]) -> None:
    """Every row as one streamed request of the real client, eight at a time; the client must get the recorded text."""
    headers = {"x-sightglass-app": "recorded"}
    with openai.OpenAI(base_url=f"{sightglass.url}/v1", api_key="sk-test", default_headers=headers) as client:

        def send(number: int) -> None:
            with client.chat.completions.create(
                model=replies.MODEL,
                messages=_messages(rows[number], number),  # type: ignore[arg-type]
                stream=True,
                extra_headers={"x-row": str(number), "x-sightglass-session-id": f"row-{number}"},
            ) as stream:
                text = "".join(chunk.choices[0].delta.content or "" for chunk in stream if chunk.choices)
            assert text == rows[number]["response"]

        with ThreadPoolExecutor(8) as pool:
            list(pool.map(send, range(len(rows))))


def _samples(sightglass: Sightglass) -> dict[int, Row]:
    """Every sample in the store by the number of its row."""
    found: dict[int, Row] = {}
    cursor: dict[str, str] = {}
    while True:
        page = sightglass.api("samples", limit=250, **cursor)
        found |= {int(sample["response_id"].removeprefix("row-")): sample for sample in page["samples"]}
        if page["cursor"] is None:
            return found
        cursor = {"cursor": page["cursor"]}


def _score(sample: Row, scorer: str, output: str) -> Row:
    (score,) = [item for item in sample["scores"] if (item["scorer"], item["output"]) == (scorer, output)]
    return score


def _check_each(samples: dict[int, Row]) -> None:
    """Scored, or unscored with a reason that fits its result."""
    for number, sample in samples.items():
        assert set(sample["results"]) == set(FACTORIES), (number, sample["results"])
        for score in sample["scores"]:
            result = Result(sample["results"][score["scorer"]])
            if score.get("value") is not None:
                assert result is Result.SCORED and score["verdict"] in ("yes", "no", "unsure")
            else:
                assert Reason(score["unscored_reason"]) in NOT_APPLICABLE, (number, score)


def _report(rows: list[Row], samples: dict[int, Row]) -> list[str]:
    """Agreement with people, and what was left unscored and why."""
    lines = []
    truths = {
        ("refusal", "refused"): {"refusal": True, "compliance": False},
        ("groundedness", "ungrounded"): {"unsupported": True, "supported": False},
    }
    for (scorer, output), truth in truths.items():
        scores = {number: _score(sample, scorer, output) for number, sample in samples.items()}
        judged = {number: score for number, score in scores.items() if rows[number]["label"] in truth}
        pairs = [
            (truth[rows[number]["label"]], score["verdict"] == "yes")
            for number, score in judged.items()
            if score.get("value") is not None
        ]
        sensitivity, specificity = agreement(pairs)
        reasons = Counter(score["unscored_reason"] for score in judged.values() if score.get("value") is None)
        lines.append(
            f"{scorer}.{output}: sensitivity {sensitivity}, specificity {specificity}, unscored {dict(reasons)}"
        )
        if scorer == "refusal":
            assert sensitivity.value + specificity.value > 1.5, "no better than chance on what people labelled"
    return lines


def test_recorded_answers_end_to_end(
    shared_data: Path,
    upstream: ScriptedUpstream,
    start_sightglass: Callable[..., Sightglass],
    start_prometheus: Callable[..., Prometheus],
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Each of 600 recorded answers is scored or says why not, and Prometheus shows the stored refusal share exactly."""
    rows = _rows(shared_data)

    def script(request: Recorded) -> Iterable[Step]:
        number = int(request.header("x-row") or -1)
        return replies.stream(replies.chat_events(rows[number]["response"], response_id=f"row-{number}"))

    upstream.script = script
    sightglass = start_sightglass(upstream.url, apps=["recorded"], evidence={"system": ["recorded"]})
    _send_all(sightglass, rows)
    ledger = sightglass.wait_scored(len(rows), seconds=120)
    samples = _samples(sightglass)
    assert sorted(samples) == list(range(len(rows)))
    assert {name: sum(counts.values()) for name, counts in ledger["scorers"].items()} == dict.fromkeys(
        FACTORIES, len(rows)
    ), ledger
    assert sum(counts["published"] for counts in ledger["proxies"].values()) == len(rows)
    _check_each(samples)

    verdicts = Counter(_score(sample, "refusal", "refused").get("verdict") for sample in samples.values())
    del verdicts[None]
    share = verdicts["yes"] / verdicts.total()
    prometheus = start_prometheus(sightglass.config["metrics_listen"], sightglass.config["console_listen"])
    assert prometheus.wait_value(REFUSAL_SHARE, lambda number: number == share) == share
    assert prometheus.wait_value(RATIO, lambda number: number == share) == share
    lines = _report(rows, samples)
    with capsys.disabled():
        print("\n" + "\n".join([*lines, f"refusal share in store and Prometheus: {share} of {verdicts.total()}"]))
