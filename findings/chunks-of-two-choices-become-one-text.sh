#!/usr/bin/env bash
# langfuse 5.0.4, braintrust 0.48.1, opik 2.2.122, langsmith 0.15.1, each with openai 3.57.0, Python 3.11 or newer: four
# recorders of calls that wrap the openai client or put its chunks together. A stream with two choices (n=2), whose
# chunks alternate, as providers send them.
#
# Behaviour: langsmith records two answers. The other three record one, whose text alternates between both: words that
# the model never said in this order. braintrust and opik also give it the ending of the choice that ended last
# ("length"), so that the complete answer is lost and a whole one looks cut off. The application itself gets the right
# chunks. So every evaluation of what such a tool recorded of best-of-n traffic judges a text that nobody has seen.
#
# Seen:
#   braintrust: ['North South is up.is down.'] length
#   langfuse: ['North South is up.is down.']
#   langsmith: ['North is up.', 'South is down.'] stop length
#   opik: ['North South is up.is down.'] length
#
# Exits non-zero when that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cat >"$folder/provider.py" <<'PY'
import http.server
import json
import threading


def part(index, finish=None, **delta):
    choice = {"index": index, "delta": delta, "finish_reason": finish}
    return {"id": "a", "created": 1, "model": "lamp", "object": "chat.completion.chunk", "choices": [choice]}


CHUNKS = [
    part(0, role="assistant", content="North "),
    part(1, role="assistant", content="South "),
    part(0, content="is up."),
    part(1, content="is down."),
    part(0, "stop"),
    part(1, "length"),
]
ASK = {"model": "lamp", "n": 2, "stream": True, "messages": [{"role": "user", "content": "Which way?"}]}


class Provider(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        self.rfile.read(int(self.headers["content-length"]))
        text = "".join(f"data: {json.dumps(chunk)}\n\n" for chunk in CHUNKS) + "data: [DONE]\n\n"
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.send_header("content-length", str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *args):
        pass


def start():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Provider)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f"http://127.0.0.1:{server.server_port}/v1"
PY
cat >"$folder/braintrust_.py" <<'PY'
import braintrust
import openai
from braintrust import logger
from braintrust.test_helpers import init_test_logger
from provider import ASK, start

with logger._internal_with_memory_background_logger() as memory:
    init_test_logger("lamps")
    list(braintrust.wrap_openai(openai.OpenAI(base_url=start(), api_key="x")).chat.completions.create(**ASK))
    (span,) = memory.pop()
output = span["output"]
print([choice["message"]["content"] for choice in output], *(choice["finish_reason"] for choice in output))
PY
cat >"$folder/langfuse_.py" <<'PY'
import os

os.environ.update(LANGFUSE_PUBLIC_KEY="pk-lf-a", LANGFUSE_SECRET_KEY="sk-lf-b", LANGFUSE_HOST="http://127.0.0.1:9")
from langfuse import Langfuse
from langfuse.openai import OpenAI
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from provider import ASK, start

memory, tracing = InMemorySpanExporter(), TracerProvider()
tracing.add_span_processor(SimpleSpanProcessor(memory))
Langfuse(tracer_provider=tracing)
list(OpenAI(base_url=start(), api_key="x").chat.completions.create(**ASK))
(span,) = memory.get_finished_spans()
print([span.attributes["langfuse.observation.output"]], flush=True)
os._exit(0)  # its exporter would go on trying to reach its server
PY
cat >"$folder/langsmith_.py" <<'PY'
import os

os.environ.update(LANGSMITH_TRACING="true", LANGSMITH_API_KEY="x", LANGSMITH_ENDPOINT="http://127.0.0.1:9")
import openai
from langsmith import Client
from langsmith.wrappers import wrap_openai
from provider import ASK, start

ended = []


class Kept(Client):
    def create_run(self, *args, **named):
        pass

    def update_run(self, *args, **named):
        ended.append(named["outputs"]["choices"])


client = Kept(api_url="http://127.0.0.1:9", api_key="x", auto_batch_tracing=False)
list(wrap_openai(openai.OpenAI(base_url=start(), api_key="x"), tracing_extra={"client": client}).chat.completions.create(**ASK))
(choices,) = ended
print([choice["message"]["content"] for choice in choices], *(choice["finish_reason"] for choice in choices))
PY
cat >"$folder/opik_.py" <<'PY'
from openai.types.chat import ChatCompletionChunk
from opik.integrations.openai.chat_completion_chunks_aggregator import aggregate
from provider import CHUNKS

choices = aggregate([ChatCompletionChunk.model_validate(chunk) for chunk in CHUNKS]).choices
print([choice["message"]["content"] for choice in choices], *(choice["finish_reason"] for choice in choices))
PY
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check openai==3.57.0 langfuse==5.0.4 braintrust==0.48.1 \
    opik==2.2.122 langsmith==0.15.1
cd "$folder"
seen=$(for name in braintrust langfuse langsmith opik; do
    echo "  $name: $(OPIK_TRACK_DISABLE=true venv/bin/python "${name}_.py" 2>/dev/null)"
done)
echo "$seen"
[ "$seen" = "  braintrust: ['North South is up.is down.'] length
  langfuse: ['North South is up.is down.']
  langsmith: ['North is up.', 'South is down.'] stop length
  opik: ['North South is up.is down.'] length" ]
