"""What the engine keeps is what the page shows."""

from __future__ import annotations

import asyncio
import re
import time
from pathlib import Path

import httpx

from scorers.store.store import Store
from support.arms import Arm
from support.conducting import staged, walk
from support.console import serving


def fetch(store: Store) -> tuple[str, str]:
    """The experiment's page and the page of its first example."""
    with serving(store) as client:
        page: httpx.Response = client.get("/experiments/walks")
        assert page.status_code == 200, page.text
        example = re.search(r'href="(/experiments/walks/pairs/\w+)"', page.text)
        assert example is not None
        return page.text, client.get(example[1]).text


async def test_the_page_of_a_real_experiment(tmp_path: Path) -> None:
    """Sequences, arms and examples come from forty pairs that scripted upstreams have answered."""
    samples = [walk(n, time.time()) for n in range(40)]
    refusing = Arm("basalt", refuses=1.0)
    async with staged(tmp_path, (Arm("granite"), refusing), samples) as stage:
        await stage.until(lambda status: status["pairs"] >= 32)
        page, pair = await asyncio.to_thread(fetch, stage.store)
    assert 'aria-label="refusal.refused: after ' in page
    assert 'class="verdict is-do_not_ship"' in page
    assert re.search(r'<th scope="row">candidate</th><td class="num">\d+</td>', page)
    assert "refusal.refused</span>" in page
    assert "How do I get to house number" in pair
    assert "granite" in pair
