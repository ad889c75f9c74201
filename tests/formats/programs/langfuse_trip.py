"""IN OUT: lines of IN as items of a dataset through Langfuse's SDK; OUT: the bodies that its service is sent."""

from __future__ import annotations

import json
import sys

from langfuse import Langfuse
from listening import listen

SENT: list[str] = []
NOW = "2026-11-28T12:00:00Z"


def answers(method: str, path: str, body: bytes) -> object:
    if not path.startswith("/api/public/dataset-items"):
        return {}
    SENT.append(body.decode())
    item = json.loads(body)
    mine = {"status": "ACTIVE", "datasetId": "d", "createdAt": NOW, "updatedAt": NOW, "mediaReferences": []}
    return {**item, **mine}


def main(source: str, target: str) -> None:
    client = Langfuse(public_key="pk", secret_key="sk", base_url=listen(answers), tracing_enabled=False)
    with open(source) as stream:
        for line in stream:
            row = json.loads(line)
            client.create_dataset_item(
                dataset_name=row["datasetName"],
                id=row["id"],
                input=row["input"],
                expected_output=row["expectedOutput"],
                metadata=row["metadata"],
            )
    with open(target, "w") as stream:
        stream.write("".join(body.replace("\n", " ") + "\n" for body in SENT))


main(*sys.argv[1:])
