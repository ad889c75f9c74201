"""The model: a layer over the pairs of a claim, pooled by mean and worst, added to what groundedness's head says.

A claim's log-odds are ``bias + weights . measures + pooled . [mean, worst of relu(layer . pair + shift)]``. The first
of its measures is the log-odds of groundedness's own head, so that a model that has learnt nothing is that head.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import msgspec
import numpy as np

from scorers.distilled.alignment import SIGNS, SIZE, WHOLE, Matrix, Pairs
from scorers.files.whole_file import whole_file
from scorers.groundedness import WEIGHED
from scorers.reading.encoder import SIZE as ENCODED
from scorers.reading.encoder import STEP

#: Numbers of a pair, and of what the layer makes of it.
PAIR, HIDDEN = 2 * SIZE + len(SIGNS), 12
#: What is weighed besides the pairs.
MEASURED = ("head", *WEIGHED, *WHOLE)
FILE = "weights.npz"
#: The parts of ``weights.npz``.
SHAPES: dict[str, tuple[int, ...]] = {
    "matrix": (ENCODED, SIZE),
    "layer": (PAIR, HIDDEN),
    "shift": (HIDDEN,),
    "pooled": (2 * HIDDEN,),
    "weights": (len(MEASURED),),
    "bias": (1,),
}


class Network(msgspec.Struct, frozen=True):
    """The weights, as in ``weights.npz``: ``matrix`` is what words are read with, ``layer`` and ``shift`` weigh pairs,
    ``pooled`` what comes of them, ``weights`` the measures (``MEASURED``)."""

    matrix: Matrix
    layer: Matrix
    shift: Matrix
    pooled: Matrix
    weights: Matrix
    bias: Matrix

    def logit(self, pairs: Pairs | None, measures: tuple[float, ...]) -> float:
        """The log-odds of one claim, in steps; of one without pairs what its measures say."""
        told = float(self.bias[0]) + float(np.array(measures, dtype=np.float32) @ self.weights)
        if pairs is not None:
            found = np.maximum(pairs.rows @ self.layer + self.shift, 0.0)
            mean = pairs.counts @ found / pairs.counts.sum()
            told += float(np.concatenate([mean, found.max(axis=0)]) @ self.pooled)
        return round(told / STEP) * STEP


def write(network: Network, folder: Path) -> str:
    """Write ``weights.npz``, in half precision; returns its digest. Raises ``OSError``."""
    with whole_file(folder / FILE, private=False) as out:
        np.savez(out, **{name: getattr(network, name).astype(np.float16) for name in SHAPES})
    return digest(folder)


def digest(folder: Path) -> str:
    """The first sixteen signs of the SHA-256 of the weights. Raises ``OSError``."""
    return hashlib.sha256((folder / FILE).read_bytes()).hexdigest()[:16]


def read(folder: Path) -> Network:
    """The network of a folder. Raises ``OSError``, and ``ValueError`` for weights of another shape or program."""
    with np.load(folder / FILE, allow_pickle=False) as held:
        found = {name: np.asarray(held[name], dtype=np.float32) for name in SHAPES if name in held}
    for name, shape in SHAPES.items():
        if name not in found or found[name].shape != shape or not np.isfinite(found[name]).all():
            raise ValueError(f"{FILE}: {name}: not as this version writes it; distill anew")
    return Network(**found)
