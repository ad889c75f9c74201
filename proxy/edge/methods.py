"""Methods that the parser does not know: it has a closed list, and a proxy forwards what it does not know.

Such a request is shown to the parser as a POST, which like every unknown method has a body only where the head says so;
it goes on under its own name.
"""

from __future__ import annotations

import re

import httptools

#: Capital letters as registered methods have them: ``get`` is a mistake or an attempt, and stays 400.
_METHOD = re.compile(rb"([A-Z][A-Z0-9_-]{1,31}) (?=[/*hH])")

_PART = re.compile(rb"[A-Z][A-Z0-9_-]{0,31} ?")


def is_part_of_a_method(data: bytes) -> bool:
    """Whether ``data`` may be the beginning of a method of which more is to come."""
    return _PART.fullmatch(data) is not None


def under_another_name(data: bytes) -> tuple[str, bytes] | None:
    """The method at the beginning of ``data`` when only its name is unknown, and ``data`` as the parser may see it."""
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
