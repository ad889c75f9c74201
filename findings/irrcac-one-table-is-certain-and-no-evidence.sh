#!/usr/bin/env bash
# irrCAC 0.4.4 (agreement of raters) with numpy 1.26.4, pandas 2.3.3 and scipy 1.12.0, Python 3.11. A judge and a
# person give 60 answers one of three grades. The package takes the 60 pairs (irrCAC.raw) or the table that counts them
# (irrCAC.table); the coefficients and, but for the last digits, the standard errors are the same.
#
# Behaviour: the p-value is two-sided in irrCAC.raw, but for Brennan-Prediger, which has half of it there. In
# irrCAC.table a coefficient below 0 is taken for 0 by Brennan-Prediger, Gwet, Krippendorff and Scott, so that p is 1,
# while Cohen's kappa beside them uses its absolute value. So where judge and person differ more than by chance the
# same 60 pairs are overwhelming evidence (p 0.0002) or none at all (p 1), by the form in which they are handed over
# and, in one form, by the name of the coefficient. None of it stands in the documentation of the methods. z is that of
# the coefficient in each case.
# Consequence: a judge that reads the scale the wrong way round, so that it disagrees systematically, goes unnoticed in
# a report made from tables. A weak agreement is significant at 0.05 with Brennan-Prediger from pairs, and with nothing
# else.
#
# Seen (coefficient, p from pairs, p from the table):
#   weak agreement
#     Brennan-Prediger 0.175 0.038 0.074
#     Gwet 0.175 0.077 0.074
#     Fleiss, Scott 0.175 0.077 0.074
#     Conger, Cohen 0.175 0.077 0.074
#   disagreement
#     Brennan-Prediger -0.275 0.000 1.000
#     Gwet -0.275 0.000 1.000
#     Fleiss, Scott -0.275 0.000 1.000
#     Conger, Cohen -0.275 0.000 0.000
#
# Exits non-zero when that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check --no-compile irrCAC==0.4.4 numpy==1.26.4 pandas==2.3.3 \
    scipy==1.12.0 2>/dev/null
cat >agree.py <<'PY'
from itertools import product

import numpy as np
import pandas as pd
from irrCAC.raw import CAC as FromPairs
from irrCAC.table import CAC as FromTable

names = {
    "Brennan-Prediger": ("bp", "bp"),
    "Gwet": ("gwet", "gwet"),
    "Fleiss, Scott": ("fleiss", "scott"),
    "Conger, Cohen": ("conger", "cohen"),
}


def show(name, counts):
    print(name)
    pairs = [(i, j) for i, j in product(range(3), repeat=2) for _ in range(counts[i][j])]
    both = FromPairs(pd.DataFrame(pairs, columns=["judge", "person"])), FromTable(pd.DataFrame(counts))
    for label, methods in names.items():
        found = [getattr(one, method)()["est"] for one, method in zip(both, methods, strict=True)]
        values = {round(float(one["coefficient_value"]), 3) for one in found}
        print(f"  {label}", *values, *(f"{np.ravel(one['p_value'])[0]:.3f}" for one in found))


show("weak agreement", [[9, 5, 6], [6, 9, 5], [5, 6, 9]])
show("disagreement", [[3, 9, 8], [8, 3, 9], [9, 8, 3]])
PY
venv/bin/python -W ignore agree.py 2>err | tee out || { tail -5 err; exit 1; }
diff out - <<'SEEN'
weak agreement
  Brennan-Prediger 0.175 0.038 0.074
  Gwet 0.175 0.077 0.074
  Fleiss, Scott 0.175 0.077 0.074
  Conger, Cohen 0.175 0.077 0.074
disagreement
  Brennan-Prediger -0.275 0.000 1.000
  Gwet -0.275 0.000 1.000
  Fleiss, Scott -0.275 0.000 1.000
  Conger, Cohen -0.275 0.000 0.000
SEEN
