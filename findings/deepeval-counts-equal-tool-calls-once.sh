#!/usr/bin/env bash
# deepeval 4.3.1 (ToolCorrectnessMetric), Python 3.11 or newer. An agent is expected to make a call twice, as for a job
# whose state it asks for until it is done, and makes exactly these calls. No model is asked: the metric's verdict on
# calls needs none.
#
# Behaviour: by default the metric pairs each expected call with one that was made, in any order, and keeps those that
# are paired in a set. Calls with equal names, arguments and results are one member of a set, so that the second of two
# equal calls is taken for paired already. Two calls that are expected and made count as half right, three as a third,
# ten as a tenth, and the reason says "Incomplete tool usage: missing tools []". With arguments that differ, although
# the metric does not look at arguments unless it is asked to, the same two calls are all right. So they are with
# should_consider_ordering and should_exact_match, which are the stricter ones.
# Consequence: agents that poll or repeat fail, the more calls the lower, and only in the lenient mode.
#
# Seen:
#   state, expected 1 and made 1: 1.00
#   state, expected 2 and made 2: 0.50
#   state, expected 3 and made 3: 0.33
#   state, expected 10 and made 10: 0.10
#   state, expected 2 and made 2, with arguments that differ: 1.00
#   state, expected 2 and made 2, should_consider_ordering: 1.00
#   state, expected 2 and made 2, should_exact_match: 1.00
#
# Exits non-zero when that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check --no-compile deepeval==4.3.1 2>/dev/null
cat >"$folder/score.py" <<'PY'
from deepeval.metrics import ToolCorrectnessMetric
from deepeval.models import DeepEvalBaseLLM
from deepeval.test_case import LLMTestCase, ToolCall


class Nobody(DeepEvalBaseLLM):
    def load_model(self, *args, **kwargs):
        return self

    def generate(self, *args, **kwargs):
        raise AssertionError("no model is asked")

    a_generate = generate

    def get_model_name(self, *args, **kwargs):
        return "nobody"


def score(count, note="", made=None, **options):
    calls = [ToolCall(name="state", input_parameters={"job": 7}) for _ in range(count)]
    metric = ToolCorrectnessMetric(model=Nobody(), async_mode=False, **options)
    case = LLMTestCase(input="Run it.", actual_output="Done.", tools_called=made or calls, expected_tools=calls)
    metric.measure(case, _show_indicator=False)
    print(f"state, expected {count} and made {count}{note}: {metric.score:.2f}")


for count in (1, 2, 3, 10):
    score(count)
score(2, ", with arguments that differ", [ToolCall(name="state", input_parameters={"job": job}) for job in (7, 8)])
score(2, ", should_consider_ordering", should_consider_ordering=True)
score(2, ", should_exact_match", should_exact_match=True)
PY
cd "$folder"
DEEPEVAL_TELEMETRY_OPT_OUT=YES "$folder/venv/bin/python" "$folder/score.py" 2>"$folder/err" | tee "$folder/out"
diff "$folder/out" - <<'SEEN'
state, expected 1 and made 1: 1.00
state, expected 2 and made 2: 0.50
state, expected 3 and made 3: 0.33
state, expected 10 and made 10: 0.10
state, expected 2 and made 2, with arguments that differ: 1.00
state, expected 2 and made 2, should_consider_ordering: 1.00
state, expected 2 and made 2, should_exact_match: 1.00
SEEN
