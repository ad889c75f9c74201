#!/usr/bin/env bash
# deepsig 1.2.8 (deep-significance, tests for comparing models) with numpy 1.26.4 and statsmodels 0.14.6, Python 3.11 or
# 3.12. A model is compared with three others, and the three p-values are corrected, as several comparisons need it. And
# a model that is better by 0.02 on each of 40 questions is tested, whose scores lie anywhere between 0 and 1.
#
# Behaviour: bonferroni_correction sorts the p-values, corrects them and puts them back with the order that sorted them
# in place of its inverse. Sorted lists and lists where two changed places come out right; the others come out on other
# tests. Of 0.2, 0.001 and 0.03 the clearest difference is corrected to 0.2 and lost, and 0.03 becomes 0.003. No value
# is above 1 or strange, and nothing warns. (What it computes is the procedure of Dror et al. 2017, (N - u + 1) times
# the u-th smallest; their order is not a part of it. Corrected by statsmodels the same values stay where they are.)
# bootstrap_test is documented as the paired test, and draws the scores of both models separately, so that the pairs are
# gone. Drawn in pairs, the difference is 0.02 in each sample, and the p-value is 0. The package's own permutation_test
# keeps the pairs.
# Consequence: which of several models is reported as better than the baseline is decided by the order of the list, and
# a small, steady gain is not found.
#
# Seen:
#   deepsig 0.2 0.001 0.03: 0.06 0.2 0.003
#   deepsig 0.001 0.03 0.2: 0.003 0.06 0.2
#   by the formula 0.2 0.001 0.03: 0.2 0.003 0.06
#   statsmodels, Bonferroni 0.2 0.001 0.03: 0.6 0.003 0.09
#   better on each of 40 questions: bootstrap_test 0.37, drawn in pairs 0.0, permutation_test 0.001
#
# Exits non-zero when that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check --no-compile deepsig==1.2.8 numpy==1.26.4 \
    statsmodels==0.14.6 2>/dev/null
cat >"$folder/correct.py" <<'PY'
import numpy as np
from deepsig import bonferroni_correction, bootstrap_test, permutation_test
from statsmodels.stats.multitest import multipletests


def show(name, given, values):
    print(f"{name} {' '.join(map(str, given))}: {' '.join(str(round(float(value), 4)) for value in values)}")


mixed, ordered = [0.2, 0.001, 0.03], [0.001, 0.03, 0.2]
for values in mixed, ordered:
    show("deepsig", values, bonferroni_correction(np.array(values)))
show("by the formula", mixed, [(len(mixed) - sorted(mixed).index(p)) * p for p in mixed])
show("statsmodels, Bonferroni", mixed, multipletests(mixed, method="bonferroni")[1])
other = np.linspace(0, 0.95, 40)
better = other + 0.02
drawn = np.random.default_rng(1).integers(0, 40, (1000, 40))
pairs = (better - other)[drawn].mean(axis=1) >= 2 * 0.02
print(f"better on each of 40 questions: bootstrap_test {round(bootstrap_test(better, other, seed=1), 2)}, "
      f"drawn in pairs {pairs.mean()}, permutation_test {round(permutation_test(better, other, seed=1), 3)}")
PY
MPLCONFIGDIR="$folder" "$folder/venv/bin/python" -W ignore "$folder/correct.py" 2>"$folder/err" | tee "$folder/out" ||
    { tail -5 "$folder/err"; exit 1; }
diff "$folder/out" - <<'SEEN'
deepsig 0.2 0.001 0.03: 0.06 0.2 0.003
deepsig 0.001 0.03 0.2: 0.003 0.06 0.2
by the formula 0.2 0.001 0.03: 0.2 0.003 0.06
statsmodels, Bonferroni 0.2 0.001 0.03: 0.6 0.003 0.09
better on each of 40 questions: bootstrap_test 0.37, drawn in pairs 0.0, permutation_test 0.001
SEEN
