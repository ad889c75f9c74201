#!/usr/bin/env bash
# codebleu 0.7.0 (CodeBLEU, the usual measure for generated code) with tree-sitter 0.22.3 and tree-sitter-python
# 0.21.0, Python 3.11. The reference adds up a list in a loop; each candidate is measured against it alone.
#
# Behaviour: a quarter of the score is the data flow, the part of the reference's flow of values that the candidate has
# too. Where that part is 0 the score counts it as 1. The detail in the result goes on to say 0. So nothing in common
# is worth as much as everything, and a quarter more than a little. A candidate that is empty, or a sentence of
# refusal, has 0.25, and a correct program that goes another way has less: the three right ones below call themselves
# or sum().
# Consequence: an average over a benchmark rises with each answer that is not code, and a model that writes nothing
# wins against one that writes right but other programs.
#
# Seen (score; data flow):
#   the reference: 1.000 1.000
#   right, calls itself for the rest: 0.205 0.667
#   right, takes the last item off: 0.150 0.444
#   right, with sum(): 0.088 0.333
#   wrong, always 0: 0.254 0.000
#   a refusal: 0.250 0.000
#   nothing: 0.250 0.000
#
# Exits non-zero when that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check --no-compile codebleu==0.7.0 tree-sitter==0.22.3 \
    tree-sitter-python==0.21.0 'setuptools<81' 2>/dev/null
cat >code.txt <<'TXT'
the reference
def total(items):
    amount = 0
    for item in items:
        amount = amount + item
    return amount
----
right, calls itself for the rest
def total(items):
    if not items:
        return 0
    first, *rest = items
    return first + total(rest)
----
right, takes the last item off
def total(items):
    if not items:
        return 0
    last = items.pop()
    return last + total(items)
----
right, with sum()
total = lambda items: sum(items)
----
wrong, always 0
return 0
----
a refusal
I cannot help with that.
----
nothing
TXT
cat >measure.py <<'PY'
from pathlib import Path

from codebleu import calc_codebleu

parts = [part.split("\n", 1) for part in Path("code.txt").read_text().split("----\n")]
reference = parts[0][1]
for name, code in parts:
    result = calc_codebleu([reference], [code], lang="python")
    if "right" in name:
        scope = {}
        exec(code, scope)
        assert scope["total"]([1, 2, 3]) == 6
    print(f"{name}: {result['codebleu']:.3f} {result['dataflow_match_score']:.3f}")
PY
venv/bin/python -W ignore measure.py 2>err | tee out || { tail -5 err; exit 1; }
diff out - <<'SEEN'
the reference: 1.000 1.000
right, calls itself for the rest: 0.205 0.667
right, takes the last item off: 0.150 0.444
right, with sum(): 0.088 0.333
wrong, always 0: 0.254 0.000
a refusal: 0.250 0.000
nothing: 0.250 0.000
SEEN
