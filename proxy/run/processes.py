"""Startup and shutdown steps of every process: private files, logs on stderr, stopping on a signal."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import socket
import sys
from collections.abc import Callable
from pathlib import Path

from proxy.config.values import split_address
from proxy.errors import ConfigError


def private_folder(path: str) -> Path:
    """The data folder, created with access for this user only. Later files get mode 0600. Raises ``ConfigError``."""
    os.umask(0o077)
    folder = Path(path)
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except FileExistsError:
        raise ConfigError([f"data_dir: {path}: not a folder"]) from None
    except OSError as error:
        raise ConfigError([f"data_dir: {path}: {error.strerror}"]) from None
    if not os.access(folder, os.W_OK | os.X_OK):
        raise ConfigError([f"data_dir: {path}: not writable"])
    return folder


def instance_name() -> str:
    """A unique name for one run of one process. Its counts begin at zero."""
    return f"{socket.gethostname()[:40]}-{os.getpid()}-{os.urandom(3).hex()}"


def log_to_stderr(process: str) -> None:
    """Write one line per log record to stderr. stdout belongs to the access log."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter(f"%(asctime)s %(levelname)s {process} %(name)s: %(message)s"))
    handler.addFilter(_not_a_cut)
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    for name in ("uvicorn", "uvicorn.error", "httpx", "alembic"):
        logging.getLogger(name).setLevel(logging.WARNING)


def _not_a_cut(record: logging.LogRecord) -> bool:
    # A response that we cut on purpose, so that the client sees the failure, is no fault of the application.
    return "without completing response" not in record.getMessage()


def bind(address: str, key: str, shared: bool = False) -> socket.socket:
    """A listening socket. Raises ``ConfigError`` that names the configuration's ``key``."""
    host, port = split_address(address)
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if shared:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        listener.bind((host, port))
        listener.listen(2048)
    except OSError as error:
        listener.close()
        raise ConfigError([f"{key}: {address}: {error.strerror or error}"]) from None
    listener.setblocking(False)
    return listener


def on_signal(number: int, call: Callable[..., object], *arguments: object) -> None:
    """``call(*arguments)`` in the running loop for each signal ``number``, also where our parent had it blocked: a
    child inherits that, and an operator who sends a signal would wait for nothing."""
    asyncio.get_running_loop().add_signal_handler(number, call, *arguments)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {number})


def stop_event(parent_pipe: int | None) -> asyncio.Event:
    """Set by SIGTERM, SIGINT, or the death of the supervisor at the other end of the pipe.

    A second signal: stop now.
    """
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()

    def on_stop() -> None:
        if stop.is_set():
            os._exit(1)
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        on_signal(number, on_stop)
    if parent_pipe is not None:

        def on_parent() -> None:
            loop.remove_reader(parent_pipe)
            stop.set()

        loop.add_reader(parent_pipe, on_parent)
    return stop
