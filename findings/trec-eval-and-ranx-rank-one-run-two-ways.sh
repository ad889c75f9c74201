#!/usr/bin/env bash
# pytrec_eval-terrier 0.5.11, ir-measures 0.4.3 and ranx 0.3.21 with numpy 2.4.6 and numba 0.68.1, Python 3.11 or newer:
# three packages that measure retrieval, given the same judgements and the same run in the same form. The measures have
# one definition.
#
# Behaviour: documents with equal scores, as rerankers with grades and judges with marks from 0 to 3 give them.
# pytrec_eval and ir-measures look at the score only, and among equals put the last name in the alphabet first, wherever
# it stood in the run. ranx keeps the order of the run. So one ranking has a reciprocal rank of 1.0 and of 0.33, and
# with other names of the same documents it is the other way round. And a query for which nothing was retrieved, so that
# the run does not have it: pytrec_eval leaves it out of the result, so that the mean over its result is over the
# queries that found something. ir-measures and ranx (make_comparable=True, which its error message asks for) count it
# as 0. None of it is logged.
# Consequence: two notebooks about one retriever disagree by more than most improvements are worth, renaming documents
# changes the result, and a retriever that fails for half of the questions is perfect.
#
# Seen (mean reciprocal rank: pytrec_eval, ir-measures, ranx):
#   equal scores, the right one is first and named a: 0.333 0.333 1.000
#   equal scores, the right one is last and named z: 1.000 1.000 0.333
#   nothing found for one of two queries: 1.000 0.500 0.500
#   other scores, all found: 0.750 0.750 0.750
#
# Exits non-zero when that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check pytrec_eval-terrier==0.5.11 ir-measures==0.4.3 \
    ranx==0.3.21 numpy==2.4.6 numba==0.68.1 2>/dev/null
cat >"$folder/measure.py" <<'PY'
from statistics import fmean

import ir_measures
import pytrec_eval
import ranx


def three(judged, run):
    by_query = pytrec_eval.RelevanceEvaluator(judged, {"recip_rank"}).evaluate(run)
    yield fmean(result["recip_rank"] for result in by_query.values())
    yield ir_measures.calc_aggregate([ir_measures.RR], judged, run)[ir_measures.RR]
    yield float(ranx.evaluate(ranx.Qrels(judged), ranx.Run(run), "mrr", make_comparable=True))


equal = {"q": {"a": 2.0, "m": 2.0, "z": 2.0}}
for name, judged, run in (
    ("equal scores, the right one is first and named a", {"q": {"a": 1}}, equal),
    ("equal scores, the right one is last and named z", {"q": {"z": 1}}, equal),
    ("nothing found for one of two queries", {"q": {"a": 1}, "r": {"b": 1}}, {"q": {"a": 2.0, "m": 1.0}}),
    ("other scores, all found", {"q": {"a": 1}, "r": {"b": 1}}, {"q": {"a": 2.0, "m": 1.0}, "r": {"m": 2.0, "b": 1.0}}),
):
    print(f"{name}:", *(f"{value:.3f}" for value in three(judged, run)))
PY
HOME="$folder" "$folder/venv/bin/python" "$folder/measure.py" 2>/dev/null | tee "$folder/out"
diff "$folder/out" - <<'SEEN'
equal scores, the right one is first and named a: 0.333 0.333 1.000
equal scores, the right one is last and named z: 1.000 1.000 0.333
nothing found for one of two queries: 1.000 0.500 0.500
other scores, all found: 0.750 0.750 0.750
SEEN
