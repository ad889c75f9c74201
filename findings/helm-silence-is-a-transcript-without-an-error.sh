#!/usr/bin/env bash
# crfm-helm 0.5.16 (HELM; its own computation of metrics for an answer) with jiwer 4.0.0, nltk 3.10.4, rouge_score 0.1.2
# and numpy 2.4.6, Python 3.11 or newer. Transcripts of speech, as its scenarios LibriSpeech, FLEURS and AMI have them,
# whose main metric is the word error rate. No model is asked and no data set loaded; the package datasets, which is only
# needed for that, is an empty module here.
#
# Behaviour: the word, character and match error rates are marked as lower_is_better, and comments in their source say so
# too. For an answer that is empty all three are 0, as the metrics of other tasks are, where 0 is the worst. A model that
# says nothing and a call whose text was lost are perfect; one that gets a single word of seven wrong is worse. By jiwer, which HELM calls for all other answers, the error rate of an empty one is 1. Of several
# references, and of several answers, HELM takes the largest value, again as where more is better: an answer that is
# equal to one of two spellings that the data set allows has the errors against the other one, and with two answers
# wer_score@2 is that of the worse. wip_score, for which more is better, is right.
# Consequence: the mean of a run falls with every sample that fails, so that the model that breaks most often leads.
#
# Seen (references: answers: wer_score, wer_score@2, cer_score, wip_score):
#   one: equal: 0.00 - 0.00 1.00
#   one: a word wrong: 0.14 - 0.06 0.73
#   one: all wrong: 1.00 - 0.88 0.00
#   one: empty: 0.00 - 0.00 0.00
#   two: equal to the first: 0.25 - 0.06 1.00
#   one: equal, and a word wrong: 0.00 0.14 0.00 1.00
#   one: equal, and empty: 0.00 0.00 0.00 1.00
#   jiwer, empty: 1.00
#
# Exits non-zero when that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check --no-compile --no-deps crfm-helm==0.5.16 jiwer==4.0.0 \
    nltk==3.10.4 rouge_score==0.1.2 numpy==2.4.6 rapidfuzz click regex absl-py six filelock zstandard tqdm pyhocon \
    pyparsing pyyaml colorlog sqlitedict retrying mako markupsafe dacite cattrs attrs typing_extensions 2>/dev/null
echo 'load_dataset = DatasetDict = None' >datasets.py
cat >score.py <<'PY'
import jiwer
from helm.benchmark.adaptation.adapter_spec import AdapterSpec
from helm.benchmark.adaptation.request_state import RequestState
from helm.benchmark.metrics.evaluate_reference_metrics import compute_reference_metrics
from helm.benchmark.scenarios.scenario import CORRECT_TAG, Input, Instance, Output, Reference
from helm.common.request import GeneratedOutput, Request, RequestResult


def score(name, references, *answers):
    right = [Reference(Output(text=text), [CORRECT_TAG]) for text in references]
    completions = [GeneratedOutput(answer, -float(place), []) for place, answer in enumerate(answers)]
    result = RequestResult(True, [], completions, False)
    state = RequestState(Instance(Input(text=""), right), None, None, 0, None, Request(), result, 0, False)
    names = ["wer_score", "cer_score", "wip_score"]
    stats = compute_reference_metrics(names, AdapterSpec(num_outputs=len(answers)), state, None)
    values = {stat.name.name: f"{stat.mean:.2f}" for stat in stats}
    print(f"{name}:", values["wer_score"], values.get("wer_score@2", "-"), values["cer_score"], values["wip_score"])


said = "turn the lights off in the kitchen"
score("one: equal", [said], said)
score("one: a word wrong", [said], "turn the lights on in the kitchen")
score("one: all wrong", [said], "good morning")
score("one: empty", [said], "")
score("two: equal to the first", ["colour of the sky", "color of the sky"], "colour of the sky")
score("one: equal, and a word wrong", [said], said, "turn the lights on in the kitchen")
score("one: equal, and empty", [said], said, "")
print(f"jiwer, empty: {jiwer.wer(said, ''):.2f}")
PY
HOME="$folder" NLTK_DATA="$folder" venv/bin/python -W ignore score.py 2>err | tee out || { tail -5 err; exit 1; }
diff out - <<'SEEN'
one: equal: 0.00 - 0.00 1.00
one: a word wrong: 0.14 - 0.06 0.73
one: all wrong: 1.00 - 0.88 0.00
one: empty: 0.00 - 0.00 0.00
two: equal to the first: 0.25 - 0.06 1.00
one: equal, and a word wrong: 0.00 0.14 0.00 1.00
one: equal, and empty: 0.00 0.00 0.00 1.00
jiwer, empty: 1.00
SEEN
