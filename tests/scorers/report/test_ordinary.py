"""Ordinary traffic: the exchanges that the project brings, and how what is flagged in them is counted."""

from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from proxy.sample import Sample
from scorers.report.ordinary import KEPT, TOLD, Count, Exchange, counted, exchanges, tables
from scorers.score import Reason, Score, Scorer, Verdict

LANGUAGES = {"en", "de", "fr", "es", "pt", "zh", "ja", "ar"}


def test_the_exchanges() -> None:
    """Eight languages, at least twelve kinds, each id once, an answer in each, and labels of known outputs only."""
    found = exchanges()
    assert {row.language for row in found} == LANGUAGES
    assert len({row.kind for row in found}) >= 12
    assert len({row.sample.id for row in found}) == len(found) >= 400
    assert all(row.sample.choices[0].text for row in found)
    told = {f"{scorer}.{output}" for scorer, output in TOLD}
    assert all(row.events <= told for row in found)
    for language in LANGUAGES:
        kinds = {row.kind for row in found if row.language == language}
        assert len(kinds) >= 12, language


def test_exchanges_with_documents_are_kept_apart() -> None:
    """Half of them were never looked at; a document is in one half only, and some answers of each are invented."""
    found = exchanges()
    halves = {half: [row for row in found if row.kind.startswith(half)] for half in ("seen ", KEPT)}
    texts = {
        half: {
            one
            for row in rows
            for one in (*row.sample.contexts, *(m.content for m in row.sample.messages if m.role == "tool"))
        }
        for half, rows in halves.items()
    }
    assert all(len(rows) >= 100 for rows in halves.values())
    assert texts["seen "].isdisjoint(texts[KEPT])
    assert all(10 <= sum("groundedness.ungrounded" in row.events for row in rows) <= 30 for rows in halves.values())


async def test_kept_exchanges_have_a_table_of_their_own(make_sample: Callable[..., Sample]) -> None:
    """What no rule was made after is counted apart as well."""
    rows = [
        Exchange(make_sample("a"), "kept table", "en", frozenset()),
        Exchange(make_sample("b"), "table", "en", frozenset()),
    ]
    scorer = _scripted({name: _ungrounded(name) for name in ("a", "b")})
    text = tables(await counted({"groundedness": scorer}, rows))
    kept = text[text.index("Kept aside") :]
    assert "| *groundedness.ungrounded* | 1 | 1000 [207, 1000] | 0 of 0 | 0 |" in kept
    assert "| *groundedness.ungrounded* | 2 |" in text[: text.index("Kept aside")]


async def test_what_an_exchange_is_not_labelled_for_is_not_counted(make_sample: Callable[..., Sample]) -> None:
    """A set that was read for one output says nothing about the others."""
    rows = [Exchange(make_sample("a"), "x", "en", frozenset(), frozenset({"refusal.refused"}))]
    found = await counted({"groundedness": _scripted({"a": _ungrounded("a")})}, rows)
    assert not found["kind"].get("x", {})
    labelled = [row for row in exchanges() if row.only]
    assert labelled
    assert all(row.events <= row.only for row in labelled)


def _ungrounded(name: str) -> Score:
    return Score(
        sample_id=name, scorer="groundedness", output="ungrounded", version="x", value=0.9, verdict=Verdict.YES
    )


def _scripted(sample_scores: dict[str, Score]) -> Scorer:
    async def scorer(sample: Sample) -> list[Score]:
        return [sample_scores[sample.id]]

    return scorer


def _score(name: str, value: float | None) -> Score:
    score = Score(sample_id=name, scorer="refusal", output="refused", version="x", unscored_reason=Reason.TOO_LONG)
    if value is None:
        return score
    verdict = Verdict.YES if value > 0.5 else Verdict.NO
    return msgspec.structs.replace(score, value=value, verdict=verdict, unscored_reason=None)


async def test_what_is_counted(make_sample: Callable[..., Sample]) -> None:
    """A flag without the event is a false alarm, one with it is found; what is unscored is in neither."""
    event = frozenset({"refusal.refused"})
    given = [("a", 0.9, "short", frozenset()), ("b", 0.1, "short", frozenset()), ("c", 0.9, "code", event),
             ("d", 0.2, "code", event), ("e", None, "code", frozenset())]  # fmt: skip
    rows = [Exchange(make_sample(name), kind, "en", events) for name, _, kind, events in given]
    scorer = _scripted({name: _score(name, value) for name, value, _, _ in given})
    counts = await counted({"refusal": scorer}, rows)
    assert counts["kind"]["short"]["refusal.refused"] == Count(no=2, alarms=1)
    assert counts["kind"]["code"]["refusal.refused"] == Count(yes=2, found=1, unscored=1)
    assert counts["language"]["en"]["refusal.refused"] == Count(no=2, alarms=1, yes=2, found=1, unscored=1)
    text = tables(counts)
    assert "| short | 1/2 |" in text and "| code | – |" in text
    assert "| *refusal.refused* | 2 | 500 [95, 905] | 1 of 2 | 1 |" in text


def test_a_broken_line_is_named(tmp_path: Path) -> None:
    """File and line, and what is missing."""
    (tmp_path / "en.jsonl").write_text('{"prompt": "Hi", "response": "Hello", "kind": "short"}\n', encoding="utf-8")
    with pytest.raises(ValueError, match=r"en.jsonl:1: 'language'"):
        exchanges(tmp_path)
