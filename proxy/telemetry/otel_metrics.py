"""The histograms of OpenTelemetry's conventions for generative AI, recorded from finished Exchanges."""

from __future__ import annotations

import os
from collections.abc import Callable

from opentelemetry.context import Context
from opentelemetry.metrics import Histogram

from proxy import __version__
from proxy.exchange import Exchange
from proxy.telemetry import genai
from proxy.telemetry.genai import Attributes
from proxy.telemetry.otel import Exports

_LATEST = "gen_ai_latest_experimental"


class Meters:
    """The histograms of the conventions, with their newer names if ``gen_ai_latest_experimental`` is set."""

    def __init__(self, exports: Exports) -> None:
        assert exports.meters is not None
        meter = exports.meters.get_meter("sightglass", __version__)
        self._latest = _LATEST in os.environ.get("OTEL_SEMCONV_STABILITY_OPT_IN", "").replace(" ", "").split(",")

        def histogram(name: str, unit: str, text: str, bounds: tuple[float, ...]) -> Histogram:
            return meter.create_histogram(name, unit, text, explicit_bucket_boundaries_advisory=bounds)

        stem = "gen_ai.client.inference" if self._latest else "gen_ai.client.operation"
        self._duration = histogram(f"{stem}.duration", "s", "Duration of an operation.", genai.DURATION_BOUNDS)
        self._first = histogram(
            f"{stem}.time_to_first_chunk", "s", "Time to the first chunk of a stream.", genai.CHUNK_BOUNDS
        )
        names = ("gen_ai.client.token.usage",) * 2
        if self._latest:
            names = (f"{stem}.usage.input_tokens", f"{stem}.usage.output_tokens")
        made = {name: histogram(name, "{token}", "Tokens of an operation.", genai.TOKEN_BOUNDS) for name in set(names)}
        self._tokens = (made[names[0]], made[names[1]])

    def record(
        self,
        exchange: Exchange,
        server: tuple[str, int],
        sent_after: float,
        context: Context,
        models: Callable[[str | None], str],
    ) -> None:
        """Record one operation, sent ``sent_after`` seconds after its request began. ``models`` bounds the names."""
        attributes: Attributes = {
            "gen_ai.operation.name": genai.OPERATIONS[exchange.operation],
            "gen_ai.provider.name": genai.provider_of(server[0], exchange.upstream),
            "gen_ai.request.model": models(exchange.model_asked),
            "server.address": server[0],
            "server.port": server[1],
        }
        if exchange.model_served is not None:
            attributes["gen_ai.response.model"] = models(exchange.model_served)
        failure = genai.error_type(exchange)
        ended = attributes if failure is None else attributes | {"error.type": failure}
        self._duration.record(max(0.0, exchange.duration - sent_after), ended, context)
        if exchange.streamed and exchange.first_chunk is not None:
            self._first.record(max(0.0, exchange.first_chunk - sent_after), ended, context)
        if exchange.usage is None:
            return
        usage = exchange.usage
        counts = (usage.input + usage.cached_input + usage.cache_write, usage.output + usage.reasoning_output)
        for meter, kind, count in zip(self._tokens, ("input", "output"), counts, strict=True):
            meter.record(count, attributes if self._latest else attributes | {"gen_ai.token.type": kind}, context)
