"""The processes of one machine: starts them, restarts those that died, forwards signals, and stops them in order.

Proxies stop first, because they drain and flush their ring; then the worker stops. A child that exits with status 2
soon after the start has a wrong configuration, so everything stops with status 2. A child detects the death of the
supervisor through a pipe. A watched child reports through a second pipe that its event loop runs; a child that is stuck
is killed and restarted (``watchdog``).
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import sys
from dataclasses import dataclass, field
from functools import partial

from proxy.run.environment import frugal
from proxy.run.processes import on_signal
from proxy.run.watchdog import LAST_WORDS, PATIENCE, Watch

log = logging.getLogger("sightglass.supervisor")

_FIRST_DELAY, _LAST_DELAY = 0.2, 10.0
_STABLE_SECONDS = 30.0
CONFIG_STATUS = 2


@dataclass(slots=True)
class Child:
    """One process to keep running.

    ``watched``: it accepts ``--beat-pipe``, and ``--restarts`` tells it how often it was restarted, by the reasons
    ``ended`` and ``stuck``.
    """

    name: str
    arguments: list[str]
    watched: bool = False
    process: asyncio.subprocess.Process | None = None
    stopping: bool = False
    delay: float = _FIRST_DELAY
    done: asyncio.Event = field(default_factory=asyncio.Event)
    restarts: dict[str, int] = field(default_factory=lambda: {"ended": 0, "stuck": 0})
    was_stuck: bool = False
    #: Whether it was told to read the configuration again: what is wrong then stops no other process.
    reloaded: bool = False


class Supervisor:
    """Keeps ``proxies`` and ``workers`` running until a signal arrives."""

    def __init__(
        self, proxies: list[Child], workers: list[Child], drain_seconds: float, patience: float = PATIENCE
    ) -> None:
        self._proxies = proxies
        self._patience = patience
        self._workers = workers
        self._drain = drain_seconds
        self._read_end, self._write_end = os.pipe()
        self._status = 0

    async def run(self) -> int:
        """Runs until a signal arrives. Returns the exit status."""
        stop = asyncio.Event()

        def on_stop() -> None:
            if stop.is_set():
                self._status = 1
                self._kill([*self._proxies, *self._workers])
            stop.set()

        for number in (signal.SIGTERM, signal.SIGINT):
            on_signal(number, on_stop)
        on_signal(signal.SIGHUP, self._reload)
        children = [*self._proxies, *self._workers]
        keepers = [asyncio.create_task(self._keep(child, stop)) for child in children]
        await stop.wait()
        # Half a second and two around draining; queue, collector and listeners have their own few.
        await self._stop(self._proxies, self._drain + 15.0)
        await self._stop(self._workers, 15.0)
        await asyncio.gather(*keepers)
        return self._status

    async def _keep(self, child: Child, stop: asyncio.Event) -> None:
        loop = asyncio.get_running_loop()
        first = True
        while not child.stopping:
            started = loop.time()
            status = await self._live(child)
            if child.stopping or stop.is_set():
                break
            if first and status == CONFIG_STATUS and not child.reloaded:
                self._status = CONFIG_STATUS
                stop.set()
                break
            first = False
            if loop.time() - started > _STABLE_SECONDS:
                child.delay = _FIRST_DELAY
            log.error("%s ended with status %s; starting it again in %.1f s", child.name, status, child.delay)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), child.delay)
                break
            child.delay = min(child.delay * 2, _LAST_DELAY)
            child.restarts["stuck" if child.was_stuck else "ended"] += 1
            child.was_stuck = False
        child.done.set()

    async def _live(self, child: Child) -> int | str:
        """One run of ``child``: its exit status, or why it could not start."""
        watch = Watch(self._patience, partial(self._end_stuck, child)) if child.watched else None
        pipes = [self._read_end]
        more: list[str] = []
        if watch is not None:
            pipes.append(watch.write)
            counts = ",".join(f"{reason}={count}" for reason, count in child.restarts.items())
            more = ["--beat-pipe", str(watch.write), "--restarts", counts]
        try:
            # A session of its own: Ctrl-C in a terminal reaches us alone, and a child is told to stop once.
            child.process = await asyncio.create_subprocess_exec(
                sys.executable,
                *child.arguments,
                "--parent-pipe",
                str(self._read_end),
                *more,
                pass_fds=pipes,
                env=frugal(os.environ),
                stdin=asyncio.subprocess.DEVNULL,
                start_new_session=True,
            )
            if watch is not None:
                watch.close_write()
            if child.stopping:
                child.process.terminate()
            return await child.process.wait()
        except OSError as error:
            return error.strerror or "not started"
        finally:
            if watch is not None:
                watch.close()

    def _end_stuck(self, child: Child) -> None:
        """The event loop is stuck: have the process print its stacks, and kill it."""
        if child.process is None or child.process.returncode is not None:
            return
        child.was_stuck = True
        log.error("%s has not turned its loop for %.0f s and is ended; its stacks follow", child.name, self._patience)
        child.process.send_signal(LAST_WORDS)
        asyncio.get_running_loop().call_later(0.5, self._kill, [child])

    async def _stop(self, children: list[Child], patience: float) -> None:
        for child in children:
            child.stopping = True
            if child.process is not None and child.process.returncode is None:
                child.process.terminate()
        waiting = [asyncio.create_task(child.done.wait()) for child in children]
        if not waiting:
            return
        _, late = await asyncio.wait(waiting, timeout=patience)
        if late:
            log.error("%d processes did not stop in %.0f s and were killed", len(late), patience)
            self._kill(children)
            await asyncio.wait(late)

    def _reload(self) -> None:
        for child in (*self._proxies, *self._workers):
            if child.process is not None and child.process.returncode is None:
                child.reloaded = True
                child.process.send_signal(signal.SIGHUP)

    @staticmethod
    def _kill(children: list[Child]) -> None:
        for child in children:
            if child.process is not None and child.process.returncode is None:
                child.process.kill()
