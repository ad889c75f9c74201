#!/usr/bin/env bash
# trulens-feedback 2.16.0 with trulens-core 2.16.0 (feedback functions that ask a judge), Python 3.11 or newer. A
# provider that says what it is given stands in place of the judge; relevance() asks it for a number from 0 to 3 and
# divides by 3. Nothing is sent.
#
# Behaviour: of all numbers in the judge's words that lie within the scale, TruLens takes the smallest, so that "1 out
# of 3" is 1. A judge that is asked for a number and says why counts things, names a source or an earlier rating, and
# these numbers are small: a 3 with "all 2 claims" behind it is a 2, with "source 1" it is a 1. With reasons, the same
# happens on the line of the score. Half grades are cut: 2.9 is 2, and 0.9 is 0. A minus sign is not read in front of a
# whole number, so that -1 is 1 and not outside. A warning is logged where several numbers were found, which for a judge
# that explains itself is each time; none for what was cut.
# Consequence: the more a judge explains, the worse the application looks that it judges; an average with a terse judge
# cannot be compared with one from a talkative judge.
#
# Seen (function, judge's words: score):
#   relevance, '3': 1.00
#   relevance, '3. All 2 claims are supported.': 0.67
#   relevance, '3, source 1 says so.': 0.33
#   relevance, 'Rating: 3 (it was 1 before)': 0.33
#   relevance, '2.9': 0.67
#   relevance, '0.9': 0.00
#   relevance, '-1': 0.33
#   with reasons, ... 'Score: 3': 1.00
#   with reasons, ... 'Score: 3 (all 2 claims hold)': 0.67
#
# Exits non-zero when that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check --no-compile trulens-feedback==2.16.0 \
    trulens-core==2.16.0 2>/dev/null
cat >"$folder/judge.py" <<'PY'
from trulens.core.feedback.endpoint import Endpoint
from trulens.feedback.llm_provider import LLMProvider


class Judge(LLMProvider):
    words: str

    def _create_chat_completion(self, prompt=None, messages=None, **options):
        return self.words


for words in (
    "3",
    "3. All 2 claims are supported.",
    "3, source 1 says so.",
    "Rating: 3 (it was 1 before)",
    "2.9",
    "0.9",
    "-1",
):
    judge = Judge(endpoint=Endpoint(name="judge"), model_engine="m", words=words)
    print(f"relevance, {words!r}: {judge.relevance('When?', 'At nine.'):.2f}")
for line in ("Score: 3", "Score: 3 (all 2 claims hold)"):
    words = f"Criteria: It answers.\nSupporting Evidence: At nine.\n{line}"
    judge = Judge(endpoint=Endpoint(name="judge"), model_engine="m", words=words)
    print(f"with reasons, ... {line!r}: {judge.relevance_with_cot_reasons('When?', 'At nine.')[0]:.2f}")
PY
"$folder/venv/bin/python" -W ignore "$folder/judge.py" 2>"$folder/err" | tee "$folder/out"
diff "$folder/out" - <<'SEEN'
relevance, '3': 1.00
relevance, '3. All 2 claims are supported.': 0.67
relevance, '3, source 1 says so.': 0.33
relevance, 'Rating: 3 (it was 1 before)': 0.33
relevance, '2.9': 0.67
relevance, '0.9': 0.00
relevance, '-1': 0.33
with reasons, ... 'Score: 3': 1.00
with reasons, ... 'Score: 3 (all 2 claims hold)': 0.67
SEEN
