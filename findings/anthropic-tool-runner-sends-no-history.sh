#!/usr/bin/env bash
# anthropic 2.14.0 (its `beta.messages.tool_runner`), Python 3.11 or newer, against a server that answers like Messages and ignores
# members that it does not know, as many compatible servers do.
#
# Behaviour: without being told to, the runner asks the server to keep the conversation (`thread: {"type": "create"}`). Once
# the first answer came, it sends only the new turn: the tool's result and `thread: {"type": "continue", ...}`, without the question,
# the system prompt and the definitions of the tools. It does so although nothing in the answer says that a thread was kept. So
# behind a server that ignores `thread`, the model is asked to answer a tool result whose question it never sees, and no error
# tells. A recorder of requests sees half of the conversation, and cannot tell what the answer rests on. `thread=False` sends all.
#
# Seen:
#   asked 1: messages ['user'] system True tools 1 thread {'type': 'create'}
#   asked 2: messages ['user'] system False tools 0 thread {'type': 'continue', 'previous_message_id': 'msg_1'}
#   asked 3: messages ['user'] system True tools 1 thread None
#   asked 4: messages ['user', 'assistant', 'user'] system True tools 1 thread None
#
# Exits non-zero when that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cat >"$folder/run.py" <<'PY'
import http.server
import json
import threading

import anthropic

asked = []


class Provider(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        asked.append(body)
        done = any("tool_result" in json.dumps(message) for message in body["messages"])
        use = {"type": "tool_use", "id": "toolu_1", "name": "tide", "input": {"port": "Orme"}}
        answer = json.dumps(
            {
                "id": f"msg_{len(asked)}",
                "type": "message",
                "role": "assistant",
                "model": body["model"],
                "content": [{"type": "text", "text": "At nine."} if done else use],
                "stop_reason": "end_turn" if done else "tool_use",
                "stop_sequence": None,
                "usage": {"input_tokens": 9, "output_tokens": 4},
            }
        ).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *args):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Provider)
threading.Thread(target=server.serve_forever, daemon=True).start()


@anthropic.beta_tool
def tide(port: str) -> str:
    """When the tide is high.

    Args:
        port: the port
    """
    return "nine"


client = anthropic.Anthropic(base_url=f"http://127.0.0.1:{server.server_port}", api_key="x")
for more in ({}, {"thread": False}):
    client.beta.messages.tool_runner(
        model="lamp-1",
        max_tokens=64,
        system="Be brief.",
        tools=[tide],
        messages=[{"role": "user", "content": "When is the tide high at Orme?"}],
        **more,
    ).until_done()
for number, body in enumerate(asked, 1):
    roles, tools = [message["role"] for message in body["messages"]], len(body.get("tools", []))
    print(f"  asked {number}: messages {roles} system {'system' in body} tools {tools} thread {body.get('thread')}")
PY
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check anthropic==2.14.0
seen=$("$folder/venv/bin/python" "$folder/run.py")
echo "$seen"
[ "$seen" = "  asked 1: messages ['user'] system True tools 1 thread {'type': 'create'}
  asked 2: messages ['user'] system False tools 0 thread {'type': 'continue', 'previous_message_id': 'msg_1'}
  asked 3: messages ['user'] system True tools 1 thread None
  asked 4: messages ['user', 'assistant', 'user'] system True tools 1 thread None" ]
