#!/usr/bin/env bash
# statsmodels 0.15.0 (aggregate_raters and fleiss_kappa) beside krippendorff 0.9.0, numpy 2.4.6, Python 3.11 or newer. Four
# raters, each item is rated by two of them, as labelling is often split. The raters always agree. NaN stands where nobody
# rated.
#
# Behaviour: aggregate_raters takes NaN for one more category, without a warning: those who were absent "agree" with each
# other and "disagree" with those who rated. The result of these raters is a kappa below chance, where Krippendorff's alpha
# is 1. A single missing rating among fifteen equal ones costs a quarter. fleiss_kappa asserts that all items have the same
# number of ratings, which would stop a table of real counts with a gap, but the counted NaN make up the number, so the
# assertion holds. The documentation of its neighbour to_table says that it does not handle NaN, that of aggregate_raters
# does not, and dropping the rows with NaN would leave none here.
# Consequence: labels of people who agree look worthless, and are thrown away or made again.
#
# Seen:
#   two of four rate each item, always alike: kappa -0.067 alpha 1.0
#   one rating of fifteen is missing: kappa 0.758 alpha 1.0
#   the table of real counts: AssertionError
#
# Exits non-zero when that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check statsmodels==0.15.0 krippendorff==0.9.0 numpy==2.4.6 2>/dev/null
cat >"$folder/agree.py" <<'PY'
import warnings

import krippendorff
import numpy as np
from statsmodels.stats.inter_rater import aggregate_raters, fleiss_kappa

warnings.simplefilter("error")
no = np.nan
split = [[1, 1, no, no], [0, 0, no, no], [no, no, 1, 1], [no, no, 0, 0]] * 5
once = [[1, 1, 1], [0, 0, 0], [1, 1, no], [0, 0, 0], [1, 1, 1]]
for name, ratings in (("two of four rate each item, always alike", split), ("one rating of fifteen is missing", once)):
    counts, _ = aggregate_raters(ratings)
    alpha = krippendorff.alpha(reliability_data=np.transpose(ratings), level_of_measurement="nominal")
    print(f"{name}: kappa {fleiss_kappa(counts):.3f} alpha {alpha:.1f}")
try:
    print("the table of real counts:", fleiss_kappa([[0, 3], [3, 0], [0, 2], [3, 0], [0, 3]]))
except AssertionError as error:
    print("the table of real counts:", type(error).__name__)
PY
"$folder/venv/bin/python" "$folder/agree.py" 2>/dev/null | tee "$folder/out"
diff "$folder/out" - <<'SEEN'
two of four rate each item, always alike: kappa -0.067 alpha 1.0
one rating of fifteen is missing: kappa 0.758 alpha 1.0
the table of real counts: AssertionError
SEEN
