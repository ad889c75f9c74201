"""The composition root of a proxy process: creates the data listener and the metrics listener from Settings.

All parts are created here and passed down. Configuration errors are reported here, before a socket is opened.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import sys
import time
from collections.abc import Callable, Mapping
from functools import partial

from prometheus_client import CollectorRegistry

from proxy import __version__
from proxy.config.data_folder import FolderWatch
from proxy.config.reload import fixed, kept
from proxy.config.settings import Settings
from proxy.config.values import split_address
from proxy.core import Core
from proxy.edge.control_routes import OwnCall
from proxy.edge.handling import Handler
from proxy.edge.heads import Request
from proxy.edge.http import ClientConnection
from proxy.edge.server import EdgeServer
from proxy.errors import ConfigError, Refused
from proxy.feedback import read
from proxy.forward import Forwarder
from proxy.observe.background import Background
from proxy.observe.identity import keyed, load_secret, new_request_id
from proxy.observe.pricing import load_prices, price_warnings
from proxy.observe.request_headers import read_ours
from proxy.observe.sampler import Sampler
from proxy.publish.feedback import FeedbackPublisher
from proxy.publish.publisher import Publisher
from proxy.queue.connect import open_queue
from proxy.queue.protocol import QueueError
from proxy.record.cleaning import clean_id, clean_name
from proxy.record.finish import Finisher
from proxy.routing.credentials import credentials
from proxy.routing.router import Router
from proxy.run.config_warnings import cautions
from proxy.run.control_app import Headers, data_app, metrics_app
from proxy.run.preflight import check
from proxy.run.processes import bind, instance_name, on_signal, private_folder, stop_event
from proxy.run.web_server import server
from proxy.telemetry import otel_if_asked
from proxy.telemetry.access_log import AccessLog
from proxy.telemetry.instruments import Instruments
from proxy.telemetry.recorder import Recorder
from proxy.upstream.egress import egress_for
from proxy.upstream.pool import Pool
from proxy.upstream.quota import shared_quotas

log = logging.getLogger("sightglass.proxy")

#: What two upstreams must have in common to share connections.
PoolKey = tuple[str, int, bool, float, bool]
#: Between readiness turning 503 and the listener's closing, so that a balancer can look.
_LAME_DUCK_SECONDS = 0.5


class ProxyProcess:
    """One proxy process. ``index`` is its number among the processes on one port; ``reread`` reloads the Settings."""

    def __init__(self, settings: Settings, index: int, reread: Callable[[], Settings]) -> None:
        check(settings)
        for line in [*cautions(settings), *price_warnings(settings)]:
            log.warning("%s", line)
        self._settings = settings
        self._reread = reread
        data_dir = private_folder(settings.data_dir)
        self._registry = CollectorRegistry()
        bounds = [o.below_seconds for o in settings.objectives if o.signal != "time_per_output_token"]
        self._instruments = Instruments(self._registry, "proxy", bounds)
        self._instruments.gauge("sightglass_build_info", __version__, "proxy").set(1)
        self._secret = load_secret(data_dir / "secret")
        #: Ids of requests that feedback names, as their rows have them.
        self._clean: dict[str, Callable[[str], str]] = {
            "task_id": clean_name,
            "response_id": partial(clean_id, secret=self._secret),
        }
        self._instance = instance_name()
        self._queue = open_queue(settings, data_dir)
        lost = self._instruments.gauge("sightglass_degraded", "data_dir")
        self._watch = FolderWatch(data_dir, self._secret, lost.set, ("queue.db", "secret"), self._queue_again)
        self._sampler = Sampler(settings.sampling, self._secret, (index, settings.processes))
        self._publisher = Publisher(self._queue, settings, self._sampler, self._instruments, self._instance)
        self._feedback = FeedbackPublisher(self._queue, settings.redaction, self._instruments)
        self._tracer = otel_if_asked.tracer(settings, self._instance, self._instruments)
        self._background = Background()
        self._access_log: AccessLog | None = None
        if settings.access_log:
            dropped = self._instruments.counter("sightglass_access_log_dropped_total")
            self._access_log = AccessLog(sys.stdout.buffer, dropped)
        host, port = split_address(settings.metrics_listen)
        self._metrics_socket = bind(f"{host}:{port + index if port else 0}", "metrics_listen")
        self._data_socket = bind(settings.listen, "listen", shared=settings.processes > 1)
        self._forwarder = Forwarder(self._core(settings, {}), self._instruments)

    def _core(self, settings: Settings, pools: dict[PoolKey, Pool]) -> Core:
        """The parts created from a configuration. Existing ``pools`` are reused if they still match."""
        router = Router(settings, traced=self._tracer is not None and self._tracer.sends)
        recorder = Recorder(self._instruments, settings)
        if self._tracer is not None:
            self._tracer.models = recorder.model
        self._sampler.settings = settings.sampling
        finisher = Finisher(
            recorder,
            self._sampler,
            self._publisher,
            load_prices(settings.prices, settings.upstreams),
            self._access_log,
            (self._instance, self._secret),
            self._background,
        )
        finisher.shared = shared_quotas(settings)
        made = {}
        self._pools: dict[PoolKey, Pool] = {}
        for name, target in router.targets.items():
            key = (target.host, target.port, target.tls, settings.timeouts.connect, target.settings.allow_private)
            pool = self._pools.get(key) or pools.get(key)
            if pool is None:
                pool = Pool(*key, egress=egress_for(target.host, target.port, target.tls, os.environ))
            made[name] = self._pools[key] = pool
        self._instruments.gauge("sightglass_config_reload_timestamp_seconds").set(time.time())
        hop = keyed(self._secret, b"hop" + settings.listen.encode())[:16].encode()
        return Core(settings, router, made, recorder, finisher, hop, self._tracer)

    def _take_feedback(self, headers: Headers, body: bytes) -> str:
        """Accept feedback with the rights of the application that sends it. Raises ``Refused``."""
        core = self._forwarder.core
        app = core.router.authenticate(headers) or read_ours(headers).app
        feedback = read(body, new_request_id(), core.recorder.app(app) if app else None, self._clean)
        self._feedback.put(feedback, tuple(key.decode("latin-1") for key in credentials(headers)))
        return feedback.id

    async def _queue_again(self) -> None:
        # It opens its file again by itself; what it says of an outage the publisher tells.
        with contextlib.suppress(QueueError):
            await self._queue.fill()

    def reload(self) -> None:
        """Reload the configuration. If it is invalid, the old one stays and the reason is logged.

        Requests in progress keep the configuration that they began with.
        """
        try:
            settings = self._reread()
            check(settings)
        except ConfigError as error:
            for problem in error.problems:
                log.error("the configuration was not reloaded: %s", problem)
            return
        if keys := fixed(self._settings, settings):
            log.warning("these keys take effect only after a restart: %s", ", ".join(keys))
            settings = kept(self._settings, settings, keys)
        before = self._pools
        self._forwarder.core = self._core(settings, before)
        for key, pool in before.items():
            if key not in self._pools:
                pool.close()
        self._settings = settings
        log.info("the configuration was reloaded")

    def count_restarts(self, restarts: Mapping[str, int]) -> None:
        """Export the restarts of this process by reason, because the supervisor has no metrics page."""
        for reason in ("ended", "stuck"):
            self._instruments.counter("sightglass_process_restarts_total", reason).inc(restarts.get(reason, 0))

    async def run(self, parent_pipe: int | None = None) -> None:
        """Serve until stopped, then drain: readiness first, then open streams, the ring last."""
        stop = stop_event(parent_pipe)
        on_signal(signal.SIGHUP, self.reload)
        ready = asyncio.Event()
        ready.set()
        own = data_app(ready.is_set, self._take_feedback)

        def serve(client: ClientConnection, request: Request) -> Handler | None:
            if request.path.startswith(b"/-/"):
                try:
                    self._forwarder.core.router.admit(request.headers)
                except Refused as refusal:
                    client.refuse(refusal.status, refusal.message, refusal.code or "")
                    return None
                return OwnCall(own, client, request)
            return self._forwarder.serve(client, request)

        edge = EdgeServer(serve, lambda: self._forwarder.core.settings.timeouts)
        metrics = server(metrics_app(self._registry, self._forwarder.settling.settle), 1)
        self._publisher.start()
        if self._tracer is not None:
            self._tracer.start()
        self._feedback.start()
        await edge.start(self._data_socket)
        exposing = asyncio.create_task(metrics.serve(sockets=[self._metrics_socket]))
        watching = asyncio.create_task(self._watch.run(stop))
        await stop.wait()
        ready.clear()
        _say_what_is_waited_for(self._forwarder.inflight)
        await asyncio.sleep(_LAME_DUCK_SECONDS)
        cut = await edge.drain(self._settings.limits.drain_seconds)
        if cut:
            log.warning("drain_seconds have passed; requests cut: %d", cut)
        self._forwarder.settling.settle()
        await asyncio.gather(self._publisher.stop(timeout=5.0), self._feedback.stop(timeout=5.0))
        if self._tracer is not None:
            await self._tracer.stop(timeout=3.0)
        metrics.should_exit = True
        await asyncio.gather(exposing, watching)
        for pool in self._pools.values():
            pool.close()
        await self._queue.close()
        if self._access_log is not None:
            self._access_log.close()


def _say_what_is_waited_for(inflight: int) -> None:
    if inflight:
        log.info("waiting for %d request%s (Ctrl-C again to stop now)", inflight, "" if inflight == 1 else "s")
