#!/usr/bin/env bash
# ai 7.0.173 (the AI SDK, its extractReasoningMiddleware, for models that write what they think between tags), Node 20
# or newer (ai 7 asks for 22). A model of the package's own test tools says what it is given, whole and as a stream,
# so that nothing is asked.
#
# Behaviour: as a stream, all that follows <think> is reasoning until </think> comes; whole, only a pair of both tags
# is. So an answer that reaches its limit of tokens while it thinks is no answer at all as a stream, and whole the
# thoughts are the answer, tag and all. With startWithReasoning, for models whose opening tag stands in the prompt,
# they have no tag either, and nothing tells them from an answer; and an answer without thoughts is empty as a stream.
# A sentence that names the tag loses its end as a stream. The documentation in the code speaks of no difference.
# Consequence: an evaluation that asks without streaming grades and keeps the thoughts of a cut answer as what the
# model said, where the users of the same model see nothing.
#
# Seen (text whole | reasoning whole | text of the stream | reasoning of the stream):
#   both tags: It is 18. | Is it 17? No. | It is 18. | Is it 17? No.
#   cut off: <think>Is it 17? No |  |  | Is it 17? No
#   cut off, tag in the prompt: Is it 17? No |  |  | Is it 17? No
#   no thoughts, tag in the prompt: It is 18. |  |  | It is 18.
#   the tag named: It is the tag <think> here. |  | It is the tag  |  here.
#
# Exits non-zero when that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-audit --no-fund ai@7.0.173 >/dev/null 2>&1
cat >think.mjs <<'JS'
import { extractReasoningMiddleware, generateText, simulateReadableStream, streamText, wrapLanguageModel } from "ai";
import { MockLanguageModelV4 } from "ai/test";

const end = { finishReason: { unified: "length", raw: "length" }, usage: { inputTokens: {}, outputTokens: {} } };

async function show(name, text, startWithReasoning = false) {
  const deltas = text.match(/.{1,4}/g).map((delta) => ({ type: "text-delta", id: "1", delta }));
  const chunks = [{ type: "stream-start", warnings: [] }, { type: "text-start", id: "1" }, ...deltas];
  chunks.push({ type: "text-end", id: "1" }, { type: "finish", ...end });
  const said = new MockLanguageModelV4({
    doGenerate: async () => ({ content: [{ type: "text", text }], warnings: [], ...end }),
    doStream: async () => ({
      stream: simulateReadableStream({ chunks, initialDelayInMs: null, chunkDelayInMs: null }),
    }),
  });
  const middleware = extractReasoningMiddleware({ tagName: "think", startWithReasoning });
  const ask = { model: wrapLanguageModel({ model: said, middleware }), prompt: "How many?" };
  const whole = await generateText(ask);
  const stream = streamText(ask);
  const parts = [whole.text, whole.reasoningText, await stream.text, await stream.reasoningText];
  console.log(`${name}:`, parts.map((part) => part ?? "").join(" | "));
}

await show("both tags", "<think>Is it 17? No.</think>It is 18.");
await show("cut off", "<think>Is it 17? No");
await show("cut off, tag in the prompt", "Is it 17? No", true);
await show("no thoughts, tag in the prompt", "It is 18.", true);
await show("the tag named", "It is the tag <think> here.");
JS
AI_SDK_LOG_WARNINGS=false node think.mjs 2>err | tee out || { tail -5 err; exit 1; }
diff out - <<'SEEN'
both tags: It is 18. | Is it 17? No. | It is 18. | Is it 17? No.
cut off: <think>Is it 17? No |  |  | Is it 17? No
cut off, tag in the prompt: Is it 17? No |  |  | Is it 17? No
no thoughts, tag in the prompt: It is 18. |  |  | It is 18.
the tag named: It is the tag <think> here. |  | It is the tag  |  here.
SEEN
