#!/usr/bin/env bash
# autorank 1.3.0 (picks and reports the test for a comparison of models on the same tasks) with numpy 2.4.6 and pandas
# 3.1.1, Python 3.11 or newer. Two models answer the same 60 questions, an answer is right (1) or wrong (0): 54 right
# ones against 36. Then marks from 1 to 5, of two models that differ by nothing but chance.
#
# Behaviour: for two populations that are not normal, autorank takes Wilcoxon's test with one side: it asks whether the
# one with the larger median is the greater. Where both medians are equal, as for nearly all answers that are right or
# wrong and for most marks, that is the one whose column comes first. So the order of the columns decides: with the
# better model first p is below 0.001, with the worse first above 0.999. The report turns it round once more: it looks
# for the larger median among the rows, which stand in the order of the mean ranks, and writes that the worse model is
# "significantly larger" than the better. The parameter "order" changes neither. As the side is chosen from the data
# that is then tested, two models without any difference differ in nearly one of ten comparisons at alpha=0.05. The
# documentation names the test and says nothing of a side or of how it is chosen; only the output with verbose=True and
# the wording of the report ("is not greater than") have it.
# Consequence: a significant win of the wrong model, or none, by the order in which two results were loaded.
#
# Seen (first column: p):
#   good: 0.0001
#   bad: 0.9999
#   the report with good first: the median of bad is significantly larger than the median value of good
#   by scipy, both sides: 0.0002
#   marks without a difference, significant at 0.05: 96 of 1000 (by scipy, both sides: 47)
#
# Exits non-zero when that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check --no-compile autorank==1.3.0 numpy==2.4.6 \
    pandas==3.1.1 scipy==1.17.1 2>/dev/null
cat >"$folder/rank.py" <<'PY'
import contextlib
import io

import numpy as np
import pandas as pd
from autorank import autorank, create_report
from scipy.stats import wilcoxon

numbers = np.random.default_rng(3)
good = np.array([1.0] * 54 + [0.0] * 6)
bad = numbers.permutation([1.0] * 36 + [0.0] * 24)
answers = pd.DataFrame({"good": good, "bad": bad})


def quietly(call, *given, **options):
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        result = call(*given, **options)
    return result, said.getvalue()


results = {}
for columns in (["good", "bad"], ["bad", "good"]):
    results[columns[0]], _ = quietly(autorank, answers[columns], alpha=0.05)
for first, result in results.items():
    print(f"{first}: {result.pvalue:.4f}")
_, report = quietly(create_report, results["good"])
claim = report.split("we assume that ")[-1].split(" with a ")[0]
print("the report with good first:", claim)
print(f"by scipy, both sides: {wilcoxon(good, bad).pvalue:.4f}")
ours = theirs = 0
for _ in range(1000):
    marks = pd.DataFrame(numbers.integers(1, 6, (40, 2)), columns=["first", "second"]).astype(float)
    ours += quietly(autorank, marks, alpha=0.05)[0].pvalue < 0.05
    theirs += wilcoxon(marks["first"], marks["second"]).pvalue < 0.05
print(f"marks without a difference, significant at 0.05: {ours} of 1000 (by scipy, both sides: {theirs})")
PY
MPLCONFIGDIR="$folder" "$folder/venv/bin/python" -W ignore "$folder/rank.py" 2>"$folder/err" | tee "$folder/out" ||
    { tail -5 "$folder/err"; exit 1; }
diff "$folder/out" - <<'SEEN'
good: 0.0001
bad: 0.9999
the report with good first: the median of bad is significantly larger than the median value of good
by scipy, both sides: 0.0002
marks without a difference, significant at 0.05: 96 of 1000 (by scipy, both sides: 47)
SEEN
