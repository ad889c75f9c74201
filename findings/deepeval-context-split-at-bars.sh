#!/usr/bin/env bash
# deepeval 4.3.1: a dataset that is saved as JSON Lines or CSV and loaded again has other documents than before when one of
# them holds a vertical bar, as every Markdown table does. Lists are joined by "|" on the way out and split at every "|" on
# the way in. Saved as JSON the lists are kept.
# Output seen:
#   json: 2 documents
#   jsonl: 8 documents
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check 'deepeval==4.3.1'
cd "$work"
export DEEPEVAL_TELEMETRY_OPT_OUT=YES
seen=$("$work/venv/bin/python" - <<'PROGRAM' 2>/dev/null
import glob

from deepeval.dataset import EvaluationDataset, Golden

table = "| ferry | leaves |\n| A | 09:00 |"
dataset = EvaluationDataset(goldens=[Golden(input="When?", context=[table, "Ferries run daily."])])
for kind in ("json", "jsonl"):
    dataset.save_as(file_type=kind, directory=kind)
    (path,) = glob.glob(f"{kind}/*")
    again = EvaluationDataset()
    if kind == "json":
        again.add_goldens_from_json_file(path)
    else:
        again.add_goldens_from_jsonl_file(path)
    print(f"{kind}: {len(again.goldens[0].context)} documents")
PROGRAM
)
seen=$(grep ' documents$' <<<"$seen")
echo "$seen"
[ "$seen" = "json: 2 documents
jsonl: 8 documents" ]
