"""Fits the heads of groundedness: ``python -m scorers.models.train.groundedness --data FOLDER [--out FILE]``.

One thread, no randomness, rounded weights: the same data gives the same file. How: ``scorers.models.train.heads``.
What is printed is measured on the source that was left out; the file is fitted on all.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import msgspec

from scorers.datasets.sets import GROUNDEDNESS, DataSet
from scorers.datasets.written import written as written_lines
from scorers.groundedness import SUMMARIES
from scorers.models.train.heads import Aim, Source, fit, left_out, level, of_kinds, told
from scorers.models.train.own_records import rows as own_rows
from scorers.reading.evidence import user_text
from scorers.reading.features.claims import claims
from scorers.reading.features.conflict import CONFLICTS, conflict
from scorers.reading.features.documents import Evidence
from scorers.reading.features.heads import FOLDER, Head, written
from scorers.reading.features.index import Index
from scorers.reading.features.kinds import KINDS, NOTE, RETOLD, kind_of, narrowed
from scorers.reading.features.support import MEASURES, measured, support
from scorers.reading.text import answer_text

_ASKED = "What do the documents say?"
#: What a set counts in the fit; the others one. The second QA file repeats the first one's questions.
_SHARE = {"faceval": 0.3, "own": 0.1}
_SKIPPED = frozenset({"halueval_qa_multi"})
#: The heads of ``ungrounded``: kinds of evidence, and the specificity that their offsets are chosen for.
PARTS = {
    "ungrounded": (frozenset((*KINDS, NOTE)) - RETOLD, Aim(0.955)),
    SUMMARIES: (RETOLD, Aim(retold=0.97)),
}
#: The first of the exchanges written apart that nobody looked at while rules were made.
_KEPT = 201
#: The specificity that the offset of notes is chosen for. Right and wrong answers lie near each other there, so that a
#: lower one would find little more.
_NOTED = 0.96
#: Characters of instructions that are looked at.
_TOLD = 500
#: What ``ungrounded`` weighs: what is missing, and what speaks against the claim.
WEIGHED = (*MEASURES, *CONFLICTS)


def sources(folder: Path, output: str) -> list[Source]:
    """The training sources of one output; ``contradicted`` has one a domain, and other sets' supported rows."""
    found: dict[str, Source] = {}
    for data in GROUNDEDNESS:
        if data.output == "groundedness.ungrounded" and data.name not in _SKIPPED:
            _read(data, folder, output, found)
    found["own"] = Source("own", _SHARE["own"])
    for form, document, answer, wrong in own_rows():
        evidence = Evidence((document,), _ASKED)
        _add(found["own"], evidence, kind_of(evidence, _ASKED), answer, wrong, form, output)
    return list(found.values())


def _read(data: DataSet, folder: Path, output: str, found: dict[str, Source]) -> None:
    prepared: dict[tuple[str, ...], Index] = {}
    edits = data.name == "summedits"
    for sample, label, group in data.load(folder):
        if output == "contradicted" and label and not edits:
            continue  # not supported is not yet contradicted
        name = f"{data.name}:{group}" if edits else data.name
        share = _SHARE.get(data.name, 1.0) if output == "ungrounded" or edits else 0.2
        own = found.setdefault(name, Source(name, share))
        if sample.contexts not in prepared:
            prepared = {sample.contexts: Index(sample.contexts)}
        evidence = Evidence(prepared[sample.contexts], user_text(sample))
        text = answer_text(sample.choices[0].text)
        _add(own, evidence, kind_of(evidence, user_text(sample)), text, label, "\n".join(sample.contexts), output)


def _add(
    own: Source,
    evidence: Evidence,
    kind: str,
    text: str,
    label: bool,
    group: str,
    output: str,
) -> None:
    said = [support(claim, evidence) for claim in claims(text)]
    for one, measures in zip(said, measured(said), strict=True):
        against = conflict(one, evidence)
        own.rows.append((*measures, *against) if output == "ungrounded" else against)
        own.absent.append(frozenset())
        own.owner.append(len(own.truth))
    if said:
        own.truth.append(label)
        own.group.append(group)
        if output == "ungrounded":
            own.kind.append(kind)


def apart() -> list[Source]:
    """Exchanges written apart, those that were looked at and those that were not: measured, and in no fit. Weights
    that were fitted on the former did not carry over to the latter, whose documents are other ones."""
    seen, kept = (Source(f"written, {name}", 0.0) for name in ("seen", "kept"))
    for line in written_lines("documents"):
        own = kept if int(line["id"].rpartition("-")[2]) >= _KEPT else seen
        told = line["messages"][0]["content"][:_TOLD] if line["messages"][0]["role"] == "system" else ""
        evidence = Evidence((line["context"],), line["prompt"], told)
        _add(
            own,
            evidence,
            narrowed(kind_of(evidence, line["prompt"] or told), evidence, handed=True),
            line["response"],
            line["label"] == "yes",
            line["context"],
            "ungrounded",
        )
    return [seen, kept]


def noted(head: Head) -> Head:
    """``head`` with an offset for notes, from the exchanges written apart that were looked at: no other set has any."""
    seen, _ = of_kinds(apart(), frozenset((NOTE,)))
    return msgspec.structs.replace(head, offsets={**head.offsets, NOTE: level(head, seen, WEIGHED, _NOTED)})


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of the labelled sets")
    parser.add_argument("--out", type=Path, default=FOLDER / "groundedness.json")
    options = parser.parse_args(arguments)
    heads: dict[str, Head] = {}
    found = sources(options.data, "ungrounded")
    for part, (kinds, aim) in PARTS.items():
        own = of_kinds(found, kinds) or found
        left_out(part, own, WEIGHED, aim)
        fitted = fit(own, WEIGHED, False, aim)
        heads[part] = noted(fitted) if NOTE in kinds else fitted
        for one in of_kinds(apart(), kinds):
            print(part, told(one.name, heads[part], one, WEIGHED))
    found = sources(options.data, "contradicted")
    left_out("contradicted", found, CONFLICTS)
    heads["contradicted"] = fit(found, CONFLICTS, False)
    options.out.write_text(written(heads), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
