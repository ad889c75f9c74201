#!/usr/bin/env bash
# beir 2.2.0 (EvaluateRetrieval of the BEIR benchmark, used for retrievers of one's own as well) with
# pytrec_eval-terrier 0.5.11, Python 3.11 or newer. Of beir only the evaluation is used, without the packages for
# models. Ten questions were made from ten passages, one from each, and numbered like them, as sets of questions for
# retrieval are made. A retriever finds each passage in the first place.
#
# Behaviour: by default evaluate() takes each document out of a question's result whose id is the id of the question. It
# is meant for data sets in which the questions are documents themselves. Where both are numbered on their own, it takes
# out the right passage: a perfect retriever has 0 in all four metrics. Where the numbers agree for some questions only,
# it has some of it, which looks like an ordinary value. The documents are also removed from the result that was passed,
# so that evaluate_custom() gives an MRR of 1 before evaluate() and of 0 behind it. A message of level INFO tells of it,
# which logging does not show unless it is asked to.
# Consequence: the metrics of a retriever depend on how questions and passages are numbered, and on the order of two
# calls.
#
# Seen (NDCG, recall and precision at 1, MRR before and after them):
#   questions 0 to 9, passages 0 to 9: 0.0 0.0 0.0, 1.0 0.0
#   questions 0 to 9, passages 0 to 4 and 10 to 14: 0.5 0.5 0.5, 1.0 0.5
#   questions q0 to q9, passages 0 to 9: 1.0 1.0 1.0, 1.0 1.0
#
# Exits non-zero when that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check --no-compile pytrec_eval-terrier==0.5.11 \
    tqdm==4.67.1 2>/dev/null
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check --no-compile --no-deps beir==2.2.0 2>/dev/null
cat >"$folder/retrieve.py" <<'PY'
from beir.retrieval.evaluation import EvaluateRetrieval


def show(name, questions):
    wanted = {question: {passage: 1} for question, passage in questions.items()}
    results = {question: {passage: 0.9, "another passage": 0.5} for question, passage in questions.items()}
    before = EvaluateRetrieval.evaluate_custom(wanted, results, [1], "mrr")["MRR@1"]
    ndcg, _, recall, precision = EvaluateRetrieval.evaluate(wanted, results, [1])
    after = EvaluateRetrieval.evaluate_custom(wanted, results, [1], "mrr")["MRR@1"]
    print(f"{name}: {ndcg['NDCG@1']} {recall['Recall@1']} {precision['P@1']}, {before} {after}")


show("questions 0 to 9, passages 0 to 9", {str(number): str(number) for number in range(10)})
show(
    "questions 0 to 9, passages 0 to 4 and 10 to 14",
    {str(number): str(number if number < 5 else number + 5) for number in range(10)},
)
show("questions q0 to q9, passages 0 to 9", {f"q{number}": str(number) for number in range(10)})
PY
"$folder/venv/bin/python" "$folder/retrieve.py" 2>"$folder/err" | tee "$folder/out"
diff "$folder/out" - <<'SEEN'
questions 0 to 9, passages 0 to 9: 0.0 0.0 0.0, 1.0 0.0
questions 0 to 9, passages 0 to 4 and 10 to 14: 0.5 0.5 0.5, 1.0 0.5
questions q0 to q9, passages 0 to 9: 1.0 1.0 1.0, 1.0 1.0
SEEN
