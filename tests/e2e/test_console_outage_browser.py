"""An outage in Chromium: readable on a phone, by keyboard and without colour; a login leads to the page asked for."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from proxy.exchange import Decision, Exchange, ExchangeRow, Operation, Outcome, RowBatch, Usage
from proxy.sample import Choice, Message, Sample
from scorers.store.store import Store
from support.browser import Browser
from support.processes import ROOT, Child, free_ports

pytestmark = pytest.mark.real_servers
_TOKEN = "gooseberries-and-custard"
_WIDER = "(document.documentElement.scrollWidth - innerWidth)"
_SCROLLS = "Math.max(0, ...[...document.querySelectorAll('.scroll')].map(e => e.scrollWidth - e.clientWidth))"


def _sample(number: int, outcome: Outcome, status: int, error: str | None = None) -> Sample:
    exchange = Exchange(
        request_id=f"req-{number:04}-with-a-long-name",
        instance="p1",
        started_at=time.time() - 60 - number,
        app="harbour-guide",
        operation=Operation.CHAT,
        upstream="lagoon-secondary",
        outcome=outcome,
        duration=0.5,
        model_asked="tide-large-2026-preview",
        status=status,
        error=error,
        usage=Usage(input=123456, output=7890) if outcome is Outcome.OK else None,
        cost_usd=0.0123 if outcome is Outcome.OK else None,
    )
    messages = (Message(role="user", content="When is high tide?"),)
    return Sample(id=exchange.request_id, exchange=exchange, messages=messages, choices=(Choice(text="At noon."),))


@pytest.fixture
def console(tmp_path: Path) -> Iterator[tuple[str, list[Sample]]]:
    """The real worker, with a token, over a store with an outage: its URL, and its samples, the newest first."""
    folder, (port,) = tmp_path / "data", free_ports(1)
    made = [
        _sample(0, Outcome.OK, 200),
        _sample(1, Outcome.UPSTREAM_ERROR, 503, "the_upstream_is_overloaded_and_says_so_at_length"),
        _sample(2, Outcome.TIMEOUT, 504, "first_byte_timeout"),
    ]
    store = Store.open("sqlite", folder)
    store.save_samples(made, content=True)
    rows = [ExchangeRow(sample.exchange, Decision.PUBLISHED) for sample in made]
    store.save_rows(RowBatch("b", "p1", 1, {"published": 3}, rows))
    store.close()
    config = tmp_path / "sightglass.yaml"
    config.write_text(
        f"console_listen: 127.0.0.1:{port}\nconsole_token: {_TOKEN}\ndata_dir: {folder}\nscorers: {{refusal: {{}}}}\n"
        "upstreams: [{name: lagoon-secondary, base_url: 'http://127.0.0.1:1'}]\n"
    )
    worker = Child(
        "worker", [sys.executable, "-m", "scorers", "worker", "--config", str(config)], tmp_path / "log", ROOT
    )
    try:
        worker.wait_ready([f"http://127.0.0.1:{port}/-/ready"])
        yield f"http://127.0.0.1:{port}", made
    finally:
        assert worker.stop() == 0


def _sign_in(browser: Browser) -> None:
    """Fills in the login form as a person does."""
    browser.evaluate(f"document.getElementById('token').value = {_TOKEN!r}; 1")
    browser._loaded = 0
    browser.evaluate("document.querySelector('button').click(); 1")
    browser.wait_loaded()


def test_an_outage_is_readable_on_every_screen(console: tuple[str, list[Sample]], tmp_path: Path) -> None:
    """From the page that was asked for before the login to the failed sample, by keys and links, at 390 and 1280 px."""
    url, made = console
    with Browser(tmp_path / "profile") as browser:
        browser.look(390, dark=True)
        browser.go(f"{url}/samples?outcome=upstream_error&app=harbour-guide")
        assert "This console needs a token" in browser.evaluate("document.body.innerText")
        _sign_in(browser)
        where = browser.evaluate("location.pathname + location.search")
        assert where == "/samples?outcome=upstream_error&app=harbour-guide"
        browser.press("j")
        assert browser.evaluate("document.activeElement.pathname") == f"/samples/{made[1].id}"
        for width, dark in ((390, True), (390, False), (1280, True), (1280, False)):
            browser.look(width, dark)
            for path in ("/", "/samples", f"/samples/{made[1].id}", "/samples?outcome=shed"):
                browser.go(url + path)
                assert browser.evaluate(_WIDER) <= 0, (path, width)
                assert width > 390 or browser.evaluate(_SCROLLS) == 0, (path, "a table scrolls sideways")
            browser.go(f"{url}/samples")
            seen = " ".join(browser.evaluate("document.querySelector('table.samples').innerText").split())
            for words in ("503 upstream error", "lagoon-secondary", "123,456 → 7,890", "$0.0123"):
                assert words in seen, (width, words)
            mark = "getComputedStyle(document.querySelector('.failed'), '::before').content"
            assert "!" in browser.evaluate(mark), "an error stands out without colour, too"
        browser.go(url)
        tile = " ".join(browser.evaluate("document.querySelector('a[href=\"#errors\"]').innerText").split())
        assert tile == "Errors 67 % 2 of 3 requests, 24h"
        assert f"Console on {url.removeprefix('http://')}" in browser.evaluate("document.body.innerText")
        browser.press("j")
        assert browser.evaluate("document.activeElement.search").startswith("?outcome=")
