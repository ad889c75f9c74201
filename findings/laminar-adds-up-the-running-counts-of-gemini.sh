#!/usr/bin/env bash
# lmnr 0.8.2 (Laminar's SDK, its instrumentation of Google's client) with google-genai 3.3.0 and opentelemetry-sdk
# 1.45.0, Python 3.11 or newer. A server on loopback answers like Gemini, whole and as a stream, and takes the spans.
#
# Behaviour: each chunk of a Gemini stream carries the usage so far, so the last one has the count of the answer (the
# client of LangChain subtracts for that reason). Laminar adds them up: 5, 12 and 20 tokens of one answer are 37 in its
# span. A longer answer comes in hundreds of chunks, so the error grows with the square of its length. The tokens of
# thinking, which it adds to the output of a whole answer, are forgotten in a stream, and the total is the first chunk's
# with all of that on top. So both numbers are wrong, in opposite directions, and none of the three adds up with the
# others. Nothing is logged.
# Consequence: the same traffic changes its cost when an application turns streaming on, and dashboards by model compare
# noise.
#
# Seen (sent: 100 in, 20 out, 300 of thinking, 420 in total):
#   whole: input 100 output 320 reasoning 300 total 420
#   stream: input 100 output 37 reasoning None total 442
#
# Exits non-zero when that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check lmnr==0.8.2 google-genai==3.3.0 \
    opentelemetry-sdk==1.45.0 opentelemetry-instrumentation==0.66b0 opentelemetry-semantic-conventions==0.66b0 2>/dev/null
cat >"$folder/ask.py" <<'PY'
import gzip
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from google import genai
from lmnr import Instruments, Laminar
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

taken = []


def answer(text, candidates, **end):
    candidate = {"index": 0, "content": {"role": "model", "parts": [{"text": text}]}, **end}
    usage = {"promptTokenCount": 100, "candidatesTokenCount": candidates, "thoughtsTokenCount": 300,
             "totalTokenCount": 400 + candidates}
    return {"candidates": [candidate], "usageMetadata": usage, "modelVersion": "gemini-2.5-flash", "responseId": "r"}


class Both(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        kind, out = "application/json", b"{}"
        if self.path == "/v1/traces":
            body = gzip.decompress(body) if self.headers.get("content-encoding") == "gzip" else body
            taken.append(ExportTraceServiceRequest.FromString(body))
            kind, out = "application/x-protobuf", b""
        elif "streamGenerateContent" in self.path:
            chunks = answer("At ", 5), answer("nine", 12), answer(".", 20, finishReason="STOP")
            kind, out = "text/event-stream", "".join(f"data: {json.dumps(c)}\r\n\r\n" for c in chunks).encode()
        elif "generateContent" in self.path:
            out = json.dumps(answer("At nine.", 20, finishReason="STOP")).encode()
        self.send_response(200)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(out)))
        self.end_headers()
        self.wfile.write(out)

    def log_message(self, *args):
        pass


server = ThreadingHTTPServer(("127.0.0.1", 0), Both)
threading.Thread(target=server.serve_forever, daemon=True).start()
port = server.server_port
Laminar.initialize(project_api_key="k", base_url="http://127.0.0.1", http_port=port, force_http=True,
                   disable_batch=True, instruments={Instruments.GOOGLE_GENAI})
client = genai.Client(api_key="k", http_options={"base_url": f"http://127.0.0.1:{port}"})
client.models.generate_content(model="gemini-2.5-flash", contents="When?")
for _ in client.models.generate_content_stream(model="gemini-2.5-flash", contents="When?"):
    pass
Laminar.flush()
spans = [span for request in taken for resource in request.resource_spans
         for scope in resource.scope_spans for span in scope.spans]
for span in spans:
    said = {attribute.key: attribute.value.int_value for attribute in span.attributes}
    counts = (f"{name} {said.get(key)}" for name, key in (
        ("input", "gen_ai.usage.input_tokens"), ("output", "gen_ai.usage.output_tokens"),
        ("reasoning", "gen_ai.usage.reasoning_tokens"), ("total", "llm.usage.total_tokens")))
    print("stream:" if span.name.endswith("_stream") else "whole:", *counts)
PY
HOME="$folder" "$folder/venv/bin/python" "$folder/ask.py" 2>/dev/null | tee "$folder/seen"
diff "$folder/seen" - <<'SEEN'
whole: input 100 output 320 reasoning 300 total 420
stream: input 100 output 37 reasoning None total 442
SEEN
