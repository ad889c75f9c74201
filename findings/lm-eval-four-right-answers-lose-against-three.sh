#!/usr/bin/env bash
# lm_eval 0.4.13 (lm-evaluation-harness), Python 3.11 or newer. Its task gsm8k_cot_self_consistency, filters and metric
# as the task's own files configure them: of several answers to one question the most frequent one is taken (maj@8,
# maj@64). The solution is 1000.
#
# Behaviour: the votes are the texts that a pattern cuts out of the answers. What makes one number of "1,000" and
# "1000" belongs to the metric and comes after the vote. So four right answers in two spellings lose against three
# wrong ones, although each of the four is marked right by itself. An answer without the sentence that the pattern
# looks for has a vote too, for "[invalid]": one that was cut off by the limit of tokens, or that has a dollar sign
# before the number, which the metric would ignore. Four of them win over three right ones, where nobody else has more
# than one vote. A tie goes to the number that was said first.
# Consequence: maj@8 and maj@64 depend on how evenly a model writes its numbers, and more attempts do not help one that
# writes them in two ways.
#
# Seen (answers that are right by themselves, maj@8):
#   8 times 1000: 8 of 8, 1
#   2 times 1,000, 2 times 1000, 3 times 900, once 950: 4 of 8, 0
#   3 times 1000, 4 times cut off, once 900: 3 of 8, 0
#   5 times $1000, 3 times 900: 0 of 8, 0
#
# Exits non-zero when that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check 'lm_eval[api]==0.4.13' 2>/dev/null
cat >"$folder/vote.py" <<'PY'
from pathlib import Path

import lm_eval.tasks
import yaml
from lm_eval.api.instance import Instance
from lm_eval.api.metrics import exact_match_fn
from lm_eval.filters import build_filter_ensemble

folder = Path(lm_eval.tasks.__file__).parent / "gsm8k"
filters = yaml.safe_load((folder / "gsm8k-cot-self-consistency.yaml").read_text())["filter_list"]
(metric,) = yaml.safe_load((folder / "gsm8k-cot.yaml").read_text())["metric_list"]
ignored = {name: metric[name] for name in ("ignore_case", "ignore_punctuation", "regexes_to_ignore")}


def right(name, answers):
    made = Instance("generate_until", {}, (), 0, ("gsm8k", 0, 1), answers)
    (found,) = (item["filter"] for item in filters if item["name"] == name)
    parts = [(part["function"], {k: v for k, v in part.items() if k != "function"}) for part in found]
    build_filter_ensemble(name, parts).apply([made])
    said = made.filtered_resps[name]
    return int(exact_match_fn(predictions=[said], references=["500 * 2 = 1000\n#### 1000"], **ignored)["exact_match"])


for name, numbers in (
    ("8 times 1000", ["1000"] * 8),
    ("2 times 1,000, 2 times 1000, 3 times 900, once 950", ["1,000"] * 2 + ["1000"] * 2 + ["900"] * 3 + ["950"]),
    ("3 times 1000, 4 times cut off, once 900", ["1000"] * 3 + [None] * 4 + ["900"]),
    ("5 times $1000, 3 times 900", ["$1000"] * 5 + ["900"] * 3),
):
    answers = [f"He has 500 twice. The answer is {n}." if n else "He has 500 twice. That" for n in numbers]
    alone = sum(right("score-first", [answer]) for answer in answers)
    print(f"{name}: {alone} of 8, {right('maj@8', answers)}")
PY
HF_HUB_OFFLINE=1 "$folder/venv/bin/python" "$folder/vote.py" 2>"$folder/err" | tee "$folder/out"
diff "$folder/out" - <<'SEEN'
8 times 1000: 8 of 8, 1
2 times 1,000, 2 times 1000, 3 times 900, once 950: 4 of 8, 0
3 times 1000, 4 times cut off, once 900: 3 of 8, 0
5 times $1000, 3 times 900: 0 of 8, 0
SEEN
