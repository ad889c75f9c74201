"""OpenTelemetry where the environment speaks of it. Elsewhere nothing of it is imported: a fifth of the time and an
eighth of the memory that a process of the proxy takes to start (1 December 2026)."""

from __future__ import annotations

import importlib
import os
from collections.abc import Sequence
from typing import TYPE_CHECKING

from proxy.config.settings import Settings
from proxy.telemetry.instruments import Instruments

if TYPE_CHECKING:
    from proxy.telemetry.otel import Exports, Signal
    from proxy.telemetry.tracing import Tracer


def asked() -> bool:
    """Whether a variable of OpenTelemetry is set, whatever it says."""
    return any(name.startswith("OTEL_") for name in os.environ)


def exports(process: str, instance: str, instruments: Instruments, signals: Sequence[Signal]) -> Exports | None:
    """``otel.start``."""
    if not asked():
        return None
    made: Exports | None = importlib.import_module("proxy.telemetry.otel").start(
        process, instance, instruments, signals
    )
    return made


def tracer(settings: Settings, instance: str, instruments: Instruments) -> Tracer | None:
    """The tracer of a process of the proxy; ``None`` if the environment requests none."""
    if not asked():
        return None
    signals = importlib.import_module("proxy.telemetry.otel").signals_of_the_proxy()
    found = exports("proxy", instance, instruments, signals)
    if found is None:
        return None
    made: Tracer = importlib.import_module("proxy.telemetry.tracing").Tracer(found, settings, instruments)
    return made
