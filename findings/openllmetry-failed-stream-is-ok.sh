#!/usr/bin/env bash
# opentelemetry-instrumentation-openai 0.62.4 (OpenLLMetry) with openai 3.57.0, Python 3.11 or newer. A provider that
# sends an error event in the middle of a stream, as gateways and self-hosted servers do when they are overloaded.
#
# Behaviour: the client raises APIError to its caller. The span of the same call has the status OK, no exception and no
# error.type. A rate of errors from spans does not see failed streams at all. A request that the provider declines
# before it streams (status 503) is ERROR, as one expects.
#
# Seen:
#   error in the stream: caller APIError, span OK
#   status 503: caller InternalServerError, span ERROR
#
# Exits non-zero when that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cat >"$folder/ask.py" <<'PY'
import http.server
import json
import threading

import openai
from opentelemetry.instrumentation.openai import OpenAIInstrumentor
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

chunk = {"id": "a", "object": "chat.completion.chunk", "created": 1, "model": "lamp"}
said = {**chunk, "choices": [{"index": 0, "delta": {"role": "assistant", "content": "At the"}, "finish_reason": None}]}
failure = {"error": {"message": "overloaded", "type": "server_error", "code": 503}}


class Provider(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        asked = json.loads(self.rfile.read(int(self.headers["content-length"])))["messages"][0]["content"]
        events = b"".join(b"data: " + json.dumps(event).encode() + b"\n\n" for event in (said, failure))
        whole = asked == "in the stream"
        body = events if whole else json.dumps(failure).encode()
        self.send_response(200 if whole else 503)
        self.send_header("content-type", "text/event-stream" if whole else "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass


spans, tracing = InMemorySpanExporter(), TracerProvider()
tracing.add_span_processor(SimpleSpanProcessor(spans))
OpenAIInstrumentor().instrument(tracer_provider=tracing)
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Provider)
threading.Thread(target=server.serve_forever, daemon=True).start()
client = openai.OpenAI(base_url=f"http://127.0.0.1:{server.server_port}/v1", api_key="k", max_retries=0)


def ask(where):
    spans.clear()
    try:
        for _ in client.chat.completions.create(model="lamp", messages=[{"role": "user", "content": where}], stream=True):
            pass
        caller = "nothing"
    except openai.APIError as error:
        caller = type(error).__name__
    (span,) = spans.get_finished_spans()
    return caller, span.status.status_code.name, "error.type" in span.attributes, "exception" in [event.name for event in span.events]


streamed, declined = ask("in the stream"), ask("at once")
print(f"error in the stream: caller {streamed[0]}, span {streamed[1]}")
print(f"status 503: caller {declined[0]}, span {declined[1]}")
assert streamed == ("APIError", "OK", False, False), streamed
assert declined[:2] == ("InternalServerError", "ERROR"), declined
PY
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check openai==3.57.0 \
    opentelemetry-instrumentation-openai==0.62.4 opentelemetry-sdk==1.45.2 2>/dev/null
"$folder/venv/bin/python" "$folder/ask.py" 2>/dev/null
