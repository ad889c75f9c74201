"""The parts that one configuration creates for requests. Created as a whole, and replaced as a whole on a reload."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from proxy.config.settings import Settings
from proxy.errors import Refused
from proxy.record.finish import Finisher
from proxy.routing.router import Headers, Router
from proxy.telemetry.recorder import Recorder
from proxy.upstream.pool import Pool

if TYPE_CHECKING:
    from proxy.telemetry.tracing import Tracer

_HOP = b"x-sightglass-hop"
_MAX_HOPS = 8


@dataclass(frozen=True, slots=True)
class Core:
    """Settings and the parts created from them. ``hop`` is the token of this deployment in the chain of proxies."""

    settings: Settings
    router: Router
    pools: Mapping[str, Pool]
    recorder: Recorder
    finisher: Finisher
    hop: bytes
    tracer: Tracer | None = None

    def check_hops(self, headers: Headers) -> None:
        """Raise ``Refused`` (508) for a request that was here before or passed through too many Sightglass proxies."""
        hops = _hops(headers)
        if self.hop in hops or len(hops) >= _MAX_HOPS:
            raise Refused(508, "the request has come back to the proxy that sent it", "loop_detected")

    def add_hop(self, sent: Headers, received: Headers) -> None:
        """Append the token of this deployment to those of earlier proxies."""
        if self.settings.hop_header:
            sent.append((_HOP, b",".join([*_hops(received), self.hop])))


def _hops(headers: Headers) -> list[bytes]:
    value = next((value for name, value in headers if name == _HOP), b"")
    return [hop.strip()[:32] for hop in value.split(b",")] if value else []
