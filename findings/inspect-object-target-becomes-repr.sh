#!/usr/bin/env bash
# inspect-ai 0.3.285: a line of a dataset whose `target` is an object ({"tide": "high", "exact": true}) loads without an
# error or a warning, and the target is Python's repr of it: single quotes, True for true. It is no JSON any more, so
# that a scorer which compares with JSON text, or parses it, never finds it equal. A number becomes text as well, and a
# list stays a list of texts. Keys that a sample does not have (`tags`, `expected`) are dropped in silence beside it.
# Consequence: who exports expected answers to Inspect dumps them to JSON text first.
# Output seen: "{'tide': 'high', 'exact': True}" '12' ['1', '2'] None
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check 'inspect-ai==0.3.285'
cat >"$work/cases.jsonl" <<'LINES'
{"id": "a", "input": "Tide?", "target": {"tide": "high", "exact": true}, "tags": ["sea"]}
{"id": "b", "input": "Hour?", "target": 12}
{"id": "c", "input": "Either?", "target": [1, 2]}
LINES
seen=$("$work/venv/bin/python" - "$work/cases.jsonl" <<'PROGRAM'
import sys

from inspect_ai.dataset import json_dataset

samples = list(json_dataset(sys.argv[1]))
print(*(repr(sample.target) for sample in samples), samples[0].metadata)
PROGRAM
)
echo "$seen"
[ "$seen" = "\"{'tide': 'high', 'exact': True}\" '12' ['1', '2'] None" ]
