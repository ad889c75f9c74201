#!/usr/bin/env bash
# google-adk 2.13.0 (Agent Development Kit), the metric hallucinations_v1, Python 3.11 or newer. The judge is a model
# of the test, with fixed answers: it splits the agent's answer into four sentences and labels them, one supported and
# three unsupported. Once it writes all five fields for each sentence, and once it leaves out the excerpts of the
# unsupported ones: the metric's own prompt calls them "only required" for supported, contradictory and disputed
# sentences.
#
# Behaviour: the metric reads the judge's text with one pattern in which both excerpts have to stand. A block without
# them runs on to the excerpts of a later block, which is lost with it, or is lost itself where none follows. What is
# left is averaged. The number of blocks is not compared with the number of sentences that the metric sent to the
# judge, and nothing is logged. So whether the lost ones are true or made up depends on the order of the sentences.
# Consequence: an answer of which three sentences in four are made up has no hallucination and passes, where the judge
# saves the lines that it was told it may save. The same answer turned round has nothing but hallucinations.
#
# Seen (score, status):
#   supported one first, all fields: 0.25 FAILED
#   supported one first, without those: 1.00 PASSED
#   supported one last, all fields: 0.25 FAILED
#   supported one last, without those: 0.00 FAILED
#
# Exits non-zero when that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check --no-compile google-adk==2.13.0 2>/dev/null
cat >judge.py <<'PY'
import asyncio

from google.adk.evaluation.eval_case import Invocation
from google.adk.evaluation.eval_metrics import EvalMetric, HallucinationsCriterion, JudgeModelOptions
from google.adk.evaluation.hallucinations_v1 import HallucinationsV1Evaluator
from google.adk.models.base_llm import BaseLlm
from google.adk.models.llm_response import LlmResponse
from google.adk.models.registry import LLMRegistry
from google.genai import types

labels = {
    "The shop is open on Monday.": "supported",
    "It has forty rooms.": "unsupported",
    "It was built in 1870.": "unsupported",
    "Parking is free.": "unsupported",
}
answers = []


def content(text, role="model"):
    return types.Content(role=role, parts=[types.Part(text=text)])


class Judge(BaseLlm):
    @classmethod
    def supported_models(cls):
        return ["judge-of-the-test"]

    async def generate_content_async(self, llm_request, stream=False):
        yield LlmResponse(content=content(answers.pop(0)))


def block(sentence, all_fields):
    label = labels[sentence]
    lines = [f"sentence: {sentence}", f"label: {label}", "rationale: As the context says."]
    if label == "supported":
        lines += ["supporting_excerpt: Open on Monday.", "contradicting_excerpt: null"]
    elif all_fields:
        lines += ["supporting_excerpt: null", "contradicting_excerpt: null"]
    return "\n".join(lines)


async def measure(name, sentences, all_fields):
    answers[:] = ["\n".join(f"<sentence>{sentence}</sentence>" for sentence in sentences)]
    answers.append("\n\n".join(block(sentence, all_fields) for sentence in sentences))
    options = JudgeModelOptions(judge_model="judge-of-the-test")
    criterion = HallucinationsCriterion(threshold=0.8, judge_model_options=options)
    metric = EvalMetric(metric_name="hallucinations_v1", criterion=criterion)
    turn = Invocation(user_content=content("When?", "user"), final_response=content(" ".join(sentences)))
    result = await HallucinationsV1Evaluator(metric).evaluate_invocations([turn])
    assert not answers
    print(f"{name}: {result.overall_score:.2f} {result.overall_eval_status.name}")


async def main():
    for name, sentences in (("supported one first", list(labels)), ("supported one last", list(labels)[::-1])):
        await measure(f"{name}, all fields", sentences, True)
        await measure(f"{name}, without those", sentences, False)


LLMRegistry.register(Judge)
asyncio.run(main())
PY
venv/bin/python -W ignore judge.py 2>err | tee out || { tail -5 err; exit 1; }
diff out - <<'SEEN'
supported one first, all fields: 0.25 FAILED
supported one first, without those: 1.00 PASSED
supported one last, all fields: 0.25 FAILED
supported one last, without those: 0.00 FAILED
SEEN
