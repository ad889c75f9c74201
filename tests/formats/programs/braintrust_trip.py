"""IN OUT KIND: lines of IN as rows of a dataset (``dataset``) or an experiment (``results``), through Braintrust's SDK.

``dataset``: what the SDK sends to the service. ``results``: what ``Eval`` returns, a result a line; its task answers
with what is expected, and raises for the case ``json``.
"""

from __future__ import annotations

import json
import os
import sys

import braintrust
from listening import listen

SENT: list[str] = []
PROJECT = {"id": "p", "name": "p"}


def answers(method: str, path: str, body: bytes) -> object:
    if path.startswith("/api/apikey/login"):
        return {"org_info": [{"id": "o", "name": "o", "api_url": URL, "proxy_url": URL}]}
    if path.startswith("/logs3"):
        SENT.append(body.decode())
        return {"row_ids": []}
    if "dataset" in path:
        return {"project": PROJECT, "dataset": {"id": "d", "name": "tides"}, "id": "d", "name": "tides"}
    return {**PROJECT, "project": PROJECT, "version": "1", "commit": "x"}


URL = listen(answers)
os.environ.update(BRAINTRUST_APP_URL=URL, BRAINTRUST_API_URL=URL, BRAINTRUST_API_KEY="k")


def main(source: str, target: str, kind: str) -> None:
    with open(source) as stream:
        rows = [json.loads(line) for line in stream]
    if kind == "dataset":
        dataset = braintrust.init_dataset(project="p", name="tides", app_url=URL, api_key="k", org_name="o")
        for row in rows:
            dataset.insert(**row)
        dataset.flush()
        lines = SENT
    else:

        def task(given: object, hooks: braintrust.EvalHooks) -> object:
            if hooks.metadata["sightglass"]["id"] == "json":
                raise ValueError("no tide today")
            return hooks.expected if hooks.expected is not None else "12:04"

        cases = [braintrust.EvalCase(**{key: row[key] for key in row if key != "id"}) for row in rows]
        scorers = [lambda input, output, expected: braintrust.Score(name="exact", score=float(output == expected))]
        found = braintrust.Eval("p", data=cases, task=task, scores=scorers, no_send_logs=True)
        lines = [
            json.dumps(
                {
                    **{
                        key: getattr(result, key)
                        for key in ("input", "output", "expected", "scores", "metadata", "tags")
                    },
                    "error": str(result.error) if result.error else None,
                }
            )
            for result in found.results
        ]
    with open(target, "w") as stream:
        stream.write("".join(line + "\n" for line in lines))


main(*sys.argv[1:])
