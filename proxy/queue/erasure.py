"""Finds the copies of a user's data in a queue, for all stores."""

from __future__ import annotations

import msgspec

from proxy.exchange import RowBatch

_batches = msgspec.json.Decoder(RowBatch)


def user_mark(user_hash: str) -> bytes:
    """The bytes that occur in every JSON payload that names this user, and in no text, because text escapes quotes."""
    return b'"user_hash":' + msgspec.json.encode(user_hash)


def rows_without(payload: bytes, user_hash: str) -> tuple[bytes, int]:
    """A batch of rows without those of the user, with unchanged counts, and the number of removed rows."""
    try:
        batch = _batches.decode(payload)
    except ValueError:
        return payload, 0
    kept = [row for row in batch.rows if row.exchange.user_hash != user_hash]
    return msgspec.json.encode(msgspec.structs.replace(batch, rows=kept)), len(batch.rows) - len(kept)
