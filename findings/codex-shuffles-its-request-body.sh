#!/usr/bin/env bash
# @openai/codex 0.171.0, Node 20 or newer, Linux on x64.
#
# Behaviour: the members of client_metadata in the body of each Responses request stand in another order every time, even
# within one session with the same members. Two requests that say the same are not the same bytes: a cache or a
# deduplication keyed by the body's hash never hits, and a recorded body can only be compared once it is parsed.
#
# Seen: the same names in every request, in more than one order.
#
# Exits non-zero when that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{"private": true}' >package.json
npm install --silent --ignore-scripts --no-audit --no-fund @openai/codex@0.171.0 >/dev/null
mkdir home work
cat >ask.py <<'PY'
import http.server
import json
import os
import subprocess
import threading

seen = []
DONE = {
    "id": "resp_1", "object": "response", "created_at": 1, "status": "completed", "model": "lamp",
    "output": [{"type": "message", "id": "msg_1", "status": "completed", "role": "assistant",
                "content": [{"type": "output_text", "text": "On the shelf.", "annotations": []}]}],
    "usage": {"input_tokens": 1, "output_tokens": 1, "total_tokens": 2},
}


class Provider(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(404)
        self.send_header("content-length", "0")
        self.end_headers()

    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        seen.append([name for name, _ in json.loads(body, object_pairs_hook=lambda pairs: dict(pairs))["client_metadata"].items()])
        item = {"type": "response.output_item.done", "output_index": 0, "item": DONE["output"][0]}
        events = [{"type": "response.created", "response": {**DONE, "status": "in_progress", "output": []}}, item,
                  {"type": "response.completed", "response": DONE}]
        text = b"".join(b"event: %b\ndata: %b\n\n" % (e["type"].encode(), json.dumps(e).encode()) for e in events)
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.send_header("content-length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *args):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Provider)
threading.Thread(target=server.serve_forever, daemon=True).start()
with open("home/config.toml", "w") as file:
    file.write(f'''model = "lamp"
model_provider = "local"
check_for_update_on_startup = false
[analytics]
enabled = false
[model_providers.local]
name = "local"
base_url = "http://127.0.0.1:{server.server_port}/v1"
env_key = "LOCAL_KEY"
wire_api = "responses"
''')
environ = {**os.environ, "CODEX_HOME": os.path.abspath("home"), "LOCAL_KEY": "k"}
command = ["node", os.path.abspath("node_modules/.bin/codex"), "exec", "--skip-git-repo-check"]
for more in (["Where?"], ["resume", "--last", "--skip-git-repo-check", "And then?"], ["resume", "--last", "--skip-git-repo-check", "And now?"]):
    subprocess.run([*command, *more], env=environ, cwd="work", stdin=subprocess.DEVNULL, capture_output=True, timeout=120, check=True)
for names in seen:
    print(" ".join(names))
assert len(seen) >= 3
assert len({frozenset(names) for names in seen}) == 1
assert len({tuple(names) for names in seen}) > 1
PY
python3 ask.py
