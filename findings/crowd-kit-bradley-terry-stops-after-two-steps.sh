#!/usr/bin/env bash
# crowd-kit 1.4.2 (BradleyTerry) and choix 0.4.1 with numpy 2.4.6 and pandas 3.1.1, Python 3.11 or newer. Votes between
# the answers of four models: north won 6 of 10 against south, south 9 of 10 against east, east 30 of 40 against west.
# Bradley-Terry gives each model a strength so that the chance of a win is the share of the two strengths; north's has
# to be 1.5 times south's, south's nine times east's and east's three times west's (the chain has no other votes).
#
# Behaviour: the fit is iterative, with a largest number of steps (n_iter) and a tolerance (tol) for the difference of
# two steps. The variable for the last step is the same array as that for this one, so that their difference is always 0
# and the fit ends after the second step, whatever n_iter and tol are; loss_history_, which is documented to hold the
# losses, is empty. Only tol=0 turns the comparison off and gives the right strengths. The first step gives each model
# its share of wins, whoever they were against, and one more step does not undo that: south, which met the weak models,
# is above north, which won against it. That the result differs from another package's has been reported (issue 7 of
# dustalov/evalica) and was put down to another way to measure the difference. No warning is given.
# Consequence: rankings from votes with chosen pairs have another winner, and more votes or steps do not change that.
#
# Seen (strengths, adding up to 1):
#   n_iter=2: south 0.347, north 0.318, east 0.244, west 0.092
#   n_iter=10000: south 0.347, north 0.318, east 0.244, west 0.092
#   n_iter=10000, tol=1e-12: south 0.347, north 0.318, east 0.244, west 0.092
#   n_iter=10000, tol=0: north 0.566, south 0.378, east 0.042, west 0.014
#   choix: north 0.566, south 0.378, east 0.042, west 0.014
#   by the shares of wins: north 0.566, south 0.378, east 0.042, west 0.014
#
# Exits non-zero when that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check --no-compile crowd-kit==1.4.2 choix==0.4.1 \
    numpy==2.4.6 pandas==3.1.1 2>/dev/null
cat >"$folder/rank.py" <<'PY'
import choix
import numpy as np
import pandas as pd
from crowdkit.aggregation import BradleyTerry

MODELS = ["north", "south", "east", "west"]
WON = {("north", "south"): (6, 4), ("south", "east"): (9, 1), ("east", "west"): (30, 10)}
rows, pairs = [], []
for (left, right), (wins, losses) in WON.items():
    rows += [("judge", left, right, left)] * wins + [("judge", left, right, right)] * losses
    a, b = MODELS.index(left), MODELS.index(right)
    pairs += [(a, b)] * wins + [(b, a)] * losses
votes = pd.DataFrame(rows, columns=["worker", "left", "right", "label"])


def show(name, strengths):
    ordered = sorted(strengths.items(), key=lambda pair: -pair[1])
    total = sum(strengths.values())
    print(f"{name}: {', '.join(f'{model} {value / total:.3f}' for model, value in ordered)}")


for name, given in (("n_iter=2", {"n_iter": 2}), ("n_iter=10000", {"n_iter": 10000}),
                    ("n_iter=10000, tol=1e-12", {"n_iter": 10000, "tol": 1e-12}),
                    ("n_iter=10000, tol=0", {"n_iter": 10000, "tol": 0})):
    show(name, BradleyTerry(**given).fit_predict(votes).to_dict())
show("choix", dict(zip(MODELS, np.exp(choix.ilsr_pairwise(len(MODELS), pairs)))))
show("by the shares of wins", {"north": 1.5 * 9 * 3, "south": 9 * 3, "east": 3, "west": 1})
PY
HOME="$folder" "$folder/venv/bin/python" -W ignore "$folder/rank.py" 2>"$folder/err" | tee "$folder/out" ||
    { tail -5 "$folder/err"; exit 1; }
diff "$folder/out" - <<'SEEN'
n_iter=2: south 0.347, north 0.318, east 0.244, west 0.092
n_iter=10000: south 0.347, north 0.318, east 0.244, west 0.092
n_iter=10000, tol=1e-12: south 0.347, north 0.318, east 0.244, west 0.092
n_iter=10000, tol=0: north 0.566, south 0.378, east 0.042, west 0.014
choix: north 0.566, south 0.378, east 0.042, west 0.014
by the shares of wins: north 0.566, south 0.378, east 0.042, west 0.014
SEEN
