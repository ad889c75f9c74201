#!/usr/bin/env bash
# together 1.5.35 and 3.1.1, Python 3.11 or newer. Both are given the same base_url, which ends in /v1: that is the form
# of version 1's own default (https://api.together.xyz/v1) and of every OpenAI-compatible gateway.
#
# Behaviour: version 1 asks for /v1/chat/completions. Version 3 puts /v1 into its paths (its default has none), and asks
# for /v1/v1/chat/completions without a warning, the same for TOGETHER_BASE_URL. After an upgrade a gateway answers 404.
#
# Seen:
#   together 1.5.35: /v1/chat/completions
#   together 3.1.1: /v1/v1/chat/completions
#
# Exits non-zero when that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cat >"$folder/ask.py" <<'PY'
import http.server
import importlib.metadata
import threading

import together

seen = []


class Provider(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        self.rfile.read(int(self.headers["content-length"]))
        seen.append(self.path)
        self.send_response(404)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *args):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Provider)
threading.Thread(target=server.serve_forever, daemon=True).start()
client = together.Together(base_url=f"http://127.0.0.1:{server.server_port}/v1", api_key="k", max_retries=0)
try:
    client.chat.completions.create(model="lamp", messages=[{"role": "user", "content": "Where?"}])
except Exception:
    pass
version = importlib.metadata.version("together")
print(f"together {version}: {seen[0]}")
assert seen[0] == ("/v1/chat/completions" if version.startswith("1.") else "/v1/v1/chat/completions")
PY
for version in 1.5.35 3.1.1; do
    python3 -m venv --clear "$folder/venv"
    "$folder/venv/bin/pip" install --quiet --disable-pip-version-check "together==$version" 2>/dev/null
    TOGETHER_NO_BANNER=1 "$folder/venv/bin/python" "$folder/ask.py"
done
