#!/usr/bin/env bash
# lm_eval 0.4.13 (lm-evaluation-harness), Python 3.11 or newer. Its tasks mgsm_direct, mgsm_en_cot and mgsm_native_cot_de,
# filters and metric as the tasks' own files configure them, beside gsm8k, whose problems they translate.
#
# Behaviour: the files of mgsm switch on ignore_punctuation for an answer that is a number. The minus sign and the decimal
# point are punctuation, so the metric removes them from both sides before it compares, although each filter was careful to
# find them. An answer of -18 or of 1.8 is marked right where 18 is the solution. gsm8k switches the option off. So a model
# that gets the sign wrong, or is wrong by a factor of ten, scores higher in MGSM than for the same problem in GSM8K, and no
# log shows it: the filtered answer is written down with its sign.
#
# Seen (1 is marked right; the solution is 18):
#   mgsm_direct        18:1  -18:1  1.8:1
#   mgsm_en_cot        18:1  -18:1  1.8:1
#   mgsm_native_cot_de 18:1  -18:1  1.8:1
#   gsm8k              18:1  -18:0  1.8:0
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

tasks = Path(lm_eval.tasks.__file__).parent
for name, files, filter_name, said in (
    ("mgsm_direct", ["mgsm/direct/direct_yaml"], "flexible-extract", "It is {}"),
    ("mgsm_en_cot", ["mgsm/en_cot/cot_yaml"], "strict-match", "The answer is {}"),
    ("mgsm_native_cot_de", ["mgsm/native_cot/cot_yaml", "mgsm/native_cot/mgsm_native_cot_de.yaml"], "strict-match",
     "Die Antwort lautet {}"),
    ("gsm8k", ["gsm8k/gsm8k.yaml"], "flexible-extract", "It is {}"),
):
    task = {}
    for file in files:
        task |= yaml.safe_load((tasks / file).read_text())
    (used,) = (item for item in task["filter_list"] if item["name"] == filter_name)
    (metric,) = task["metric_list"]
    options = {k: metric[k] for k in ("ignore_case", "ignore_punctuation", "regexes_to_ignore") if k in metric}
    parts = [(part["function"], {k: v for k, v in part.items() if k != "function"}) for part in used["filter"]]
    marks = []
    for answer in ("18", "-18", "1.8"):
        made = Instance("generate_until", {}, (), 0, (name, 0, 1), [said.format(answer)])
        build_filter_ensemble(filter_name, parts).apply([made])
        found = made.filtered_resps[filter_name]
        assert found == answer, found
        mark = exact_match_fn(predictions=[found], references=["18"], **options)["exact_match"]
        marks.append(f"{answer}:{int(mark)}")
    print(f"{name:18}", "  ".join(marks))
PY
HF_HUB_OFFLINE=1 "$folder/venv/bin/python" "$folder/mark.py" 2>/dev/null | tee "$folder/out"
diff "$folder/out" - <<'SEEN'
mgsm_direct        18:1  -18:1  1.8:1
mgsm_en_cot        18:1  -18:1  1.8:1
mgsm_native_cot_de 18:1  -18:1  1.8:1
gsm8k              18:1  -18:0  1.8:0
SEEN
