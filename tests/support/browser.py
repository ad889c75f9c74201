"""Chromium without a screen, driven through its DevTools pipe: pages, keys, pictures, and all that it asked for."""

from __future__ import annotations

import base64
import json
import os
import select
import shutil
import subprocess
import time
from pathlib import Path
from types import TracebackType
from typing import Any

import pytest

from support.patience import patient

_FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync", "--disable-extensions", "--hide-scrollbars"),
    "--remote-debugging-pipe",
)


class Browser:
    """One Chromium with a new, empty profile in ``folder`` and one page; a context manager.

    ``requests`` are the URLs that the page asked for, ``dialogs`` the alerts that it opened, ``blocked`` and ``errors``
    what its console says.
    """

    def __init__(self, folder: Path) -> None:
        binary = shutil.which("chromium") or shutil.which("google-chrome")
        if binary is None:
            pytest.skip("Chromium is not installed")
        read_end, self._write = os.pipe()
        self._read, write_end = os.pipe()
        # Chromium reads commands from descriptor 3 and answers on 4.
        line = f'exec "$@" 3<&{read_end} 4>&{write_end}'
        command = ["bash", "-c", line, "bash", binary, *_FLAGS, f"--user-data-dir={folder}", "about:blank"]
        with (folder.parent / f"{folder.name}.log").open("wb") as log:
            self._process = subprocess.Popen(
                command, pass_fds=(read_end, write_end), stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
        os.close(read_end)
        os.close(write_end)
        self._buffer, self._last, self._session = b"", 0, ""
        self.requests: list[str] = []
        self.dialogs: list[str] = []
        self.errors: list[str] = []
        self._loaded = 0
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Network", "Runtime", "Log"):
            self.call(f"{domain}.enable")

    def call(self, method: str, **parameters: Any) -> Any:
        """One command of the protocol; its result."""
        self._last += 1
        message: dict[str, Any] = {"id": self._last, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._write, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._next(patient(20.0))
            if answer.get("id") == self._last:
                assert "error" not in answer, f"{method}: {answer['error']}"
                return answer["result"]

    def _next(self, seconds: float) -> dict[str, Any]:
        """The next message; events are noted on the way. An empty one when none comes in time."""
        deadline = time.monotonic() + seconds
        while b"\0" not in self._buffer:
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([self._read], [], [], left)[0]:
                return {}
            piece = os.read(self._read, 1 << 20)
            assert piece, "Chromium has ended"
            self._buffer += piece
        line, _, self._buffer = self._buffer.partition(b"\0")
        message: dict[str, Any] = json.loads(line)
        self._note(message.get("method", ""), message.get("params", {}))
        return message

    def _note(self, event: str, facts: dict[str, Any]) -> None:
        if event == "Network.requestWillBeSent":
            self.requests.append(facts["request"]["url"])
        elif event == "Page.loadEventFired":
            self._loaded += 1
        elif event == "Page.javascriptDialogOpening":
            self.dialogs.append(facts["message"])
            self._last += 1  # its answer is not waited for
            close = {"id": self._last, "method": "Page.handleJavaScriptDialog", "params": {"accept": False}}
            os.write(self._write, json.dumps({**close, "sessionId": self._session}).encode() + b"\0")
        elif event == "Log.entryAdded":
            self.errors.append(facts["entry"]["text"])
        elif event == "Runtime.exceptionThrown":
            self.errors.append(facts["exceptionDetails"]["text"])

    def wait_loaded(self, seconds: float = 20.0) -> None:
        """Until the page that is under way has loaded, and nothing has come of it for a while."""
        deadline = time.monotonic() + patient(seconds)
        while not self._loaded:
            assert time.monotonic() < deadline, "the page did not load"
            self._next(0.5)
        while self._next(0.15):
            pass

    def go(self, url: str) -> None:
        """Open a page and wait until it has loaded."""
        self._loaded = 0
        self.call("Page.navigate", url=url)
        self.wait_loaded()

    def press(self, key: str, leads_on: bool = False) -> None:
        """Press a key; with ``leads_on`` wait for the page that it leads to."""
        self._loaded = 0
        for kind in ("keyDown", "keyUp"):
            self.call("Input.dispatchKeyEvent", type=kind, key=key, text=key if kind == "keyDown" else "")
        if leads_on:
            self.wait_loaded()

    def click_focused(self) -> None:
        """Press what has the focus, and wait for the page that it leads to."""
        self._loaded = 0
        self.evaluate("document.activeElement.click()")
        self.wait_loaded()

    def evaluate(self, expression: str) -> Any:
        """The value of an expression in the page; our own policy does not bind the debugger."""
        result = self.call("Runtime.evaluate", expression=expression, returnByValue=True)
        assert "exceptionDetails" not in result, result
        return result["result"].get("value")

    def look(self, width: int, dark: bool, height: int = 900) -> None:
        """Be a window of this width in CSS pixels, light or dark."""
        self.call(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=width < 600
        )
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.call("Emulation.setEmulatedMedia", features=[scheme])

    def picture(self, most: int = 4000) -> bytes:
        """A PNG of the whole page, at most so many pixels high."""
        size = self.call("Page.getLayoutMetrics")["cssContentSize"]
        clip = {"x": 0, "y": 0, "width": size["width"], "height": min(most, size["height"]), "scale": 1}
        shot = self.call("Page.captureScreenshot", format="png", captureBeyondViewport=True, clip=clip)
        return base64.b64decode(shot["data"])

    def __enter__(self) -> Browser:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._session = ""
        if self._process.poll() is None:
            self._last += 1
            os.write(self._write, json.dumps({"id": self._last, "method": "Browser.close"}).encode() + b"\0")
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(5)
        os.close(self._read)
        os.close(self._write)
