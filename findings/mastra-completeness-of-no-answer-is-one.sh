#!/usr/bin/env bash
# @mastra/evals 1.10.2 with @mastra/core 1.71.0, Node 20 or newer (they ask for 22). Its scorer of completeness by code:
# how much of a question its answer takes up, without a model. A keyword scorer of the same package stands beside it.
#
# Behaviour: the scorer keeps only a to z and digits of both texts. Of a question in Japanese or Russian nothing is
# left, and then it only looks whether something is left of the answer. Nothing left is complete: "I do not know" and an
# empty answer get 1. Anything left is incomplete: the right answer gets 0, because it has a digit in it. So the score
# is turned around, by whether an answer has a Latin letter or a number. The keyword scorer splits at blanks and knows
# English only, so that no answer in Japanese has a keyword of its question. Neither page names a language, and nothing
# is logged.
# Consequence: over traffic in several languages the mean goes up with each empty answer and each refusal.
#
# Seen (completeness, keyword coverage):
#   When is high water in Ghent? / High water in Ghent is at 9.: 0.83 1.00
#   When is high water in Ghent? / I do not know.: 0.00 0.00
#   満潮は何時ですか / 満潮は9時です: 0.00 0.00
#   満潮は何時ですか / わかりません: 1.00 0.00
#   Когда полная вода в Генте? / Полная вода в Генте в 9 часов.: 0.00 0.80
#   Когда полная вода в Генте? / (nothing): 1.00 0.00
#
# Exits non-zero when that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{"private": true, "type": "module"}' >package.json
npm install --silent --no-audit --no-fund @mastra/evals@1.10.2 @mastra/core@1.71.0 >/dev/null 2>&1
cat >score.js <<'JS'
import { createCompletenessScorer, createKeywordCoverageScorer } from '@mastra/evals/scorers/prebuilt';

const message = (role, content) => ({
  id: role, role, createdAt: new Date(0), content: { format: 2, parts: [{ type: 'text', text: content }], content },
});
const English = 'When is high water in Ghent?';
const Japanese = '満潮は何時ですか';
const Russian = 'Когда полная вода в Генте?';
for (const [question, answer] of [
  [English, 'High water in Ghent is at 9.'],
  [English, 'I do not know.'],
  [Japanese, '満潮は9時です'],
  [Japanese, 'わかりません'],
  [Russian, 'Полная вода в Генте в 9 часов.'],
  [Russian, ''],
]) {
  const inputMessages = [message('user', question)];
  const input = { inputMessages, rememberedMessages: [], systemMessages: [], taggedSystemMessages: {} };
  const scores = [];
  for (const make of [createCompletenessScorer, createKeywordCoverageScorer]) {
    const { score } = await make().run({ runId: 'r', input, output: [message('assistant', answer)] });
    scores.push(score.toFixed(2));
  }
  console.log(`${question} / ${answer || '(nothing)'}: ${scores.join(' ')}`);
}
JS
node score.js 2>/dev/null | tee out
diff out - <<'SEEN'
When is high water in Ghent? / High water in Ghent is at 9.: 0.83 1.00
When is high water in Ghent? / I do not know.: 0.00 0.00
満潮は何時ですか / 満潮は9時です: 0.00 0.00
満潮は何時ですか / わかりません: 1.00 0.00
Когда полная вода в Генте? / Полная вода в Генте в 9 часов.: 0.00 0.80
Когда полная вода в Генте? / (nothing): 1.00 0.00
SEEN
