// openai-node: chat and Responses, whole and streamed, a tool, an error.
import OpenAI from "openai";
import say from "./sentences.mjs";

const client = new OpenAI({ baseURL: process.argv[2], apiKey: say.KEY, maxRetries: 0 });
const read = [];
const create = (more) => client.chat.completions.create({ model: say.MODEL, ...more });

for (const [questions, stream] of [[say.AMBER, false], [say.COBALT, true]]) {
  const messages = [{ role: "system", content: say.SYSTEM }];
  for (const question of questions) {
    messages.push({ role: "user", content: question });
    let text = "";
    if (stream) {
      for await (const chunk of await create({ messages, stream: true })) text += chunk.choices[0]?.delta?.content ?? "";
    } else {
      text = (await create({ messages })).choices[0].message.content;
    }
    messages.push({ role: "assistant", content: text });
    read.push(text);
  }
}
const tools = [{ type: "function", function: { name: say.TOOL, description: say.TOOL_ABOUT, parameters: say.SCHEMA } }];
const messages = [{ role: "user", content: say.OCHRE }];
const called = (await client.chat.completions.stream({ model: say.MODEL, messages, tools }).finalChatCompletion()).choices[0].message;
messages.push(called, { role: "tool", tool_call_id: called.tool_calls[0].id, content: say.RESULT });
read.push(called.tool_calls[0].function.arguments, (await create({ messages, tools })).choices[0].message.content);
let previous;
for (const question of say.AMBER) {
  const answer = await client.responses.create({ model: say.MODEL, instructions: say.SYSTEM, input: question, previous_response_id: previous });
  previous = answer.id;
  read.push(answer.output_text);
}
const stream = client.responses.stream({ model: say.MODEL, input: say.COBALT[0] });
read.push((await stream.finalResponse()).output_text);
read.push(await create({ messages: [{ role: "user", content: say.AMBER[0] }], model: "missing" }).catch((error) => error.status));
process.stdout.write(JSON.stringify(read));
