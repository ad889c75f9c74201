"""IN OUT KIND: a file for OpenAI through its SDK, as content of a run (``evals``) or to train on (``finetune``)."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from listening import listen
from openai import OpenAI

SENT: list[bytes] = []


def answers(method: str, path: str, body: bytes) -> object:
    SENT.append(body)
    return {"id": "x", "object": "file", "bytes": 1, "created_at": 1, "filename": "f", "purpose": "fine-tune"}


def main(source: str, target: str, kind: str) -> None:
    client = OpenAI(api_key="k", base_url=listen(answers) + "/v1", max_retries=0)
    if kind == "finetune":
        with open(source, "rb") as stream:
            client.files.create(file=stream, purpose="fine-tune")
        boundary = SENT[0].partition(b"\r\n")[0]
        parts = [part.partition(b"\r\n\r\n") for part in SENT[0].split(boundary)]
        (content,) = [body for head, _, body in parts if b'name="file"' in head]
        Path(target).write_bytes(content.removesuffix(b"\r\n"))
        return
    with open(source) as stream:
        rows = [json.loads(line) for line in stream]
    content = {"type": "file_content", "content": rows}
    client.evals.runs.create("eval_1", data_source={"type": "jsonl", "source": content})
    sent = json.loads(SENT[0])["data_source"]["source"]["content"]
    Path(target).write_text("".join(json.dumps(row) + "\n" for row in sent))


main(*sys.argv[1:])
