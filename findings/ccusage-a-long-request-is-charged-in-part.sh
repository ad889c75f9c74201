#!/usr/bin/env bash
# ccusage 20.0.24 (npm; what Claude Code and other agents used, read from their session files) with its program for
# Linux on x64, Node 20 or newer, beside genai-prices 0.2.3, Python 3.11 or newer. One answer of Claude Sonnet 4.5 in a
# session file as Claude Code writes it. Only the prices that both packages bring are used.
#
# Behaviour: Claude Sonnet 4.5 has a higher price for requests of more than 200000 tokens of input, those of the cache
# counted in, and then it holds for all tokens of the request, of output too (Anthropic's page on prices, as pull
# request 242 of pydantic/genai-prices quotes it). ccusage has both prices. It looks at each kind of token by itself,
# and charges the higher price for what is above 200000 of that kind alone. So 300000 tokens cost 1.20 USD in place of
# 1.80, the same ones half from the cache have no higher price at all, and neither has any output. A long session of an
# agent is of that kind: nearly all of its input comes from the cache. Pull request 1414 of ccusage mended it for
# Codex, and says that the other agents keep the old rule.
# A line is only seen without blanks between its members: the same session, written by Python's json.dumps as a backup
# or a redaction writes it, has no tokens and no cost, and nothing is said.
# Consequence: the longest and dearest requests are the ones whose cost is too low, by a third or by half.
#
# Seen (cost in USD: ccusage, genai-prices):
#   200000 of input: 0.600 0.600
#   300000 of input: 1.200 1.800
#   150000 of input, 150000 from the cache: 0.495 0.990
#   10000 of input, 290000 from the cache, 10000 of output: 0.294 0.459
#   300000 of input, with blanks in the line: 0.000 1.800
#
# Exits non-zero when that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check --no-compile genai-prices==0.2.3 2>/dev/null
echo '{"private": true}' >package.json
npm install --silent --no-audit --no-fund ccusage@20.0.24 @ccusage/ccusage-linux-x64@20.0.24 >/dev/null 2>&1
mkdir -p home/.claude/projects/tides
cat >cost.py <<'PY'
import json
import os
import subprocess

from genai_prices import Usage, calc_price

MODEL = "claude-sonnet-4-5-20250929"
ENVIRONMENT = {**os.environ, "HOME": f"{os.getcwd()}/home", "CLAUDE_CONFIG_DIR": f"{os.getcwd()}/home/.claude"}
COMMAND = ["node", "node_modules/ccusage/src/cli.js", "daily", "--json", "--offline"]


def show(name, new, cached=0, output=0, separators=(",", ":")):
    usage = {"input_tokens": new, "cache_creation_input_tokens": 0, "cache_read_input_tokens": cached}
    text = [{"type": "text", "text": "High tide is at six."}]
    message = {"id": "msg_1", "type": "message", "role": "assistant", "model": MODEL, "content": text}
    message["usage"] = {**usage, "output_tokens": output}
    line = {"type": "assistant", "timestamp": "2026-01-05T10:00:00.000Z", "sessionId": "tides", "version": "2.1.0"}
    line |= {"cwd": "/tides", "requestId": "req_1", "uuid": "1", "message": message}
    with open("home/.claude/projects/tides/tides.jsonl", "w") as out:
        out.write(json.dumps(line, separators=separators) + "\n")
    report = subprocess.run(COMMAND, env=ENVIRONMENT, capture_output=True, check=True).stdout
    whole = Usage(input_tokens=new + cached, cache_read_tokens=cached, output_tokens=output)
    price = calc_price(whole, model_ref=MODEL, provider_id="anthropic").total_price
    print(f"{name}: {json.loads(report)['totals']['totalCost']:.3f} {price:.3f}")


show("200000 of input", 200_000)
show("300000 of input", 300_000)
show("150000 of input, 150000 from the cache", 150_000, 150_000)
show("10000 of input, 290000 from the cache, 10000 of output", 10_000, 290_000, 10_000)
show("300000 of input, with blanks in the line", 300_000, separators=None)
PY
venv/bin/python cost.py 2>err | tee out || { tail -5 err; exit 1; }
diff out - <<'SEEN'
200000 of input: 0.600 0.600
300000 of input: 1.200 1.800
150000 of input, 150000 from the cache: 0.495 0.990
10000 of input, 290000 from the cache, 10000 of output: 0.294 0.459
300000 of input, with blanks in the line: 0.000 1.800
SEEN
