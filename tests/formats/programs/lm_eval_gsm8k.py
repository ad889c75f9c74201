"""IN OUT: answers with the items' own solutions (JSON lines: ``answer``, ``target``), marked by the filters and the
metric of lm-evaluation-harness's task ``gsm8k``, as its file configures them. OUT: a JSON list of
``{"strict-match": 0 or 1, "flexible-extract": 0 or 1}``."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import lm_eval.tasks
import yaml
from lm_eval.api.instance import Instance
from lm_eval.api.metrics import exact_match_fn
from lm_eval.filters import build_filter_ensemble


def main(source: str, target: str) -> None:
    rows = [json.loads(line) for line in Path(source).read_text(encoding="utf-8").splitlines()]
    task = yaml.safe_load((Path(lm_eval.tasks.__file__).parent / "gsm8k" / "gsm8k.yaml").read_text())
    (metric,) = task["metric_list"]
    ignored = {name: metric[name] for name in ("ignore_case", "ignore_punctuation", "regexes_to_ignore")}
    instances = [
        Instance("generate_until", {"answer": row["target"]}, (), number, ("gsm8k", number, 1), [row["answer"]])
        for number, row in enumerate(rows)
    ]
    found: list[dict[str, int]] = [{} for _ in rows]
    for filters in task["filter_list"]:
        parts = [(part.pop("function"), part) for part in filters["filter"]]
        build_filter_ensemble(filters["name"], parts).apply(instances)
        for instance, row, marks in zip(instances, rows, found, strict=True):
            said = instance.filtered_resps[filters["name"]]
            right = exact_match_fn(predictions=[said], references=[row["target"]], **ignored)
            marks[filters["name"]] = int(right["exact_match"])
    Path(target).write_text(json.dumps(found))


main(*sys.argv[1:])
