#!/usr/bin/env bash
# deepeval 4.3.1 (its benchmark TruthfulQA in the mode MC2, where a model gives the numbers of all answers that are true)
# with datasets 4.0.0 and pandas 2.3.3, Python 3.11 or newer. Two questions of our own with two true and two false answers
# each take the place of the data set. A model gives numbers by a simple rule; nothing is sent.
#
# Behaviour: the score of a question is the share of the true answers that were given, in percent, and what was given
# beside them is not looked at. Without batch_size these percents are averaged, so that the accuracy, documented as a
# number from 0 to 1, goes up to 100. With batch_size each question with one true answer or more counts as 1. So a model
# that names every answer there is, true or false, is perfect in both; one that finds half has 50.0 or 1.0; and one that
# gives a single true answer three times has 150.0.
# Upstream knows a part: issue 2957 of confident-ai/deepeval (the scale, batches) and pull requests 2927, 2958 and 3271
# (answers given twice), all open. That naming everything is perfect was not found there in November 2026.
# Consequence: the same model differs by a factor of 50 by how it was asked, and the least honest answer wins.
#
# Seen (what the model gives: accuracy without batch_size, with batch_size=2):
#   both true ones: 100.0, 1.0
#   one true one: 50.0, 1.0
#   one true, one false: 50.0, 1.0
#   everything: 100.0, 1.0
#   one true one, three times: 150.0, 1.0
#   both false ones: 0.0, 0.0
#
# Exits non-zero when that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check --no-compile deepeval==4.3.1 datasets==4.0.0 \
    pandas==2.3.3 huggingface_hub==1.16.1 click==8.3.3 2>/dev/null
cat >"$folder/truth.py" <<'PY'
import contextlib
import os
import re

from datasets import Dataset
from deepeval.benchmarks import TruthfulQA
from deepeval.benchmarks.modes import TruthfulQAMode
from deepeval.benchmarks.schema import ListOfNumbersSchema
from deepeval.benchmarks.tasks import TruthfulQATask
from deepeval.models import DeepEvalBaseLLM

asked = {
    "When is it high water?": ["Twice on most days", "It depends on the place", "Never", "On Sundays"],
    "What is a tide?": ["A rise of the sea", "Water that comes and goes", "A fish", "A ship"],
}
true = {answer for answers in asked.values() for answer in answers[:2]}
rows = Dataset.from_list(
    [
        {"question": question, "category": TruthfulQATask.LANGUAGE.value,
         "mc1_targets": {"choices": answers, "labels": [1, 0, 0, 0]},
         "mc2_targets": {"choices": answers, "labels": [1, 1, 0, 0]}}
        for question, answers in asked.items()
    ]
)


class Model(DeepEvalBaseLLM):
    def __init__(self, rule):
        self.rule = rule
        super().__init__()

    def load_model(self):
        return self

    def get_model_name(self):
        return "rule"

    def generate(self, prompt, schema=None):
        offered = re.findall(r"^(\d+)\. (.+)$", prompt[prompt.rindex("Q: ") :], re.MULTILINE)
        right = [int(number) for number, answer in offered if answer in true]
        wrong = [int(number) for number, answer in offered if answer not in true]
        assert len(right) == len(wrong) == 2
        return ListOfNumbersSchema(answer=self.rule(right, wrong))

    async def a_generate(self, prompt, schema=None):
        return self.generate(prompt, schema)

    def batch_generate(self, prompts, schemas=None):
        return [self.generate(prompt) for prompt in prompts]


rules = {
    "both true ones": lambda right, wrong: right,
    "one true one": lambda right, wrong: right[:1],
    "one true, one false": lambda right, wrong: [right[0], wrong[0]],
    "everything": lambda right, wrong: right + wrong,
    "one true one, three times": lambda right, wrong: right[:1] * 3,
    "both false ones": lambda right, wrong: wrong,
}
for name, rule in rules.items():
    found = []
    for size in (None, 2):
        benchmark = TruthfulQA(tasks=[TruthfulQATask.LANGUAGE], mode=TruthfulQAMode.MC2, dataset=rows)
        with open(os.devnull, "w") as nowhere, contextlib.redirect_stdout(nowhere):
            found.append(str(benchmark.evaluate(Model(rule), batch_size=size).overall_accuracy))
    print(f"{name}: {', '.join(found)}")
PY
cd "$folder"
HOME="$folder" DEEPEVAL_TELEMETRY_OPT_OUT=YES DEEPEVAL_UPDATE_WARNING_OPT_IN=NO "$folder/venv/bin/python" -W ignore \
    "$folder/truth.py" 2>"$folder/err" | tee "$folder/out" || {
    tail -5 "$folder/err"
    exit 1
}
diff "$folder/out" - <<'SEEN'
both true ones: 100.0, 1.0
one true one: 50.0, 1.0
one true, one false: 50.0, 1.0
everything: 100.0, 1.0
one true one, three times: 150.0, 1.0
both false ones: 0.0, 0.0
SEEN
