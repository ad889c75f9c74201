"""Fits the head: ``python -m scorers.models.train.context_utilization --data FOLDER [--out FILE]``.

Answers that documents support beside their own documents (used) and beside another question's (ignored), and answers of
people's sets that leave the document aside. One thread, no randomness, rounded weights. What is printed is measured on
the source that was left out; the file is fitted on all.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from scorers.datasets.pairs import paired_accuracy
from scorers.datasets.sets import CONTEXT_USE
from scorers.models.train.heads import Aim, Source, fit, left_out, values
from scorers.reading.evidence import user_text
from scorers.reading.features.document_use import MEASURES, usage
from scorers.reading.features.documents import Evidence
from scorers.reading.features.heads import FOLDER, written
from scorers.reading.features.kinds import kind_of
from scorers.reading.text import answer_text

#: Small and hard sets count less than the sets of whole answers beside whole documents.
_SHARE = {"faithdial_audit": 0.3, "faceval": 0.5, "wice": 0.5}

#: What the offsets are chosen for. Chat that repeats no word of its document is left out of account.
AIM = Aim(0.965, retold=0.975, without_worst=True)


def sources(folder: Path) -> list[Source]:
    """A source a file; the groups of its answers begin with the name of the set that they are from and a space."""
    found: dict[str, Source] = {}
    for data in CONTEXT_USE:
        name = data.file.removesuffix(".jsonl")
        own = found.setdefault(name, Source(name, _SHARE.get(name, 1.0)))
        prepared: dict[tuple[str, ...], Evidence] = {}
        for sample, label, group in data.load(folder):
            asked = user_text(sample)
            if sample.contexts not in prepared:
                prepared = {sample.contexts: Evidence(sample.contexts, asked)}
            used = usage(answer_text(sample.choices[0].text), asked, prepared[sample.contexts])
            if used is not None:
                own.rows.append(used.measures)
                own.absent.append(frozenset())
                own.owner.append(len(own.truth))
                own.truth.append(label)
                own.group.append(f"{data.name} {group}")
                own.kind.append(kind_of(prepared[sample.contexts], asked))
    return list(found.values())


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of the labelled sets")
    parser.add_argument("--out", type=Path, default=FOLDER / "context_utilization.json")
    options = parser.parse_args(arguments)
    found = sources(options.data)
    left_out("ignored_context", found, MEASURES, AIM)
    for own in found:
        head = fit([one for one in found if one is not own], MEASURES, False, AIM)
        scored = list(zip(own.group, own.truth, values(head, own, MEASURES), strict=True))
        for kind in ("swapped", "pairs"):
            accuracy, pairs = paired_accuracy([row for row in scored if row[0].startswith(f"{own.name}_{kind} ")])
            print(own.name, kind, "paired accuracy", accuracy, "of", pairs)
    head = fit(found, MEASURES, False, AIM)
    print(head)
    options.out.write_text(written({"ignored_context": head}), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
