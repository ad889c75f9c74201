"""Votes of people: what is shown next, to whom, on which side; controls; one vote each; links that work once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from scorers.store.engine import open_database
from scorers.store.experiments import CANDIDATE, CONTROL
from scorers.store.raters import SESSION_SECONDS, LinkOver, RaterStore
from scorers.store.store import Store
from scorers.store.votes import AlreadyVoted, Choice, Kind, NotShown, Showing
from support.experiments import RUN, begin


def work(store: Store, voter: str, count: int, choice: Choice = Choice.LEFT) -> list[Showing]:
    """Vote so often, or until nothing is left; what was shown."""
    seen = []
    for _ in range(count):
        shown = store.votes.next(RUN, voter)
        if shown is None:
            break
        store.votes.vote(RUN, voter, shown.id, choice)
        seen.append(shown)
    return seen


def test_a_pair_stays_until_it_is_voted_on(store: Store) -> None:
    """A reload shows the same pair; a vote leads to another; a second vote on it is an error and changes nothing."""
    begin(store, 5)
    first = store.votes.next(RUN, "ann")
    assert first is not None
    assert store.votes.next(RUN, "ann") == first
    store.votes.vote(RUN, "ann", first.id, Choice.LEFT)
    with pytest.raises(AlreadyVoted):
        store.votes.vote(RUN, "ann", first.id, Choice.RIGHT)
    assert [vote.choice for vote in store.votes.votes(RUN)] == ["left"]
    second = store.votes.next(RUN, "ann")
    assert second is not None
    assert second.pair != first.pair


def test_a_vote_needs_to_have_been_shown(store: Store) -> None:
    """Neither a made-up id, nor the pair's own, nor what another rater was shown."""
    pairs = begin(store, 5)
    shown = store.votes.next(RUN, "ann")
    assert shown is not None
    for voter, identity in (("ann", "0" * 32), ("ann", pairs[0].id), ("ben", shown.id)):
        with pytest.raises(NotShown):
            store.votes.vote(RUN, voter, identity, Choice.TIE)
    assert store.votes.votes(RUN) == []


def test_every_pair_is_seen_once_and_controls_come_in_between(sqlite_store: Store) -> None:
    """Over 160 pairs: about 5 % identical pairs and 5 % repeats with exchanged sides, not before ten others."""
    begin(sqlite_store, 160)
    seen = work(sqlite_store, "ann", 1000)
    kinds = Counter(shown.kind for shown in seen)
    assert kinds[Kind.PAIR] + kinds[Kind.IDENTICAL] == 160
    assert 3 <= kinds[Kind.IDENTICAL] <= 16
    assert 3 <= kinds[Kind.REPEAT] <= 16
    places = {(shown.pair, shown.showing): place for place, shown in enumerate(seen)}
    for place, shown in enumerate(seen):
        if shown.kind == Kind.REPEAT:
            first = seen[places[shown.pair, 0]]
            assert place - places[shown.pair, 0] >= 10
            assert (first.kind, first.left_arm) == (Kind.PAIR, *{CONTROL, CANDIDATE} - {shown.left_arm})
        elif shown.kind == Kind.IDENTICAL:
            assert shown.arms[0] == shown.arms[1]
    assert len({shown.id for shown in seen}) == len(seen)


def test_sides_are_drawn(sqlite_store: Store) -> None:
    """Each arm is on the left about as often as on the right, and not in a pattern that all raters share."""
    begin(sqlite_store, 60)
    ann = {shown.pair: shown.left_arm for shown in work(sqlite_store, "ann", 500) if shown.kind == Kind.PAIR}
    ben = {shown.pair: shown.left_arm for shown in work(sqlite_store, "ben", 500) if shown.kind == Kind.PAIR}
    assert 15 <= Counter(ann.values())[CONTROL] <= 45
    both = ann.keys() & ben.keys()
    assert 0.3 < sum(ann[pair] == ben[pair] for pair in both) / len(both) < 0.7


def test_raters_share_every_fifth_pair_and_divide_the_others(sqlite_store: Store) -> None:
    """So their agreement can be measured, and together they see more."""
    pairs = begin(sqlite_store, 60)
    number = {pair.id: pair.number for pair in pairs}
    ann = {number[shown.pair] for shown in work(sqlite_store, "ann", 20)}
    ben = {number[shown.pair] for shown in work(sqlite_store, "ben", 20)}
    assert ann & ben
    assert all(n % 5 == 0 for n in ann & ben)
    assert {n for n in range(max(ann)) if n % 5 == 0} <= ann
    rest = work(sqlite_store, "ben", 100)
    assert {number[shown.pair] for shown in rest} | ben == set(range(60))
    assert sqlite_store.votes.next(RUN, "ben") is None


def test_what_people_say_of_a_pair(store: Store) -> None:
    """The mean of their votes by arm; skipped pairs, identical ones and repeats are not in it."""
    begin(store, 40)
    for voter in ("ann", "ben"):
        while (shown := store.votes.next(RUN, voter)) is not None:
            left = Choice.LEFT if shown.left_arm == CANDIDATE else Choice.RIGHT
            choice = {"ann": left, "ben": Choice.TIE}[voter]
            store.votes.vote(RUN, voter, shown.id, Choice.SKIP if shown.pair.endswith("f") else choice)
    said = store.votes.people(RUN)
    assert set(said.values()) <= {0.0, 0.5, 1.0}
    assert 0.5 in said.values()
    assert not any(pair.endswith("f") for pair in said)
    controls = {vote.pair for vote in store.votes.votes(RUN) if vote.kind != Kind.PAIR}
    assert controls
    assert all(vote.preferred is None for vote in store.votes.votes(RUN) if vote.choice == Choice.SKIP)


def test_text_that_was_erased_is_not_shown(store: Store) -> None:
    """A pair of a forgotten user leaves the queue, also when it is before somebody; others come."""
    pairs = begin(store, 3)
    before = store.votes.next(RUN, "ann")
    assert before is not None
    user = next(pair.user_hash for pair in pairs if pair.id == before.pair)
    assert user is not None
    store.forget_user(user)
    after = store.votes.next(RUN, "ann")
    assert after is not None
    assert after.pair != before.pair
    assert [(vote.pair, vote.choice) for vote in store.votes.votes(RUN)] == [(before.pair, "skip")]


def test_a_look_is_kept(store: Store) -> None:
    """Who looked at the votes by arm, each time."""
    begin(store, 1)
    store.votes.look(RUN, "nina@127.0.0.1")
    store.votes.look(RUN, "otto@127.0.0.1")
    assert {look.who for look in store.votes.looks(RUN)} == {"nina@127.0.0.1", "otto@127.0.0.1"}
    assert store.votes.looks("another") == []


class Clock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    """At 1,000 s."""
    return Clock()


@pytest.fixture
def raters(tmp_path: Path, clock: Clock) -> Iterator[RaterStore]:
    """An empty store of raters, at that clock."""
    database = open_database("sqlite", tmp_path / "data")
    yield RaterStore(database, clock)
    database.close()


def test_a_link_works_once(raters: RaterStore) -> None:
    """It becomes a session of its experiment; nothing in the store opens anything."""
    secret = raters.link("thinner", "ann", "nina", 2)
    cookie = raters.enter(secret)
    found = raters.find(cookie)
    assert found is not None
    assert (found.experiment, found.voter, found.made_by) == ("thinner", "ann", "nina")
    with pytest.raises(LinkOver, match="has been used"):
        raters.enter(secret)
    assert raters.find(secret) is None
    assert raters.find("made-up") is None
    assert [rater.voter for rater in raters.raters("thinner")] == ["ann"]
    assert raters.raters("other") == []


def test_links_and_sessions_end(raters: RaterStore, clock: Clock) -> None:
    """A link after its hours, a session after seven days or when the rater leaves; unknown links never work."""
    late, good, left = (raters.link("thinner", voter, "nina", 2) for voter in ("ann", "ben", "cleo"))
    clock.now += 3600
    cookie, gone = raters.enter(good), raters.enter(left)
    clock.now += 3601
    with pytest.raises(LinkOver, match="has expired"):
        raters.enter(late)
    with pytest.raises(LinkOver, match="not known"):
        raters.enter("guess")
    raters.leave(gone)
    assert raters.find(gone) is None
    assert raters.find(cookie) is not None
    clock.now += SESSION_SECONDS
    assert raters.find(cookie) is None
