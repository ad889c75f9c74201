"""The observer's copy of a request body: bounded, decoded if it has a coding, and read after the request ended."""

from __future__ import annotations

import re
from typing import Any

from proxy.observe.capture_buffer import Capture
from proxy.wire.content_coding import ContentDecoder, Undecodable, room
from proxy.wire.facts import load
from proxy.wire.outline import LONG, outline
from proxy.wire.partial import CUT, beginning, end

_MODEL = re.compile(rb'"model"\s*:\s*"([^"\\]{1,200})"')
_STREAM = re.compile(rb'"stream"\s*:\s*true')
#: The model in a form with files, which stands before or behind them, in the few bytes that are kept of it.
_FORM_MODEL = re.compile(
    rb'\r\n[Cc]ontent-[Dd]isposition:[^\r\n]{0,99};[ \t]*name=(?:"model"|model(?![-\w"]))[^\r\n]{0,99}'
    rb"(?:\r\n[^\r\n]{1,99}){0,3}"
    rb"\r\n\r\n([^\r\n]{1,200})\r\n--"
)
_BOM = b"\xef\xbb\xbf"
#: Where the texts of a request stand, of whose length nothing is known.
_TEXTS = ("messages", "input", "prompt", "contents")
#: Bytes of a coded body that are decoded at once.
_SLICE = 65536


class Asked:
    """At most ``cap`` bytes of one request body. ``coding``: its content coding, as the request declares it.

    ``said``: its texts are read, so that payloads may make room for them.
    """

    undecodable: str | None = None
    _coding = ""
    _first: dict[str, Any] | None = None

    def __init__(self, cap: int, coding: str = "", said: bool = True) -> None:
        self._captured = Capture(cap)
        self._captured.filters = said and not coding
        #: Takes a piece of the body.
        self.add = self._captured.add
        self.lacks = self._captured.lacks
        self._cap = cap
        if coding:
            self._coding = coding

    def _read(self) -> Capture:
        """The captured bytes, decoded if necessary."""
        if self._coding:
            self._decode()
        return self._captured

    def _decode(self) -> None:
        coding, self._coding = self._coding, ""
        coded, plain = self._captured, Capture(self._cap)
        plain.filters = True
        data = coded.head()
        try:
            decoder = ContentDecoder(coding, room(coded.size))
            for start in range(0, len(data), _SLICE):
                plain.add(decoder.feed(data[start : start + _SLICE]))
        except Undecodable as error:
            if not _is_object(data):  # else it is not coded, whatever its head says
                self.undecodable = f"request_{error}"
            return
        if coded.truncated:
            plain.cut()
        self._captured, self.add = plain, plain.add

    @property
    def truncated(self) -> bool:
        """Whether a part of the body is missing."""
        return self._read().truncated

    @property
    def left_out(self) -> int:
        """Bytes of payloads that the captured bytes are without."""
        return self._read().left_out

    def captured(self) -> bytes:
        """The whole body, or its first bytes where it was truncated."""
        return self._read().head()

    def says(self, pattern: re.Pattern[bytes]) -> bool:
        """Whether ``pattern`` occurs in the captured bytes. A coded body is searched only after it was read."""
        body = self._captured
        return pattern.search(body.head()) is not None or pattern.search(body.tail()) is not None

    def document(self) -> dict[str, Any]:
        """An outline of the body if it is a JSON object. For a truncated body: of its two ends, without messages."""
        body = self._read()
        if not body.truncated:
            data, begin = (body.head(), 0) if body.size < LONG else body.whole()
            if _is_object(data, begin):
                doc = load(data) if body.size < LONG else outline(data, begin)
                if isinstance(doc, dict):
                    return doc
            return self._told(body)
        first = self._beginning(body)
        found = {**end(body.tail()), **first} if first else {}
        return _without_texts(found) if "model" in found else {**self._told(body), **_without_texts(found)}

    def _told(self, body: Capture) -> dict[str, Any]:
        """Model and stream flag of a body that begins like an object."""
        head = body.head()
        both = head + body.tail()
        if head.startswith(b"--") and (form := _FORM_MODEL.search(both)):
            return {"model": form[1].decode("utf-8", "replace")}
        model = _MODEL.search(both)
        if model and _is_object(head):
            return {"model": model[1].decode("utf-8", "replace"), "stream": _STREAM.search(both) is not None}
        return {}

    @property
    def short(self) -> bool:
        """Whether a truncated copy of a longer body would still contain all of this body."""
        body = self._read()
        return body.size <= body.half and not body.truncated

    def opening(self, document: dict[str, Any]) -> dict[str, Any]:
        """The ``document`` with only those texts that would remain if the body were truncated.

        Later requests of a conversation repeat its first messages and grow. With this function they all give the same
        result. A truncated list ends in ``CUT``.
        """
        if self.short:
            return document
        first = self._beginning(self._read())
        return {**_without_texts(document), **{key: first[key] for key in _TEXTS if key in first}}

    def _beginning(self, body: Capture) -> dict[str, Any]:
        """The members in the first half of the capture limit.

        The last member is kept incomplete only if it holds messages.
        """
        if self._first is None:
            data = body.head()[: body.half]
            repaired = beginning(data) if _is_object(data) else None
            doc = outline(repaired.data) if repaired is not None else None
            self._first = doc if isinstance(doc, dict) else {}
            if repaired is not None and repaired.cut and doc:
                last = next(reversed(doc))
                if last not in _TEXTS:
                    del doc[last]
                elif isinstance(doc[last], list):
                    doc[last].append(CUT)
        return self._first

    def whole(self) -> dict[str, Any]:
        """The body with its complete texts, where ``document`` gave an outline."""
        body = self._read()
        if not body.truncated:
            doc = load(body.head())
        else:
            repaired = beginning(body.head())
            doc = load(repaired.data) if repaired is not None else None
            doc = {**end(body.tail()), **doc} if isinstance(doc, dict) else None
        return doc if isinstance(doc, dict) else {}


def _is_object(data: bytes, begin: int = 0) -> bool:
    return data.startswith(b"{", begin) or data[begin : begin + 64].removeprefix(_BOM).lstrip()[:1] == b"{"


def _without_texts(doc: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in doc.items() if key not in _TEXTS}
