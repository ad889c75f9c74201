#!/usr/bin/env bash
# ragas 0.4.3 (with langchain-community 0.3.31), Python 3.11 or newer. ToolCallAccuracy of ragas.metrics.collections and,
# beside it, ToolCallF1.
#
# Behaviour: the accuracy goes through the arguments that the reference has, and never looks at what else was passed. A call
# remove(path="/a", recursive=True) where remove(path="/a") was expected has accuracy 1.0. Values are compared as Python
# texts, so "1" is 1 and "None" is None. With strict_order=False both lists are sorted and compared place by place: where
# one of two calls is right and the other is wrong, the sorted lists are shifted and the result is 0.0, not 0.5. And the
# proportional penalty for a missing call, which its documentation promises, never matters: a list of another length
# is not aligned, and that already makes the result 0.0. Only warnings tell of the length, nothing tells of the rest.
# Consequence: an agent that adds options nobody asked for passes, and one that is half right counts as all wrong.
#
# Seen (made / expected: accuracy, accuracy in any order, F1):
#   one argument more: 1.0 1.0 0.0
#   text for a number: 1.0 1.0 0.0
#   one of two right: 0.0 0.0 0.5
#   one of two made: 0.0 0.0 0.6667
#
# Exits non-zero when that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check ragas==0.4.3 langchain-community==0.3.31 2>/dev/null
cat >"$folder/score.py" <<'PY'
import asyncio

from ragas.messages import AIMessage, ToolCall
from ragas.metrics.collections import ToolCallAccuracy, ToolCallF1


def calls(*arguments):
    return [ToolCall(name="remove", args=given) for given in arguments]


a, b, c = ({"path": f"/{letter}"} for letter in "abc")
metrics = (ToolCallAccuracy(), ToolCallAccuracy(strict_order=False), ToolCallF1())
for name, made, expected in (
    ("one argument more", calls({**a, "recursive": True}), calls(a)),
    ("text for a number", calls({"id": "1"}), calls({"id": 1})),
    ("one of two right", calls(b, c), calls(a, b)),
    ("one of two made", calls(a), calls(a, b)),
):
    turns = [AIMessage(content="", tool_calls=made)]
    scores = (asyncio.run(m.ascore(user_input=turns, reference_tool_calls=expected)).value for m in metrics)
    print(f"{name}:", *scores)
PY
RAGAS_DO_NOT_TRACK=true HOME="$folder" "$folder/venv/bin/python" "$folder/score.py" 2>/dev/null | tee "$folder/out"
diff "$folder/out" - <<'SEEN'
one argument more: 1.0 1.0 0.0
text for a number: 1.0 1.0 0.0
one of two right: 0.0 0.0 0.5
one of two made: 0.0 0.0 0.6667
SEEN
