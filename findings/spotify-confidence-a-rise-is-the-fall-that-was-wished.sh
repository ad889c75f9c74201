#!/usr/bin/env bash
# spotify-confidence 4.1.0 (PyPI; A/B tests of shares and means, by Spotify). Every test of it takes
# non_inferiority_margins=(None, "decrease") for "a one-sided test without nim" (docstring of difference), where less is
# better: refusals, invented facts, complaints.
#
# Behaviour: ChiSquared, the test for shares, takes the wish and reads past it. The p-value and the interval are those of
# the test with two sides, whatever is wished, and the column "preference" holds the wish all the same. So a model that
# refuses 345 of 1,000 where the other refused 300 is a significant result for "decrease" (p .031), as it is for
# "increase". ZTest on the same rows says .984 and .016. A real fall, 300 to 262, is not found at 5 % (p .059), though one
# side would (.029).
# Consequence: a gate that reads is_significant ships the worse model, and says that the share fell as wished. A margin
# with a number is refused by ChiSquared in an error; only the wish without one is not.
#
# Seen (p-value, interval, is_significant, preference):
#   300 to 345, wished increase: ChiSquared 0.031 [0.004, 0.086] True increase; ZTest 0.016 [0.011, inf] True increase
#   300 to 345, wished decrease: ChiSquared 0.031 [0.004, 0.086] True decrease; ZTest 0.984 [-inf, 0.079] False decrease
#   300 to 262, wished increase: ChiSquared 0.059 [-0.077, 0.001] False increase; ZTest 0.971 [-0.071, inf] False increase
#   300 to 262, wished decrease: ChiSquared 0.059 [-0.077, 0.001] False decrease; ZTest 0.029 [-inf, -0.005] True decrease
#
# Exits non-zero when that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check --no-compile spotify-confidence==4.1.0 pandas==2.3.3 2> pip.log
cat > run.py <<'PYTHON'
import warnings

warnings.filterwarnings("ignore")
import pandas
import spotify_confidence


def told(test, wish):
    [row] = test.difference("old", "new", non_inferiority_margins=(None, wish)).to_dict("records")
    interval = f"[{row['ci_lower']:.3f}, {row['ci_upper']:.3f}]"
    return f"{row['p-value']:.3f} {interval} {row['is_significant']} {row['preference']}"


for refused in (345, 262):
    rows = pandas.DataFrame({"model": ["old", "new"], "refused": [300, refused], "answers": [1000, 1000]})
    columns = {"numerator_column": "refused", "denominator_column": "answers", "categorical_group_columns": "model"}
    chi = spotify_confidence.ChiSquared(rows, **columns)
    z = spotify_confidence.ZTest(rows, numerator_sum_squares_column="refused", **columns)
    for wish in ("increase", "decrease"):
        print(f"300 to {refused}, wished {wish}: ChiSquared {told(chi, wish)}; ZTest {told(z, wish)}")
PYTHON
venv/bin/python run.py > seen.txt
cat seen.txt
cat > expected.txt <<'TEXT'
300 to 345, wished increase: ChiSquared 0.031 [0.004, 0.086] True increase; ZTest 0.016 [0.011, inf] True increase
300 to 345, wished decrease: ChiSquared 0.031 [0.004, 0.086] True decrease; ZTest 0.984 [-inf, 0.079] False decrease
300 to 262, wished increase: ChiSquared 0.059 [-0.077, 0.001] False increase; ZTest 0.971 [-0.071, inf] False increase
300 to 262, wished decrease: ChiSquared 0.059 [-0.077, 0.001] False decrease; ZTest 0.029 [-inf, -0.005] True decrease
TEXT
diff expected.txt seen.txt
