#!/usr/bin/env bash
# nervaluate 1.2.1 (scores of named entities, as for what a redaction found), Python 3.11 or newer. A text has two
# names. A model, or a redactor that merges two recognizers, gives both exactly, and one wide span over the two. Spans
# may stand in any order.
#
# Behaviour: predictions take an entity one after the other. One that only overlaps takes it as well, as a wrong or half
# answer, and does not give it back when the exact one comes. So the wide span, when it comes first, as spans that are
# sorted by where they begin do, takes the first name: the exact answer for it is "spurious", and the strict F1 falls to
# half. Behind the exact ones the same span is one false alarm. The docstring of the strategy has it so in any order:
# what is the same as an entity is correct.
# Consequence: sorting the spans, or the order in which two recognizers ran, changes the score of the same answer.
#
# Seen (order: strict f1, exact f1, partial f1):
#   wide span first: 0.40 0.40 0.60
#   wide span last: 0.80 0.80 0.80
#
# Exits non-zero when that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check --no-compile nervaluate==1.2.1 2>/dev/null
cat >"$folder/score.py" <<'PY'
from nervaluate import Evaluator

names = [{"label": "PERSON", "start": 0, "end": 9}, {"label": "PERSON", "start": 11, "end": 20}]
wide = {"label": "PERSON", "start": 0, "end": 20}
for order, given in (("first", [wide, *names]), ("last", [*names, wide])):
    scores = Evaluator([names], [given], tags=["PERSON"], loader="dict").evaluate()["overall"]
    print(f"wide span {order}:", *(f"{scores[way].f1:.2f}" for way in ("strict", "exact", "partial")))
PY
"$folder/venv/bin/python" "$folder/score.py" 2>"$folder/err" | tee "$folder/out"
diff "$folder/out" - <<'SEEN'
wide span first: 0.40 0.40 0.60
wide span last: 0.80 0.80 0.80
SEEN
