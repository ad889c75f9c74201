"""Tokens and passwords in a configuration: minimum length, and detection of example values. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import unquote, urlsplit

from pydantic import AfterValidator, SecretStr

from proxy.config.values import Secret, is_loopback, split_address

#: Characters of a token where its listener is on loopback, and where it is not.
SHORTEST, SHORTEST_EXPOSED = 8, 16
#: How the values of an example begin.
_PLACEHOLDER = "change-me"


def length_problem(token: str, exposed: bool) -> str | None:
    """The error for a token that is too short, else ``None``. ``exposed``: its listener is not on loopback."""
    least = SHORTEST_EXPOSED if exposed else SHORTEST
    if len(token) >= least:
        return None
    where = " where console_listen is not loopback" if exposed else ""
    return f"a token has {least} characters at least{where}"


def _long_enough(value: SecretStr) -> SecretStr:
    if problem := length_problem(value.get_secret_value(), exposed=False):
        raise ValueError(problem)
    return value


Token = Annotated[Secret, AfterValidator(_long_enough)]


def is_placeholder(value: str) -> bool:
    """Whether the value is still a publicly known example value."""
    return value.strip().lower().replace("_", "-").startswith(_PLACEHOLDER)


def _password(url: str) -> str:
    """The password in a connection URL; empty if there is none."""
    try:
        return unquote(urlsplit(url).password or "")
    except ValueError:
        return ""


@dataclass(frozen=True, slots=True)
class Access:
    """All credentials by path: ``tokens`` of the console, ``keys`` of the data listener, ``urls`` of other servers."""

    console_listen: str
    tokens: Sequence[tuple[str, SecretStr]]
    keys: Sequence[tuple[str, SecretStr]]
    urls: Mapping[str, str]

    @property
    def _exposed(self) -> bool:
        return not is_loopback(split_address(self.console_listen)[0])

    def problem(self) -> str | None:
        """The reason why this configuration must not start. The message contains no secret value."""
        if self._exposed and not self.tokens:
            return "console_token: required when console_listen is not loopback"
        values = [(path, secret.get_secret_value()) for path, secret in (*self.tokens, *self.keys)]
        values += [(path, _password(url)) for path, url in self.urls.items()]
        return next((f"{path}: still the value of an example" for path, value in values if is_placeholder(value)), None)

    def warnings(self) -> list[str]:
        """One line for each token that the next version will reject, and for each duplicate token."""
        values = [(path, secret.get_secret_value()) for path, secret in self.tokens]
        found = ((path, length_problem(value, self._exposed)) for path, value in values)
        lines = [f"{path}: {problem}; the next version refuses it" for path, problem in found if problem]
        seen = [value for _, value in values]
        twice = [path for number, (path, value) in enumerate(values) if value in seen[:number]]
        return lines + [f"{path}: this token stands twice; the first one's role and name count" for path in twice]
