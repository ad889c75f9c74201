#!/usr/bin/env bash
# confidenceinterval 1.0.5 (intervals for metrics of classification) with numpy 1.26.4, scikit-learn 1.9.1 and
# statsmodels 0.14.6, Python 3.11 or 3.12. A judge's grades against those of people, 600 answers, 70 % of the judge's
# grades are right and the others are drawn at random; and the same with intents in place of grades. The macro F1 is the
# mean of the classes' F1; the package names Takahashi et al. 2022 for its interval (Confidence interval for
# micro-averaged F1 and macro-averaged F1 scores, Applied Intelligence 52), whose formula stands beside it here.
#
# Behaviour: f1_score takes the classes 0 to the largest label, whether they occur or not. Grades from 1 to 5 have six,
# of which the one that nobody gives has an F1 of 0, so the macro F1 is five sixths of what it is; with labels 10 and 20
# it is two of 21. precision_score and recall_score of the package take the classes that occur, and its interval does
# not hold the right value. The interval adds two terms that the paper multiplies, in two places: for two classes it is
# twice as wide as the paper's, for 30 less than half as wide. The package's own bootstrap agrees with the paper's
# width, and has the same wrong mean. Of 95 % intervals for 20 classes 71 % hold the true value, and 96 % of the
# paper's. Nothing is warned of.
# Consequence: a judge looks worse by a sixth for the way that its grades are written, and a model with many classes
# looks better than another where nothing is certain.
#
# Seen (macro F1 and half the width of the interval: package, its bootstrap, the paper, scikit-learn):
#   grades 0 to 4: 0.777 0.041, 0.777 0.033, 0.777 0.033, 0.777
#   grades 1 to 5: 0.647 0.034, 0.647 0.027, 0.777 0.033, 0.777
#   2 classes: 0.833 0.063, 0.833 0.029, 0.833 0.030, 0.833
#   30 classes: 0.729 0.017, 0.729 0.035, 0.729 0.035, 0.729
#   300 intervals of 20 classes that hold the true value: package 71 %, the paper 96 %
#
# Exits non-zero when that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check --no-compile confidenceinterval==1.0.5 \
    numpy==1.26.4 scikit-learn==1.9.1 statsmodels==0.14.6 2>/dev/null
cat >"$folder/grade.py" <<'PY'
import numpy as np
from confidenceinterval import f1_score
from scipy.stats import norm
from sklearn import metrics


def paper(people, judge):
    share = metrics.confusion_matrix(people, judge) / len(people)
    both, hit = share.sum(0) + share.sum(1), np.diag(share)
    f1 = 2 * hit / both
    own = f1 * (both - 2 * hit) / both**2 * ((both - 2 * hit) / both + f1 / 2)
    cross = share * np.outer(f1, f1) / np.outer(both, both)
    variance = 2 / len(f1) ** 2 * (own.sum() + cross.sum() - np.trace(cross)) / len(people)
    return f1.mean(), norm.ppf(0.975) * np.sqrt(variance)


def answers(random, classes):
    people = np.repeat(np.arange(classes), 600 // classes)
    return people, np.where(random.random(len(people)) < 0.7, people, random.integers(0, classes, len(people)))


def show(name, people, judge):
    seen = []
    for given in {}, {"method": "bootstrap_percentile", "n_resamples": 2000, "random_state": np.random.RandomState(1)}:
        value, (low, high) = f1_score(people, judge, average="macro", **given)
        seen.append(f"{value:.3f} {(high - low) / 2:.3f}")
    value, half = paper(people, judge)
    print(f"{name}: {', '.join(seen)}, {value:.3f} {half:.3f}, {metrics.f1_score(people, judge, average='macro'):.3f}")


random = np.random.default_rng(1)
people, judge = answers(random, 5)
show("grades 0 to 4", people, judge)
show("grades 1 to 5", people + 1, judge + 1)
for classes in 2, 30:
    show(f"{classes} classes", *answers(random, classes))
true, held = 0.7 + 0.3 / 20, np.zeros(2)
for _ in range(300):
    people, judge = answers(random, 20)
    low, high = f1_score(people, judge, average="macro")[1]
    value, half = paper(people, judge)
    held += low <= true <= high, value - half <= true <= value + half
print("300 intervals of 20 classes that hold the true value:", "package {:.0f} %, the paper {:.0f} %".format(*held / 3))
PY
MPLCONFIGDIR="$folder" "$folder/venv/bin/python" -W ignore "$folder/grade.py" 2>"$folder/err" | tee "$folder/out" ||
    { tail -5 "$folder/err"; exit 1; }
diff "$folder/out" - <<'SEEN'
grades 0 to 4: 0.777 0.041, 0.777 0.033, 0.777 0.033, 0.777
grades 1 to 5: 0.647 0.034, 0.647 0.027, 0.777 0.033, 0.777
2 classes: 0.833 0.063, 0.833 0.029, 0.833 0.030, 0.833
30 classes: 0.729 0.017, 0.729 0.035, 0.729 0.035, 0.729
300 intervals of 20 classes that hold the true value: package 71 %, the paper 96 %
SEEN
