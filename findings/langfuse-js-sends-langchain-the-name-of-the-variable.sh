#!/usr/bin/env bash
# langfuse 5.0.4 with langchain-core 1.8.3 (PyPI, Python 3.11 or newer), @langfuse/client 5.11.1 with @langchain/core
# 1.4.0 (npm, Node 20 or newer). One prompt as Langfuse keeps it, brought to LangChain's form by the method that each
# client has for it, and filled there. Nothing is fetched or sent.
#
# Behaviour: compile() takes a variable with blanks within its braces, {{ question }}, in both languages. On the way
# to LangChain, Python takes it too; the client for JavaScript looks for {{question}} alone and lets the other one
# through as it is. In LangChain two braces mean a brace that is meant as text, so that the model is asked "{ question
# }" and the question is sent nowhere, without an error. A variable that is not given is left standing by Python's
# compile() and becomes nothing in JavaScript. Both clients double the braces of an example in JSON, but not a pair of
# closing ones, so that an object within an object loses a brace.
# Consequence: a prompt that works from Python answers something else from JavaScript, and a judge that is shown the
# form of its answer is shown one that is no JSON.
#
# Seen:
#   Python, filled in LangChain: Rate: How high is the tide?
#   Python, an object within an object: {"score": {"value": 1}
#   Python, compile() without a variable: [Rate: {{ question }}]
#   JavaScript, filled in LangChain: Rate: { question }
#   JavaScript, an object within an object: {"score": {"value": 1}
#   JavaScript, compile() without a variable: [Rate: ]
#   JavaScript, compile() with it: Rate: How high is the tide?
#
# Exits non-zero when that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check --no-compile langfuse==5.0.4 langchain-core==1.8.3 2>/dev/null
npm install --silent --no-audit --no-fund @langfuse/client@5.11.1 @langchain/core@1.4.0 >/dev/null 2>&1
cat >fill.py <<'PY'
from langchain_core.prompts import PromptTemplate
from langfuse.api import Prompt_Text
from langfuse.model import TextPromptClient


def prompt(text):
    kept = Prompt_Text(name="rate", version=1, prompt=text, config={}, labels=[], tags=[], type="text")
    return TextPromptClient(kept)


rate = prompt("Rate: {{ question }}")
filled = PromptTemplate.from_template(rate.get_langchain_prompt()).format(question="How high is the tide?")
print("Python, filled in LangChain:", filled)
shape = PromptTemplate.from_template(prompt('{"score": {"value": 1}}').get_langchain_prompt())
print("Python, an object within an object:", shape.format())
print(f"Python, compile() without a variable: [{rate.compile(other=1)}]")
PY
cat >fill.mjs <<'JS'
import { PromptTemplate } from "@langchain/core/prompts";
import { TextPromptClient } from "@langfuse/client";

const prompt = (text) =>
  new TextPromptClient({ name: "rate", version: 1, prompt: text, config: {}, labels: [], tags: [], type: "text" });
const rate = prompt("Rate: {{ question }}");
const question = "How high is the tide?";
const filled = await PromptTemplate.fromTemplate(rate.getLangchainPrompt()).format({ question });
console.log("JavaScript, filled in LangChain:", filled);
const shape = PromptTemplate.fromTemplate(prompt('{"score": {"value": 1}}').getLangchainPrompt());
console.log("JavaScript, an object within an object:", await shape.format({}));
console.log(`JavaScript, compile() without a variable: [${rate.compile({ other: "1" })}]`);
console.log("JavaScript, compile() with it:", rate.compile({ question }));
JS
{ venv/bin/python -W ignore fill.py 2>err && node fill.mjs 2>>err; } | tee out || { tail -5 err; exit 1; }
diff out - <<'SEEN'
Python, filled in LangChain: Rate: How high is the tide?
Python, an object within an object: {"score": {"value": 1}
Python, compile() without a variable: [Rate: {{ question }}]
JavaScript, filled in LangChain: Rate: { question }
JavaScript, an object within an object: {"score": {"value": 1}
JavaScript, compile() without a variable: [Rate: ]
JavaScript, compile() with it: Rate: How high is the tide?
SEEN
