#!/usr/bin/env bash
# llama-index-core 0.14.25 (NDCG, AveragePrecision and HitRate of its retrieval evaluation), Python 3.11 or newer. All
# have 1 for the best result that there can be.
#
# Behaviour: the page of NDCG says that its position p is the number of results, usually the retriever's top_k. The
# ideal that it divides by is not cut there: it has all expected documents. A retriever that is asked for two documents,
# and gives two right ones of ten, has 0.359 and cannot have more, while its precision is 1. And every result that is
# expected counts again when it comes again, as the chunks of one document do when they are judged by their document. So
# one expected document that is found in three chunks has an NDCG of 2.131, and an average precision and a granular hit
# rate of 3. Precision and recall of the same module, which take sets, stay at 1. Nothing is logged.
# Consequence: the more chunks a document is cut into, the better the retriever. In a mean, one such query makes up for
# two that found nothing.
#
# Seen (NDCG, average precision, granular hit rate, precision, recall):
#   two results, both right, ten expected: 0.359 0.200 0.200 1.000 0.200
#   ten results, all right, ten expected: 1.000 1.000 1.000 1.000 1.000
#   three chunks of the one expected: 2.131 3.000 3.000 1.000 1.000
#   two chunks of one expected, then the other: 1.307 1.500 1.500 1.000 1.000
#
# Exits non-zero when that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check --no-compile llama-index-core==0.14.25 2>/dev/null
cat >"$folder/measure.py" <<'PY'
from llama_index.core.evaluation.retrieval.metrics import NDCG, AveragePrecision, HitRate, Precision, Recall

metrics = [NDCG(), AveragePrecision(), HitRate(use_granular_hit_rate=True), Precision(), Recall()]
ten = [f"d{place}" for place in range(10)]


def show(name, expected, retrieved):
    scores = [metric.compute(expected_ids=expected, retrieved_ids=retrieved).score for metric in metrics]
    print(f"{name}: {' '.join(format(score, '.3f') for score in scores)}")


show("two results, both right, ten expected", ten, ten[:2])
show("ten results, all right, ten expected", ten, ten)
show("three chunks of the one expected", ["a"], ["a", "a", "a"])
show("two chunks of one expected, then the other", ["a", "b"], ["a", "a", "b"])
PY
"$folder/venv/bin/python" "$folder/measure.py" 2>"$folder/err" | tee "$folder/out"
diff "$folder/out" - <<'SEEN'
two results, both right, ten expected: 0.359 0.200 0.200 1.000 0.200
ten results, all right, ten expected: 1.000 1.000 1.000 1.000 1.000
three chunks of the one expected: 2.131 3.000 3.000 1.000 1.000
two chunks of one expected, then the other: 1.307 1.500 1.500 1.000 1.000
SEEN
