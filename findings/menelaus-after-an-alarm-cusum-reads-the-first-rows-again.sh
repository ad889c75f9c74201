#!/usr/bin/env bash
# menelaus 0.2.0 (drift detectors) with numpy 1.26.4, pandas 2.3.3 and scipy 1.12.0, Python 3.11. The daily scores of a
# judge, 800 rows: 0.8 on average up to row 200 and 0.6 from then on; and the same with a second fall, to 0.3 from row
# 401. Beside menelaus' CUSUM stands one with the same parameters, the same estimates and the same rules that reads the
# newest row.
#
# Behaviour: after an alarm the detector counts its rows from 1 again, as it should, but keeps all rows since its
# start, and takes the row with the number it counts. So from the first alarm on each new value is set aside, and the
# rows from the first one on are tested a second time. When it has come to the change that it knows already it sounds
# an alarm, 207 rows late, and takes the last 30 rows for the new level; the old rows differ from that, so that it
# sounds an alarm after each 31 rows (as soon as burn_in lets it) for ever. What the new values are makes no
# difference.
# Consequence: from the first alarm on a monitor cries every 31 rows while nothing happens, and the second and larger
# fall changes no alarm at all.
#
# Seen (rows with an alarm):
#   menelaus, one fall: 204 411 442 473 504 535 566 597 628 659 690 721 752 783
#   menelaus, two falls: 204 411 442 473 504 535 566 597 628 659 690 721 752 783
#   newest row, one fall: 204 235
#   newest row, two falls: 204 235 402 433
#
# Exits non-zero when that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check --no-compile menelaus==0.2.0 numpy==1.26.4 pandas==2.3.3 \
    scipy==1.12.0 2>/dev/null
cat >drift.py <<'PY'
import numpy as np
from menelaus.change_detection import CUSUM

draw = np.random.default_rng(4)
one_fall = np.concatenate([draw.normal(0.8, 0.05, 200), draw.normal(0.6, 0.05, 600)])
two_falls = np.where(np.arange(800) < 400, one_fall, one_fall - 0.3)


class NewestRow:
    def __init__(self, burn_in, delta, threshold):
        self.burn_in, self.delta, self.threshold = burn_in, delta, threshold
        self.rows, self.mean, self.drift_state = [], None, None
        self.restart()

    def restart(self):
        self.count, self.high, self.low, self.drift_state = 0, 0.0, 0.0, None

    def estimate(self):
        last = self.rows[-self.burn_in :]
        self.mean, self.deviation = np.mean(last), np.std(last)

    def update(self, value):
        if self.drift_state == "drift":
            self.estimate()
            self.restart()
        self.rows.append(value)
        self.count += 1
        if self.mean is None and self.count == self.burn_in:
            self.estimate()
        if self.mean is not None:
            distance = (value - self.mean) / self.deviation
            self.high = max(0.0, self.high + distance - self.delta)
            self.low = max(0.0, self.low - distance - self.delta)
        if self.count > self.burn_in and max(self.high, self.low) > self.threshold:
            self.drift_state = "drift"


for name, kind in (("menelaus", CUSUM), ("newest row", NewestRow)):
    for falls, values in (("one fall", one_fall), ("two falls", two_falls)):
        detector = kind(burn_in=30, delta=1, threshold=8)
        alarms = []
        for row, value in enumerate(values, start=1):
            detector.update(value)
            if detector.drift_state == "drift":
                alarms.append(row)
        print(f"{name}, {falls}:", *alarms)
PY
venv/bin/python -W ignore drift.py 2>err | tee out || { tail -5 err; exit 1; }
diff out - <<'SEEN'
menelaus, one fall: 204 411 442 473 504 535 566 597 628 659 690 721 752 783
menelaus, two falls: 204 411 442 473 504 535 566 597 628 659 690 721 752 783
newest row, one fall: 204 235
newest row, two falls: 204 235 402 433
SEEN
