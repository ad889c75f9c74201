"""Imports without the garbage collector."""

from __future__ import annotations

import subprocess
import sys

import pytest

from proxy.run.loading import imported

_LOOKED = """
import gc, sys
from proxy.run.loading import imported

looks = []
gc.callbacks.append(lambda phase, info: looks.append(info["generation"]) if phase == "start" else None)
module = imported("proxy.app")
during = len(looks)
print(module.__name__, during, gc.isenabled(), gc.get_freeze_count() > 50_000)
kept = [[] for _ in range(2_000)]
print(len(looks) > 0)
"""


def test_nothing_is_looked_through_while_a_module_is_imported() -> None:
    """Afterwards the collector works as before, and leaves out what was imported."""
    done = subprocess.run([sys.executable, "-c", _LOOKED], capture_output=True, text=True, check=True)

    assert done.stdout.splitlines() == ["proxy.app 0 True True", "True"]


def test_a_module_that_cannot_be_imported_says_so_and_the_collector_works() -> None:
    """The error is Python's own."""
    program = (
        "import gc\nfrom proxy.run.loading import imported\n"
        "try:\n    imported('proxy.no_such_module')\n"
        "except ModuleNotFoundError as error:\n    print(error.name, gc.isenabled())"
    )

    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert done.stdout.split() == ["proxy.no_such_module", "True"]


def test_a_collector_that_was_off_stays_off(monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody else switched it off."""
    looked = []
    monkeypatch.setattr("gc.isenabled", lambda: False)
    monkeypatch.setattr("gc.enable", lambda: looked.append("on"))
    monkeypatch.setattr("gc.disable", lambda: looked.append("off"))
    monkeypatch.setattr("gc.freeze", lambda: None)

    assert imported("proxy.errors").__name__ == "proxy.errors"
    assert looked == ["off"]
