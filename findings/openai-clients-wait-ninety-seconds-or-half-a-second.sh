#!/usr/bin/env bash
# openai 3.57.0 and anthropic 2.14.0 (PyPI, Python 3.11 or newer), openai 7.55.0 and 6.49.0 and @anthropic-ai/sdk 1.14.0
# (npm, Node 20 or newer). A server on loopback answers each request with 429 and "Retry-After", as providers do when a
# minute's or a day's share is used up. max_retries is 2. Sleeping is replaced by taking down how long it would be.
#
# Behaviour: told to wait 30 seconds all five do so, and for longer times they have three rules. OpenAI's client for
# Python waits up to 120 seconds; told to wait longer it gives up at once, with one request in place of three and a line
# of the log at level debug. OpenAI's for JavaScript in version 7 takes more than 60 seconds for nothing said, and asks
# again after half a second and a second, so that a "not before 90 seconds" is answered with three requests in two.
# Version 6 waits however long it is told to, and so do both of Anthropic's.
# Upstream knows of both ends: openai/openai-python 3555 (July 2026) made the two minutes, since asking again after a
# short time before the server said was wrong; openai/openai-node 1840 asked for the 60 seconds back.
# Consequence: one evaluation in two languages against one limit passes, fails at once, or stands still for an hour.
#
# Seen (client: for Retry-After of 30, 90, 300 and 3600 the seconds before each further request; "short" is below 5):
#   openai 3.57.0 (Python): 30 30, 90 90, none, none
#   anthropic 2.14.0 (Python): 30 30, 90 90, 300 300, 3600 3600
#   openai 7.55.0 (JavaScript): 30 30, short short, short short, short short
#   openai 6.49.0 (JavaScript): 30 30, 90 90, 300 300, 3600 3600
#   @anthropic-ai/sdk 1.14.0 (JavaScript): 30 30, 90 90, 300 300, 3600 3600
#
# Exits non-zero when that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check --no-compile openai==3.57.0 anthropic==2.14.0 2>/dev/null
npm install --prefix "$folder" --cache "$folder/cache" --silent --no-fund --no-audit \
    openai7@npm:openai@7.55.0 openai6@npm:openai@6.49.0 @anthropic-ai/sdk@1.14.0
cat >"$folder/wait.py" <<'PY'
import logging
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import anthropic
import openai

asked, waited = [], []
said = ""


class Server(BaseHTTPRequestHandler):
    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        asked.append(self.path)
        self.send_response(429)
        self.send_header("Retry-After", said)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *words):
        pass


logging.disable(logging.CRITICAL)
server = ThreadingHTTPServer(("127.0.0.1", 0), Server)
threading.Thread(target=lambda: server.serve_forever(poll_interval=0.05), daemon=True).start()
url = f"http://127.0.0.1:{server.server_port}"
messages = [{"role": "user", "content": "Hello"}]
chat = openai.OpenAI(api_key="none", base_url=f"{url}/v1", max_retries=2).chat.completions
claude = anthropic.Anthropic(api_key="none", base_url=url, max_retries=2).messages
calls = {
    f"openai {openai.__version__}": lambda: chat.create(model="m", messages=messages),
    f"anthropic {anthropic.__version__}": lambda: claude.create(model="m", messages=messages, max_tokens=9),
}
time.sleep = waited.append
for name, call in calls.items():
    seen = []
    for said in ("30", "90", "300", "3600"):
        asked.clear()
        waited.clear()
        try:
            call()
        except (openai.RateLimitError, anthropic.RateLimitError):
            pass
        assert len(asked) == len(waited) + 1
        seen.append(" ".join("short" if seconds < 5 else f"{seconds:.0f}" for seconds in waited) or "none")
    print(f"{name} (Python):", ", ".join(seen))
PY
cat >"$folder/wait.mjs" <<'JS'
import http from "node:http";
import { readFileSync } from "node:fs";

let said, asked, waited;
const server = http.createServer((request, response) => {
  asked += 1;
  request.resume();
  request.on("end", () => {
    response.writeHead(429, { "Retry-After": said, "Content-Type": "application/json" });
    response.end("{}");
  });
});
await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
const url = `http://127.0.0.1:${server.address().port}`;
const messages = [{ role: "user", content: "Hello" }];
const timer = globalThis.setTimeout;
// The clients sleep in a file of that name; all other timers stay as they are.
globalThis.setTimeout = (then, milliseconds, ...given) => {
  if (!new Error().stack.includes("utils/sleep.")) return timer(then, milliseconds, ...given);
  waited.push(milliseconds / 1000);
  return timer(then, 0, ...given);
};
for (const name of ["openai7", "openai6", "@anthropic-ai/sdk"]) {
  const Client = (await import(name)).default;
  const options = { apiKey: "none", baseURL: name.startsWith("openai") ? `${url}/v1` : url, maxRetries: 2,
    logLevel: "off" };
  const client = new Client(options);
  const seen = [];
  for (said of ["30", "90", "300", "3600"]) {
    [asked, waited] = [0, []];
    try {
      if (name.startsWith("openai")) await client.chat.completions.create({ model: "m", messages });
      else await client.messages.create({ model: "m", messages, max_tokens: 9 });
    } catch (error) {
      if (error.status !== 429) throw error;
    }
    if (asked !== waited.length + 1) throw new Error(`${asked} requests, ${waited}`);
    seen.push(waited.map((seconds) => (seconds < 5 ? "short" : Math.round(seconds))).join(" ") || "none");
  }
  const { name: real, version } = JSON.parse(readFileSync(new URL(`node_modules/${name}/package.json`, import.meta.url)));
  console.log(`${real} ${version} (JavaScript): ${seen.join(", ")}`);
}
server.close();
JS
{
    "$folder/venv/bin/python" "$folder/wait.py"
    node "$folder/wait.mjs"
} | tee "$folder/out"
diff "$folder/out" - <<'SEEN'
openai 3.57.0 (Python): 30 30, 90 90, none, none
anthropic 2.14.0 (Python): 30 30, 90 90, 300 300, 3600 3600
openai 7.55.0 (JavaScript): 30 30, short short, short short, short short
openai 6.49.0 (JavaScript): 30 30, 90 90, 300 300, 3600 3600
@anthropic-ai/sdk 1.14.0 (JavaScript): 30 30, 90 90, 300 300, 3600 3600
SEEN
