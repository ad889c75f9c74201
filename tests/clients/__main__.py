"""``python -m clients [NAME...]``: runs the clients and prints what was observed of each.

``--small`` runs the five of continuous integration, ``--json FILE`` keeps each result there, ``--docs FILE`` puts the
table of them there, ``--last FILE`` prints an earlier full result. Exit status 1 where a client that the last full
result has whole is not whole now.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path
from typing import Any

from clients import table
from clients.catalogue import CLIENTS, SMALL
from clients.compare import Result, result_of
from clients.observe import Missing, run


def _one(client: Any) -> Result | None:
    begun = time.monotonic()
    try:
        result = result_of(client, run(client))
    except Missing as missing:
        print(f"SKIPPED {client.name}: {missing} is not installed here (make clients-all says why)", flush=True)
        return None
    except (RuntimeError, AssertionError, OSError, ValueError) as error:
        result = Result(client.name, "", failure=f"{type(error).__name__}: {str(error)[:1500]}")
    print(f"{table.line(result)} ({time.monotonic() - begun:.0f} s)", flush=True)
    return result


def _keep(file: Path, result: Result) -> None:
    """Put one client's row into a result, in the order of the catalogue; the rows of the others stay."""
    rows = {row["client"]: row for row in json.loads(file.read_text(encoding="utf-8"))} if file.exists() else {}
    rows[result.client] = result.document()
    known = [rows[client.name] for client in CLIENTS if client.name in rows]
    file.write_text(json.dumps(known, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def main() -> int:
    """Run, print, write."""
    parser = argparse.ArgumentParser(prog="clients")
    parser.add_argument("names", nargs="*")
    parser.add_argument("--small", action="store_true")
    parser.add_argument("--verbose", action="store_true")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--docs", type=Path)
    parser.add_argument("--last", type=Path)
    options = parser.parse_args()
    wanted = set(SMALL) if options.small else {name.lower() for name in options.names}
    chosen = [client for client in CLIENTS if not wanted or client.name in wanted or client.name.lower() in wanted]
    results: list[Result] = []
    for client in chosen:
        result = _one(client)
        if result is not None:
            results.append(result)
        if result is not None and options.json is not None:  # after each: a run that is stopped loses nothing
            _keep(options.json, result)
    if options.verbose:
        for result in results:
            print(f"\n{result.client}", *result.differences, result.failure or "", sep="\n  ")
    if options.docs is not None and options.json is not None:
        table.write(options.docs, json.loads(options.json.read_text(encoding="utf-8")))
    if options.last is not None:
        last = json.loads(options.last.read_text(encoding="utf-8"))
        print("\nThe last full result:", *(table.line(Result(**row)) for row in last), sep="\n")
        whole = {row["client"] for row in last if Result(**row).whole}
        return int(any(result.client in whole and not result.whole for result in results))
    return 0


if __name__ == "__main__":
    sys.exit(main())
