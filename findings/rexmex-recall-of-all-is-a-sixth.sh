#!/usr/bin/env bash
# rexmex 0.1.3 (metrics of ranked lists) with numpy 2.4.6, pandas 3.1.1, scipy 1.17.1 and scikit-learn 1.9.1, Python 3.11
# or newer. A retriever gives ten documents, of which two are relevant. The same orders under the names 1 to 5, and under
# other names.
#
# Behaviour: average_recall_at_k, documented as "the average recall at k", adds up the precision at each relevant
# document and divides it by the number of all relevant ones: that is the average precision, which the package has
# beside it. Recall does not depend on the order within the first k. Both relevant documents among the ten are a recall
# of 1, and are 0.16 here if they stand last. spearmans_rho and kendall_tau take two lists of items and correlate the
# names of the items as if they were numbers, place by place, instead of the places at which an item stands in both
# lists. So the rank correlation of the same two orders depends on how the items are numbered. hits_at_k, documented as
# "the number of relevant items in the first k", is their share of the documents that were given.
# Consequence: "recall" that a reranker improves, and an agreement of two rankings that changes with the identifiers.
#
# Seen:
#   relevant ones first: recall, precision, hits 1.00 1.00 0.20 (recall 1.00)
#   relevant ones last: recall, precision, hits 0.16 0.16 0.20 (recall 1.00)
#   [1, 2, 3, 4, 5] and [2, 1, 3, 4, 5]: 0.90 0.80 (by places 0.90 0.80)
#   [3, 5, 1, 2, 4] and [5, 3, 1, 2, 4]: 0.60 0.40 (by places 0.90 0.80)
#   [1, 9, 5, 4, 6] and [9, 1, 5, 4, 6]: -0.60 -0.40 (by places 0.90 0.80)
#
# Exits non-zero when that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check --no-compile rexmex==0.1.3 numpy==2.4.6 \
    pandas==3.1.1 scipy==1.17.1 scikit-learn==1.9.1 six 2>/dev/null
cat >"$folder/rank.py" <<'PY'
from rexmex.metrics.ranking import (
    average_precision_at_k,
    average_recall_at_k,
    hits_at_k,
    kendall_tau,
    spearmans_rho,
)
from scipy.stats import kendalltau, spearmanr

relevant = [1, 2]
for name, ranked in (("first", [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]), ("last", [3, 4, 5, 6, 7, 8, 9, 10, 1, 2])):
    recall = len(set(relevant) & set(ranked[:10])) / len(relevant)
    ours = (call(relevant, ranked, 10) for call in (average_recall_at_k, average_precision_at_k, hits_at_k))
    print(f"relevant ones {name}: recall, precision, hits", *(f"{value:.2f}" for value in ours), f"(recall {recall:.2f})")
one, other = "abcde", "bacde"
for names in ([1, 2, 3, 4, 5], [3, 5, 1, 2, 4], [1, 9, 5, 4, 6]):
    numbers = dict(zip(one, names))
    lists = [numbers[item] for item in one], [numbers[item] for item in other]
    places = [ranking.index(item) for ranking in (one, other) for item in one]
    right = spearmanr(places[:5], places[5:]).statistic, kendalltau(places[:5], places[5:]).statistic
    ours = spearmans_rho(*lists)[0], kendall_tau(*lists)[0]
    print(f"{lists[0]} and {lists[1]}:", *(f"{value:.2f}" for value in ours), "(by places",
          " ".join(f"{value:.2f}" for value in right) + ")")
PY
"$folder/venv/bin/python" -W ignore "$folder/rank.py" 2>"$folder/err" | tee "$folder/out" ||
    { tail -5 "$folder/err"; exit 1; }
diff "$folder/out" - <<'SEEN'
relevant ones first: recall, precision, hits 1.00 1.00 0.20 (recall 1.00)
relevant ones last: recall, precision, hits 0.16 0.16 0.20 (recall 1.00)
[1, 2, 3, 4, 5] and [2, 1, 3, 4, 5]: 0.90 0.80 (by places 0.90 0.80)
[3, 5, 1, 2, 4] and [5, 3, 1, 2, 4]: 0.60 0.40 (by places 0.90 0.80)
[1, 9, 5, 4, 6] and [9, 1, 5, 4, 6]: -0.60 -0.40 (by places 0.90 0.80)
SEEN
