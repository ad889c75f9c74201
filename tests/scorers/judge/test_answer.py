"""What the judge says is read in the forms in which models say it; a limit that cuts it is said once."""

from __future__ import annotations

import logging

import orjson
import pytest

from scorers.judge.answer import Unreadable, read
from scorers.judge.client import Pause
from scorers.judge.prompt import Asked
from scorers.judge.rubrics import BY_SCORER
from support import replies
from support.judging import Question, always, bench, completion, judge, sample, saying

RUBRIC = BY_SCORER["refusal"]
ASKED = Asked([], "m1", "", (), False)
SAID = orjson.dumps({"mark": "m1", "note": "ok", **dict.fromkeys(RUBRIC.facts, 0.5)}).decode()


@pytest.mark.parametrize(
    "form",
    [
        "{}",
        "\ufeff{}",
        "```JSON\n{}\n```",
        "```\n{}\n```",
        "Let me see.\n</think>\n\n{}",
        "<thinking>Let me see.</thinking>{}",
        "[THINK]Let me see.[/THINK]\n```Json\n{}\n```",
        "<reasoning>Let me see.</reasoning>\n{}",
        "<|channel|>analysis<|message|>See.<|end|><|start|>assistant<|channel|>final<|message|>{}<|return|>",
    ],
)
def test_forms_of_an_answer(form: str) -> None:
    """Reasoning in every form, fences in capitals and a BOM may stand around the object."""
    assert set(read(form.replace("{}", SAID), ASKED, RUBRIC).facts.values()) == {0.5}


def test_an_object_inside_the_reasoning_is_no_answer() -> None:
    """What was only thought is no verdict."""
    with pytest.raises(Unreadable):
        read(f"<think>{SAID}", ASKED, RUBRIC)


async def test_an_answer_in_parts() -> None:
    """A judge whose content is a list of parts, reasoning among them, is read."""

    def script(request: object) -> list[object]:
        body = orjson.loads(saying(Question(request), {"refused": 1.0})[0].split(b"\r\n\r\n", 1)[1])  # type: ignore[arg-type, union-attr]
        message = body["choices"][0]["message"]
        thought = {"type": "thinking", "thinking": [{"type": "text", "text": "Hm."}]}
        message["content"] = [thought, {"type": "text", "text": message["content"]}]
        return replies.http(200, orjson.dumps(body))

    with judge(script) as server:
        async with bench(server.url) as made:
            assert (await made.scorer(sample()))[0].value == 1.0


async def test_a_limit_that_cuts_every_answer_is_said_once(caplog: pytest.LogCaptureFixture) -> None:
    """Three answers in a row that the limit cut are paid for; then nobody is asked, and the log says what to set."""
    cut = replies.http(200, completion("", (600, 1500))[0].split(b"\r\n\r\n", 1)[1].replace(b'"stop"', b'"length"'))
    with judge(lambda request: cut) as server, caplog.at_level(logging.ERROR):
        async with bench(server.url, max_tokens=1500) as made:
            for number in range(8):
                await made.scorer(sample(f"r{number}"))
            assert len(server.requests) == 3
            assert (made.client.paused, made.pauses) == (Pause.LIMIT, [Pause.LIMIT])
            assert made.store.judging.spent()["support"] == pytest.approx(3 * (600 * 1.0 + 1500 * 4.0) / 1e6)
            for number in range(8, 11):  # one call tries again after each pause, and nothing more is said
                made.client._pause_until = 0.0
                await made.scorer(sample(f"r{number}"))
            assert len(server.requests) == 6
            (said,) = [text for record in caplog.records if "judge.max_tokens" in (text := record.getMessage())]
            assert said.startswith("the judge is paused: judge.max_tokens (1500) cuts its answers; raise it, or set")
            made.client._pause_until = 0.0
            server.script = always(refused=1.0)
            assert (await made.scorer(sample("r11")))[0].value == 1.0
            assert made.client.paused is None


async def test_a_cut_now_and_then_pauses_nobody() -> None:
    """Answers that come whole between those that were cut keep the judge at work."""
    cut = replies.http(200, completion("", (600, 1500))[0].split(b"\r\n\r\n", 1)[1].replace(b'"stop"', b'"length"'))
    with judge(lambda request: []) as server:
        async with bench(server.url) as made:
            for number in range(9):
                server.script = always(refused=1.0) if number % 3 == 2 else lambda request: cut
                await made.scorer(sample(f"r{number}"))
            assert made.client.paused is None


async def test_limit_and_effort_are_sent() -> None:
    """``judge.max_tokens`` and ``judge.reasoning_effort`` go with each question, the latter only where it is set."""
    with judge(always(refused=1.0)) as server:
        async with bench(server.url, max_tokens=9000, reasoning_effort="low") as made:
            await made.scorer(sample())
            assert made.client.at_most([]) == pytest.approx(9000 * 4.0 / 1e6)
        async with bench(server.url) as made:
            await made.scorer(sample("r2"))
        first, second = (request.json() for request in server.requests)
    assert (first["max_completion_tokens"], first["reasoning_effort"]) == (9000, "low")
    assert second["max_completion_tokens"] == 1500
    assert "reasoning_effort" not in second
