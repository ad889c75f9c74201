#!/usr/bin/env bash
# openevals 0.2.2 (create_json_match_evaluator, for lists of records that a model extracts) with langchain-core 1.8.3,
# Python 3.11 or newer. Each case is a list of records from the model and the list that is expected.
#
# Behaviour: with list_aggregator="average" the score is the mean over the matched records. Without records there is
# none, and it is 0: a document in which there is nothing to find, and where the model found nothing, counts as
# failed. With list_aggregator="all", the default, the same two empty lists have 1, as have an empty list in the mode
# "subset" and a record that is {} on both sides. And in the mode "same_elements", which is for lists in any order,
# each record takes the best of the expected ones that are left, in the order in which the model wrote them: the same
# two records have 0.5, and in the other order 0.75, which is what the best pairing gives. No comment in the result
# tells of either.
# Consequence: a model that rightly finds nothing in the documents without a hit loses against one that makes
# something up in them and is otherwise better, and averages of two runs differ by the order of their records.
#
# Seen (average, all):
#   nothing expected, nothing found: 0.0 1.0
#   nothing expected, one made up: 0.0 0.0
#   one of two expected, found right: 0.5 0.0
#   subset, nothing found: 0.0 1.0
#   two records, one of them in part: 0.5
#   the same in the other order: 0.75
#   best pairing: 0.75
#
# Exits non-zero when that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check --no-compile openevals==0.2.2 \
    langchain-core==1.8.3 2>/dev/null
cat >"$folder/match.py" <<'PY'
from itertools import permutations

from openevals.json import create_json_match_evaluator


def score(found, expected, list_aggregator, mode="same_elements"):
    evaluate = create_json_match_evaluator(
        aggregator="average", list_aggregator=list_aggregator, list_match_mode=mode
    )
    (result,) = evaluate(outputs=found, reference_outputs=expected)
    return float(result["score"])


def show(name, found, expected, **more):
    print(f"{name}:", *(score(found, expected, how, **more) for how in ("average", "all")))


def pair(found, expected):
    keys = found.keys() | expected.keys()
    return sum(key in found and found[key] == expected.get(key) for key in keys) / len(keys)


first, second = {"name": "tide", "hour": 9}, {"name": "tide", "hour": 21}
show("nothing expected, nothing found", [], [])
show("nothing expected, one made up", [first], [])
show("one of two expected, found right", [first], [first, second])
show("subset, nothing found", [], [first], mode="subset")
part = {"name": "tide"}
print("two records, one of them in part:", score([part, first], [first, second], "average"))
print("the same in the other order:", score([first, part], [first, second], "average"))
best = max((pair(part, one) + pair(first, other)) / 2 for one, other in permutations([first, second]))
print("best pairing:", best)
PY
LANGSMITH_TRACING=false "$folder/venv/bin/python" -W ignore "$folder/match.py" 2>"$folder/err" | tee "$folder/out"
diff "$folder/out" - <<'SEEN'
nothing expected, nothing found: 0.0 1.0
nothing expected, one made up: 0.0 0.0
one of two expected, found right: 0.5 0.0
subset, nothing found: 0.0 1.0
two records, one of them in part: 0.5
the same in the other order: 0.75
best pairing: 0.75
SEEN
