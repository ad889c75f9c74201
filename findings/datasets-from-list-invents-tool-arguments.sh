#!/usr/bin/env bash
# datasets 5.2.0: the same chat rows, whose tool calls hold their arguments as objects, are written differently by the two
# usual ways in. `load_dataset("json", ...)` gives a column of differing objects the feature Json and keeps each as it is.
# `Dataset.from_list` gives it one struct type: every key of any row stands in all rows, as null, and to_json writes calls
# with arguments that nobody passed. Fine-tuning on such a file teaches them, replaying it sends them.
# Output seen:
#   load_dataset: {"x":1} {"city":"Ghent"}
#   from_list: {"x":1,"city":null} {"x":null,"city":"Ghent"}
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check 'datasets==5.2.0'
cd "$work"
export HF_HUB_OFFLINE=1 HF_HOME="$work/home" HF_DATASETS_DISABLE_PROGRESS_BARS=1
seen=$("$work/venv/bin/python" - <<'PROGRAM' 2>/dev/null
import json
from pathlib import Path

from datasets import Dataset, load_dataset

rows = [
    {"messages": [{"role": "assistant", "tool_calls": [{"function": {"name": "f", "arguments": arguments}}]}]}
    for arguments in ({"x": 1}, {"city": "Ghent"})
]
Path("in.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
ways = {
    "load_dataset": lambda: load_dataset("json", data_files="in.jsonl", split="train"),
    "from_list": lambda: Dataset.from_list(rows),
}
for name, way in ways.items():
    way().to_json("out.jsonl")
    found = []
    for line in Path("out.jsonl").read_text().splitlines():
        call = json.loads(line)["messages"][0]["tool_calls"][0]
        found.append(json.dumps(call["function"]["arguments"], separators=(",", ":")))
    print(f"{name}:", *found)
PROGRAM
)
echo "$seen"
[ "$seen" = 'load_dataset: {"x":1} {"city":"Ghent"}
from_list: {"x":1,"city":null} {"x":null,"city":"Ghent"}' ]
