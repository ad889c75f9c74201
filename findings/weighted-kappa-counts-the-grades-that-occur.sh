#!/usr/bin/env bash
# scikit-learn 1.9.1 (cohen_kappa_score) and irrCAC 0.4.4 with pandas 2.3.3, Python 3.11 or newer. Two judges give
# grades from 1 to 5 for the same answers. Kappa with quadratic or linear weights counts how far apart two grades are;
# beside the packages' values stands the same formula with the distance of the grades themselves.
#
# Behaviour: scikit-learn takes for the distance of two grades how many of the grades that occur lie between them.
# When no judge gave a 3 or a 4, then 2 and 5 are neighbours, as are 1 and 2. So the same eight pairs have a kappa of
# 0.79, and of 0.95 when all five grades are named (labels=) or when somebody used them elsewhere. The docstring says
# that labels may select a subset, and nothing of the weights. irrCAC takes the grades themselves for its quadratic and
# linear weights, so that the two packages disagree; its ordinal weights count the grades that occur as well. Grades in
# words are sorted by the alphabet in both: fair, good, poor, so that "good" is nearer to "poor" than "fair" is. No
# warning is given.
# Consequence: the agreement of two judges by topic or by week rises and falls with the grades that happen to occur,
# and writing poor, fair, good instead of 1, 2, 3 takes away a third of it.
#
# Seen (quadratic, linear):
#   scikit-learn: 0.795 0.704
#   scikit-learn, all five grades named: 0.95 0.843
#   irrCAC: 0.95 0.843
#   by distance: 0.95 0.843
#   irrCAC, ordinal weights: 0.758, all five grades named: 0.924
#   grades 1, 2, 3: scikit-learn 0.727 0.586, irrCAC 0.727 0.586
#   the same as poor, fair, good: scikit-learn 0.415 0.429, irrCAC 0.415 0.429
#
# Exits non-zero when that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check --no-compile scikit-learn==1.9.1 irrCAC==0.4.4 \
    pandas==2.3.3 2>/dev/null
cat >"$folder/agree.py" <<'PY'
from statistics import fmean

import pandas as pd
from irrCAC.raw import CAC
from sklearn.metrics import cohen_kappa_score

first, second = [1, 1, 2, 2, 5, 5, 1, 2], [1, 2, 2, 2, 5, 5, 1, 1]


def irr(one, other, weights, categories=None):
    found = CAC(pd.DataFrame({"one": one, "other": other}), weights=weights, categories=categories).conger()
    return round(float(found["est"]["coefficient_value"]), 3)


def sk(one, other, weights, labels=None):
    return round(float(cohen_kappa_score(one, other, weights=weights, labels=labels)), 3)


def by_distance(one, other, power):
    seen = fmean(abs(a - b) ** power for a, b in zip(one, other, strict=True))
    return round(1 - seen / fmean(abs(a - b) ** power for a in one for b in other), 3)


both, five = ("quadratic", "linear"), [1, 2, 3, 4, 5]
print("scikit-learn:", *(sk(first, second, weights) for weights in both))
print("scikit-learn, all five grades named:", *(sk(first, second, weights, five) for weights in both))
print("irrCAC:", *(irr(first, second, weights) for weights in both))
print("by distance:", by_distance(first, second, 2), by_distance(first, second, 1))
part, whole = irr(first, second, "ordinal"), irr(first, second, "ordinal", five)
print(f"irrCAC, ordinal weights: {part}, all five grades named: {whole}")
numbers = [1, 1, 2, 3, 3, 2, 1, 3], [1, 2, 2, 3, 3, 3, 1, 2]
words = [[{1: "poor", 2: "fair", 3: "good"}[grade] for grade in grades] for grades in numbers]
for name, pair in (("grades 1, 2, 3", numbers), ("the same as poor, fair, good", words)):
    print(f"{name}: scikit-learn", *(sk(*pair, weights) for weights in both), end=", ")
    print("irrCAC", *(irr(*pair, weights) for weights in both))
PY
"$folder/venv/bin/python" -W ignore "$folder/agree.py" 2>"$folder/err" | tee "$folder/out"
diff "$folder/out" - <<'SEEN'
scikit-learn: 0.795 0.704
scikit-learn, all five grades named: 0.95 0.843
irrCAC: 0.95 0.843
by distance: 0.95 0.843
irrCAC, ordinal weights: 0.758, all five grades named: 0.924
grades 1, 2, 3: scikit-learn 0.727 0.586, irrCAC 0.727 0.586
the same as poor, fair, good: scikit-learn 0.415 0.429, irrCAC 0.415 0.429
SEEN
