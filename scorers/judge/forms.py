"""In which form a chat request is sent: what is tried where an endpoint refuses one (400, 422), and what it then takes.

Servers differ in the members of a request that they know, and models in the values that they take. What an error names
is left out alone. Where it names nothing, the members that not every server knows go one after the other, as long as no
request was answered; after that only what is named may be wrong. What may be wrong with one request alone
(``settings``) stands in the next one again. Each form is tried once for a request, so that an endpoint that refuses
whatever it is sent is asked a few times and no more.
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple

_LIMIT, _NEW_LIMIT = "max_tokens", "max_completion_tokens"
_FORMAT, _SCHEMA = "response_format", "json_schema"
#: So much of a refusal is looked through for names, in bytes.
READ_OF_REFUSALS = 16_000


class Ladder(NamedTuple):
    """What may be left out. ``first``: before the limit on tokens gets its older name; ``then``: after that, in their
    order; ``settings``: only where an error names them, and of that request alone."""

    first: tuple[str, ...] = ()
    then: tuple[str, ...] = ()
    settings: tuple[str, ...] = ()


class Form(NamedTuple):
    """The name of the limit on tokens, and what is left out. ``json_schema`` among that: any JSON is asked for."""

    limit: str = _NEW_LIMIT
    left_out: tuple[str, ...] = ()

    def of(self, body: dict[str, Any]) -> dict[str, Any]:
        """A request, whose limit is called ``max_tokens``, in this form."""
        sent = {key: value for key, value in body.items() if key not in self.left_out and key != _LIMIT}
        if _SCHEMA in self.left_out and _FORMAT in sent:
            sent[_FORMAT] = {"type": "json_object"}
        return {**sent, self.limit: body[_LIMIT]} if _LIMIT in body else sent

    def without(self, *members: str) -> Form:
        """The form that leaves out these, too. A format is first asked for without its schema."""
        left_out = list(self.left_out)
        for member in members:
            left_out.append(_SCHEMA if member == _FORMAT and _SCHEMA not in left_out else member)
        return self._replace(left_out=tuple(left_out))


def _names(said: bytes, member: str) -> bool:
    return re.search(rb"\b%b\b" % member.encode(), said) is not None


class Forms:
    """The form of the requests to one endpoint, as far as it is known."""

    def __init__(self, ladder: Ladder) -> None:
        self._ladder = ladder
        self.form = Form()
        #: Whether the form is known: a request in it has been answered.
        self.settled = False

    def settings_left_out(self, form: Form) -> list[str]:
        """Which settings of a request the model did not get."""
        return [name for name in form.left_out if name in self._ladder.settings]

    def older(self, form: Form, body: dict[str, Any], said: bytes) -> Form | None:
        """The form to try after one that was refused with ``said``; ``None`` where there is none."""
        first, then, settings = self._ladder
        there = [name for name in (*first, *then, *settings) if name in body and name not in form.left_out]
        named = [name for name in there if _names(said, name) or (name == _FORMAT and _names(said, _SCHEMA))]
        new_limit = not self.settled and form.limit == _NEW_LIMIT and _LIMIT in body
        if new_limit and _names(said, _NEW_LIMIT):
            return form._replace(limit=_LIMIT)
        if not named and not self.settled:
            named = [name for name in there if name in first][:1]
            if not named and new_limit:
                return form._replace(limit=_LIMIT)
            named = named or [name for name in there if name in then][:1]
        return form.without(*named) if named else None

    def took(self, form: Form) -> None:
        """A request in this form was answered. What was left out of it for its values may stand in the next."""
        self.form = form._replace(left_out=tuple(n for n in form.left_out if n not in self._ladder.settings))
        self.settled = True


class Attempts:
    """The forms in which one request is sent, from the one that is known on."""

    def __init__(self, forms: Forms, body: dict[str, Any]) -> None:
        self._forms, self._body = forms, body
        self.form = self._known = forms.form
        self._tried = {self.form}

    @property
    def sent(self) -> dict[str, Any]:
        """The request as it is to be sent now."""
        return self.form.of(self._body)

    def refused(self, said: bytes) -> bool:
        """Go to the form to try after this one was refused; whether there is one. Else the request itself is wrong."""
        forms, found = self._forms, None
        if forms.form != self._known:  # another request has found it out meanwhile
            self._known = forms.form
            found = forms.form.without(*forms.settings_left_out(self.form))
        if found is None or found in self._tried:
            found = forms.older(self.form, self._body, said)
        if found is None or found in self._tried:
            return False
        self._tried.add(found)
        self.form = found
        return True

    def answered(self) -> None:
        """The request was answered in this form."""
        self._forms.took(self.form)
