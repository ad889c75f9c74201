#!/usr/bin/env bash
# aisuite 0.2.0 and any-llm-sdk 1.40.2, each with anthropic 0.125.0, Python 3.11 or newer: two packages that answer for
# every provider in OpenAI's form. A server on loopback answers like Anthropic's Messages: 20 tokens of input, 9000 read
# from a cache, 500 written to it, 50 of output.
#
# Behaviour: Anthropic counts what comes from a cache beside the input, OpenAI's form counts it in: cached_tokens are a
# part of prompt_tokens. aisuite copies both numbers as they are. So 9000 of 20 tokens were cached, the total is 70, and
# what was written to the cache, the dearest part, is nowhere. Whoever takes the cached tokens out of the prompt, as
# OpenAI's form needs it, has -8980 tokens at the full price, and the answer earns money. any-llm says 9520, 9000 of
# them cached. Without a cache the two agree, so that a test without one finds nothing.
# Consequence: the better an application caches, the further its cost goes below nothing, and limits by tokens never
# hold.
#
# Seen (the cost is USD, for 3 in, 0.30 cached and 15 out by the million, reckoned as for OpenAI):
#   aisuite, whole: prompt 20, cached 9000, total 70, cost -0.02349
#   aisuite, stream: prompt 20, cached 9000, total 70, cost -0.02349
#   any-llm, whole: prompt 9520, cached 9000, total 9570, cost 0.00501
#   any-llm, stream: prompt 9520, cached 9000, total 9570, cost 0.00501
#
# Exits non-zero when that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cat >"$folder/ask.py" <<'PY'
import json
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

USAGE = {"input_tokens": 20, "cache_read_input_tokens": 9000, "cache_creation_input_tokens": 500, "output_tokens": 50}
ANSWER = {"id": "msg_1", "type": "message", "role": "assistant", "model": "claude-opus-5", "stop_reason": "end_turn",
          "stop_sequence": None, "content": [{"type": "text", "text": "At nine."}], "usage": USAGE}
EVENTS = [
    {"type": "message_start", "message": {**ANSWER, "content": [], "stop_reason": None}},
    {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
    {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "At nine."}},
    {"type": "content_block_stop", "index": 0},
    {"type": "message_delta", "delta": {"stop_reason": "end_turn", "stop_sequence": None}, "usage": USAGE},
    {"type": "message_stop"},
]


class Messages(BaseHTTPRequestHandler):
    def do_POST(self):
        asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
        kind, body = "application/json", json.dumps(ANSWER)
        if asked.get("stream"):
            kind = "text/event-stream"
            body = "".join(f"event: {event['type']}\ndata: {json.dumps(event)}\n\n" for event in EVENTS)
        self.send_response(200)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *args):
        pass


server = ThreadingHTTPServer(("127.0.0.1", 0), Messages)
threading.Thread(target=server.serve_forever, daemon=True).start()
url = f"http://127.0.0.1:{server.server_port}"
question = [{"role": "user", "content": "When?"}]


def by_aisuite(**more):
    import aisuite

    client = aisuite.Client({"anthropic": {"api_key": "k", "base_url": url}})
    return client.chat.completions.create(model="anthropic:claude-opus-5", messages=question, **more)


def by_any_llm(**more):
    import any_llm

    reach = {"provider": "anthropic", "api_key": "k", "api_base": url}
    return any_llm.completion(model="claude-opus-5", messages=question, **reach, **more)


name = sys.argv[1]
ask = by_aisuite if name == "aisuite" else by_any_llm
streamed = [chunk.usage for chunk in ask(stream=True) if getattr(chunk, "usage", None)][-1]
for way, used in (("whole", ask().usage), ("stream", streamed)):
    cached = used.prompt_tokens_details.cached_tokens
    cost = ((used.prompt_tokens - cached) * 3 + cached * 0.3 + used.completion_tokens * 15) / 1e6
    print(f"{name}, {way}: prompt {used.prompt_tokens}, cached {cached}, total {used.total_tokens}, cost {cost:.5f}")
PY
for package in "aisuite[anthropic]==0.2.0" "any-llm-sdk[anthropic]==1.40.2"; do
    name=${package%%[*}
    name=${name%-sdk}
    python3 -m venv "$folder/$name"
    "$folder/$name/bin/pip" install --quiet --disable-pip-version-check "$package" \
        anthropic==0.125.0 2>/dev/null
    HOME="$folder" "$folder/$name/bin/python" "$folder/ask.py" "$name" 2>/dev/null | tee -a "$folder/out"
done
diff "$folder/out" - <<'SEEN'
aisuite, whole: prompt 20, cached 9000, total 70, cost -0.02349
aisuite, stream: prompt 20, cached 9000, total 70, cost -0.02349
any-llm, whole: prompt 9520, cached 9000, total 9570, cost 0.00501
any-llm, stream: prompt 9520, cached 9000, total 9570, cost 0.00501
SEEN
