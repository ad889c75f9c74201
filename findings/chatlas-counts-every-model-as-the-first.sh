#!/usr/bin/env bash
# chatlas 0.23.0 with openai 3.57.0, Python 3.11 or newer. A server on loopback answers like OpenAI's chat completions:
# each answer says 1000000 tokens of input and 100000 of output. token_usage() reports what a process has used so far.
#
# Behaviour: the report has one entry for a provider, and the entry has a model: the first one that was asked. What
# other models of the provider use is added to it, so the dear model's tokens stand beside the cheap model's name, or
# the other way round, depending on which call came first. The cost is the sum of what has a price. A model without one
# (a fine-tuned model has a name that no list knows) adds its tokens and no cost. Alone, its cost is None, which is what
# the documentation promises for a model without a price, and the chat itself raises a KeyError when it is asked for its
# cost. After one call of a model with a price, the cost of all is that of the one call.
# Consequence: usage by model is wrong as soon as a process asks two of them, and a cost that looks complete is a part.
#
# Seen:
#   gpt-4.1-nano: gpt-4.1-nano 1000000 in, cost 0.14
#   gpt-4.1: gpt-4.1 1000000 in, cost 2.8
#   gpt-4.1-nano, then gpt-4.1: gpt-4.1-nano 2000000 in, cost 2.94
#   gpt-4.1, then gpt-4.1-nano: gpt-4.1 2000000 in, cost 2.94
#   a fine-tuned model: the fine-tuned model 1000000 in, cost None
#   gpt-4.1-nano, then a fine-tuned model: gpt-4.1-nano 2000000 in, cost 0.14
#
# Exits non-zero when that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check --no-compile chatlas==0.23.0 openai==3.57.0 \
    2>/dev/null
cat >"$folder/ask.py" <<'PY'
import http.server
import json
import threading

from chatlas import ChatOpenAICompletions, token_usage
from chatlas._tokens import tokens_reset

tuned = "ft:gpt-4.1-2025-04-14:lamps::x1"


class Provider(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
        choice = {"index": 0, "message": {"role": "assistant", "content": "At nine."}, "finish_reason": "stop"}
        usage = {"prompt_tokens": 1000000, "completion_tokens": 100000, "total_tokens": 1100000}
        answer = {"id": "c", "object": "chat.completion", "created": 1, "model": asked["model"]}
        body = json.dumps(answer | {"choices": [choice], "usage": usage}).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Provider)
threading.Thread(target=server.serve_forever, daemon=True).start()
url = f"http://127.0.0.1:{server.server_port}/v1"


def used(*models):
    tokens_reset()  # as in a new process
    for model in models:
        ChatOpenAICompletions(model=model, base_url=url, api_key="k").chat("When?", echo="none", stream=False)
    (entry,) = token_usage()
    cost = entry["cost"] and round(entry["cost"], 6)
    name = entry["model"].replace(tuned, "the fine-tuned model")
    print(f"{', then '.join(models).replace(tuned, 'a fine-tuned model')}: {name} {entry['input']} in, cost {cost}")


used("gpt-4.1-nano")
used("gpt-4.1")
used("gpt-4.1-nano", "gpt-4.1")
used("gpt-4.1", "gpt-4.1-nano")
used(tuned)
used("gpt-4.1-nano", tuned)
PY
"$folder/venv/bin/python" "$folder/ask.py" 2>/dev/null | tee "$folder/out"
diff "$folder/out" - <<'SEEN'
gpt-4.1-nano: gpt-4.1-nano 1000000 in, cost 0.14
gpt-4.1: gpt-4.1 1000000 in, cost 2.8
gpt-4.1-nano, then gpt-4.1: gpt-4.1-nano 2000000 in, cost 2.94
gpt-4.1, then gpt-4.1-nano: gpt-4.1 2000000 in, cost 2.94
a fine-tuned model: the fine-tuned model 1000000 in, cost None
gpt-4.1-nano, then a fine-tuned model: gpt-4.1-nano 2000000 in, cost 0.14
SEEN
