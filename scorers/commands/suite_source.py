"""Where a suite comes from: a file or a folder that one names, or the store."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import NamedTuple

from proxy.config.settings import Settings
from scorers.cases import folder
from scorers.cases.suite import BadSuite, Suite
from scorers.commands.options import WrongUsage, is_there, settings_of
from scorers.formats import suites as forms
from scorers.formats import table
from scorers.formats.chat import is_answer
from scorers.formats.files import one_document
from scorers.formats.rows import OURS
from scorers.store.store import Store

#: So many versions are named in an error.
_TOLD = 10


def is_file(target: str) -> bool:
    """Whether ``target`` names a file or a folder; else it is the name of a suite in the store."""
    path = Path(target)
    if folder.is_suite(path):
        return True
    if "/" in target or target.endswith((".jsonl", ".json")):
        raise WrongUsage(f"{target}: there is no such file or folder")
    return False


def load_file(target: str, command: str) -> Suite:
    """The suite in files. A file of another tool is told apart. Raises ``BadSuite``."""
    path = Path(target)
    try:
        return folder.load(path)
    except BadSuite as own:
        if path.is_file():
            with path.open("rb") as stream:
                head = table.beginning(stream)
            name = table.recognised(head, target)
            if name is None and (said := table.unread(head, target)) is not None:
                raise BadSuite([said]) from None
            if name == "jsonl" and not one_document(head):
                name = None
            if name is not None and table.has_other_keys(head, name):
                raise own from None
            if name is not None:
                title = table.FORMATS[name].title
                raise BadSuite(
                    [f"{target}: this looks like {title}; import it with: suite import {target} --format {name}"]
                ) from None
        raise


def ours(path: Path, name: str | None, head: bytes, form: str) -> Suite | None:
    """The suite in a file whose lines are cases of ours, though they look like those of another format, which may have
    the same keys; ``None`` where they are not. Raises ``BadSuite`` for such cases that are wrong."""
    if one_document(head):
        return None
    try:
        found = folder.load(path, name)
    except BadSuite:
        if table.has_other_keys(head, form):
            raise
        return None
    theirs = any(OURS in case.metadata or is_answer(case.expected) for case in found.cases)
    return None if theirs else found


@contextmanager
def opened(settings: Settings, make: bool = False) -> Iterator[Store]:
    """The store; ``make``: one that is not there yet is made."""
    data = Path(settings.data_dir)
    if settings.store == "sqlite" and not make and not is_there(data, "store.db"):
        raise WrongUsage(f"{data}: there is no store here; point --data-dir or --config at it, or give a file")
    with closing(Store.open(settings.store, data)) as store:
        yield store


def load_stored(store: Store, name: str) -> Suite:
    """A suite of the store, ``NAME`` or ``NAME@VERSION`` for one of before; a case whose user was forgotten is no part
    of it. Raises ``WrongUsage``."""
    return load_version(store, name).suite


class Version(NamedTuple):
    """A version of a suite in the store: its cases that are there, its name, and how many were forgotten. The hash of
    what is there is another name once a case is forgotten."""

    suite: Suite
    version: str
    forgotten: int


def load_version(store: Store, name: str) -> Version:
    """Like ``load_stored``, with the version's name."""
    name, _, wanted = name.partition("@")
    versions = [version for version, _, _ in store.suites.versions(name)]
    chosen = next((version for version in versions if wanted and version.startswith(wanted)), None)
    if wanted and versions and chosen is None:
        raise WrongUsage(f"{name}: there is no version {wanted}; there are: {', '.join(versions[:_TOLD])}")
    found = store.suites.load(name, chosen)
    if found is None:
        there = ", ".join(suite.name for suite in store.suites.all()) or "none"
        raise WrongUsage(f"{name}: there is no such suite; there are: {there}")
    return Version(found[0], chosen or versions[0], found[1])


def load_any(target: str, arguments: argparse.Namespace, command: str) -> Suite:
    """The suite that ``target`` names, in files or in the store."""
    if is_file(target):
        return load_file(target, command)
    with opened(settings_of(arguments)) as store:
        return load_stored(store, target)


__all__ = ["forms", "is_file", "load_any", "load_file", "load_stored", "load_version", "opened", "ours"]
