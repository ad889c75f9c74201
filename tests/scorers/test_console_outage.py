"""An outage where people look first: in the list, on a sample's page and on the overview; and the console's address."""

from __future__ import annotations

import html
import re
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest
import uvicorn
from prometheus_client import CollectorRegistry

from proxy.config.settings import parse
from proxy.exchange import Decision, ExchangeRow, Outcome, RowBatch, Unpriced, Usage
from proxy.sample import IMPORTED, Sample
from scorers.console.app import build_console
from scorers.console.labels import OUTCOMES
from scorers.store.store import Store
from support import plain

MakeSample = Callable[..., Sample]


@contextmanager
def serving(store: Store, health: Callable[[], dict[str, object]] = dict, **changes: Any) -> Iterator[httpx.Client]:
    """A client of the console on a free loopback port."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        document = {
            "upstreams": [{"name": "u", "base_url": "http://127.0.0.1:1"}],
            "console_listen": f"127.0.0.1:{port}",
            **changes,
        }
        app = build_console(store, parse(document, {}), CollectorRegistry(), health)
        server = uvicorn.Server(uvicorn.Config(app, log_level="critical", lifespan="off", ws="none"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        while not server.started:
            time.sleep(0.005)
        try:
            with plain.client(base_url=f"http://127.0.0.1:{port}", timeout=10) as client:
                yield client
        finally:
            server.should_exit = True
            thread.join()


@pytest.fixture
def outage(sqlite_store: Store, make_sample: MakeSample) -> Store:
    """Two good requests, one of them free of usage; two that failed with their samples, one that has none; one whose
    client left; and one of the day before yesterday."""
    now, usage = time.time(), Usage(input=1200, output=34)
    good = make_sample("good", started_at=now - 70, status=200, upstream="harbour", usage=usage, cost_usd=0.0042)
    free = make_sample(
        "free", started_at=now - 60, status=200, upstream="harbour", usage=usage, unpriced=Unpriced.NO_PRICE.value
    )
    over = make_sample(
        "over", started_at=now - 50, outcome=Outcome.UPSTREAM_ERROR, status=503, error="overloaded", upstream="lagoon"
    )
    late = make_sample("late", started_at=now - 40, outcome=Outcome.TIMEOUT, status=504, upstream="lagoon")
    unsampled = make_sample(
        "lost", started_at=now - 30, outcome=Outcome.UPSTREAM_ERROR, status=502, error="refused", upstream="lagoon"
    )
    gone = make_sample("gone", started_at=now - 20, outcome=Outcome.CLIENT_DISCONNECTED, upstream="harbour")
    old = make_sample("old", started_at=now - 2 * 86400, outcome=Outcome.SHED, status=503, upstream="lagoon")
    sqlite_store.save_samples([good, free, late], content=True)
    sqlite_store.save_samples([over], content=False)
    rows = [ExchangeRow(each.exchange, Decision.PUBLISHED) for each in (good, free, over, late)]
    rows += [ExchangeRow(each.exchange, Decision.NOT_OBSERVED) for each in (unsampled, gone, old)]
    sqlite_store.save_rows(RowBatch("b", "p1", 1, {"published": 4, "not_observed": 3}, rows))
    return sqlite_store


def facts(page: str) -> dict[str, str]:
    """The facts of a sample's page: name -> what stands there, without markup."""
    found = re.findall(r"<dt>(.*?)</dt><dd>(.*?)</dd>", page, re.DOTALL)
    return {name: " ".join(html.unescape(re.sub(r"<[^>]*>", " ", text)).split()) for name, text in found}


def rows(page: str, table: str) -> list[list[str]]:
    """The cells of each row of a table, without markup."""
    body = re.search(rf'<table class="{table}">.*?<tbody>(.*?)</tbody>', page, re.DOTALL)
    assert body, f"no table {table}"
    cells = [re.findall(r"<t[hd].*?>(.*?)</t[hd]>", row, re.DOTALL) for row in body[1].split("</tr>")[:-1]]
    return [[" ".join(html.unescape(re.sub(r"<[^>]*>", " ", cell)).split()) for cell in row] for row in cells]


def test_every_outcome_has_its_sentence() -> None:
    """No outcome reaches a page as its bare name because somebody forgot the sentence."""
    assert set(OUTCOMES) == set(Outcome)


def test_the_api_lists_how_samples_ended_and_filters_by_it(outage: Store) -> None:
    """All of it stands in the list and on the sample; ``outcome`` filters, and the schema names its values."""
    with serving(outage) as client:
        listed = client.get("/api/samples", params={"outcome": "upstream_error"}).json()["samples"]
        (over,) = listed
        wanted = {"id": "over", "outcome": "upstream_error", "status": 503, "error": "overloaded", "upstream": "lagoon"}
        assert {name: over[name] for name in wanted} == wanted
        assert over["input_tokens"] is over["output_tokens"] is over["cost_usd"] is over["unpriced"] is None
        one = client.get("/api/samples/good").json()
        assert (one["input_tokens"], one["output_tokens"], one["cost_usd"]) == (1200, 34, 0.0042)
        good = client.get("/api/samples", params={"outcome": "ok"}).json()["samples"]
        assert [record["id"] for record in good] == ["free", "good"]
        parameters = client.get("/schema/openapi.json").json()["paths"]["/api/samples"]["get"]["parameters"]
    assert any(each["name"] == "outcome" and "rate_limited" in each["description"] for each in parameters)


@pytest.mark.parametrize("path", ["/api/samples", "/samples", "/samples/good"])
def test_an_unknown_outcome_is_one_clear_error(outage: Store, path: str) -> None:
    """400, with the names that there are; in the API and on the pages alike."""
    with serving(outage) as client:
        answer = client.get(path, params={"outcome": "borken"})
    assert answer.status_code == 400
    message = answer.json()["error"]["message"]
    assert message == f"outcome: borken: no such outcome; there are {', '.join(Outcome)}"


def test_the_list_shows_outcome_upstream_tokens_and_cost(outage: Store) -> None:
    """A row says in words what failed, and where; and what it cost, or that this is not known."""
    with serving(outage) as client:
        late, over, free, good = rows(client.get("/samples").text, "samples")
        only = client.get("/samples", params={"outcome": "timeout"})
        none = client.get("/samples", params={"outcome": "rate_limited"}).text
    assert late[3:7] == ["504 timeout", "lagoon", "–", "–"]
    assert over[3:7] == ["503 upstream error", "lagoon", "–", "–"]
    assert free[3:7] == ["ok", "harbour", "1,200 → 34", "unpriced"]
    assert good[3:7] == ["ok", "harbour", "1,200 → 34", "$0.0042"]
    assert 'href="/samples/late?outcome=timeout"' in only.text and "/samples/over" not in only.text
    assert '<option value="timeout" selected>' in only.text
    assert "refused before it read it" in none and "leaves no sample" in none and 'href="/#errors"' in none


def test_the_sample_page_has_the_facts_without_any_content(outage: Store) -> None:
    """Status, error code, upstream, tokens and cost are among the facts, whether or not the text is stored."""
    with serving(outage) as client:
        over, good, free = (facts(client.get(f"/samples/{name}").text) for name in ("over", "good", "free"))
    assert over["HTTP status"] == "503" and over["Error code"] == "overloaded" and over["Upstream"] == "lagoon"
    assert over["Ended"] == "upstream error the upstream failed or could not be reached"
    assert over["Tokens"] == over["Cost"] == "not known: the upstream sent no usage"
    assert (good["HTTP status"], good["Upstream"]) == ("200", "harbour")
    assert (good["Tokens"], good["Cost"]) == ("1,200 input, 34 output", "$0.0042")
    assert good["Ended"].startswith("ok") and "Error code" not in good
    assert free["Cost"] == "unpriced: no price under this name"


def test_an_imported_sample_claims_no_status(sqlite_store: Store, make_sample: MakeSample) -> None:
    """It came through no proxy of ours."""
    sqlite_store.save_samples([make_sample("i1", stratum=IMPORTED)], content=True)
    with serving(sqlite_store) as client:
        found = facts(client.get("/samples/i1").text)
    assert "HTTP status" not in found and "Upstream" not in found


def test_the_overview_counts_failed_requests(outage: Store) -> None:
    """A tile with share and number, a table by outcome and upstream; unsampled ones are in it, other days are not."""
    with serving(outage) as client:
        page = client.get("/").text
        week = client.get("/", params={"window": "7d"}).text
    tile = re.search(r'<a class="tile( hot)?" href="#errors">(.*?)</a>', page, re.DOTALL)
    assert tile and tile[1]
    assert " ".join(re.sub(r"<[^>]*>", " ", tile[2]).split()) == "Errors 50 % 3 of 6 requests, 24h"
    found = rows(page, "errors")
    assert [row[:4] for row in found] == [
        ["upstream error", "lagoon", "2", "33 %"],
        ["client disconnected not an error", "harbour", "1", "17 %"],
        ["timeout", "lagoon", "1", "17 %"],
    ]
    assert found[0][4].endswith("status 502 refused"), "the latest of them"
    assert 'href="/requests/lost"' in page
    link = html.unescape(re.search(r'href="(/samples\?outcome=upstream_error[^"]*)"', page)[1])  # type: ignore[index]
    assert "since=" in link
    with serving(outage) as client:
        assert [row[-1] for row in rows(client.get(link).text, "samples")] == ["over"]
    assert ["shed", "lagoon", "1"] in [row[:3] for row in rows(week, "errors")]


def test_the_tile_is_quiet_where_nothing_failed(sqlite_store: Store, make_sample: MakeSample) -> None:
    """Without a request there is no share; with good ones it is none; and there is no table."""
    with serving(sqlite_store) as client:
        assert "no request in the last 24h" in client.get("/").text
        good = ExchangeRow(make_sample("r1", started_at=time.time() - 5).exchange, Decision.SAMPLED_OUT)
        sqlite_store.save_rows(RowBatch("b", "p1", 1, {"sampled_out": 1}, [good]))
        page = client.get("/").text
    assert "0 of 1 requests, 24h" in page and 'id="errors"' not in page


def test_a_short_retention_is_said(outage: Store) -> None:
    """Where rows are kept for less than the window, the table says of what time it is."""
    with serving(outage, retention={"exchanges": "12h"}) as client:
        assert "kept for 0.5 days" in client.get("/").text
        assert "kept for" not in client.get("/", params={"window": "1h"}).text


def test_pages_name_the_configured_addresses(sqlite_store: Store) -> None:
    """The console's own address, and the proxy's in the lines to copy: as configured, not as by default."""
    with serving(sqlite_store, listen="127.0.0.1:18099") as client:
        pages = [client.get(path).text for path in ("/", "/ledger")]
        where = f"127.0.0.1:{client.base_url.port}"
    for page in pages:
        assert f"Console on {where}" in page and "127.0.0.1:8080" not in page
    assert "OPENAI_BASE_URL=http://127.0.0.1:18099/v1" in pages[0]
    assert "curl http://127.0.0.1:18099/v1/models" in pages[1]


def test_a_proxy_on_every_address_is_named_as_the_page_is(sqlite_store: Store) -> None:
    """0.0.0.0 is nothing to connect to: the host in the browser's address is taken, when it is one."""
    with serving(sqlite_store, listen="0.0.0.0:18099") as client:
        port = client.base_url.port
        assert "=http://localhost:18099/v1" in client.get("/", headers={"host": f"localhost:{port}"}).text
        assert "=http://[::1]:18099/v1" in client.get("/", headers={"host": f"[::1]:{port}"}).text


def test_a_worker_that_waits_says_so(outage: Store) -> None:
    """While its store takes no write, what is shown is from before: the pages that balance samples say so, and call
    nothing complete. When it goes on, they do as well."""
    facts: dict[str, object] = {"ready": True, "waiting": ["local", "<b>", "lease"]}
    with serving(outage, lambda: facts) as client:
        for path in ("/", "/ledger"):
            page = client.get(path).text
            assert "or its store takes no write (local, &lt;b&gt;, lease)" in page
            assert "every sample has its result" not in page
            assert "complete: no sample waits" not in page
        assert client.get("/-/ready").json()["waiting"] == ["local", "<b>", "lease"]
        facts["waiting"] = []
        assert not any("takes no write" in client.get(path).text for path in ("/", "/ledger"))


def test_a_ledger_is_complete_unless_the_worker_waits(sqlite_store: Store) -> None:
    """What has not come into the store cannot be missed there."""
    facts: dict[str, object] = {"ready": True, "waiting": []}
    with serving(sqlite_store, lambda: facts) as client:
        assert "every sample has its result" in client.get("/").text
        facts["waiting"] = ["lease"]
        page = client.get("/").text
        assert "every sample has its result" not in page
        assert "<small>the worker waits</small>" in page
