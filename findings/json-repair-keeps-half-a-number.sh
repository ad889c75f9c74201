#!/usr/bin/env bash
# json-repair 0.64.6 (pip) and jsonrepair 3.15.0 (npm), Python 3.11 or newer with Node 20 or newer: two packages that
# mend the JSON of models, each the usual one of its language. Members whose number a model wrote as people do.
#
# Behaviour: where a value begins with a digit, json-repair takes the number as far as it goes and drops the rest up to
# the next comma. Half past ten is 10, a million with spaces is 1, 5 km and 5 miles are 5, 40 % is 40 and $5 is 5: whole
# numbers of another size or without their unit, which pass any schema that asks for a number. With a comma or a hyphen
# in it the same kind of value is kept as text ("1,000", "2026-01-05"), where a schema would notice. A number with
# leading zeros (007) loses them. Nothing tells which it was: the result is a plain object, and a log is kept only on
# request. jsonrepair keeps each of these as a text, or says that it cannot mend it.
# Consequence: a score or an amount that was written in an unusual way becomes another number, and no parse error is
# counted. The same answer is an error or a text for the part of an application that is written in JavaScript.
#
# Seen (value as written: json-repair, jsonrepair):
#   10:30 -> 10, error
#   1 000 000 -> 1, error
#   1,000 -> "1,000", error
#   5 km -> 5, error
#   40% -> 40, "40%"
#   $5 -> 5, "$5"
#   007 -> 7, "007"
#   2026-01-05 -> "2026-01-05", "2026-01-05"
#
# Exits non-zero when that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check --no-compile json-repair==0.64.6 2>/dev/null
echo '{"private": true, "type": "module"}' >package.json
npm install --silent --no-audit --no-fund jsonrepair@3.15.0 >/dev/null 2>&1
printf '%s\n' 10:30 '1 000 000' 1,000 '5 km' 40% '$5' 007 2026-01-05 >values
cat >mend.py <<'PY'
import json

import json_repair

for value in open("values").read().splitlines():
    print(f"{value} ->", json.dumps(json_repair.loads(f'{{"a": {value}}}')["a"]))
PY
cat >mend.js <<'JS'
import { readFileSync } from 'node:fs';
import { jsonrepair } from 'jsonrepair';

for (const value of readFileSync('values', 'utf8').trim().split('\n')) {
  try {
    console.log(JSON.stringify(JSON.parse(jsonrepair(`{"a": ${value}}`)).a));
  } catch {
    console.log('error');
  }
}
JS
venv/bin/python mend.py >one
node mend.js >two
paste -d '|' one two | sed 's/|/, /' | tee out
diff out - <<'SEEN'
10:30 -> 10, error
1 000 000 -> 1, error
1,000 -> "1,000", error
5 km -> 5, error
40% -> 40, "40%"
$5 -> 5, "$5"
007 -> 7, "007"
2026-01-05 -> "2026-01-05", "2026-01-05"
SEEN
