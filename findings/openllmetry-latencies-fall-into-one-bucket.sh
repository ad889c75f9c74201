#!/usr/bin/env bash
# opentelemetry-instrumentation-openai 0.62.4 (OpenLLMetry) with openai 3.57.0, opentelemetry-sdk 1.45.0 and
# opentelemetry-exporter-prometheus 0.66b0, Python 3.11 or newer. Forty calls to a server on loopback that answers at
# once, and says that each used 60000 tokens of input. Quantiles as Prometheus computes them: histogram_quantile()
# interpolates linearly within a bucket, and gives the last finite bound for what lies above it.
#
# Behaviour: gen_ai.client.operation.duration is in seconds. The semantic conventions ask for buckets from 0.01 to 81.92
# with it, and from 1 to 67108864 for gen_ai.client.token.usage. The instrumentation asks for none, so both get the
# SDK's buckets for milliseconds: 0, 5, 10, 25 up to 10000. Each call of less than five seconds is in one bucket. Calls
# of a few milliseconds have a median of 2.5 s and a 95th percentile of 4.75 s, and would have them as well at 4.9 s.
# Prompts of 60000 tokens have a 95th percentile of 10000, as prompts of a million would. Sums and counts are right, so
# the average is. Traceloop's own SDK sets buckets for the tokens, and none for the duration.
# Consequence: dashboards and alerts on the latency of models show one constant, and prompts never look longer than
# 10000.
#
# Seen:
#   duration: average below 0.5 s, p50 2.5 s, p95 4.75 s
#   input tokens: average 60000, p50 10000, p95 10000
#
# Exits non-zero when that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check opentelemetry-instrumentation-openai==0.62.4 \
    openai==3.57.0 opentelemetry-sdk==1.45.0 opentelemetry-exporter-prometheus==0.66b0 prometheus-client==0.26.0 \
    2>/dev/null
cat >"$folder/ask.py" <<'PY'
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from opentelemetry import metrics
from opentelemetry.exporter.prometheus import PrometheusMetricReader
from opentelemetry.sdk.metrics import MeterProvider
from prometheus_client import REGISTRY

metrics.set_meter_provider(MeterProvider([PrometheusMetricReader()]))

from opentelemetry.instrumentation.openai import OpenAIInstrumentor  # noqa: E402

OpenAIInstrumentor().instrument()
import openai  # noqa: E402

ANSWER = {"id": "c", "object": "chat.completion", "created": 1, "model": "m",
          "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "At nine."}}],
          "usage": {"prompt_tokens": 60000, "completion_tokens": 5, "total_tokens": 60005}}


class Chat(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

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


server = ThreadingHTTPServer(("127.0.0.1", 0), Chat)
threading.Thread(target=server.serve_forever, daemon=True).start()
client = openai.OpenAI(api_key="k", base_url=f"http://127.0.0.1:{server.server_port}/v1")
for _ in range(40):
    client.chat.completions.create(model="m", messages=[{"role": "user", "content": "When?"}])


def histogram(name, **labels):
    """Upper bounds with their cumulative counts, and the average."""
    counts, total = {}, 0.0
    for family in REGISTRY.collect():
        for sample in family.samples:
            if any(sample.labels.get(key) != value for key, value in labels.items()):
                continue
            if sample.name == name + "_bucket":
                bound = float(sample.labels["le"])
                counts[bound] = counts.get(bound, 0) + sample.value
            elif sample.name == name + "_sum":
                total += sample.value
    return sorted(counts.items()), total / counts[float("inf")]


def quantile(q, buckets):
    """As Prometheus's histogram_quantile does it."""
    rank, lower, below = q * buckets[-1][1], 0.0, 0.0
    for bound, count in buckets:
        if count >= rank:
            return lower if bound == float("inf") else lower + (bound - lower) * (rank - below) / (count - below)
        lower, below = bound, count


buckets, average = histogram("gen_ai_client_operation_duration_seconds")
print("duration: average", "below 0.5 s," if average < 0.5 else f"{average} s,",
      f"p50 {quantile(0.5, buckets):g} s, p95 {quantile(0.95, buckets):g} s")
name = next(family.name for family in REGISTRY.collect() if family.name.startswith("gen_ai_client_token_usage"))
buckets, average = histogram(name, gen_ai_token_type="input")
print(f"input tokens: average {average:g}, p50 {quantile(0.5, buckets):g}, p95 {quantile(0.95, buckets):g}")
PY
"$folder/venv/bin/python" "$folder/ask.py" 2>/dev/null | tee "$folder/out"
diff "$folder/out" - <<'SEEN'
duration: average below 0.5 s, p50 2.5 s, p95 4.75 s
input tokens: average 60000, p50 10000, p95 10000
SEEN
