#!/usr/bin/env bash
# @langfuse/openai 5.11.1 (Langfuse's wrapper of the openai client) with openai 6.49.0 and @opentelemetry/sdk-trace-node
# 2.12.1, Node 20 or newer. A server on loopback answers with usage as OpenAI sends it, and as xAI does (its page on
# prompt caching shows the members): text_tokens beside cached_tokens, and tokens of reasoning that completion_tokens
# does not have.
#
# Behaviour: Langfuse gives each kind of token a price, so the wrapper subtracts every detail from the whole and records
# what remains as input and output. That is right for OpenAI, whose details are parts that do not overlap. xAI says how
# many tokens of the prompt are text, which is all of them, and how many are cached, which are some of them once more.
# So input is 0 for each call, with a cache or without, and the prompt is in input_text_tokens, a kind that a price list
# with input, cached input and output does not have. Output is what is left of 48 tokens without 300 that were never
# among them: 0 as well. Negative numbers are cut off at 0, so that nothing looks wrong, and the total stays what the
# provider said, so that the parts do not add up to it. Streams and whole answers are alike. Nothing is logged.
# Consequence: the prompts of such a provider cost nothing, and the answers of its thinking models neither.
#
# Seen (sent by both: 125 of prompt, 98 of them cached, 48 of answer, 300 of reasoning, 473 in total):
#   OpenAI: input 27, cached 98, output 48, reasoning 300, total 473
#   xAI: input 0, cached 98, output 0, reasoning 300, total 473
#   xAI, stream: input 0, cached 98, output 0, reasoning 300, total 473
#   xAI, no cache and no reasoning: input 0, cached 0, output 48, reasoning 0, total 173
#
# Exits non-zero when that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{"private": true, "type": "module"}' >package.json
npm install --silent --no-audit --no-fund @langfuse/openai@5.11.1 openai@6.49.0 @opentelemetry/sdk-trace-node@2.12.1 \
    >/dev/null
cat >ask.js <<'JS'
import http from 'node:http';
import { observeOpenAI } from '@langfuse/openai';
import { InMemorySpanExporter, NodeTracerProvider, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-node';
import OpenAI from 'openai';

const openai = {
  prompt_tokens: 125,
  completion_tokens: 348,
  total_tokens: 473,
  prompt_tokens_details: { audio_tokens: 0, cached_tokens: 98 },
  completion_tokens_details: { audio_tokens: 0, reasoning_tokens: 300 },
};
const xai = {
  ...openai,
  completion_tokens: 48,
  prompt_tokens_details: { text_tokens: 125, audio_tokens: 0, image_tokens: 0, cached_tokens: 98 },
};
const plain = {
  ...xai,
  total_tokens: 173,
  prompt_tokens_details: { ...xai.prompt_tokens_details, cached_tokens: 0 },
  completion_tokens_details: { audio_tokens: 0, reasoning_tokens: 0 },
};

let usage;
const server = http.createServer(async (request, response) => {
  let body = '';
  for await (const piece of request) body += piece;
  const base = { id: 'c', created: 1, model: 'm' };
  const message = { role: 'assistant', content: 'At nine.' };
  if (JSON.parse(body).stream) {
    response.setHeader('content-type', 'text/event-stream');
    const chunks = [
      { choices: [{ index: 0, delta: message, finish_reason: null }] },
      { choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] },
      { choices: [], usage },
    ];
    for (const chunk of chunks) {
      response.write(`data: ${JSON.stringify({ ...base, object: 'chat.completion.chunk', ...chunk })}\n\n`);
    }
    response.end('data: [DONE]\n\n');
  } else {
    response.setHeader('content-type', 'application/json');
    const choices = [{ index: 0, message, finish_reason: 'stop' }];
    response.end(JSON.stringify({ ...base, object: 'chat.completion', choices, usage }));
  }
});
await new Promise((ready) => server.listen(0, '127.0.0.1', ready));

const exporter = new InMemorySpanExporter();
const provider = new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
provider.register();
const client = observeOpenAI(new OpenAI({ baseURL: `http://127.0.0.1:${server.address().port}/v1`, apiKey: 'k' }));

async function show(name, sent, stream = false) {
  usage = sent;
  const options = stream ? { stream, stream_options: { include_usage: true } } : {};
  const request = { model: 'm', messages: [{ role: 'user', content: 'When?' }], ...options };
  const answer = await client.chat.completions.create(request);
  if (stream) for await (const chunk of answer) void chunk;
  await provider.forceFlush();
  const [span] = exporter.getFinishedSpans();
  exporter.reset();
  const kept = JSON.parse(span.attributes['langfuse.observation.usage_details']);
  const numbers = `input ${kept.input}, cached ${kept.input_cached_tokens}, output ${kept.output}`;
  console.log(`${name}: ${numbers}, reasoning ${kept.output_reasoning_tokens}, total ${kept.total}`);
}

await show('OpenAI', openai);
await show('xAI', xai);
await show('xAI, stream', xai, true);
await show('xAI, no cache and no reasoning', plain);
server.closeAllConnections();
server.close();
JS
node ask.js 2>/dev/null | tee out
diff out - <<'SEEN'
OpenAI: input 27, cached 98, output 48, reasoning 300, total 473
xAI: input 0, cached 98, output 0, reasoning 300, total 473
xAI, stream: input 0, cached 98, output 0, reasoning 300, total 473
xAI, no cache and no reasoning: input 0, cached 0, output 48, reasoning 0, total 173
SEEN
