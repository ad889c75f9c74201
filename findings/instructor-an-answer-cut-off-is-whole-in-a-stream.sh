#!/usr/bin/env bash
# instructor 1.17.0 (structured outputs) with openai 3.3.0 and pydantic 2.14.4, Python 3.11 or newer. A server on
# loopback answers with a call whose arguments were cut off by max_tokens, and says so: finish_reason "length".
#
# Behaviour: for a whole answer instructor raises IncompleteOutputException. The same answer as a stream ends as a good
# one does. create_partial's last object is an Invoice like any other, with what came so far: one of two lines, or the
# number 12 of 1234, and None in members that the model requires. It is not validated, so that a total below 0 passes,
# which is an error once the same arguments are complete. create_iterable gives the items that were complete and stops,
# without a word of the rest. The finish_reason is on no object, and nothing is logged. The guide to partial responses
# says that members are optional on the way and that the last object is the completed one.
# Consequence: with streaming turned on, a limit on tokens turns from an error into wrong numbers and missing rows.
#
# Seen:
#   create, cut off: IncompleteOutputException
#   create_partial, whole: Invoice(number=1234, total=56.78, lines=['tea', 'cup'])
#   create_partial, cut in a list: Invoice(number=1234, total=56.78, lines=['tea'])
#   create_partial, cut in a number: Invoice(number=12, total=None, lines=None)
#   create_partial, cut with a total below 0: Invoice(number=1234, total=-5, lines=['tea'])
#   create_partial, whole with a total below 0: InstructorRetryException
#   create_iterable, cut in the third: [Item(name='tea', price=2.0), Item(name='cup', price=5.0)]
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
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import instructor
import openai
from pydantic import BaseModel, Field


class Invoice(BaseModel):
    number: int
    total: float = Field(ge=0)
    lines: list[str]


class Item(BaseModel):
    name: str
    price: float


LIST = '{"number": 1234, "total": 56.78, "lines": ["tea"'
BELOW = '{"number": 1234, "total": -5, "lines": ["tea"'
ITEMS = ['{"name": "tea", "price": 2}', '{"name": "cup", "price": 5}', '{"name": "po']
ANSWERS = {
    "whole": ("tool_calls", LIST + ', "cup"]}'),
    "cut in a list": ("length", LIST),
    "cut in a number": ("length", '{"number": 12'),
    "cut with a total below 0": ("length", BELOW),
    "whole with a total below 0": ("tool_calls", BELOW + "]}"),
    "cut in the third": ("length", '{"tasks": [' + ", ".join(ITEMS)),
}
BASE = {"id": "c1", "created": 1750000000, "model": "lamp"}


class Provider(BaseHTTPRequestHandler):
    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        end, arguments = ANSWERS[body["model"]]
        name = body["tools"][0]["function"]["name"]
        call = {"index": 0, "id": "call_1", "type": "function", "function": {"name": name, "arguments": arguments}}
        message = {"role": "assistant", "content": None, "tool_calls": [call]}
        kind = "application/json"
        choice = {"index": 0, "finish_reason": end}
        out = json.dumps({**BASE, "object": "chat.completion", "choices": [{**choice, "message": message}]})
        if body.get("stream"):
            kind = "text/event-stream"
            parts = [(None, {**message, "tool_calls": [{**call, "function": {"name": name, "arguments": ""}}]})]
            for start in range(0, len(arguments), 8):
                part = {"index": 0, "function": {"arguments": arguments[start:start + 8]}}
                parts.append((None, {"tool_calls": [part]}))
            chunks = [{**BASE, "object": "chat.completion.chunk", "choices": [{**choice, "finish_reason": last,
                       "delta": delta}]} for last, delta in [*parts, (end, {})]]
            out = "".join(f"data: {json.dumps(one)}\n\n" for one in chunks) + "data: [DONE]\n\n"
        self.send_response(200)
        self.send_header("content-type", kind)
        self.end_headers()
        self.wfile.write(out.encode())

    def log_message(self, *args):
        pass


server = ThreadingHTTPServer(("127.0.0.1", 0), Provider)
threading.Thread(target=server.serve_forever, daemon=True).start()
client = openai.OpenAI(base_url=f"http://127.0.0.1:{server.server_port}/v1", api_key="not-a-key")
client = instructor.from_openai(client)


def show(how, name, model=Invoice, shown=None):
    given = {"model": name, "response_model": model, "messages": [{"role": "user", "content": "Read it."}]}
    try:
        if how == "create_iterable":
            result = list(client.create_iterable(**given))
        elif how == "create_partial":
            result = list(client.create_partial(max_retries=0, **given))[-1]
        else:
            result = client.create(max_retries=0, **given)
    except Exception as error:
        result = type(error).__name__
    print(f"{how}, {shown or name}: {result if isinstance(result, str) else repr(result)}")


show("create", "cut in a list", shown="cut off")
for name in list(ANSWERS)[:5]:
    show("create_partial", name)
show("create_iterable", "cut in the third", Item)
PY
"$folder/venv/bin/python" -W ignore "$folder/ask.py" 2>"$folder/err" | tee "$folder/out" ||
    { tail -5 "$folder/err"; exit 1; }
diff "$folder/out" - <<'SEEN'
create, cut off: IncompleteOutputException
create_partial, whole: Invoice(number=1234, total=56.78, lines=['tea', 'cup'])
create_partial, cut in a list: Invoice(number=1234, total=56.78, lines=['tea'])
create_partial, cut in a number: Invoice(number=12, total=None, lines=None)
create_partial, cut with a total below 0: Invoice(number=1234, total=-5, lines=['tea'])
create_partial, whole with a total below 0: InstructorRetryException
create_iterable, cut in the third: [Item(name='tea', price=2.0), Item(name='cup', price=5.0)]
SEEN
