#!/usr/bin/env bash
# lm_eval 0.4.13 (lm-evaluation-harness), Python 3.11 or newer. Its task gsm8k, filter flexible-extract and metric as the
# task's own file configures them, over answers of a model.
#
# Behaviour: the filter takes the last run of two or more of the characters "$0-9.,", with a digit or without. So dots
# after the number are the answer: "... That is 18 eggs in all..." is marked wrong where 18 is right, and "So it is 18."
# is marked right. A "0" that is said after the number would be an ordinary last number; dots are no number at all.
#
# Seen:
#   1 So it is 18.
#   0 That is 18 eggs in all...
#   0 18 eggs, as I said ..
#   1 #### 18
#
# Exits non-zero when that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check 'lm_eval[api]==0.4.13' 2>/dev/null
cat >"$folder/mark.py" <<'PY'
from pathlib import Path

import lm_eval.tasks
import yaml
from lm_eval.api.instance import Instance
from lm_eval.api.metrics import exact_match_fn
from lm_eval.filters import build_filter_ensemble

task = yaml.safe_load((Path(lm_eval.tasks.__file__).parent / "gsm8k" / "gsm8k.yaml").read_text())
(flexible,) = (item for item in task["filter_list"] if item["name"] == "flexible-extract")
(metric,) = task["metric_list"]
ignored = {name: metric[name] for name in ("ignore_case", "ignore_punctuation", "regexes_to_ignore")}
for answer in ("So it is 18.", "That is 18 eggs in all...", "18 eggs, as I said ..", "#### 18"):
    made = Instance("generate_until", {}, (), 0, ("gsm8k", 0, 1), [answer])
    parts = [({**part}.pop("function"), {k: v for k, v in part.items() if k != "function"}) for part in flexible["filter"]]
    build_filter_ensemble("flexible-extract", parts).apply([made])
    said = made.filtered_resps["flexible-extract"]
    right = exact_match_fn(predictions=[said], references=["16 + 2 = 18\n#### 18"], **ignored)["exact_match"]
    print(int(right), answer)
PY
HF_HUB_OFFLINE=1 "$folder/venv/bin/python" "$folder/mark.py" 2>/dev/null | tee "$folder/out"
diff "$folder/out" - <<'SEEN'
1 So it is 18.
0 That is 18 eggs in all...
0 18 eggs, as I said ..
1 #### 18
SEEN
