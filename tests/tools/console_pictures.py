"""``PYTHONPATH=tests python tests/tools/console_pictures.py``: draws the console's pictures in docs/images from the
demonstration, as it is now. It takes two minutes and needs Chromium."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import httpx

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from support.browser import Browser  # noqa: E402 - the path is set above

IMAGES = ROOT / "docs" / "images"
_CONSOLE = re.compile(r"http://127\.0\.0\.1:\d+(?=/?\s)")


def _get(url: str, **parameters: Any) -> Any:
    return httpx.get(url, params=parameters, timeout=20, trust_env=False).raise_for_status().json()


def _console(demo: subprocess.Popen[str]) -> str:
    """The console's address, when the story has ended and all is scored."""
    assert demo.stdout is not None
    url = ""
    for line in demo.stdout:
        sys.stderr.write(line)
        if "console" in line.lower() and (found := _CONSOLE.search(line + " ")):
            url = found[0]
        if url and line.startswith("The console stays open"):
            return url
    raise SystemExit("the demonstration ended before its story did")


def _sample(url: str) -> str:
    """The newest sample with a marked sentence that its documents do not hold."""
    flagged = _get(f"{url}/api/samples", scorer="groundedness", output="ungrounded", verdict="yes", limit=50)
    return str(flagged["samples"][0]["id"])


def draw(url: str, folder: Path) -> None:
    """All pictures of the console at ``url``; ``folder``: for the browser's profile."""
    pages = {
        "console.png": ("/", 1400, 1150, False),
        "console-drift.png": ("/drift", 1400, 1050, False),
        "console-sample.png": (f"/samples/{_sample(url)}", 1400, 1000, False),
        "console-ledger.png": ("/ledger", 1400, 1000, False),
        "console-phone.png": ("/", 400, 1200, True),
    }
    with Browser(folder / "profile") as browser:
        for name, (path, width, height, dark) in pages.items():
            browser.look(width, dark, height)
            browser.go(url + path)
            (IMAGES / name).write_bytes(browser.picture(height))


def main() -> None:
    """Run the story, draw, and end it."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "profile").mkdir()
        command = [sys.executable, "-u", "-m", "proxy.cli", "demo"]
        demo = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT)
        try:
            draw(_console(demo), Path(folder))
        finally:
            demo.send_signal(signal.SIGTERM)
            demo.wait(60)


if __name__ == "__main__":
    main()
