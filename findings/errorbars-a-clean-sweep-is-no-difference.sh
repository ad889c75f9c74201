#!/usr/bin/env bash
# errorbars 0.2.4 (error bars and paired tests for evaluations of language models) with numpy 2.4.6, Python 3.11 or
# newer. Two models answer the same questions, an answer is right (1) or wrong (0).
#
# Behaviour: paired_compare divides the mean difference by its standard error. Where the standard error is 0 it takes
# the p-value for 1. That is right for two models without any difference, but the standard error is also 0 when one
# model wins every question by the same amount. So 19 wins out of 20 have p = 8e-14, and 20 out of 20 have p = 1. The
# confidence interval beside it is from 1 to 1 and McNemar's test, which the result also holds, says 2e-06. With
# clusters it takes less: one win in each pair of questions is enough, since the sums of the clusters are then equal.
# Differences of 0.1 escape, because their rounding leaves a standard error of 1e-17. The leaderboard uses the same
# p-value: it puts the model that is always right, and the one that never is, into one group of models that do not
# differ.
# Consequence: the clearest result there is, is reported as none, and a gate that asks for p < 0.05 rejects it.
#
# Seen (wins: mean difference, interval, p, p of McNemar):
#   19 of 20: 0.95 [0.85, 1.05] 8e-14 4e-06
#   20 of 20: 1.0 [1.0, 1.0] 1e+00 2e-06
#   one in each of 10 pairs, clustered by pair: 0.5 [0.5, 0.5] 1e+00 2e-03
#   each by 0.1: 0.1 [0.1, 0.1] below 1e-100 none
#   by scipy, exact sign test of 20 of 20: 2e-06
#   leaderboard of always right and never right: [['best', 'worst']]
#
# Exits non-zero when that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check --no-compile errorbars==0.2.4 numpy==2.4.6 \
    scipy==1.17.1 2>/dev/null
cat >"$folder/compare.py" <<'PY'
from errorbars.compare import paired_compare
from errorbars.io import EvalData
from errorbars.leaderboard import build_leaderboard
from scipy.stats import binomtest


def show(name, a, b, clusters=None):
    result = paired_compare(a, b, clusters=clusters)
    low, high, p = result.ci_low, result.ci_high, result.p_value
    if clusters:
        low, high, p = result.ci_low_clustered, result.ci_high_clustered, result.p_value_clustered
    exact = f"{result.mcnemar.p_value:.0e}" if result.mcnemar else "none"
    shown = "below 1e-100" if p < 1e-100 else f"{p:.0e}"
    print(f"{name}: {round(result.mean_diff, 3)} [{round(low, 2)}, {round(high, 2)}] {shown} {exact}")


show("19 of 20", [1] * 19 + [0], [0] * 20)
show("20 of 20", [1] * 20, [0] * 20)
show("one in each of 10 pairs, clustered by pair", [1, 0] * 10, [0, 0] * 10, [number // 2 for number in range(20)])
show("each by 0.1", [0.8, 0.6, 0.7] * 5, [0.7, 0.5, 0.6] * 5)
print(f"by scipy, exact sign test of 20 of 20: {binomtest(20, 20).pvalue:.0e}")
questions = [f"q{number}" for number in range(20)]
data = EvalData(questions * 2, ["best"] * 20 + ["worst"] * 20, [1.0] * 20 + [0.0] * 20)
print("leaderboard of always right and never right:", build_leaderboard(data).groups)
PY
"$folder/venv/bin/python" "$folder/compare.py" 2>"$folder/err" | tee "$folder/out"
diff "$folder/out" - <<'SEEN'
19 of 20: 0.95 [0.85, 1.05] 8e-14 4e-06
20 of 20: 1.0 [1.0, 1.0] 1e+00 2e-06
one in each of 10 pairs, clustered by pair: 0.5 [0.5, 0.5] 1e+00 2e-03
each by 0.1: 0.1 [0.1, 0.1] below 1e-100 none
by scipy, exact sign test of 20 of 20: 2e-06
leaderboard of always right and never right: [['best', 'worst']]
SEEN
