#!/usr/bin/env bash
# arena-rank 0.1.1 (the ratings behind a public arena of language models, Bradley-Terry with intervals) with jax 0.8.1,
# numpy 2.3.3 and pandas 2.3.3, Python 3.11 or newer. Votes of a judge: north won 80 of 100 against south, south 70 of
# 100 against east. The column "winner" has model_a or model_b, as the README names it.
#
# Behaviour: the outcome of a vote is looked up among model_a, model_b, tie and both_bad, and whatever else stands there
# counts as a tie: nothing at all, where a judge failed, an error's name, "A" and "B", the name of the winner. So 100
# rows in which the judge gave no answer more than halve the distance of two models, and as they count as votes, the
# intervals become narrower: what was 241 points is 108, and neither model's new interval holds its old rating. Votes
# written "A" and "B" make both models equal, with the narrowest interval of all. Nothing is raised or logged. Dropping
# the rows first gives the first line again.
# Consequence: the more often a judge fails, the more alike and the more certain the ratings are.
#
# Seen (rating and 95 % interval of north and south):
#   100 votes: north 1210 [1148, 1272], south 969 [931, 1006]
#   and 100 without an answer: north 1121 [1087, 1154], south 1013 [986, 1040]
#   and 100 of "error": north 1121 [1087, 1154], south 1013 [986, 1040]
#   and 100 of "tie": north 1121 [1087, 1154], south 1013 [986, 1040]
#   the 100 votes as A and B: north 1049 [1024, 1074], south 1049 [1024, 1074]
#
# Exits non-zero when that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check --no-compile arena-rank==0.1.1 jax==0.8.1 \
    numpy==2.3.3 pandas==2.3.3 2>/dev/null
cat >"$folder/rate.py" <<'PY'
import pandas as pd
from arena_rank.models.bradley_terry import BradleyTerry
from arena_rank.utils.data_utils import PairDataset

OTHERS = [("south", "east", "model_a")] * 70 + [("south", "east", "model_b")] * 30
VOTES = ["model_a"] * 80 + ["model_b"] * 20


def show(name, votes):
    rows = [("north", "south", vote) for vote in votes] + OTHERS
    data = PairDataset.from_pandas(pd.DataFrame(rows, columns=["model_a", "model_b", "winner"]))
    rated = BradleyTerry(n_competitors=len(data.competitors)).compute_ratings_and_cis(data)
    keys = "competitors", "ratings", "rating_lower", "rating_upper"
    by_name = {model: [round(float(value)) for value in values] for model, *values in zip(*(rated[k] for k in keys))}
    print(f"{name}:", ", ".join("{} {} [{}, {}]".format(model, *by_name[model]) for model in ("north", "south")))


show("100 votes", VOTES)
show("and 100 without an answer", VOTES + [None] * 100)
show('and 100 of "error"', VOTES + ["error"] * 100)
show('and 100 of "tie"', VOTES + ["tie"] * 100)
show("the 100 votes as A and B", ["A"] * 80 + ["B"] * 20)
PY
JAX_PLATFORMS=cpu "$folder/venv/bin/python" -W ignore "$folder/rate.py" 2>"$folder/err" | tee "$folder/out" ||
    { tail -5 "$folder/err"; exit 1; }
diff "$folder/out" - <<'SEEN'
100 votes: north 1210 [1148, 1272], south 969 [931, 1006]
and 100 without an answer: north 1121 [1087, 1154], south 1013 [986, 1040]
and 100 of "error": north 1121 [1087, 1154], south 1013 [986, 1040]
and 100 of "tie": north 1121 [1087, 1154], south 1013 [986, 1040]
the 100 votes as A and B: north 1049 [1024, 1074], south 1049 [1024, 1074]
SEEN
