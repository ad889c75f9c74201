#!/usr/bin/env bash
# judges 0.1.1 (language models as judges, and juries of them) with instructor 1.17.0 and openai 3.3.0, Python 3.11 or
# newer. A Jury over judges whose verdicts are given here, so that no model is asked.
#
# Behaviour: its README gives the Likert scale as terrible, bad, average, good, excellent, and a jury counts them as 1
# to 5. But a judgment turns the texts "good" and "bad" into true and false, as those of a judge that says yes or no:
# its validator looks whether the judgment is of another type, before the type has been read. The jury does not find
# "True" on the scale, and takes what is unknown for average. So all judges finding an answer good, and all finding it
# bad, give 3, and a jury sees no answer that is better than average unless somebody says excellent. Numbers are
# averaged, and the average is rounded to a whole number, halves to the even one: 3.5 and 4.5 are both 4, 2.5 is 2.
# Where votes are equal, "majority" takes the first judge's: the code has the average for that case, behind an exception
# that Python raises no more since 3.8. None of it is logged or documented.
# Consequence: two systems that half of the scale lies between get the same verdict.
#
# Seen:
#   likert, average of bad, bad, bad: 3
#   likert, average of good, good, good: 3
#   likert, average of terrible, terrible, terrible: 1
#   likert, average of excellent, excellent, excellent: 5
#   numerical, average of 2, 3: 2
#   numerical, average of 3, 4: 4
#   numerical, average of 4, 5: 4
#   boolean, majority of True, False: True
#   boolean, majority of False, True: False
#
# Exits non-zero when that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check --no-compile judges==0.1.1 instructor==1.17.0 \
    openai==3.3.0 2>/dev/null
cat >"$folder/vote.py" <<'PY'
from judges import Jury
from judges.base import BaseJudge, Judgment


class Given(BaseJudge):
    def __init__(self, score, kind):
        super().__init__("none")
        self.score, self.kind = score, kind

    def judge(self, input, output=None, expected=None):
        return Judgment(score=self.score, score_type=self.kind, reasoning="")


def vote(kind, method, *scores):
    jury = Jury(judges=[Given(score, kind) for score in scores], voting_method=method)
    verdict = jury.vote(input="When?", output="At nine.").score
    verdict = verdict if kind == "boolean" else int(verdict)
    print(f"{kind}, {method} of {', '.join(map(str, scores))}: {verdict}")


for word in ("bad", "good", "terrible", "excellent"):
    vote("likert", "average", word, word, word)
for number in (2, 3, 4):
    vote("numerical", "average", number, number + 1)
vote("boolean", "majority", True, False)
vote("boolean", "majority", False, True)
PY
"$folder/venv/bin/python" "$folder/vote.py" 2>"$folder/err" | tee "$folder/out"
diff "$folder/out" - <<'SEEN'
likert, average of bad, bad, bad: 3
likert, average of good, good, good: 3
likert, average of terrible, terrible, terrible: 1
likert, average of excellent, excellent, excellent: 5
numerical, average of 2, 3: 2
numerical, average of 3, 4: 4
numerical, average of 4, 5: 4
boolean, majority of True, False: True
boolean, majority of False, True: False
SEEN
