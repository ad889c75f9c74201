"""Whether an answer is a tool call that was written out as text, so that it never reached the tool.

A call that is *shown* is none: prose about ``<tool_call>``, a definition of a tool, a ``package.json`` whose package
has the name of a tool. A written call names an offered tool and gives arguments, and it ends the answer or begins it.
"""

from __future__ import annotations

import re
from collections.abc import Collection

import orjson

from proxy.wire.calls import name_of
from proxy.wire.facts import child

_HEAD = 2_000
#: Keys that hold the arguments of a call, and all keys that a call may have.
_GIVEN = frozenset({"arguments", "parameters", "args", "input"})
_KEYS = _GIVEN | {"name", "function", "type", "id", "call_id", "index", "tool_calls"}
_FENCE = re.compile(r"\A```\w*\s*\n|\n```\s*\Z")
#: Code that an answer shows: fenced, or between backticks in a line.
_SHOWN = re.compile(r"^[ \t]{0,8}```.{0,20000}?^[ \t]{0,8}```|`[^`\n]{1,300}`", re.DOTALL | re.MULTILINE)
#: Marks of the chat templates of Qwen, Hermes, GLM, Llama, Mistral, Kimi, MiniMax, LongCat, Gemma, Cohere, Phi and
#: others, and what a call has behind them.
_MARK = re.compile(
    r"(?:<(?:[a-z]{2,12}[:_])?tool_call>|<\|python_tag\|>|\[TOOL_CALLS\]|<function_calls?>|<\|START_ACTION\|>"
    r"|<\|tool_calls?(?:_\w{1,16})?\|?>(?:call:)?|\Afunctools(?=\[)|(?=<function=))"
    r"\s{0,8}(?:(?P<json>[\[{])|<function=(?P<tag>[\w.:-]{1,80})>|<invoke name=\"(?P<invoke>[\w.:-]{1,80})\""
    r"|(?P<bare>[\w.:-]{1,80})(?=\s{0,4}[\[({<]|\n))"
)
#: The same of DeepSeek, whose bars and blanks are characters of their own, and the name of the tool.
_DEEPSEEK = re.compile(
    r"<｜tool▁call▁begin｜>\s{0,8}(?:function\s{0,8}<｜tool▁sep｜>\s{0,8})?(?P<name>[\w.:-]{1,80})"
    r"|<｜DSML｜invoke name=\"(?P<invoke>[\w.:-]{1,80})\""
)
#: A message of gpt-oss to a tool, where the server left its channels in the text.
_TO_TOOL = re.compile(r"\bto=(?:functions\.)?(?P<name>[\w.:-]{1,80})")
_NAMED = re.compile(r"\"(?:tool_)?name\"\s{0,4}:|\w\(")
#: Calls in the form of Python: Llama 4's in brackets, Gemma's in a fence of their own.
_PYTHON = re.compile(r"\A(?:\[|```tool_code\s*\n)\s{0,8}(?:print\()?(?P<name>[\w.]{1,80})\((?=\)|\s{0,4}\w{1,80}=)")
#: The end of a call; more words than this behind it, and the call was an example in a text.
_ENDS = re.compile(r"</\w{1,20}>|<\|\w{1,40}\|>|</?｜[^<>]{1,60}>|[}\])]")
_WORDS_BEHIND = 3


def written_call(text: str, offered: Collection[str]) -> bool:
    """Whether the answer ``text`` is a call of one of the ``offered`` tools, written out. Linear time."""
    text = text.strip()
    python = _PYTHON.match(text)
    if python is not None and python["name"] in offered and text.endswith((")]", ")\n```")):
        return True
    if text.startswith("```") and text.find("\n```", 3) == len(text) - 4:
        text = _FENCE.sub("", text).strip()
    if _marked(text, offered):
        return True
    if not text.startswith(("{", "[")):
        return False
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError:
        return any(_broken_call(name).search(text[:_HEAD]) is not None for name in offered if name in text[:_HEAD])
    return any(_is_call(item, offered) for item in (value if isinstance(value, list) else [value]))


def _marked(text: str, offered: Collection[str]) -> bool:
    if not any(sign in text[:_HEAD] for sign in ("<", "[TOOL_CALLS]", "functools[")):
        return False
    read = _SHOWN.sub(" ", text) if "`" in text else text
    for mark in _MARK.finditer(read[:_HEAD]):
        if mark["json"]:
            named = _NAMED.search(read, mark.end() - 1, mark.end() + 200) is not None
        elif mark["bare"]:
            named = mark["bare"].removeprefix("functions.").removesuffix(".call").partition(":")[0] in offered
        else:
            named = True
        if named and (mark.start() == 0 or _ends(read, mark.end())):
            return True
    return any(
        (mark["name"] or mark["invoke"]) in offered and _ends(read, mark.end())
        for mark in _DEEPSEEK.finditer(read[:_HEAD])
    )


def sent_to_tool(text: str, offered: Collection[str]) -> bool:
    """Whether ``text``, in the channels of gpt-oss and without a final answer, has a message to an offered tool."""
    if "<|" not in text:
        return False
    return any(found["name"] in offered for found in _TO_TOOL.finditer(text))


def _ends(text: str, at: int) -> bool:
    """Whether nothing but a few words follows the call that begins at ``at``."""
    tail = text[max(at, len(text) - 200) :]
    last = max((end.end() for end in _ENDS.finditer(tail)), default=0)
    return len(tail[last:].split()) <= _WORDS_BEHIND


def _broken_call(name: str) -> re.Pattern[str]:
    """JSON that does not parse and begins like a call of the tool ``name``."""
    return re.compile(
        rf"\"name\"\s{{0,4}}:\s{{0,4}}\"{re.escape(name)}\"\s{{0,4}},\s{{0,20}}"
        r"(?:\"(?:id|type|call_id)\"\s{0,4}:\s{0,4}\"[^\"]{0,80}\"\s{0,4},\s{0,20}){0,3}"
        r"\"(?:arguments|parameters|args|input)\"\s{0,4}:\s{0,4}[{\"](?!\s{0,20}\"?(?:type|\$schema)\"\s{0,4}:)"
    )


def _is_call(value: object, offered: Collection[str]) -> bool:
    if not isinstance(value, dict) or not value.keys() <= _KEYS:
        return False
    calls = value.get("tool_calls")
    if isinstance(calls, list):
        return any(_is_call(call, offered) for call in calls if not isinstance(call, list))
    held = {**child(value, "function"), **value}
    return name_of(value) in offered and held.keys() <= _KEYS and any(_are_arguments(held.get(key)) for key in _GIVEN)


def _are_arguments(value: object) -> bool:
    """An object or its JSON text. A schema of arguments belongs to a definition."""
    if isinstance(value, str):
        return True
    return isinstance(value, dict) and not (isinstance(value.get("properties"), dict) and value.get("type") == "object")
