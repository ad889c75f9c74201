#!/usr/bin/env bash
# @voltagent/scorers 2.1.0 (npm; scorers of an agent framework) with @voltagent/core 2.10.0, ai 6.0.326 and zod 4.1.12,
# Node 20 or newer. A model of the AI SDK's own test tools stands in place of the judge and keeps what it was asked;
# nothing is sent.
#
# Behaviour: createAnswerCorrectnessScorer puts question, answer and truth into its prompt with String.replace, to
# which a dollar sign before certain characters is an order, also within what is put in. "$$" is one "$", so that a
# formula in LaTeX or the number of a process in a shell is another one. "$&" is the place it replaces. "$'" is all
# that follows: behind the quotes of bash the prompt goes on in the middle of the answer, the truth lands there, and
# its own place is left empty. The scorers for relevancy, precision and recall are written in the same way. No error
# comes, and the score is about a text that nobody wrote. createToolCallAccuracyScorerCode finds calls in messages of
# the AI SDK's models, and in a list of calls it knows the type "tool-tide" as well. In the messages that the AI SDK
# gives to an interface, where each part has such a type, and in OpenAI's, it says "No tool calls were made".
# Consequence: answers with formulas and code are judged by something else, and right agents by the form of their log.
#
# Seen (what the model answered: what the judge is shown; score of an agent that called the tool):
#   The area is $$r^2$$. => answer: The area is $r^2$. | ground_truth: six
#   Run kill $$ to stop it. => answer: Run kill $ to stop it. | ground_truth: six
#   Write $& for the match. => answer: Write {{answer}} for the match. | ground_truth: six
#   Type echo $'six' there. => answer: Type echo  | ground_truth: sixsix' there. | ground_truth: {{ground_truth}}
#   It costs $10. => answer: It costs $10. | ground_truth: six
#   model's messages 1, list of calls 1, interface's messages 0, OpenAI's messages 0
#
# Exits non-zero when that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{"private": true}' >package.json
npm install --silent --no-audit --no-fund --ignore-scripts @voltagent/scorers@2.1.0 @voltagent/core@2.10.0 ai@6.0.326 \
    zod@4.1.12 >/dev/null 2>&1
cat >judge.mjs <<'JS'
import { createAnswerCorrectnessScorer, createToolCallAccuracyScorerCode } from "@voltagent/scorers";
import { MockLanguageModelV3 } from "ai/test";

const inputTokens = { total: 1, noCache: 1, cacheRead: 0, cacheWrite: 0 };
const usage = { inputTokens, outputTokens: { total: 1, text: 1, reasoning: 0 } };
let asked;
const model = new MockLanguageModelV3({
  doGenerate: async ({ prompt }) => {
    asked = prompt.at(-1).content.map((part) => part.text).join("");
    const content = [{ type: "text", text: '{"TP": ["six"], "FP": [], "FN": []}' }];
    return { content, finishReason: { unified: "stop", raw: "stop" }, usage, warnings: [] };
  },
});
const correctness = createAnswerCorrectnessScorer({ model });
for (const output of [
  "The area is $$r^2$$.",
  "Run kill $$ to stop it.",
  "Write $& for the match.",
  "Type echo $'six' there.",
  "It costs $10.",
]) {
  await correctness.scorer({ payload: { input: "Which?", output, expected: "six" }, params: {} });
  const shown = asked.slice(asked.lastIndexOf("answer: ", asked.lastIndexOf("ground_truth: ")));
  console.log(`${output} => ${shown.split("\n").join(" | ")}`);
}

const accuracy = createToolCallAccuracyScorerCode({ expectedTool: "tide" });
const part = { type: "tool-tide", toolCallId: "1", state: "output-available", input: {}, output: "six" };
const call = { id: "1", type: "function", function: { name: "tide", arguments: "{}" } };
const content = [{ type: "tool-call", toolCallId: "1", toolName: "tide", input: {} }];
const scores = [];
for (const [name, payload] of [
  ["model's messages", { messages: [{ role: "assistant", content }] }],
  ["list of calls", { toolCalls: [part] }],
  ["interface's messages", { messages: [{ role: "assistant", parts: [part] }] }],
  ["OpenAI's messages", { messages: [{ role: "assistant", content: null, tool_calls: [call] }] }],
]) {
  scores.push(`${name} ${(await accuracy.scorer({ payload, params: {} })).score}`);
}
console.log(scores.join(", "));
process.exit(0);
JS
node judge.mjs 2>err | tee out || { tail -5 err; exit 1; }
diff out - <<'SEEN'
The area is $$r^2$$. => answer: The area is $r^2$. | ground_truth: six
Run kill $$ to stop it. => answer: Run kill $ to stop it. | ground_truth: six
Write $& for the match. => answer: Write {{answer}} for the match. | ground_truth: six
Type echo $'six' there. => answer: Type echo  | ground_truth: sixsix' there. | ground_truth: {{ground_truth}}
It costs $10. => answer: It costs $10. | ground_truth: six
model's messages 1, list of calls 1, interface's messages 0, OpenAI's messages 0
SEEN
