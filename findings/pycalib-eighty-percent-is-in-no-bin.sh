#!/usr/bin/env bash
# pycalib 0.1.0.dev6 (PyCalib, metrics of calibration) with numpy 2.3.3, scikit-learn 1.9.1 and statsmodels 0.14.6,
# Python 3.11 or newer. The expected calibration error puts answers into bins by confidence and adds up how far each
# bin's confidence is from how often it is right, weighted by how many answers it has. 100 answers of a judge, all with
# the same confidence, half of them right: the error is the confidence less 0.5, in any number of bins.
#
# Behaviour: the upper ends of the bins are made by adding up 1/15, the lower ends by taking 1/15 from the upper ones.
# For some bins the two do not meet: one ends just below 0.8, the next begins at 0.8 and does not hold it. A confidence
# of 0.8 is in no bin and counts as without error, while it still counts in the number of all answers; 0.4 is the other
# one. Of 12 bins 0.5 is left out, of 30 bins 0.2, 0.4 and 0.8, and of 25 bins 0.28 and 0.4, where 0.08 and 0.24 count
# twice. 10 and 20 bins hold all. ECE and MCE have the same bins, binary_ECE of the same package does not. No warning is
# given.
# Consequence: a model that says 80 % whatever it is asked is perfectly calibrated, and one that says so more often
# looks better. Language models give such round numbers.
#
# Seen (conf_ECE with 15 bins, with 10 bins, MCE, binary_ECE):
#   confidence 0.79: 0.29 0.29 0.29 0.29
#   confidence 0.8: 0.0 0.3 0.0 0.3
#   confidence 0.81: 0.31 0.31 0.31 0.31
#   half 0.8, half 0.9: 0.2 0.35 0.4 0.35
#   hundredths in no bin of 15: 0.4 0.8
#
# Exits non-zero when that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check --no-compile pycalib==0.1.0.dev6 numpy==2.3.3 \
    scikit-learn==1.9.1 statsmodels==0.14.6 2>/dev/null
cat >"$folder/judge.py" <<'PY'
import numpy as np
from pycalib.metrics import MCE, binary_ECE, conf_ECE


def show(name, confidences):
    said = np.repeat(confidences, 100 // len(confidences))
    right = np.arange(100) % 2
    both = np.column_stack([1 - said, said])
    values = conf_ECE(right, both), conf_ECE(right, both, bins=10), MCE(right, both), binary_ECE(right, said)
    print(f"{name}:", *(round(float(value), 3) for value in values))


for confidence in 0.79, 0.8, 0.81:
    show(f"confidence {confidence}", [confidence])
show("half 0.8, half 0.9", [0.8, 0.9])
hundredths = [place / 100 for place in range(101)]
# A two-class row needs its larger value, so the answer has confidence 0 in the second class and is never right.
lost = [each for each in hundredths[1:] if conf_ECE(np.ones(1, int), np.array([[each, 0.0]])) == 0]
print("hundredths in no bin of 15:", *lost)
PY
MPLCONFIGDIR="$folder" "$folder/venv/bin/python" -W ignore "$folder/judge.py" 2>"$folder/err" | tee "$folder/out" ||
    { tail -5 "$folder/err"; exit 1; }
diff "$folder/out" - <<'SEEN'
confidence 0.79: 0.29 0.29 0.29 0.29
confidence 0.8: 0.0 0.3 0.0 0.3
confidence 0.81: 0.31 0.31 0.31 0.31
half 0.8, half 0.9: 0.2 0.35 0.4 0.35
hundredths in no bin of 15: 0.4 0.8
SEEN
