#!/usr/bin/env bash
# mcp 2.3.0 (the official SDK, its MCPServer) and fastmcp 4.2.3, Python 3.11 or newer: two ways to make a server from
# the same Python function. A model calls its tool with a text argument; the schema that both servers publish allows a
# string there.
#
# Behaviour: mcp parses a text as JSON first, unless the parameter is annotated as exactly `str`. What comes out is
# passed on when it is an object, a list or null. So for `str | None` the text "null" becomes None, and a text that is
# JSON, as the content of a file to be written often is, is refused ("should be a valid string") although the schema
# allows it: the same text is written when it has a comma too many. For `str | list[str]` and without an annotation the
# text arrives as another type. fastmcp gives the function the text in each case. It has been reported (issue 1873 of
# the SDK's repository) and is as it was.
# Consequence: an argument that an author made optional cannot take JSON, a model that is told "not a string" of a
# string tries again until its turns are used up, and a text is replaced by nothing without a trace.
#
# Seen (mcp / fastmcp):
#   str "null": 'null' / 'null'
#   str | None "null": None / 'null'
#   str | None "hello": 'hello' / 'hello'
#   str | None "{\"debug\": true}": refused / '{"debug": true}'
#   str | None "{\"debug\": true,}": '{"debug": true,}' / '{"debug": true,}'
#   str | list[str] "[\"a\"]": ['a'] / '["a"]'
#   no annotation "[1, 2]": [1, 2] / '[1, 2]'
#
# Exits non-zero when that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check mcp==2.3.0 fastmcp==4.2.3 2>/dev/null
cat >"$folder/call.py" <<'PY'
import asyncio
import json

from fastmcp import Client, FastMCP
from mcp.server.mcpserver import MCPServer


def plain(text: str) -> str:
    return repr(text)


def optional(text: str | None = None) -> str:
    return repr(text)


def several(text: str | list[str]) -> str:
    return repr(text)


def bare(text) -> str:
    return repr(text)


official, fast = MCPServer("official"), FastMCP("fast")
for function in (plain, optional, several, bare):
    official.tool()(function)
    fast.tool()(function)


async def by_official(tool, text):
    try:
        result = await official.call_tool(tool, {"text": text})
    except Exception as error:
        return "refused" if "valid string" in str(error) else repr(error)
    return result.content[0].text


async def by_fast(tool, text):
    async with Client(fast) as client:
        return (await client.call_tool(tool, {"text": text})).content[0].text


async def main():
    for name, function, text in (
        ("str", plain, "null"),
        ("str | None", optional, "null"),
        ("str | None", optional, "hello"),
        ("str | None", optional, '{"debug": true}'),
        ("str | None", optional, '{"debug": true,}'),
        ("str | list[str]", several, '["a"]'),
        ("no annotation", bare, "[1, 2]"),
    ):
        tool = function.__name__
        print(f"{name} {json.dumps(text)}: {await by_official(tool, text)} / {await by_fast(tool, text)}")


asyncio.run(main())
PY
HOME="$folder" "$folder/venv/bin/python" "$folder/call.py" 2>/dev/null | tee "$folder/out"
diff "$folder/out" - <<'SEEN'
str "null": 'null' / 'null'
str | None "null": None / 'null'
str | None "hello": 'hello' / 'hello'
str | None "{\"debug\": true}": refused / '{"debug": true}'
str | None "{\"debug\": true,}": '{"debug": true,}' / '{"debug": true,}'
str | list[str] "[\"a\"]": ['a'] / '["a"]'
no annotation "[1, 2]": [1, 2] / '[1, 2]'
SEEN
