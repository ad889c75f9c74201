#!/usr/bin/env bash
# opentelemetry-instrumentation-openai 0.62.4 (OpenLLMetry) with openinference-instrumentation-openllmetry, the
# package that turns OpenLLMetry's spans into those of OpenInference, which Phoenix reads; openai 3.57.0 and
# opentelemetry-sdk 1.45.2, Python 3.11 or newer. A server on loopback answers like OpenAI's chat completions.
#
# Behaviour: the converter's newest versions, to 0.1.23, ask for opentelemetry-semantic-conventions-ai below 0.5, and
# the instrumentation's newest needs 0.5. pip is asked for both and finds a pair without a word: the converter of long
# ago, 0.1.4, which had no such bound. It looks for attributes that the instrumentation does not write any more and
# leaves a span without them as it is. So a call of a model reaches Phoenix as a span of no kind, without messages,
# model or tokens. Nothing is logged. The pair that fits, the converter 0.1.23 with the instrumentation 0.53.3, has
# them all.
# Consequence: an update that nobody noticed takes the costs and the conversations out of the traces.
#
# Seen (converter, kind of the span, tokens in and out, messages in and out):
#   what pip puts together: 0.1.4, None, None, None, None, None
#   the pair that fits: 0.1.23, LLM, 1000, 5, Where?, On the shelf.
#
# Exits non-zero when that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
install() { venv/bin/pip install --quiet --disable-pip-version-check --no-compile openai==3.57.0 "$@" 2>/dev/null; }
cat >call.py <<'PY'
import http.server
import json
import sys
import threading
from importlib.metadata import version

from openai import OpenAI
from openinference.instrumentation.openllmetry import OpenInferenceSpanProcessor
from opentelemetry.instrumentation.openai import OpenAIInstrumentor
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter


class Provider(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        self.rfile.read(int(self.headers["content-length"]))
        message = {"role": "assistant", "content": "On the shelf."}
        answer = {"id": "c1", "object": "chat.completion", "created": 1, "model": "gpt-4o-mini"}
        answer["choices"] = [{"index": 0, "message": message, "finish_reason": "stop"}]
        answer["usage"] = {"prompt_tokens": 1000, "completion_tokens": 5, "total_tokens": 1005}
        body = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Provider)
threading.Thread(target=server.serve_forever, daemon=True).start()
spans, provider = InMemorySpanExporter(), TracerProvider()
provider.add_span_processor(OpenInferenceSpanProcessor())
provider.add_span_processor(SimpleSpanProcessor(spans))
OpenAIInstrumentor().instrument(tracer_provider=provider)
client = OpenAI(api_key="k", base_url=f"http://127.0.0.1:{server.server_port}/v1")
client.chat.completions.create(model="gpt-4o-mini", messages=[{"role": "user", "content": "Where?"}])
(span,) = spans.get_finished_spans()
names = ("openinference.span.kind", "llm.token_count.prompt", "llm.token_count.completion",
         "llm.input_messages.0.message.content", "llm.output_messages.0.message.content")
values = version("openinference-instrumentation-openllmetry"), *(span.attributes.get(name) for name in names)
print(f"{sys.argv[1]}:", ", ".join(map(str, values)))
PY
install opentelemetry-sdk==1.45.2 opentelemetry-instrumentation-openai==0.62.4 \
    'openinference-instrumentation-openllmetry<=0.1.23'
TRACELOOP_TELEMETRY=false venv/bin/python -W ignore call.py "what pip puts together" 2>err | tee out || tail -5 err
install opentelemetry-sdk==1.45.2 opentelemetry-instrumentation-openai==0.53.3 \
    openinference-instrumentation-openllmetry==0.1.23
TRACELOOP_TELEMETRY=false venv/bin/python -W ignore call.py "the pair that fits" 2>err | tee -a out || tail -5 err
diff out - <<'SEEN'
what pip puts together: 0.1.4, None, None, None, None, None
the pair that fits: 0.1.23, LLM, 1000, 5, Where?, On the shelf.
SEEN
