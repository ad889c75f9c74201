#!/usr/bin/env bash
# crfm-helm 0.5.16 (HELM; its own computation of metrics for an answer) with nltk 3.10.4, rouge_score 0.1.2 and numpy
# 2.4.6, Python 3.11 or newer. Questions with one right letter, as its scenario MM-Star has them: the adapter asks for
# "just the letter of the correct answer", the reference is the letter alone. No model is asked and no data set loaded;
# the package datasets, which is only needed for that, is an empty module here.
#
# Behaviour: the main metric of MM-Star, and of eight more of HELM's scenarios with pictures, is
# quasi_prefix_exact_match: does the answer begin with the reference, when both are brought to lower case and have lost
# their punctuation and articles. "A" is an article. So nothing is left of the reference, and every text begins with
# nothing: B, C, "I do not know" and "The" are right wherever A is. Also quasi_exact_match is wrong there: A and "The"
# are equal. With four letters that come up equally often, a model that always says D has not 0.25 but 0.5. A minus and
# a decimal point are punctuation: -1.5 is 15 for both metrics. The description of the metric says "matches a correct
# reference up to light processing".
# Consequence: results of models that know the answers and of models that do not are drawn together, by a quarter of the
# questions.
#
# Seen (right answer: answer: exact_match, prefix_exact_match, quasi_exact_match, quasi_prefix_exact_match):
#   D: D: 1 1 1 1
#   D: B: 0 0 0 0
#   A: A: 1 1 1 1
#   A: B: 0 0 0 1
#   A: The: 0 0 1 1
#   A: I do not know.: 0 0 0 1
#   -1.5: 15: 0 0 1 1
#   -1.5: 15 metres: 0 0 0 1
#   always D, 100 questions: 0.25 0.25 0.25 0.5
#
# Exits non-zero when that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check --no-compile --no-deps crfm-helm==0.5.16 nltk==3.10.4 \
    rouge_score==0.1.2 numpy==2.4.6 regex absl-py six filelock zstandard tqdm pyhocon pyparsing pyyaml colorlog \
    sqlitedict retrying mako markupsafe dacite cattrs attrs typing_extensions 2>/dev/null
echo 'load_dataset = DatasetDict = None' >datasets.py
cat >score.py <<'PY'
from helm.benchmark.adaptation.adapter_spec import AdapterSpec
from helm.benchmark.adaptation.request_state import RequestState
from helm.benchmark.metrics.evaluate_reference_metrics import compute_reference_metrics
from helm.benchmark.scenarios.scenario import CORRECT_TAG, Input, Instance, Output, Reference
from helm.common.request import GeneratedOutput, Request, RequestResult

NAMES = ["exact_match", "prefix_exact_match", "quasi_exact_match", "quasi_prefix_exact_match"]


def score(right, answer):
    instance = Instance(Input(text="Which?"), [Reference(Output(text=right), [CORRECT_TAG])])
    result = RequestResult(True, [], [GeneratedOutput(answer, 0.0, [])], False)
    state = RequestState(instance, None, None, 0, None, Request(), result, 0, False)
    stats = compute_reference_metrics(NAMES, AdapterSpec(), state, None)
    return [next(stat.mean for stat in stats if stat.name.name == name) for name in NAMES]


for right, answer in (("D", "D"), ("D", "B"), ("A", "A"), ("A", "B"), ("A", "The"), ("A", "I do not know."),
                      ("-1.5", "15"), ("-1.5", "15 metres")):
    print(f"{right}: {answer}:", *map(int, score(right, answer)))
always = [score(letter, "D") for letter in "ABCD" * 25]
print("always D, 100 questions:", *(sum(each) / len(always) for each in zip(*always)))
PY
HOME="$folder" NLTK_DATA="$folder" venv/bin/python -W ignore score.py 2>err | tee out || { tail -5 err; exit 1; }
diff out - <<'SEEN'
D: D: 1 1 1 1
D: B: 0 0 0 0
A: A: 1 1 1 1
A: B: 0 0 0 1
A: The: 0 0 1 1
A: I do not know.: 0 0 0 1
-1.5: 15: 0 0 1 1
-1.5: 15 metres: 0 0 0 1
always D, 100 questions: 0.25 0.25 0.25 0.5
SEEN
