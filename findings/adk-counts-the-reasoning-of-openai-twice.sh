#!/usr/bin/env bash
# google-adk 2.13.0 (Agent Development Kit, its models OpenAILlm and OpenAIResponsesLlm) with openai 3.57.0,
# google-genai 2.34.0 and opentelemetry-sdk 1.44.0, Python 3.11 or newer. One question to a model that reasons, against
# a server on loopback that answers like OpenAI's chat completions and its Responses API.
#
# Behaviour: OpenAI's output tokens include those of reasoning. Gemini counts them beside its candidates, and ADK keeps
# all usage in Gemini's form. For OpenAI it copies the whole output into candidates_token_count and the reasoning once
# more into thoughts_token_count, and its telemetry adds both. So 320 tokens of output, 300 of them reasoning, are 620
# in gen_ai.usage.output_tokens and in the metric gen_ai.client.token.usage, although total_token_count says 420 with
# 100 of input. A comment in the source of the chat model admits it; no warning and no page tells the user. ADK's own
# model for Anthropic takes the reasoning out first.
# Consequence: cost by tokens is nearly doubled, the more a model thinks the more, and only for some providers of one
# agent.
#
# Seen (sent: 100 in, 320 out with 300 of reasoning, 420 in total):
#   OpenAILlm: total 420, span 620, metric 620
#   OpenAIResponsesLlm: total 420, span 620, metric 620
#
# Exits non-zero when that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check google-adk==2.13.0 openai==3.57.0 \
    google-genai==2.34.0 opentelemetry-sdk==1.44.0 2>/dev/null
cat >"$folder/ask.py" <<'PY'
import asyncio
import json
import os
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from opentelemetry import metrics, trace
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

spans = InMemorySpanExporter()
tracing = TracerProvider()
tracing.add_span_processor(SimpleSpanProcessor(spans))
trace.set_tracer_provider(tracing)
reader = InMemoryMetricReader()
metrics.set_meter_provider(MeterProvider([reader]))

CHAT = {
    "id": "c", "object": "chat.completion", "created": 1, "model": "gpt-5",
    "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "At nine."}}],
    "usage": {"prompt_tokens": 100, "completion_tokens": 320, "total_tokens": 420,
              "completion_tokens_details": {"reasoning_tokens": 300}},
}
RESPONSE = {
    "id": "r", "object": "response", "created_at": 1, "model": "gpt-5", "status": "completed", "tools": [],
    "tool_choice": "auto", "parallel_tool_calls": True,
    "output": [{"type": "message", "id": "m", "role": "assistant", "status": "completed",
                "content": [{"type": "output_text", "text": "At nine.", "annotations": []}]}],
    "usage": {"input_tokens": 100, "output_tokens": 320, "total_tokens": 420,
              "input_tokens_details": {"cached_tokens": 0}, "output_tokens_details": {"reasoning_tokens": 300}},
}


class Provider(BaseHTTPRequestHandler):
    def do_POST(self):
        self.rfile.read(int(self.headers["content-length"]))
        body = json.dumps(RESPONSE if self.path.endswith("/responses") else CHAT).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass


server = ThreadingHTTPServer(("127.0.0.1", 0), Provider)
threading.Thread(target=server.serve_forever, daemon=True).start()
os.environ |= {"OPENAI_API_KEY": "k", "OPENAI_BASE_URL": f"http://127.0.0.1:{server.server_port}/v1"}

from google.adk.agents import LlmAgent  # noqa: E402
from google.adk.integrations.openai import OpenAILlm, OpenAIResponsesLlm  # noqa: E402
from google.adk.runners import InMemoryRunner  # noqa: E402
from google.genai import types  # noqa: E402


def counted():
    data = reader.get_metrics_data()
    points = [
        point
        for resource in (data.resource_metrics if data else [])
        for scope in resource.scope_metrics
        for metric in scope.metrics
        if metric.name == "gen_ai.client.token.usage"
        for point in metric.data.data_points
    ]
    return sum(point.sum for point in points if point.attributes["gen_ai.token.type"] == "output")


async def ask(model):
    agent = LlmAgent(name="tides", model=model(model="gpt-5"), instruction="Be short.")
    runner = InMemoryRunner(agent=agent, app_name="app")
    session = await runner.session_service.create_session(app_name="app", user_id="u")
    question = types.Content(role="user", parts=[types.Part(text="When?")])
    async for event in runner.run_async(user_id="u", session_id=session.id, new_message=question):
        return event.usage_metadata.total_token_count


before = 0
for model in (OpenAILlm, OpenAIResponsesLlm):
    spans.clear()
    total = asyncio.run(ask(model))
    output = [span.attributes[key] for span in spans.get_finished_spans()
              for key in span.attributes if key == "gen_ai.usage.output_tokens"]
    print(f"{model.__name__}: total {total}, span {output[0]}, metric {counted() - before}")
    before = counted()
PY
HOME="$folder" "$folder/venv/bin/python" "$folder/ask.py" 2>/dev/null | tee "$folder/out"
diff "$folder/out" - <<'SEEN'
OpenAILlm: total 420, span 620, metric 620
OpenAIResponsesLlm: total 420, span 620, metric 620
SEEN
