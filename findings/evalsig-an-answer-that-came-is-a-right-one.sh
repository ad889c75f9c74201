#!/usr/bin/env bash
# evalsig 0.1.2 (tests of significance and a gate for releases, over the results of HELM and other harnesses) with
# numpy 2.4.6 and scipy 1.17.1, and crfm-helm 0.5.16 (HELM), Python 3.11 or newer. A run as HELM writes it: 100
# questions, with HELM's own classes for the answers, its own metric and its own way to a scenario_state.json. No model
# is asked and no data set loaded.
#
# Behaviour: evalsig takes the score of a question from result.success. In HELM that member says whether the request
# was answered ("Whether the request was successful" in its source); what a metric says is in per_instance_stats.json
# and not in this file. So every answer that came is right: a candidate with 10 right answers of 100 does not differ
# from a baseline with 90, with an interval of no width and an effect of 0 that would have been seen. Only a request
# that the provider declined, which HELM keeps as an empty answer, is wrong. So a better model that declines more is a
# significant regression. Any name of a metric is taken, as none is found in the file. Nothing is raised or noted.
# Consequence: a gate that compares how often providers answer, under the name of accuracy.
#
# Seen (exact match by HELM; difference, interval and verdict by evalsig):
#   90 right against 10 right: 0.9 0.1; +0.00 [+0.00, +0.00] not significant
#   90 right against 90 right, ten declined: 0.9 0.9; -0.10 [-0.16, -0.04] significant
#   10 right against 90 right, ten declined: 0.1 0.9; -0.10 [-0.16, -0.04] significant
#
# Exits non-zero when that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check --no-compile evalsig==0.1.2 numpy==2.4.6 \
    scipy==1.17.1 2>/dev/null
venv/bin/pip install --quiet --disable-pip-version-check --no-compile --no-deps crfm-helm==0.5.16 nltk==3.10.4 \
    rouge_score==0.1.2 regex absl-py six filelock zstandard tqdm pyhocon pyparsing pyyaml colorlog \
    sqlitedict retrying mako markupsafe dacite cattrs attrs typing_extensions 2>/dev/null
echo 'load_dataset = DatasetDict = None' >datasets.py
cat >compare.py <<'PY'
import json

from evalsig.compare import compare
from evalsig.io import read_helm_scenario
from helm.benchmark.adaptation.adapter_spec import AdapterSpec
from helm.benchmark.adaptation.request_state import RequestState
from helm.benchmark.adaptation.scenario_state import ScenarioState
from helm.benchmark.metrics.evaluate_reference_metrics import compute_reference_metrics
from helm.benchmark.scenarios.scenario import CORRECT_TAG, Input, Instance, Output, Reference
from helm.common.general import asdict_without_nones
from helm.common.request import GeneratedOutput, Request, RequestResult


def run(name, right, declined=0):
    spec, states, matches = AdapterSpec(model=name), [], []
    for number in range(100):
        reference = Reference(Output(text=str(number + 1)), [CORRECT_TAG])
        instance = Instance(Input(text=f"What is {number} + 1?"), [reference], id=f"id{number}")
        answered = number < 100 - declined
        text = "" if not answered else str(number + 1) if number < right else "no idea"
        result = RequestResult(answered, [], [GeneratedOutput(text, 0.0, [])], False)
        states.append(RequestState(instance, None, None, 0, None, Request(), result, 0, False))
        stats = compute_reference_metrics(["exact_match"], spec, states[-1], None)
        matches.append(next(stat.mean for stat in stats if stat.name.name == "exact_match"))
    with open(f"{name}.json", "w") as out:
        json.dump(asdict_without_nones(ScenarioState(spec, states)), out)
    return sum(matches) / 100, read_helm_scenario(f"{name}.json", metric_name="exact_match")


def show(name, first, second):
    found = compare(first[1], second[1])
    low, high = found.ci
    verdict = "significant" if found.significant else "not significant"
    print(f"{name}: {first[0]} {second[0]}; {found.delta:+.2f} [{low:+.2f}, {high:+.2f}] {verdict}")


good, bad, declining = run("good", 90), run("bad", 10), run("declining", 90, declined=10)
show("90 right against 10 right", good, bad)
show("90 right against 90 right, ten declined", good, declining)
show("10 right against 90 right, ten declined", bad, declining)
PY
HOME="$folder" NLTK_DATA="$folder" venv/bin/python -W ignore compare.py 2>err | tee out || { tail -5 err; exit 1; }
diff out - <<'SEEN'
90 right against 10 right: 0.9 0.1; +0.00 [+0.00, +0.00] not significant
90 right against 90 right, ten declined: 0.9 0.9; -0.10 [-0.16, -0.04] significant
10 right against 90 right, ten declined: 0.1 0.9; -0.10 [-0.16, -0.04] significant
SEEN
