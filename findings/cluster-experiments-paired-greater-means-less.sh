#!/usr/bin/env bash
# cluster-experiments 0.31.0 (PyPI; analyses of A/B tests whose rows hang together: per question, per customer). Each
# analysis takes hypothesis="greater" for a test with one side; "treatment" names the arm that is tried.
#
# Behaviour: in PairedTTestClusteredAnalysis, which compares both arms on the same questions, "greater" asks whether the
# OLD arm is greater: the table is turned with the control first, and its columns are handed to SciPy's ttest_rel in that
# order. The t-test that is not paired, OLS and OLS with clusters hand over the treatment first, and ask whether the NEW
# arm is. The test with two sides is not affected.
# Consequence: of a model whose answers are graded higher on eight of ten questions and lower on none, the paired test
# says .9995 where every other one says .03 or less, and a gate "ship when greater, p below .05" keeps the old one. With
# the arms exchanged it ships the worse one: p .0005.
#
# Seen (p-values; ten questions, grades of the new model minus the old: 1 1 2 1 0 2 1 2 0 2):
#   two-sided: paired 0.0010, not paired 0.0615, OLS 0.0586, OLS by question 0.0000
#   greater: paired 0.9995, not paired 0.0308, OLS 0.0293, OLS by question 0.0000
#   less: paired 0.0005, not paired 0.9692, OLS 0.9707, OLS by question 1.0000
#   arms exchanged, greater: paired 0.0005, not paired 0.9692, OLS 0.9707, OLS by question 1.0000
#
# Exits non-zero when that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check --no-compile \
    cluster-experiments==0.31.0 pandas==2.3.3 statsmodels==0.15.0 2> pip.log
cat > run.py <<'PYTHON'
import warnings

warnings.filterwarnings("ignore")
import pandas
from cluster_experiments import experiment_analysis as analyses

OLD = [3, 5, 2, 4, 4, 1, 5, 3, 2, 4]
NEW = [4, 6, 4, 5, 4, 3, 6, 5, 2, 6]
COLUMNS = {"target_col": "grade", "treatment_col": "model", "treatment": "new"}
QUESTION = {"cluster_cols": ["question"]}


def told(name, old, new, hypothesis):
    rows = {"grade": old + new, "model": ["old"] * 10 + ["new"] * 10, "question": list(range(10)) * 2}
    common = {**COLUMNS, "hypothesis": hypothesis}
    made = {
        "paired": analyses.PairedTTestClusteredAnalysis(**QUESTION, strata_cols=["question"], **common),
        "not paired": analyses.TTestClusteredAnalysis(**QUESTION, **common),
        "OLS": analyses.OLSAnalysis(**common),
        "OLS by question": analyses.ClusteredOLSAnalysis(**QUESTION, **common),
    }
    found = ", ".join(f"{test} {way.get_pvalue(pandas.DataFrame(rows)):.4f}" for test, way in made.items())
    print(f"{name}: {found}")


for hypothesis in ("two-sided", "greater", "less"):
    told(hypothesis, OLD, NEW, hypothesis)
told("arms exchanged, greater", NEW, OLD, "greater")
PYTHON
venv/bin/python run.py > seen.txt
cat seen.txt
cat > expected.txt <<'TEXT'
two-sided: paired 0.0010, not paired 0.0615, OLS 0.0586, OLS by question 0.0000
greater: paired 0.9995, not paired 0.0308, OLS 0.0293, OLS by question 0.0000
less: paired 0.0005, not paired 0.9692, OLS 0.9707, OLS by question 1.0000
arms exchanged, greater: paired 0.0005, not paired 0.9692, OLS 0.9707, OLS by question 1.0000
TEXT
diff expected.txt seen.txt
