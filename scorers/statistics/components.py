"""Variance components of answers: how much they differ by themselves, and how much by the wording of the request.

For one prompt, ``noise`` is the share of pairs of repeats (same wording) that differ. The share of pairs of a repeat
and a rewrite that differ, less noise, is ``wording``. Both are means over prompts; a conversation is one voice.
``wording`` is not clipped: without an effect its estimate is as often below zero as above, and a clipped one would be
biased upwards. (Unbiased by construction: every pair is of two different answers, so there is no correction for the
number of repeats as entropies of few answers would need.)
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TypeVar

from scorers.statistics.beta import share_upper
from scorers.statistics.weighted_share import Moments, estimate, t_quantile

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Component:
    """A component with its 95 % interval. ``noise`` is in [0, 1], ``wording`` in [-1, 1]. ``n``: prompts."""

    ratio: float
    lower: float
    upper: float
    n: int


@dataclass(frozen=True, slots=True)
class Prompt:
    """One prompt: the share of pairs of repeats that differ (``within``, ``None`` below two repeats), and, by rewrite,
    the share of pairs of a repeat and an answer to the rewrite that differ."""

    cluster: Hashable
    within: float | None
    across: Mapping[str, float]


def prompt_of(
    cluster: Hashable, repeats: Sequence[T], rewrites: Mapping[str, Sequence[T]], differ: Callable[[T, T], bool]
) -> Prompt:
    """The shares of one prompt from its answers."""
    pairs = [differ(one, other) for one, other in combinations(repeats, 2)]
    across = {
        name: _share([differ(one, other) for one in repeats for other in answers])
        for name, answers in rewrites.items()
        if answers and repeats
    }
    return Prompt(cluster, _share(pairs) if pairs else None, across)


def _share(found: Sequence[bool]) -> float:
    return sum(found) / len(found)


def noise(prompts: Iterable[Prompt]) -> Component | None:
    """How often two answers to the same wording differ; ``None`` without a prompt of two repeats."""
    clusters: dict[Hashable, list[float]] = defaultdict(list)
    for prompt in prompts:
        if prompt.within is not None:
            clusters[prompt.cluster].append(prompt.within)
    found = estimate(_moments(list(clusters.values())))
    if found is None:
        return None
    return Component(found.ratio, found.lower, found.upper, sum(map(len, clusters.values())))


def _moments(values: Sequence[Sequence[float]]) -> Moments:
    """The sums of shares in [0, 1], each of weight one, by cluster."""
    pairs = [(float(len(group)), math.fsum(group)) for group in values]
    return Moments(
        clusters=len(pairs),
        w=math.fsum(w for w, _ in pairs),
        y=math.fsum(y for _, y in pairs),
        ww=math.fsum(w * w for w, _ in pairs),
        wy=math.fsum(w * y for w, y in pairs),
        yy=math.fsum(y * y for _, y in pairs),
        squares=math.fsum(w for w, _ in pairs),
    )


def wording(prompts: Iterable[Prompt], rewrite: str | None = None) -> Component | None:
    """How much oftener answers differ when the wording does; of one rewrite, or the mean of all that a prompt has."""
    clusters: dict[Hashable, list[float]] = defaultdict(list)
    for prompt in prompts:
        shares = [share for name, share in prompt.across.items() if rewrite in (None, name)]
        if prompt.within is not None and shares:
            clusters[prompt.cluster].append(math.fsum(shares) / len(shares) - prompt.within)
    return _difference(list(clusters.values()))


def _difference(values: Sequence[Sequence[float]]) -> Component | None:
    """The mean of differences in [-1, 1] with an interval: cluster-robust, with Student's t.

    Where few clusters show a difference, that variance is estimated poorly, and is zero where none does. So each bound
    is at least as far out as what the clusters with a gain (a loss) add, with as many more of them as Jeffreys' 95 %
    bound allows. A cluster that showed nothing might have shown ``size``, the mean size of those that did (1 if none).
    """
    if not values:
        return None
    n, k = sum(map(len, values)), len(values)
    sums = [(math.fsum(group), len(group)) for group in values]
    mean = math.fsum(total for total, _ in sums) / n
    if k == 1:
        return Component(mean, -1.0, 1.0, n)
    spread = math.fsum((total - mean * size) ** 2 for total, size in sums)
    # As if one more cluster had been as far from the mean as the farthest one: rare effects leave too small a spread.
    farthest = max(abs(total / size - mean) for total, size in sums)
    half = t_quantile(k - 1) * math.sqrt(k / (k - 1) * (spread + farthest**2)) / n
    upper = max(mean + half, mean + _more(sums, n, 1))
    lower = min(mean - half, mean - _more(sums, n, -1))
    return Component(mean, max(-1.0, lower), min(1.0, upper), n)


def _more(sums: Sequence[tuple[float, int]], n: int, sign: int) -> float:
    """What more clusters of one sign may add to the mean than those that were seen."""
    k = len(sums)
    seen = [sign * total / size for total, size in sums if sign * total > 1e-12]
    usual = math.fsum(seen) / len(seen) if seen else _usual(sums)
    return usual * max(0.0, share_upper(len(seen), k) - len(seen) / k)


def _usual(sums: Sequence[tuple[float, int]]) -> float:
    """The size of a difference where none of this sign was seen: that of the other sign, else a whole one."""
    seen = [abs(total) / size for total, size in sums if abs(total) > 1e-12]
    return math.fsum(seen) / len(seen) if seen else 1.0
