#!/usr/bin/env bash
# ranx 0.3.21 and pytrec_eval-terrier 0.5.11 (retrieval metrics; the latter runs trec_eval) with numpy 2.4.6, Python 3.11
# or newer. Two questions with their relevant documents, graded from 1 to 3, and a run that ranks them all first and in
# the best order. The same with every grade a 1, and with one document for each that was judged not relevant.
#
# Behaviour: the documentation of rank-biased precision has r_i as "either 0 or 1, whether the i-th ranked document is
# non-relevant or relevant". ranx takes the grade itself, so that the value is up to three times too high, and above 1:
# the number of a dataset with grades can not be set beside that of one without, nor beside a paper's. rel_lvl, the grade
# from which a document is relevant, leaves the others out and still counts what is left with its grade. bpref divides
# by the smaller one of two numbers, the relevant and the judged non-relevant documents. Most datasets list relevant
# documents alone: then that is 0 / 0, and the value of the question is nan. trec_eval says 1. With one such question
# among many the mean is nan; there is no warning. In the formula of the documentation the divisor is the number of
# relevant documents, which has the value.
# Consequence: a metric between 0 and 1 that is neither.
#
# Seen (judgements: ranx rbp.50, bpref; trec_eval bpref):
#   graded: 1.938 nan; 1.000
#   all grades 1: 0.812 nan; 1.000
#   graded, one judged not relevant: 1.938 1.000; 1.000
#   graded, for one question of two: 1.938 nan; 1.000
#   rbp.50 by the formula: 0.812
#   rbp.50 from grade 3 on: 1.500 (by the formula: 0.500)
#
# Exits non-zero when that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check --no-compile ranx==0.3.21 \
    pytrec_eval-terrier==0.5.11 numpy==2.4.6 2>/dev/null
cat >"$folder/rank.py" <<'PY'
import pytrec_eval
from ranx import Qrels, Run, evaluate

graded = {"first": {"a": 3, "b": 2, "c": 1}, "second": {"a": 1, "d": 3}}
ones = {question: dict.fromkeys(documents, 1) for question, documents in graded.items()}
run = {"first": {"a": 9.0, "b": 8.0, "c": 7.0, "x": 6.0}, "second": {"d": 9.0, "a": 8.0, "z": 7.0}}
with_one = {question: {**documents, "n": 0} for question, documents in graded.items()}
half = {**with_one, "second": graded["second"]}


def formula(level):
    values = []
    for question, documents in graded.items():
        ranked = sorted(run[question], key=run[question].get, reverse=True)
        values.append(0.5 * sum(0.5**place for place, name in enumerate(ranked) if documents.get(name, 0) >= level))
    return sum(values) / len(values)


for name, judged in (("graded", graded), ("all grades 1", ones), ("graded, one judged not relevant", with_one),
                     ("graded, for one question of two", half)):
    scores = evaluate(Qrels(judged), Run(run), ["rbp.50", "bpref"])
    theirs = pytrec_eval.RelevanceEvaluator(judged, {"bpref"}).evaluate(run)
    mean = sum(values["bpref"] for values in theirs.values()) / len(theirs)
    print(f"{name}: {scores['rbp.50']:.3f} {scores['bpref']:.3f}; {mean:.3f}")
print(f"rbp.50 by the formula: {formula(1):.3f}")
from_three = evaluate(Qrels(graded), Run(run), "rbp.50-l3")
print(f"rbp.50 from grade 3 on: {from_three:.3f} (by the formula: {formula(3):.3f})")
PY
cd "$folder"
NUMBA_CACHE_DIR="$folder" HOME="$folder" venv/bin/python -W ignore rank.py 2>err | tee out || { tail -5 err; exit 1; }
diff out - <<'SEEN'
graded: 1.938 nan; 1.000
all grades 1: 0.812 nan; 1.000
graded, one judged not relevant: 1.938 1.000; 1.000
graded, for one question of two: 1.938 nan; 1.000
rbp.50 by the formula: 0.812
rbp.50 from grade 3 on: 1.500 (by the formula: 0.500)
SEEN
