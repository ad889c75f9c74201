"""``python -m tests.privacy_set``: the tables of docs/privacy.md."""

from __future__ import annotations

from tests.privacy_set.measure import table

print(table(), end="")
