#!/usr/bin/env bash
# pingouin 0.7.0 (statistics of ratings) with pandas 2.3.3 and numpy 2.4.6, Python 3.11 or newer. Cronbach's alpha
# says how far several raters measure the same thing, and is at most 1. A judge marked 40 answers, people marked 5 of
# them.
#
# Behaviour: with nan_policy="listwise" cronbach_alpha leaves out the answers that not everybody marked, and takes the
# interval's degrees of freedom from the number of all of them. So 35 answers that were not used make the interval
# narrow: with the five that were used alone, alpha is the same and the interval seven times as wide. With "pairwise",
# the default, the variance of each rater comes from all that it marked and the covariance from what both marked, so
# that alpha may be above 1, though the docstring says that it ends there; the lower end of its interval is then above
# the upper one. Neither is warned of.
# Consequence: a few marks by people beside many by a judge, the usual case, give a reliability that is certain on
# paper.
#
# Seen (alpha, interval):
#   listwise, 40 answers: 0.933 [0.874, 0.965]
#   the five that both marked: 0.933 [0.36, 0.993]
#   pairwise, 40 answers: 1.319 [1.603, 1.169]
#   by the formula, five answers: 0.933 [0.36, 0.993]
#
# Exits non-zero when that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check --no-compile pingouin==0.7.0 pandas==2.3.3 \
    numpy==2.4.6 2>/dev/null
cat >"$folder/agree.py" <<'PY'
import numpy as np
import pandas as pd
import pingouin
from scipy.stats import f

judge = [1, 5, 2, 4, 3] + [3] * 30 + [2, 4, 3, 3, 3]
people = [2, 5, 2, 3, 3] + [np.nan] * 35
marks = pd.DataFrame({"judge": judge, "people": people}).astype(float)


def show(name, alpha, interval):
    print(f"{name}: {round(float(alpha), 3)} [{', '.join(str(round(float(end), 3)) for end in interval)}]")


show("listwise, 40 answers", *pingouin.cronbach_alpha(marks, nan_policy="listwise"))
show("the five that both marked", *pingouin.cronbach_alpha(marks.dropna()))
show("pairwise, 40 answers", *pingouin.cronbach_alpha(marks))
both = marks.dropna().to_numpy()
count, raters = both.shape
alpha = raters / (raters - 1) * (1 - both.var(axis=0, ddof=1).sum() / both.sum(axis=1).var(ddof=1))
ends = [1 - (1 - alpha) * f.ppf(at, count - 1, (count - 1) * (raters - 1)) for at in (0.975, 0.025)]
show("by the formula, five answers", alpha, ends)
PY
MPLCONFIGDIR="$folder" "$folder/venv/bin/python" -W ignore "$folder/agree.py" 2>"$folder/err" | tee "$folder/out"
diff "$folder/out" - <<'SEEN'
listwise, 40 answers: 0.933 [0.874, 0.965]
the five that both marked: 0.933 [0.36, 0.993]
pairwise, 40 answers: 1.319 [1.603, 1.169]
by the formula, five answers: 0.933 [0.36, 0.993]
SEEN
