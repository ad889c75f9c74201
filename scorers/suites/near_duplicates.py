"""Near-duplicates and clusters of inputs, by the words in them: MinHash over word trigrams, and leaders of clusters."""

from __future__ import annotations

import hashlib
import re
from collections import Counter, defaultdict
from collections.abc import Sequence

from scorers.reading.text import stem

_WORD = re.compile(r"\w+")
#: Two inputs are near-duplicates when so much of their word trigrams is common.
NEAR = 0.8
#: An input joins the cluster whose leader has so much of its words.
_ALIKE = 0.3
_HASHES, _ROWS = 48, 4
_PRIME = (1 << 61) - 1
_LONGEST = 400
_MOST_LEADERS = 2_000
#: Words that stand in most inputs say nothing of what they are about.
_USUAL = 0.5


def shingles(text: str) -> frozenset[str]:
    """The word trigrams of a text, at most ``_LONGEST``; of a short one its words."""
    words = [word.casefold() for word in _WORD.findall(text)][: _LONGEST + 2]
    if len(words) < 3:
        return frozenset(words)
    return frozenset(" ".join(words[at : at + 3]) for at in range(len(words) - 2))


def jaccard(one: frozenset[str], other: frozenset[str]) -> float:
    """How much of two sets is common, in [0, 1]; 1 for two empty ones."""
    together = len(one | other)
    return len(one & other) / together if together else 1.0


def _signature(found: frozenset[str]) -> list[int]:
    values = [int.from_bytes(hashlib.blake2b(s.encode("utf-8", "replace"), digest_size=7).digest()) for s in found]
    if not values:
        return [0] * _HASHES
    return [min((a * value + b) % _PRIME for value in values) for a, b in _COEFFICIENTS]


def _coefficient(number: int) -> int:
    return int.from_bytes(hashlib.blake2b(str(number).encode(), digest_size=7).digest()) | 1


_COEFFICIENTS = [(_coefficient(2 * n), _coefficient(2 * n + 1)) for n in range(_HASHES)]


def duplicates(texts: Sequence[tuple[str, str]]) -> list[int]:
    """For each (question, all that stands around it) the position of the first one that it nearly repeats in both; its
    own where it repeats none. Two questions on one document are two, and so is one question on two documents."""
    sets = [shingles(question) for question, _ in texts]
    around = [shingles(whole) for _, whole in texts]
    buckets: dict[tuple[int, ...], list[int]] = defaultdict(list)
    found = []
    for number, own in enumerate(sets):
        signature = _signature(own)
        bands = [(at, *signature[at : at + _ROWS]) for at in range(0, _HASHES, _ROWS)]
        candidates = sorted({other for band in bands for other in buckets[band]})
        first = next((other for other in candidates if _near(sets, around, number, other)), number)
        found.append(first)
        if first == number:
            for band in bands:
                buckets[band].append(number)
    return found


def _near(sets: list[frozenset[str]], around: list[frozenset[str]], one: int, other: int) -> bool:
    return jaccard(sets[one], sets[other]) >= NEAR and jaccard(around[one], around[other]) >= NEAR


def clusters(texts: Sequence[str]) -> list[int]:
    """For each text the number of its cluster, from 0 in the order of their first texts."""
    bags = [frozenset(stem(word.casefold()) for word in _WORD.findall(text)[:_LONGEST]) for text in texts]
    counts = Counter(word for bag in bags for word in bag)
    usual = {word for word, n in counts.items() if n > max(2.0, _USUAL * len(bags))}
    bags = [(bag - usual) or bag for bag in bags]
    leaders: list[frozenset[str]] = []
    by_word: dict[str, list[int]] = defaultdict(list)
    found = []
    for bag in bags:
        candidates = Counter(leader for word in bag for leader in by_word[word])
        best, alike = -1, 0.0
        for leader, _ in candidates.most_common(20):
            value = jaccard(bag, leaders[leader])
            if value > alike:
                best, alike = leader, value
        if alike < _ALIKE and len(leaders) < _MOST_LEADERS:
            best = len(leaders)
            leaders.append(bag)
            for word in bag:
                by_word[word].append(best)
        found.append(max(best, 0))
    return found
