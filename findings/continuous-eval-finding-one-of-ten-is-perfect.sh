#!/usr/bin/env bash
# continuous-eval 0.3.14.post2 (RankedRetrievalMetrics, for the retrieval of a RAG pipeline) beside pytrec_eval-terrier
# 0.5.11, Python 3.11 or 3.12. One question with ten relevant passages, and what a retriever gave. Chunks match when
# they are equal.
#
# Behaviour: average precision sums the precisions at the relevant passages and divides by how many relevant ones there
# are, so that those that were not found count as 0. continuous-eval divides by how many were found. A retriever that
# gives one relevant passage and stops is perfect, as is one that gives the same passage five times, while all ten
# behind one wrong passage have less. A further passage can at best keep what the first ones had. The ndcg of the same
# call, and trec_eval, put them in the other order. The docstring calls the value average precision and no more, and
# nothing warns.
# Consequence: a number of passages to retrieve that is tuned by this value becomes 1.
#
# Seen (average precision and ndcg of continuous-eval, those of trec_eval):
#   one of ten: 1.000 0.220 0.100 0.220
#   one of ten, five times: 1.000 0.220
#   one wrong, then all ten: 0.798 0.841 0.798 0.841
#
# Exits non-zero when that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check --no-compile continuous-eval==0.3.14.post2 \
    pytrec_eval-terrier==0.5.11 2>/dev/null
cat >"$folder/retrieve.py" <<'PY'
import pytrec_eval
from continuous_eval.metrics.retrieval import RankedRetrievalMetrics
from continuous_eval.metrics.retrieval.matching_strategy import ExactChunkMatch

relevant = [f"passage {number}" for number in range(10)]
metric = RankedRetrievalMetrics(ExactChunkMatch())
trec = pytrec_eval.RelevanceEvaluator({"q": dict.fromkeys(relevant, 1)}, {"map", "ndcg"})
for name, given in (
    ("one of ten", relevant[:1]),
    ("one of ten, five times", relevant[:1] * 5),
    ("one wrong, then all ten", ["another passage", *relevant]),
):
    ours = metric.compute(given, relevant)
    values = [ours["average_precision"], ours["ndcg"]]
    if len(set(given)) == len(given):
        theirs = trec.evaluate({"q": {passage: -float(rank) for rank, passage in enumerate(given)}})["q"]
        values += [theirs["map"], theirs["ndcg"]]
    print(f"{name}:", *(f"{value:.3f}" for value in values))
PY
"$folder/venv/bin/python" "$folder/retrieve.py" 2>"$folder/err" | tee "$folder/out"
diff "$folder/out" - <<'SEEN'
one of ten: 1.000 0.220 0.100 0.220
one of ten, five times: 1.000 0.220
one wrong, then all ten: 0.798 0.841 0.798 0.841
SEEN
