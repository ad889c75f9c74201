#!/usr/bin/env bash
# langchain-openai 1.7.4 (langchain-core 1.8.3) with openai 3.57.0, Python 3.11 or newer. A stream whose chunks carry
# the usage so far, as vLLM sends it on request (`stream_options.continuous_usage_stats`): each count replaces the one
# before.
#
# Behaviour: the chunks are added up to a message as LangChain's own documentation shows, and so are the counts. Three
# tokens of output are reported as 12, five of input as 25: each chunk adds all counts once more, and nothing warns. So
# tokens and costs that are reckoned from `usage_metadata` grow faster than the answers they stand for.
#
# Seen:
#   One two three. input 25 output 12 (sent: input 5 output 3)
#
# Exits non-zero when that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cat >"$folder/ask.py" <<'PY'
import functools
import http.server
import json
import operator
import threading

from langchain_openai import ChatOpenAI


def part(tokens, finish=None, **delta):
    return {
        "id": "a", "created": 1, "model": "lamp", "object": "chat.completion.chunk",
        "choices": [{"index": 0, "delta": delta, "finish_reason": finish}] if delta or finish else [],
        "usage": {"prompt_tokens": 5, "completion_tokens": tokens, "total_tokens": 5 + tokens},
    }


chunks = [
    part(1, role="assistant", content="One "), part(2, content="two "), part(3, content="three."),
    part(3, "stop"), part(3),
]


class Provider(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        self.rfile.read(int(self.headers["content-length"]))
        text = "".join(f"data: {json.dumps(chunk)}\n\n" for chunk in chunks) + "data: [DONE]\n\n"
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.send_header("content-length", str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *args):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Provider)
threading.Thread(target=server.serve_forever, daemon=True).start()
model = ChatOpenAI(model="lamp", base_url=f"http://127.0.0.1:{server.server_port}/v1", api_key="x", stream_usage=True)
whole = functools.reduce(operator.add, model.stream("Count."))
usage = whole.usage_metadata
print(f"  {whole.content} input {usage['input_tokens']} output {usage['output_tokens']} (sent: input 5 output 3)")
PY
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check openai==3.57.0 langchain-openai==1.7.4 langchain-core==1.8.3
seen=$(LANGSMITH_TRACING=false "$folder/venv/bin/python" "$folder/ask.py" 2>/dev/null)
echo "$seen"
[ "$seen" = "  One two three. input 25 output 12 (sent: input 5 output 3)" ]
