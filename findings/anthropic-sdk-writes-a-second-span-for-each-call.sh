#!/usr/bin/env bash
# anthropic 1.13.0 and 2.14.0 with opentelemetry-instrumentation-anthropic 0.62.4 (OpenLLMetry) and opentelemetry-sdk
# 1.45.0, Python 3.11 or newer. A server on loopback answers like Messages: 20 tokens of input, 9000 read from a cache,
# 500 written to it, 50 of output. One call, recorded with the global tracer provider, as everybody sets it up.
#
# Behaviour: since 1.14 the SDK writes OpenTelemetry spans of its own, without being asked, to whatever tracer provider
# the process has. An instrumentation that was there before goes on writing its own. Both spans carry the model and
# gen_ai.usage.*, and both are of the operation "chat". So a minor release of the SDK doubles calls, tokens and costs in
# everything that sums spans; an average over them stays right, which hides it. The two name the tokens written to the
# cache differently (cache_write and cache_creation), so that either name is on half of the spans. pip finds no
# conflict, and neither side warns. ANTHROPIC_OPEN_TELEMETRY=false turns the SDK's spans off; OpenInference's
# instrumentation replaces them since 3.1.1, OpenLLMetry's does not.
# Consequence: a bill from spans doubles on the day of an upgrade, and every rate over calls has each call twice.
#
# Seen:
#   anthropic 1.13.0: 1 span of chat, input 9520, output 50
#     OpenLLMetry: cache_creation.input_tokens, cache_read.input_tokens, input_tokens, output_tokens, total_tokens
#   anthropic 2.14.0: 2 spans of chat, input 19040, output 100
#     OpenLLMetry: cache_creation.input_tokens, cache_read.input_tokens, input_tokens, output_tokens, total_tokens
#     SDK: cache_read.input_tokens, cache_write.input_tokens, input_tokens, output_tokens
#
# Exits non-zero when that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cat >"$folder/ask.py" <<'PY'
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

spans = InMemorySpanExporter()
provider = TracerProvider()
provider.add_span_processor(SimpleSpanProcessor(spans))
trace.set_tracer_provider(provider)

from opentelemetry.instrumentation.anthropic import AnthropicInstrumentor  # noqa: E402

AnthropicInstrumentor().instrument()
import anthropic  # noqa: E402

USAGE = {"input_tokens": 20, "cache_read_input_tokens": 9000, "cache_creation_input_tokens": 500, "output_tokens": 50}
ANSWER = {"id": "msg_1", "type": "message", "role": "assistant", "model": "claude-opus-5", "stop_reason": "end_turn",
          "stop_sequence": None, "content": [{"type": "text", "text": "At nine."}], "usage": USAGE}


class Messages(BaseHTTPRequestHandler):
    def do_POST(self):
        self.rfile.read(int(self.headers["content-length"]))
        body = json.dumps(ANSWER).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass


server = ThreadingHTTPServer(("127.0.0.1", 0), Messages)
threading.Thread(target=server.serve_forever, daemon=True).start()
client = anthropic.Anthropic(api_key="k", base_url=f"http://127.0.0.1:{server.server_port}")
client.messages.create(model="claude-opus-5", max_tokens=100, messages=[{"role": "user", "content": "When?"}])

calls = [span for span in spans.get_finished_spans() if span.attributes.get("gen_ai.operation.name") == "chat"]
calls.sort(key=lambda span: span.instrumentation_scope.name, reverse=True)
total = {side: sum(span.attributes[f"gen_ai.usage.{side}_tokens"] for span in calls) for side in ("input", "output")}
plural = "span" if len(calls) == 1 else "spans"
used = f"input {total['input']}, output {total['output']}"
print(f"anthropic {anthropic.__version__}: {len(calls)} {plural} of chat, {used}")
for span in calls:
    names = sorted(key.removeprefix("gen_ai.usage.") for key in span.attributes if key.startswith("gen_ai.usage."))
    print("  SDK:" if "sdk" in span.instrumentation_scope.name else "  OpenLLMetry:", ", ".join(names))
PY
for version in 1.13.0 2.14.0; do
    python3 -m venv "$folder/$version"
    "$folder/$version/bin/pip" install --quiet --disable-pip-version-check anthropic==$version \
        opentelemetry-instrumentation-anthropic==0.62.4 opentelemetry-sdk==1.45.0 2>/dev/null
    "$folder/$version/bin/python" "$folder/ask.py" 2>/dev/null | tee -a "$folder/out"
done
diff "$folder/out" - <<'SEEN'
anthropic 1.13.0: 1 span of chat, input 9520, output 50
  OpenLLMetry: cache_creation.input_tokens, cache_read.input_tokens, input_tokens, output_tokens, total_tokens
anthropic 2.14.0: 2 spans of chat, input 19040, output 100
  OpenLLMetry: cache_creation.input_tokens, cache_read.input_tokens, input_tokens, output_tokens, total_tokens
  SDK: cache_read.input_tokens, cache_write.input_tokens, input_tokens, output_tokens
SEEN
