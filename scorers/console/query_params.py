"""What every list of the API takes: since, until, app, model, limit, cursor; a wrong name is an error."""

from __future__ import annotations

import base64
import re
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any, TypeVar

import msgspec
from litestar import Request
from litestar.params import FromQuery, QueryParameter

from proxy.config.settings import Settings
from proxy.exchange import Outcome
from proxy.telemetry.label_values import OTHER
from scorers.estimates.model_names import ModelNames
from scorers.estimates.rates import Window, own_names
from scorers.score import Verdict
from scorers.store.records import BadQuery, SampleQuery, parse_time
from scorers.store.store import Store

T = TypeVar("T")
#: How msgspec says where in a structure a value is wrong.
_AT = re.compile(r"^(.*) - at `\$\.(\w+)`$")


class What(msgspec.Struct, frozen=True, omit_defaults=True):
    """Filters that only samples have."""

    scorer: str | None = None
    output: str | None = None
    verdict: Verdict | None = None
    session_id: str | None = None
    trace_id: str | None = None
    response_id: str | None = None
    outcome: Outcome | None = None


class Range(msgspec.Struct, frozen=True, omit_defaults=True):
    """What every list takes."""

    since: str | None = None
    until: str | None = None
    app: str | None = None
    model: str | None = None
    limit: int = 100
    cursor: str | None = None


#: The parameters of a list of samples.
SAMPLE_FILTERS = (*What.__struct_fields__, *Range.__struct_fields__)
Text = FromQuery[str | None]
Ended = Annotated[str | None, QueryParameter(description=f"how the request ended: {', '.join(Outcome)}")]
Moment = Annotated[str | None, QueryParameter(description="Unix seconds or ISO 8601")]
Limit = Annotated[int, QueryParameter(ge=1, le=1000)]


def provide_what(
    scorer: Text = None,
    output: Text = None,
    verdict: FromQuery[Verdict | None] = None,
    session_id: Text = None,
    trace_id: Text = None,
    response_id: Text = None,
    outcome: Ended = None,
) -> What:
    """The filters of a list of samples. Raises ``BadQuery``."""
    return What(scorer, output, verdict, session_id, trace_id, response_id, outcome_named(outcome))


def outcome_named(name: str | None) -> Outcome | None:
    """The outcome of this name. Raises ``BadQuery``, which names them all."""
    if name is None:
        return None
    try:
        return Outcome(name)
    except ValueError:
        raise BadQuery(f"outcome: {name[:64]}: no such outcome; there are {', '.join(Outcome)}") from None


def provide_range(
    since: Moment = None,
    until: Moment = None,
    app: Text = None,
    model: Text = None,
    limit: Limit = 100,
    cursor: Text = None,
) -> Range:
    """The bounds of a list."""
    return Range(since, until, app, model, limit, cursor)


def provide_long_range(
    since: Moment = None,
    until: Moment = None,
    app: Text = None,
    model: Text = None,
    limit: Limit = 1000,
    cursor: Text = None,
) -> Range:
    """The bounds of a list whose rows are few: rates, costs."""
    return Range(since, until, app, model, limit, cursor)


def given_names(request: Request[Any, Any, Any]) -> list[str]:
    """The names of the parameters in a request's query, as often as they stand there."""
    return [name for name, _ in request.query_params.multi_items()]


def check_names(given: Sequence[str], known: Sequence[str]) -> None:
    """Raise ``BadQuery`` for a parameter that the list does not have, or that stands twice: a filter without effect
    must not pass for one that has some."""
    for name in given:
        if given.count(name) > 1:
            raise BadQuery(f"{name[:64]}: given more than once")
        if name not in known:
            there_are = f"there are {', '.join(known)}" if known else "there are none"
            raise BadQuery(f"{name[:64]}: no such parameter; {there_are}")


def sample_query(given: Mapping[str, str], limit: int = 100) -> SampleQuery:
    """The samples that a page's address asks for; ``limit`` where it names none. Raises ``BadQuery``."""
    check_names(list(given), SAMPLE_FILTERS)
    outcome_named(given.get("outcome"))
    try:
        return msgspec.convert({"limit": limit, **given}, SampleQuery, strict=False)
    except msgspec.ValidationError as error:
        raise BadQuery(_AT.sub(r"\2: \1", str(error))) from None


def with_names(query: SampleQuery, store: Store, settings: Settings) -> SampleQuery:
    """``query``; with ``model`` ``other``, as rates count it: all models that have no row of their own in its time,
    or in the last seven days. Raises ``BadQuery``."""
    if query.model != OTHER:
        return query
    until = parse_time("until", query.until) if query.until is not None else time.time()
    since = parse_time("since", query.since) if query.since is not None else until - Window.WEEK.seconds
    return msgspec.structs.replace(query, own_names=own_names(store, since, until, ModelNames.of(settings)))


def moments(range_: Range, seconds: float, now: float) -> tuple[float, float]:
    """The bounds of time, Unix s: ``until`` or now, and ``since`` or so many seconds before. ``since`` alone may lie in
    the future, where nothing is. Raises ``BadQuery``."""
    until = parse_time("until", range_.until) if range_.until is not None else now
    since = parse_time("since", range_.since) if range_.since is not None else until - seconds
    if since > until and range_.until is not None:
        raise BadQuery("since: later than until")
    until = max(since, until)
    return since, until


def page(
    rows: Sequence[T], key: Callable[[T], tuple[str, ...]], limit: int, cursor: str | None
) -> tuple[list[T], str | None]:
    """One page of computed rows in the order of their keys, and the cursor of the next. Raises ``BadQuery``."""
    ordered = sorted(rows, key=key)
    if cursor is not None:
        after = _decode(cursor)
        ordered = [row for row in ordered if key(row) > after]
    more = len(ordered) > limit
    ordered = ordered[:limit]
    last = base64.urlsafe_b64encode(msgspec.json.encode(key(ordered[-1]))).decode().rstrip("=") if more else None
    return ordered, last


def _decode(cursor: str) -> tuple[str, ...]:
    try:
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        return msgspec.json.decode(base64.b64decode(padded, b"-_", validate=True), type=tuple[str, ...])
    except ValueError:  # of base64, ASCII and JSON alike
        raise BadQuery("cursor: not one that this API gave out") from None
