#!/usr/bin/env bash
# opentelemetry-instrumentation-openai 0.62.4 (OpenLLMetry) with openai 3.57.0, Python 3.11 or newer. One and the same
# answer, whole and as a stream: the model declines (member `refusal`), and the usage counts 12 reasoning tokens.
#
# Behaviour: the span of the whole answer has the refusal and the reasoning tokens. The span of the stream has an empty
# text in place of the refusal, and no reasoning tokens. So whoever switches an application to streaming sees refusals
# turn into empty answers, and the tokens of thinking fall to nothing, while neither has changed.
#
# Seen:
#   whole: refusal 'No.', reasoning tokens 12
#   stream: text '', reasoning tokens None
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

usage = {
    "prompt_tokens": 9, "completion_tokens": 15, "total_tokens": 24,
    "completion_tokens_details": {"reasoning_tokens": 12},
}
head = {"id": "a", "created": 1, "model": "lamp"}
message = {"role": "assistant", "content": None, "refusal": "No."}
whole = {
    **head, "object": "chat.completion", "usage": usage,
    "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
}
parts = [
    {"choices": [{"index": 0, "delta": {"role": "assistant", "refusal": "No."}, "finish_reason": None}]},
    {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]},
    {"choices": [], "usage": usage},
]
events = [{**head, "object": "chat.completion.chunk", **part} for part in parts]


class Provider(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        streamed = json.loads(self.rfile.read(int(self.headers["content-length"]))).get("stream")
        lines = [json.dumps(event) for event in events] + ["[DONE]"]
        text = "".join(f"data: {line}\n\n" for line in lines) if streamed else json.dumps(whole)
        self.send_response(200)
        self.send_header("content-type", "text/event-stream" if streamed else "application/json")
        self.send_header("content-length", str(len(text.encode())))
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *args):
        pass


spans, tracing = InMemorySpanExporter(), TracerProvider()
tracing.add_span_processor(SimpleSpanProcessor(spans))
OpenAIInstrumentor().instrument(tracer_provider=tracing)
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Provider)
threading.Thread(target=server.serve_forever, daemon=True).start()
client = openai.OpenAI(base_url=f"http://127.0.0.1:{server.server_port}/v1", api_key="k", max_retries=0)


def ask(stream):
    spans.clear()
    more = {"stream_options": {"include_usage": True}} if stream else {}
    got = client.chat.completions.create(
        model="lamp", messages=[{"role": "user", "content": "Where?"}], stream=stream, **more
    )
    if stream:
        list(got)
    (span,) = spans.get_finished_spans()
    (part,) = json.loads(span.attributes["gen_ai.output.messages"])[0]["parts"]
    return part["type"], part["content"], span.attributes.get("gen_ai.usage.reasoning_tokens")


once, streamed = ask(False), ask(True)
for name, (kind, content, tokens) in (("whole", once), ("stream", streamed)):
    print(f"{name}: {kind} {content!r}, reasoning tokens {tokens}")
assert once == ("refusal", "No.", 12), once
assert streamed == ("text", "", None), streamed
PY
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check openai==3.57.0 \
    opentelemetry-instrumentation-openai==0.62.4 opentelemetry-sdk==1.45.2 2>/dev/null
"$folder/venv/bin/python" "$folder/ask.py"
