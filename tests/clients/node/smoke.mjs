// openai-node and @anthropic-ai/sdk as people use them: `node smoke.mjs URL...` prints what an application reads at each.
import fs from "node:fs";
import Anthropic from "@anthropic-ai/sdk";
import OpenAI, { toFile } from "openai";

const messages = [{ role: "user", content: "Where is the lamp?" }];
const tools = [{ type: "function", function: { name: "find", parameters: { type: "object", properties: {} } } }];

async function openaiForms(url) {
  const client = new OpenAI({ baseURL: url + "/v1", apiKey: "sk-test", maxRetries: 0 });
  const ask = { model: "gpt-4o-mini", messages };
  const read = {};
  read.chat = await client.chat.completions.create(ask);
  read.stream = "";
  for await (const chunk of await client.chat.completions.create({ ...ask, stream: true })) {
    read.stream += chunk.choices[0]?.delta?.content ?? "";
  }
  read.tools = await client.chat.completions.create({ ...ask, tools });
  const runner = client.chat.completions.stream({ ...ask, tools });
  read.toolsStream = (await runner.finalChatCompletion()).choices[0].message;
  const format = { type: "json_schema", json_schema: { name: "place", schema: { type: "object" } } };
  read.structured = (await client.chat.completions.parse({ ...ask, response_format: format })).choices[0].message;
  read.responses = (await client.responses.create({ model: "gpt-4o-mini", input: "Where?" })).output_text;
  read.events = [];
  for await (const event of await client.responses.create({ model: "gpt-4o-mini", input: "Where?", stream: true })) {
    read.events.push(event.type);
  }
  const file = await toFile(Buffer.alloc(200_000, "lamp"), "lamps.txt");
  read.upload = (await client.files.create({ file, purpose: "user_data" })).id;
  read.error = await client.chat.completions.create({ ...ask, model: "missing" }).catch((e) => [e.status, e.code]);
  return read;
}

async function anthropicForms(url) {
  const client = new Anthropic({ baseURL: url, apiKey: "sk-ant-test", maxRetries: 0 });
  const ask = { model: "claude-sonnet-4-5", max_tokens: 100, messages };
  const read = {};
  read.message = await client.messages.create(ask);
  read.stream = await client.messages.stream(ask).finalText();
  read.error = await client.messages.create({ ...ask, model: "missing" }).catch((e) => [e.status, e.message]);
  return read;
}

const found = [];
for (const url of process.argv.slice(2)) {
  found.push({ openai: await openaiForms(url), anthropic: await anthropicForms(url) });
}
const lock = JSON.parse(fs.readFileSync(new URL("package-lock.json", import.meta.url))).packages;
const versions = ["openai", "@anthropic-ai/sdk"].map((name) => lock["node_modules/" + name].version);
process.stdout.write(JSON.stringify({ version: versions.join(" "), read: found }));
