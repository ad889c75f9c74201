#!/usr/bin/env bash
# tokenlens 1.3.1 (prices for language models), ai 6.0.326 and 7.0.173 with @ai-sdk/openai 3.0.141, Node 20 or newer (ai 7
# asks for 22). A server on loopback answers like OpenAI's chat completions: 10000 tokens of prompt, 9984 of them cached.
#
# Behaviour: tokenlens says that it works with the usage of the AI SDK. There, as with OpenAI, the cached tokens are a part
# of the input tokens. tokenlens takes them for an addition: it charges all input at the full price and the cached part once
# more at its own. So a cached prompt costs more than one that is not cached, and three times what it should. ai 7 no longer
# has the member that tokenlens reads (cachedInputTokens), so after an upgrade the same call costs a third less, at the full
# price for all of it, which is still twice too much. No version gives a hint. OpenAI's own usage is charged as with ai 6.
#
# The right cost of the call with tokenlens's own prices for gpt-4o (2.50 input, 1.25 cached, 10 output for a million):
# 16 * 2.50 + 9984 * 1.25 + 10 * 10 = 12620 millionths, 0.01262 USD.
#
# Seen (USD):
#   ai 6: 0.03758
#   ai 7: 0.0251
#   OpenAI's usage: 0.03758
#   the same without a cache: 0.0251
#   right: 0.01262
#
# Exits non-zero when that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{"private": true, "type": "module"}' >package.json
npm install --silent --no-audit --no-fund tokenlens@1.3.1 ai6@npm:ai@6.0.326 ai7@npm:ai@7.0.173 @ai-sdk/openai@3.0.141 \
    zod@4.6.7 >/dev/null
cat >cost.js <<'JS'
import http from 'node:http';
import { createOpenAI } from '@ai-sdk/openai';
import * as six from 'ai6';
import * as seven from 'ai7';
import { costFromUsage, resolveModel } from 'tokenlens';

const usage = { prompt_tokens: 10000, completion_tokens: 10, total_tokens: 10010 };
const cached = { ...usage, prompt_tokens_details: { cached_tokens: 9984 } };
const message = { role: 'assistant', content: 'At nine.' };
const choices = [{ index: 0, finish_reason: 'stop', message }];
const answer = { id: 'c', object: 'chat.completion', created: 1, model: 'gpt-4o', choices, usage: cached };
const server = http.createServer((request, response) => {
  request.resume().on('end', () => {
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify(answer));
  });
});
await new Promise((ready) => server.listen(0, '127.0.0.1', ready));
const openai = createOpenAI({ baseURL: `http://127.0.0.1:${server.address().port}/v1`, apiKey: 'k' });
const cost = (used) => Number(costFromUsage({ id: 'openai:gpt-4o', usage: used }).toFixed(8));
for (const [version, { generateText }] of [[6, six], [7, seven]]) {
  const result = await generateText({ model: openai.chat('gpt-4o'), prompt: 'When?' });
  console.log(`ai ${version}: ${cost(result.usage)}`);
}
console.log(`OpenAI's usage: ${cost(cached)}`);
console.log(`the same without a cache: ${cost(usage)}`);
const price = resolveModel('openai:gpt-4o').pricing;
const right = 16 * price.inputPerMTokens + 9984 * price.cacheReadPerMTokens + 10 * price.outputPerMTokens;
console.log(`right: ${right / 1e6}`);
server.closeAllConnections();
server.close();
JS
node cost.js 2>/dev/null | tee out
diff out - <<'SEEN'
ai 6: 0.03758
ai 7: 0.0251
OpenAI's usage: 0.03758
the same without a cache: 0.0251
right: 0.01262
SEEN
