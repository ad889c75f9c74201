#!/usr/bin/env bash
# evidently 0.7.23 (its ranking metrics, for recommendations and retrieval) with pandas 2.3.3, Python 3.11 or newer.
# One question, ten documents with the score of a reranker (recommendations_type "score", the default), and whether
# each is relevant.
#
# Behaviour: the place of a document is the mean of the places that equal scores share, rounded down. Five equal ones
# at the top are all third: nobody is first, five are among the first three. Graded scores, as judges with marks from
# 0 to 3 give them, make that the rule. So with five relevant documents ahead of five others, which is a perfect
# ranking in any order of the five, precision at 3 is 1.67, NDCG 1.17 and MAP at 10 1.09, the recall at 3 is 1.0
# though three of five fit, and the reciprocal rank is 0.33. With ten equal scores the first four places are empty:
# all is 0 up to 4. And the tables of NDCG and MRR name each place one too high, from 2 to 11, those of the other
# metrics from 1: where the only relevant document is third, the hit rate finds it at 3 and the reciprocal rank at 4.
# Nothing is logged.
# Consequence: a ranking with graded scores is compared with one by fine scores, by numbers that are not of the same
# kind, and the curves of two metrics are one place apart.
#
# Seen:
#   five equal and relevant ahead of five others (evidently, by the definitions):
#   precision at 3: 1.667 1.0
#   recall at 3: 1.0 0.6
#   NDCG at 3: 1.173 1.0
#   reciprocal rank at 3: 0.333 1.0
#   MAP at 10: 1.093 1.0
#   ten equal and relevant, precision at 1 to 5: 0.0 0.0 0.0 0.0 2.0
#   only the third is relevant: first hit by HitRate at 3, by MRR at 4, by NDCG at 4
#
# Exits non-zero when that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check --no-compile evidently==0.7.23 pandas==2.3.3 \
    2>/dev/null
cat >"$folder/rank.py" <<'PY'
import math

import pandas as pd
from evidently import DataDefinition, Dataset, Recsys, Report
from evidently.metrics import MAP, MRR, NDCG, HitRate, PrecisionTopK, RecallTopK

kinds = {"precision": PrecisionTopK, "recall": RecallTopK, "NDCG": NDCG, "reciprocal rank": MRR, "MAP": MAP}


def tables(relevant, scores, kinds):
    names = [f"d{place}" for place in range(len(scores))]
    rows = {"user_id": "q", "item_id": names, "target": relevant, "prediction": scores}
    columns = {"numerical_columns": ["target", "prediction"], "categorical_columns": ["user_id", "item_id"]}
    dataset = Dataset.from_pandas(pd.DataFrame(rows), DataDefinition(ranking=[Recsys()], **columns))
    for kind in kinds:
        (metric,) = Report([kind(k=3)]).run(dataset, None).dict()["metrics"]
        yield list(metric["value"]["rank"].values()), list(metric["value"]["value"].values())


def defined(relevant):
    """Of a ranking whose relevant documents are all ahead: the definitions at 3, of the average precision at 10."""
    gain = [1 / math.log2(place + 2) for place in range(3)]
    yield sum(relevant[:3]) / 3
    yield sum(relevant[:3]) / sum(relevant)
    yield sum(map(math.prod, zip(gain, relevant))) / sum(gain[: sum(relevant)])
    yield 1 / (1 + relevant.index(1))
    yield sum(sum(relevant[:place]) / place for place in range(1, 11) if relevant[place - 1]) / sum(relevant)


relevant = [1] * 5 + [0] * 5
print("five equal and relevant ahead of five others (evidently, by the definitions):")
found = tables(relevant, [2.0] * 5 + [1.0] * 5, kinds.values())
for name, (_, values), right in zip(kinds, found, defined(relevant), strict=True):
    place = 10 if name == "MAP" else 3
    print(f"{name} at {place}: {round(values[place - 1], 3)} {round(right, 3)}")
((_, values),) = tables([1] * 10, [2.0] * 10, [PrecisionTopK])
print("ten equal and relevant, precision at 1 to 5:", *values[:5])
third = tables([0, 0, 1] + [0] * 7, [1 - place / 10 for place in range(10)], [HitRate, MRR, NDCG])
first = [next(rank for rank, value in zip(*table, strict=True) if value > 0) for table in third]
print("only the third is relevant: first hit by HitRate at {}, by MRR at {}, by NDCG at {}".format(*first))
PY
cd "$folder"
HOME="$folder" DO_NOT_TRACK=1 "$folder/venv/bin/python" -W ignore "$folder/rank.py" 2>"$folder/err" | tee "$folder/out"
diff "$folder/out" - <<'SEEN'
five equal and relevant ahead of five others (evidently, by the definitions):
precision at 3: 1.667 1.0
recall at 3: 1.0 0.6
NDCG at 3: 1.173 1.0
reciprocal rank at 3: 0.333 1.0
MAP at 10: 1.093 1.0
ten equal and relevant, precision at 1 to 5: 0.0 0.0 0.0 0.0 2.0
only the third is relevant: first hit by HitRate at 3, by MRR at 4, by NDCG at 4
SEEN
