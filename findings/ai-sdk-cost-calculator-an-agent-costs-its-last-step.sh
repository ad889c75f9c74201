#!/usr/bin/env bash
# ai-sdk-cost-calculator 7.1.14 (npm; costs of the AI SDK's calls) with ai 6.0.326 and then with ai 7.0.173, Node 20 or
# newer (ai 7 asks for 22). It asks for ai 6 or newer. A model of the SDK's own test tools calls a tool twice and then
# answers: three requests, each with 100000 tokens of input and 1000 of output. Beside the cost of the run stands the
# sum of what the package's own calculateCost says of each of the three.
#
# Behaviour: withCost, the trackers' onFinish and calculateStreamCost take the usage of what they are given. In ai 6
# that is the usage of the last step, and totalUsage is that of all; in ai 7 usage is that of all. So with ai 6 an
# agent's run costs what its last step did. Calls of tools that have a price are counted over all steps all the same.
# With ai 7 the sum is taken for one request: three times 100000 tokens are more than 200000, and the whole run is
# charged the higher price for long requests, which none of them was. createCostTracker, which is given the usage by
# hand, says in a comment of its source that sums distort just this.
# Consequence: before an upgrade of the SDK an agent costs what its last answer did, and after it up to twice what it
# does.
#
# Seen (ai: model: withCost, tracker, calculateStreamCost, the three steps, in USD; tokens of input by the tracker):
#   ai 6: gpt-4o: 0.2600 0.2600 0.2600 0.7800; 100000
#   ai 6: claude-sonnet-4-5: 0.3150 0.3150 0.3150 0.9450; 100000
#   ai 7: gpt-4o: 0.7800 0.7800 0.7800 0.7800; 300000
#   ai 7: claude-sonnet-4-5: 1.8675 1.8675 1.8675 0.9450; 300000
#
# Exits non-zero when that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat >cost.mjs <<'JS'
import * as ai from "ai";
import * as test from "ai/test";
import { calculateCost, calculateStreamCost, createTracker, withCost } from "ai-sdk-cost-calculator";
import { z } from "zod";

const [Model, major] = test.MockLanguageModelV4 ? [test.MockLanguageModelV4, 7] : [test.MockLanguageModelV3, 6];
const usage = {
  inputTokens: { total: 100000, noCache: 100000, cacheRead: 0, cacheWrite: 0 },
  outputTokens: { total: 1000, text: 1000, reasoning: 0 },
};

function run(onFinish) {
  let asked = 0;
  const model = new Model({
    doStream: async () => {
      const last = ++asked === 3;
      const said = last
        ? ["text-start", "text-delta", "text-end"].map((type) => ({ type, id: "1", delta: "At six." }))
        : [{ type: "tool-call", toolCallId: `call${asked}`, toolName: "tide", input: "{}" }];
      const finishReason = { unified: last ? "stop" : "tool-calls", raw: undefined };
      const chunks = [{ type: "stream-start", warnings: [] }, ...said, { type: "finish", finishReason, usage }];
      return { stream: ai.simulateReadableStream({ chunks }) };
    },
  });
  const tools = { tide: ai.tool({ inputSchema: z.object({}), execute: async () => "six" }) };
  return ai.streamText({ model, tools, stopWhen: ai.stepCountIs(5), prompt: "When is the tide?", onFinish });
}

for (const model of ["gpt-4o", "claude-sonnet-4-5"]) {
  let alone;
  await run(withCost(model, ({ cost }) => (alone = cost.totalCost))).consumeStream();
  const tracker = createTracker();
  const tracked = run(tracker.onFinish(model));
  await tracked.consumeStream();
  const stream = (await calculateStreamCost(run(), { model })).totalCost;
  const each = (await tracked.steps).map((step) => calculateCost({ model, usage: step.usage }).totalCost);
  const steps = each.reduce((sum, cost) => sum + cost, 0);
  const costs = [alone, tracker.getTotal().totalCost, stream, steps].map((cost) => cost.toFixed(4)).join(" ");
  console.log(`ai ${major}: ${model}: ${costs}; ${tracker.getModel(model).usage.inputTokens}`);
}
JS
for version in 6.0.326 7.0.173; do
    mkdir "$version"
    cp cost.mjs "$version"
    echo '{"private": true}' >"$version/package.json"
    (cd "$version" && npm install --silent --no-audit --no-fund "ai@$version" ai-sdk-cost-calculator@7.1.14 \
        zod@4.1.12 >/dev/null 2>&1)
    node "$version/cost.mjs" 2>>err || { tail -5 err >&2; exit 1; }
done | tee out
diff out - <<'SEEN'
ai 6: gpt-4o: 0.2600 0.2600 0.2600 0.7800; 100000
ai 6: claude-sonnet-4-5: 0.3150 0.3150 0.3150 0.9450; 100000
ai 7: gpt-4o: 0.7800 0.7800 0.7800 0.7800; 300000
ai 7: claude-sonnet-4-5: 1.8675 1.8675 1.8675 0.9450; 300000
SEEN
