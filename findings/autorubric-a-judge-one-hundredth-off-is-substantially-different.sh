#!/usr/bin/env bash
# autorubric 1.6.1 (evaluations by rubrics, and metrics that compare a judge with people) with numpy 2.4.6, scipy 1.17.1
# and statsmodels 0.14.6, Python 3.11 or newer. Only its metrics of distributions are called; no model is asked.
#
# Behaviour: earth_movers_distance puts both sets of marks on a scale from 0 to 1 first, as the parameter normalize
# says, and takes the least and the largest mark that occur for its ends, in place of the scale's. So marks from 0.90
# to 0.95, of which the judge gives 0.01 more, are "substantial differences"; with one more answer that both mark 0
# they are "very similar". The example in its docstring has 0.1 for the first line below. systematic_bias with
# paired=False takes the degrees of freedom from the number of the first set alone: the interval says "perhaps none"
# where p in the same result says "significant", and named in the other order it does not. ks_test of one set asks
# whether it is normal, with the mean and the width of the set itself, and looks p up as if they were known before: of
# 1000 sets of 25 from an exponential distribution it finds 10 % not to be normal, and the test for this case
# (Lilliefors) 7 of 10.
# Consequence: the words for how far a judge is from people say how narrow the marks are.
#
# Seen:
#   marks of the docstring's example: 0.333 substantial differences, by scipy 0.100
#   judge 0.01 above people: 0.200 substantial differences, by scipy 0.010
#   the same and one answer with 0 by both: 0.010 very similar, by scipy 0.010
#   6 marks against 200: p 0.008, interval [-0.014, 0.228], by scipy [0.028, 0.185]
#   200 marks against 6: p 0.008, interval [-0.193, -0.021], by scipy [-0.185, -0.028]
#   exponential, not normal: 0.1 of the sets, by Lilliefors 0.7
#
# Exits non-zero when that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check --no-compile autorubric==1.6.1 numpy==2.4.6 scipy==1.17.1 \
    statsmodels==0.14.6 2>/dev/null
cat >distance.py <<'PY'
import numpy as np
from autorubric.metrics import earth_movers_distance, ks_test, systematic_bias
from scipy.stats import ttest_ind, wasserstein_distance
from statsmodels.stats.diagnostic import lilliefors


def distance(name, judge, people):
    found = earth_movers_distance(judge, people)
    print(f"{name}: {found.emd:.3f} {found.interpretation}, by scipy {wasserstein_distance(judge, people):.3f}")


distance("marks of the docstring's example", [0.8, 0.7, 0.9], [0.7, 0.6, 0.8])
people = [0.90, 0.91, 0.92, 0.93, 0.94] * 8
judge = [mark + 0.01 for mark in people]
distance("judge 0.01 above people", judge, people)
distance("the same and one answer with 0 by both", [*judge, 0.0], [*people, 0.0])

draw = np.random.RandomState(4)
many = draw.normal(0.5, 0.1, 200)
few = draw.normal(0.6, 0.1, 6)
for first, second in ((few, many), (many, few)):
    bias = systematic_bias(first, second, paired=False)
    right = ttest_ind(first, second).confidence_interval()
    name = f"{len(first)} marks against {len(second)}"
    print(f"{name}: p {bias.p_value:.3f}, interval [{bias.ci.lower:.3f}, {bias.ci.upper:.3f}], by scipy ", end="")
    print(f"[{right.low:.3f}, {right.high:.3f}]")
sets = draw.exponential(1, (1000, 25))
by_package = np.mean([ks_test(each).is_significant for each in sets])
by_lilliefors = np.mean([lilliefors(each)[1] < 0.05 for each in sets])
print(f"exponential, not normal: {by_package:.1f} of the sets, by Lilliefors {by_lilliefors:.1f}")
PY
LITELLM_LOCAL_MODEL_COST_MAP=True venv/bin/python -W ignore distance.py 2>err | tee out || { tail -5 err; exit 1; }
diff out - <<'SEEN'
marks of the docstring's example: 0.333 substantial differences, by scipy 0.100
judge 0.01 above people: 0.200 substantial differences, by scipy 0.010
the same and one answer with 0 by both: 0.010 very similar, by scipy 0.010
6 marks against 200: p 0.008, interval [-0.014, 0.228], by scipy [0.028, 0.185]
200 marks against 6: p 0.008, interval [-0.193, -0.021], by scipy [-0.185, -0.028]
exponential, not normal: 0.1 of the sets, by Lilliefors 0.7
SEEN
