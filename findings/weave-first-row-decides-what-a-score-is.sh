#!/usr/bin/env bash
# weave 0.54.0 (Evaluation.evaluate, switched to run without its server), Python 3.11 or newer. A grader that says true
# for a right answer, false for a wrong one, and a number for partial credit, as a judge that answers in JSON may. Four
# rows of a dataset with the grades true, 0.5, 0.25 and false.
#
# Behaviour: the summary takes the kind of a score from the first row that has one. Is that true or false, it counts the
# rows whose score is not zero: 0.25 is as good as true, and three of four are right. Is it a number, the summary is the
# mean, 0.4375. So the same grades of the same rows have two results and two names, and the order of the dataset decides
# which. Is the first one a text ("n/a", as a grader gives where it cannot judge), the metric is not in the summary at
# all; is the text in a later row, the evaluation ends with a TypeError when all rows are done. A warning is given for
# none of it.
# Consequence: sorting or shuffling a dataset changes a model's result by more than a better model does, and partial
# credit of any size counts as a right answer.
#
# Seen (the grades in the order of the rows: the summary):
#   true, 0.5, 0.25, false: {"true_count": 3, "true_fraction": 0.75}
#   false, true, 0.5, 0.25: {"true_count": 3, "true_fraction": 0.75}
#   0.5, true, 0.25, false: {"mean": 0.4375}
#   "n/a", 0.5, 0.25, false: null
#   0.5, 0.25, false, "n/a": TypeError
#
# Exits non-zero when that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check --no-compile weave==0.54.0 2>/dev/null
cat >"$folder/grade.py" <<'PY'
import asyncio
import json
import os
import sys

import weave


@weave.op
def grade(question, given, output):
    return given


@weave.op
def model(question):
    return "At nine."


def summary(*grades):
    rows = [{"question": "When?", "given": given} for given in grades]
    said, sys.stdout = sys.stdout, open(os.devnull, "w")
    try:
        result = asyncio.run(weave.Evaluation(dataset=rows, scorers=[grade]).evaluate(model))
        result = json.dumps((result or {}).get("grade"))
    except TypeError as error:
        result = type(error).__name__
    finally:
        sys.stdout = said
    print(f"{', '.join(map(json.dumps, grades))}: {result}")


summary(True, 0.5, 0.25, False)
summary(False, True, 0.5, 0.25)
summary(0.5, True, 0.25, False)
summary("n/a", 0.5, 0.25, False)
summary(0.5, 0.25, False, "n/a")
PY
cd "$folder"
WEAVE_DISABLED=true "$folder/venv/bin/python" "$folder/grade.py" 2>"$folder/err" | tee "$folder/out"
diff "$folder/out" - <<'SEEN'
true, 0.5, 0.25, false: {"true_count": 3, "true_fraction": 0.75}
false, true, 0.5, 0.25: {"true_count": 3, "true_fraction": 0.75}
0.5, true, 0.25, false: {"mean": 0.4375}
"n/a", 0.5, 0.25, false: null
0.5, 0.25, false, "n/a": TypeError
SEEN
