#!/usr/bin/env bash
# @instructor-ai/instructor 1.7.0 (npm, structured outputs) with openai 6.49.0, zod-to-json-schema 3.25.2 and zod 3.25.76
# or 4.6.7; ollama 0.6.4 (npm, its client) with zod-to-json-schema and the same two; Node 20 or newer. A server on
# loopback answers like OpenAI's chat completions and Ollama's /api/chat and shows what it was asked for. The schema is
# that of a judge's verdict: a grade from 1 to 5, then a text.
#
# Behaviour: the instructor takes "zod": ">=3.23.8", and zod-to-json-schema, which turns zod's schemas into JSON Schemas
# for it and in many programs with Ollama, takes "^3.25.28 || ^4". Both are satisfied by zod 4, which npm installs when
# it is asked for zod. But of a schema of zod 4 comes an empty one, which allows everything, without an error: the model
# is given a function without parameters, or a format without members, and learns neither their names nor the grades
# that there are. The instructor checks the answer with zod afterwards, so that a model that guesses well is not
# noticed. A verdict that does not fit is asked for again with zod 3, as often as max_retries says; with zod 4 the first
# one ends in a TypeError, as the package that words its complaint expects zod 3. A schema from "zod/v3" of zod 4's
# package gives the right form again, and the first verdict that does not fit is thrown as zod's error.
# Upstream: zod-to-json-schema's README says that taking the package of zod 4 is no support of its schemas, and that z is
# to be imported from "zod/v3". npm warns of parts below the instructor (zod-stream wants zod 3, and openai 4.47.1), not
# of the instructor nor of zod-to-json-schema itself. z.toJSONSchema of zod 4 gives the right schema.
# Consequence: after an update of zod a judge invents the form of its verdict.
#
# Seen (zod: parameters of the function that the instructor offers; format for Ollama; requests for a verdict with the
# grade 9 and max_retries 2, and the error in the end):
#   3.25.76: object with grade (1 to 5), why; object with grade (1 to 5), why; 3 ZodError
#   4.6.7: anything; anything; 1 TypeError
#   zod/v3 of 4.6.7: object with grade (1 to 5), why; object with grade (1 to 5), why; 1 ZodError
#
# Exits non-zero when that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
for version in 3.25.76 4.6.7; do
    mkdir "$folder/$version"
    npm install --prefix "$folder/$version" --cache "$folder/cache" --silent --no-fund --no-audit \
        @instructor-ai/instructor@1.7.0 openai@6.49.0 zod-to-json-schema@3.25.2 ollama@0.6.4 "zod@$version"
done
cat >"$folder/ask.mjs" <<'JS'
import http from "node:http";
import Instructor from "@instructor-ai/instructor";
import { Ollama } from "ollama";
import OpenAI from "openai";
import { zodToJsonSchema } from "zod-to-json-schema";

const { z } = await import(process.argv[2]);
let answer = JSON.stringify({ grade: 4, why: "clear" });
let asked;
let times = 0;
const server = http.createServer(async (request, response) => {
  let text = "";
  for await (const piece of request) text += piece;
  asked = JSON.parse(text);
  times += 1;
  response.setHeader("Content-Type", "application/json");
  if (request.url === "/api/chat") {
    response.end(JSON.stringify({ model: "judge", message: { role: "assistant", content: answer }, done: true }));
    return;
  }
  const call = { id: "call_1", type: "function", function: { name: "Verdict", arguments: answer } };
  const message = { role: "assistant", content: null, tool_calls: [call] };
  response.end(JSON.stringify({ id: "chat_1", object: "chat.completion", created: 1, model: "judge",
    choices: [{ index: 0, message, finish_reason: "stop" }],
    usage: { prompt_tokens: 20, completion_tokens: 10, total_tokens: 30 } }));
});
await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
const url = `http://127.0.0.1:${server.address().port}`;

function shown(schema) {
  if (!schema.type) return Object.keys(schema).every((name) => name === "$schema") ? "anything" : "something else";
  const { minimum, maximum } = schema.properties.grade;
  return `${schema.type} with ${Object.keys(schema.properties).join(` (${minimum} to ${maximum}), `)}`;
}

const verdict = z.object({ grade: z.number().int().min(1).max(5), why: z.string() });
const messages = [{ role: "user", content: "Judge this answer." }];
const client = Instructor({ client: new OpenAI({ apiKey: "none", baseURL: `${url}/v1` }), mode: "TOOLS" });
const wanted = { model: "judge", messages, response_model: { schema: verdict, name: "Verdict" } };
const given = await client.chat.completions.create({ ...wanted, max_retries: 0 });
if (given.grade !== 4) throw new Error("no verdict");
const offered = shown(asked.tools[0].function.parameters);
await new Ollama({ host: url }).chat({ model: "judge", messages, format: zodToJsonSchema(verdict) });
const format = shown(asked.format);
answer = JSON.stringify({ grade: 9, why: "clear" });
times = 0;
const error = await client.chat.completions.create({ ...wanted, max_retries: 2 }).catch((thrown) => thrown);
console.log(`${process.argv[3]}: ${offered}; ${format}; ${times} ${error.constructor.name}`);
server.close();
JS
run() {
    cp "$folder/ask.mjs" "$folder/$1/ask.mjs"
    node "$folder/$1/ask.mjs" "$2" "$3" 2>"$folder/err" | tail -n 1 || { tail -5 "$folder/err" && exit 1; }
}
{
    run 3.25.76 zod 3.25.76
    run 4.6.7 zod 4.6.7
    run 4.6.7 zod/v3 "zod/v3 of 4.6.7"
} | tee "$folder/out"
diff "$folder/out" - <<'SEEN'
3.25.76: object with grade (1 to 5), why; object with grade (1 to 5), why; 3 ZodError
4.6.7: anything; anything; 1 TypeError
zod/v3 of 4.6.7: object with grade (1 to 5), why; object with grade (1 to 5), why; 1 ZodError
SEEN
