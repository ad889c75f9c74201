"""``GET /v1/models`` with several upstreams: each upstream is asked, and the lists are merged.

An upstream that is down, refuses or returns something else is left out and named. The client gets an error only if no
upstream returned a list; this is the error of the default upstream if it sent one. The client's own key goes only to
the default upstream, as for every request that does not name a model.
"""

from __future__ import annotations

import asyncio
import logging
import re
from typing import Any, NamedTuple

import orjson

from proxy.core import Core
from proxy.errors import Refused, UnsafeField, UpstreamError
from proxy.observe.ask_usage import without_coding
from proxy.plan import Plan
from proxy.routing.target import Target
from proxy.upstream.fetch import fetch
from proxy.wire.content_coding import Undecodable, decoded
from proxy.wire.facts import Facts, load
from proxy.wire.model_shutdowns import take_shutdowns

log = logging.getLogger("sightglass.forward")

#: Seconds that an upstream has for its list, and the most bytes of one.
_PATIENCE, _LARGEST = 10.0, 8_000_000
_CREDENTIALS = re.compile(rb"(?i)\r\n(?:authorization|x-api-key|api-key|x-goog-api-key):[^\r\n]*")
#: Keys that stand in a request's query, as Google's own form has them.
_IN_QUERY = re.compile(rb"(?i)([?&])(?:key|api[-_]?key|access_token)=[^&# \r\n]*")


class Answer(NamedTuple):
    """The response for the client."""

    status: int
    body: bytes
    kind: bytes = b"application/json"


class _Given(NamedTuple):
    """The result of one upstream; ``models`` is ``None`` if it returned no list."""

    target: Target
    answer: Answer | None = None
    document: dict[str, Any] | None = None
    models: list[dict[str, Any]] | None = None


async def listed(core: Core, plan: Plan) -> Answer:
    """The merged list of all upstreams. Raises ``Refused`` (502) without any list and without a default response."""
    try:
        return await _listed(core, plan)
    except Refused:
        raise
    except Exception as error:  # noqa: BLE001 - the edge of a task: a client must not wait for what nobody sends
        log.error("the lists of models could not be merged (%s)", type(error).__name__)
        raise Refused(502, "the lists of models could not be merged", "upstream_unreachable") from None


async def _listed(core: Core, plan: Plan) -> Answer:
    targets = list(core.router.targets.values())
    default = core.settings.default.name
    given = await asyncio.gather(*(_ask(core, plan, target, target.name == default) for target in targets))
    documents = [one.document for one in given if one.document is not None]
    if not documents:
        own = next((one.answer for one in given if one.target.name == default), None)
        if own is None:
            raise Refused(502, "no upstream gave a list of its models", "upstream_unreachable")
        return own
    models = _merged(core, given)
    whole: dict[str, Any] = {**documents[0], "data": models}
    if "has_more" in whole:  # Anthropic's form
        whole["has_more"] = any(document.get("has_more") is True for document in documents)
        ends = (models[0].get("id"), models[-1].get("id")) if models else (None, None)
        whole["first_id"], whole["last_id"] = ends
    missing = [one.target.name for one in given if one.models is None]
    if missing:
        whole["left_out"] = missing
    return Answer(200, orjson.dumps(whole))


async def _ask(core: Core, plan: Plan, target: Target, is_default: bool) -> _Given:
    try:
        head = without_coding(plan.head(target, None))
        if target.key is None and not is_default:
            head = _IN_QUERY.sub(rb"\1", _CREDENTIALS.sub(b"", head))
        async with asyncio.timeout(_PATIENCE):
            told, body = await fetch(core.pools[target.name], head, _PATIENCE, _LARGEST)
        if told.coding:
            body = decoded(body, told.coding.decode("latin-1"), _LARGEST)
    except (UpstreamError, Undecodable, TimeoutError, OSError, Refused, UnsafeField):
        return _Given(target)
    answer = Answer(told.status, body, told.kind or b"application/json")
    document = load(body) if told.status == 200 else None
    if not isinstance(document, dict) or not isinstance(document.get("data"), list):
        return _Given(target, answer if told.status != 200 else None)
    facts = Facts()
    take_shutdowns(body, facts)
    if facts.shutdowns:
        core.recorder.shutdowns.listed(target.name, facts.shutdowns, facts.shutdowns_dropped)
    return _Given(target, answer, document, [model for model in document["data"] if isinstance(model, dict)])


def _merged(core: Core, given: list[_Given]) -> list[dict[str, Any]]:
    """All models in upstream order, each with the upstream that lists it.

    If two upstreams list the same model, the one that receives requests for it is used.
    """
    found: dict[object, dict[str, Any]] = {}
    for one in given:
        for model in one.models or ():
            name = model.get("id")
            key: object = name if isinstance(name, str) else (one.target.name, len(found))
            if key not in found or _serves(core, one.target, name):
                found[key] = {**model, "upstream": one.target.name}
    return list(found.values())


def _serves(core: Core, target: Target, model: object) -> bool:
    try:
        return isinstance(model, str) and core.router.by_model(model) is target
    except Refused:
        return False
