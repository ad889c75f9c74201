#!/usr/bin/env bash
# ragas 0.4.3 (with langchain-community 0.3.31): a dataset file whose multi-turn `user_input` holds messages in OpenAI's
# form, {"role": "assistant", "content": ...}, loads without an error or a warning, and every message is a human's.
# The loader looks for `type` and falls back to HumanMessage; a `role` is ignored like any unknown key.
# Consequence: metrics over turns of such a file judge a conversation in which nobody answered.
# Output seen: roles read back: human human human
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check 'ragas==0.4.3' 'langchain-community==0.3.31'
cat >"$work/conversation.jsonl" <<'LINES'
{"user_input": [{"role": "user", "content": "When does the ferry leave?"}, {"role": "assistant", "content": "At nine."}, {"role": "user", "content": "And back?"}], "reference": "At noon."}
LINES
cd "$work"
export RAGAS_DO_NOT_TRACK=true
seen=$("$work/venv/bin/python" - <<'PROGRAM' 2>/dev/null
from ragas.dataset_schema import EvaluationDataset

dataset = EvaluationDataset.from_jsonl("conversation.jsonl")
print("roles read back:", *(message.type for message in dataset.samples[0].user_input))
PROGRAM
)
echo "$seen"
[ "$seen" = "roles read back: human human human" ]
