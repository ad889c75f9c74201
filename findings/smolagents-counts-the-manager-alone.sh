#!/usr/bin/env bash
# smolagents 1.26.0 with openai 3.57.0, Python 3.11 or newer. A server on loopback answers like OpenAI's chat
# completions: each answer says 100 tokens of input and 10 of output. An agent has another one to manage, asks it twice
# and answers.
#
# Behaviour: the manager's run has a token_usage, which is documented as what the run used. It adds up the steps of the
# manager's own memory, and what the managed agent used is in none of them. So five calls were sent, and three are
# counted; an agent that leaves all work to its team looks cheap. The managed agent has counters of its own, and sets
# them to zero at each run, so that after two of its runs they say what the last one used. Who adds up both agents
# afterwards has four calls. The duration of the manager's run has all of it, which makes each token look slow. Nothing
# is logged.
# Consequence: cost by run leaves out what is delegated, the more an agent delegates the more.
#
# Seen (sent: 500 in, 50 out, in 5 calls):
#   the run's token_usage: 300 in, 30 out
#   the manager's counters: 300 in, 30 out
#   the managed agent's counters: 100 in, 10 out
#   calls by model: large 3, small 2
#
# Exits non-zero when that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check --no-compile 'smolagents[openai]==1.26.0' \
    openai==3.57.0 2>/dev/null
cat >"$folder/ask.py" <<'PY'
import http.server
import json
import threading

from smolagents import OpenAIModel, ToolCallingAgent

asked = []


class Provider(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        request = json.loads(self.rfile.read(int(self.headers["content-length"])))
        tools = [tool["function"]["name"] for tool in request["tools"]]
        name, arguments = "final_answer", {"answer": "At nine."}
        if "helper" in tools and asked.count("small") < 2:
            name, arguments = "helper", {"task": "When is high water?"}
        asked.append(request["model"])
        call = {"id": "c1", "type": "function", "function": {"name": name, "arguments": json.dumps(arguments)}}
        message = {"role": "assistant", "content": None, "tool_calls": [call]}
        answer = {"id": "c", "object": "chat.completion", "created": 1, "model": request["model"]}
        answer["choices"] = [{"index": 0, "message": message, "finish_reason": "tool_calls"}]
        answer["usage"] = {"prompt_tokens": 100, "completion_tokens": 10, "total_tokens": 110}
        body = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Provider)
threading.Thread(target=server.serve_forever, daemon=True).start()


def agent(model, **more):
    backend = OpenAIModel(model, api_base=f"http://127.0.0.1:{server.server_port}/v1", api_key="k")
    return ToolCallingAgent(tools=[], model=backend, verbosity_level=0, **more)


def show(name, usage):
    print(f"{name}: {usage.input_tokens} in, {usage.output_tokens} out")


helper = agent("small", name="helper", description="Knows the tides.")
manager = agent("large", managed_agents=[helper], return_full_result=True)
show("the run's token_usage", manager.run("When is high water?").token_usage)
show("the manager's counters", manager.monitor.get_total_token_counts())
show("the managed agent's counters", helper.monitor.get_total_token_counts())
print(f"calls by model: large {asked.count('large')}, small {asked.count('small')}")
PY
"$folder/venv/bin/python" "$folder/ask.py" 2>"$folder/err" | tee "$folder/out"
diff "$folder/out" - <<'SEEN'
the run's token_usage: 300 in, 30 out
the manager's counters: 300 in, 30 out
the managed agent's counters: 100 in, 10 out
calls by model: large 3, small 2
SEEN
