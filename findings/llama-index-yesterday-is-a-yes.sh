#!/usr/bin/env bash
# llama-index-core 0.14.25 (FaithfulnessEvaluator, RelevancyEvaluator and PairwiseComparisonEvaluator), Python 3.11 or
# newer. A model that says what it is given stands in place of the judge, so that nothing is asked.
#
# Behaviour: the judge is asked for YES or NO. What reads its answer looks whether it has the letters "yes" anywhere, in
# capitals or not. "NO" alone is read well. As soon as the judge says why, a word or a name with these letters passes
# the answer: yesterday, eyes, Bayes, polyester, "not a clear yes", and the two words of the question that it repeats
# ("YES or NO: NO"). The score is 1.0, the judge's words stand beside it as feedback, and no other value tells. Of two
# answers, the first is the better one where the judge's text has [[A]] anywhere, also behind its verdict [[B]]. The
# evaluator then asks again with the two in the other order, where the judge says [[A]] first; both calls seem to be for
# whatever stood first, and the clear winner is a tie. Nothing is logged.
# Consequence: an unfaithful answer about yesterday is a faithful one. Faithfulness depends on the topic of a question,
# and goes up when a judge becomes more talkative.
#
# Seen (judge's words: passing, score):
#   faithfulness, 'NO': False 0.0
#   faithfulness, 'NO. The context names another day than yesterday.': True 1.0
#   faithfulness, 'NO. Bayes is not mentioned.': True 1.0
#   relevancy, 'NO, the context is about eyesight.': True 1.0
#   relevancy, 'YES or NO: NO': True 1.0
#   pairwise, '[[B]], [[A]] has the wrong day' and in the other order '[[A]], [[B]] has the wrong day': None 0.5
#   pairwise, '[[B]]' and in the other order '[[A]]': False 0.0
#
# Exits non-zero when that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check --no-compile llama-index-core==0.14.25 2>/dev/null
cat >"$folder/judge.py" <<'PY'
from llama_index.core.evaluation import FaithfulnessEvaluator, PairwiseComparisonEvaluator, RelevancyEvaluator
from llama_index.core.llms import CompletionResponse, CustomLLM, LLMMetadata


class Judge(CustomLLM):
    words: list[str]

    @property
    def metadata(self):
        return LLMMetadata()

    def complete(self, prompt, **options):
        return CompletionResponse(text=self.words.pop(0))

    def stream_complete(self, prompt, **options):
        yield self.complete(prompt)


asked = {"query": "When?", "response": "At nine.", "contexts": ["At ten."]}
for kind, *words in (
    ("faithfulness", "NO"),
    ("faithfulness", "NO. The context names another day than yesterday."),
    ("faithfulness", "NO. Bayes is not mentioned."),
    ("relevancy", "NO, the context is about eyesight."),
    ("relevancy", "YES or NO: NO"),
    ("pairwise", "[[B]], [[A]] has the wrong day", "[[A]], [[B]] has the wrong day"),
    ("pairwise", "[[B]]", "[[A]]"),
):
    judge = Judge(words=words)
    if kind == "pairwise":
        both = {"query": "When?", "response": "At nine.", "second_response": "At ten."}
        result = PairwiseComparisonEvaluator(llm=judge).evaluate(**both)
    else:
        evaluator = FaithfulnessEvaluator if kind == "faithfulness" else RelevancyEvaluator
        result = evaluator(llm=judge).evaluate(**asked)
    print(f"{kind},", " and in the other order ".join(map(repr, words)) + ":", result.passing, result.score)
PY
"$folder/venv/bin/python" -W ignore "$folder/judge.py" 2>"$folder/err" | tee "$folder/out"
diff "$folder/out" - <<'SEEN'
faithfulness, 'NO': False 0.0
faithfulness, 'NO. The context names another day than yesterday.': True 1.0
faithfulness, 'NO. Bayes is not mentioned.': True 1.0
relevancy, 'NO, the context is about eyesight.': True 1.0
relevancy, 'YES or NO: NO': True 1.0
pairwise, '[[B]], [[A]] has the wrong day' and in the other order '[[A]], [[B]] has the wrong day': None 0.5
pairwise, '[[B]]' and in the other order '[[A]]': False 0.0
SEEN
