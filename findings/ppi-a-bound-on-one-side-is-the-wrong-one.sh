#!/usr/bin/env bash
# ppi-python 0.2.3 (prediction-powered inference: many grades of a judge corrected by a few of people) with numpy 2.4.6,
# scipy 1.17.1 and statsmodels 0.14.6, Python 3.11 or newer. People and a judge marked the same 200 answers as right or
# wrong, the judge marked 5000 more. How large is the share of right answers at least, with 95 % confidence?
#
# Behaviour: both functions take an alternative. For the mean by formula, ppi_mean_ci, "larger" means from a lower bound
# up, as in statsmodels, whose function it calls. But with the default, which lets it find the weight of the judge
# (lam=None), the function calls itself with the weight and without the alternative. So the interval is the two-sided
# one for each of the three alternatives, and only with a weight given it is not. The p-value of ppi_mean_pval has the
# side, so that the two of one report disagree. ppboot, the bootstrap of the package, gives for "larger" all values up
# to a bound, which is the opposite, and leaves out nothing above it: the bound is the largest of all samples. So it is
# no 95 % bound, and moves away with the number of samples. Nothing is raised and nothing warns.
# Consequence: whoever asks for a lower bound gets one for 97.5 % from one function, and none at all from the other.
#
# Seen (by ppi_mean_ci with the default weight, with weight 1, by ppboot with 200 and with 20000 samples):
#   two-sided: [0.578, 0.677] [0.574, 0.684] [0.577, 0.686] [0.576, 0.681]
#   larger: [0.578, 0.677] [0.583, inf] [-inf, 0.712] [-inf, 0.734]
#   smaller: [0.578, 0.677] [-inf, 0.675] [0.550, inf] [0.519, inf]
#   p for 0.58, two-sided, larger, smaller: 0.059 0.030 0.970
#
# Exits non-zero when that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check --no-compile ppi-python==0.2.3 numpy==2.4.6 \
    scipy==1.17.1 statsmodels==0.14.6 2>/dev/null
cat >"$folder/grades.py" <<'PY'
import numpy as np
from ppi_py import ppboot, ppi_mean_ci, ppi_mean_pval

numbers = np.random.default_rng(3)


def grades(size):
    people = (numbers.random(size) < 0.62).astype(float)
    return people, np.where(numbers.random(size) < 0.15, 1 - people, people)


(people, judge), (_, more) = grades(200), grades(5000)
given = (people, judge, more)


def text(bounds):
    return "[" + ", ".join(f"{np.ravel(bound)[0]:.3f}" for bound in bounds) + "]"


for side in ("two-sided", "larger", "smaller"):
    options = {"alpha": 0.05, "alternative": side}
    found = [ppi_mean_ci(*given, **options), ppi_mean_ci(*given, lam=1, **options)]
    for samples in (200, 20000):
        np.random.seed(1)
        found.append(ppboot(np.mean, *given, n_resamples=samples, **options))
    print(f"{side}:", *map(text, found))
p = [ppi_mean_pval(*given, null=0.58, alternative=side).item() for side in ("two-sided", "larger", "smaller")]
print("p for 0.58, two-sided, larger, smaller:", *(f"{value:.3f}" for value in p))
PY
"$folder/venv/bin/python" "$folder/grades.py" 2>"$folder/err" | tee "$folder/out"
diff "$folder/out" - <<'SEEN'
two-sided: [0.578, 0.677] [0.574, 0.684] [0.577, 0.686] [0.576, 0.681]
larger: [0.578, 0.677] [0.583, inf] [-inf, 0.712] [-inf, 0.734]
smaller: [0.578, 0.677] [-inf, 0.675] [0.550, inf] [0.519, inf]
p for 0.58, two-sided, larger, smaller: 0.059 0.030 0.970
SEEN
