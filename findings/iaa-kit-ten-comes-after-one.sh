#!/usr/bin/env bash
# iaa-kit 0.1.2 (agreement of raters for review and labelling) with numpy 2.4.6, Python 3.11 or newer. A person and a
# judge give marks to the same answers. Beside it are the formulas of weighted kappa and of Gwet's AC2.
#
# Behaviour: weighted_kappa puts the marks in the order of their texts. With marks from 1 to 10 that is 1, 10, 2, 3: a
# 9 for a 10 is eight steps, and a 1 for a 10 is one. A judge that takes ten for one agrees better than one that is a
# mark too low. The package's command reports this kappa as well. ac2 is that weighted kappa under another name: two
# judges who give a 5 to nine answers in ten and seldom differ have less than nothing, the very case that AC2 was made
# for. alpha_value takes the scale "ordinal" and computes "interval". Its page names weighted kappa and Gwet's AC2;
# the functions have no docstrings, and nothing warns.
# Consequence: the worse judge is chosen, or a good one is thrown away, by measures with well-known names.
#
# Seen:
#   kappa with linear weights, 9 for 10: iaa-kit 0.763, by the formula 0.969
#   kappa with linear weights, 1 for 10: iaa-kit 0.970, by the formula 0.727
#   AC2 with linear weights, nearly all a 5: iaa-kit -0.053, by the formula 0.973
#   alpha, marks 1, 2 and 100: ordinal 0.589, interval 0.589
#
# Exits non-zero when that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check --no-compile iaa-kit==0.1.2 numpy==2.4.6 2>/dev/null
cat >"$folder/agree.py" <<'PY'
import numpy as np
from iaa_kit.cohen import weighted_kappa
from iaa_kit.gwet import ac2
from iaa_kit.krippendorff import alpha_value


def shares(first, second, grades):
    table = np.zeros((grades, grades))
    np.add.at(table, (np.array(first) - 1, np.array(second) - 1), 1 / len(first))
    at = np.arange(grades)
    return table, 1 - abs(at[:, None] - at) / (grades - 1)


def kappa(first, second, grades):
    table, weights = shares(first, second, grades)
    chance = (weights * np.outer(table.sum(1), table.sum(0))).sum()
    return ((weights * table).sum() - chance) / (1 - chance)


def gwet(first, second, grades):
    table, weights = shares(first, second, grades)
    share = (table.sum(0) + table.sum(1)) / 2
    chance = weights.sum() / grades / (grades - 1) * (share * (1 - share)).sum()
    return ((weights * table).sum() - chance) / (1 - chance)


def show(name, ours, formula):
    print(f"{name}: iaa-kit {ours:.3f}, by the formula {formula:.3f}")


people = list(range(1, 11)) * 4
for taken in (9, 1):
    judge = [taken if mark == 10 else mark for mark in people]
    show(f"kappa with linear weights, {taken} for 10", weighted_kappa(people, judge), kappa(people, judge, 10))
first, second = [5] * 18 + [4, 5], [5] * 18 + [5, 4]
show("AC2 with linear weights, nearly all a 5", ac2(first, second), gwet(first, second, 5))
marks = [[1, 1], [2, 2], [100, 100], [1, 2], [2, 1], [1, 100]]
alphas = (f"{scale} {alpha_value(marks, scale):.3f}" for scale in ("ordinal", "interval"))
print("alpha, marks 1, 2 and 100:", ", ".join(alphas))
PY
"$folder/venv/bin/python" "$folder/agree.py" | tee "$folder/out"
diff "$folder/out" - <<'SEEN'
kappa with linear weights, 9 for 10: iaa-kit 0.763, by the formula 0.969
kappa with linear weights, 1 for 10: iaa-kit 0.970, by the formula 0.727
AC2 with linear weights, nearly all a 5: iaa-kit -0.053, by the formula 0.973
alpha, marks 1, 2 and 100: ordinal 0.589, interval 0.589
SEEN
