#!/usr/bin/env bash
# openai 3.57.0 (Python 3.11 or newer, its helper client.chat.completions.stream) with logfire 5.4.0, and openai 7.55.0
# (npm, Node 20 or newer, the same helper). A server on loopback streams as OpenRouter does (recorded in the provider
# tests of charmbracelet/fantasy): each chunk's delta has "role": "assistant", not the first one alone. OpenAI's
# reference lists the role as an optional member of any delta.
#
# Behaviour: the Python helper puts the chunks together by a rule for all members: texts are joined, except those named
# "type". So the role of the final message is assistantassistantassistant, once for each chunk: a role that no API
# knows. Sent back as the history of the next turn, as the documentation does it, it is in the request. A call of a tool
# whose id and name are repeated gets both twice, so no tool has that name. Nothing is raised and nothing is logged: the
# type of the role is Literal["assistant"], and is not checked. The helper of the same maker for JavaScript takes the
# last value of each and is right. logfire's instrumentation of OpenAI uses the Python helper for its record of any
# stream, so that gen_ai.output.messages, for which OpenTelemetry names the roles system, user, assistant and tool, has
# it too, though the application only read the chunks. It has been met before (pull request 9986 of BerriAI/litellm
# wanted to take the role out of litellm's own streams for it).
# Consequence: a second turn is sent with a role that a provider may refuse, and what looks for answers of the assistant
# in recorded traces finds none of the streamed ones.
#
# Seen:
#   python: role assistantassistantassistant, calls none
#   python, next request: user, assistantassistantassistant, user
#   python, repeated id and name: role assistant, calls call_1call_1 tide_tabletide_table
#   logfire, chunks alone were read: role assistantassistantassistant
#   javascript: role assistant, calls none
#   javascript, repeated id and name: role assistant, calls call_1 tide_table
#
# Exits non-zero when that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check --no-compile openai==3.57.0 logfire==5.4.0 2>/dev/null
echo '{"private": true, "type": "module"}' >package.json
npm install --silent --no-audit --no-fund openai@7.55.0 >/dev/null
cat >ask.py <<'PY'
import json
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import logfire
import openai
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

BASE = {"id": "c1", "object": "chat.completion.chunk", "created": 1750000000, "model": "tides"}
asked = []


def chunk(end=None, **delta):
    return {**BASE, "choices": [{"index": 0, "delta": delta, "finish_reason": end}]}


def call(arguments):
    function = {"name": "tide_table", "arguments": arguments}
    return [{"index": 0, "id": "call_1", "type": "function", "function": function}]


STREAMS = {
    "text": [chunk(role="assistant", content="At "), chunk(role="assistant", content="nine."),
             chunk("stop", role="assistant", content="")],
    "call": [chunk(role="assistant", tool_calls=call('{"port"')), chunk(tool_calls=call(': "Ghent"}')),
             chunk("tool_calls")],
}


class Provider(BaseHTTPRequestHandler):
    def do_POST(self):
        asked.append(json.loads(self.rfile.read(int(self.headers["content-length"]))))
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.end_headers()
        for one in STREAMS[asked[-1]["model"]]:
            self.wfile.write(f"data: {json.dumps(one)}\n\n".encode())
        self.wfile.write(b"data: [DONE]\n\n")

    def log_message(self, *args):
        pass


server = ThreadingHTTPServer(("127.0.0.1", 0), Provider)
threading.Thread(target=server.serve_forever, daemon=True).start()
url = f"http://127.0.0.1:{server.server_port}/v1"
client = openai.OpenAI(base_url=url, api_key="not-a-key")
question = {"role": "user", "content": "When is high water?"}


def last(model, messages):
    with client.chat.completions.stream(model=model, messages=messages) as stream:
        return stream.get_final_completion().choices[0].message


def said(message):
    calls = [f"{one.id} {one.function.name}" for one in message.tool_calls or []]
    return f"role {message.role}, calls {', '.join(calls) or 'none'}"


answer = last("text", [question])
print("python:", said(answer))
last("text", [question, answer, {"role": "user", "content": "And tomorrow?"}])
print("python, next request:", ", ".join(one["role"] for one in asked[-1]["messages"]))
print("python, repeated id and name:", said(last("call", [question])))

spans = InMemorySpanExporter()
logfire.configure(send_to_logfire=False, console=False, additional_span_processors=[SimpleSpanProcessor(spans)])
logfire.instrument_openai(client)
for _ in client.chat.completions.create(model="text", messages=[question], stream=True):
    pass
for span in spans.get_finished_spans():
    for message in json.loads(span.attributes.get("gen_ai.output.messages", "[]")):
        print("logfire, chunks alone were read: role", message["role"])
print(subprocess.run(["node", "ask.js", url], capture_output=True, text=True, timeout=60, check=True).stdout, end="")
PY
cat >ask.js <<'JS'
import OpenAI from 'openai';

const client = new OpenAI({ baseURL: process.argv[2], apiKey: 'not-a-key' });
const messages = [{ role: 'user', content: 'When is high water?' }];
for (const [model, name] of [['text', 'javascript'], ['call', 'javascript, repeated id and name']]) {
  const whole = await client.chat.completions.stream({ model, messages }).finalChatCompletion();
  const { role, tool_calls } = whole.choices[0].message;
  const calls = (tool_calls ?? []).map((one) => `${one.id} ${one.function.name}`);
  console.log(`${name}: role ${role}, calls ${calls.join(', ') || 'none'}`);
}
JS
venv/bin/python ask.py 2>/dev/null | tee out
diff out - <<'SEEN'
python: role assistantassistantassistant, calls none
python, next request: user, assistantassistantassistant, user
python, repeated id and name: role assistant, calls call_1call_1 tide_tabletide_table
logfire, chunks alone were read: role assistantassistantassistant
javascript: role assistant, calls none
javascript, repeated id and name: role assistant, calls call_1 tide_table
SEEN
