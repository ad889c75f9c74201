#!/usr/bin/env bash
# baycomp 1.0.3 (Bayesian tests that compare two models) with numpy 2.4.6 and scipy 1.17.1, Python 3.11 or newer. Two
# models answer the same questions, an answer is right (1) or wrong (0). On 50 questions they differ, of which the
# second one has 30. On the others both are right or both are wrong.
#
# Behaviour: the sign test draws shares for "first is better", "equal" and "second is better". Without a region of
# equivalence SignTest.probs gives the chances of the first and of the second to be better. To find them, it counts in
# which draws each has the largest of the three shares, and leaves out those in which "equal" has it. So the draws that
# count are the ones in which a model is better by so much that it beats the ties. The more the models agree, the more
# certain it is which one is better: 30 against 20 has 92 %, with 40 ties 98 %, and with 50 of them 99 %. With 200 ties
# no draw is left, and both are nan. The shares of the same draws, compared with each other, do not change with the
# ties. The warning of NumPy for nan is the only one.
# Consequence: two models that give the same answer to half of the questions are told apart with certainty by a few.
#
# Seen (ties: chance of the second one by SignTest.probs, by the same draws without the ties):
#   0: 0.92 0.92
#   20: 0.93 0.92
#   30: 0.96 0.92
#   40: 0.98 0.92
#   50: 0.99 0.92
#   200: nan 0.92
#
# Exits non-zero when that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check --no-compile baycomp==1.0.3 numpy==2.4.6 \
    scipy==1.17.1 2>/dev/null
cat >sign.py <<'PY'
import numpy as np
from baycomp import SignTest

for ties in (0, 20, 30, 40, 50, 200):
    first = np.array([0] * 30 + [1] * 20 + [1] * ties)
    second = np.array([1] * 30 + [0] * 20 + [1] * ties)
    chances = SignTest.probs(first, second, random_state=1)
    draws = SignTest(first, second, random_state=1).sample
    print(f"{ties}: {chances[1]:.2f} {(draws[:, 2] > draws[:, 0]).mean():.2f}")
PY
venv/bin/python -W ignore sign.py 2>err | tee out || { tail -5 err; exit 1; }
diff out - <<'SEEN'
0: 0.92 0.92
20: 0.93 0.92
30: 0.96 0.92
40: 0.98 0.92
50: 0.99 0.92
200: nan 0.92
SEEN
