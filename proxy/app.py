"""The composition root of a proxy process: Settings in, a running data listener and metrics listener out.

Everything is made here and passed down; what is wrong with the configuration is said here, before a socket is open.
"""

from __future__ import annotations

import asyncio
import sys
import time

from prometheus_client import CollectorRegistry

from proxy import __version__
from proxy.accesslog import AccessLog
from proxy.errors import ConfigError
from proxy.finish import Finisher
from proxy.forward import Forwarder, Receive, Scope, Send
from proxy.identity import load_secret
from proxy.metrics import Instruments
from proxy.pricing import load_prices
from proxy.processes import bind, instance_name, private_folder, server, stop_event
from proxy.publisher import Publisher
from proxy.queue.sqlite import SqliteQueue
from proxy.router import Router
from proxy.routes import data_app, metrics_app
from proxy.sampler import Sampler
from proxy.settings import Settings, split_address
from proxy.telemetry import Recorder
from proxy.upstream.pool import Pool

#: Between readiness turning 503 and the listener's closing, so that a balancer can look.
_LAME_DUCK_SECONDS = 0.5


class DataListener:
    """What stands before everything: ``/-/`` is ours, every other path is forwarded raw."""

    def __init__(self, forwarder: Forwarder, is_ready: asyncio.Event) -> None:
        self._forward = forwarder
        self._own = data_app(is_ready.is_set)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Dispatch by path."""
        if scope["type"] != "http":
            return
        if scope["raw_path"].startswith(b"/-/"):
            await self._own(scope, receive, send)  # type: ignore[arg-type]
        else:
            await self._forward(scope, receive, send)


def check(settings: Settings) -> None:
    """Raise ``ConfigError`` for what only shows when the parts are made."""
    load_prices(settings.prices)
    if settings.queue != "sqlite":
        raise ConfigError(["queue: only sqlite is built in this version"])


class ProxyProcess:
    """One proxy process, made from Settings. ``index`` counts the processes on one port."""

    def __init__(self, settings: Settings, index: int = 0) -> None:
        check(settings)
        self._settings = settings
        data_dir = private_folder(settings.data_dir)
        registry = CollectorRegistry()
        bounds = [o.below_seconds for o in settings.objectives if o.signal != "time_per_output_token"]
        self.instruments = Instruments(registry, "proxy", bounds)
        self.instruments.gauge("sightglass_build_info", __version__, "proxy").set(1)
        self.instruments.gauge("sightglass_config_reload_timestamp_seconds").set(time.time())
        recorder = Recorder(self.instruments, settings)
        secret = load_secret(data_dir / "secret")
        sampler = Sampler(settings.sampling, secret)
        instance = instance_name()
        self._queue = SqliteQueue(data_dir / "queue.db", settings.limits.queue_bytes)
        self.publisher = Publisher(self._queue, settings, sampler, self.instruments, instance)
        self._access_log: AccessLog | None = None
        if settings.access_log:
            dropped = self.instruments.counter("sightglass_access_log_dropped_total")
            self._access_log = AccessLog(sys.stdout.buffer, dropped)
        prices = load_prices(settings.prices)
        finisher = Finisher(recorder, sampler, self.publisher, prices, self._access_log, (instance, secret))
        router = Router(settings)
        self._pools = {
            name: Pool(target.host, target.port, target.tls, settings.timeouts.connect)
            for name, target in router.targets.items()
        }
        self.forwarder = Forwarder(settings, router, self._pools, recorder, finisher, self.instruments)
        host, port = split_address(settings.metrics_listen)
        self._metrics_socket = bind(f"{host}:{port + index if port else 0}", "metrics_listen")
        self._data_socket = bind(settings.listen, "listen", shared=settings.processes > 1)
        self._registry = registry

    async def run(self, parent_pipe: int | None = None) -> None:
        """Serve until told to stop; then drain: readiness first, streams to their end, the ring last."""
        stop = stop_event(parent_pipe)
        ready = asyncio.Event()
        ready.set()
        drain = self._settings.limits.drain_seconds
        data = server(DataListener(self.forwarder, ready), drain)
        metrics = server(metrics_app(self._registry), 1)
        self.publisher.start()
        serving = asyncio.create_task(data.serve(sockets=[self._data_socket]))
        exposing = asyncio.create_task(metrics.serve(sockets=[self._metrics_socket]))
        await stop.wait()
        ready.clear()
        await asyncio.sleep(_LAME_DUCK_SECONDS)
        data.should_exit = True
        await serving
        await self.publisher.stop(timeout=5.0)
        metrics.should_exit = True
        await exposing
        for pool in self._pools.values():
            pool.close()
        await self._queue.close()
        if self._access_log is not None:
            self._access_log.close()
