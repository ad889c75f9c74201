#!/usr/bin/env bash
# deepeval 4.3.1 (its benchmark IFEval: does a model obey orders that a program can check) with datasets 4.0.0 and pandas
# 2.3.3, Python 3.11 or newer. The data set of that name has 25 kinds of orders. A question of our own for each kind, in
# the data set's form, takes its place. The model, which is no model, gives one answer that breaks every order.
#
# Behaviour: what deepeval checks goes by names, of which 9 are names that the data set has. The others are its own, as
# "detectable_format:json" where the data set has "json_format", or "keywords:must_include" for "existence". A name that
# it does not know, but whose first part it does, counts as obeyed, without a word. So 15 of the 25 kinds are obeyed by
# any answer. The kind whose first part it does not know, the language of the answer, is broken by any answer: the same
# order is not obeyed in German either, where German was asked for.
# Upstream knows: issue 3063 of confident-ai/deepeval and the change for it (3066), both open in November 2026.
# Consequence: accuracies that can not be compared with IFEval's of others, the more wrong the worse a model is.
#
# Seen (an answer that breaks them all):
#   accuracy 0.6, obeyed 15 of 25
#   noticed: no_comma, number_words, number_sentences, number_placeholders, postscript, number_highlighted_sections,
#   title, english_lowercase, repeat_prompt, response_language
#   a German answer where German was asked for: 0.0
#
# Exits non-zero when that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check --no-compile deepeval==4.3.1 datasets==4.0.0 \
    pandas==2.3.3 huggingface_hub==1.16.1 click==8.3.3 2>/dev/null
cat >"$folder/obey.py" <<'PY'
import contextlib
import os

from deepeval.benchmarks import IFEval
from deepeval.benchmarks.schema import StringSchema
from deepeval.models import DeepEvalBaseLLM

orders = {
    "punctuation:no_comma": {},
    "length_constraints:number_words": {"num_words": 100, "relation": "at least"},
    "length_constraints:number_sentences": {"num_sentences": 5, "relation": "at least"},
    "length_constraints:number_paragraphs": {"num_paragraphs": 4},
    "length_constraints:nth_paragraph_first_word": {"num_paragraphs": 2, "nth_paragraph": 1, "first_word": "tide"},
    "detectable_content:number_placeholders": {"num_placeholders": 3},
    "detectable_content:postscript": {"postscript_marker": "P.S."},
    "detectable_format:number_bullet_lists": {"num_bullets": 3},
    "detectable_format:constrained_response": {},
    "detectable_format:number_highlighted_sections": {"num_highlights": 3},
    "detectable_format:multiple_sections": {"section_spliter": "Part", "num_sections": 3},
    "detectable_format:json_format": {},
    "detectable_format:title": {},
    "keywords:existence": {"keywords": ["tide"]},
    "keywords:frequency": {"keyword": "tide", "frequency": 3, "relation": "at least"},
    "keywords:forbidden_words": {"forbidden_words": ["rather"]},
    "keywords:letter_frequency": {"letter": "z", "let_frequency": 5, "let_relation": "at least"},
    "change_case:english_lowercase": {},
    "change_case:english_capital": {},
    "change_case:capital_word_frequency": {"capital_frequency": 5, "capital_relation": "at least"},
    "combination:two_responses": {},
    "combination:repeat_prompt": {"prompt_to_repeat": "Tell me of tides."},
    "startend:end_checker": {"end_phrase": "That is all."},
    "startend:quotation": {},
    "language:response_language": {"language": "de"},
}
assert len(orders) == 25


class Model(DeepEvalBaseLLM):
    def __init__(self, answer):
        self.answer = answer
        super().__init__()

    def load_model(self):
        return self

    def get_model_name(self):
        return "one answer"

    def generate(self, prompt, schema=None):
        return StringSchema(answer=self.answer)

    async def a_generate(self, prompt, schema=None):
        return self.generate(prompt, schema)


def obeyed(names, answer):
    rows = [{"prompt": "Tell me of tides.", "instruction_id_list": [name], "kwargs": [orders[name]]} for name in names]
    with open(os.devnull, "w") as nowhere, contextlib.redirect_stdout(nowhere):
        return IFEval(dataset={"train": rows}).evaluate(Model(answer))


result = obeyed(orders, "Well, I would rather not.")
kinds = result.instruction_breakdown
print(f"accuracy {result.overall_accuracy}, obeyed {sum(kinds.values()):.0f} of {len(kinds)}")
print("noticed:", ", ".join(name.split(":")[1] for name, share in kinds.items() if not share))
german = obeyed(["language:response_language"], "Ebbe und Flut wechseln einander zweimal am Tag ab.")
print("a German answer where German was asked for:", german.overall_accuracy)
PY
cd "$folder"
HOME="$folder" DEEPEVAL_TELEMETRY_OPT_OUT=YES DEEPEVAL_UPDATE_WARNING_OPT_IN=NO "$folder/venv/bin/python" -W ignore \
    "$folder/obey.py" 2>"$folder/err" | tee "$folder/out" || {
    tail -5 "$folder/err"
    exit 1
}
diff "$folder/out" - <<'SEEN'
accuracy 0.6, obeyed 15 of 25
noticed: no_comma, number_words, number_sentences, number_placeholders, postscript, number_highlighted_sections, title, english_lowercase, repeat_prompt, response_language
a German answer where German was asked for: 0.0
SEEN
