#!/usr/bin/env bash
# autoevals 0.4.1 from PyPI (Python 3.11) and autoevals 0.3.0 from npm (Node 20 or newer), by one publisher: JSONDiff,
# as it comes, on the same outputs and expected values. No model is asked.
#
# Behaviour: in Python a truth value is a number too, so that true and false are compared as 1 and 0, and true and 1
# are the same. In JavaScript they are not numbers, and what is left over is compared as text, letter by letter: "true"
# and "false" share an e in the same place, so that the opposite verdict has a fifth of the points, and true for 1 has
# none. A verdict true for a grade of 3 has half of the points in Python and none in JavaScript. Nothing in the result
# says how a field was compared. Numbers, texts and lists have one score in both.
# Consequence: one data set has two averages, by the language of the notebook: a guard that gets every flag wrong is at
# 0.2 in one and at 0 in the other, and one that writes 1 for true is perfect or wrong throughout.
#
# Seen (Python, JavaScript):
#   both flags wrong: 0.000 0.200
#   1 for true: 1.000 0.000
#   true for a grade of 3: 0.500 0.000
#   a grade of 3 for 4: 0.857 0.857
#   one word of two: 0.444 0.444
#   a step left out: 0.333 0.333
#
# Exits non-zero when that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check --no-compile autoevals==0.4.1 2>/dev/null
echo '{"private": true, "type": "module"}' >package.json
npm install --silent --no-audit --no-fund autoevals@0.3.0 >/dev/null
cat >cases.json <<'JSON'
[
  ["both flags wrong", {"safe": true, "polite": false}, {"safe": false, "polite": true}],
  ["1 for true", {"safe": 1}, {"safe": true}],
  ["true for a grade of 3", {"grade": true}, {"grade": 3}],
  ["a grade of 3 for 4", {"grade": 3}, {"grade": 4}],
  ["one word of two", {"city": "New York"}, {"city": "New Delhi"}],
  ["a step left out", {"steps": ["ask", "pay"]}, {"steps": ["ask", "check", "pay"]}]
]
JSON
cat >difference.py <<'PY'
import json

from autoevals import JSONDiff

for _, output, expected in json.load(open("cases.json")):
    print(f"{JSONDiff().eval(output, expected).score:.3f}")
PY
cat >difference.js <<'JS'
import { readFileSync } from 'node:fs';
import { JSONDiff } from 'autoevals';

for (const [, output, expected] of JSON.parse(readFileSync('cases.json', 'utf8'))) {
  const { score } = await JSONDiff({ output, expected });
  console.log(score.toFixed(3));
}
JS
venv/bin/python -c 'import json; print(*(name + ":" for name, *_ in json.load(open("cases.json"))), sep="\n")' >names
venv/bin/python -W ignore difference.py >python 2>err || { tail -5 err; exit 1; }
node difference.js >javascript 2>err || { tail -5 err; exit 1; }
paste -d ' ' names python javascript | tee out
diff out - <<'SEEN'
both flags wrong: 0.000 0.200
1 for true: 1.000 0.000
true for a grade of 3: 0.500 0.000
a grade of 3 for 4: 0.857 0.857
one word of two: 0.444 0.444
a step left out: 0.333 0.333
SEEN
