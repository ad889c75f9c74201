#!/usr/bin/env bash
# arize-phoenix-evals 3.9.4 (PrecisionRecallFScore as it comes) beside scikit-learn 1.9.1, Python 3.11 or newer. A guard
# marks answers as harmful (1) or not (0); people say what they are. Each batch is a day of a hundred answers.
#
# Behaviour: where both labels occur, the class 1 is measured. Where only 0 occurs, on a day on which nothing was
# harmful and nothing was marked, the class 0 is, and precision, recall and F1 are 1. One harmful answer that is missed,
# or one that is marked for nothing, makes all three 0. So which class a number is about depends on what happened to be
# in the batch, and zero_division, which says what an undefined value is, is not asked. Labels of the same data as texts
# ("0", "1") are always averaged over both classes: a guard that never marks anything has 0.49 there. The name of the
# score is the same in each case. f1_score of scikit-learn gives the class 1 throughout, and zero_division where it is
# undefined.
# Consequence: the mean over days of a guard that never marks anything is the share of days without harm.
#
# Seen (harmful, marked, both: precision and f1 of phoenix, f1 of scikit-learn with zero_division 0):
#   0 0 0: 1.000 1.000 0.000
#   1 0 0: 0.000 0.000 0.000
#   0 1 0: 0.000 0.000 0.000
#   2 1 1: 1.000 0.667 0.667
#   2 1 1 as texts: 0.995 0.831 0.667
#   2 0 0 as texts: 0.490 0.495 0.000
#   mean f1 of ten days, a harmful answer on two of them, never marked: 0.800 0.000
#
# Exits non-zero when that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check --no-compile arize-phoenix-evals==3.9.4 \
    scikit-learn==1.9.1 2>/dev/null
cat >"$folder/guard.py" <<'PY'
from phoenix.evals.metrics import PrecisionRecallFScore
from sklearn.metrics import f1_score

measure = PrecisionRecallFScore()


def day(harmful, marked, both, kind=int):
    expected = [1] * harmful + [0] * (100 - harmful)
    output = [1] * both + [0] * (harmful - both) + [1] * (marked - both)
    output += [0] * (100 - len(output))
    given = {"expected": [kind(label) for label in expected], "output": [kind(label) for label in output]}
    scores = {score.name: score.score for score in measure.evaluate(given)}
    return scores["precision"], scores["f1"], f1_score(expected, output, zero_division=0)


def show(name, values):
    print(f"{name}:", *(f"{value:.3f}" for value in values))


for counts in ((0, 0, 0), (1, 0, 0), (0, 1, 0), (2, 1, 1)):
    show(" ".join(map(str, counts)), day(*counts))
for counts in ((2, 1, 1), (2, 0, 0)):
    show(" ".join(map(str, counts)) + " as texts", day(*counts, kind=str))
days = [day(1, 0, 0)] * 2 + [day(0, 0, 0)] * 8
means = [sum(values) / len(days) for values in zip(*days, strict=True)]
show("mean f1 of ten days, a harmful answer on two of them, never marked", means[1:])
PY
"$folder/venv/bin/python" -W ignore "$folder/guard.py" 2>"$folder/err" | tee "$folder/out"
diff "$folder/out" - <<'SEEN'
0 0 0: 1.000 1.000 0.000
1 0 0: 0.000 0.000 0.000
0 1 0: 0.000 0.000 0.000
2 1 1: 1.000 0.667 0.667
2 1 1 as texts: 0.995 0.831 0.667
2 0 0 as texts: 0.490 0.495 0.000
mean f1 of ten days, a harmful answer on two of them, never marked: 0.800 0.000
SEEN
