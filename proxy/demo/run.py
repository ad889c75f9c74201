"""``sightglass demo``: provider, Sightglass and an application's traffic, until Ctrl-C or for DEMO_SECONDS."""

from __future__ import annotations

import itertools
import math
import os
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx
import openai
import yaml
from tqdm import tqdm

from proxy.demo.children import Child, DemoError, pick_ports
from proxy.demo.dialogues import APPS, dialogues
from proxy.demo.provider import MODEL
from proxy.demo.report import Findings
from proxy.demo.stopping import STOPPING
from proxy.demo.story import Story
from proxy.demo.traffic import Application
from proxy.run.command_line import Parser

#: Kept of DEMO_SECONDS for the table and an orderly end.
_RESERVE = 4.0
#: A DEMO_SECONDS below this is too short for the whole story; then the dialogues are sent once.
_STORY_SECONDS = 110.0
_PRICE = {"input": 0.20, "output": 0.80}
#: A provider of one's own to try at the end: nothing is sent to it unless somebody does.
_OWN = {"name": "openai", "base_url": "https://api.openai.com/v1", "models": ["gpt-*", "o*"]}


def main(argv: list[str], environ: Mapping[str, str] = os.environ) -> int:
    """Runs the command. Returns the exit status."""
    parser = Parser(
        prog="sightglass demo",
        description="Starts Sightglass with a small built-in provider and made-up traffic. Ctrl-C ends it. "
        "With DEMO_SECONDS=20 in the environment it ends by itself.",
    )
    parser.add_argument(
        "--upstream",
        metavar="URL",
        default=environ.get("UPSTREAM") or None,
        help="use your own endpoint; reads OPENAI_API_KEY and OPENAI_MODEL",
    )
    options = parser.parse_args(argv)
    STOPPING.install()
    demo: Demo | None = None
    try:
        demo = Demo(options.upstream, _deadline(environ), environ)
        demo.run()
    except KeyboardInterrupt:
        pass
    except (DemoError, openai.OpenAIError, httpx.HTTPError) as error:
        print(f"sightglass demo: {' '.join(str(error).split())}", file=sys.stderr)
        return 2
    finally:
        STOPPING.ignore()
        if demo is not None:
            demo.stop()
    return 0


def _deadline(environ: Mapping[str, str]) -> float | None:
    text = environ.get("DEMO_SECONDS", "")
    if not text:
        return None
    try:
        seconds = float(text)
    except ValueError:
        raise DemoError(f"DEMO_SECONDS is a number of seconds, not {text!r}") from None
    return time.monotonic() + seconds


class Demo:
    """One run: the processes that it started, and how they end."""

    def __init__(self, upstream: str | None, deadline: float | None, environ: Mapping[str, str]) -> None:
        self._upstream = upstream
        self._deadline = deadline
        self._folder = tempfile.TemporaryDirectory(prefix="sightglass-demo-")
        self._path = Path(self._folder.name)
        data, metrics, console, self._provider_port = pick_ports()
        self._listen = {"listen": data, "metrics_listen": metrics, "console_listen": console}
        self.data_url, self.metrics_url, self.console_url = (
            f"http://127.0.0.1:{port}" for port in (data, metrics, console)
        )
        self._children: list[Child] = []
        key = environ.get("OPENAI_API_KEY") or "sk-demo"
        model = MODEL if upstream is None else environ.get("OPENAI_MODEL") or None
        self._application = Application(self.data_url, key, model, users=upstream is None)
        self._findings = Findings(f"{self.metrics_url}/metrics", self.console_url)

    def run(self) -> None:
        """Start, send, report, and keep a trickle of traffic until the end."""
        self._start()
        if self._upstream is None and self._left() >= _STORY_SECONDS:
            self._story().tell()
        else:
            self._send()
        self._report()
        if self._deadline is None:
            print("\nThe console stays open, with a trickle of traffic. Ctrl-C ends it.", flush=True)
        for dialogue in itertools.cycle(dialogues()):
            self._sleep(1.5)
            if self._over(_RESERVE / 2):
                return
            self._application.send(dialogue)
            self._children[-1].check()

    def _story(self) -> Story:
        addresses = (f"http://127.0.0.1:{self._provider_port}", self.console_url)
        config = self._path / "sightglass.yaml"
        left = lambda: self._left() - 2 * _RESERVE  # noqa: E731
        return Story(self._application, self._findings, self._children[-1], addresses, config, left)

    def _left(self) -> float:
        return math.inf if self._deadline is None else self._deadline - time.monotonic()

    def stop(self) -> None:
        """End every process that was started and remove the data. May be called at any moment."""
        self._application.close()
        self._findings.close()
        for child in self._children:
            child.terminate()
        for child in self._children:
            child.wait()
        self._folder.cleanup()

    def _over(self, reserve: float) -> bool:
        return self._deadline is not None and time.monotonic() + reserve >= self._deadline

    def _sleep(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        while time.monotonic() < end and not self._over(_RESERVE / 2):
            time.sleep(0.1)

    def _start(self) -> None:
        print(f"Starting Sightglass; its data is in {self._path} until the end.", file=sys.stderr, flush=True)
        if self._upstream is None:
            arguments = ["proxy.demo.provider", str(self._provider_port)]
            provider = self._launch("the built-in provider", arguments, "provider.log")
            provider.wait_ready(f"http://127.0.0.1:{self._provider_port}/v1/models")
        config = self._path / "sightglass.yaml"
        config.write_text(yaml.safe_dump(self._config(), sort_keys=False), encoding="utf-8")
        serve = self._launch("sightglass serve", ["proxy.cli", "serve", "--config", str(config)], "serve.log")
        for url in (self.data_url, self.console_url):
            serve.wait_ready(f"{url}/-/ready")

    def _launch(self, name: str, arguments: list[str], log: str) -> Child:
        with STOPPING.held():
            child = Child(name, arguments, self._path / log)
            self._children.append(child)
        return child

    def _config(self) -> dict[str, Any]:
        """A configuration as a user would write it, with prices only for the built-in model."""
        own = f"http://127.0.0.1:{self._provider_port}/v1"
        config: dict[str, Any] = {name: f"127.0.0.1:{port}" for name, port in self._listen.items()}
        config["data_dir"] = str(self._path / "data")
        config["upstreams"] = [{"name": "demo", "base_url": self._upstream or own}]
        config["sampling"] = {"rate": 1.0}
        config["apps"] = list(APPS)
        config["evidence"] = {"system": list(APPS)}  # ours puts its documents into system messages
        config["objectives"] = [{"app": "*", "signal": "time_to_first_token", "below_seconds": 0.5, "share": 0.95}]
        if self._upstream is None:
            prices = {"as_of": "2026-01-01", "models": {MODEL: _PRICE}}
            (self._path / "prices.yaml").write_text(yaml.safe_dump(prices), encoding="utf-8")
            config["prices"] = "prices.yaml"
            config["upstreams"] += [_OWN]
        return config

    def _send(self) -> None:
        every = dialogues()
        print(f"Asking {self._application.model} through the openai client.", file=sys.stderr, flush=True)
        with tqdm(total=len(every), desc="dialogues", unit="", file=sys.stderr) as bar:
            for _ in self._application.send_all(every):
                bar.update()
                if self._over(_RESERVE):
                    break
        if not self._application.requests:
            raise DemoError(f"no request was answered: {self._application.first_error or 'the time was too short'}")

    def _report(self) -> None:
        limit = time.monotonic() + 30.0 if self._deadline is None else self._deadline - _RESERVE / 2
        complete = self._findings.wait_scored(self._application.requests, limit)
        print(f"\nWhat Sightglass found in {self._application.requests} answers:\n")
        print("\n".join(self._findings.lines()))
        if not complete:
            print("  (some answers are not scored yet)")
        if self._application.first_error:
            print(f"  (one request failed: {self._application.first_error[:200]})")
        print(f"\n  {'data (base URL)':<26} {self.data_url}/v1")
        print(f"  {'metrics of the proxy':<26} {self.metrics_url}/metrics")
        print(f"  {'console and its metrics':<26} {self.console_url}", flush=True)
        if self._upstream is None:
            print("\n".join(_try_your_own(self.data_url)), flush=True)


def _try_your_own(data_url: str) -> list[str]:
    """A line for the shell that asks a provider with a key of one's own, through the Sightglass that is running."""
    body = '{"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "What is a sight glass?"}]}'
    return [
        "\nThe same with your own key, while this runs; the answer appears in the console:\n",
        f'  curl {data_url}/upstreams/{_OWN["name"]}/v1/chat/completions -H "Authorization: Bearer $OPENAI_API_KEY" \\',
        f"    -H 'Content-Type: application/json' -d '{body}'",
    ]
