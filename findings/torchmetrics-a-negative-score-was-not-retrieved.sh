#!/usr/bin/env bash
# torchmetrics 1.9.0 (its retrieval metrics) with torch 2.14.1, Python 3.11 or newer; torch with what it brings takes
# 5 GB while the script runs. One question, four documents, the first two are relevant and have the highest scores of
# a reranker, once as they are and once with 5 taken from each. A ranking does not depend on that.
#
# Behaviour: the classes are documented to take float predictions from a model. Reciprocal rank, average precision,
# precision and recall count a relevant document only if its score is above 0. Rerankers give logits and language
# models give logarithms of probabilities; distances with a minus and centred similarities are below 0 as well. The
# other metrics of the package (NDCG, hit rate, R-precision, area under the ROC curve) take them as they are. So the
# same ranking is perfect for one half of the metrics and worth nothing for the other, and with scores around 0 a
# document counts or not by which side it is on. Nothing is logged.
# Consequence: a reranker with logits looks useless beside one with probabilities; after a change of the scale
# (another model, a sigmoid added or left out) recall and precision change though no document moved.
#
# Seen (scores above 0, the same less 5, less 3.5):
#   reciprocal rank: 1.0 0.0 1.0
#   average precision: 1.0 0.0 1.0
#   precision at 2: 1.0 0.0 0.5
#   recall at 2: 1.0 0.0 0.5
#   NDCG: 1.0 1.0 1.0
#   hit rate at 2: 1.0 1.0 1.0
#   by the order alone, precision at 2: 1.0 1.0 1.0
#
# Exits non-zero when that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check --no-compile --no-cache-dir torchmetrics==1.9.0 \
    torch==2.14.1 2>/dev/null
cat >"$folder/rank.py" <<'PY'
import torch
from torchmetrics.retrieval import (
    RetrievalHitRate,
    RetrievalMAP,
    RetrievalMRR,
    RetrievalNormalizedDCG,
    RetrievalPrecision,
    RetrievalRecall,
)

scores = torch.tensor([4.0, 3.0, 2.0, 1.0])
relevant = torch.tensor([True, True, False, False])
query = torch.zeros(4, dtype=torch.long)
metrics = {
    "reciprocal rank": RetrievalMRR(),
    "average precision": RetrievalMAP(),
    "precision at 2": RetrievalPrecision(top_k=2),
    "recall at 2": RetrievalRecall(top_k=2),
    "NDCG": RetrievalNormalizedDCG(),
    "hit rate at 2": RetrievalHitRate(top_k=2),
}
scales = [scores, scores - 5, scores - 3.5]
for name, metric in metrics.items():
    print(f"{name}:", *(round(float(metric(scale, relevant, indexes=query)), 3) for scale in scales))
order = [sorted(range(4), key=lambda place: -scale[place])[:2] for scale in scales]
print("by the order alone, precision at 2:", *(sum(bool(relevant[place]) for place in top) / 2 for top in order))
PY
"$folder/venv/bin/python" -W ignore "$folder/rank.py" 2>"$folder/err" | tee "$folder/out"
diff "$folder/out" - <<'SEEN'
reciprocal rank: 1.0 0.0 1.0
average precision: 1.0 0.0 1.0
precision at 2: 1.0 0.0 0.5
recall at 2: 1.0 0.0 0.5
NDCG: 1.0 1.0 1.0
hit rate at 2: 1.0 1.0 1.0
by the order alone, precision at 2: 1.0 1.0 1.0
SEEN
