#!/usr/bin/env bash
# langchain-core 1.8.3 (its cache of answers and its callback for usage) with langchain-openai 1.7.4, openai 3.57.0,
# openinference-instrumentation-langchain 0.1.80, opentelemetry-instrumentation-langchain 0.62.4 (OpenLLMetry) and
# opentelemetry-sdk 1.45.2, Python 3.11 or newer. A server on loopback answers like OpenAI's chat completions: 100
# tokens of input and 10 of output. The same question is asked five times with an InMemoryCache, as an evaluation that
# is run again has it.
#
# Behaviour: one call is sent. The other four answers come from the cache, with the usage of the first one in them, and
# are treated like it: get_usage_metadata_callback adds up five times 110 tokens, and both instrumentations write five
# spans of a model with 110 tokens each. A cached answer has one mark, a member "total_cost": 0 beside its counts, which
# the type UsageMetadata does not have. The callback adds it to the sum, so that the sum says a cost of 0 for the call
# that was paid as well. No attribute of the spans for counts or cost has it; that no request was sent shows in a span's
# duration.
# Consequence: the more is cached, the more a dashboard counts: tokens, calls and cost by tokens of an evaluation are
# multiplied by the number of its runs, and the model seems to become faster.
#
# Seen (sent: 1 call, 110 tokens):
#   OpenInference: 1 sent, 5 spans with 550 tokens
#     callback: 550 tokens, total_cost 0
#   OpenLLMetry: 1 sent, 5 spans with 550 tokens
#     callback: 550 tokens, total_cost 0
#
# Exits non-zero when that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check --no-compile langchain-core==1.8.3 \
    langchain-openai==1.7.4 openai==3.57.0 openinference-instrumentation-langchain==0.1.80 \
    opentelemetry-instrumentation-langchain==0.62.4 opentelemetry-sdk==1.45.2 langchain-classic==1.0.8 2>/dev/null
cat >"$folder/cache.py" <<'PY'
import json
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

from langchain_core.caches import InMemoryCache
from langchain_core.callbacks import get_usage_metadata_callback
from langchain_core.globals import set_llm_cache
from langchain_openai import ChatOpenAI
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

sent = []
choices = [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "At nine."}}]
usage = {"prompt_tokens": 100, "completion_tokens": 10, "total_tokens": 110}
answer = {"id": "c", "object": "chat.completion", "created": 1, "model": "gpt-4o", "choices": choices, "usage": usage}


class Provider(BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def do_POST(self):
        sent.append(self.rfile.read(int(self.headers["content-length"])))
        body = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


server = HTTPServer(("127.0.0.1", 0), Provider)
threading.Thread(target=server.serve_forever, daemon=True).start()
spans, provider = InMemorySpanExporter(), TracerProvider()
provider.add_span_processor(SimpleSpanProcessor(spans))
if sys.argv[1] == "OpenInference":
    from openinference.instrumentation.langchain import LangChainInstrumentor as Instrumentor

    name = "llm.token_count.total"
else:
    from opentelemetry.instrumentation.langchain import LangchainInstrumentor as Instrumentor

    name = "gen_ai.usage.total_tokens"
Instrumentor().instrument(tracer_provider=provider)
set_llm_cache(InMemoryCache())
model = ChatOpenAI(model="gpt-4o", base_url=f"http://127.0.0.1:{server.server_port}/v1", api_key="k")
with get_usage_metadata_callback() as counted:
    for _ in range(5):
        model.invoke("When?")
total = counted.usage_metadata["gpt-4o"]
counts = [span.attributes[name] for span in spans.get_finished_spans() if name in span.attributes]
cost = total.get("total_cost", "not said")
print(f"{sys.argv[1]}: {len(sent)} sent, {len(counts)} spans with {sum(counts)} tokens")
print(f"  callback: {total['total_tokens']} tokens, total_cost {cost}")
PY
for name in OpenInference OpenLLMetry; do
    "$folder/venv/bin/python" -W ignore "$folder/cache.py" "$name" 2>"$folder/err"
done | tee "$folder/out"
diff "$folder/out" - <<'SEEN'
OpenInference: 1 sent, 5 spans with 550 tokens
  callback: 550 tokens, total_cost 0
OpenLLMetry: 1 sent, 5 spans with 550 tokens
  callback: 550 tokens, total_cost 0
SEEN
