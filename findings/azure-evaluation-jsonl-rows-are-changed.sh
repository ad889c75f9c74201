#!/usr/bin/env bash
# azure-ai-evaluation 1.18.10 with pandas 2.3.3, Python 3.11 or newer. evaluate() over a file of JSON Lines, as its
# documentation asks for, and an evaluator that is a Python function. Nothing is sent anywhere.
#
# Behaviour: the file is read by pandas with dtype=object, which reads like "as it is" but is not. A column that one row of
# the file lacks becomes floats: the whole numbers of all other rows reach the evaluator as 1007.0, and a number of 17
# digits comes out as another number. A text in a column named "date", "modified" or with an ending like "_at" becomes a
# Timestamp, which equals no text. So one row without an optional member changes the others, an exact comparison of an
# answer with it fails for all rows, and nothing is logged. The same rows as CSV reach the evaluator as their text.
#
# Seen (what the evaluator got of the first row, and the metric over both rows):
#   both rows have all members:    order 1007 id 12345678901234567 date Timestamp('2026-05-01 00:00:00') same 0.0
#   the second row lacks order, id: order 1007.0 id 1.2345678901234568e+16 date Timestamp('2026-05-01 00:00:00') same 0.0
#   as CSV:                         order '1007' id '12345678901234567' date '2026-05-01' same 1.0
#
# Exits non-zero when that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check azure-ai-evaluation==1.18.10 pandas==2.3.3 2>/dev/null
cd "$folder"
cat >run.py <<'PY'
import csv
import json

from azure.ai.evaluation import evaluate

first = {"response": "2026-05-01", "date": "2026-05-01", "order": 1007, "id": 12345678901234567}
second = {"response": "2026-05-02", "date": "2026-05-02", "order": 1008, "id": 12345678901234569}


def same(*, response, date, order, id):
    return {"same": float(response == date), "got": f"order {order!r} id {id!r} date {date!r}"}


def show(name, file):
    found = evaluate(data=file, evaluators={"same": same})
    print("SEEN", f"{name} {found['rows'][0]['outputs.same.got']} same {found['metrics']['same.same']}")


def lines(file, *rows):
    with open(file, "w") as out:
        out.writelines(json.dumps(row) + "\n" for row in rows)
    return file


if __name__ == "__main__":
    show("both rows have all members:", lines("all.jsonl", first, second))
    lacking = {name: value for name, value in second.items() if name not in ("order", "id")}
    show("the second row lacks order, id:", lines("some.jsonl", first, lacking))
    with open("all.csv", "w", newline="") as out:
        writer = csv.DictWriter(out, first)
        writer.writeheader()
        writer.writerows([first, second])
    show("as CSV:", "all.csv")
PY
HOME="$folder" venv/bin/python run.py 2>err | sed -n 's/^SEEN //p' | tee out
diff out - <<'SEEN'
both rows have all members: order 1007 id 12345678901234567 date Timestamp('2026-05-01 00:00:00') same 0.0
the second row lacks order, id: order 1007.0 id 1.2345678901234568e+16 date Timestamp('2026-05-01 00:00:00') same 0.0
as CSV: order '1007' id '12345678901234567' date '2026-05-01' same 1.0
SEEN
