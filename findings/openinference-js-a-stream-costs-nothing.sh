#!/usr/bin/env bash
# @arizeai/openinference-instrumentation-openai 4.2.7 (npm) with openai 6.49.0 and @opentelemetry/sdk-trace-node 2.12.1,
# Node 20 or newer, and openinference-instrumentation-openai 0.1.66 (PyPI) with openai 3.57.0 and opentelemetry-sdk
# 1.45.0, Python 3.11 or newer: one convention for spans, two languages. A server on loopback answers like OpenAI's chat
# completions, whole and as a stream. The streams are asked for their usage (stream_options.include_usage), so that
# their last chunk has it and no choices, as OpenAI's reference says. The second one has two calls of tools, whose
# pieces belong together by their index.
#
# Behaviour: the JavaScript instrumentation skips each chunk without choices, and looks for usage nowhere else. A
# streamed answer has a span without any llm.token_count.*; the same answer whole has all of them. Pieces of a call are
# put together by their place in the chunk, which is 0 as each chunk has one, and not by index. Two calls are one, with
# both ids in one, both names in one and arguments that are no JSON. The Python instrumentation of the same project has
# the counts and both calls. Neither logs anything.
# Consequence: a chat application that streams costs nothing in Phoenix, where cost comes from these attributes, and its
# tool calls are of tools that do not exist.
#
# Seen:
#   javascript, whole: tokens 1000 20
#   javascript, stream: tokens none
#   javascript, stream, two calls: tokens none, call_1call_2 tide_tableferry_times({"port":"Ghent"}{"day":"Monday"})
#   python, whole: tokens 1000 20
#   python, stream: tokens 1000 20
#   python, stream, two calls: tokens 1000 20, call_1 tide_table({"port":"Ghent"}), call_2 ferry_times({"day":"Monday"})
#
# Exits non-zero when that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check --no-compile openinference-instrumentation-openai==0.1.66 \
    openai==3.57.0 opentelemetry-sdk==1.45.0 2>/dev/null
echo '{"private": true, "type": "module"}' >package.json
npm install --silent --no-audit --no-fund @arizeai/openinference-instrumentation-openai@4.2.7 openai@6.49.0 \
    @opentelemetry/sdk-trace-node@2.12.1 >/dev/null
cat >trace.py <<'PY'
import json
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from openai import OpenAI
from openinference.instrumentation.openai import OpenAIInstrumentor
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

BASE = {"id": "c1", "created": 1750000000, "model": "tides"}
USAGE = {"prompt_tokens": 1000, "completion_tokens": 20, "total_tokens": 1020}
CALLS = [("call_1", "tide_table", '{"port":"Ghent"}'), ("call_2", "ferry_times", '{"day":"Monday"}')]


def chunk(end=None, **delta):
    choices = [{"index": 0, "delta": delta, "finish_reason": end}]
    return {**BASE, "object": "chat.completion.chunk", "choices": choices, "usage": None}


def pieces(place, key, name, arguments):
    function = {"name": name, "arguments": ""}
    yield chunk(tool_calls=[{"index": place, "id": key, "type": "function", "function": function}])
    for part in arguments[:7], arguments[7:]:
        yield chunk(tool_calls=[{"index": place, "function": {"arguments": part}}])


LAST = {**BASE, "object": "chat.completion.chunk", "choices": [], "usage": USAGE}
STREAMS = {
    "text": [chunk(role="assistant", content="At "), chunk(content="nine."), chunk("stop"), LAST],
    "calls": [chunk(role="assistant"), *pieces(0, *CALLS[0]), *pieces(1, *CALLS[1]), chunk("tool_calls"), LAST],
}
MESSAGE = {"role": "assistant", "content": "At nine."}
WHOLE = {**BASE, "object": "chat.completion", "usage": USAGE,
         "choices": [{"index": 0, "finish_reason": "stop", "message": MESSAGE}]}


class Provider(BaseHTTPRequestHandler):
    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        kind, out = "application/json", json.dumps(WHOLE)
        if body.get("stream"):
            kind = "text/event-stream"
            out = "".join(f"data: {json.dumps(one)}\n\n" for one in STREAMS[body["model"]]) + "data: [DONE]\n\n"
        self.send_response(200)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(out)))
        self.end_headers()
        self.wfile.write(out.encode())

    def log_message(self, *args):
        pass


def show(language, spans):
    for name, said in zip(("whole", "stream", "stream, two calls"), spans, strict=True):
        counts = [str(said[key]) for key in ("llm.token_count.prompt", "llm.token_count.completion") if key in said]
        line = f"{language}, {name}: tokens {' '.join(counts) or 'none'}"
        for place in range(2):
            call = f"llm.output_messages.0.message.tool_calls.{place}.tool_call"
            if f"{call}.id" in said:
                function = said[f"{call}.function.name"], said[f"{call}.function.arguments"]
                line += f", {said[f'{call}.id']} {function[0]}({function[1]})"
        print(line)


server = ThreadingHTTPServer(("127.0.0.1", 0), Provider)
threading.Thread(target=server.serve_forever, daemon=True).start()
url = f"http://127.0.0.1:{server.server_port}/v1"
ran = subprocess.run(["node", "trace.js", url], capture_output=True, text=True, timeout=60, check=True)
show("javascript", json.loads(ran.stdout))
memory = InMemorySpanExporter()
provider = TracerProvider()
provider.add_span_processor(SimpleSpanProcessor(memory))
OpenAIInstrumentor().instrument(tracer_provider=provider)
client = OpenAI(base_url=url, api_key="not-a-key")
ask = {"messages": [{"role": "user", "content": "When?"}]}
client.chat.completions.create(model="text", **ask)
for model in STREAMS:
    with client.chat.completions.create(model=model, stream=True, stream_options={"include_usage": True}, **ask) as all:
        for _ in all:
            pass
show("python", [span.attributes for span in memory.get_finished_spans()])
PY
cat >trace.js <<'JS'
import { OpenAIInstrumentation } from '@arizeai/openinference-instrumentation-openai';
import { InMemorySpanExporter, NodeTracerProvider, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-node';
import OpenAI from 'openai';

const memory = new InMemorySpanExporter();
const tracerProvider = new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(memory)] });
new OpenAIInstrumentation({ tracerProvider }).manuallyInstrument(OpenAI);
const client = new OpenAI({ baseURL: process.argv[2], apiKey: 'not-a-key' });
const messages = [{ role: 'user', content: 'When?' }];
const options = { stream: true, stream_options: { include_usage: true } };
const ended = async (count) => {
  while (memory.getFinishedSpans().length < count) await new Promise((ready) => setTimeout(ready, 10));
};
await client.chat.completions.create({ model: 'text', messages });
await ended(1);
for (const [place, model] of ['text', 'calls'].entries()) {
  for await (const _ of await client.chat.completions.create({ model, messages, ...options }));
  await ended(place + 2);
}
console.log(JSON.stringify(memory.getFinishedSpans().map((span) => span.attributes)));
JS
venv/bin/python trace.py 2>err | tee out || { tail -5 err; exit 1; }
diff out - <<'SEEN'
javascript, whole: tokens 1000 20
javascript, stream: tokens none
javascript, stream, two calls: tokens none, call_1call_2 tide_tableferry_times({"port":"Ghent"}{"day":"Monday"})
python, whole: tokens 1000 20
python, stream: tokens 1000 20
python, stream, two calls: tokens 1000 20, call_1 tide_table({"port":"Ghent"}), call_2 ferry_times({"day":"Monday"})
SEEN
