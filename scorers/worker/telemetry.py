"""Scores as OpenTelemetry's event ``gen_ai.evaluation.result``, with the span of the judged answer as parent.

There is one event for each score, and one for each result that a scorer failed to produce (``error.type``). An answer
to which a scorer does not apply produces none. Values follow the convention's direction: groundedness is 1 -
P(ungrounded). Nothing that may quote the answer is sent unless content capture is on.
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Iterator

import msgspec
from opentelemetry._logs import LogRecord
from opentelemetry.context import Context
from opentelemetry.trace import NonRecordingSpan, SpanContext, TraceFlags, set_span_in_context

from proxy import __version__
from proxy.errors import Contained
from proxy.telemetry.genai import Attributes
from proxy.telemetry.otel import Exports, captures_content
from scorers.score import NOT_APPLICABLE, Reason, Result, Score, Verdict
from scorers.store.records import ScoredSample

log = logging.getLogger("sightglass.otel")

_EVENT = "gen_ai.evaluation.result"
_FAILED = frozenset({Result.JUDGE_ERROR, Result.UNPARSEABLE, Result.TIMEOUT, Result.CRASHED, Result.DEAD})
_CHOSEN = frozenset({Reason.SAMPLED_OUT, Reason.BUDGET})
_GROUNDED = {Verdict.YES: "ungrounded", Verdict.NO: "grounded", Verdict.UNSURE: "unsure"}


def _unmade(error: Exception) -> None:
    log.error("an evaluation event could not be made (%s)", type(error).__name__)


_CONTAINED = Contained(_unmade)


class _Exchange(msgspec.Struct):
    trace_id: str | None = None
    span_id: str | None = None
    trace_flags: int | None = None
    response_id: str | None = None


class _Sample(msgspec.Struct):
    """The fields of a sample that an event needs. All others are skipped without being parsed."""

    exchange: _Exchange


_decoder = msgspec.json.Decoder(_Sample)


class Evaluations:
    """Emits the events of one worker."""

    def __init__(self, exports: Exports) -> None:
        assert exports.logs is not None
        self._way = exports.log_way
        self._logger = exports.logs.get_logger("sightglass", __version__)
        self._explains = any(captures_content(os.environ))

    def emit(self, result: ScoredSample, payload: bytes) -> None:
        """Send the result of one scorer for the sample in ``payload``. Never raises: scoring takes precedence."""
        try:
            exchange = _decoder.decode(payload).exchange
        except ValueError:
            exchange = _Exchange()  # not a sample, which is what the result says
        with _CONTAINED:  # telemetry never costs a score
            context = _parent(exchange)
            for attributes in self._events(result, exchange):
                if self._way.take():
                    self._logger.emit(
                        LogRecord(timestamp=time.time_ns(), context=context, event_name=_EVENT, attributes=attributes)
                    )

    def _events(self, result: ScoredSample, exchange: _Exchange) -> Iterator[Attributes]:
        common: Attributes = {"sightglass.sample_id": result.sample_id, "sightglass.app": result.app}
        if exchange.response_id is not None:
            common["gen_ai.response.id"] = exchange.response_id
        told = False
        for score in result.scores:
            attributes = self._score(score)
            if attributes:
                told = True
                yield common | attributes
        if not told and result.result in _FAILED:
            yield common | {"gen_ai.evaluation.name": result.scorer, "error.type": result.result.value}

    def _score(self, score: Score) -> Attributes:
        """The attributes of one score; empty when there is nothing to report."""
        grounded = (score.scorer, score.output) == ("groundedness", "ungrounded")
        found: Attributes = {
            "gen_ai.evaluation.name": "groundedness" if grounded else f"{score.scorer}.{score.output}",
            "sightglass.scorer.version": score.version,
        }
        if score.choice:
            found["sightglass.choice"] = score.choice
        if score.value is not None and score.verdict is not None:
            found["gen_ai.evaluation.score.value"] = 1.0 - score.value if grounded else score.value
            found["gen_ai.evaluation.score.label"] = _GROUNDED[score.verdict] if grounded else score.verdict.value
            if self._explains and score.explanation:
                found["gen_ai.evaluation.explanation"] = score.explanation
            return found
        reason = score.unscored_reason
        if reason is None or reason in NOT_APPLICABLE or reason in _CHOSEN:
            return {}
        found["error.type"] = reason.value
        return found


def _parent(exchange: _Exchange) -> Context:
    """The judged span; an empty context where the sample names none."""
    try:
        trace_id, span_id = int(exchange.trace_id or "", 16), int(exchange.span_id or "", 16)
    except ValueError:
        return Context()
    flags = TraceFlags(exchange.trace_flags or 0)
    span = SpanContext(trace_id, span_id, is_remote=True, trace_flags=flags)
    return set_span_in_context(NonRecordingSpan(span), Context()) if span.is_valid else Context()
