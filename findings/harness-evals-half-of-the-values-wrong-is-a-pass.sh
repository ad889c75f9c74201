#!/usr/bin/env bash
# harness-evals 0.25.6 (metrics for agents, prompts and structured outputs) with deepdiff 9.1.0, Python 3.11 or newer.
# An invoice that a model reads, against the one that is expected, and a record with a single verdict; each metric as
# it comes. No model is asked.
#
# Behaviour: StructuralSimilarityMetric is 1 less DeepDiff's deep distance. That distance counts what would have to be
# done to one object to make it the other, as a part of the size of both with all their keys, and the keys are right.
# So a wrong value in an invoice of four costs 0.056, however far off it is, and two wrong ones of four pass the
# metric's threshold of 0.85. An invoice with every value wrong is closer than an empty one, and a verdict "no" for
# "yes" is five sixths right. Lists are compared without their order, so that steps in the wrong order are right; no
# option changes that.
# Consequence: a total that is nine times too high passes the gate, and so does a flat record of which half is wrong.
#
# Seen (similarity, verdict):
#   as expected: 1.000 pass
#   total 900 for 100: 0.944 pass
#   total 900 for 100, unpaid for paid: 0.889 pass
#   all four values wrong: 0.778 fail
#   nothing: 0.600 fail
#   no for yes: 0.833 fail
#   pay and check for check and pay: 1.000 pass
#
# Exits non-zero when that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check --no-compile harness-evals==0.25.6 deepdiff==9.1.0 2>/dev/null
cat >similar.py <<'PY'
import json

from harness_evals.core.eval_case import EvalCase
from harness_evals.metrics.structural.structural_similarity import StructuralSimilarityMetric


def show(name, expected, output):
    case = EvalCase(input="Which?", output=json.dumps(output), expected=json.dumps(expected))
    score = StructuralSimilarityMetric(format="json").measure(case)
    print(f"{name}: {score.value:.3f} {'pass' if score.value >= score.threshold else 'fail'}")


invoice = {"number": "R-17", "total": 100, "currency": "USD", "paid": True}
show("as expected", invoice, invoice)
show("total 900 for 100", invoice, {**invoice, "total": 900})
show("total 900 for 100, unpaid for paid", invoice, {**invoice, "total": 900, "paid": False})
wrong = {"number": "Q-4", "total": 900, "currency": "EUR", "paid": False}
show("all four values wrong", invoice, wrong)
show("nothing", invoice, {})
show("no for yes", {"verdict": "yes"}, {"verdict": "no"})
show("pay and check for check and pay", {"steps": ["check", "pay"]}, {"steps": ["pay", "check"]})
PY
venv/bin/python similar.py 2>err | tee out || { tail -5 err; exit 1; }
diff out - <<'SEEN'
as expected: 1.000 pass
total 900 for 100: 0.944 pass
total 900 for 100, unpaid for paid: 0.889 pass
all four values wrong: 0.778 fail
nothing: 0.600 fail
no for yes: 0.833 fail
pay and check for check and pay: 1.000 pass
SEEN
