#!/usr/bin/env bash
# evalkit-research 0.1.0 (evaluations of language models with intervals, tests and an audit of its own) with numpy
# 2.4.6, scipy 1.17.1 and scikit-learn 1.9.1, Python 3.11 or newer. Two models have scores for the same 200 answers. The
# rank-biserial correlation says how large a difference is: the ranks for one model less those for the other, divided by
# all of them, from -1 to 1.
#
# Behaviour: WilcoxonTest documents that effect size, in the range from -1 to 1, with 0.1 for a small, 0.3 for a medium
# and 0.5 for a large effect. It subtracts twice the statistic of the test, divided by n (n + 1), from 1. The statistic
# is the smaller sum of ranks, which is at most half of all of them, n (n + 1) / 4, so that the result is never below
# 0.5. Two models without any difference, whose p is 1, have a large effect. A model that is better on six of ten
# answers has 0.60 in place of 0.20, and whether a model is better or worse on all of them, it is 1 both times: the sign
# cannot be seen. The command "compare" and the package's server show that number beside p.
# Consequence: with many answers, where p is small for any difference, the effect that should tell a small one says that
# it is large.
#
# Seen (first model is better on: effect size and p of evalkit-research, effect size by the formula):
#   100 % of the answers: 1.00 p<0.001, 1.00
#   60 % of the answers: 0.60 p=0.014, 0.20
#   50 % of the answers: 0.50 p=1.000, 0.00
#   40 % of the answers: 0.61 p=0.009, -0.21
#   0 % of the answers: 1.00 p<0.001, -1.00
#
# Exits non-zero when that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check --no-compile evalkit-research==0.1.0 numpy==2.4.6 \
    scipy==1.17.1 scikit-learn==1.9.1 2>/dev/null
cat >effect.py <<'PY'
import numpy as np
from evalkit.metrics.comparison import WilcoxonTest
from scipy.stats import rankdata

sizes = np.repeat(np.arange(1, 41) / 128, 5)  # five answers for each size of a difference
for share in (100, 60, 50, 40, 0):
    better = np.tile(np.arange(5), 40) < share / 20
    if share == 50:
        sizes, better = np.repeat(np.arange(1, 51) / 128, 4), np.tile([True, True, False, False], 50)
    differences = np.where(better, sizes, -sizes)
    second = np.full(200, 0.5)
    found = WilcoxonTest().test((second + differences).tolist(), second.tolist())
    ranks = rankdata(sizes)
    formula = (ranks[better].sum() - ranks[~better].sum()) / ranks.sum()
    p = "p<0.001" if found.p_value < 0.001 else f"p={found.p_value:.3f}"
    print(f"{share} % of the answers: {found.effect_size:.2f} {p}, {formula:.2f}")
PY
venv/bin/python effect.py 2>err | tee out || { tail -5 err; exit 1; }
diff out - <<'SEEN'
100 % of the answers: 1.00 p<0.001, 1.00
60 % of the answers: 0.60 p=0.014, 0.20
50 % of the answers: 0.50 p=1.000, 0.00
40 % of the answers: 0.61 p=0.009, -0.21
0 % of the answers: 1.00 p<0.001, -1.00
SEEN
