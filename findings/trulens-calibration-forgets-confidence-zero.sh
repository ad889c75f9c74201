#!/usr/bin/env bash
# trulens-feedback 2.16.0 (GroundTruthAggregator.ece) with numpy 2.4.6, Python 3.11 or newer. The expected calibration
# error says how far a judge's confidence is from how often it is right: answers are put into bins by confidence, and
# the distance of each bin counts by how many answers it has. A judge that is right ten times out of ten, and says how
# sure it is; beside the package's error stands that of bins which hold all answers.
#
# Behaviour: TruLens's bins start above their lower bound, the first one above 0. Who is not sure at all says 0, and
# these answers are in no bin, while they still count in the number that all is divided by. So the worst calibration
# there is, being always right with confidence 0, has an error of 0.0, which is that of a perfect one, and with
# confidence 0.01 it has 0.99. The more often a judge says 0, the better it looks. No warning is given.
# Consequence: judges that say 0 and 1, as language models like to do, are chosen for being calibrated.
#
# Seen (the confidences of ten right verdicts: TruLens, all answers):
#   ten times 0: 0.0 1.0
#   ten times 0.01: 0.99 0.99
#   four times 0, six times 1: 0.0 0.4
#   four times 0.01, six times 1: 0.396 0.396
#
# Exits non-zero when that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check --no-compile trulens-feedback==2.16.0 numpy==2.4.6 \
    2>/dev/null
cat >"$folder/judge.py" <<'PY'
from trulens.feedback.groundtruth import GroundTruthAggregator

verdict = 1


def error(sure, bins=5):
    held = [[] for _ in range(bins)]
    for confidence in sure:
        held[min(int(confidence * bins), bins - 1)].append(confidence)
    return sum(abs(sum(group) / len(group) - 1) * len(group) / len(sure) for group in held if group)


cases = {
    "ten times 0": [0.0] * 10,
    "ten times 0.01": [0.01] * 10,
    "four times 0, six times 1": [0.0] * 4 + [1.0] * 6,
    "four times 0.01, six times 1": [0.01] * 4 + [1.0] * 6,
}
for name, sure in cases.items():
    theirs = GroundTruthAggregator(true_labels=[verdict] * 10).ece([(verdict, confidence) for confidence in sure])
    print(f"{name}: {round(float(theirs), 3)} {round(error(sure), 3)}")
PY
"$folder/venv/bin/python" "$folder/judge.py" 2>"$folder/err" | tee "$folder/out"
diff "$folder/out" - <<'SEEN'
ten times 0: 0.0 1.0
ten times 0.01: 0.99 0.99
four times 0, six times 1: 0.0 0.4
four times 0.01, six times 1: 0.396 0.396
SEEN
