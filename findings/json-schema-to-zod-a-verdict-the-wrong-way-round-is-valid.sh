#!/usr/bin/env bash
# json-schema-to-zod 2.8.1 with zod 4.6.7, beside ajv 8.20.0, Node 20 or newer. The schemas are of structured outputs:
# a pair of label and grade as pydantic writes a tuple (prefixItems), an answer or a refusal of which one has to be
# there, a grade that asks for a reason, and the object that stands for "no tool" (const, enum). Each is converted and
# the values are checked by both.
#
# Behaviour: the converter leaves out what it has no counterpart for and tells of nothing: prefixItems,
# dependentRequired and a required name that is not among the properties beside it, which is how alternatives are
# written. The zod schema then takes any value in these places. An object as const or in an enum becomes a literal,
# which zod compares by identity, so that the very value the schema asks for is refused, and no other will do.
# Consequence: verdicts with label and grade exchanged, and with neither an answer nor a refusal, are counted as valid
# outputs, and the valid "no tool" is counted as a failure of the model and asked for again and again.
#
# Seen (ajv, zod):
#   label and grade: valid valid
#   grade and label: invalid valid
#   an answer: valid valid
#   neither answer nor refusal: invalid valid
#   grade with a reason: valid valid
#   grade without a reason: invalid valid
#   const, as it is: valid invalid
#   enum, as it is: valid invalid
#
# Exits non-zero when that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{"private": true, "type": "module"}' >package.json
npm install --silent --no-audit --no-fund json-schema-to-zod@2.8.1 zod@4.6.7 ajv@8.20.0 >/dev/null
cat >check.js <<'JS'
import { writeFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { jsonSchemaToZod } from 'json-schema-to-zod';

const text = { type: 'string' };
const tuple = { type: 'array', minItems: 2, maxItems: 2, prefixItems: [text, { type: 'integer' }] };
const anyOf = [{ required: ['answer'] }, { required: ['refusal'] }];
const either = { properties: { answer: text, refusal: text }, anyOf };
const graded = { properties: { grade: { type: 'integer' }, reason: text }, dependentRequired: { grade: ['reason'] } };
const none = { tool: 'none', arguments: [] };
const cases = [
  ['label and grade', tuple, ['helpful', 4]],
  ['grade and label', tuple, [4, 'helpful']],
  ['an answer', { type: 'object', ...either }, { answer: 'Nine.' }],
  ['neither answer nor refusal', { type: 'object', ...either }, {}],
  ['grade with a reason', { type: 'object', ...graded }, { grade: 4, reason: 'Short.' }],
  ['grade without a reason', { type: 'object', ...graded }, { grade: 4 }],
  ['const, as it is', { const: none }, { ...none }],
  ['enum, as it is', { enum: [none, 'any'] }, { ...none }],
];
const ajv = new Ajv2020({ strict: false });
for (const [index, [name, schema, value]] of cases.entries()) {
  writeFileSync(`schema${index}.js`, jsonSchemaToZod(schema, { module: 'esm' }));
  const { default: converted } = await import(`./schema${index}.js`);
  const both = [ajv.validate(schema, value), converted.safeParse(value).success];
  console.log(`${name}:`, ...both.map((is) => (is ? 'valid' : 'invalid')));
}
JS
node check.js | tee out
diff out - <<'SEEN'
label and grade: valid valid
grade and label: invalid valid
an answer: valid valid
neither answer nor refusal: invalid valid
grade with a reason: valid valid
grade without a reason: invalid valid
const, as it is: valid invalid
enum, as it is: valid invalid
SEEN
