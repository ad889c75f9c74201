#!/usr/bin/env bash
# llmeter 0.2.0 (load tests of language models) with openai 3.57.0 and httpx 0.28.1, Python 3.11 or newer. A server on
# loopback streams like OpenAI's chat completions: eleven pieces of an answer, one token each, one every 0.1 seconds.
# Before them it thinks for half a second, and says in its usage how many tokens of reasoning that were
# (completion_tokens_details.reasoning_tokens).
#
# Behaviour: time_per_output_token is the time from the first to the last piece of the answer, divided by the tokens of
# output. These include those of reasoning, which were made before the first piece. LLMeter knows how many there are:
# num_tokens_output_reasoning stands beside it. So the same answer at the same speed has a token every 100 ms from a
# model that thinks 0 tokens and every 1 ms from one that thinks 1000. The time to the first token does include the
# thinking. The live display makes tokens a second of it.
# Consequence: the more a model thinks, the faster it seems; models or levels of effort cannot be compared by it.
#
# Seen (tokens of reasoning: tokens of output, time for each):
#   0: 11, about 100 ms
#   100: 111, about 9 ms
#   1000: 1011, about 1 ms
#
# Exits non-zero when that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
# The versions of the last line are those that pip finds by itself, after minutes.
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check --no-compile llmeter==0.2.0 openai==3.57.0 \
    httpx==0.28.1 \
    boto3==1.44.8 fsspec==2026.1.0 s3fs==0.4.2 universal_pathlib==0.3.10 2>/dev/null
cat >"$folder/think.py" <<'PY'
import asyncio
import http.server
import json
import threading
import time

from llmeter.endpoints.openai import OpenAICompletionStreamEndpoint
from llmeter.runner import Runner


class Server(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
        thoughts = int(asked["messages"][0]["content"])
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.end_headers()
        self.piece([{"index": 0, "delta": {"role": "assistant", "content": ""}}])
        time.sleep(0.4)
        for _ in range(11):
            time.sleep(0.1)
            self.piece([{"index": 0, "delta": {"content": " nine"}}])
        self.piece([{"index": 0, "delta": {}, "finish_reason": "stop"}])
        usage = {"prompt_tokens": 5, "completion_tokens": 11 + thoughts, "total_tokens": 16 + thoughts}
        self.piece([], usage=usage | {"completion_tokens_details": {"reasoning_tokens": thoughts}})
        self.wfile.write(b"data: [DONE]\n\n")

    def piece(self, choices, **more):
        chunk = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": choices} | more
        self.wfile.write(f"data: {json.dumps(chunk)}\n\n".encode())
        self.wfile.flush()

    def log_message(self, *_):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Server)
threading.Thread(target=server.serve_forever, daemon=True).start()
url = f"http://127.0.0.1:{server.server_port}/v1"
endpoint = OpenAICompletionStreamEndpoint(model_id="m", api_key="k", base_url=url)
for thoughts in (0, 100, 1000):
    payload = endpoint.create_payload(str(thoughts))
    result = asyncio.run(Runner(endpoint).run(payload=payload, n_requests=1, clients=1))
    (response,) = result.responses
    assert response.num_tokens_output_reasoning == thoughts, response
    # Pieces can come late on a busy machine: up to twice the time is the same.
    shown = [near for near in (100, 9, 1) if 0.9 * near < 1000 * response.time_per_output_token < 2 * near]
    print(f"{thoughts}: {response.num_tokens_output}, about {shown[0]} ms")
PY
"$folder/venv/bin/python" -W ignore "$folder/think.py" 2>"$folder/err" | tee "$folder/out"
diff "$folder/out" - <<'SEEN'
0: 11, about 100 ms
100: 111, about 9 ms
1000: 1011, about 1 ms
SEEN
