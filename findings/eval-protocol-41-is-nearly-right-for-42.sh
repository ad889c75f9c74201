#!/usr/bin/env bash
# eval-protocol 0.3.33 (evaluations and rewards for training; its accuracy_reward), Python 3.11 or newer. An answer of a
# model and what is expected, nothing else. The list of prices that a package below it would fetch is turned off.
#
# Behaviour: the value that is found in the answer and the expected one are compared in several steps, and the first one
# that fits decides. The full stop is removed as punctuation, so that 1.8 and 18 are one. Two numbers that begin with
# 3.14 are one as well. A number that is off by less than three tenths has a part of the score, also where a count is
# asked for: 41 for 42 has 0.8, and 1999 for 2000, or one year for the next, is right. Of "1,234" the number is 1. Words
# are taken for equal when one stands within the other, so that "incorrect" is correct and "insignificant" is
# significant. Where nothing better is found, the letters "yes" and "no" are looked for anywhere, and Paris before them:
# "I do not know" is a "no", and an answer that names Paris to tell it apart is Paris. The docstrings speak of
# normalization, and nothing warns; the reason that is returned shows what was found.
# Consequence: accuracy of a model that is never right, and, as a reward in training, a model that learns to guess near
# or to be undecided.
#
# Seen (answer, expected: score):
#   'The answer is 18.', '18': 1.0
#   'The answer is 1.8', '18': 1.0
#   'The answer is 3.149', '3.1416': 1.0
#   'The answer is 41', '42': 0.8
#   'The answer is 1999', '2000': 1.0
#   'The answer is 1,234', '1234': 0.0
#   'incorrect', 'correct': 1.0
#   'insignificant', 'significant': 1.0
#   'I do not know.', 'no': 1.0
#   'Unlike Paris it lies on the Spree: Berlin', 'Berlin': 0.0
#
# Exits non-zero when that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check --no-compile eval-protocol==0.3.33 2>/dev/null
cat >"$folder/score.py" <<'PY'
from eval_protocol.rewards.accuracy import accuracy_reward

for answer, expected in (
    ("The answer is 18.", "18"),
    ("The answer is 1.8", "18"),
    ("The answer is 3.149", "3.1416"),
    ("The answer is 41", "42"),
    ("The answer is 1999", "2000"),
    ("The answer is 1,234", "1234"),
    ("incorrect", "correct"),
    ("insignificant", "significant"),
    ("I do not know.", "no"),
    ("Unlike Paris it lies on the Spree: Berlin", "Berlin"),
):
    said = [{"role": "user", "content": "?"}, {"role": "assistant", "content": answer}]
    result = accuracy_reward(messages=said, ground_truth=[{"role": "assistant", "content": expected}])
    print(f"{answer!r}, {expected!r}: {result.score:.1f}")
PY
export LITELLM_LOCAL_MODEL_COST_MAP=True
"$folder/venv/bin/python" -W ignore "$folder/score.py" 2>"$folder/err" | tee "$folder/out"
diff "$folder/out" - <<'SEEN'
'The answer is 18.', '18': 1.0
'The answer is 1.8', '18': 1.0
'The answer is 3.149', '3.1416': 1.0
'The answer is 41', '42': 0.8
'The answer is 1999', '2000': 1.0
'The answer is 1,234', '1234': 0.0
'incorrect', 'correct': 1.0
'insignificant', 'significant': 1.0
'I do not know.', 'no': 1.0
'Unlike Paris it lies on the Spree: Berlin', 'Berlin': 0.0
SEEN
