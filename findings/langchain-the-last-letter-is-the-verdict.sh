#!/usr/bin/env bash
# langchain-classic 1.0.8 (LangChain's evaluators, CriteriaEvalChain and QAEvalChain) with langchain-core 1.8.3, Python
# 3.11 or newer. A model that says what it is given stands in place of the judge, so that nothing is asked.
#
# Behaviour: the judge of criteria is asked to end with Y or N on a line of its own. What reads its answer looks for the
# letter y or n at the very end, in capitals or not, without a look at what stands before it. So an answer that ends in
# a sentence has the last letter of its last word for a verdict: one that ends in "wrongly" or in "completely" passes,
# one that ends in "explanation" or in "written" fails. With a full stop behind it, or in bold, the letter at the end is
# not found, and the first letter of the answer is taken: what begins with "Note" or "No" fails, with "You" passes. The
# letter is cut off from the reasoning, and the value is that letter alone, so that a table of results shows an ordinary
# verdict. The judge of questions takes the first or the last word: "That is not correct." is CORRECT, 1. The last word
# "incorrect" is read well, so that a test with it finds nothing. Nothing is logged.
# Consequence: a judge that adds a sentence is scored by the spelling of its last word, in either direction.
#
# Seen (judge's words: value, score):
#   criteria, '... so it is met.\n\nY': Y 1
#   criteria, 'The submission answers wrongly': y 1
#   criteria, 'N, it fails completely': y 1
#   criteria, 'Y, a good explanation': n 0
#   criteria, 'No part of it is right.\n\n**Y**': N 0
#   criteria, 'You see that it is wrong.\n\nVerdict: N.': Y 1
#   qa, 'That is not correct.': CORRECT 1
#   qa, 'That is incorrect.': INCORRECT 0
#
# Exits non-zero when that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check --no-compile langchain-classic==1.0.8 \
    langchain-core==1.8.3 2>/dev/null
cat >"$folder/judge.py" <<'PY'
from langchain_classic.evaluation import CriteriaEvalChain, QAEvalChain
from langchain_core.language_models import FakeListLLM

for kind, words in (
    ("criteria", "... so it is met.\n\nY"),
    ("criteria", "The submission answers wrongly"),
    ("criteria", "N, it fails completely"),
    ("criteria", "Y, a good explanation"),
    ("criteria", "No part of it is right.\n\n**Y**"),
    ("criteria", "You see that it is wrong.\n\nVerdict: N."),
    ("qa", "That is not correct."),
    ("qa", "That is incorrect."),
):
    llm = FakeListLLM(responses=[words])
    if kind == "criteria":
        judge, reference = CriteriaEvalChain.from_llm(llm=llm, criteria="helpfulness"), {}
    else:
        judge, reference = QAEvalChain.from_llm(llm=llm), {"reference": "At ten."}
    result = judge.evaluate_strings(input="When?", prediction="At nine.", **reference)
    print(f"{kind}, {words!r}:", result["value"], result["score"])
PY
"$folder/venv/bin/python" -W ignore "$folder/judge.py" 2>"$folder/err" | tee "$folder/out"
diff "$folder/out" - <<'SEEN'
criteria, '... so it is met.\n\nY': Y 1
criteria, 'The submission answers wrongly': y 1
criteria, 'N, it fails completely': y 1
criteria, 'Y, a good explanation': n 0
criteria, 'No part of it is right.\n\n**Y**': N 0
criteria, 'You see that it is wrong.\n\nVerdict: N.': Y 1
qa, 'That is not correct.': CORRECT 1
qa, 'That is incorrect.': INCORRECT 0
SEEN
