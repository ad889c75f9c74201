"""``python -m support.conduct_child FOLDER SETTINGS``: conducts the one experiment of a store until nothing is left."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path

from proxy.config.settings import parse
from scorers.store.store import Store
from support.conducting import Stage


async def main(folder: Path, document: str) -> None:
    """Rounds until two of them had nothing to do."""
    store = Store.open("sqlite", folder)
    stage = Stage(store, parse(json.loads(document), {}))
    stage.offset = 5.0
    idle = 0
    while idle < 2:
        idle = 0 if await stage.conductor.round() else idle + 1
    await stage.close()
    store.close()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), sys.argv[2]))
