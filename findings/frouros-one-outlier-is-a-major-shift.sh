#!/usr/bin/env bash
# frouros 0.9.0 (drift detection) with numpy 2.1.3 and scipy 1.14.1, Python 3.11. The population stability index of 1000
# scores of a judge against 1000 earlier ones. By the usual rule of thumb it says: below 0.1 no shift, above 0.25 a
# major one.
#
# Behaviour: PSI takes bins of equal width from the least to the largest value of both sets, and puts the smallest
# number that a float can hold (2.2e-308) in place of an empty bin's share. Its logarithm is -708, so each value in a
# bin that the other set does not reach counts 0.7 by itself, two thousand times what it does with the share of half a
# value. One score of 1000 outside the others' range is a "major shift" three times over, and two samples of one
# distribution, whose tails seldom end in the same bin, have 1.4. Moving every third score has 0.02. The Hellinger
# distance of the same package does not have it. The docstring, whose example has an index of 134.95, does not speak of
# it, and nothing warns.
# Consequence: with the usual threshold an alarm of drift that never ends, or one that is set so high as to see nothing.
#
# Seen (PSI of the package, PSI with half a value in an empty bin, Hellinger distance):
#   the same scores: 0.00 0.00 0.00
#   one of 1000 scores is 2 instead of 1: 0.70 0.00 0.02
#   two samples of one normal distribution: 1.42 0.01 0.05
#   every third score a bin higher: 0.02 0.02 0.05
#
# Exits non-zero when that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check --no-compile frouros==0.9.0 numpy==2.1.3 \
    scipy==1.14.1 2>/dev/null
cat >"$folder/drift.py" <<'PY'
import numpy as np
from frouros.detectors.data_drift import PSI, HellingerDistance


def usual(first, second):
    edges = np.histogram_bin_edges(np.concatenate([first, second]), bins=10)
    shares = [np.maximum(np.histogram(values, edges)[0], 0.5) / len(values) for values in (first, second)]
    return float(np.sum((shares[1] - shares[0]) * np.log(shares[1] / shares[0])))


def distance(detector, first, second):
    detector.fit(X=first)
    return float(detector.compare(X=second)[0].distance)


scores = np.arange(1000) / 1000
outlier = np.append(scores[:-1], 2)
higher = np.where((np.arange(1000) % 3 == 0) & (scores < 0.9), scores + 0.1, scores)
draw = np.random.default_rng(0)
samples = draw.normal(0, 1, 1000), draw.normal(0, 1, 1000)
for name, first, second in (
    ("the same scores", scores, scores),
    ("one of 1000 scores is 2 instead of 1", scores, outlier),
    ("two samples of one normal distribution", *samples),
    ("every third score a bin higher", scores, higher),
):
    values = distance(PSI(), first, second), usual(first, second), distance(HellingerDistance(), first, second)
    print(f"{name}:", *(f"{value:.2f}" for value in values))
PY
"$folder/venv/bin/python" -W ignore "$folder/drift.py" 2>"$folder/err" | tee "$folder/out"
diff "$folder/out" - <<'SEEN'
the same scores: 0.00 0.00 0.00
one of 1000 scores is 2 instead of 1: 0.70 0.00 0.02
two samples of one normal distribution: 1.42 0.01 0.05
every third score a bin higher: 0.02 0.02 0.05
SEEN
