#!/usr/bin/env bash
# pycm 4.6 (confusion matrices and what can be computed of them) and krippendorff 0.9.0 with numpy 2.4.6, Python 3.11 or
# newer. A person and a judge give marks from 1 to 5 to the same 300 answers; four of five marks are a 5, as is usual
# for a good system. Once the judge agrees mostly, once it draws its marks from the same shares without looking.
#
# Behaviour: weighted_alpha is documented as "weighted Krippendorff's alpha". Its agreement by chance has to be the sum
# over all pairs of marks of share(i) * share(j) * weight(i, j), where share(i) is that of mark i among the marks of
# both. pycm takes ((person's share of i + judge's share of j) / 2) squared instead of the product. For equal marks,
# and so for the alpha without weights, that is the same. For unequal marks it is not, and its sum may be far above 1:
# agreement by chance is then above 1, both differences of the formula are negative, and the less two people agree, the
# higher the alpha is. With marks that are spread evenly the error is small enough not to be seen. weighted_kappa of the
# same package is right.
# Consequence: a judge that guesses passes any gate for agreement, best of all when most answers are good.
#
# Seen (weighted alpha, Krippendorff's interval alpha, weighted kappa):
#   most marks a 5, mostly agreeing: 1.015 0.938 0.938
#   most marks a 5, guessing: 1.225 0.113 0.113
#   marks spread evenly, mostly agreeing: 0.862 0.863 0.863
#   most marks a 1 or a 5, guessing: -1.171 0.119 0.121
#   by the formula, most marks a 5, guessing: 0.113
#   without weights, most marks a 5, guessing: 0.060 (krippendorff: 0.060)
#
# Exits non-zero when that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check --no-compile pycm==4.6 krippendorff==0.9.0 \
    numpy==2.4.6 2>/dev/null
cat >"$folder/agree.py" <<'PY'
import krippendorff
import numpy as np
from pycm import ConfusionMatrix

MARKS = range(1, 6)
squares = {i: {j: (i - j) ** 2 for j in MARKS} for i in MARKS}
numbers = np.random.default_rng(2)


def draw(shares, guessed):
    person = numbers.choice(5, 300, p=shares) + 1
    judge = np.where(numbers.random(300) < guessed, numbers.choice(5, 300, p=shares) + 1, person)
    person[:5] = judge[:5] = MARKS
    return person.tolist(), judge.tolist()


def formula(person, judge):
    both = np.array([person.count(i) + judge.count(i) for i in MARKS]) / (2 * len(person))
    weights = np.array([[1 - (i - j) ** 2 / 16 for j in MARKS] for i in MARKS])
    chance = both @ weights @ both
    seen = np.mean([weights[a - 1, b - 1] for a, b in zip(person, judge)])
    seen += (1 - seen) / (2 * len(person))
    return (seen - chance) / (1 - chance)


mostly_five, even, ends = [0.02, 0.03, 0.05, 0.1, 0.8], [0.2] * 5, [0.4, 0.05, 0.1, 0.05, 0.4]
for name, shares, guessed in (
    ("most marks a 5, mostly agreeing", mostly_five, 0.1),
    ("most marks a 5, guessing", mostly_five, 1),
    ("marks spread evenly, mostly agreeing", even, 0.1),
    ("most marks a 1 or a 5, guessing", ends, 1),
):
    person, judge = draw(shares, guessed)
    matrix = ConfusionMatrix(person, judge)
    right = krippendorff.alpha([person, judge], level_of_measurement="interval")
    print(f"{name}: {matrix.weighted_alpha(squares):.3f} {right:.3f} {matrix.weighted_kappa(squares):.3f}")
    if shares is mostly_five and guessed == 1:
        nominal = krippendorff.alpha([person, judge], level_of_measurement="nominal")
        last = [f"by the formula, {name}: {formula(person, judge):.3f}",
                f"without weights, {name}: {matrix.Alpha:.3f} (krippendorff: {nominal:.3f})"]
print("\n".join(last))
PY
"$folder/venv/bin/python" "$folder/agree.py" 2>"$folder/err" | tee "$folder/out" || { tail -5 "$folder/err"; exit 1; }
diff "$folder/out" - <<'SEEN'
most marks a 5, mostly agreeing: 1.015 0.938 0.938
most marks a 5, guessing: 1.225 0.113 0.113
marks spread evenly, mostly agreeing: 0.862 0.863 0.863
most marks a 1 or a 5, guessing: -1.171 0.119 0.121
by the formula, most marks a 5, guessing: 0.113
without weights, most marks a 5, guessing: 0.060 (krippendorff: 0.060)
SEEN
