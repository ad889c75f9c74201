#!/usr/bin/env bash
# ragas 0.4.3 (with langchain-community 0.3.31, rouge_score 0.1.2, sacrebleu 2.6.0) and opik 2.2.122: two libraries for
# evaluation, each with metrics named ROUGE and BLEU, given an answer that equals its reference, character by character.
# ROUGE is 0 where the text has no letter from a to z, in both: rouge_score keeps a to z and digits as words and drops the
# rest, without a warning. Of a text in German or French it keeps torn words, so equal answers get 1 and different ones
# can look alike. BLEU of ragas is also 0 for an equal answer of fewer than four words, and a Japanese sentence counts as
# one: it calls sacrebleu's score of a corpus, where no sequence of four words means 0. BLEU of opik gives the pairs 1.
# Consequence: the mean of a dataset with short answers, or in Russian, Japanese or Arabic, is low however good they are,
# and one threshold for both libraries' "BLEU" means two things.
# Output seen:
#   ragas ROUGE: 1.0 1.0 0.0 0.0
#   ragas BLEU: 1.0 0.0 1.0 0.0
#   opik ROUGE: 1.0 1.0 0.0 0.0
#   opik BLEU: 1.0 1.0 1.0 1.0
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
for name in ragas opik; do python3 -m venv "$work/$name"; done
quiet=(install --quiet --disable-pip-version-check rouge_score==0.1.2)
"$work/ragas/bin/pip" "${quiet[@]}" ragas==0.4.3 langchain-community==0.3.31 sacrebleu==2.6.0
"$work/opik/bin/pip" "${quiet[@]}" opik==2.2.122 nltk==3.10.4
export RAGAS_DO_NOT_TRACK=true OPIK_TRACK_DISABLE=true OPIK_SENTRY_ENABLE=false HOME="$work"
cat >"$work/texts.py" <<'PROGRAM'
TEXTS = ("The ferry leaves at nine from the old pier", "At nine", "Паром отходит в девять", "船は九時に出ます")


def said(name, values):
    print(f"{name}:", *(round(float(value), 3) for value in values))
PROGRAM
cat >"$work/ragas.check.py" <<'PROGRAM'
import asyncio

from ragas.dataset_schema import SingleTurnSample
from ragas.metrics import BleuScore, RougeScore
from texts import TEXTS, said

for name, metric in (("ragas ROUGE", RougeScore()), ("ragas BLEU", BleuScore())):
    pairs = [SingleTurnSample(response=text, reference=text) for text in TEXTS]
    said(name, [asyncio.run(metric.single_turn_ascore(pair)) for pair in pairs])
PROGRAM
cat >"$work/opik.check.py" <<'PROGRAM'
from opik.evaluation.metrics import ROUGE, SentenceBLEU
from texts import TEXTS, said

for name, metric in (("opik ROUGE", ROUGE(track=False)), ("opik BLEU", SentenceBLEU(track=False))):
    said(name, [metric.score(output=text, reference=text).value for text in TEXTS])
PROGRAM
cd "$work"
seen=$("$work/ragas/bin/python" -W ignore ragas.check.py 2>/dev/null; "$work/opik/bin/python" -W ignore opik.check.py 2>/dev/null)
echo "$seen"
[ "$seen" = "ragas ROUGE: 1.0 1.0 0.0 0.0
ragas BLEU: 1.0 0.0 1.0 0.0
opik ROUGE: 1.0 1.0 0.0 0.0
opik BLEU: 1.0 1.0 1.0 1.0" ]
