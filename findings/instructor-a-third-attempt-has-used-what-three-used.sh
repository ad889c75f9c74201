#!/usr/bin/env bash
# instructor 1.17.0 (structured outputs) with openai 3.3.0 and pydantic 2.14.4, Python 3.11 or newer. A server on
# loopback answers like OpenAI's chat completions; each answer used 100 tokens of input and 10 of output. The first two
# answers have no valid age, the third has one; and then none has.
#
# Behaviour: instructor asks again when an answer is not valid, and adds up what all attempts used. It writes the sum so
# far into the usage of each attempt's answer, over what the provider said. So the answers of three attempts say 110,
# 220 and 330 tokens, which is the right sum for the last one alone. The hook for an answer (completion:response) is
# called before that and sees 110 each time; the same objects, kept in a list by it, say something else a moment later.
# The error after the last attempt has all of them as failed_attempts, each with the sum so far. Two attempts are
# overstated by a half, three doubled, ten have five and a half times what was used. Where the first answer is valid,
# which is what one tries, all numbers agree. Nothing is logged.
# Consequence: whoever adds up the attempts of a call, by its error or by answers that were kept, pays for early ones
# again with each later one: the worse a model keeps a schema, the dearer it seems, by the square of the attempts.
#
# Seen (tokens sent; sum by the hook, of the answers that it kept, of the error's attempts; each of the kept answers):
#   first valid: 110; 110, 110, no error; [110]
#   third valid: 330; 330, 660, no error; [110, 220, 330]
#   none valid: 440; 440, 1100, 1100; [110, 220, 330, 440]
#
# Exits non-zero when that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check --no-compile instructor==1.17.0 openai==3.3.0 \
    pydantic==2.14.4 2>/dev/null
cat >"$folder/ask.py" <<'PY'
import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import instructor
import openai
from instructor.core import InstructorRetryException
from pydantic import BaseModel

ages, sent = [], []


class Person(BaseModel):
    age: int


class Provider(BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def do_POST(self):
        sent.append(self.rfile.read(int(self.headers["content-length"])))
        made = {"name": "Person", "arguments": json.dumps({"age": ages.pop(0)})}
        calls = [{"id": "c", "type": "function", "function": made}]
        message = {"role": "assistant", "content": None, "tool_calls": calls}
        choices = [{"index": 0, "finish_reason": "tool_calls", "message": message}]
        usage = {"prompt_tokens": 100, "completion_tokens": 10, "total_tokens": 110}
        answer = {"id": "c", "object": "chat.completion", "created": 1, "model": "m", "choices": choices}
        body = json.dumps({**answer, "usage": usage}).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def tokens(answers):
    return sum(answer.usage.total_tokens for answer in answers)


server = HTTPServer(("127.0.0.1", 0), Provider)
threading.Thread(target=server.serve_forever, daemon=True).start()
client = instructor.from_openai(openai.OpenAI(base_url=f"http://127.0.0.1:{server.server_port}/v1", api_key="k"))
at_once, kept = [], []
client.on("completion:response", lambda answer: (at_once.append(answer.usage.total_tokens), kept.append(answer)))
for name, given in (("first valid", [30]), ("third valid", ["old", "older", 30]), ("none valid", ["old"] * 4)):
    ages[:] = given
    for made in (sent, at_once, kept):
        made.clear()
    failed = "no error"
    try:
        messages = [{"role": "user", "content": "How old?"}]
        client.chat.completions.create(model="m", response_model=Person, messages=messages, max_retries=3)
    except InstructorRetryException as error:
        failed = tokens(attempt.completion for attempt in error.failed_attempts)
    each = [answer.usage.total_tokens for answer in kept]
    print(f"{name}: {110 * len(sent)}; {sum(at_once)}, {tokens(kept)}, {failed}; {each}")
PY
"$folder/venv/bin/python" -W ignore "$folder/ask.py" 2>"$folder/err" | tee "$folder/out"
diff "$folder/out" - <<'SEEN'
first valid: 110; 110, 110, no error; [110]
third valid: 330; 330, 660, no error; [110, 220, 330]
none valid: 440; 440, 1100, 1100; [110, 220, 330, 440]
SEEN
