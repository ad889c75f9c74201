"""Lists and what leads to them: a share leads to its own samples, filters are kept, words say what is missing."""

from __future__ import annotations

import html
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from proxy.exchange import Decision, Exchange, ExchangeRow, Operation, Outcome, RowBatch
from proxy.feedback import Feedback, TaskOutcome
from proxy.sample import Sample
from scorers.console.views import lasted
from scorers.score import Reason, Result, Score
from scorers.store.records import ScoredSample
from scorers.store.store import Store
from support.browser import Browser
from support.console import serving

MakeSample = Callable[..., Sample]
MakeScored = Callable[..., ScoredSample]
#: Model -> how many flagged answers; two of the four have a row of their own.
_MODELS = {"pear": 5, "plum": 4, "fig": 2, None: 1}


@pytest.fixture
def fruit(sqlite_store: Store, make_sample: MakeSample, make_scored: MakeScored) -> Store:
    """Flagged answers of four models within the hour, and one of the day before yesterday."""
    now = time.time()
    sqlite_store.ensure_group("refusal")
    made = [
        make_sample(f"{model}-{number}", started_at=now - 600 - number, model_asked=model)
        for model, many in _MODELS.items()
        for number in range(many)
    ]
    made.append(make_sample("old-fig", started_at=now - 2 * 86400, model_asked="fig"))
    sqlite_store.save_samples(made, content=True)
    sqlite_store.save_scores([make_scored(sample, 0.9) for sample in made])
    return sqlite_store


@pytest.fixture
def client(fruit: Store) -> Iterator[httpx.Client]:
    """A console with room for two models."""
    with serving(fruit, models={"max": 2}) as opened:
        yield opened


def _ids(client: httpx.Client, path: str) -> set[str]:
    return set(re.findall(r'<a class="id" [^>]*title="([^"]+)"><bdi>', client.get(path).text))


def _rows(client: httpx.Client, window: str) -> dict[str, tuple[str, int]]:
    """Model -> where its row of the overview leads, and n in it."""
    page = client.get(f"/?window={window}").text
    rows = re.findall(r'<a href="(/samples\?scorer=refusal[^"]*)".*?class="num n[^>]*>([\d,]+)<', page, re.DOTALL)
    links = {html.unescape(link): int(n.replace(",", "")) for link, n in rows}
    return {re.search(r"model=([^&]*)", link)[1]: (link, n) for link, n in links.items()}  # type: ignore[index]


@pytest.mark.parametrize("window", ["1h", "7d"])
def test_a_share_leads_to_the_samples_behind_it(client: httpx.Client, window: str) -> None:
    """Each row's link lists as many flagged samples as were flagged in its window; ``other`` those of all models that
    have no row of their own."""
    rows = _rows(client, window)
    assert set(rows) == {"pear", "plum", "other"}
    for model, (link, n) in rows.items():
        assert len(_ids(client, link)) == n, (model, link)
    fruit = {"fig-0", "fig-1", "None-0"}
    assert _ids(client, rows["other"][0]) == (fruit if window == "1h" else fruit | {"old-fig"})


def test_other_is_the_same_in_the_api(client: httpx.Client) -> None:
    """``model=other`` lists what the rates count as ``other``; a model's own name still lists its own."""
    of = lambda model: {s["id"] for s in client.get(f"/api/samples?model={model}").json()["samples"]}  # noqa: E731
    assert of("other") == {"fig-0", "fig-1", "None-0", "old-fig"}
    assert of("fig") == {"fig-0", "fig-1", "old-fig"}
    (rate,) = client.get("/api/rates?window=7d&app=all&model=other").json()["rates"]
    assert rate["scored"] == 4


def test_a_sample_of_other_leads_on_in_its_list(client: httpx.Client) -> None:
    """Newer and older of a list over ``other`` are of it, too."""
    page = client.get("/samples/fig-1?model=other").text
    assert (
        'href="/samples/fig-0?model=other" rel="prev"' in page
        or 'href="/samples/None-0?model=other" rel="prev"' in page
    )
    assert 'href="/samples/old-fig?model=other" rel="next"' in page


def test_tabs_keep_the_other_filters(client: httpx.Client) -> None:
    """All, flagged and unsure change the verdict alone, and begin at the first page."""
    page = client.get("/samples?model=pear&verdict=yes&limit=2").text
    cursor = html.unescape(re.search(r'href="(/samples\?[^"]*cursor=[^"]*)"', page)[1])  # type: ignore[index]
    for path in ("/samples?model=pear&verdict=yes&limit=2", cursor):
        tabs = re.search(r'aria-label="Verdict">(.*?)</nav>', client.get(path).text)[1]  # type: ignore[index]
        assert [html.unescape(link) for link in re.findall(r'href="([^"]+)"', tabs)] == [
            "/samples?model=pear&limit=2",
            "/samples?model=pear&limit=2&verdict=yes",
            "/samples?model=pear&limit=2&verdict=unsure",
        ]


def test_each_output_says_what_it_misses(sqlite_store: Store, make_sample: MakeSample) -> None:
    """A system prompt is no document: on the sample's page and on its request's, each output has its own reason."""
    sqlite_store.ensure_group("prompt_injection")
    sample = make_sample("q1", started_at=time.time())
    scores = [
        Score(sample_id="q1", scorer="prompt_injection", output=output, version="1", unscored_reason=why)
        for output, why in (
            ("attempted", Reason.UNSUPPORTED_LANGUAGE),
            ("indirect", Reason.NO_EVIDENCE),
            ("leaked", Reason.NO_EVIDENCE),
        )
    ]
    sqlite_store.save_samples([sample], content=True)
    sqlite_store.save_scores([ScoredSample.of(sample, "prompt_injection", Result.NOT_APPLICABLE, scores)])
    wanted = {
        "attempted": "the scorer was not measured on this language",
        "indirect": "no document came with the request",
        "leaked": "the request has no system prompt that could leak",
    }
    with serving(sqlite_store) as client:
        page, request = client.get("/samples/q1").text, client.get("/requests/q1").text
    for output, why in wanted.items():
        assert re.search(rf'<span class="quiet">{output}</span><br>{why}<', page), output
        assert re.search(rf"<div>{output} .*?{why}<", request, re.DOTALL), output


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0.0031, "3 ms"),
        (0.5, "500 ms"),
        (0.9996, "1.00 s"),
        (1.234, "1.23 s"),
        (12.34, "12.3 s"),
        (3725.0, "3,725.0 s"),
    ],
)
def test_lengths_of_time(seconds: float, said: str) -> None:
    """A fast answer is not 0.00 s."""
    assert lasted(seconds) == said


@pytest.mark.real_servers
def test_a_long_name_of_a_model_makes_no_tall_row(
    tmp_path: Path, sqlite_store: Store, make_sample: MakeSample, make_scored: MakeScored
) -> None:
    """A name without a break takes three lines at most; pointing at it shows all of it."""
    name = "ft:" + "o" * 125
    sqlite_store.ensure_group("refusal")
    sample = make_sample("long", started_at=time.time() - 5, model_asked=name)
    sqlite_store.save_samples([sample], content=True)
    sqlite_store.save_scores([make_scored(sample, 0.9)])
    cells = "[...document.querySelectorAll('td.model')]"
    with serving(sqlite_store) as client, Browser(tmp_path / "profile") as browser:
        for path in ("/", "/samples"):
            for width in (390, 1300):
                browser.look(width, dark=False)
                browser.go(str(client.base_url.join(path)))
                assert browser.evaluate(f"Math.max(...{cells}.map(cell => cell.firstChild.offsetHeight))") < 90
                assert browser.evaluate(f"{cells}[0].title") == name


@pytest.mark.parametrize("path", ["samples", "rates", "drift", "experiments", "stability", "probes", "tables"])
def test_nothing_is_after_now(client: httpx.Client, path: str) -> None:
    """``since`` may lie in the future: the list is empty."""
    answer = client.get(f"/api/{path}", params={"since": "2100-01-01T00:00:00Z"})
    assert answer.status_code == 200
    assert [rows for rows in answer.json().values() if isinstance(rows, list)] == [[]]


def test_costs_of_tasks_stand_on_the_first_page_alone(fruit: Store) -> None:
    """Answers have pages; a sum over all pages counts each row of tasks once."""
    rows = []
    for model in ("pear", "plum"):
        exchange = Exchange(
            request_id=f"{model}-0",
            instance="p",
            started_at=time.time() - 600,
            app="bot",
            operation=Operation.CHAT,
            upstream="u",
            outcome=Outcome.OK,
            duration=0.5,
            cost_usd=1.0,
            model_asked=model,
        )
        rows.append(ExchangeRow(exchange, Decision.PUBLISHED))
    fruit.save_rows(RowBatch("b", "p", 1, {}, rows))
    fruit.save_feedback([Feedback(id="f", at=time.time(), request_id="pear-0", outcome=TaskOutcome.SUCCESS)], True)
    with serving(fruit, models={"max": 9}) as client:
        seen: dict[str, list[str]] = {"costs": [], "answers": []}
        given = {"limit": "1", "window": "1h"}
        while True:
            page = client.get("/api/costs", params=given).json()
            for name, found in seen.items():
                found += [str(row) for row in page[name]]
            if page["cursor"] is None:
                break
            given["cursor"] = page["cursor"]
    for name, found in seen.items():
        assert len(found) > 0, name
        assert len(found) == len(set(found)), name
    assert len(seen["answers"]) > 1
