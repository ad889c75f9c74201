#!/usr/bin/env bash
# cerebras_cloud_sdk 1.91.0, Python 3.11 or newer. A server on loopback streams a chat completion as OpenAI's API
# describes it. "system_fingerprint" is optional there, and many compatible servers and gateways do not send it.
#
# Behaviour: the SDK's type of a stream is a union of a whole completion, a chunk and an error, and nothing is checked. A
# chunk without a fingerprint fits none of them, so it becomes the first one: a ChatCompletionResponse, whose choices
# have no type of their own for "delta". The delta stays a dict, and ".delta.content" of every example is an
# AttributeError at the first chunk. With a fingerprint the same chunks are ChatChunkResponse. A whole completion
# without a fingerprint is read well, so a program works until it asks for a stream.
#
# Seen:
#   with system_fingerprint:    ChatChunkResponse, delta ChatChunkResponseChoiceDelta
#   without system_fingerprint: ChatCompletionResponse, delta dict
#
# Exits non-zero when that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check "cerebras_cloud_sdk==1.91.0" 2>/dev/null
cat >"$folder/ask.py" <<'PY'
import http.server
import json
import threading

from cerebras.cloud.sdk import Cerebras

more = {}


class Provider(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        self.rfile.read(int(self.headers["content-length"]))
        chunk = {"id": "c1", "object": "chat.completion.chunk", "created": 1790000000, "model": "lamp", **more}
        body = b""
        for delta, finish in (({"role": "assistant", "content": "On the shelf."}, None), ({}, "stop")):
            choices = [{"index": 0, "delta": delta, "finish_reason": finish}]
            body += b"data: " + json.dumps({**chunk, "choices": choices}).encode() + b"\n\n"
        body += b"data: [DONE]\n\n"
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Provider)
threading.Thread(target=server.serve_forever, daemon=True).start()
address = f"http://127.0.0.1:{server.server_port}"
client = Cerebras(base_url=address, api_key="k", max_retries=0, warm_tcp_connection=False)
EXPECTED = {
    "with": ("ChatChunkResponse", "ChatChunkResponseChoiceDelta"),
    "without": ("ChatCompletionResponse", "dict"),
}
for said, expected in EXPECTED.items():
    more = {"system_fingerprint": "fp_1"} if said == "with" else {}
    asked = [{"role": "user", "content": "Where is the lamp?"}]
    first = next(iter(client.chat.completions.create(model="lamp", messages=asked, stream=True)))
    seen = (type(first).__name__, type(first.choices[0].delta).__name__)
    print(f"{said + ' system_fingerprint:':27} {seen[0]}, delta {seen[1]}")
    assert seen == expected, seen
PY
"$folder/venv/bin/python" "$folder/ask.py"
