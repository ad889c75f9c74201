"""How long the long forms last, and a proxy for each."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from support.proxying import Proxy


@pytest.fixture(scope="session")
def soak_seconds() -> float:
    """SOAK_SECONDS; 600 when it is not set."""
    return float(os.environ.get("SOAK_SECONDS") or 600)


@pytest.fixture
def start_proxy(tmp_path: Path) -> Iterator[Callable[..., Proxy]]:
    """``start_proxy(upstream_url, **config)``: a proxy of the test's own; it must end well and quietly."""
    running: list[Proxy] = []

    def start(upstream: str, **config: Any) -> Proxy:
        running.append(Proxy(tmp_path, upstream, **config))
        return running[-1]

    yield start
    for process in running:
        process.finish()
