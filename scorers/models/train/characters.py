"""``python -m scorers.models.train.characters --data DIR``: the character table of ``scorers.reading.gibberish``.

Counts of 1- to 4-grams over ordinary prompts and answers, documents, questions in German and code of the data folder.
"""

from __future__ import annotations

import gzip
import json
import math
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from scorers.models.train.data import folder, rows
from scorers.models.train.own_code import code
from scorers.reading.gibberish import BITS, in_a_row, prepared
from scorers.reading.ngrams import FOLDER

#: A 4-gram must be seen this often to be in the table.
_FEWEST = 3
#: Code and German are rarer in the folder than in traffic.
_CODE_WEIGHT, _GERMAN_WEIGHT = 6, 4


def texts(data: Path, without: str = "") -> Iterator[tuple[str, int]]:
    """(text, how often it counts); ``without`` leaves one set out."""
    if without != "halueval_general":
        for row in rows(data, "halueval_general"):
            yield row["prompt"], 2
            yield row["response"], 1
    seen: set[str] = set()
    for name, limit in (("wice", 6_000), ("abg_coqa", 3_000), ("begin", 1_000), ("faceval", 2_000)):
        for row in rows(data, name):
            if row["context"][:200] not in seen:
                seen.add(row["context"][:200])
                yield row["context"][:limit], 1
    if without != "bipia_indirect":
        for row in rows(data, "bipia_indirect"):
            if row["label"] == "benign":
                yield row["context"][:2_000], _CODE_WEIGHT if row["task"] == "code" else 1
    with gzip.open(data / "benchmarks/HumanEval.jsonl.gz", "rt", encoding="utf-8") as file:
        for line in file:
            row = json.loads(line)
            yield row["prompt"] + row["canonical_solution"] + row["test"], _CODE_WEIGHT
    for text in code(400):
        yield text, 2
    if without != "deepset_injection":
        for row in rows(data, "deepset_injection"):
            if row["label"] == "benign":
                yield row["prompt"], _GERMAN_WEIGHT


def table(found: Iterator[tuple[str, int]]) -> dict[str, int]:
    """Costs in units of ``BITS`` for each n-gram that was seen often enough."""
    counts: list[Counter[str]] = [Counter() for _ in range(5)]
    for text, times in found:
        read = in_a_row(prepared(text))
        for size in (1, 2, 3, 4):
            counts[size].update({gram: times * n for gram, n in _grams(read, size).items()})
    total = sum(counts[1].values())
    made: dict[str, int] = {}
    for size in (1, 2, 3, 4):
        for gram, n in counts[size].items():
            if n >= _FEWEST:
                before = total if size == 1 else counts[size - 1][gram[:-1]]
                made[gram] = round(-math.log2(min(1.0, n / max(n, before))) / BITS)
    return dict(sorted(made.items()))


def _grams(text: str, size: int) -> Counter[str]:
    return Counter(text[at : at + size] for at in range(len(text) - size + 1))


def main() -> None:
    """Count and write."""
    data = folder(__doc__ or "")
    made = table(texts(data))
    print(f"{len(made)} n-grams")
    (FOLDER / "characters.json").write_text(json.dumps(made, indent=0) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
