"""Finding a user's copies in what a queue holds, whichever store it is."""

from __future__ import annotations

import msgspec

from proxy.exchange import RowBatch

_batches = msgspec.json.Decoder(RowBatch)


def user_mark(user_hash: str) -> bytes:
    """The bytes that stand in every JSON payload that names this user, and in no text: quotes in text are escaped."""
    return b'"user_hash":' + msgspec.json.encode(user_hash)


def rows_without(payload: bytes, user_hash: str) -> tuple[bytes, int]:
    """A batch of rows without those of the user, its counts as they were; and how many rows went."""
    try:
        batch = _batches.decode(payload)
    except ValueError:
        return payload, 0
    kept = [row for row in batch.rows if row.exchange.user_hash != user_hash]
    return msgspec.json.encode(msgspec.structs.replace(batch, rows=kept)), len(batch.rows) - len(kept)
