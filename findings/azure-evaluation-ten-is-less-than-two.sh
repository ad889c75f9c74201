#!/usr/bin/env bash
# azure-ai-evaluation 1.18.10 (DocumentRetrievalEvaluator, which asks no model), Python 3.11 or newer. Documents are
# judged from 0 to 10, with ground_truth_label_min=0 and ground_truth_label_max=10 as the evaluator asks for.
#
# Behaviour: fidelity is the weight of what was retrieved as a part of the weight of all that is known, and a label of
# n weighs 2 to the power of n + 1, less 1. The evaluator counts how often each label occurs, sorts the counts by the
# names of the labels and lays the weights beside them. As a word 10 comes between 1 and 2: the label 10 gets the
# weight of 2, the label 2 that of 3, and 9 that of 10. Up to 9 the order is the same, so that a scale from 0 to 9 is
# right. And where a document was retrieved twice, as with two of its chunks, the evaluator keeps the last score it
# reads, which is the lower one in a sorted list: the document that came first is then ranked behind the others. The
# same documents in another order of the list have another NDCG. The figure of retrieved documents counts both. Nothing
# is logged.
# Consequence: a retriever that finds the barely related document and misses the perfect one has twice the fidelity of
# one that does the opposite, and splitting documents into smaller chunks lowers NDCG although the best one is on top.
#
# Seen (fidelity; NDCG, label of the first document):
#   labels 9 and 2, found the one with 9: 0.993
#   labels 9 and 2, found the one with 2: 0.007
#   labels 10 and 2, found the one with 10: 0.318
#   labels 10 and 2, found the one with 2: 0.682
#   best document first: 1.000 10
#   and once more at the end: 0.502 2
#   the same with the list turned round: 1.000 10
#
# Exits non-zero when that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check --no-compile azure-ai-evaluation==1.18.10 2>/dev/null
cat >retrieval.py <<'PY'
from azure.ai.evaluation import DocumentRetrievalEvaluator

limits = {f"{name}_threshold": 0 for name in ("ndcg", "xdcg", "fidelity", "top1_relevance", "top3_max_relevance")}
limits |= {"total_retrieved_documents_threshold": 0, "total_ground_truth_documents_threshold": 0}


def measure(judged, found, highest=10):
    evaluate = DocumentRetrievalEvaluator(ground_truth_label_min=0, ground_truth_label_max=highest, **limits)
    result = evaluate(
        retrieval_ground_truth=[{"document_id": k, "query_relevance_label": v} for k, v in judged.items()],
        retrieved_documents=[{"document_id": k, "relevance_score": v} for k, v in found],
    )
    return result["document_retrieval_properties"]


for best in (9, 10):
    for label in (best, 2):
        fidelity = measure({"best": best, "poor": 2}, [("best" if label == best else "poor", 1.0)], best)["fidelity"]
        print(f"labels {best} and 2, found the one with {label}: {fidelity:.3f}")

judged = {"best": 10, "poor": 2, "other": 0}
once = [("best", 0.9), ("poor", 0.8), ("other", 0.7)]
twice = [*once, ("best", 0.1)]
for name, found in (
    ("best document first", once),
    ("and once more at the end", twice),
    ("the same with the list turned round", twice[::-1]),
):
    result = measure(judged, found)
    print(f"{name}: {result['ndcg@3']:.3f} {result['top1_relevance']}")
PY
venv/bin/python -W ignore retrieval.py 2>err | tee out || { tail -5 err; exit 1; }
diff out - <<'SEEN'
labels 9 and 2, found the one with 9: 0.993
labels 9 and 2, found the one with 2: 0.007
labels 10 and 2, found the one with 10: 0.318
labels 10 and 2, found the one with 2: 0.682
best document first: 1.000 10
and once more at the end: 0.502 2
the same with the list turned round: 1.000 10
SEEN
