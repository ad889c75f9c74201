"""What the page Ledger says of samples that were handed out and are not there."""

from __future__ import annotations

import pytest

from proxy.sample import IMPORTED
from scorers.console.views import balance, decision_shares, ledger_tables
from scorers.store.ledger import Ledger


def ledger(published: int, **counts: dict[str, int]) -> Ledger:
    """A ledger of one proxy."""
    return {"proxies": {"p": {"published": published, "sampled_out": 9}}, "scorers": counts, "reasons": {}}


@pytest.mark.parametrize(
    ("found", "unseen", "closed"),
    [
        (ledger(5, refusal={"scored": 5, "pending": 0}), 0, True),
        (ledger(5, refusal={"scored": 3, "pending": 2}), 0, False),
        (ledger(5, refusal={"scored": 3, "pending": 0}), 2, False),
        (ledger(5, refusal={"scored": 5, "pending": 0}, format={"scored": 2, "pending": 0}), 0, True),
        (ledger(5, refusal={"scored": 8, "pending": 0}), 0, True),
        (ledger(0), 0, True),
    ],
    ids=["all scored", "two wait", "two in the queue or lost", "a scorer that came later", "with imports", "nothing"],
)
def test_it_is_complete_when_every_published_sample_is_there(found: Ledger, unseen: int, closed: bool) -> None:
    """Samples that no scorer has seen are still in the queue, or were lost with it."""
    assert (balance(found).unseen, balance(found).closed) == (unseen, closed)


def test_imported_samples_are_no_requests() -> None:
    """They are a row of the ledger, since scorers have them, but in no sum and no share of requests."""
    found = ledger(5)
    found["proxies"] |= {"q": {"published": 1}, IMPORTED: {"published": 1_000}}
    proxies, _ = ledger_tables(found)
    assert [(name, total) for name, _, total in proxies.rows] == [
        ("all instances", 15),
        ("p", 14),
        ("q", 1),
        (IMPORTED, 1_000),
    ]
    assert sum(share.count for share in decision_shares(proxies)) == 15
    found["proxies"] = {IMPORTED: {"published": 1_000}}
    assert decision_shares(ledger_tables(found)[0]) == []
