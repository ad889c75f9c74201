#!/usr/bin/env bash
# reasoning-gym 0.1.25 (tasks with a checker each, for evaluations and as rewards in training), Python 3.11 or newer.
# Tasks as the package makes them with seed 42, the answer that it expects, and some others.
#
# Behaviour: a third of the tasks score by one rule: the expected answer has 1, and a text that contains it has the
# share of its characters. A number with a minus sign, or with a digit more in front or behind, contains the right one,
# and has most of the score, the more digits the more: 13300 and -1330 have 0.8 where 1330 is right. The rule is made
# for answers with words around them, and these have little: "The answer is 1330" has 0.222. Other tasks have rules of
# their own. That of gsm_symbolic (word problems) looks for a number that may have a minus sign, by a pattern that wants
# a letter or a digit in front of the sign, so that the sign of an answer is never read, and -70 for 70 has 1. The score
# is a number between 0 and 1 in each case, without a word of how it came about.
# Consequence: a model that is always wrong by a factor of ten is far ahead of one that is right and says so in a
# sentence, and training with the score as a reward learns to be short rather than right.
#
# Seen (task: expected and its score, other answers and theirs):
#   lcm: 1330 1.000, The answer is 1330 0.222, 13300 0.800, -1330 0.800
#   leg_counting: 100 1.000, The answer is 100 0.176, 1000 0.750, -100 0.750
#   number_sequence: 768 1.000, The answer is 768 0.176, 7680 0.750, -768 0.750
#   gsm_symbolic: 70 1.000, The answer is 70 1.000, 700 0.010, -70 1.000
#
# Exits non-zero when that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check --no-compile reasoning-gym==0.1.25 2>/dev/null
cat >"$folder/score.py" <<'PY'
import reasoning_gym

for name in ("lcm", "leg_counting", "number_sequence", "gsm_symbolic"):
    tasks = reasoning_gym.create_dataset(name, size=1, seed=42)
    right = tasks[0]["answer"]
    answers = (right, f"The answer is {right}", f"{right}0", f"-{right}")
    scores = [f"{answer} {tasks.score_answer(answer, tasks[0]):.3f}" for answer in answers]
    print(f"{name}:", ", ".join(scores))
PY
"$folder/venv/bin/python" -W ignore "$folder/score.py" 2>"$folder/err" | tee "$folder/out"
diff "$folder/out" - <<'SEEN'
lcm: 1330 1.000, The answer is 1330 0.222, 13300 0.800, -1330 0.800
leg_counting: 100 1.000, The answer is 100 0.176, 1000 0.750, -100 0.750
number_sequence: 768 1.000, The answer is 768 0.176, 7680 0.750, -768 0.750
gsm_symbolic: 70 1.000, The answer is 70 1.000, 700 0.010, -70 1.000
SEEN
