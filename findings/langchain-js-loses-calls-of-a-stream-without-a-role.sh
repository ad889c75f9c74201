#!/usr/bin/env bash
# @langchain/openai 1.5.8 (with @langchain/core 1.4.0), ai 6.0.326 with @ai-sdk/openai-compatible 2.0.92, Node 20 or newer.
# A streamed chat completion whose deltas do not name a role. `role` is optional in a delta, as every member is there, and
# some OpenAI-compatible servers leave it out or send it late. LangChain.js then builds a ChatMessageChunk of type
# "generic" from the first delta. It has no member for tool calls or usage, and whatever follows is added to it: a call of a
# tool and the token counts are gone, without an error or a warning. The same stream with a role has both. The AI SDK
# reads the call and the counts from both streams.
# Consequence: an agent sees an empty answer in place of a call and ends its loop, and its costs count as nothing.
# Output seen:
#   langchain, with role: ai, calls tide_table, 15 tokens
#   langchain, without role: generic, calls none, no tokens
#   langchain, role in the second delta: generic, calls none, no tokens
#   ai sdk, with role: calls tide_table, 15 tokens
#   ai sdk, without role: calls tide_table, 15 tokens
#   ai sdk, role in the second delta: calls tide_table, 15 tokens
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init --yes >/dev/null
npm install --silent --no-audit --no-fund @langchain/openai@1.5.8 @langchain/core@1.4.0 openai@6.49.0 \
    ai@6.0.326 @ai-sdk/openai-compatible@2.0.92 zod@4.6.7 >/dev/null 2>&1
cat >check.mjs <<'PROGRAM'
import http from "node:http";
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { ChatOpenAI } from "@langchain/openai";
import { streamText } from "ai";
import { z } from "zod";

const base = { id: "c1", object: "chat.completion.chunk", created: 1750000000, model: "tides" };
const chunk = (delta, end = null) => ({ ...base, choices: [{ index: 0, delta, finish_reason: end }] });
const call = [{ index: 0, id: "call_1", type: "function", function: { name: "tide_table", arguments: "{}" } }];
const usage = { ...base, choices: [], usage: { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 } };
const end = [chunk({}, "tool_calls"), usage];
const streams = {
  "with role": [chunk({ role: "assistant", tool_calls: call }), ...end],
  "without role": [chunk({ tool_calls: call }), ...end],
  "role in the second delta": [chunk({ content: "" }), chunk({ role: "assistant", tool_calls: call }), ...end],
};

const server = http.createServer((request, response) => {
  let body = "";
  request.on("data", (piece) => (body += piece));
  request.on("end", () => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    for (const event of streams[JSON.parse(body).model]) response.write(`data: ${JSON.stringify(event)}\n\n`);
    response.end("data: [DONE]\n\n");
  });
});
await new Promise((ready) => server.listen(0, "127.0.0.1", ready));
const baseURL = `http://127.0.0.1:${server.address().port}/v1`;
const said = (names, total) => `calls ${names.join(" ") || "none"}, ${total ?? "no"} tokens`;

for (const model of Object.keys(streams)) {
  const chat = new ChatOpenAI({ model, apiKey: "not-a-key", configuration: { baseURL }, maxRetries: 0 });
  let whole;
  for await (const piece of await chat.stream("When is high water?")) whole = whole ? whole.concat(piece) : piece;
  const names = (whole.tool_calls ?? []).map((one) => one.name);
  console.log(`langchain, ${model}: ${whole.getType()}, ${said(names, whole.usage_metadata?.total_tokens)}`);
}
const provider = createOpenAICompatible({ name: "tides", baseURL, includeUsage: true });
const tools = { tide_table: { description: "Tides of today", inputSchema: z.object({}) } };
for (const model of Object.keys(streams)) {
  const result = streamText({ model: provider(model), prompt: "When is high water?", tools, maxRetries: 0 });
  await result.consumeStream();
  const names = (await result.toolCalls).map((one) => one.toolName);
  console.log(`ai sdk, ${model}: ${said(names, (await result.totalUsage).totalTokens)}`);
}
server.close();
server.closeAllConnections();
PROGRAM
seen=$(timeout 120 node check.mjs)
echo "$seen"
[ "$seen" = "langchain, with role: ai, calls tide_table, 15 tokens
langchain, without role: generic, calls none, no tokens
langchain, role in the second delta: generic, calls none, no tokens
ai sdk, with role: calls tide_table, 15 tokens
ai sdk, without role: calls tide_table, 15 tokens
ai sdk, role in the second delta: calls tide_table, 15 tokens" ]
