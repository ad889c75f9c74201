"""The ledger says of every request why it has no score, and of every result why."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
import pytest

from proxy.config.settings import Retention
from proxy.exchange import Decision, ExchangeRow, Operation, RowBatch
from proxy.sample import Sample
from scorers.score import Result
from scorers.store.records import ScoredSample
from scorers.store.store import Store

MakeSample = Callable[..., Sample]


@pytest.mark.parametrize("decision", [each for each in Decision if each is not Decision.PUBLISHED])
def test_a_request_without_a_sample_says_why(sqlite_store: Store, make_sample: MakeSample, decision: Decision) -> None:
    """In words, for every decision there is; and for each scorer the decision is what became of it."""
    sqlite_store.ensure_group("refusal")
    sqlite_store.ensure_group("format")
    row = ExchangeRow(make_sample("r1").exchange, decision)
    sqlite_store.save_rows(RowBatch("b1", "p1", 1, {decision.value: 1}, [row]))
    entry = sqlite_store.ledger_of("r1")
    assert entry is not None
    made = {"result": decision.value, "reason": None, "scores": []}
    assert (entry["decision"], entry["scorers"]) == (decision.value, {"format": made, "refusal": made})
    assert entry["why"]


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({"status": 413, "error": "body_too_large"}, "the proxy answered it itself, with status 413 (body_too_large)"),
        (
            {"status": 404, "error": "upstream_not_found", "operation": Operation.OTHER},
            "the proxy answered it itself, with status 404 (upstream_not_found)",
        ),
        ({"status": 200}, "a call of the judge"),
        ({"status": 200, "operation": Operation.EMBEDDINGS}, "an operation whose text is not observed"),
        (
            {"status": 400, "error": "bad", "first_chunk": 0.1, "operation": Operation.EMBEDDINGS},
            "an operation whose text is not observed",
        ),
    ],
)
def test_what_was_not_observed_says_what_it_was(
    sqlite_store: Store, make_sample: MakeSample, facts: dict[str, object], words: str
) -> None:
    """An answer of the proxy's own, the judge's call and another operation are told apart."""
    row = ExchangeRow(make_sample("r1", **facts).exchange, Decision.NOT_OBSERVED)
    sqlite_store.save_rows(RowBatch("b1", "p1", 1, {"not_observed": 1}, [row]))
    entry = sqlite_store.ledger_of("r1")
    assert entry is not None
    assert words in str(entry["why"])


def test_a_published_request_needs_no_reason(sqlite_store: Store, make_sample: MakeSample) -> None:
    """Its scorers say what became of it."""
    sqlite_store.ensure_group("refusal")
    row = ExchangeRow(make_sample("r1").exchange, Decision.PUBLISHED)
    sqlite_store.save_rows(RowBatch("b1", "p1", 1, {"published": 1}, [row]))
    entry = sqlite_store.ledger_of("r1")
    assert entry is not None
    assert entry["why"] is None
    assert entry["scorers"]["refusal"]["result"] == "pending"


def test_reasons_add_up_to_results_until_samples_expire(store: Store, make_sample: MakeSample) -> None:
    """Each result that is no score is split by its reason; what has expired stays counted, without one."""
    store.ensure_group("refusal")
    made = [make_sample(f"r{number}", started_at=1000.0) for number in range(6)]
    store.save_samples(made, content=False)
    ends = [
        (Result.NOT_APPLICABLE, "no_text"),
        (Result.NOT_APPLICABLE, "too_long"),
        (Result.NOT_APPLICABLE, "no_text"),
        (Result.DEAD, "deliveries"),
        (Result.TIMEOUT, "timeout"),
    ]
    store.save_scores(
        [ScoredSample.of(each, "refusal", *end[:1], [], end[1]) for each, end in zip(made, ends, strict=False)]
    )
    store.record_trimmed("refusal", ["r5"])
    before = store.ledger()
    assert before["reasons"] == {
        "refusal": {
            "not_applicable": {"no_text": 2, "too_long": 1},
            "dead": {"deliveries": 1},
            "timeout": {"timeout": 1},
            "trimmed": {"queue": 1},
        }
    }
    assert before["scorers"] == {"refusal": {"dead": 1, "not_applicable": 3, "pending": 0, "timeout": 1, "trimmed": 1}}
    store.expire(Retention(samples=1.0, exchanges=1.0))
    after = store.ledger()
    assert after["scorers"] == before["scorers"]
    assert after["reasons"] == {}
    assert msgspec.json.decode(msgspec.json.encode(after)) == after
