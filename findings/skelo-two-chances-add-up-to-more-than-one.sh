#!/usr/bin/env bash
# skelo 0.1.5 (rating systems with the interface of scikit-learn) with glicko2 2.1.0, numpy 1.26.4, pandas 2.3.3 and
# scikit-learn 1.9.1, Python 3.11. Models with a Glicko-2 rating and a deviation. Beside skelo's chance of a win stands
# the one that Glicko defines, to which the docstring refers: the difference of the ratings is weighted down by g(RD),
# where RD is the root of the sum of both squared deviations.
#
# Behaviour: skelo takes g of the first model's deviation alone, hands it over in rating points where glicko2 expects
# its own unit (a 174th of that), and multiplies by RD, which should have gone into g. So the more uncertain the
# opponent is, the surer is the prediction. With equal deviations they cancel out, whatever they are, and the chance is
# that of a difference two and a half times as large. With unequal ones it matters who is named first: the chances of
# the two to beat each other add up to more or less than 1, while predict_proba of the estimator gives the second as 1
# minus the first. All are between 0 and 1 and nothing warns.
# Consequence: the log loss and the calibration of a Glicko rating come out far worse than they are, and a newcomer
# with one battle is certain to lose or an even match, by the column that it stands in.
#
# Seen (skelo, Glicko):
#   1600 against 1500, both known: 0.814 0.637
#   1600 against 1500, both unknown: 0.814 0.577
#   1600 known against 1500 unknown: 0.999 0.595
#   1500 unknown against 1600 known: 0.258 0.405
#   the last two added up: 1.258 1.000
#   battles of a fitted pair, 60 of 100 won: 0.744 0.599
#
# Exits non-zero when that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check --no-compile skelo==0.1.5 glicko2==2.1.0 numpy==1.26.4 \
    pandas==2.3.3 scikit-learn==1.9.1 2>/dev/null
cat >chance.py <<'PY'
from math import hypot, pi, sqrt

import pandas as pd
from skelo.model.glicko2 import Glicko2Estimator, Glicko2Model


def glicko(first, second):
    unit = 173.7178
    weight = 1 / sqrt(1 + 3 * (hypot(first[1], second[1]) / unit) ** 2 / pi**2)
    return 1 / (1 + 10 ** (-weight * (first[0] - second[0]) / 400))


def show(name, *chances):
    print(f"{name}:", *(f"{chance:.3f}" for chance in chances))


models = {"high, known": (1600, 50), "low, known": (1500, 50)}
models |= {"high, unknown": (1600, 350), "low, unknown": (1500, 350)}
system = Glicko2Model()
for name, (rating, deviation) in models.items():
    system.add(name, (rating, deviation, 0.06))


def both(first, second):
    return system.predict_proba(first, second), glicko(models[first], models[second])


show("1600 against 1500, both known", *both("high, known", "low, known"))
show("1600 against 1500, both unknown", *both("high, unknown", "low, unknown"))
forth, back = both("high, known", "low, unknown"), both("low, unknown", "high, known")
show("1600 known against 1500 unknown", *forth)
show("1500 unknown against 1600 known", *back)
show("the last two added up", *(one + other for one, other in zip(forth, back, strict=True)))

battles = pd.DataFrame({"first": "a", "second": "b", "day": range(100)})
won = [day % 5 in (0, 2, 4) for day in range(100)]
fitted = Glicko2Estimator(key1_field="first", key2_field="second", timestamp_field="day").fit(battles, won)
ratings = [fitted.rating_model.get(name)["rating"] for name in "ab"]
last = pd.DataFrame({"first": ["a"], "second": ["b"], "day": [100]})
show("battles of a fitted pair, 60 of 100 won", fitted.predict_proba(last)["pr1"].iloc[0], glicko(*ratings))
PY
venv/bin/python -W ignore chance.py 2>err | tee out || { tail -5 err; exit 1; }
diff out - <<'SEEN'
1600 against 1500, both known: 0.814 0.637
1600 against 1500, both unknown: 0.814 0.577
1600 known against 1500 unknown: 0.999 0.595
1500 unknown against 1600 known: 0.258 0.405
the last two added up: 1.258 1.000
battles of a fitted pair, 60 of 100 won: 0.744 0.599
SEEN
