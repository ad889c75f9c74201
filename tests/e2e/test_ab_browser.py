"""Blind comparison in Chromium: keys vote, nothing that the browser sees tells the arms, and a phone is enough."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from scorers.experiments.people import ENTER
from scorers.store.experiments import CONTROL
from scorers.store.store import Store
from scorers.store.votes import Choice
from support.browser import Browser
from support.console import serving
from support.experiments import NAME, RUN, begin, decide
from support.patience import patient

pytestmark = pytest.mark.real_servers
_LONG = "\n".join(f"{hour} o'clock from pier {hour % 4}, with bicycles on board." for hour in range(80))
_WIDTH = "document.documentElement.scrollWidth"
_SMALLEST = "Math.min(...[...document.querySelectorAll('.votes button')].map((b) => b.getBoundingClientRect().height))"


def answers(number: int, arm: str) -> str:
    """Short ones, and long ones that must scroll."""
    told = "**At noon.**\n\n- bring a ticket" if arm == CONTROL else "At twelve. Bring a ticket."
    return f"{told}\n{_LONG if number == 1 else ''}"


@contextmanager
def rating(folder: Path, store: Store) -> Iterator[tuple[Browser, str]]:
    """A browser that has come in by a link, and the console's address."""
    link = store.raters.link(NAME, "rita", "olga")
    tokens = [{"name": "olga", "role": "admin", "token": "o" * 20}]
    with serving(store, console_tokens=tokens) as client, Browser(folder) as browser:
        url = str(client.base_url).rstrip("/")
        browser.go(f"{url}{ENTER}?link={link}")
        assert browser.evaluate("document.activeElement.textContent") == "Begin"
        browser.click_focused()
        assert browser.evaluate("location.pathname") == "/ab"
        yield browser, url


def voted(store: Store, count: int) -> None:
    """Until so many votes are kept."""
    deadline = time.monotonic() + patient(10)
    while store.votes.count(RUN, "rita") < count:
        assert time.monotonic() < deadline, "the vote was not kept"
        time.sleep(0.02)


def test_keys_vote(tmp_path: Path) -> None:
    """1, 2, 0 and s choose, each leads to the next pair; other keys do nothing; the end says so."""
    store = Store.open("sqlite", tmp_path / "data")
    begin(store, 4, answers)
    with rating(tmp_path / "profile", store) as (browser, _):
        browser.press("x")
        for number, key in enumerate("120s", 1):
            browser.press(key, leads_on=True)
            voted(store, number)
        assert "is left for you" in browser.evaluate("document.body.innerText")
        assert browser.errors == []
    assert [vote.choice for vote in store.votes.votes(RUN)] == ["left", "right", "tie", "skip"]
    store.close()


def test_the_browser_sees_the_same_when_the_arms_are_exchanged(tmp_path: Path) -> None:
    """Documents, requests and addresses of a whole session are equal, vote for vote."""
    seen = []
    for swapped in (False, True):
        store = Store.open("sqlite", tmp_path / f"data-{swapped}")
        begin(store, 12, answers, swapped=swapped)
        with rating(tmp_path / f"profile-{swapped}", store) as (browser, url):
            pages = []
            for number in range(1, 13):
                facts = "[document.documentElement.outerHTML, location.href, document.title, document.cookie]"
                pages.append(browser.evaluate(f"JSON.stringify({facts})").replace(url, ""))
                browser.press("1", leads_on=True)
                voted(store, number)
            asked = [request.replace(url, "") for request in browser.requests if "link=" not in request]
        seen.append((pages, asked))
        store.close()
    assert seen[0] == seen[1]
    assert len(set(seen[0][0])) == 12
    assert not any("http" in request for request in seen[0][1] if not request.startswith("data:"))


@pytest.mark.parametrize("width", [390, 1280])
def test_the_pages_fit(tmp_path: Path, width: int) -> None:
    """Nothing is wider than the window, long answers scroll in their own box, buttons are large enough for a thumb.

    With ``SIGHTGLASS_PICTURES`` set to a folder, pictures of the pages are left there.
    """
    store = Store.open("sqlite", tmp_path / "data")
    begin(store, 40, answers)
    decide(store)
    with rating(tmp_path / "profile", store) as (browser, url):
        browser.look(width, dark=False, height=844)
        for number in (1, 2):
            browser.go(f"{url}/ab")
            assert browser.evaluate(_WIDTH) <= width
            assert browser.evaluate(_SMALLEST) >= 44
            assert browser.evaluate("document.querySelector('.votes').getBoundingClientRect().bottom") <= 845
            boxes = "[...document.querySelectorAll('.side pre')]"
            assert browser.evaluate(f"{boxes}.every((box) => box.clientHeight < innerHeight * .7)")
            scrolls = browser.evaluate(f"{boxes}.some((box) => box.scrollHeight > box.clientHeight + 20)")
            assert scrolls == (number == 2)
            keep(browser, f"ab-{width}-{number}")
            browser.press("0", leads_on=True)
            voted(store, number)
    store.close()


@pytest.mark.parametrize("width", [390, 1280])
def test_pages_of_experiments_fit(tmp_path: Path, width: int) -> None:
    """The list, one experiment with its pictures, and a pair: nothing is wider than the window."""
    store = Store.open("sqlite", tmp_path / "data")
    pairs = begin(store, 30, answers)
    decide(store)
    for _ in range(12):
        shown = store.votes.next(RUN, "rita")
        assert shown is not None
        store.votes.vote(RUN, "rita", shown.id, Choice.LEFT)
    with serving(store) as client, Browser(tmp_path / "profile") as browser:
        url = str(client.base_url).rstrip("/")
        browser.look(width, dark=False, height=844)
        for name, path in (
            ("experiments", "/experiments"),
            ("experiment", f"/experiments/{NAME}"),
            ("pair", f"/experiments/{NAME}/pairs/{pairs[0].id}"),
        ):
            browser.go(url + path)
            assert browser.evaluate(_WIDTH) <= width, name
            assert browser.errors == []
            keep(browser, f"{name}-{width}")
    store.close()


def keep(browser: Browser, name: str) -> None:
    """Leave a picture where somebody wants to look at it."""
    folder = os.environ.get("SIGHTGLASS_PICTURES")
    if folder:
        (Path(folder) / f"{name}.png").write_bytes(browser.picture())
