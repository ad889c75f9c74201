#!/usr/bin/env bash
# river 0.26.1 (learning from streams; its drift detectors ADWIN and PageHinkley, each as it comes), Python 3.11 or
# newer. 4000 latencies of a model's answers from 0.25 to 0.35 seconds, all from one distribution. In a second run those
# of the last 2000 answers are longer by 0.05 seconds. Each run is given in seconds and in milliseconds.
#
# Behaviour: the alarms depend on the unit. PageHinkley's threshold is 50 and its tolerance 0.005, both in the unit of
# the data. In seconds it needs almost 1700 answers to see the shift. In milliseconds it raises an alarm every 30
# answers, as soon as it may, on a stream in which nothing happens, and as often on the other. ADWIN's bound has a term
# that takes all values to lie between 0 and 1. For milliseconds it is next to nothing, for a rate of cost in dollars
# (here: seconds divided by a hundred) it is larger than what there is to see, and ADWIN never fires. Neither docstring
# names a unit or a range for its data, and the examples use whole numbers from 0 to 7.
# Consequence: a detector that was tried on one signal is blind on another, or never quiet.
#
# Seen (alarms before and after answer 2000, first alarm after it):
#   ADWIN, no shift, s: 0 0 none
#   ADWIN, no shift, ms: 0 0 none
#   ADWIN, shift, s / 100: 0 0 none
#   ADWIN, shift, s: 0 1 2175
#   ADWIN, shift, ms: 0 1 2015
#   PageHinkley, no shift, s: 0 0 none
#   PageHinkley, no shift, ms: 66 67 2009
#   PageHinkley, shift, s / 100: 0 0 none
#   PageHinkley, shift, s: 0 1 3668
#   PageHinkley, shift, ms: 66 67 2009
#
# Exits non-zero when that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check --no-compile river==0.26.1 2>/dev/null
cat >"$folder/latency.py" <<'PY'
import random

from river import drift


def alarms(detector, shift, factor):
    draw = random.Random(7)
    found = []
    for answer in range(4000):
        seconds = 0.25 + 0.1 * draw.random() + (shift if answer >= 2000 else 0)
        detector.update(seconds * factor)
        if detector.drift_detected:
            found.append(answer)
    return found


units = {"s / 100": 0.01, "s": 1, "ms": 1000}
for make in (drift.ADWIN, drift.PageHinkley):
    for shift, name in ((0, "no shift"), (0.05, "shift")):
        for unit in list(units)[1 if not shift else 0 :]:
            found = alarms(make(), shift, units[unit])
            later = [answer for answer in found if answer >= 2000]
            print(f"{make.__name__}, {name}, {unit}:", len(found) - len(later), len(later), *(later[:1] or ["none"]))
PY
"$folder/venv/bin/python" "$folder/latency.py" 2>"$folder/err" | tee "$folder/out"
diff "$folder/out" - <<'SEEN'
ADWIN, no shift, s: 0 0 none
ADWIN, no shift, ms: 0 0 none
ADWIN, shift, s / 100: 0 0 none
ADWIN, shift, s: 0 1 2175
ADWIN, shift, ms: 0 1 2015
PageHinkley, no shift, s: 0 0 none
PageHinkley, no shift, ms: 66 67 2009
PageHinkley, shift, s / 100: 0 0 none
PageHinkley, shift, s: 0 1 3668
PageHinkley, shift, ms: 66 67 2009
SEEN
