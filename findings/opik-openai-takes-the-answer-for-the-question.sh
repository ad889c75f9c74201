#!/usr/bin/env bash
# opik-openai 1.11.14 (npm, Opik's trackOpenAI) with opik 1.11.14 and openai 6.49.0, Node 20 or newer. A server on
# loopback answers like OpenAI's chat completions and its Responses API, and takes what is recorded. Each call used 1000
# tokens of input, 20 of output.
#
# Behaviour: for a chat completion the span has prompt_tokens 1000 and completion_tokens 20. For the same answer of the
# Responses API, whose usage has input_tokens and output_tokens, the two are the wrong way round: 20 tokens of prompt
# and 1000 of completion. The total is right, and OpenAI's own numbers stand beside them as original_usage.*, so that a
# look at a span raises no doubt. Opik counts prompt and completion with a price each. A call of a tool in a stream is
# joined without a look at its index: of two calls the span has one, with the second one's name and both arguments one
# behind the other. Nothing is logged.
# Consequence: prompts are long and answers are short, and output costs four times as much as input or more, so that a
# change to the Responses API multiplies the cost on every dashboard.
#
# Seen (USD for a model at 2.50 for a million tokens of input, 10 of output, reckoned from the span; right is 0.0027):
#   chat: prompt 1000, completion 20, cost 0.0027
#   chat, stream: prompt 1000, completion 20, cost 0.0027
#   responses: prompt 20, completion 1000, cost 0.01005
#   responses, stream: prompt 20, completion 1000, cost 0.01005
#   two calls, stream: ferry_times({"port":"Ghent"}{"day":"Monday"})
#
# Exits non-zero when that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{"private": true, "type": "module"}' >package.json
npm install --silent --no-audit --no-fund opik-openai@1.11.14 opik@1.11.14 openai@6.49.0 >/dev/null
cat >track.js <<'JS'
import fs from 'node:fs';
import http from 'node:http';
import zlib from 'node:zlib';
import OpenAI from 'openai';
import { Opik } from 'opik';
import { trackOpenAI } from 'opik-openai';

const text = 'At nine.';
const chatUsage = { prompt_tokens: 1000, completion_tokens: 20, total_tokens: 1020 };
const base = { id: 'c', created: 1, model: 'tides', usage: chatUsage };
const choice = { index: 0, finish_reason: 'stop' };
const message = { role: 'assistant', content: text };
const chat = { ...base, object: 'chat.completion', choices: [{ ...choice, message }] };
const chunk = (delta, end = null, usage = null) => ({ ...base, object: 'chat.completion.chunk', usage,
  choices: [{ index: 0, delta, finish_reason: end }] });
const last = { ...base, object: 'chat.completion.chunk', choices: [] };
const call = (index, id, name, args) => (
  { tool_calls: [{ index, id, type: 'function', function: { name, arguments: args } }] });
const chunks = {
  text: [chunk({ role: 'assistant', content: text }), chunk({}, 'stop'), last],
  calls: [chunk(call(0, 'call_1', 'tide_table', '{"port":"Ghent"}')),
    chunk(call(1, 'call_2', 'ferry_times', '{"day":"Monday"}')), chunk({}, 'tool_calls'), last],
};
const usage = { input_tokens: 1000, input_tokens_details: { cached_tokens: 0 }, output_tokens: 20,
  output_tokens_details: { reasoning_tokens: 0 }, total_tokens: 1020 };
const content = [{ type: 'output_text', text, annotations: [] }];
const output = [{ id: 'm', type: 'message', role: 'assistant', status: 'completed', content }];
const response = { id: 'r', object: 'response', created_at: 1, status: 'completed', model: 'tides', output, usage };
const events = [{ type: 'response.created', response: { ...response, status: 'in_progress', output: [], usage: null } },
  { type: 'response.completed', response }];

const spans = [];
const server = http.createServer((request, reply) => {
  const pieces = [];
  request.on('data', (piece) => pieces.push(piece)).on('end', () => {
    let raw = Buffer.concat(pieces);
    if (request.headers['content-encoding'] === 'gzip') raw = zlib.gunzipSync(raw);
    const body = JSON.parse(raw.toString() || '{}');
    spans.push(...(body.spans ?? []));
    const whole = { '/v1/chat/completions': chat, '/v1/responses': response }[request.url] ?? {};
    reply.setHeader('content-type', body.stream ? 'text/event-stream' : 'application/json');
    if (!body.stream) return reply.end(JSON.stringify(whole));
    const parts = whole === chat ? [...chunks[body.model].map((one) => JSON.stringify(one)), '[DONE]']
      : events.map((one) => JSON.stringify(one));
    return reply.end(parts.map((one) => `data: ${one}\n\n`).join(''));
  });
});
await new Promise((ready) => server.listen(0, '127.0.0.1', ready));
const url = `http://127.0.0.1:${server.address().port}`;
const client = new Opik({ apiUrl: `${url}/api`, apiKey: 'not-a-key', workspaceName: 'w', projectName: 'p' });
const openai = trackOpenAI(new OpenAI({ baseURL: `${url}/v1`, apiKey: 'not-a-key' }), { client });
const messages = [{ role: 'user', content: 'When?' }];
const stream = { stream: true, stream_options: { include_usage: true } };
const ask = {
  'chat': () => openai.chat.completions.create({ model: 'text', messages }),
  'chat, stream': () => openai.chat.completions.create({ model: 'text', messages, ...stream }),
  'responses': () => openai.responses.create({ model: 'text', input: 'When?' }),
  'responses, stream': () => openai.responses.create({ model: 'text', input: 'When?', stream: true }),
  'two calls, stream': () => openai.chat.completions.create({ model: 'calls', messages, ...stream }),
};
const seen = [];
for (const [name, one] of Object.entries(ask)) {
  const result = await one();
  if (name.includes('stream')) for await (const _ of result);
  await client.flush();
  const span = spans.pop();
  const { prompt_tokens: prompt, completion_tokens: completion } = span.usage;
  const cost = Number(((prompt * 2.5 + completion * 10) / 1e6).toFixed(6));
  const calls = span.output.tool_calls?.map((made) => `${made.function.name}(${made.function.arguments})`);
  seen.push(`${name}: ${calls?.join(', ') ?? `prompt ${prompt}, completion ${completion}, cost ${cost}`}`);
}
fs.writeFileSync('out', `${seen.join('\n')}\n`);
server.closeAllConnections();
server.close();
JS
HOME="$folder" timeout 120 node track.js >log 2>&1 || { tail -5 log; exit 1; }
cat out
diff out - <<'SEEN'
chat: prompt 1000, completion 20, cost 0.0027
chat, stream: prompt 1000, completion 20, cost 0.0027
responses: prompt 20, completion 1000, cost 0.01005
responses, stream: prompt 20, completion 1000, cost 0.01005
two calls, stream: ferry_times({"port":"Ghent"}{"day":"Monday"})
SEEN
