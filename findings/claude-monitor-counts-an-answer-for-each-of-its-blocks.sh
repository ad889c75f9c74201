#!/usr/bin/env bash
# claude-monitor 4.0.0 (reads what Claude Code used from its session files) and Claude Code itself, @anthropic-ai/
# claude-code-linux-x64 2.1.332, Python 3.11 or newer, npm, Linux on x64. Claude Code asks a server on loopback, once
# with the header request-id that Anthropic's API sends with each answer, once without it, as gateways and providers of
# compatible endpoints leave it out (pull request 65 of xiufengsun/TokenTracker has some). The conversation is one
# question, an answer of a thought, a text and a call of the tool Read, and an answer of a text.
#
# Behaviour: Claude Code writes a line for each block of an answer, and each line has the usage of the whole answer,
# with the same message.id. The lines also have requestId, but only where the server sent one. claude-monitor drops what
# was counted by both ids together; where there is no requestId it counts each line. So an answer of three blocks is
# three answers, and a session that used 300 and 450 tokens counts as 500 and 1250. Claude Code's own result says the
# right numbers in both cases. The more tools a turn calls at once, the larger the factor. The monitor's percentages,
# pace and forecast, which tell when a limit is reached, rest on it. Nothing is logged; the output names its confidence
# "local_estimate" with the header as well as without.
# Consequence: behind a gateway the same work costs two or three times as much, and budgets by it end too early.
#
# Seen (input and output tokens, answers, cost in USD):
#   with request-id: Claude Code 300 450 0.00765, claude-monitor 300 450 2 0.00765
#   without request-id: Claude Code 300 450 0.00765, claude-monitor 500 1250 4 0.02025
#
# Exits non-zero when that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check --no-compile claude-monitor==4.0.0 2>/dev/null
echo '{"private": true}' >package.json
npm install --silent --no-audit --no-fund @anthropic-ai/claude-code-linux-x64@2.1.332 >/dev/null
cat >ask.py <<'PY'
import json
import os
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

folder = Path.cwd()
work = folder / "work"
work.mkdir()
(work / "tides.txt").write_text("High water at nine.\n")
THOUGHT = [("thinking_delta", "thinking", "The table says it."), ("signature_delta", "signature", "c2ln")]
READ = {"type": "tool_use", "id": "toolu_1", "name": "Read", "input": {}}
ARGUMENTS = json.dumps({"file_path": str(work / "tides.txt")})
FIRST = [
    ({"type": "thinking", "thinking": "", "signature": ""}, THOUGHT),
    ({"type": "text", "text": ""}, [("text_delta", "text", "I look it up.")]),
    (READ, [("input_json_delta", "partial_json", ARGUMENTS)]),
]
SECOND = [({"type": "text", "text": ""}, [("text_delta", "text", "At nine.")])]


def answer(model, number, blocks, end, used, given):
    usage = {"input_tokens": used, "cache_creation_input_tokens": 0, "cache_read_input_tokens": 0, "output_tokens": 1}
    message = {"id": f"msg_{number}", "type": "message", "role": "assistant", "model": model, "content": [],
               "stop_reason": None, "stop_sequence": None, "usage": usage}
    yield {"type": "message_start", "message": message}
    for index, (block, deltas) in enumerate(blocks):
        yield {"type": "content_block_start", "index": index, "content_block": block}
        for kind, member, value in deltas:
            yield {"type": "content_block_delta", "index": index, "delta": {"type": kind, member: value}}
        yield {"type": "content_block_stop", "index": index}
    yield {"type": "message_delta", "delta": {"stop_reason": end, "stop_sequence": None},
           "usage": {"output_tokens": given}}
    yield {"type": "message_stop"}


class Provider(BaseHTTPRequestHandler):
    header = True

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        second = any("tool_result" in json.dumps(message["content"]) for message in body["messages"])
        what = (2, SECOND, "end_turn", 200, 50) if second else (1, FIRST, "tool_use", 100, 400)
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        if self.header:
            self.send_header("request-id", f"req_{what[0]}")
        self.end_headers()
        for event in answer(body["model"], *what):
            self.wfile.write(f"event: {event['type']}\ndata: {json.dumps(event)}\n\n".encode())

    def log_message(self, *args):
        pass


server = ThreadingHTTPServer(("127.0.0.1", 0), Provider)
threading.Thread(target=server.serve_forever, daemon=True).start()
for name in "with request-id", "without request-id":
    Provider.header = name.startswith("with ")
    home = folder / name.replace(" ", "-")
    home.mkdir()
    environment = {
        "PATH": os.environ["PATH"], "HOME": str(home), "CLAUDE_CONFIG_DIR": str(home / "claude"),
        "ANTHROPIC_BASE_URL": f"http://127.0.0.1:{server.server_port}", "ANTHROPIC_API_KEY": "not-a-key",
        "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1", "DISABLE_AUTOUPDATER": "1",
    }
    command = [folder / "node_modules/@anthropic-ai/claude-code-linux-x64/claude", "--print", "When is high water?",
               "--output-format", "json", "--model", "claude-sonnet-4-5", "--allowed-tools", "Read"]
    ran = subprocess.run(command, env=environment, cwd=work, stdin=subprocess.DEVNULL, capture_output=True, timeout=120)
    result = json.loads(ran.stdout)
    own = result["usage"]["input_tokens"], result["usage"]["output_tokens"], round(result["total_cost_usd"], 5)
    command = [folder / "venv/bin/claude-monitor", "--view", "daily", "--output", "json", "--once", "--timezone", "UTC",
               "--data-paths", json.dumps([str(home / "claude/projects")])]
    ran = subprocess.run(command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, timeout=120)
    local = json.loads(ran.stdout)["local"]
    seen = (local["tokens"]["input_tokens"], local["tokens"]["output_tokens"], local["sent_messages"],
            round(local["cost_usd"], 5))
    print(f"{name}: Claude Code", *own, end=", claude-monitor ")
    print(*seen)
PY
venv/bin/python ask.py 2>err | tee out || { tail -5 err; exit 1; }
diff out - <<'SEEN'
with request-id: Claude Code 300 450 0.00765, claude-monitor 300 450 2 0.00765
without request-id: Claude Code 300 450 0.00765, claude-monitor 500 1250 4 0.02025
SEEN
