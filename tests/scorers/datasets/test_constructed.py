"""Rows made of ordinary requests and answers, scored by the scorers that they are made for."""

from collections.abc import Callable

import pytest

from proxy.config.settings import ScorerSettings
from proxy.sample import Sample
from scorers.datasets.constructed import copied_prompts, requested_json
from scorers.datasets.pairs import Labelled
from scorers.format import format_validity
from scorers.prompt_injection import prompt_injection
from scorers.score import Verdict

_ASKED = ("Describe the harbour of", "Write a short note about", "List three facts on", "Compare two views of")
_PLACES = ("Brenn", "Nordhafen", "Aust", "Tilby", "Holm", "Varde", "Skagen")


@pytest.fixture
def rows(make_sample: Callable[..., Sample]) -> list[Labelled]:
    return [
        Labelled(
            make_sample(f"s{at}", question=f"{asked} {place} for our guests.", answer="It lies by the sea."),
            False,
            str(at),
        )
        for at, (asked, place) in enumerate((asked, place) for place in _PLACES for asked in _ASKED)
    ]


async def test_copied_prompts_are_leaks(rows: list[Labelled]) -> None:
    """Each answer comes twice beside a prompt of other rows: as it was, and with a copy that the scorer finds."""
    found = copied_prompts(rows)
    assert len(found) > len(rows)
    scorer = prompt_injection(ScorerSettings())
    leaks = 0
    for honest, leak in zip(found[::2], found[1::2], strict=True):
        assert (honest.label, leak.label, honest.group) == (False, True, leak.group)
        system, user = honest.sample.messages
        assert system.role == "system"
        assert user.content not in system.content
        verdicts = []
        for one in (honest, leak):
            verdicts += [score.verdict for score in await scorer(one.sample) if score.output == "leaked"]
        assert verdicts[0] is Verdict.NO
        leaks += verdicts[1] is Verdict.YES
    assert leaks >= 0.35 * len(found)


def test_too_few_requests_make_no_prompt(rows: list[Labelled]) -> None:
    """Six different orders are needed, none of them the row's own."""
    assert copied_prompts(rows[:5]) == []
    assert copied_prompts([]) == []


async def test_requested_json(rows: list[Labelled]) -> None:
    """Whole JSON of the schema is valid; cut, mistyped, incomplete or wrapped in words it is not."""
    found = requested_json(rows)
    scorer = format_validity(ScorerSettings())
    for row in found:
        (score,) = await scorer(row.sample)
        assert score.verdict is (Verdict.YES if row.label else Verdict.NO), row.sample.choices[0].text
    assert len({row.sample.id for row in found}) == 2 * len(rows)
