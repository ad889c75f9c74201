#!/usr/bin/env bash
# vitest-evals 0.16.1 (npm; evaluations as tests of vitest) with vitest 4.1.12, Node 20 or newer. Its ToolCallJudge, which
# compares the calls that an agent made with those that were expected. No model is asked.
#
# Behaviour: with allowExtras: false a call that was not expected is an error. But where no call is expected, as for a
# question that the agent should refuse or answer by itself, the judge says 1 before it looks at the calls: "No tool
# calls expected". So the test that nothing is deleted passes when everything is. A judge whose expectedTools are
# forgotten says the same. The judge's own example in the types says allowExtra: false; the option is called
# allowExtras, and a name that is not known is ignored, so that the example allows every call. Without an order, expected
# calls are taken from the last to the first, each with the first call that fits. A name alone, which fits any call,
# takes the call that another entry names with its arguments, if the name stands behind it: the same calls are 0 or 1 by
# the order of a list whose order is said not to count.
# Consequence: the cases that matter most, in which an agent has to leave things alone, can not fail.
#
# Seen (options: expected / called: score):
#   {"allowExtras":false}: lookup / lookup, deleteAll: 0
#   {"allowExtras":false}:  / deleteAll: 1
#   {"allowExtras":false}:  / : 1
#   {"ordered":true,"allowExtra":false}: lookup / lookup, deleteAll: 1
#   {}: refund, refund(7) / refund(7), refund(8): 1
#   {}: refund(7), refund / refund(7), refund(8): 0
#
# Exits non-zero when that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{"private": true, "type": "module"}' >package.json
npm install --silent --no-audit --no-fund vitest-evals@0.16.1 vitest@4.1.12 >/dev/null
cat >judge.js <<'JS'
import { ToolCallJudge } from 'vitest-evals/judges';

const call = (text) => {
  const [, name, id] = text.match(/^(\w+)(?:\((\d)\))?$/);
  return id ? { name, arguments: { id: Number(id) } } : { name, arguments: {} };
};
const expectation = (text) => (text.includes('(') ? call(text) : text);
const show = async (options, expected, called) => {
  const asked = { input: 'q', output: 'a', expectedTools: expected.map(expectation), toolCalls: called.map(call) };
  const { score } = await ToolCallJudge({ ...options }).assess(asked);
  console.log(`${JSON.stringify(options)}: ${expected.join(', ')} / ${called.join(', ')}: ${score}`);
};
await show({ allowExtras: false }, ['lookup'], ['lookup', 'deleteAll']);
await show({ allowExtras: false }, [], ['deleteAll']);
await show({ allowExtras: false }, [], []);
await show({ ordered: true, allowExtra: false }, ['lookup'], ['lookup', 'deleteAll']);
await show({}, ['refund', 'refund(7)'], ['refund(7)', 'refund(8)']);
await show({}, ['refund(7)', 'refund'], ['refund(7)', 'refund(8)']);
JS
node judge.js 2>err | tee out || { tail -5 err; exit 1; }
diff out - <<'SEEN'
{"allowExtras":false}: lookup / lookup, deleteAll: 0
{"allowExtras":false}:  / deleteAll: 1
{"allowExtras":false}:  / : 1
{"ordered":true,"allowExtra":false}: lookup / lookup, deleteAll: 1
{}: refund, refund(7) / refund(7), refund(8): 1
{}: refund(7), refund / refund(7), refund(8): 0
SEEN
