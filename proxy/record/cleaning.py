"""What of a request may stand in a row without content: names, messages and ids, without keys and personal data."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from proxy.config.settings import Redaction
from proxy.observe.identity import keyed
from proxy.redact import Redactor

_redactor = Redactor(Redaction())


@lru_cache(maxsize=4096)
def clean_name(value: str) -> str:
    """A name from outside (model, session, task) for a row without content: personal data and keys are removed."""
    return _redactor.text("".join(char if char.isprintable() else "?" for char in value), {})


def clean_message(value: str, secrets: tuple[str, ...]) -> str:
    """A message that quotes the request, with keys and personal data removed."""
    return _redactor.text(value, {}, secrets)


def clean_id(value: str, secret: bytes, secrets: tuple[str, ...] = ()) -> str:
    """A response id that is safe to store: the id itself, or a keyed hash if it contains sensitive data.

    The same id always gives the same hash, so feedback and late answers still find their request.
    """
    if value.isprintable() and (_redactor.is_plain(value, secrets) or _redactor.text(value, {}, secrets) == value):
        return value
    return f"redacted-{keyed(secret, b'response' + value.encode('utf-8', 'surrogatepass'))}"


def plain_ids(values: Iterable[str | None]) -> set[str | None]:
    """The response ids among ``values`` that one scan of all of them proves to be safe to store, if they contain no
    credential of their request.
    """
    return set(_redactor.plain({value for value in values if value and value.isprintable()}))
