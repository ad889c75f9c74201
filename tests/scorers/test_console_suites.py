"""The pages of suites: cases by runs, both answers side by side, what is expected; nothing of a case is markup."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import httpx
import msgspec
import pytest

from scorers.cases.case import Case, decode
from scorers.cases.suite import Suite
from scorers.store.runs import Ask, AskKey, Run, RunState
from scorers.store.store import Store
from scorers.suites.matrix import differences
from scorers.suites.verdict import PlannedCase
from support.console import serving

HOSTILE = "<script>alert(1)</script> How hot?"
TOKENS = [
    {"name": "vera", "role": "viewer", "token": "v" * 20},
    {"name": "anna", "role": "annotator", "token": "a" * 20},
]


def cases() -> tuple[Case, ...]:
    """Four cases: of the last one nothing is expected."""
    texts = [HOSTILE, "How long?", "How much?", "How many?"]
    documents = [{"id": f"c{n}", "input": text, "expected": "150 degrees"} for n, text in enumerate(texts)]
    del documents[3]["expected"]
    return tuple(decode(json.dumps(document).encode()) for document in documents)


def keep(store: Store, suite: Suite, identity: str, at: float, answers: dict[str, list[str | None]]) -> None:
    """A run with these answers by case, one a repeat; ``None`` is an error. Right is ``150 degrees``."""
    planned = [PlannedCase(case.id, case.digest(), case.cluster, 1.0, "asks") for case in suite.cases]
    plan = {"cases": msgspec.to_builtins(planned), "repeats": 2}
    run = Run(id=identity, purpose="suite", subject="oven", version=suite.version, model="m", created_at=at, plan=plan)
    keys = [AskKey(case, "", n) for case, said in answers.items() for n in range(len(said))]
    store.asking.create(run, [(key, None) for key in [*keys, AskKey("c3")]])
    store.asking.settle(identity, Ask(case_id="c3", state="skipped", reason="nothing_expected"))
    for key in keys:
        text = answers[key.case_id][key.repeat]
        right = text == "150 degrees"
        ask = Ask(case_id=key.case_id, repeat=key.repeat, state="done", passed=right, score=float(right))
        if text is None:
            ask = msgspec.structs.replace(ask, state="failed", reason="timeout", passed=None, score=None)
        else:
            ask = msgspec.structs.replace(ask, answer={"text": text}, checks=[{"kind": "expected", "passed": right}])
        store.asking.settle(identity, ask)
    store.asking.finish(identity, RunState.DONE, {"verdict": "regression", "pass_rate": 0.5})


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """A suite with two runs: c0 got worse, c1 is flaky, c2 has no answer."""
    made = Store.open("sqlite", tmp_path)
    suite = Suite(name="oven", cases=cases(), app="shop")
    made.suites.save(suite)
    good = ["150 degrees", "150 degrees"]
    keep(made, suite, "r1", 1.0, {"c0": list(good), "c1": list(good), "c2": list(good)})
    bad: dict[str, list[str | None]] = {"c0": ["150 grades <b>"] * 2, "c1": ["150 degrees", "x"], "c2": [None, None]}
    keep(made, suite, "r2", 2.0, bad)
    yield made
    made.close()


def test_cases_by_runs(store: Store) -> None:
    """Each case has a cell a run; the history has each run; text of cases is never markup."""
    with serving(store) as client:
        listed = client.get("/suites").text
        page = client.get("/suites/oven").text
    assert '<a href="/suites/oven">oven</a>' in listed
    assert "regression" in listed
    assert page.count('class="cell ') == 6
    assert 'class="cell is-failed"' in page
    assert "flaky 50" in page
    assert 'class="cell is-error"' in page
    assert "/suites/oven/cases/c3" in page  # nothing is expected of it yet
    assert "<script>alert" not in page


@pytest.mark.parametrize(("show", "ids"), [("regressed", ["c0", "c1"]), ("flaky", ["c1"]), ("errored", ["c2"])])
def test_filters(store: Store, show: str, ids: list[str]) -> None:
    """A filter lists the cases that regressed, were flaky or had no answer, and no others."""
    with serving(store) as client:
        page = client.get("/suites/oven", params={"show": show}).text
    table = page.split('<table class="matrix">')[1].split("</table>")[0]
    assert [f"c{n}" for n in range(4) if f"/cases/c{n}" in table] == ids


def test_both_answers_with_the_difference_marked(store: Store) -> None:
    """The newest two runs stand side by side, what only one says is marked, and others can be chosen."""
    with serving(store) as client:
        page = client.get("/suites/oven/cases/c0").text
        same = client.get("/suites/oven/cases/c0", params={"before": "r1", "after": "r1"}).text
        missing = client.get("/suites/oven/cases/c0", params={"before": "r9"}).status_code
        unknown = client.get("/suites/oven/cases/c9").status_code
    assert "<del>degrees</del>" in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt; How hot?" in page
    assert "<ins>grades</ins>" in page.replace("<ins>grades &lt;b&gt;</ins>", "<ins>grades</ins>")
    assert "<b>" not in page
    assert "<del>" not in same
    assert (missing, unknown) == (404, 404)


def test_people_say_what_is_expected(store: Store) -> None:
    """An annotator says what is expected of a case, which makes a new version; a viewer may not, and sees no form."""
    before = store.suites.all()[0].version
    given = {"suite": "oven", "case": "c3", "expected": "Nine, says ann@example.com"}
    with serving(store, console_tokens=TOKENS) as client:
        viewer, annotator = ({"authorization": f"Bearer {letter * 20}"} for letter in "va")
        assert client.post("/suites/expected", data=given, headers=viewer).status_code == 403
        assert '<form class="ask"' not in client.get("/suites/oven/cases/c3", headers=viewer).text
        assert '<form class="ask"' in client.get("/suites/oven/cases/c3", headers=annotator).text
        answer = client.post("/suites/expected", data=given, headers=annotator)
        wrong = client.post("/suites/expected", data={**given, "case": "c9"}, headers=annotator).status_code
        empty = client.post("/suites/expected", data={**given, "expected": " "}, headers=annotator).status_code
    assert (answer.status_code, answer.headers["location"]) == (303, "/suites/oven/cases/c3")
    assert (wrong, empty) == (404, 400)
    found = store.suites.load("oven")
    assert found is not None
    said = {case.id: case.expected for case in found[0].cases}
    assert said["c3"].startswith("Nine, says ")
    assert "ann@example.com" not in said["c3"]
    assert store.suites.all()[0].version != before


def test_an_empty_console_says_what_to_do(tmp_path: Path) -> None:
    """Without a suite the page says how one is made; an unknown one is not found."""
    store = Store.open("sqlite", tmp_path)
    with serving(store) as client:
        assert "sightglass suite make" in client.get("/suites").text
        answer: httpx.Response = client.get("/suites/none")
        assert answer.status_code == 404
    store.close()


def test_pieces_join_to_the_texts() -> None:
    """Whatever is marked, the pieces of each side are its text; what is too long is shown unmarked."""
    old, new = differences("Bake it at 150 degrees.", "Bake at 160 degrees!")
    assert "".join(piece.text for piece in old) == "Bake it at 150 degrees."
    assert "".join(piece.text for piece in new) == "Bake at 160 degrees!"
    assert [piece.text for piece in new if piece.only] == ["160", "!"]
    assert not any(piece.only for piece in differences("a " * 3_000, "b")[0])
