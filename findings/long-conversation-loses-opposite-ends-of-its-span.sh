#!/usr/bin/env bash
# openinference-instrumentation-openai 0.1.66 with opentelemetry-sdk 1.45.2 (Python 3.11 or newer) and
# @arizeai/openinference-instrumentation-openai 4.2.7 with @opentelemetry/sdk-trace-node 2.12.1 (Node 20 or newer), both
# with the openai package of their language: one instrumentation in two languages, each with OpenTelemetry's own provider
# of tracers. A conversation of 71 messages in one request.
#
# Behaviour: each message is two attributes of the span, and a span holds 128 of them unless it is told otherwise. Python
# drops the oldest attributes for the new ones, JavaScript refuses the new ones. So from the same call the one span has
# lost the raw request and answer, the provider, and the first messages with the system prompt, and keeps the model, the
# answer and the counts of tokens. The other has lost the answer, how it ended and all counts of tokens, and keeps the
# beginning. Sums of tokens by model then leave out the longest conversations of the JavaScript services, which cost most,
# and evaluations of the Python services' traces judge without a system prompt. Python logs a warning for each attribute
# that it drops, JavaScript says nothing.
# (openinference's own provider for Python and OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT set the limit higher.)
#
# Seen:
#   Python 11 messages: system prompt yes, input.value yes, answer yes, tokens yes, 36 attributes
#   Python 71 messages: system prompt no, input.value no, answer yes, tokens yes, 128 attributes
#   JavaScript 11 messages: system prompt yes, input.value yes, answer yes, tokens yes, 36 attributes
#   JavaScript 71 messages: system prompt yes, input.value yes, answer no, tokens no, 128 attributes
#
# Exits non-zero when that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat >provider.py <<'PY'
import http.server
import json
import threading


class Provider(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        self.rfile.read(int(self.headers["content-length"]))
        choice = {"index": 0, "message": {"role": "assistant", "content": "At nine."}, "finish_reason": "stop"}
        usage = {"prompt_tokens": 900, "completion_tokens": 3, "total_tokens": 903}
        answer = {"id": "c1", "object": "chat.completion", "created": 1, "model": "lamp"}
        body = json.dumps({**answer, "choices": [choice], "usage": usage}).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Provider)
threading.Thread(target=server.serve_forever, daemon=True).start()
address = f"http://127.0.0.1:{server.server_port}/v1"
PY
cat >ask.py <<'PY'
import subprocess

from openai import OpenAI
from openinference.instrumentation.openai import OpenAIInstrumentor
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from provider import address

spans = InMemorySpanExporter()
tracers = TracerProvider()
tracers.add_span_processor(SimpleSpanProcessor(spans))
OpenAIInstrumentor().instrument(tracer_provider=tracers)
client = OpenAI(base_url=address, api_key="k")
names = {
    "system prompt": "llm.input_messages.0.message.content",
    "input.value": "input.value",
    "answer": "llm.output_messages.0.message.content",
    "tokens": "llm.token_count.total",
}
for turns in (10, 70):
    messages = [{"role": "system", "content": "Be brief."}]
    messages += [{"role": ("user", "assistant")[i % 2], "content": f"Turn {i}."} for i in range(turns)]
    client.chat.completions.create(model="lamp", messages=messages)
    attributes = spans.get_finished_spans()[-1].attributes
    kept = ", ".join(f"{name} {'yes' if key in attributes else 'no'}" for name, key in names.items())
    print(f"Python {turns + 1} messages: {kept}, {len(attributes)} attributes", flush=True)
subprocess.run(["node", "ask.cjs", address], check=True)
PY
cat >ask.cjs <<'JS'
const { NodeTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } = require('@opentelemetry/sdk-trace-node');
const { OpenAIInstrumentation } = require('@arizeai/openinference-instrumentation-openai');
const { OpenAI } = require('openai');

const spans = new InMemorySpanExporter();
const tracerProvider = new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(spans)] });
new OpenAIInstrumentation({ tracerProvider }).manuallyInstrument(OpenAI);
const client = new OpenAI({ baseURL: process.argv[2], apiKey: 'k' });
const names = {
  'system prompt': 'llm.input_messages.0.message.content',
  'input.value': 'input.value',
  answer: 'llm.output_messages.0.message.content',
  tokens: 'llm.token_count.total',
};
(async () => {
  for (const turns of [10, 70]) {
    const messages = [{ role: 'system', content: 'Be brief.' }];
    for (let i = 0; i < turns; i++) messages.push({ role: ['user', 'assistant'][i % 2], content: `Turn ${i}.` });
    await client.chat.completions.create({ model: 'lamp', messages });
    const { attributes } = spans.getFinishedSpans().at(-1);
    const kept = Object.entries(names).map(([name, key]) => `${name} ${key in attributes ? 'yes' : 'no'}`).join(', ');
    console.log(`JavaScript ${turns + 1} messages: ${kept}, ${Object.keys(attributes).length} attributes`);
  }
})();
JS
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check openinference-instrumentation-openai==0.1.66 \
    opentelemetry-sdk==1.45.2 openai==3.57.0 2>/dev/null
echo '{"private": true}' >package.json
npm install --silent --no-audit --no-fund @arizeai/openinference-instrumentation-openai@4.2.7 \
    @opentelemetry/sdk-trace-node@2.12.1 openai@6.49.0 >/dev/null
unset OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT OTEL_ATTRIBUTE_COUNT_LIMIT
venv/bin/python ask.py 2>/dev/null | tee out
diff out - <<'SEEN'
Python 11 messages: system prompt yes, input.value yes, answer yes, tokens yes, 36 attributes
Python 71 messages: system prompt no, input.value no, answer yes, tokens yes, 128 attributes
JavaScript 11 messages: system prompt yes, input.value yes, answer yes, tokens yes, 36 attributes
JavaScript 71 messages: system prompt yes, input.value yes, answer no, tokens no, 128 attributes
SEEN
