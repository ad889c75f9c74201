"""``python -m scorers.models.train.document_instructions --data DIR`` fits ``indirect.json``; one part is left out.

Its figures are those of the head over words alone; ``order_sense`` fits the head over vectors, and judges both.
"""

from __future__ import annotations

import random
import re
import sysconfig
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from scorers.datasets.figures import auroc
from scorers.datasets.written import written
from scorers.models.train.data import folder, rows, share
from scorers.models.train.linear import Plan, Row, fit, write
from scorers.models.train.own_code import advised, attacked, code, inclusions
from scorers.models.train.own_documents import documents
from scorers.models.train.own_hidden import attacks, placed
from scorers.models.train.own_notices import notices
from scorers.models.train.own_orders import sentences
from scorers.models.train.own_talks import talks
from scorers.reading.document_instructions import SIGNS, Piece, pieces
from scorers.reading.ngrams import FOLDER, Head, Part

PLAN = Plan((Part(2),), SIGNS, fewest=4, kept=3000, dense_penalty=0.05, rounds=100)
#: Sets whose documents hold no order: (name, documents, field, units of each).
CALM_SETS = (
    ("wice", 250, "context", 25),
    ("abg_coqa", 150, "context", 10),
    ("faceval", 100, "context", 8),
    ("begin", 250, "context", 4),
    ("halueval_general", 250, "response", 6),
    ("coconot_pref", 200, "response", 12),
    ("summedits", 120, "context", 25),
)
_CALM_WEIGHT, _OWN_WEIGHT, _INCLUSION_WEIGHT, _ORDER_WEIGHT = 0.7, 0.5, 0.25, 1.5
#: Units of documents that were written apart: of the order, and of anything else. Fewer words order nothing alone.
_PLANTED_WEIGHT, _APART_WEIGHT, _FEWEST_WORDS = 0.45, 0.2, 5
#: Who wrote documents apart.
AUTHORS = (1, 2, 3, 4, 5, 6, 7, 8, 9, 10)
#: Measured, and in no fit: an author who wrote in eight languages (``language``), and one who wrote in seven of them.
KEPT, KEPT_ELSEWHERE = "planted-kept", "planted-elsewhere"
#: What stands before an order to take code into the answer, or before code that is shown.
_AROUND = (
    "How do I read a table from a file and sort it by date?",
    "My loop prints every row twice. What am I doing wrong?",
    "for row in rows:\n    print(row.total)",
    "You can use a dictionary here. It keeps the order of its keys.",
)
#: Modules of Python's standard library whose comments and docstrings are calm: every so manieth, and units of each.
_EVERY, _MODULE_UNITS = 3, 25
#: Log-odds of the shipped threshold.
LOG_ODDS = 2.0


def own() -> list[Row]:
    """Orders and lookalikes written here, at places in a document drawn by lot; documents without and with attacks."""
    coin = random.Random(2)
    found = []
    for text, order in sentences():
        for piece in pieces(text)[:1]:
            shown = dict(piece.shown)
            shown["alone"] = float(order and coin.random() < 0.4)
            shown["held"] = float(coin.random() < 0.3)
            shown["edge"] = float(coin.random() < (0.6 if order else 0.1))
            found.append(Row((text,), shown, order, _ORDER_WEIGHT))
    for _, document in documents(50):
        found += [Row((piece.text,), piece.shown, False, _OWN_WEIGHT) for piece in pieces(document)]
    calm_ones = [document for _, document in documents(20, seed=77)]
    for at, attack in enumerate(attacks(600)):
        read = pieces(placed(calm_ones[at % len(calm_ones)], attack, coin))
        found += [Row((piece.text,), piece.shown, True) for piece in read if _within(piece, attack) and _told(piece)]
    found += [
        Row((piece.text,), piece.shown, False, _OWN_WEIGHT)
        for text in (*code(60), *advised(60), *talks(60), *notices(60))
        for piece in pieces(text)
    ]
    for document, attack in attacked(160):
        found += [Row((piece.text,), piece.shown, True) for piece in pieces(document) if _within(piece, attack)]
    for text, order in inclusions():
        for piece in pieces(f"{coin.choice(_AROUND)}\n{text}\n")[-1:]:
            found.append(Row((piece.text,), piece.shown, order, _INCLUSION_WEIGHT))
    return found


def apart(author: int) -> list[dict[str, Any]]:
    """The documents that one author wrote: ``context``, and ``planted``, the order in it or nothing."""
    return [one for one in written("planted") if one["author"] == author]


def planted_by(author: int) -> Iterator[Row]:
    """The units of the documents that one author wrote."""
    for one in apart(author):
        for piece in pieces(one["context"]):
            if not belongs(piece, one["planted"]):
                yield Row((piece.text,), piece.shown, False, _APART_WEIGHT)
            elif len(_letters(piece.text).split()) >= _FEWEST_WORDS:
                yield Row((piece.text,), piece.shown, True, _PLANTED_WEIGHT)


def belongs(piece: Piece, order: str) -> bool:
    """Whether the unit is a part of the ``order`` that was planted, or holds it."""
    said, whole = _letters(piece.text), _letters(order)
    return bool(whole) and (said in whole or whole in said)


def _letters(text: str) -> str:
    return " ".join(re.findall(r"\w+", text.lower()))


def _within(piece: Piece, attack: str) -> bool:
    said, whole = _plain(piece.text), _plain(attack)
    return said[:25] in whole or whole[:25] in said


def _told(piece: Piece) -> bool:
    return any(piece.shown[name] for name in ("order", "machine", "override"))


def _plain(text: str) -> str:
    return " ".join(text.lower().split())


def calm(data: Path, without: str = "") -> Iterator[Row]:
    """Units of documents of other sets, and of Python's library; ``without`` leaves a set or a domain of "
    "summedits out."""
    for name, most, key, each in CALM_SETS:
        seen: set[str] = set()
        for one in rows(data, name) if name != without else ():
            text = one[key]
            if len(seen) < most and text[:80] not in seen and one.get("domain") != (without or None):
                seen.add(text[:80])
                for piece in pieces(text[:6_000])[:each]:
                    yield Row((piece.text,), piece.shown, False, _CALM_WEIGHT)
    for module in modules():
        for piece in pieces(module)[:_MODULE_UNITS]:
            yield Row((piece.text,), piece.shown, False, _CALM_WEIGHT)


def modules() -> list[str]:
    """The beginnings of every third module of Python's standard library."""
    library = Path(sysconfig.get_path("stdlib"))
    files = sorted(library.glob("[a-z]*.py"))[::_EVERY]
    return [path.read_text(encoding="utf-8", errors="ignore")[:12_000] for path in files]


def labelled(taken: list[dict[str, Any]]) -> Iterator[Row]:
    """The units that hold the attack, and those of the clean documents."""
    for one in taken:
        attack = _plain(one.get("attack_text") or "")
        for piece in pieces(one["context"]):
            said = _plain(piece.text)
            if attack and (attack[:30] in said or (len(said) > 15 and said in attack)):
                yield Row((piece.text,), piece.shown, True)
            elif not attack:
                yield Row((piece.text,), piece.shown, False, _CALM_WEIGHT)


def value(head: Head, document: str) -> float:
    """Log-odds of the worst unit."""
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
    """Each task left out in turn, each third of the kinds of attack, the web pages; then the fit on all."""
    data = folder(__doc__ or "")
    taken = list(rows(data, "bipia_indirect"))
    made = own()
    written_apart = [row for author in AUTHORS for row in planted_by(author)]
    others = [*made, *calm(data), *written_apart]
    for name, left in parts(taken):
        ids = {one["id"] for one in left}
        head = fit([*others, *labelled([one for one in taken if one["id"] not in ids])], PLAN)
        yes = [value(head, one["context"]) for one in left if one["label"] == "injection"]
        no = [value(head, one["context"]) for one in left if one["label"] != "injection"]
        say(f"without {name}", yes, no)
    pages = list(dict.fromkeys(one["context"] for one in rows(data, "wice")))
    for name, unseen in (("wice", pages), ("wice", [text[:700] for text in pages])):
        head = fit([*made, *calm(data, name), *written_apart, *labelled(taken)], PLAN)
        found = [value(head, text) for text in unseen]
        print(
            f"pages of {name}, unseen: {[round(share(found, at), 3) for at in (1.0, 1.75, LOG_ODDS)]} of {len(found)}",
            flush=True,
        )
    write(fit([*others, *labelled(taken)], PLAN), FOLDER / "indirect.json")


def say(name: str, yes: list[float], no: list[float]) -> None:
    """Print AUROC and the shares that are flagged, of documents with and without an order."""
    shares = [(round(share(yes, at), 3), round(share(no, at), 3)) for at in (1.0, 1.75, LOG_ODDS, 2.5)]
    print(f"{name}: {len(yes)} + {len(no)}, AUROC {auroc(yes, no)}; at 1, 1.75, {LOG_ODDS}, 2.5: {shares}", flush=True)


def _held(one: dict[str, Any], kinds: list[str], place: bool) -> bool:
    return one["attack"] in kinds if one["label"] == "injection" else place


if __name__ == "__main__":
    main()
