#!/usr/bin/env bash
# inspect-ai 0.3.285 (Inspect), Python 3.11 or newer. Its scorer match(numeric=True), the usual one for sums such as
# those of GSM8K, over what a model answered. No model is asked.
#
# Behaviour: the number of the answer and the target are brought to five significant digits before they are compared.
# So from 100000 on an answer may be off: 1000004 is right where 1000000 is, 123464 where 123456 is, but 123466 is
# wrong where 123464 is right, since a border of the rounding lies between them. Decimals have it too: 3.14159 is
# 3.1416. The docstring says that numbers are normalized and compared, nothing of a tolerance. The answer that a score
# keeps is the rounded one, 1e+06.
# Consequence: wrong sums, populations and identifiers are right, and only in tasks with large numbers.
#
# Seen (answer, target: match(numeric=True), what it keeps as the answer, match()):
#   99998 99999: I 99998 I
#   100001 100002: C 1e+05 I
#   1000004 1000000: C 1e+06 I
#   123464 123456: C 1.2346e+05 I
#   123466 123464: I 1.2347e+05 I
#   3.14159 3.1416: C 3.1416 I
#
# Exits non-zero when that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check --no-compile inspect-ai==0.3.285 2>/dev/null
cat >"$folder/score.py" <<'PY'
import asyncio

from inspect_ai.model import ModelName, ModelOutput
from inspect_ai.scorer import Target, match
from inspect_ai.solver import TaskState


def score(scorer, answer, target):
    state = TaskState(ModelName("mockllm/model"), 1, 1, "How much?", [])
    state.output = ModelOutput.from_content("mockllm/model", f"ANSWER: {answer}")
    return asyncio.run(scorer(state, Target(target)))


for answer, target in (("99998", "99999"), ("100001", "100002"), ("1000004", "1000000"), ("123464", "123456"),
                       ("123466", "123464"), ("3.14159", "3.1416")):
    numeric = score(match(numeric=True), answer, target)
    print(f"{answer} {target}:", numeric.value, numeric.answer, score(match(), answer, target).value)
PY
HOME="$folder" "$folder/venv/bin/python" -W ignore "$folder/score.py" 2>"$folder/err" | tee "$folder/out" || {
    tail -5 "$folder/err"
    exit 1
}
diff "$folder/out" - <<'SEEN'
99998 99999: I 99998 I
100001 100002: C 1e+05 I
1000004 1000000: C 1e+06 I
123464 123456: C 1.2346e+05 I
123466 123464: I 1.2347e+05 I
3.14159 3.1416: C 3.1416 I
SEEN
