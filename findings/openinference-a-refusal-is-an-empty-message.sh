#!/usr/bin/env bash
# openinference-instrumentation-openai 0.1.66 and, beside it, logfire 5.4.0, with openai 3.57.0, Python 3.11 or newer. An
# answer that declines in OpenAI's own member for it (`refusal`, with content null), as structured outputs do.
#
# Behaviour: OpenInference's span has the message's role and nothing else: llm.output_messages.0 has no content, and
# no attribute of it holds the refusal. Evaluators that read these attributes see an empty answer with the status OK.
# logfire writes the same refusal as ordinary text, so that there nothing tells it from an answer. Neither keeps that
# the model declined in the member meant for it (OpenInference has the raw response as text in output.value).
#
# Seen:
#   openinference: llm.output_messages.0.message.role = assistant
#   logfire: {'type': 'text', 'content': 'No.'}
#
# Exits non-zero when that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cat >"$folder/ask.py" <<'PY'
import http.server
import json
import sys
import threading

import openai
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

message = {"role": "assistant", "content": None, "refusal": "No."}
body = json.dumps(
    {
        "id": "a", "object": "chat.completion", "created": 1, "model": "lamp",
        "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
    }
).encode()


class Provider(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        self.rfile.read(int(self.headers["content-length"]))
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass


spans = InMemorySpanExporter()
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Provider)
threading.Thread(target=server.serve_forever, daemon=True).start()
client = openai.OpenAI(base_url=f"http://127.0.0.1:{server.server_port}/v1", api_key="k", max_retries=0)
if sys.argv[1] == "openinference":
    from openinference.instrumentation.openai import OpenAIInstrumentor

    tracing = TracerProvider()
    tracing.add_span_processor(SimpleSpanProcessor(spans))
    OpenAIInstrumentor().instrument(tracer_provider=tracing)
else:
    import logfire

    logfire.configure(send_to_logfire=False, console=False, additional_span_processors=[SimpleSpanProcessor(spans)])
    logfire.instrument_openai(client)
client.chat.completions.create(model="lamp", messages=[{"role": "user", "content": "Where?"}])
(span,) = spans.get_finished_spans()
if sys.argv[1] == "openinference":
    found = {name: value for name, value in span.attributes.items() if name.startswith("llm.output_messages")}
    print("openinference:", *(f"{name} = {value}" for name, value in found.items()))
    assert found == {"llm.output_messages.0.message.role": "assistant"}, found
else:
    (part,) = json.loads(span.attributes["gen_ai.output.messages"])[0]["parts"]
    print("logfire:", part)
    assert part == {"type": "text", "content": "No."}, part
PY
python3 -m venv "$folder/one"
"$folder/one/bin/pip" install --quiet --disable-pip-version-check openai==3.57.0 \
    openinference-instrumentation-openai==0.1.66 opentelemetry-sdk==1.45.2 2>/dev/null
python3 -m venv "$folder/two"
"$folder/two/bin/pip" install --quiet --disable-pip-version-check openai==3.57.0 logfire==5.4.0 2>/dev/null
"$folder/one/bin/python" "$folder/ask.py" openinference
"$folder/two/bin/python" "$folder/ask.py" logfire
