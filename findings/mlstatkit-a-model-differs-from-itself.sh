#!/usr/bin/env bash
# mlstatkit 0.1.91 (DeLong's test for two areas under the ROC curve, and a permutation test) with numpy 2.4.6 and
# scikit-learn 1.9.1, Python 3.11 or newer. 200 verdicts of a judge with their confidence, of which about half are
# right. The second judge is the first one, once as it is, once with its confidence made smaller or squared, as a
# calibration does it: the order of the answers is the same, and so is the area.
#
# Behaviour: where the variance of the difference is 0, DeLong's formula has no value, and Delong_test draws samples
# instead. Each of them has a difference of 0. Its p-value is twice the smaller one of two shares: that of the
# differences at 0 or below, which is 1, and that of the differences above 0, which is 0. So p is 0, for two models that
# are one. Differences of 0 would have to count on both sides. The z of the same result is 0, and both areas are equal.
# One answer in another place is enough for DeLong's formula, and p is 0.3. Permutation_test of the package says 1. What
# the function returns names the method, if it is asked for areas and intervals as well; nothing warns.
# Consequence: "significantly different, p < 0.001" for a model and its calibrated version, or for two runs with the
# same answers from a cache; a gate that only looks at p stops each of them.
#
# Seen (second judge: z and p of Delong_test):
#   the same: 0.00 0.000
#   half as sure: 0.00 0.000
#   squared: 0.00 0.000
#   one answer moved to the top: 0.99 0.324
#   the same, by Permutation_test: 1.000
#
# Exits non-zero when that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check --no-compile mlstatkit==0.1.91 numpy==2.4.6 \
    scikit-learn==1.9.1 2>/dev/null
cat >"$folder/judges.py" <<'PY'
import numpy as np
from MLstatkit import Delong_test, Permutation_test

numbers = np.random.default_rng(7)
right = numbers.integers(0, 2, 200)
sure = right * 0.3 + numbers.random(200) * 0.7
moved = sure.copy()
moved[np.argsort(sure)[100]] = 1.0
for name, other in (
    ("the same", sure),
    ("half as sure", sure / 2),
    ("squared", sure**2),
    ("one answer moved to the top", moved),
):
    z, p = Delong_test(right, sure, other, return_ci=False, return_auc=False, random_state=1)
    print(f"{name}: {z:.2f} {p:.3f}")
both = Permutation_test(right, sure, sure, metric_str="roc_auc", n_bootstraps=200)
print(f"the same, by Permutation_test: {both[2]:.3f}")
PY
"$folder/venv/bin/python" "$folder/judges.py" 2>"$folder/err" | tee "$folder/out"
diff "$folder/out" - <<'SEEN'
the same: 0.00 0.000
half as sure: 0.00 0.000
squared: 0.00 0.000
one answer moved to the top: 0.99 0.324
the same, by Permutation_test: 1.000
SEEN
