"""HTTP methods that the parser does not know. The parser has a closed list, but the proxy forwards any method.

Such a request is presented to the parser as a POST. Like any unknown method, a POST has a body only if the head
declares one. The request is forwarded under its original method.
"""

from __future__ import annotations

import re

import httptools

#: Capital letters as registered methods have them: ``get`` is a mistake or an attempt, and stays 400.
_METHOD = re.compile(rb"([A-Z][A-Z0-9_-]{1,31}) (?=[/*hH])")

_PART = re.compile(rb"[A-Z][A-Z0-9_-]{0,31} ?")


def is_part_of_a_method(data: bytes) -> bool:
    """Whether ``data`` can be the beginning of a method that is still incomplete."""
    return _PART.fullmatch(data) is not None


def under_another_name(data: bytes) -> tuple[str, bytes] | None:
    """The method at the start of ``data`` if only its name is unknown, and ``data`` for the parser."""
    match = _METHOD.match(data)
    if match is None:
        return None
    try:
        httptools.HttpRequestParser(None).feed_data(match[0])
    except httptools.HttpParserInvalidMethodError:
        return match[1].decode("ascii"), b"POST " + data[match.end() :]
    except httptools.HttpParserError:
        return None
    return None
