#!/usr/bin/env bash
# baml-py 0.226.3 (BAML: structured outputs from what a model wrote, without asking it for strict JSON) with pydantic
# 2.14.4, Python 3.11 or newer. Functions with the types that a judge needs: one of two verdicts, a yes or no, a whole
# grade, a share. Their parsers alone are called with a judge's words; nothing is sent.
#
# Behaviour: the parser looks in a text for what can be made a value of the type. A verdict is found when its name
# stands anywhere, in the middle of a word too, in capitals or not: "incorrect" and "not correct" are Correct, and
# "untrue" is true. Only a text with both names is an error. A whole number is rounded, so that a grade of 2.5 is 3 and
# one of 3.5 is 4, and a fraction is computed first: "4/5" is 1 and "2/5" is 0. A comma is the mark of thousands
# wherever it stands, so that "0,9" is 9. A per cent sign is dropped and its number kept. The values within a JSON
# object are read in the same way. As each value has the right type, no check of types finds anything, and the result
# has no mark of what was changed to get there.
# Consequence: a judge that writes "incorrect" where the label is Wrong passes every answer, and grades that were
# written as "4/5" have a mean of at most 1.
#
# Seen (type, judge's words: value):
#   verdict, 'Correct': Correct
#   verdict, 'Incorrect': Correct
#   verdict, 'It is not correct.': Correct
#   verdict, 'Not correct but wrong': BamlError
#   bool, 'true': True
#   bool, 'untrue': True
#   bool, 'This is not true.': True
#   int, '4': 4
#   int, '4/5': 1
#   int, '2/5': 0
#   int, '2.5': 3
#   int, '3.5': 4
#   float, '0.9': 0.9
#   float, '0,9': 9.0
#   float, '90%': 90.0
#   in JSON: Correct 1 9.0
#
# Exits non-zero when that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check --no-compile baml-py==0.226.3 pydantic==2.14.4 2>/dev/null
mkdir baml_src
cat >baml_src/judge.baml <<'BAML'
generator python {
  output_type "python/pydantic"
  output_dir "../"
  version "0.226.3"
}

client<llm> Judge {
  provider openai
  options {
    model "m"
    api_key "k"
  }
}

enum Verdict {
  Correct
  Wrong
}

class Both {
  verdict Verdict
  grade int
  share float
}

function AskBoth(answer: string) -> Both {
  client Judge
  prompt #"{{ answer }} {{ ctx.output_format }}"#
}

function AskVerdict(answer: string) -> Verdict {
  client Judge
  prompt #"{{ answer }} {{ ctx.output_format }}"#
}

function AskTruth(answer: string) -> bool {
  client Judge
  prompt #"{{ answer }} {{ ctx.output_format }}"#
}

function AskGrade(answer: string) -> int {
  client Judge
  prompt #"{{ answer }} {{ ctx.output_format }}"#
}

function AskShare(answer: string) -> float {
  client Judge
  prompt #"{{ answer }} {{ ctx.output_format }}"#
}
BAML
export BAML_LOG=off
venv/bin/baml-cli generate >/dev/null 2>&1
cat >judge.py <<'PY'
from baml_client import b
from baml_py.errors import BamlError

for kind, parse, texts in (
    ("verdict", b.parse.AskVerdict, ("Correct", "Incorrect", "It is not correct.", "Not correct but wrong")),
    ("bool", b.parse.AskTruth, ("true", "untrue", "This is not true.")),
    ("int", b.parse.AskGrade, ("4", "4/5", "2/5", "2.5", "3.5")),
    ("float", b.parse.AskShare, ("0.9", "0,9", "90%")),
):
    for text in texts:
        try:
            value = parse(text)
        except BamlError as error:
            value = type(error).__name__
        print(f"{kind}, {text!r}: {getattr(value, 'value', value)}")
grades = b.parse.AskBoth('{"verdict": "incorrect", "grade": "4/5", "share": "0,9"}')
print("in JSON:", grades.verdict.value, grades.grade, grades.share)
PY
venv/bin/python judge.py 2>err | tee out
diff out - <<'SEEN'
verdict, 'Correct': Correct
verdict, 'Incorrect': Correct
verdict, 'It is not correct.': Correct
verdict, 'Not correct but wrong': BamlError
bool, 'true': True
bool, 'untrue': True
bool, 'This is not true.': True
int, '4': 4
int, '4/5': 1
int, '2/5': 0
int, '2.5': 3
int, '3.5': 4
float, '0.9': 0.9
float, '0,9': 9.0
float, '90%': 90.0
in JSON: Correct 1 9.0
SEEN
