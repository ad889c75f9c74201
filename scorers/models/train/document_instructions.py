"""``python -m scorers.models.train.document_instructions --data DIR`` fits ``indirect.json``; one task is left out."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from scorers.datasets.figures import auroc
from scorers.models.train.data import folder, rows, share, threshold_at
from scorers.models.train.linear import Plan, Row, fit, write
from scorers.models.train.own_orders import sentences
from scorers.reading.document_instructions import SIGNS, pieces
from scorers.reading.ngrams import FOLDER, Head, Part

PLAN = Plan((Part(2),), SIGNS, dense_penalty=0.05)
#: Sets whose documents hold no order: (name, documents, field, sentences of each).
_CALM = (
    ("wice", 150, "context", 12),
    ("abg_coqa", 200, "context", 12),
    ("faceval", 150, "context", 12),
    ("begin", 400, "context", 12),
    ("halueval_general", 300, "response", 12),
    ("summedits", 120, "context", 40),
)
_CALM_WEIGHT = 0.5


def own() -> list[Row]:
    """Orders and lookalikes written here, at places in a document drawn by lot."""
    coin = random.Random(2)
    found = []
    for text, order in sentences():
        shown = dict(pieces(text)[0].shown)
        shown["alone"] = float(order and coin.random() < 0.4)
        shown["edge"] = float(coin.random() < (0.6 if order else 0.1))
        found.append(Row((text,), shown, order))
    return found


def calm(data: Path, without: str = "") -> Iterator[Row]:
    """Sentences of documents of other sets; ``without`` leaves one domain of summedits out."""
    for name, most, key, each in _CALM:
        seen: set[str] = set()
        for one in rows(data, name):
            text = one[key]
            if len(seen) < most and text[:80] not in seen and one.get("domain") != (without or None):
                seen.add(text[:80])
                for piece in pieces(text[:4_000])[:each]:
                    yield Row((piece.text,), piece.shown, False, _CALM_WEIGHT)


def labelled(taken: list[dict[str, Any]]) -> Iterator[Row]:
    """The sentences that hold the attack, and those of the clean documents."""
    for one in taken:
        attack = " ".join((one.get("attack_text") or "").lower().split())
        for piece in pieces(one["context"]):
            said = " ".join(piece.text.lower().split())
            if attack and (attack[:30] in said or (len(said) > 15 and said in attack)):
                yield Row((piece.text,), piece.shown, True)
            elif not attack:
                yield Row((piece.text,), piece.shown, False, _CALM_WEIGHT)


def value(head: Head, document: str) -> float:
    """Log-odds of the worst sentence."""
    return max((head.logit_of(one.tokens, one.shown) for one in pieces(document)), default=-9.0)


def parts(taken: list[dict[str, Any]]) -> list[tuple[str, list[dict[str, Any]]]]:
    """What is left out in turn, by name: each task, then thirds of the kinds of attack and of the clean."""
    kinds = sorted({one["attack"] for one in taken if one.get("attack")})
    found = [(task, [one for one in taken if one["task"] == task]) for task in ("email", "table", "code")]
    for at in range(3):
        held = [one for place, one in enumerate(taken) if _held(one, kinds[at::3], place % 3 == at)]
        found.append((f"kinds {at}", held))
    return found


def main() -> None:
    """Each task left out in turn, then each third of the kinds of attack; then the fit on all."""
    data = folder(__doc__ or "")
    taken = list(rows(data, "bipia_indirect"))
    others = [*own(), *calm(data)]
    for name, left in parts(taken):
        ids = {one["id"] for one in left}
        head = fit([*others, *labelled([one for one in taken if one["id"] not in ids])], PLAN)
        yes = [value(head, one["context"]) for one in left if one["label"] == "injection"]
        no = [value(head, one["context"]) for one in left if one["label"] != "injection"]
        print(
            f"without {name}: AUROC {auroc(yes, no)}, at 1: {share(yes, 1.0):.3f} of the attacks, {share(no, 1.0):.3f} "
            f"of the clean; log-odds at specificity .97 {threshold_at(no, 0.97):.2f}",
            flush=True,
        )
    documents = {one["context"]: one["domain"] for one in rows(data, "summedits")}
    for domain in sorted(set(documents.values())):
        head = fit([*own(), *calm(data, domain), *labelled(taken)], PLAN)
        unseen = [value(head, text) for text, of in documents.items() if of == domain]
        print(f"documents of summedits {domain}, unseen: {share(unseen, 1.0):.3f} of {len(unseen)} above 1", flush=True)
    head = fit([*others, *labelled(taken)], PLAN)
    write(head, FOLDER / "indirect.json")


def _held(one: dict[str, Any], kinds: list[str], place: bool) -> bool:
    return one["attack"] in kinds if one["label"] == "injection" else place


if __name__ == "__main__":
    main()
