"""Rows made of labelled rows: the same question answered with a document and without it."""

from __future__ import annotations

from typing import NamedTuple

import msgspec

from proxy.sample import Sample


class Labelled(NamedTuple):
    """A sample, whether the event happened, and the group of rows that must be left out of training together."""

    sample: Sample
    label: bool
    group: str


def swapped(rows: list[Labelled]) -> list[Labelled]:
    """Each supported answer beside its own documents (no), and beside those of a row half the set away (yes).

    The other documents differ from its own. Both rows of a pair have one group. Without two documents there is none.
    """
    found = []
    for position, row in enumerate(rows):
        if row.label:
            continue
        around = (rows[(position + len(rows) // 2 + step) % len(rows)].sample.contexts for step in range(len(rows)))
        other = next((contexts for contexts in around if contexts and contexts != row.sample.contexts), None)
        if other is not None:
            group = row.sample.id
            found.append(Labelled(row.sample, False, group))
            strange = msgspec.structs.replace(row.sample, id=f"{row.sample.id}/swapped", contexts=other)
            found.append(Labelled(strange, True, group))
    return found


def same_question(rows: list[Labelled]) -> list[Labelled]:
    """The rows of groups (one question, one document) that hold both an answer on the document and one off it."""
    labels: dict[str, set[bool]] = {}
    for row in rows:
        labels.setdefault(row.group, set()).add(row.label)
    return [row for row in rows if len(labels[row.group]) == 2]


def paired_accuracy(scored: list[tuple[str, bool, float]]) -> tuple[float | None, int]:
    """The share of (yes, no) pairs within a group whose yes has the higher value, ties as one half; how many pairs.

    Takes (group, label, value) of each row; ``None`` without a pair.
    """
    groups: dict[str, tuple[list[float], list[float]]] = {}
    for group, label, value in scored:
        groups.setdefault(group, ([], []))[label].append(value)
    pairs = [(yes, no) for low, high in groups.values() for no in low for yes in high]
    if not pairs:
        return None, 0
    return sum(1.0 if yes > no else 0.5 if yes == no else 0.0 for yes, no in pairs) / len(pairs), len(pairs)
