#!/usr/bin/env bash
# autoevals 0.4.1 (Python 3.11 or newer) and autoevals 0.3.0 (npm, Node 20 or newer): one library of scorers in two
# languages. ValidJSON, with and without a JSON Schema, and ExactMatch of objects.
#
# Behaviour: the documentation makes the scorer as ValidJSON(schema=schema). Python keeps that schema and never uses it:
# an answer with a wrong type and without what is required has 1. Given to eval() by its name, the schema is a
# TypeError. As both scorers are called with output and expected, the place of `expected` is that of the schema: in an
# experiment, the expected answer of a row is taken for a JSON Schema. {"age": 30} has no keyword that a schema knows,
# so everything is valid, plain text in quotes too, which has 0 when no answer is expected. Only
# ValidJSON.partial(schema=schema) checks. The JavaScript version takes the schema by its name, and checks. ExactMatch
# compares objects by their JSON text, so the same members in another order are 0, in both languages, where the module's
# own example of just that says 1.0. The schema has been reported (pull request 221 of its repository), and no release
# has a change.
# Consequence: a column of 1 for structured outputs that were never checked.
#
# Seen:
#   python ValidJSON(schema=schema): 1
#   python eval(output, schema=schema): TypeError
#   python ValidJSON.partial(schema=schema): 0
#   python plain text, nothing expected: 0
#   python plain text, an object expected: 1
#   python ExactMatch, members in another order: 0
#   javascript ValidJSON({ output, schema }): 0
#   javascript ExactMatch, members in another order: 0
#
# Exits non-zero when that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check autoevals==0.4.1 jsonschema==4.26.0 2>/dev/null
cat >score.py <<'PY'
from autoevals import ExactMatch, ValidJSON

schema = {"type": "object", "properties": {"age": {"type": "integer"}}, "required": ["name", "age"]}
answer = '{"age": "soon"}'


def show(name, score):
    try:
        print(f"python {name}:", score().score)
    except TypeError as error:
        print(f"python {name}:", type(error).__name__)


show("ValidJSON(schema=schema)", lambda: ValidJSON(schema=schema).eval(output=answer))
show("eval(output, schema=schema)", lambda: ValidJSON().eval(output=answer, schema=schema))
show("ValidJSON.partial(schema=schema)", lambda: ValidJSON.partial(schema=schema)().eval(output=answer))
show("plain text, nothing expected", lambda: ValidJSON().eval(output='"in a year"'))
show("plain text, an object expected", lambda: ValidJSON().eval(output='"in a year"', expected={"age": 30}))
same = {"name": "John", "age": 30}, '{"age": 30, "name": "John"}'
show("ExactMatch, members in another order", lambda: ExactMatch().eval(output=same[0], expected=same[1]))
PY
echo '{"private": true, "type": "module"}' >package.json
npm install --silent --no-audit --no-fund autoevals@0.3.0 >/dev/null 2>&1
cat >score.js <<'JS'
import { ExactMatch, ValidJSON } from 'autoevals';

const schema = { type: 'object', properties: { age: { type: 'integer' } }, required: ['name', 'age'] };
const checked = await ValidJSON({ output: '{"age": "soon"}', schema });
console.log('javascript ValidJSON({ output, schema }):', checked.score);
const same = await ExactMatch({ output: { name: 'John', age: 30 }, expected: '{"age": 30, "name": "John"}' });
console.log('javascript ExactMatch, members in another order:', same.score);
JS
(venv/bin/python score.py && node score.js) 2>/dev/null | tee out
diff out - <<'SEEN'
python ValidJSON(schema=schema): 1
python eval(output, schema=schema): TypeError
python ValidJSON.partial(schema=schema): 0
python plain text, nothing expected: 0
python plain text, an object expected: 1
python ExactMatch, members in another order: 0
javascript ValidJSON({ output, schema }): 0
javascript ExactMatch, members in another order: 0
SEEN
