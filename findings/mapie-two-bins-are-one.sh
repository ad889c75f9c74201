#!/usr/bin/env bash
# mapie 1.6.0 (conformal prediction and calibration) with scikit-learn 1.9.1 and numpy 2.4.6, Python 3.11 or newer.
# The expected calibration error of a judge: 100 verdicts with confidence 0.25, of which 75 are right, and 100 with
# confidence 0.75, of which 25 are right. Each confidence is off by 0.5. Beside the package's error stands that of
# bins of equal width.
#
# Behaviour: with split_strategy "uniform", the default, MAPIE makes num_bins edges from 0 to 1, which are
# num_bins - 1 bins, and a bin of its own for a confidence of exactly 0. So two bins are one, over which these
# mistakes cancel out, and the judge is perfect; one bin gives nan. With "array split" the edges are taken from pieces
# of the data in the order in which the rows came, so that the same verdicts in another order have another error. The
# docstring says that num_bins is the number of bins, and nothing warns.
# Consequence: an error with few bins, as small sets ask for, cannot be compared with one from elsewhere and may be 0
# for the worst judge. Sorting or shuffling a file changes its calibration.
#
# Seen (bins: MAPIE, bins of equal width):
#   uniform, 1: nan 0.0
#   uniform, 2: 0.0 0.5
#   uniform, 3: 0.5 0.5
#   array split, 4, sorted by confidence: 0.5
#   array split, 4, the two in turns: 0.0
#
# Exits non-zero when that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check --no-compile mapie==1.6.0 scikit-learn==1.9.1 \
    numpy==2.4.6 2>/dev/null
cat >"$folder/judge.py" <<'PY'
import numpy as np
from mapie.metrics.calibration import expected_calibration_error

right = np.array([1, 1, 1, 0] * 25 + [0, 0, 0, 1] * 25)
sure = np.array([0.25] * 100 + [0.75] * 100)


def error(bins):
    held = [[] for _ in range(bins)]
    for verdict, confidence in zip(right, sure, strict=True):
        held[min(int(confidence * bins), bins - 1)].append((verdict, confidence))
    groups = [np.mean(group, axis=0) * len(group) for group in held if group]
    return float(sum(abs(group[0] - group[1]) for group in groups) / len(sure))


for bins in (1, 2, 3):
    print(f"uniform, {bins}: {expected_calibration_error(right, sure, num_bins=bins)} {error(bins)}")
turns = np.arange(200).reshape(2, 100).T.ravel()
for name, order in (("sorted by confidence", np.arange(200)), ("the two in turns", turns)):
    value = expected_calibration_error(right[order], sure[order], num_bins=4, split_strategy="array split")
    print(f"array split, 4, {name}: {value}")
PY
"$folder/venv/bin/python" -W ignore "$folder/judge.py" 2>"$folder/err" | tee "$folder/out"
diff "$folder/out" - <<'SEEN'
uniform, 1: nan 0.0
uniform, 2: 0.0 0.5
uniform, 3: 0.5 0.5
array split, 4, sorted by confidence: 0.5
array split, 4, the two in turns: 0.0
SEEN
