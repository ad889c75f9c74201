"""Checks before anything is started, in addition to the validation by Settings."""

from __future__ import annotations

import importlib
import os

from proxy.config.settings import Settings
from proxy.observe.pricing import priced
from proxy.routing.target import make_target
from proxy.upstream.egress import egress_for


def check(settings: Settings) -> None:
    """Raise ``ConfigError`` for errors that appear only when the parts are created."""
    priced(settings)
    for target in map(make_target, settings.upstreams):
        egress_for(target.host, target.port, target.tls, os.environ)
    if settings.queue != "sqlite":
        importlib.import_module("proxy.queue.redis_url").parse(settings.queue)
