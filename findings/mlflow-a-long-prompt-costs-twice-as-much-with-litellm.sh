#!/usr/bin/env bash
# mlflow 3.17.2 (traces of language models with their cost) with openai 3.57.0, and then the same with litellm 1.110.2
# installed beside it, Python 3.11 or newer. A server on loopback answers like OpenAI's chat completions for gpt-5.4:
# 100000 or 300000 tokens of input and 1000 of output. Nothing but these packages' own prices is read.
#
# Behaviour: gpt-5.4 has another price for prompts of more than 272000 tokens, and mlflow's catalog holds it
# (long_context: 5 and 22.50 USD for a million tokens instead of 2.50 and 15). What computes the cost of a trace does
# not read it: the long prompt is charged at the price of a short one, half of what it is. Only where litellm can be
# imported its prices and its arithmetic are taken instead, and the trace of the same call costs twice as much. Which
# packages stand in the environment of the process that writes the traces, for whatever reason, decides what a call
# costs. The trace does not say which of the two it was, and neither says a word in the log. The budgets of mlflow's
# gateway are computed by the same function.
# Consequence: costs of agents and of documents with long prompts are too low by half, or jump when litellm comes in.
#
# Seen (tokens of input: USD by mlflow):
#   100000 alone: 0.2650
#   300000 alone: 0.7650
#   100000 with litellm: 0.2650
#   300000 with litellm: 1.5225
#   300000 by mlflow's catalog: 1.5225
#
# Exits non-zero when that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
pip() {
    "$folder/venv/bin/pip" install --quiet --disable-pip-version-check --no-compile "$@" 2>/dev/null
}
cat >"$folder/trace.py" <<'PY'
import http.server
import json
import logging
import sys
import threading

import mlflow
import openai

logging.disable(logging.INFO)


class Server(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
        tokens = int(asked["messages"][0]["content"])
        usage = {"prompt_tokens": tokens, "completion_tokens": 1000, "total_tokens": tokens + 1000}
        message = {"role": "assistant", "content": "At nine."}
        choices = [{"index": 0, "finish_reason": "stop", "message": message}]
        answer = {"id": "c", "object": "chat.completion", "created": 1, "model": asked["model"], "choices": choices}
        body = json.dumps(answer | {"usage": usage}).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Server)
threading.Thread(target=server.serve_forever, daemon=True).start()
file, name = sys.argv[1:]
mlflow.set_tracking_uri(f"sqlite:///{file}")
mlflow.openai.autolog()
client = openai.OpenAI(base_url=f"http://127.0.0.1:{server.server_port}/v1", api_key="k")
for tokens in ("100000", "300000"):
    client.chat.completions.create(model="gpt-5.4", messages=[{"role": "user", "content": tokens}])
mlflow.flush_trace_async_logging()
costs = {}
for trace in mlflow.search_traces(return_type="list"):
    costs[trace.info.token_usage["input_tokens"]] = trace.info.cost["total_cost"]
for tokens in sorted(costs):
    print(f"{tokens} {name}: {costs[tokens]:.4f}")
PY
cat >"$folder/catalog.py" <<'PY'
import json
from importlib.resources import files

models = json.loads(files("mlflow.utils.model_catalog").joinpath("openai.json").read_text())["models"]
(price,) = models["gpt-5.4"]["pricing"]["long_context"]
assert price["threshold_tokens"] == 272000, price
cost = 300000 * price["input_per_million_tokens"] + 1000 * price["output_per_million_tokens"]
print(f"300000 by mlflow's catalog: {cost / 1e6:.4f}")
PY
# Empty and True: the prices that come with the packages, not those of today.
export MLFLOW_MODEL_CATALOG_URI="" LITELLM_LOCAL_MODEL_COST_MAP=True MLFLOW_DISABLE_TELEMETRY=true
cd "$folder"
pip mlflow==3.17.2 openai==3.57.0
venv/bin/python -W ignore trace.py alone.db alone 2>err | tee out
pip litellm==1.110.2 openai==3.57.0
venv/bin/python -W ignore trace.py both.db "with litellm" 2>err | tee -a out
venv/bin/python -W ignore catalog.py 2>err | tee -a out
diff out - <<'SEEN'
100000 alone: 0.2650
300000 alone: 0.7650
100000 with litellm: 0.2650
300000 with litellm: 1.5225
300000 by mlflow's catalog: 1.5225
SEEN
