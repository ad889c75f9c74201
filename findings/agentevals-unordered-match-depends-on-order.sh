#!/usr/bin/env bash
# agentevals 0.0.9 and openevals 0.2.2 (two packages of one maker with the same evaluator of tool calls), Python 3.11 or
# newer. Trajectory mode "unordered" with tool_args_match_mode "superset": the model may give more arguments than the
# reference asks for.
#
# Behaviour: both pair the calls greedily. Each expected call takes the first call that fits, and never gives it back. The
# expected calls are ferry(to=Ghent) and ferry(to=Ghent, day=Monday), and the model makes exactly these two, in the other
# order. The first expected call takes the fuller one, nothing is left for the second, and the answer is "no match". In the
# first order the same calls match. agentevals also compares both ways round without turning the arguments' mode with them,
# so that one call with one more argument is no match in its mode "superset"; in openevals it is one.
# Consequence: a model that is right is marked wrong, depending on the order in which calls were recorded or expected, in
# the mode that is there to make the order not matter.
#
# Seen:
#   agentevals: same order True, other order False, one call with one more argument False
#   openevals: same order True, other order False, one call with one more argument True
#
# Exits non-zero when that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check agentevals==0.0.9 openevals==0.2.2 2>/dev/null
cat >"$folder/match.py" <<'PY'
import importlib
import json


def made(*calls):
    calls = [{"id": str(i), "type": "function", "function": {"name": "ferry", "arguments": json.dumps(arguments)}}
             for i, arguments in enumerate(calls)]
    return [{"role": "user", "content": "When?"}, {"role": "assistant", "content": "", "tool_calls": calls}]


some, more = {"to": "Ghent"}, {"to": "Ghent", "day": "Monday"}
for package in ("agentevals", "openevals"):
    create = importlib.import_module(f"{package}.trajectory.match").create_trajectory_match_evaluator
    evaluator = create(trajectory_match_mode="unordered", tool_args_match_mode="superset")
    same, other, one = (
        evaluator(outputs=made(*calls), reference_outputs=made(*expected))["score"]
        for calls, expected in (([some, more], [some, more]), ([more, some], [some, more]), ([more], [some]))
    )
    print(f"{package}: same order {same}, other order {other}, one call with one more argument {one}")
PY
LANGSMITH_TRACING=false "$folder/venv/bin/python" "$folder/match.py" 2>/dev/null | tee "$folder/out"
diff "$folder/out" - <<'SEEN'
agentevals: same order True, other order False, one call with one more argument False
openevals: same order True, other order False, one call with one more argument True
SEEN
