"""Agreement of people who judged the same items: kappa, corrected for what chance would agree on."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Sequence


def kappa(items: Iterable[Sequence[Hashable]]) -> tuple[float | None, int]:
    """Fleiss' kappa over items with two or more judgements, and their number.

    Items may have different numbers of judgements: each item counts once, with the share of its pairs of judgements
    that agree. ``None`` without such an item, or when everybody says one thing, where chance alone agrees.
    """
    judged = [Counter(item) for item in items if len(item) > 1]
    if not judged:
        return None, 0
    agree = 0.0
    shares: dict[Hashable, float] = defaultdict(float)
    for counts in judged:
        n = counts.total()
        agree += sum(k * (k - 1) for k in counts.values()) / (n * (n - 1))
        for choice, k in counts.items():
            shares[choice] += k / n
    observed = agree / len(judged)
    chance = sum((share / len(judged)) ** 2 for share in shares.values())
    return ((observed - chance) / (1 - chance) if chance < 1 - 1e-12 else None), len(judged)
