#!/usr/bin/env bash
# math-verify 0.9.0 with its default latex2sympy2_extended 1.11.0 and sympy 1.14.0, Python 3.11 or newer. It compares answers
# with solutions, for evaluations and as a reward in training.
#
# Behaviour: parse() finds a plain number by a pattern that knows digits, separators, a decimal point and "%", and no
# exponent. What follows the digits is not looked at, so "3e-05" is 3 and "6.02e23" is 6.02, with no error. A solution that
# a program wrote as text (str(0.00003) is "3e-05" in Python) is then a 3: the answer 3 is right, and 0.00003 is wrong. An
# answer of 3e5 is right where 3 is the solution. Between dollar signs, "e" is Euler's number: $3e-05$ is 3e - 5. Numbers
# from 0.0001 up to 10 to the 16th stay as they are, so a data set shows the fault only at its ends.
#
# Seen (solution, answer, verdict):
#   3e-05    3        True
#   3e-05    0.00003  False
#   3        3e5      True
#   602      6.02e2   False
#   3e-05    $3e-05$  False
#   0.00003  0.00003  True
#
# Exits non-zero when that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check math-verify==0.9.0 latex2sympy2_extended==1.11.0 \
    sympy==1.14.0 antlr4-python3-runtime==4.13.2 2>/dev/null
cat >"$folder/judge.py" <<'PY'
from math_verify import parse, verify

assert str(0.00003) == "3e-05"
for solution, answer in (
    (str(0.00003), "3"),
    (str(0.00003), "0.00003"),
    ("3", "3e5"),
    ("602", "6.02e2"),
    (str(0.00003), "$3e-05$"),
    ("0.00003", "0.00003"),
):
    print(f"{solution:8} {answer:8} {verify(parse(solution), parse(answer))}")
PY
"$folder/venv/bin/python" "$folder/judge.py" 2>/dev/null | tee "$folder/out"
diff "$folder/out" - <<'SEEN'
3e-05    3        True
3e-05    0.00003  False
3        3e5      True
602      6.02e2   False
3e-05    $3e-05$  False
0.00003  0.00003  True
SEEN
