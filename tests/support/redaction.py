"""A sample of nothing, to be filled."""

from __future__ import annotations

from typing import Any

from proxy.exchange import Exchange, Operation, Outcome
from proxy.sample import Sample


def sample(**fields: Any) -> Sample:
    """A sample of a whole chat request."""
    exchange = Exchange(
        request_id="r",
        instance="i",
        started_at=0,
        app="a",
        operation=Operation.CHAT,
        upstream="u",
        outcome=Outcome.OK,
        duration=1,
    )
    return Sample(id="r", exchange=exchange, **fields)
