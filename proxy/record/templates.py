"""Exchanges of requests that are alike: what they share is set once, in a template.

An Exchange has fifty fields. Of most requests, all but about ten are those of an earlier request.
"""

from __future__ import annotations

from typing import NamedTuple

from proxy.exchange import Exchange, FinishReason, Operation, Outcome, StreamEnd
from proxy.record.cleaning import clean_name

#: So many templates are kept. A new one costs about five times as much as finding one.
_KEPT = 1024


class Shared(NamedTuple):
    """The facts of a request that others have, too. Names are as the request and the answer say them."""

    app: str
    operation: Operation
    upstream: str
    outcome: Outcome
    asked: str | None
    served: str | None
    status: int | None
    streamed: bool
    stream_end: StreamEnd | None
    finish_reason: FinishReason | None
    refusal: bool
    choices: int
    system_prompt: str | None
    tools: str | None
    parameters: str | None
    fingerprint: str | None
    service_tier: str | None
    provider: str | None
    effort: str | None


class Templates:
    """The templates of one process."""

    def __init__(self, instance: str) -> None:
        self._instance = instance
        self._kept: dict[tuple[object, ...], Exchange] = {}

    def of(self, shared: tuple[object, ...]) -> Exchange:
        """An Exchange with these facts, in which names are clean and everything else is empty.

        ``shared``: a ``Shared``, or its values in a plain tuple, which is made in a quarter of the time.
        """
        found = self._kept.get(shared)
        if found is None:
            if len(self._kept) >= _KEPT:
                self._kept.clear()
            found = self._kept[shared] = self._made(Shared._make(shared))
        return found

    def _made(self, shared: Shared) -> Exchange:
        return Exchange(
            request_id="",
            instance=self._instance,
            started_at=0.0,
            app=shared.app,
            operation=shared.operation,
            upstream=shared.upstream,
            outcome=shared.outcome,
            duration=0.0,
            model_asked=_clean(shared.asked),
            model_served=_clean(shared.served),
            status=shared.status,
            streamed=shared.streamed,
            stream_end=shared.stream_end,
            finish_reason=shared.finish_reason,
            wire_refusal=shared.refusal,
            choices=shared.choices,
            system_prompt_hash=shared.system_prompt,
            tools_hash=shared.tools,
            parameters_hash=shared.parameters,
            system_fingerprint=_clean(shared.fingerprint),
            service_tier=_clean(shared.service_tier),
            provider=_clean(shared.provider),
            effort=shared.effort,
        )


def _clean(name: str | None) -> str | None:
    return clean_name(name) if name else None
