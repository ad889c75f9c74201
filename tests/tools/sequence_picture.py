"""``python tests/tools/sequence_picture.py``: draws docs/images/confidence-sequence.svg with the console's functions.

A candidate whose true net win is 0.12, with 30 % ties, over 3,000 conversations that a fixed seed draws.
"""

from __future__ import annotations

import random
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from scorers.console.sequence_chart import drawing  # noqa: E402 - the path is set above
from scorers.statistics.betting import ConfidenceSequence  # noqa: E402

PICTURE = ROOT / "docs" / "images" / "confidence-sequence.svg"
CONVERSATIONS, TIES, WIN, SEED = 3000, 0.3, 0.12, 11


def picture() -> str:
    """The file's text."""
    chance, sequence = random.Random(SEED), ConfidenceSequence()
    for _ in range(CONVERSATIONS):
        if chance.random() < TIES:
            sequence.add(0.0)
        else:
            sequence.add(1.0 if chance.random() < (1 + WIN / (1 - TIES)) / 2 else -1.0)
    trail = [[point.n, point.mean, point.lower, point.upper] for point in sequence.trail]
    return str(drawing(trail, 0.1, "net win of the candidate", alone=True)) + "\n"


if __name__ == "__main__":
    PICTURE.write_text(picture(), encoding="utf-8")
