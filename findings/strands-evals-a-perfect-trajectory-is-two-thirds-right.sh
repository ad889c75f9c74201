#!/usr/bin/env bash
# strands-agents-evals 1.7.0 (evaluation of agents), its three scorers of trajectories, which TrajectoryEvaluator hands
# to its judge as tools, Python 3.11 or newer. They are called here without a model. A trajectory is a list of names of
# tools. Two searches and a payment are expected, or one search and a payment.
#
# Behaviour: any_order_match_scorer counts the different names that both have, and divides by the number of calls that
# are expected. So where a tool is expected twice the right trajectory cannot reach 1, and one that leaves a call out
# has the same score. exact_match_scorer goes through both lists only as far as the shorter one goes: whatever the
# agent does after the expected calls, a second payment too, is an exact match, of which the description says that 1
# indicates a perfect match; and a call too many at the start, after which all is right, has 0. Nothing is logged.
# Consequence: the judge is told that a right run with a repeated tool is two thirds right, and that one that pays
# three times instead of once is an exact match.
#
# Seen (exact, in order, any order):
#   two searches, as expected: 1.00 1.00 0.67
#   one search, where two are expected: 0.33 0.33 0.67
#   one search, as expected: 1.00 1.00 1.00
#   one search, paid three times: 1.00 1.00 1.00
#   asked first, then as expected: 0.00 1.00 1.00
#
# Exits non-zero when that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check --no-compile strands-agents-evals==1.7.0 2>/dev/null
cat >trajectory.py <<'PY'
from strands_evals.tools import evaluation_tools

scorers = [getattr(evaluation_tools, f"{name}_match_scorer") for name in ("exact", "in_order", "any_order")]


def show(name, actual, expected):
    scores = [scorer(actual_trajectory=actual, expected_trajectory=expected) for scorer in scorers]
    print(f"{name}:", *(f"{score:.2f}" for score in scores))


twice = ["search", "search", "pay"]
once = ["search", "pay"]
show("two searches, as expected", twice, twice)
show("one search, where two are expected", once, twice)
show("one search, as expected", once, once)
show("one search, paid three times", [*once, "pay", "pay"], once)
show("asked first, then as expected", ["ask", *once], once)
PY
venv/bin/python -W ignore trajectory.py 2>err | tee out || { tail -5 err; exit 1; }
diff out - <<'SEEN'
two searches, as expected: 1.00 1.00 0.67
one search, where two are expected: 0.33 0.33 0.67
one search, as expected: 1.00 1.00 1.00
one search, paid three times: 1.00 1.00 1.00
asked first, then as expected: 0.00 1.00 1.00
SEEN
