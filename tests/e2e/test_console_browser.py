"""The console in Chromium: hostile text stays text, nothing is loaded from elsewhere, keys and buttons work."""

from __future__ import annotations

import sys
import threading
import time
import urllib.parse
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from proxy.exchange import Decision, Exchange, ExchangeRow, Operation, Outcome, RowBatch
from proxy.sample import Choice, Message, Sample
from scorers.drift.monitor import state_row
from scorers.drift.signals import Plan, Value, begin, observe
from scorers.score import Result, Score, Verdict
from scorers.store.records import DriftState, ScoredSample
from scorers.store.store import Store
from support import plain
from support.browser import Browser
from support.processes import ROOT, Child, free_ports

pytestmark = pytest.mark.real_servers
_PAYLOADS = (
    "<img src=x onerror=alert(1)>",
    "<img src='{trap}/img.png'>",
    "<iframe srcdoc=\"<script>parent.document.title='taken';alert(2)</script>\"></iframe>",
    "<a href='javascript:alert(3)'>click</a> javascript:alert(3)",
    "![picture]({trap}/markdown.png) [link](javascript:alert(4))",
    "<svg onload=alert(5)><image href='{trap}/svg.png'/><script>alert(6)</script></svg>",
    "=cmd|'/C calc'!A0",
    "\x1b[31mred\x1b[0m \x1b]8;;{trap}/ansi\x07link\x1b]8;;\x07",
    "\u202egnp.exe\u202c \u2066hidden\u2069",
    "</pre></main><style>body{{background:url({trap}/css.png)}}</style><link rel=stylesheet href='{trap}/x.css'>",
    "\" autofocus onfocus=alert(7) x=\"' onmouseover='alert(8)",
    "{{{{7*7}}}} {{% include 'login.html' %}} ${{7*7}}",
    "<meta http-equiv=refresh content='0;url={trap}/meta'><base href='{trap}/'>",
    "<script src='{trap}/x.js'></script><script>document.title='taken'</script>",
)
_COLUMNS = "(document.documentElement.scrollWidth - innerWidth)"


@pytest.fixture
def trap() -> Iterator[tuple[str, list[str]]]:
    """A server that nobody should ask: its URL, and what was asked of it all the same."""
    asked: list[str] = []

    class Trap(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(204)
            self.end_headers()

        def log_message(self, *words: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Trap)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}", asked
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _hostile(number: int, text: str, now: float) -> tuple[Sample, ScoredSample]:
    """A sample that is hostile wherever text can stand."""
    identity = f"h{number}" if number else text[:200]
    exchange = Exchange(
        request_id=identity,
        instance=text[:60],
        started_at=now - number,
        app=text[:60],
        operation=Operation.CHAT,
        upstream="u",
        outcome=Outcome.OK,
        duration=0.5,
        model_asked=text,
        session_id=text,
        response_id=text,
        system_fingerprint=text,
    )
    sample = Sample(
        id=identity,
        exchange=exchange,
        messages=(Message(role="user", content=text, name=text[:60]), Message(role=text[:20], content=text)),
        choices=(Choice(text=f"Before. {text} After.", refusal=text, reasoning=text, finish_reason=text[:20]),),
        contexts=(text, f"Nothing of it. {text}"),
    )
    score = Score(
        sample_id=identity,
        scorer="groundedness",
        output="ungrounded",
        version=text,
        value=0.9,
        verdict=Verdict.YES,
        explanation=text,
    )
    return sample, ScoredSample.of(sample, "groundedness", Result.SCORED, [score])


def _fill(folder: Path, trap_url: str, now: float) -> list[str]:
    """A store full of hostile samples, labels, rows and a drift signal; the samples' ids."""
    store = Store.open("sqlite", folder)
    made = [_hostile(number, text.format(trap=trap_url), now) for number, text in enumerate(_PAYLOADS)]
    store.ensure_group("groundedness")
    store.save_samples([sample for sample, _ in made], content=True)
    store.save_scores([scored for _, scored in made])
    for number, (sample, _) in enumerate(made):
        text = _PAYLOADS[number].format(trap=trap_url)
        rows = [ExchangeRow(sample.exchange, Decision.PUBLISHED)]
        store.save_rows(RowBatch(f"b{number}", text[:60], 1, {"published": 1}, rows))
        store.save_label((sample.id, "groundedness", "ungrounded", text[:100]), Verdict.YES, text)
    signals = [_drifted(text.format(trap=trap_url), now) for text in _PAYLOADS]
    store.drift(lambda turn: turn.save(signals))
    store.close()
    return [sample.id for sample, _ in made]


def _drifted(text: str, now: float) -> DriftState:
    plan, start = Plan(min_days=0.01, min_samples=40), now - 7200.0
    signal = begin("refusal.refused", text, text, start)
    for number in range(400):
        before = number < 200
        value = Value(
            start + 15.0 * number, 0.0 if before else 1.0, dimensions={"system_fingerprint": text + "12"[before]}
        )
        observe(signal, value, plan)
    assert signal.state.value == "drifted"
    return state_row(signal)


@pytest.fixture
def console(tmp_path: Path, trap: tuple[str, list[str]]) -> Iterator[tuple[str, list[str]]]:
    """The real worker over a hostile store: the console's URL, and the ids of its samples."""
    folder = tmp_path / "data"
    ids = _fill(folder, trap[0], time.time())
    (port,) = free_ports(1)
    config = tmp_path / "sightglass.yaml"
    config.write_text(
        f"console_listen: 127.0.0.1:{port}\ndata_dir: {folder}\nscorers: {{refusal: {{}}}}\n"
        "upstreams: [{name: u, base_url: 'http://127.0.0.1:1'}]\n"
    )
    command = [sys.executable, "-m", "scorers", "worker", "--config", str(config)]
    worker = Child("worker", command, tmp_path / "worker.log", ROOT)
    try:
        worker.wait_ready([f"http://127.0.0.1:{port}/-/ready"])
        yield f"http://127.0.0.1:{port}", ids
    finally:
        assert worker.stop() == 0


@pytest.fixture
def browser(tmp_path: Path) -> Iterator[Browser]:
    """A Chromium of its own for each test."""
    with Browser(tmp_path / "profile") as opened:
        yield opened


def test_x12_hostile_text_is_inert_in_the_console(
    console: tuple[str, list[str]], trap: tuple[str, list[str]], browser: Browser
) -> None:
    """X12: whatever a model writes, no page runs it, loads anything for it, leaves for it, or is repainted by it."""
    url, ids = console
    paths = ["/", "/?by=app", "/samples", "/samples?verdict=yes", "/drift", "/theatre", "/ledger"]
    for identity in ids:
        quoted = urllib.parse.quote(identity, safe="")
        paths.append(f"/samples/{quoted}")
    paths += [f"/requests/{urllib.parse.quote(ids[0], safe='')}", f"/requests/{ids[1]}"]
    paths += [f"/samples?app={urllib.parse.quote(text)}" for text in _PAYLOADS[:4]]
    seen = ""
    for path in paths:
        browser.go(url + path)
        assert browser.evaluate("location.href").startswith(url), path
        assert browser.evaluate("document.title").endswith("Sightglass"), path
        assert browser.evaluate("document.querySelectorAll('iframe, img, object, embed, base, style').length") == 0, (
            path
        )
        assert browser.evaluate("document.scripts.length") == 1, path
        assert (
            browser.evaluate(
                "[...document.querySelectorAll('*')].flatMap(e => [...e.attributes])"
                ".filter(a => a.name.startsWith('on') || a.name === 'style' || /^\\s*javascript:/i.test(a.value)"
                " && a.name !== 'value').length"
            )
            == 0
        ), path
        seen += browser.evaluate("document.body.innerText")
    assert "<img src=x onerror=alert(1)>" in seen, "the text itself is shown"
    assert not {"\u202e", "\u2066", "\x1b"} & set(seen), "control and direction characters are made visible"
    assert browser.dialogs == []
    assert trap[1] == []
    foreign = [asked for asked in browser.requests if not asked.startswith((url, "data:image/svg+xml", "about:"))]
    assert foreign == []
    assert [line for line in browser.errors if "favicon" not in line] == []


def test_the_policy_stands_behind_the_escaping(
    console: tuple[str, list[str]], trap: tuple[str, list[str]], browser: Browser
) -> None:
    """Were something ever not escaped, the policy of the page would stop it: no code, no picture, no frame, no form."""
    url, _ = console
    policy = plain.get(url).headers["content-security-policy"]
    assert policy.startswith("default-src 'none'") and "unsafe" not in policy
    browser.go(url)
    markup = f"<img src='{trap[0]}/a.png' onerror='alert(1)'><iframe src='{trap[0]}/b'></iframe><style>a{{}}</style>"
    browser.evaluate(f"document.body.insertAdjacentHTML('beforeend', {markup!r}); 1")
    browser.evaluate(
        f"(() => {{ const s = document.createElement('script'); s.textContent = 'document.title = 1';"
        f" document.body.append(s); const t = document.createElement('script'); t.src = '{trap[0]}/c.js';"
        " document.body.append(t); return 1; })()"
    )
    browser.go(url + "/drift")
    assert trap[1] == []
    assert browser.dialogs == []


def test_keys_label_and_lead_on(console: tuple[str, list[str]], browser: Browser) -> None:
    """From the list to a sample, to the next one and back, and a label with one key."""
    url, ids = console
    browser.look(1400, dark=False)
    browser.go(f"{url}/samples?verdict=yes")
    browser.press("j")
    browser.press("j")
    assert browser.evaluate("document.activeElement.pathname") == f"/samples/{ids[1]}"
    browser.go(f"{url}/samples/{ids[1]}?verdict=yes")
    browser.press("j", leads_on=True)
    assert browser.evaluate("location.pathname + location.search") == f"/samples/{ids[2]}?verdict=yes"
    browser.press("k", leads_on=True)
    assert browser.evaluate("location.pathname") == f"/samples/{ids[1]}"
    browser.press("n", leads_on=True)
    assert browser.evaluate("location.pathname + location.hash") == f"/samples/{ids[1]}#groundedness.ungrounded"
    said = browser.evaluate("document.querySelector('[data-output].chosen').innerText")
    assert "no said local" in " ".join(said.split())
    browser.press("?")
    assert browser.evaluate("document.getElementById('keys').open") is True


def test_pages_work_without_the_script(console: tuple[str, list[str]], browser: Browser) -> None:
    """With scripts turned off a label is given by its button, and the page says so."""
    url, ids = console
    browser.call("Emulation.setScriptExecutionDisabled", value=True)
    browser.go(f"{url}/samples/{ids[3]}")
    browser.look(1400, dark=False)
    where = browser.evaluate(
        "(() => { const b = document.querySelector('button[value=unsure]'); b.scrollIntoView();"
        " const r = b.getBoundingClientRect(); return [r.x + 5, r.y + 5]; })()"
    )
    for kind in ("mousePressed", "mouseReleased"):
        browser.call("Input.dispatchMouseEvent", type=kind, x=where[0], y=where[1], button="left", clickCount=1)
    browser.wait_loaded()
    labels = plain.get(f"{url}/samples/{ids[3]}").text
    assert ">unsure</span> said <bdi>local</bdi>" in labels


def test_no_page_is_wider_than_its_window(console: tuple[str, list[str]], browser: Browser) -> None:
    """At any width, light and dark: no page scrolls sideways, and text differs from its ground."""
    url, ids = console
    for width in (320, 400, 768, 1400):
        for path in ("/", "/samples", f"/samples/{ids[1]}", "/drift", "/theatre", "/ledger", f"/requests/{ids[1]}"):
            browser.look(width, dark=width in (400, 1400))
            browser.go(url + path)
            assert browser.evaluate(_COLUMNS) <= 0, (path, width)
    for dark in (False, True):
        browser.look(768, dark)
        style = "getComputedStyle(document.body)"
        colours = browser.evaluate(f"[{style}.color, {style}.backgroundColor]")
        text, ground = (sum(map(int, colour[4:-1].split(","))) for colour in colours)
        assert (text > ground + 300) if dark else (ground > text + 300), colours


_OUT_OF_REACH = (
    "[...document.querySelectorAll('.scroll')].filter(box => box.scrollWidth > box.clientWidth && box.tabIndex < 0"
    " && !box.querySelector('a[href], button, input')).map(box => box.innerText.slice(0, 60))"
)


def test_what_scrolls_sideways_is_reached_by_keys(console: tuple[str, list[str]], browser: Browser) -> None:
    """A table that is wider than its box can be focused, so that arrow keys show all of it."""
    url, ids = console
    browser.look(320, dark=False)
    for path in ("/", "/samples", "/drift", "/ledger", f"/requests/{ids[1]}"):
        browser.go(url + path)
        assert browser.evaluate(_OUT_OF_REACH) == [], path
