#!/usr/bin/env bash
# strands-agents 1.62.0 with openai 2.54.0, and beside it pydantic-ai-slim 2.68.0 with openai 3.57.0, Python 3.11 or
# newer. A server on loopback streams a chat completion whose tool call has arguments that are not quite JSON: a brace
# too many, single quotes, or none closed, with the ending "tool_calls". OpenAI's reference says that models do not
# always write valid JSON there; small self-hosted models often do not.
#
# Behaviour: strands replaces what it cannot read by an empty object and runs the tool. A parameter with a default has
# its default then, so the tool does something else than what was asked for, and succeeds. The conversation that goes
# back to the model has {} in place of what the model wrote, so that it cannot see it either. The only sign is a warning
# in the log. The folder that was named was readable in all three. Tools whose parameters all are required fail with a
# missing parameter. pydantic-ai runs nothing, and tells the model that its arguments are no JSON. It has been reported
# (issue 2051 of its repository), and what came of it is the warning.
# Consequence: a tool with optional parameters runs with nobody's arguments, and traces show it as a success.
#
# Seen:
#   strands, {"folder": "/srv/a"}: ran with /srv/a
#   strands, {"folder": "/srv/a"}}: ran with /, told the model {}
#   strands, {'folder': '/srv/a'}: ran with /, told the model {}
#   strands, {"folder": "/srv/a": ran with /, told the model {}
#   pydantic-ai, {"folder": "/srv/a"}: ran with /srv/a
#   pydantic-ai, {"folder": "/srv/a"}}: ran with nothing
#   pydantic-ai, {'folder': '/srv/a'}: ran with nothing
#   pydantic-ai, {"folder": "/srv/a": ran with nothing
#
# Exits non-zero when that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cat >"$folder/ask.py" <<'PY'
import asyncio
import json
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

asked, ran = [], []
arguments = ""


def chunk(delta, end=None):
    choice = {"index": 0, "delta": delta, "finish_reason": end}
    return {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": [choice]}


class Chat(BaseHTTPRequestHandler):
    def do_POST(self):
        asked.append(json.loads(self.rfile.read(int(self.headers["content-length"]))))
        call = {"index": 0, "id": "call_1", "type": "function", "function": {"name": "clean", "arguments": arguments}}
        chunks = [chunk({"role": "assistant", "content": "Done."}), chunk({}, "stop")]
        if len(asked) == 1:
            chunks = [chunk({"role": "assistant", "tool_calls": [call]}), chunk({}, "tool_calls")]
        body = "".join(f"data: {json.dumps(one)}\n\n" for one in chunks) + "data: [DONE]\n\n"
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *args):
        pass


server = ThreadingHTTPServer(("127.0.0.1", 0), Chat)
threading.Thread(target=server.serve_forever, daemon=True).start()
url = f"http://127.0.0.1:{server.server_port}/v1"


def clean(folder: str = "/") -> str:
    """Removes what is old in a folder."""
    ran.append(folder)
    return "removed"


def by_strands():
    from strands import Agent, tool
    from strands.models.openai import OpenAIModel

    model = OpenAIModel(client_args={"api_key": "k", "base_url": url}, model_id="m")
    Agent(model=model, tools=[tool(clean)], callback_handler=None)("Clean /srv/a.")


def by_pydantic_ai():
    from pydantic_ai import Agent
    from pydantic_ai.models.openai import OpenAIChatModel
    from pydantic_ai.providers.openai import OpenAIProvider

    async def run():
        model = OpenAIChatModel("m", provider=OpenAIProvider(base_url=url, api_key="k"))
        async with Agent(model, tools=[clean]).run_stream("Clean /srv/a.") as result:
            await result.get_output()

    asyncio.run(run())


name = sys.argv[1]
for arguments in ('{"folder": "/srv/a"}', '{"folder": "/srv/a"}}', "{'folder': '/srv/a'}", '{"folder": "/srv/a"'):
    asked.clear()
    ran.clear()
    (by_strands if name == "strands" else by_pydantic_ai)()
    calls = [call for message in asked[-1]["messages"] for call in message.get("tool_calls") or []]
    changed = ", told the model {}" if calls[0]["function"]["arguments"] == "{}" else ""
    print(f"{name}, {arguments}: ran with {' '.join(ran) or 'nothing'}{changed}")
PY
for packages in "strands-agents[openai]==1.62.0 openai==2.54.0" "pydantic-ai-slim[openai]==2.68.0 openai==3.57.0"; do
    name=${packages%%-agents*}
    name=${name%%-slim*}
    python3 -m venv "$folder/$name"
    # shellcheck disable=SC2086
    "$folder/$name/bin/pip" install --quiet --disable-pip-version-check $packages 2>/dev/null
    HOME="$folder" "$folder/$name/bin/python" "$folder/ask.py" "$name" 2>/dev/null | tee -a "$folder/out"
done
diff "$folder/out" - <<'SEEN'
strands, {"folder": "/srv/a"}: ran with /srv/a
strands, {"folder": "/srv/a"}}: ran with /, told the model {}
strands, {'folder': '/srv/a'}: ran with /, told the model {}
strands, {"folder": "/srv/a": ran with /, told the model {}
pydantic-ai, {"folder": "/srv/a"}: ran with /srv/a
pydantic-ai, {"folder": "/srv/a"}}: ran with nothing
pydantic-ai, {'folder': '/srv/a'}: ran with nothing
pydantic-ai, {"folder": "/srv/a": ran with nothing
SEEN
