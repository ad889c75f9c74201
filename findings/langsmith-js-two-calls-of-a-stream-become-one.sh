#!/usr/bin/env bash
# langsmith 0.10.5 (npm, its wrapOpenAI) with openai 6.49.0, Node 20 or newer, and langsmith 0.15.1 (PyPI, its
# wrap_openai) with openai 3.57.0, Python 3.11 or newer. A server on loopback streams a chat completion with two calls
# of tools as OpenAI's guide to function calling shows it: each delta's tool_calls have an index, and the pieces of a
# call belong together by it. It also takes what the wrappers record.
#
# Behaviour: the JavaScript wrapper gathers the pieces of a call by the index of the choice, which is 0 for all of them,
# in place of the index of the call. Two parallel calls are recorded as one, with both names in one and both arguments
# one behind the other, which is no JSON. The id is the first one's. With n=2 the call of the second choice is recorded
# behind an empty place. The application gets the right chunks, and the same answer without streaming is recorded right,
# so that only the record of streams is wrong. The wrapper of the same maker for Python records both calls. Nothing is
# logged.
# Consequence: evaluators of tool calls over recorded runs find a tool that does not exist, and every answer with
# parallel calls is a failure, in one language of two.
#
# Seen:
#   javascript, two calls: tide_tableferry_times({"port":"Ghent"}{"day":"Monday"})
#   javascript, two choices: tide_table({"port":"Ghent"}) | nothing, ferry_times({"day":"Monday"})
#   javascript, two calls, no stream: tide_table({"port":"Ghent"}), ferry_times({"day":"Monday"})
#   python, two calls: tide_table({"port":"Ghent"}), ferry_times({"day":"Monday"})
#   python, two choices: tide_table({"port":"Ghent"}) | ferry_times({"day":"Monday"})
#   python, two calls, no stream: tide_table({"port":"Ghent"}), ferry_times({"day":"Monday"})
#
# Exits non-zero when that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check --no-compile langsmith==0.15.1 openai==3.57.0 2>/dev/null
echo '{"private": true, "type": "module"}' >package.json
npm install --silent --no-audit --no-fund langsmith@0.10.5 openai@6.49.0 >/dev/null
cat >record.py <<'PY'
import json
import os
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from langsmith import Client
from langsmith.wrappers import wrap_openai
from openai import OpenAI

BASE = {"id": "c1", "created": 1750000000}
CALLS = [("call_1", "tide_table", '{"port":"Ghent"}'), ("call_2", "ferry_times", '{"day":"Monday"}')]
recorded = {}


def call(index):
    key, name, arguments = CALLS[index]
    return {"id": key, "type": "function", "function": {"name": name, "arguments": arguments}}


def chunk(choice, end=None, **delta):
    choices = [{"index": choice, "delta": delta, "finish_reason": end}]
    return {**BASE, "object": "chat.completion.chunk", "choices": choices}


def pieces(choice, place, index):
    key, name, arguments = CALLS[index]
    function = {"name": name, "arguments": ""}
    yield chunk(choice, tool_calls=[{"index": place, "id": key, "type": "function", "function": function}])
    for part in arguments[:7], arguments[7:]:
        yield chunk(choice, tool_calls=[{"index": place, "function": {"arguments": part}}])


STREAMS = {
    "two calls": [chunk(0, role="assistant"), *pieces(0, 0, 0), *pieces(0, 1, 1), chunk(0, "tool_calls")],
    "two choices": [chunk(0, role="assistant"), chunk(1, role="assistant"), *pieces(0, 0, 0), *pieces(1, 0, 1),
                    chunk(0, "tool_calls"), chunk(1, "tool_calls")],
}
MESSAGE = {"role": "assistant", "content": None, "tool_calls": [call(0), call(1)]}
WHOLE = {**BASE, "object": "chat.completion",
         "choices": [{"index": 0, "finish_reason": "tool_calls", "message": MESSAGE}]}


class Both(BaseHTTPRequestHandler):
    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["content-length"])) or b"{}")
        kind, out = "application/json", "{}"
        if self.path.startswith("/v1/"):
            model = {"model": body["model"]}
            out = json.dumps({**WHOLE, **model})
            if body.get("stream"):
                kind = "text/event-stream"
                events = [json.dumps({**one, **model}) for one in STREAMS[body["model"]]]
                out = "".join(f"data: {event}\n\n" for event in [*events, "[DONE]"])
        elif body.get("outputs"):
            recorded[body["outputs"]["model"]] = body["outputs"]
        self.send_response(200)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(out)))
        self.end_headers()
        self.wfile.write(out.encode())

    do_PATCH = do_POST

    def do_GET(self):
        self.send_response(200)
        self.send_header("content-length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *args):
        pass


def said(one):
    return f"{one['function']['name']}({one['function']['arguments']})" if one else "nothing"


def show(language):
    for name in "two calls", "two choices", "two calls, no stream":
        choices = sorted(recorded[name]["choices"], key=lambda choice: choice["index"])
        calls = (", ".join(said(one) for one in choice["message"]["tool_calls"]) for choice in choices)
        print(f"{language}, {name}:", " | ".join(calls))
    recorded.clear()


server = ThreadingHTTPServer(("127.0.0.1", 0), Both)
threading.Thread(target=server.serve_forever, daemon=True).start()
url = f"http://127.0.0.1:{server.server_port}"
ask = [{"role": "user", "content": "When does the ferry leave?"}]
os.environ["LANGSMITH_TRACING"] = "true"
subprocess.run(["node", "ask.js", url], timeout=60, check=True)
show("javascript")
tracing = {"client": Client(api_url=url, api_key="not-a-key", auto_batch_tracing=False)}
client = wrap_openai(OpenAI(base_url=f"{url}/v1", api_key="not-a-key"), tracing_extra=tracing)
for model in STREAMS:
    for _ in client.chat.completions.create(model=model, messages=ask, stream=True):
        pass
client.chat.completions.create(model="two calls, no stream", messages=ask)
show("python")
PY
cat >ask.js <<'JS'
import { Client } from 'langsmith';
import { wrapOpenAI } from 'langsmith/wrappers';
import OpenAI from 'openai';

const url = process.argv[2];
const client = new Client({ apiUrl: url, apiKey: 'not-a-key', autoBatchTracing: false });
const openai = wrapOpenAI(new OpenAI({ baseURL: `${url}/v1`, apiKey: 'not-a-key' }), { client, tracingEnabled: true });
const messages = [{ role: 'user', content: 'When does the ferry leave?' }];
for (const model of ['two calls', 'two choices']) {
  for await (const _ of await openai.chat.completions.create({ model, messages, stream: true }));
  await client.awaitPendingTraceBatches();
}
await openai.chat.completions.create({ model: 'two calls, no stream', messages });
await client.awaitPendingTraceBatches();
JS
HOME="$folder" venv/bin/python record.py 2>err | tee out || { tail -5 err; exit 1; }
diff out - <<'SEEN'
javascript, two calls: tide_tableferry_times({"port":"Ghent"}{"day":"Monday"})
javascript, two choices: tide_table({"port":"Ghent"}) | nothing, ferry_times({"day":"Monday"})
javascript, two calls, no stream: tide_table({"port":"Ghent"}), ferry_times({"day":"Monday"})
python, two calls: tide_table({"port":"Ghent"}), ferry_times({"day":"Monday"})
python, two choices: tide_table({"port":"Ghent"}) | ferry_times({"day":"Monday"})
python, two calls, no stream: tide_table({"port":"Ghent"}), ferry_times({"day":"Monday"})
SEEN
