#!/usr/bin/env bash
# mlxtend 0.25.0 (its tests that compare models, mlxtend.evaluate) with scipy 1.17.1 and numpy 2.4.6, Python 3.11 or
# newer. Two models with their shares of right answers to 100 questions each.
#
# Behaviour: proportion_difference is documented to give the p-value of a test for a difference of two proportions. It
# gives the area below z: one side, and always the lower one. So a model with 90 right is no better than one with 70
# (p = 0.9999), and named in the other order the same two differ clearly (p = 0.0001), of which the two-sided value is
# twice as much. Equal shares have 0.5 instead of 1, and the larger a gain is, the larger is its p. No argument chooses
# a side, and nothing in the docstring says that there is one. permutation_test and mcnemar of the same package, which
# stand beside it in such a report, are two-sided unless they are told otherwise.
# Consequence: a gate that asks for p < 0.05 lets through what became worse, and never what became better.
#
# Seen (shares of the two: p of mlxtend, two-sided p of the same z):
#   0.9 against 0.7: 0.9999 0.0003
#   0.7 against 0.9: 0.0001 0.0003
#   0.82 against 0.8: 0.6408 0.7184
#   0.8 against 0.8: 0.5000 1.0000
#   permutation test of 0.9 against 0.7, and of 0.7 against 0.9, below 0.01: True True
#
# Exits non-zero when that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check --no-compile mlxtend==0.25.0 scipy==1.17.1 \
    numpy==2.4.6 2>/dev/null
cat >"$folder/compare.py" <<'PY'
from mlxtend.evaluate import permutation_test, proportion_difference
from scipy.stats import norm

for first, second in ((0.9, 0.7), (0.7, 0.9), (0.82, 0.8), (0.8, 0.8)):
    z, p = proportion_difference(first, second, n_1=100)
    print(f"{first} against {second}: {p:.4f} {2 * norm.sf(abs(z)):.4f}")
good, poor = [1] * 90 + [0] * 10, [1] * 70 + [0] * 30
both = [
    permutation_test(first, second, method="approximate", num_rounds=2000, seed=1) < 0.01
    for first, second in ((good, poor), (poor, good))
]
print("permutation test of 0.9 against 0.7, and of 0.7 against 0.9, below 0.01:", *both)
PY
"$folder/venv/bin/python" "$folder/compare.py" 2>"$folder/err" | tee "$folder/out"
diff "$folder/out" - <<'SEEN'
0.9 against 0.7: 0.9999 0.0003
0.7 against 0.9: 0.0001 0.0003
0.82 against 0.8: 0.6408 0.7184
0.8 against 0.8: 0.5000 1.0000
permutation test of 0.9 against 0.7, and of 0.7 against 0.9, below 0.01: True True
SEEN
