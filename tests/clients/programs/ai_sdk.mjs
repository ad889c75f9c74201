// The AI SDK through one of its provider packages: text whole and streamed, a tool, an answer in a form.
import { createAnthropic } from "@ai-sdk/anthropic";
import { createOpenAI } from "@ai-sdk/openai";
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { generateText, stepCountIs, streamText, tool } from "ai";
import { z } from "zod";
import say from "./sentences.mjs";

const [baseURL, which] = process.argv.slice(2);
const settings = { baseURL, apiKey: say.KEY };
const models = {
  openai: () => createOpenAI(settings)(say.MODEL),
  compatible: () => createOpenAICompatible({ ...settings, name: "lighthouse" })(say.MODEL),
  anthropic: () => createAnthropic(settings)(say.CLAUDE),
};
const model = models[which]();
const read = [];
const common = { model, maxRetries: 0 };
for (const [questions, stream] of [[say.AMBER, false], [say.COBALT, true]]) {
  const messages = [];
  for (const question of questions) {
    messages.push({ role: "user", content: question });
    let text = "";
    if (stream) {
      for await (const piece of streamText({ ...common, system: say.SYSTEM, messages }).textStream) text += piece;
    } else {
      text = (await generateText({ ...common, system: say.SYSTEM, messages })).text;
    }
    messages.push({ role: "assistant", content: text });
    read.push(text);
  }
}
const find = tool({ description: say.TOOL_ABOUT, inputSchema: z.object({ what: z.string() }), execute: async () => say.RESULT });
const told = await generateText({ ...common, prompt: say.OCHRE, tools: { [say.TOOL]: find }, stopWhen: stepCountIs(3) });
read.push(told.text);
process.stdout.write(JSON.stringify(read));
