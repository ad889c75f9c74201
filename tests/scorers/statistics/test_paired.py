"""The gate over two runs: known cases, and simulations whose data has conversations and noise of its own."""

from __future__ import annotations

import random
from math import factorial

import pytest

from scorers.statistics.paired import Difference, Gate, Pair, difference, gate, smallest_drop

MARGIN = 0.05


def pairs(*differences: float, size: int = 1) -> list[Pair]:
    """Conversations of ``size`` cases with these differences."""
    return [Pair(0.5 - d / 2, 0.5 + d / 2, n) for n, d in enumerate(differences) for _ in range(size)]


def verdict(*differences: float, size: int = 1) -> Gate:
    """What the gate says of such conversations."""
    found = difference(pairs(*differences, size=size))
    assert found is not None
    return gate(found, MARGIN)


def test_nothing_in_common() -> None:
    """Without a pair there is no difference; it is not zero."""
    assert difference([]) is None


def test_a_clear_drop_and_its_exact_p_value() -> None:
    """Eight conversations that all got worse: of 255 subsets none is at or above zero, so p is 2/256."""
    found = difference(pairs(*[-1.0] * 8))
    assert found is not None
    assert found.p_value == pytest.approx(2 / 256)
    assert found.difference == found.lower == -1.0
    assert gate(found, MARGIN) is Gate.REGRESSION


def test_five_conversations_never_decide() -> None:
    """With five conversations no difference is improbable enough; the interval is all there is."""
    found = difference(pairs(*[-1.0] * 5))
    assert found is not None
    assert (found.lower, found.upper) == (-1.0, 1.0)
    assert smallest_drop([1] * 5) is None
    assert smallest_drop([4] * 5) is None


def test_few_cases_without_a_difference_are_inconclusive() -> None:
    """Eight equal results show little; sixty show that a drop of the margin would have been seen."""
    assert verdict(*[0.0] * 8) is Gate.INCONCLUSIVE
    assert verdict(*[0.0] * 60) is Gate.PASS


def test_a_little_that_got_worse_shows_no_more_than_nothing_that_did() -> None:
    """Where equal results are too few to tell, one that is worse by a tenth, or in one short conversation among long
    ones, does not turn the gate to ``pass``."""
    assert verdict(*[0.0] * 20) is Gate.INCONCLUSIVE
    assert verdict(-0.1, *[0.0] * 19) is Gate.INCONCLUSIVE
    uneven = [max(1, int(20 * 0.8**n)) for n in range(30)]
    for short_one in (1.0, 0.0):
        rows = [Pair(1.0, short_one if n == 29 else 1.0, n) for n, size in enumerate(uneven) for _ in range(size)]
        found = difference(rows)
        assert found is not None
        assert gate(found, MARGIN) is Gate.INCONCLUSIVE


def test_a_drop_of_the_margin_in_uneven_conversations_seldom_passes() -> None:
    """Each conversation is lost as a whole with the probability of the margin; a few of them hold most cases."""
    chance, uneven = random.Random(7), [max(1, int(20 * 0.8**n)) for n in range(30)]
    passes = 0
    for _ in range(200):
        lost = [chance.random() < MARGIN for _ in uneven]
        rows = [Pair(1.0, float(not lost[n]), n) for n, size in enumerate(uneven) for _ in range(size)]
        found = difference(rows)
        assert found is not None
        passes += gate(found, MARGIN) is Gate.PASS
    assert passes <= 16


def test_cases_of_one_conversation_are_one_voice() -> None:
    """Twelve cases that got worse decide when they are twelve conversations, and not when they are three."""
    rest = [0.0] * 40
    assert verdict(*[-1.0] * 12, *rest) is Gate.REGRESSION
    one_voice = [Pair(1.0, 0.0, n // 4) for n in range(12)] + [Pair(1.0, 1.0, 100 + n) for n in range(40)]
    found = difference(one_voice)
    assert found is not None
    assert gate(found, MARGIN) is Gate.INCONCLUSIVE


@pytest.mark.parametrize("count", range(6, 15))
def test_few_conversations_seldom_pass_a_drop_of_the_margin(count: int) -> None:
    """Whatever the margin, and whatever gets better and worse by chance: at most 5 in 100, added up exactly over all
    that can be seen."""
    seen: dict[tuple[int, int], Difference] = {}
    for worse in range(count + 1):
        for better in range(count + 1 - worse):
            found = difference(pairs(*[-1.0] * worse, *[1.0] * better, *[0.0] * (count - worse - better)))
            assert found is not None
            seen[worse, better] = found
    for margin in (n / 50 for n in range(2, 45)):
        passes = [key for key, found in seen.items() if gate(found, margin) is Gate.PASS]
        for noise in (0.0, 0.02, 0.06, 0.1, 0.16, 0.24, 0.34, 0.44):
            if margin + 2 * noise <= 1:
                assert sum(_chance(count, *key, margin + noise, noise) for key in passes) <= 0.0501


def _chance(count: int, worse: int, better: int, falls: float, rises: float) -> float:
    """How probable it is that so many conversations get worse and better."""
    rest = count - worse - better
    ways = factorial(count) / factorial(worse) / factorial(better) / factorial(rest)
    return ways * falls**worse * rises**better * max(0.0, 1 - falls - rises) ** rest


def test_the_mirror_image() -> None:
    """Runs the other way round have the negative difference and the mirrored interval."""
    one = difference(pairs(-1, -1, -0.5, 0, 1, 0, 0, -1, 0.5))
    other = difference(pairs(1, 1, 0.5, 0, -1, 0, 0, 1, -0.5))
    assert one is not None
    assert other is not None
    assert (one.lower, one.upper) == pytest.approx((-other.upper, -other.lower))
    assert one.p_value == other.p_value


def test_the_same_runs_have_the_same_verdict() -> None:
    """A gate does not flip: asked again about the same results it says the same to the last digit."""
    chance = random.Random(3)
    same = pairs(*(chance.choice([-1, 0, 0, 0, 1]) for _ in range(90)))
    assert difference(same) == difference(list(same))


def test_the_smallest_drop_falls_with_cases_and_repeats() -> None:
    """More cases find smaller drops; repeats lower the noise between runs; conversations of several raise it."""
    found = [smallest_drop([1] * n) or 1.0 for n in (8, 50, 100, 200, 500)]
    assert found == sorted(found, reverse=True)
    assert 0.04 < found[-1] < 0.06
    assert (smallest_drop([1] * 100, repeats=5) or 1.0) < found[2] < (smallest_drop([4] * 25) or 0.0)


def simulated(chance: random.Random, cases: int, rate: float, drop: float) -> list[Pair]:
    """Two runs over conversations of 1 to 4 cases. Within a conversation cases resemble each other; each answer comes
    out the other way 1 time in 20; a share ``drop`` of all cases is spoiled in the second run."""
    found: list[Pair] = []
    cluster = 0
    while len(found) < cases:
        own = chance.betavariate(4 * rate, 4 * (1 - rate))
        for _ in range(min(chance.randint(1, 4), cases - len(found))):
            good = chance.random() < own
            worse = good and chance.random() >= drop / rate
            before, after = (float(chance.random() < (0.95 if kind else 0.05)) for kind in (good, worse))
            found.append(Pair(before, after, cluster))
        cluster += 1
    return found


def sizes(found: list[Pair]) -> list[int]:
    """Cases of each conversation."""
    each: dict[object, int] = {}
    for pair in found:
        each[pair.cluster] = each.get(pair.cluster, 0) + 1
    return list(each.values())


def test_identical_models_are_seldom_called_worse() -> None:
    """Of 1,000 gates between two runs of one model at most 5 in 100 say ``regression``."""
    chance = random.Random(20)
    said = []
    for _ in range(1_000):
        found = difference(simulated(chance, chance.randint(50, 500), chance.uniform(0.5, 0.98), 0.0))
        assert found is not None
        said.append(gate(found, MARGIN))
    assert said.count(Gate.REGRESSION) <= 50
    assert said.count(Gate.PASS) >= 300


def test_the_interval_covers() -> None:
    """The interval of identical runs holds zero in at least 94 of 100, and does so without being all there is."""
    chance = random.Random(21)
    found = [difference(simulated(chance, 80, 0.8, 0.0)) for _ in range(300)]
    inside = [item for item in found if item is not None and item.lower <= 0 <= item.upper]
    assert len(inside) >= 282
    assert sum(item.upper - item.lower for item in inside) / len(inside) < 0.25


@pytest.mark.parametrize("cases", [50, 100, 200, 500])
def test_a_drop_of_the_stated_size_is_found(cases: int) -> None:
    """A planted drop as large as the one that was stated before the run ends in ``regression`` 8 times in 10."""
    chance = random.Random(cases)
    said = []
    for _ in range(100):
        drop = smallest_drop(sizes(simulated(chance, cases, 0.9, 0.0)))
        assert drop is not None
        # Spoiled cases pass 1 time in 20, so a drop of ``drop`` in the mean spoils a little more.
        found = difference(simulated(chance, cases, 0.9, drop / 0.9))
        assert found is not None
        said.append(gate(found, MARGIN))
    assert said.count(Gate.REGRESSION) >= 80


@pytest.mark.parametrize("cases", [50, 100, 200])
def test_a_drop_of_the_stated_size_is_found_in_cases_of_their_own(cases: int) -> None:
    """Also where each case is a conversation of its own, and exactly the stated share of all cases is lost: in 80 of
    100, but for what chance does to 400 gates."""
    chance = random.Random(cases)
    drop = smallest_drop([1] * cases)
    assert drop is not None
    said = []
    for _ in range(400):
        found = difference(_alone(chance, drop, case) for case in range(cases))
        assert found is not None
        said.append(gate(found, MARGIN))
    assert said.count(Gate.REGRESSION) >= 304


def _alone(chance: random.Random, drop: float, case: int) -> Pair:
    """A case of two runs: one in ten comes out differently in the second; a share ``drop`` of all passes no more."""
    before = after = chance.random() < 0.9
    if chance.random() < 0.1:
        before = chance.random() < 0.5
        after = not before
    lost = after and chance.random() < drop / 0.9
    return Pair(float(before), float(after and not lost), case)
