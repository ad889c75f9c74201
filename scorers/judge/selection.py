"""Selects samples for the judge by a keyed coin. Its probability is known and is stored with the score.

The probability is ``sample`` times a factor. The factor is larger where the cheap scorer is unsure, or says yes, which
is rare and worth checking. It is smaller where the scorer is sure of a no, and never zero. The coin is a hash of the
sample under the deployment's secret. So nobody outside can predict it, and a redelivered sample gets the same result.
"""

from __future__ import annotations

import hashlib

#: Characters a token has at least in most languages: what a call costs is never thought too low by much.
CHARACTERS_A_TOKEN = 3.0
#: Share of the judgements that are checked by a second call, by one of the two kinds of check.
RECHECKED = 0.05
#: Factors where the cheap scorer is sure of a no, sure of a yes, and where it is unsure; without its score: 1.
SURE_NO, SURE_YES, UNSURE = 0.5, 2.0, 3.0
#: A day's budget that runs out early lowers the probability to this share of itself at most.
LEAST_PACE = 0.02


def factor(value: float | None) -> float:
    """The factor for a sample with this P(event) from the cheap scorer."""
    if value is None:
        return 1.0
    sure = SURE_NO if value < 0.5 else SURE_YES
    unsure = 1.0 - abs(2.0 * value - 1.0)
    return sure + (UNSURE - sure) * unsure


def most(share: float) -> float:
    """The largest value that ``probability`` can return."""
    return min(1.0, share * UNSURE)


def probability(share: float, values: list[float], pace: float) -> float:
    """In (0, 1] for a ``share`` above 0: by the most telling of the cheap scorer's ``values``, slowed by ``pace``. A
    ``share`` of 1 is all of them."""
    telling = max(map(factor, values), default=1.0) if share < 1.0 else 1.0
    return min(1.0, share * telling) * min(1.0, max(LEAST_PACE, pace))


def coin(secret: bytes, *parts: str) -> float:
    """A number in [0, 1), always the same for the same parts."""
    text = "\0".join(parts).encode("utf-8", "surrogatepass")
    digest = hashlib.blake2b(text, key=secret, digest_size=8, person=b"judge").digest()
    return int.from_bytes(digest, "big") / 2.0**64
