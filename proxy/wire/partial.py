"""Reads a JSON object of which only the beginning or only the end was kept.

From a beginning, all complete values are used, and the first characters of a text that is cut. From an end, the
complete members of the object are used. Nothing is guessed: a member that begins in the missing part is left out.
"""

from __future__ import annotations

import re
from itertools import islice
from typing import Any, NamedTuple

import orjson

#: Stands at the end of a text that was cut.
CUT = "\x10"
_CUT_JSON = b'\\u0010"'
#: A string, without its last quotation mark where it is cut.
_STRING = rb'"[^"\\]*(?:\\.[^"\\]*)*'
#: The next bracket that is in no string.
_BRACKET = re.compile(rb'[^"\[\]{}]*(?:' + _STRING + rb'"[^"\[\]{}]*)*([\[\]{}])', re.DOTALL)
#: What there is between two of them.
_TOKEN = re.compile(_STRING + rb'("?)|,', re.DOTALL)
_CLOSERS = {b"{": b"}", b"[": b"]"}
#: Nobody nests requests deeper, nor opens and closes more, or lists more in one place, in their beginning.
_DEEPEST, _MOST = 200, 20_000
#: Bytes that are kept of a text that is cut.
_KEPT = 4096
#: Before a string: that it is the value of a member, or one of a list.
_MEMBER_VALUE = re.compile(rb'\s*,?\s*"[^"\\]{1,64}"\s*:\s*')
_LIST_VALUE = re.compile(rb"\s*,?\s*")
#: A string up to where it is cut, between two characters; a half of a pair of surrogates ends it, too.
_WHOLE = re.compile(
    rb'"(?:[^\\]|\\(?:[^u]|u(?:[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(?![dD][89a-fA-F])[0-9a-fA-F]{4})))*',
    re.DOTALL,
)
#: Members of a request that are looked for behind a long list of messages, and how many places are tried.
_NAMES = re.compile(
    rb',\s*"(?:model|stream|system|instructions|tools|metadata|conversation|previous_response_id|thread|prompt_cache_key|'
    rb'session_id|background|temperature|top_p|top_k|max_tokens|max_output_tokens|max_completion_tokens|tool_choice)"\s*:'
)
_TRIED = 64


class Beginning(NamedTuple):
    """JSON with the same beginning as the document. ``cut``: its last member is incomplete."""

    data: bytes
    cut: bool


def beginning(data: bytes) -> Beginning | None:
    """The first bytes of an object, completed to valid JSON; ``None`` if they do not begin an object."""
    open_: list[bytes] = []
    safe = 0
    for _ in range(_MOST):
        match = _BRACKET.match(data, safe)
        if match is None:
            break
        bracket, safe = match[1], match.end()
        if closer := _CLOSERS.get(bracket):
            open_.append(closer)
        elif not open_ or open_.pop() != bracket:
            return None
        if not open_ or len(open_) > _DEEPEST:
            return None
    else:
        data = data[:safe]
    if not open_ or open_[0] != b"}":
        return None
    unfinished: int | None = None
    for token in islice(_TOKEN.finditer(data, safe), _MOST):
        if token[1] is None:
            safe = token.start()
        elif not token[1]:
            unfinished = token.start()
    rest = b""
    if unfinished is not None:
        between = data[safe:unfinished]
        if (_MEMBER_VALUE if open_[-1] == b"}" else _LIST_VALUE).fullmatch(between):
            rest = between + _first(data[unfinished : unfinished + _KEPT]) + _CUT_JSON
    return Beginning(b"".join([data[:safe], rest, *reversed(open_)]), len(open_) > 1 or bool(rest))


def _first(text: bytes) -> bytes:
    """The beginning of a JSON string, up to the last complete character."""
    match = _WHOLE.match(text)
    return match[0].decode("utf-8", "ignore").encode() if match else b'"'


def end(data: bytes) -> dict[str, Any]:
    """The last members of an object, limited to those that requests put after their messages."""
    last = data.rstrip()
    if not last.endswith(b"}"):
        return {}
    found: dict[str, Any] = {}
    until = len(last) - 1
    for place in [match.start() for match in _NAMES.finditer(last)][: -_TRIED - 1 : -1]:
        try:
            members = orjson.loads(b"".join([b"{", last[place + 1 : until], b"}"]))
        except orjson.JSONDecodeError:
            continue  # it is nested deeper, so it closes more than it opens
        found, until = {**members, **found}, place
    return found
