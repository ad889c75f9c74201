#!/usr/bin/env bash
# tie-aware-retrieval-metrics 0.1.1 (retrieval metrics that say how far ties in the scores matter), Python 3.11 or newer.
# One question, for which a retriever gave four documents, two of them relevant. Once all scores differ, once all are
# equal.
#
# Behaviour: for each metric the package gives the expected value over all orders of the ties, the least and the largest,
# their range, and the bias, which is documented as the value in the given order less the expected one. The expected
# precision divides by k, the other three by the number of documents that there are, if that is less than k. So for
# precision at 10 of four documents, and F1 with it, the expected value lies below the least that any order has, the
# bias is 0.3 where there is no tie, and the range is 0 where the bias is not. Recall, MRR and NDCG are right, so are all
# of them for k up to the number of documents. The list of k that is taken if none is given goes up to 100.
# Consequence: a retriever that gives few documents, as one with a threshold does, is reported as favoured by its ties
# when it has none; and trec_eval, which divides by k, disagrees with the value in the given order.
#
# Seen (scores, metric: expected, in the given order, least, largest, bias):
#   different, precision at 2: 0.500 0.500 0.500 0.500 0.000
#   different, precision at 10: 0.200 0.500 0.500 0.500 0.300
#   different, f1 at 10: 0.333 0.667 0.667 0.667 0.333
#   different, recall at 10: 1.000 1.000 1.000 1.000 0.000
#   different, ndcg at 10: 0.920 0.920 0.920 0.920 0.000
#   equal, precision at 2: 0.500 0.500 0.000 1.000 0.000
#   equal, precision at 10: 0.200 0.500 0.500 0.500 0.300
#   equal, f1 at 10: 0.333 0.667 0.667 0.667 0.333
#   equal, recall at 10: 1.000 1.000 1.000 1.000 0.000
#   equal, ndcg at 10: 0.785 0.920 0.571 1.000 0.134
#   by trec_eval, different, precision at 10: 0.200
#
# Exits non-zero when that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check --no-compile tie-aware-retrieval-metrics==0.1.1 \
    pytrec_eval-terrier==0.5.11 numpy==2.4.6 2>/dev/null
cat >"$folder/ties.py" <<'PY'
import pytrec_eval
from trm import evaluate

relevant = [True, False, True, False]
for name, scores in (("different", [0.9, 0.8, 0.7, 0.6]), ("equal", [0.5, 0.5, 0.5, 0.5])):
    result = evaluate([scores], [relevant], metrics=["precision", "f1", "recall", "ndcg"], k_list=[2, 10])
    for metric, at in (("precision", 2), ("precision", 10), ("f1", 10), ("recall", 10), ("ndcg", 10)):
        values = result.metrics[metric][at]
        shown = (values.expected, values.oblivious, values.minimum, values.maximum, values.bias)
        print(f"{name}, {metric} at {at}:", *(f"{round(value, 3) + 0:.3f}" for value in shown))
run = {"q": dict(zip("abcd", [0.9, 0.8, 0.7, 0.6]))}
judged = {"q": {name: int(right) for name, right in zip("abcd", relevant)}}
theirs = pytrec_eval.RelevanceEvaluator(judged, {"P_10"}).evaluate(run)["q"]["P_10"]
print(f"by trec_eval, different, precision at 10: {theirs:.3f}")
PY
"$folder/venv/bin/python" "$folder/ties.py" 2>"$folder/err" | tee "$folder/out" || { tail -5 "$folder/err"; exit 1; }
diff "$folder/out" - <<'SEEN'
different, precision at 2: 0.500 0.500 0.500 0.500 0.000
different, precision at 10: 0.200 0.500 0.500 0.500 0.300
different, f1 at 10: 0.333 0.667 0.667 0.667 0.333
different, recall at 10: 1.000 1.000 1.000 1.000 0.000
different, ndcg at 10: 0.920 0.920 0.920 0.920 0.000
equal, precision at 2: 0.500 0.500 0.000 1.000 0.000
equal, precision at 10: 0.200 0.500 0.500 0.500 0.300
equal, f1 at 10: 0.333 0.667 0.667 0.667 0.333
equal, recall at 10: 1.000 1.000 1.000 1.000 0.000
equal, ndcg at 10: 0.785 0.920 0.571 1.000 0.134
by trec_eval, different, precision at 10: 0.200
SEEN
