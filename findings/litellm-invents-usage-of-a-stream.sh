#!/usr/bin/env bash
# litellm 1.110.2, Python 3.11 or newer. A provider that sends no usage (a chat completion without the member, which
# OpenAI's wire allows, and a stream for which nobody asked for it).
#
# Behaviour: of one and the same answer litellm says 0 tokens when it comes whole, and numbers of its own making when
# it comes as a stream: stream_chunk_builder counts with a local tokenizer and puts a price of USD beside the count.
# Neither is marked as an estimate, so that a sum over both is neither what was used nor a bound of it.
#
# Seen:
#   whole: prompt 0, completion 0, total 0
#   stream: prompt 9, completion 4, total 13, cost 3.75e-06
#
# Exits non-zero when that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check litellm==1.110.2 2>/dev/null
cat >"$folder/ask.py" <<'PY'
import http.server
import json
import os
import threading

os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"
import litellm


class Provider(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
        base = {"id": "c1", "created": 1, "model": asked["model"]}
        if asked.get("stream"):
            parts = [({"content": "On the shelf."}, None), ({}, "stop")]
            chunks = [
                {**base, "object": "chat.completion.chunk"}
                | {"choices": [{"index": 0, "delta": delta, "finish_reason": finish}]}
                for delta, finish in parts
            ]
            body = b"".join(b"data: %b\n\n" % json.dumps(chunk).encode() for chunk in chunks) + b"data: [DONE]\n\n"
        else:
            message = {"role": "assistant", "content": "On the shelf."}
            choice = {"index": 0, "message": message, "finish_reason": "stop"}
            body = json.dumps({**base, "object": "chat.completion", "choices": [choice]}).encode()
        self.send_response(200)
        self.send_header("content-type", "text/event-stream" if asked.get("stream") else "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Provider)
threading.Thread(target=server.serve_forever, daemon=True).start()
ask = {
    "model": "openai/gpt-4o-mini",
    "api_base": f"http://127.0.0.1:{server.server_port}/v1",
    "api_key": "k",
    "messages": [{"role": "user", "content": "Where?"}],
}
whole = litellm.completion(**ask).usage
stream = litellm.stream_chunk_builder(list(litellm.completion(**ask, stream=True))).usage
cost = getattr(stream, "cost", None)
print(f"whole: prompt {whole.prompt_tokens}, completion {whole.completion_tokens}, total {whole.total_tokens}")
print(f"stream: prompt {stream.prompt_tokens}, completion {stream.completion_tokens}, total {stream.total_tokens}, cost {cost}")
assert whole.total_tokens == 0
assert stream.prompt_tokens > 0 and stream.completion_tokens > 0 and cost
PY
"$folder/venv/bin/python" "$folder/ask.py"
