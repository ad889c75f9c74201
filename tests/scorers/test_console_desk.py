"""The pages of one sample, one request and the ledger: what they say, how labels are given, who may give them."""

from __future__ import annotations

import re
import time
from collections.abc import Callable

import pytest

from proxy.exchange import Decision, ExchangeRow, RowBatch
from proxy.sample import IMPORTED, Sample
from scorers.console.labels import DECISIONS, MEANINGS, REASONS, RESULTS, STATES
from scorers.drift.signals import State
from scorers.score import OUTPUTS, Reason, Result, Score, Verdict
from scorers.store.ledger import NOT_BEGUN, PENDING
from scorers.store.records import SampleQuery, ScoredSample
from scorers.store.store import Store
from support.console import serving

MakeSample = Callable[..., Sample]
MakeScored = Callable[..., ScoredSample]
_TOKENS = [
    {"name": "vera", "role": "viewer", "token": "v" * 20},
    {"name": "anna", "role": "annotator", "token": "a" * 20},
]
_DOCUMENT = "The harbour opens at six. Boats over nine metres pay twice. Dogs are welcome on the pier."
_WORST = "The harbour opens at noon on Sundays."


@pytest.fixture
def desk(sqlite_store: Store, make_sample: MakeSample, make_scored: MakeScored) -> Store:
    """Three samples a second apart: one that was flagged twice, one unscored, one from elsewhere."""
    now = time.time() - 100
    for scorer in ("refusal", "groundedness"):
        sqlite_store.ensure_group(scorer)
    answer = f"Dogs are welcome. {_WORST} Boats pay twice."
    flagged = make_sample("s1", started_at=now, answer=answer, contexts=(_DOCUMENT,), session_id="t/1")
    bare = make_sample("s2", started_at=now + 1)
    foreign = make_sample("s3", started_at=now + 2, stratum=IMPORTED)
    sqlite_store.save_samples([flagged, bare, foreign], content=True)
    none = Score(
        sample_id="s2", scorer="groundedness", output="ungrounded", version="1", unscored_reason=Reason.NO_EVIDENCE
    )
    sqlite_store.save_scores(
        [
            make_scored(flagged, 0.93, scorer="groundedness", output="ungrounded", explanation=_WORST),
            make_scored(flagged, 0.02),
            ScoredSample.of(bare, "groundedness", Result.NOT_APPLICABLE, [none]),
            make_scored(foreign, 0.8),
        ]
    )
    rows = [ExchangeRow(flagged.exchange, Decision.PUBLISHED), ExchangeRow(bare.exchange, Decision.PUBLISHED)]
    left_out = make_sample("s9", started_at=now).exchange
    rows.append(ExchangeRow(left_out, Decision.SAMPLED_OUT, probability=0.1))
    sqlite_store.save_rows(RowBatch("b", "p", 1, {"published": 2, "sampled_out": 1}, rows))
    return sqlite_store


def test_every_closed_word_has_its_sentence() -> None:
    """No enumeration reaches a page as its bare name because somebody forgot the sentence."""
    assert set(MEANINGS) == {(scorer, output) for scorer, outputs in OUTPUTS.items() for output in outputs}
    assert set(REASONS) == set(Reason)
    assert set(RESULTS) == {*Result, PENDING, NOT_BEGUN}
    assert set(DECISIONS) == {decision.value for decision in Decision}
    assert set(STATES) == set(State)


def test_the_worst_sentence_is_marked_and_its_nearest_evidence_too(desk: Store) -> None:
    """The sentence that groundedness names is marked in the answer, the nearest one in the evidence."""
    with serving(desk) as client:
        page = client.get("/samples/s1").text
    assert re.search(rf'<mark class="strong"[^>]*>{re.escape(_WORST)}</mark>', page)
    assert re.search(r'<mark class=""[^>]*nearest[^>]*>The harbour opens at six\.</mark>', page)
    assert "a sentence claims something that the documents do not say" in page
    assert 'aria-label="0.930"' in page


def test_why_there_is_no_score_is_said_in_words(desk: Store) -> None:
    """A reason is a sentence, not the name of an enumeration."""
    with serving(desk) as client:
        page = client.get("/samples/s2").text
    assert REASONS[Reason.NO_EVIDENCE] in page
    assert "no_evidence" not in page


def test_neighbours_follow_the_list_that_one_came_from(desk: Store) -> None:
    """Next and previous stay within the filters, and both ends say so."""
    with serving(desk) as client:
        middle = client.get("/samples/s2").text
        assert 'href="/samples/s1" rel="next"' in middle
        assert 'href="/samples/s3" rel="prev"' in middle
        filtered = client.get("/samples/s1?verdict=yes").text
        assert 'href="/samples/s3?verdict=yes" rel="prev"' in filtered
        assert "oldest" in filtered and 'rel="next"' not in filtered
        assert client.get("/samples/s1?colour=red").status_code == 400
        assert '<a class="id" href="/samples/s1?scorer=groundedness"' in client.get("/samples?scorer=groundedness").text


def test_neighbours_in_the_store(desk: Store) -> None:
    """The order is that of the list: by start, then by id."""
    record = desk.samples(SampleQuery(limit=2)).samples[1]
    assert record.id == "s2"
    assert desk.neighbours(SampleQuery(), record) == ("s3", "s1")
    assert desk.neighbours(SampleQuery(scorer="refusal", verdict=Verdict.NO), record) == (None, "s1")


def test_imported_samples_are_marked(desk: Store) -> None:
    """Whatever did not come through the proxy says so, in the list and on its page."""
    with serving(desk) as client:
        assert client.get("/samples").text.count(">imported</span>") == 1
        assert ">imported</span>" in client.get("/samples/s3").text


def test_a_label_by_the_form(desk: Store) -> None:
    """The buttons work without a script: the label is kept and the page that they stand on shows it."""
    fields = {"sample_id": "s1", "scorer": "groundedness", "output": "ungrounded", "list": "verdict=yes"}
    with serving(desk) as client:
        for verdict in ("unsure", "no"):
            answer = client.post("/labels", data={**fields, "verdict": verdict})
            assert answer.status_code == 303
            assert answer.headers["location"] == "/samples/s1?verdict=yes#groundedness.ungrounded"
        page = client.get("/samples/s1").text
        assert re.search(r'<span class="verdict no">no</span> said <bdi>local</bdi>', page)
        (label,) = desk.labels_of("s1")
        assert (label.verdict, label.annotator) == (Verdict.NO, "local")
        for wrong in ({"verdict": "maybe"}, {"output": "asked"}, {"colour": "red"}):
            assert client.post("/labels", data={**fields, "verdict": "yes", **wrong}).status_code == 400, wrong
        assert client.post("/labels", data={**fields, "verdict": "yes", "sample_id": "none"}).status_code == 404
        assert client.post("/labels", content=b"x" * 20_000).status_code == 400
        elsewhere = client.post("/labels", data={**fields, "verdict": "yes", "list": "//evil.example/"})
        assert elsewhere.headers["location"].startswith("/samples/s1")
        hostile = {"origin": "https://evil.example"}
        assert client.post("/labels", data={**fields, "verdict": "yes"}, headers=hostile).status_code == 403


def test_only_annotators_see_and_use_the_buttons(desk: Store) -> None:
    """A viewer reads, has no buttons, and is turned away by the route itself."""
    fields = {"sample_id": "s1", "scorer": "refusal", "output": "refused", "verdict": "yes"}
    with serving(desk, console_tokens=_TOKENS) as client:
        viewer, annotator = ({"authorization": f"Bearer {item['token']}"} for item in _TOKENS)
        assert 'name="verdict"' not in client.get("/samples/s1", headers=viewer).text
        assert 'name="verdict"' in client.get("/samples/s1", headers=annotator).text
        assert client.post("/labels", data=fields, headers=viewer).status_code == 403
        assert client.post("/labels", data=fields).status_code == 401
        assert client.post("/labels", data=fields, headers=annotator).status_code == 303
    assert [label.annotator for label in desk.labels_of("s1")] == ["anna"]


def test_the_ledger_page_adds_up_and_asks_for_one_request(desk: Store) -> None:
    """The page has the sums of the API, says what waits, and leads to one request's why."""
    with serving(desk) as client:
        page = client.get("/ledger").text
        assert "sampled out <b>1</b>" in page
        assert "wait for the slowest scorer" in page
        asked = client.get("/ledger", params={"request_id": " s9 "})
        assert (asked.status_code, asked.headers["location"]) == (303, "/requests/s9")
        why = client.get("/requests/s9").text
        assert "the sampling rate left it out" in why
        assert "/samples/s9" not in why
        scored = client.get("/requests/s1").text
        assert "Read the sample" in scored and "waiting to be scored" not in scored
        assert REASONS[Reason.NO_EVIDENCE] in client.get("/requests/s2").text
        assert client.get("/requests/nothing").status_code == 404
