#!/usr/bin/env bash
# anls-star 1.0.1 (ANLS*, a metric for what models extract from documents; the authors' own package), Python 3.11 or
# newer. What is expected and what a model found, as JSON gives them: each is a record or a number.
#
# Behaviour: the metric takes numbers as well as texts, makes texts of the numbers and compares letters. A score below
# 0.5 becomes 0. So 5.0 for an expected 5 has nothing, though both are one number in JSON and in Python, and 100.0 for
# 100 has 0.6. That is less than 900 gets (two of three digits), or an amount that is a million too large. Which of two
# notations a model's JSON, or the reader of a spreadsheet, takes for a round amount decides more than whether the
# amount is right. The package has no other comparison for numbers, and its README does not speak of them.
# Consequence: of two models the one that reads amounts wrong can be ahead of one that reads all of them right.
#
# Seen (expected and found: score):
#   5 and 5.0: 0.000
#   100 and 100.0: 0.600
#   100 and 900: 0.667
#   1500000 and 2500000: 0.857
#   records with a right total as a float: 0.800
#   records with a wrong total as a whole number: 0.833
#
# Exits non-zero when that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check --no-compile anls-star==1.0.1 2>/dev/null
cat >"$folder/score.py" <<'PY'
import json

from anls_star import anls_score

for expected, found in ((5, 5.0), (100, 100.0), (100, 900), (1500000, 2500000)):
    print(f"{expected} and {found}: {anls_score(expected, found):.3f}")
expected = json.loads('{"payer": "Harbour Office", "total": 100}')
right = json.loads('{"payer": "Harbour Office", "total": 100.0}')
wrong = json.loads('{"payer": "Harbour Office", "total": 900}')
assert expected == right
print(f"records with a right total as a float: {anls_score(expected, right):.3f}")
print(f"records with a wrong total as a whole number: {anls_score(expected, wrong):.3f}")
PY
"$folder/venv/bin/python" "$folder/score.py" 2>"$folder/err" | tee "$folder/out"
diff "$folder/out" - <<'SEEN'
5 and 5.0: 0.000
100 and 100.0: 0.600
100 and 900: 0.667
1500000 and 2500000: 0.857
records with a right total as a float: 0.800
records with a wrong total as a whole number: 0.833
SEEN
