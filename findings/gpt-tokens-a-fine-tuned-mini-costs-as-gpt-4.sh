#!/usr/bin/env bash
# gpt-tokens 1.3.14 (npm; counts tokens of OpenAI's chat completions and says their cost), Node 20 or newer. A question
# and an answer of 600 tokens, for several models. Only the package's own prices are used.
#
# Behaviour: the price of a fine-tuned model is looked up as the first model of the price list whose name stands within
# its name. gpt-4 comes before gpt-4o-mini, so that a fine-tuned gpt-4o-mini costs what gpt-4 did, a hundred times as
# much as gpt-4o-mini itself. A fine-tuned gpt-3.5-turbo has a price of its own in the list, but gpt-3.5-turbo stands
# above it, so that a quarter of it is charged. If a message comes with tools, as the README shows it, all tokens are
# charged as input, also those of the answer, and are counted with the vocabulary of gpt-4: the same exchange costs a
# quarter as soon as a tool is offered. What is no text is not counted: neither a picture nor the calls of tools,
# however long their arguments are. A model that the list does not have is an error, so that every cost looks checked.
# Consequence: costs of agents are too low by a factor of four, those of fine-tuned models wrong in both directions.
#
# Seen (model: tokens, USD):
#   gpt-4o-mini: 619, 0.00036
#   gpt-4o-mini, fine-tuned: 619, 0.03660
#   gpt-4: 620, 0.03663
#   gpt-3.5-turbo: 620, 0.00091
#   gpt-3.5-turbo, fine-tuned: 620, 0.00091
#     the same, by the list's price: 0.00366
#   gpt-4o: 619, 0.00605
#   gpt-4o with a tool: 657, 0.00164
#   a question: 9, 0.00002
#   the same as a part, with a picture: 7, 0.00002
#   a question, a call of 500 words, its result: 28, 0.00007
#
# Exits non-zero when that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{"private": true, "type": "module"}' >package.json
npm install --silent --no-audit --no-fund gpt-tokens@1.3.14 js-tiktoken@1.0.21 openai-chat-tokens@0.2.8 >/dev/null
cat >cost.js <<'JS'
import library from 'gpt-tokens';

const asked = [{ role: 'system', content: 'You know the tides.' }, { role: 'user', content: 'When?' }];
const messages = [...asked, { role: 'assistant', content: 'High water is at nine. '.repeat(100) }];
const parameters = { type: 'object', properties: { port: { type: 'string' } }, required: ['port'] };
const tools = [{ type: 'function', function: { name: 'tides', description: 'Times of tides', parameters } }];
const say = (name, options) => {
  const { usedTokens, usedUSD } = new library.GPTTokens(options);
  console.log(`${name}: ${usedTokens}, ${usedUSD.toFixed(5)}`);
};
say('gpt-4o-mini', { model: 'gpt-4o-mini', messages });
say('gpt-4o-mini, fine-tuned', { fineTuneModel: 'ft:gpt-4o-mini-2024-07-18:tides::a', messages });
say('gpt-4', { model: 'gpt-4', messages });
say('gpt-3.5-turbo', { model: 'gpt-3.5-turbo', messages });
say('gpt-3.5-turbo, fine-tuned', { fineTuneModel: 'ft:gpt-3.5-turbo-1106:tides::a', messages });
const price = library.GPTTokens.modelsPrice['ft:gpt-3.5-turbo'];
const { promptUsedTokens: input, completionUsedTokens: output } = new library.GPTTokens({ model: 'gpt-4', messages });
console.log(`  the same, by the list's price: ${((input * price[0] + output * price[1]) / 1000).toFixed(5)}`);
say('gpt-4o', { model: 'gpt-4o', messages });
say('gpt-4o with a tool', { model: 'gpt-4o', messages, tools });
const text = { type: 'text', text: 'When?' };
const picture = { type: 'image_url', image_url: { url: `data:image/png;base64,${'A'.repeat(4000)}` } };
say('a question', { model: 'gpt-4o', messages: [{ role: 'user', content: 'When?' }] });
say('the same as a part, with a picture', { model: 'gpt-4o', messages: [{ role: 'user', content: [text, picture] }] });
const made = { name: 'tides', arguments: JSON.stringify({ port: 'Ghent '.repeat(500) }) };
const call = { role: 'assistant', content: null, tool_calls: [{ id: 'c', type: 'function', function: made }] };
const calls = [...asked, call, { role: 'tool', tool_call_id: 'c', content: '9' }];
say('a question, a call of 500 words, its result', { model: 'gpt-4o', messages: calls });
JS
node cost.js 2>/dev/null | tee out
diff out - <<'SEEN'
gpt-4o-mini: 619, 0.00036
gpt-4o-mini, fine-tuned: 619, 0.03660
gpt-4: 620, 0.03663
gpt-3.5-turbo: 620, 0.00091
gpt-3.5-turbo, fine-tuned: 620, 0.00091
  the same, by the list's price: 0.00366
gpt-4o: 619, 0.00605
gpt-4o with a tool: 657, 0.00164
a question: 9, 0.00002
the same as a part, with a picture: 7, 0.00002
a question, a call of 500 words, its result: 28, 0.00007
SEEN
