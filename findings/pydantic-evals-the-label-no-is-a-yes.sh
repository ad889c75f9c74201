#!/usr/bin/env bash
# pydantic-evals 2.62.0 (report evaluators over an experiment) with scikit-learn 1.9.1, Python 3.11 or newer. Four
# answers; a judge says with which confidence each is right, and an evaluator gives the truth as the label "yes" or
# "no". One judge is always right, the other always wrong.
#
# Behaviour: PrecisionRecallEvaluator and ROCAUCEvaluator take the truth from labels (positive_from="labels"), and the
# documentation says that the label is cast to a boolean. A label is a text in this package, and every text that is
# not empty is true: "no", "fail", "false" and "0" are positive cases. With positives alone the precision is 1 at each
# threshold, so the area under the curve is 1.0 for any judge, also for one that is always wrong. Expected outputs
# (positive_from="expected_output") do the same when they are texts. Only assertions give what one asks for. The area
# under the ROC curve is nan; nothing is logged, and no case is refused.
# Consequence: the number for choosing a judge is perfect for all of them.
#
# Seen (precision-recall area, ROC area):
#   always right, labels: 1.0 nan
#   always wrong, labels: 1.0 nan
#   always wrong, expected outputs: 1.0 nan
#   always wrong, assertions: 0.292 0.0
#   always wrong, scikit-learn: 0.292 0.0
#
# Exits non-zero when that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check --no-compile pydantic-evals==2.62.0 \
    scikit-learn==1.9.1 2>/dev/null
cat >"$folder/judge.py" <<'PY'
from dataclasses import dataclass

from pydantic_evals import Case, Dataset
from pydantic_evals.evaluators import Evaluator, PrecisionRecallEvaluator, ROCAUCEvaluator
from sklearn.metrics import auc, precision_recall_curve, roc_auc_score


@dataclass
class Judge(Evaluator):
    def evaluate(self, ctx):
        truth = ctx.expected_output
        return {"confidence": ctx.output, "truth": truth, "right": truth == "yes"}


def areas(name, rows, source, key=None):
    where = {"score_key": "confidence", "positive_from": source, "positive_key": key}
    cases = [Case(name=str(number), inputs=sure, expected_output=truth) for number, (sure, truth) in enumerate(rows)]
    reports = [PrecisionRecallEvaluator(**where), ROCAUCEvaluator(**where)]
    dataset = Dataset(name="judge", cases=cases, evaluators=[Judge()], report_evaluators=reports)
    report = dataset.evaluate_sync(lambda sure: sure, progress=False)
    print(f"{name}:", *(round(each.value, 3) for each in report.analyses if hasattr(each, "value")))


right = [(0.9, "yes"), (0.8, "yes"), (0.2, "no"), (0.1, "no")]
wrong = [(0.1, "yes"), (0.2, "yes"), (0.8, "no"), (0.9, "no")]
areas("always right, labels", right, "labels", "truth")
areas("always wrong, labels", wrong, "labels", "truth")
areas("always wrong, expected outputs", wrong, "expected_output")
areas("always wrong, assertions", wrong, "assertions", "right")
truths, sure = [truth == "yes" for _, truth in wrong], [confidence for confidence, _ in wrong]
precision, recall, _ = precision_recall_curve(truths, sure)
both = auc(recall, precision), roc_auc_score(truths, sure)
print("always wrong, scikit-learn:", *(round(float(area), 3) for area in both))
PY
"$folder/venv/bin/python" -W ignore "$folder/judge.py" 2>"$folder/err" | tee "$folder/out"
diff "$folder/out" - <<'SEEN'
always right, labels: 1.0 nan
always wrong, labels: 1.0 nan
always wrong, expected outputs: 1.0 nan
always wrong, assertions: 0.292 0.0
always wrong, scikit-learn: 0.292 0.0
SEEN
