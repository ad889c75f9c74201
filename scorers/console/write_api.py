"""The JSON API that changes something: labels, samples from elsewhere, users who are to be forgotten."""

from __future__ import annotations

import asyncio
import logging
import re
import time
from typing import Annotated

import msgspec
from litestar import delete, post
from litestar.exceptions import ClientException, HTTPException, PermissionDeniedException
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, JSONBody

from proxy.queue.protocol import Item, QueueError
from scorers.console.api import AnyRequest, Room, TheRoom
from scorers.console.roles import Reader, Role
from scorers.formats.intake import item, lines_of, read
from scorers.score import Verdict, known_output
from scorers.store.labels_and_erasure import Writer
from scorers.store.records import Forgotten

_log = logging.getLogger("sightglass.console")
#: Bounds of one import by the API, in bytes and samples; ``sightglass import`` has none.
MAX_BODY = 20_000_000
MAX_SAMPLES = 1000
_HASH = re.compile(r"[0-9a-f]{32}")
_Short = Annotated[str, msgspec.Meta(min_length=1, max_length=256)]


class Label(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A person's verdict on one output of one sample. ``annotator`` is whose token it is; only an admin may give a name
    that is no token's, for labels from elsewhere."""

    sample_id: _Short
    scorer: _Short
    output: _Short
    verdict: Verdict
    annotator: Annotated[str, msgspec.Meta(max_length=256)] = ""
    comment: Annotated[str, msgspec.Meta(max_length=4000)] = ""


class Taken(msgspec.Struct, frozen=True):
    """The ids of the samples that were taken; each is scored once, however often it is sent."""

    ids: list[str]


@post("/api/labels", operation_id="post_label", summary="Keep a person's verdict on a sample")
async def post_label(request: AnyRequest, room: TheRoom, data: JSONBody[Label]) -> Label:
    """Keep a label over the annotator's earlier one; nobody overwrites another's."""
    return await keep_label(room, data, request.scope["user"])


async def keep_label(room: Room, data: Label, reader: Reader) -> Label:
    """Keep a label that ``reader`` gives; what was kept. Raises ``NotYourLabel``."""
    try:
        known_output(data.scorer, data.output)
    except ValueError as error:
        raise ClientException(detail=str(error)) from None
    try:
        comment = room.redactor.text(data.comment, {})
    except ValueError as error:
        raise HTTPException(detail=str(error), status_code=503) from None
    annotator = _annotator(room, data.annotator, reader)
    kept = msgspec.structs.replace(data, annotator=annotator, comment=comment)
    key = (kept.sample_id, kept.scorer, kept.output, kept.annotator)
    # Without tokens there is no telling who is who; under a token's name only its holder writes.
    own = reader.owner is None or room.names.get(annotator) == reader.owner
    writer = Writer(reader.owner or reader.name, own)
    await asyncio.to_thread(room.store.save_label, key, kept.verdict, kept.comment, None, writer)
    return kept


def _annotator(room: Room, asked: str, reader: Reader) -> str:
    """Under whose name a label is kept: the token's own, whatever was asked for, but for an admin's free names."""
    asked = asked.strip()
    if reader.owner is None:
        return asked or reader.name
    if not asked or reader.role is not Role.ADMIN:
        return reader.name
    if room.names.get(asked, reader.owner) != reader.owner:
        raise PermissionDeniedException(
            detail="annotator: this is the name of another token, whose holder alone uses it"
        )
    return asked


@post(
    "/api/samples",
    status_code=202,
    operation_id="post_samples",
    summary="Take samples that did not come through the proxy",
)
async def post_samples(request: AnyRequest, room: TheRoom) -> Taken:
    """Take samples that did not come through the proxy, in the recorded format: all of them, or none."""
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > MAX_BODY:
            raise HTTPException(detail=f"at most {MAX_BODY} bytes at once", status_code=413)
    items = await asyncio.to_thread(_items, room, bytes(body))
    if room.queue is None:
        raise HTTPException(detail="this console has no queue", status_code=503)
    try:
        await room.queue.publish(items)
    except QueueError as error:
        _log.warning("samples were not taken: %s", error)
        raise HTTPException(detail="the queue is unavailable, try again later", status_code=503) from None
    return Taken([entry.id for entry in items])


def _items(room: Room, body: bytes) -> list[Item]:
    try:
        lines = lines_of(body)
    except ValueError as error:
        raise ClientException(detail=str(error)) from None
    if not 1 <= len(lines) <= MAX_SAMPLES:
        raise ClientException(detail=f"samples: 1 to {MAX_SAMPLES} at once")
    items, known = [], dict[str, tuple[int, bytes]]()
    for number, line in enumerate(lines):
        try:
            items.append(item(read(line, room.redactor, time.time())))
            first, said = known.setdefault(items[-1].id, (number, line))
            if said != line:
                raise ValueError(f"id: the same as in samples[{first}], which is another sample")
        except ValueError as error:
            raise ClientException(detail=f"samples[{number}]: {error}") from None
    return items


@delete(
    "/api/users/{user_hash:str}", status_code=200, operation_id="delete_user", summary="Delete what is kept of a user"
)
async def delete_user(request: AnyRequest, room: TheRoom, user_hash: FromPath[str]) -> Forgotten:
    """Delete what is kept of a user (as ``user_hash`` in samples): in the store, in the queue, and on its way."""
    if not _HASH.fullmatch(user_hash):
        raise ClientException(
            detail="user_hash: not a hash of ours; the 32 hex digits that samples have as user_hash are meant, not the "
            "id that the application sent"
        )
    found = await asyncio.to_thread(room.store.forget_user, user_hash)
    queued = 0
    if room.queue is not None:
        try:
            queued = await room.queue.forget_user(user_hash)
        except QueueError as error:
            _log.error("a user's copies in the queue could not be deleted: %s", error)
            raise HTTPException(
                detail="the store is done, the queue is unavailable: try again", status_code=503
            ) from None
    _log.info("a user's data was deleted by %s", request.scope["auth"])
    return Forgotten(found.samples, found.requests, queued)


CHANGES: tuple[HTTPRouteHandler, ...] = (post_label, post_samples, delete_user)
