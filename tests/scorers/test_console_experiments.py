"""The pages of experiments and what a coordinator does there: pictures, people without their votes, links, looks."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

from scorers.console.sequence_chart import drawing
from scorers.experiments.people import ENTER
from scorers.store.experiments import CANDIDATE
from scorers.store.store import Store
from scorers.store.votes import Choice
from support.console import serving
from support.experiments import NAME, RUN, begin, decide
from support.processes import ROOT

TOKENS = [
    {"name": "vera", "role": "viewer", "token": "v" * 20},
    {"name": "olga", "role": "admin", "token": "o" * 20},
]
VIEWER, ADMIN = ({"authorization": f"Bearer {letter * 20}"} for letter in "vo")


def rate(store: Store, voter: str, often: int, for_candidate: bool = True) -> None:
    """Votes of one rater, who always prefers one arm and calls the same answer equal."""
    for _ in range(often):
        shown = store.votes.next(RUN, voter)
        assert shown is not None
        left, right = shown.arms
        mine = Choice.LEFT if (left == CANDIDATE) == for_candidate else Choice.RIGHT
        store.votes.vote(RUN, voter, shown.id, Choice.TIE if left == right else mine)


def test_experiments_are_listed(sqlite_store: Store) -> None:
    """Each with its state and its verdict; without one the page says how it is begun."""
    with serving(sqlite_store) as client:
        assert "candidate:" in client.get("/experiments").text
        assert client.get("/experiments/none").status_code == 404
        begin(sqlite_store, 2)
        decide(sqlite_store)
        page = client.get("/experiments").text
    assert f'<a href="/experiments/{NAME}">{NAME}</a>' in page
    assert 'class="verdict is-undecided"' in page
    assert "about 420" in page


def test_experiments_are_a_list_like_the_others(sqlite_store: Store) -> None:
    """By name and in pages; by application, model and when they began; a wrong name or limit is one clear error."""
    for name in ("night", "day", "noon"):
        begin(sqlite_store, 0, run=f"{name}-1", name=name)
    with serving(sqlite_store) as client:

        def listed(**params: str) -> tuple[list[str], str | None]:
            answer = client.get("/api/experiments", params=params).json()
            return [one["name"] for one in answer["experiments"]], answer["cursor"]

        assert listed() == (["day", "night", "noon"], None)
        first, cursor = listed(limit="2")
        assert (first, cursor is not None) == (["day", "night"], True)
        assert listed(limit="2", cursor=cursor or "") == (["noon"], None)
        assert listed(app="ferry")[0] == [*first, "noon"]
        for none in ({"app": "train"}, {"model": "other-1"}, {"until": "2020-01-01"}):
            assert listed(**none) == ([], None), none
        for wrong in ("limit=1001", "since=soon", "cursor=x", "state=running"):
            answer = client.get(f"/api/experiments?{wrong}")
            assert answer.status_code == 400
            assert wrong.partition("=")[0] in answer.json()["error"]["message"]


def test_one_experiment(sqlite_store: Store) -> None:
    """A picture an outcome, bounds and noise in the table, both arms, what was left out, and why it stands so."""
    begin(sqlite_store, 8)
    decide(sqlite_store)
    with serving(sqlite_store) as client:
        page = client.get(f"/experiments/{NAME}").text
    assert page.count('<svg class="sequence"') == 3
    assert "after 600 conversations" in page
    assert page.index("<figcaption>judge") < page.index("<figcaption>refusal.refused")
    for said in ("× 0.33", "tools hosted 12", "may still be worse by more than 0.1", "(−0.040 … +0.060)", "$1.20"):
        assert said in page, said
    assert '<th scope="row">candidate</th>' in page
    assert re.findall(r"/pairs/(\w+)", page)


def test_an_experiment_that_has_just_begun(sqlite_store: Store) -> None:
    """Nothing has ended: no picture, no table of arms, no error."""
    begin(sqlite_store, 0)
    with serving(sqlite_store) as client:
        page = client.get(f"/experiments/{NAME}")
    assert page.status_code == 200
    assert "The first look is at 30 conversations." in page.text
    assert "no pair has ended yet" in page.text


def test_a_pair_by_arm(sqlite_store: Store) -> None:
    """Both answers with their arms, their difference marked; who read it is recorded; another's pair is not found."""
    pairs = begin(sqlite_store, 2)
    begin(sqlite_store, 1, run="run-2", name="other")
    with serving(sqlite_store) as client:
        page = client.get(f"/experiments/{NAME}/pairs/{pairs[0].id}").text
        strange = client.get(f"/experiments/other/pairs/{pairs[0].id}").status_code
    assert "<del>Tea</del>" in page
    assert "<ins>Rye</ins>" in page
    assert "When does ferry 0 leave? &lt;b&gt;soon&lt;/b&gt;" in page
    assert strange == 404
    with sqlite_store._database.read() as connection:
        read = connection.exec_driver_sql("SELECT sample_id FROM reads").fetchall()
    assert [tuple(row) for row in read] == [("s-0",)]


@pytest.mark.parametrize("verdict", ["undecided", "ship"])
def test_votes_by_arm_are_shown_after_the_verdict(sqlite_store: Store, verdict: str) -> None:
    """Before it neither page nor API tells them; progress, controls and agreement are there all the time."""
    begin(sqlite_store, 30)
    decide(sqlite_store, verdict, people=True)
    rate(sqlite_store, "rita", 20)
    rate(sqlite_store, "sami", 20)
    with serving(sqlite_store, console_tokens=TOKENS) as client:
        page = client.get(f"/experiments/{NAME}", headers=VIEWER).text
        told = client.get(f"/api/experiments/{NAME}/raters", headers=VIEWER).json()
    known = verdict == "ship"
    assert ("By arm" in page) == known
    assert ("not shown before the verdict" in page) != known
    assert ("people: after" in page) == known
    assert "arm" not in str(told)
    assert [rater["voter"] for rater in told["raters"]] == ["rita", "sami"]
    assert told["n"] > 0
    assert all(rater["identical"] == rater["identical_ties"] for rater in told["raters"])
    assert all(rater["repeats"] == rater["repeats_same"] for rater in told["raters"])


def test_raters_who_disagree_have_no_kappa_above_zero(sqlite_store: Store) -> None:
    """Two who always choose opposite arms agree on nothing; two who choose alike on everything."""
    begin(sqlite_store, 30)
    rate(sqlite_store, "rita", 25)
    rate(sqlite_store, "sami", 25, for_candidate=False)
    with serving(sqlite_store) as client:
        told = client.get(f"/api/experiments/{NAME}/raters").json()
    assert told["kappa"] < 0


def test_a_look_before_the_verdict_is_recorded(sqlite_store: Store) -> None:
    """An admin may look; who did is on the page from then on. Others may not. After the verdict it is no look."""
    begin(sqlite_store, 12)
    decide(sqlite_store)
    rate(sqlite_store, "rita", 5)
    with serving(sqlite_store, console_tokens=TOKENS) as client:
        assert client.post(f"/api/experiments/{NAME}/looks", headers=VIEWER).status_code == 403
        assert client.post("/experiments/looks", data={"experiment": NAME}, headers=VIEWER).status_code == 403
        assert sqlite_store.votes.looks(RUN) == []
        seen = client.post(f"/api/experiments/{NAME}/looks", headers=ADMIN).json()
        page = client.post("/experiments/looks", data={"experiment": NAME}, headers=ADMIN).text
        later = client.get(f"/experiments/{NAME}", headers=VIEWER).text
        decide(sqlite_store, "do_not_ship")
        after = client.post(f"/api/experiments/{NAME}/looks", headers=ADMIN).json()
    assert seen == {"experiment": NAME, "candidate": seen["candidate"], "control": 0, "tie": 0, "recorded": True}
    assert seen["candidate"] > 0
    assert f"candidate {seen['candidate']}, control 0" in page
    assert "Looked before the verdict: olga@" in later
    assert "By arm" not in later
    assert len(sqlite_store.votes.looks(RUN)) == 2
    assert after["recorded"] is False


def test_a_coordinator_makes_links(sqlite_store: Store) -> None:
    """On the page and by the API; each opens the experiment for one name, once. Nobody else makes any."""
    begin(sqlite_store, 2)
    with serving(sqlite_store, console_tokens=TOKENS) as client:
        assert client.post(f"/api/experiments/{NAME}/links", json={"voter": "rita"}, headers=VIEWER).status_code == 403
        made = client.post(f"/api/experiments/{NAME}/links", json={"voter": "rita", "hours": 1}, headers=ADMIN)
        form = {"experiment": NAME, "voter": "sami"}
        page = client.post("/experiments/links", data=form, headers=ADMIN).text
        for voter in ("", "olga", "a b", "x" * 65):
            wrong = client.post(f"/api/experiments/{NAME}/links", json={"voter": voter}, headers=ADMIN)
            assert wrong.status_code == 400, voter
        assert client.post("/api/experiments/none/links", json={"voter": "rita"}, headers=ADMIN).status_code == 404
        assert client.post("/experiments/links", data={**form, "voter": ""}, headers=ADMIN).status_code == 400
        shown = re.search(r"http://\S+(/ab/enter\?link=[\w-]+)", page)
        assert shown is not None
        for path, voter in ((made.json()["path"], "rita"), (shown[1], "sami")):
            entered = client.post(ENTER, data={"link": path.partition("=")[2]})
            assert entered.status_code == 303
            found = sqlite_store.raters.find(entered.cookies["sightglass_rater"])
            assert found is not None
            assert (found.voter, found.experiment, found.made_by[:5]) == (voter, NAME, "olga@")
            client.cookies.clear()
        again = client.get(f"/experiments/{NAME}", headers=ADMIN).text
    assert "/ab/enter?link=" not in again


def test_the_picture_says_what_it_shows() -> None:
    """The band is inside the drawing and narrows; names are escaped; before the first look there is no picture."""
    trail = [[30, 0.1, -0.5, 0.6], [100, 0.05, -0.2, 0.3], [1000, 0.02, -0.05, 0.1]]
    svg = str(drawing(trail, 0.1, "<b>&judge", alone=True))
    assert svg.startswith('<svg class="sequence"')
    assert "&lt;b&gt;&amp;judge: after 1,000 conversations +0.020" in svg
    points = re.search(r'<polygon class="band" points="([^"]+)"', svg)
    assert points is not None
    places = [tuple(map(float, place.split(","))) for place in points[1].split()]
    assert len(places) == 6
    assert all(0 <= x <= 440 and 0 <= y <= 230 for x, y in places)
    assert places[5][1] - places[0][1] > places[3][1] - places[2][1] > 0
    assert ">100<" in svg
    assert ">margin −0.1<" in svg
    assert drawing([], 0.1, "judge") == ""


def test_the_picture_of_the_docs_is_drawn_by_these_functions() -> None:
    """What is checked in is what the script draws now."""
    drawn = subprocess.run(
        [sys.executable, "-c", "import sequence_picture as s; print(s.picture(), end='')"],
        cwd=ROOT / "tests" / "tools",
        capture_output=True,
        text=True,
        check=True,
    )
    assert drawn.stdout == (ROOT / "docs" / "images" / "confidence-sequence.svg").read_text(encoding="utf-8")
