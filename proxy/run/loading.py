"""Imports modules at less cost: the garbage collector does not look through what they make, as all of it stays."""

from __future__ import annotations

import gc
import importlib
from types import ModuleType


def imported(name: str) -> ModuleType:
    """Import the module ``name``. What is alive afterwards is never looked through for garbage (``gc.freeze``).

    Otherwise the collector runs hundreds of times while the worker is imported, and takes a fifth of the CPU of it.
    """
    was = gc.isenabled()
    gc.disable()
    try:
        return importlib.import_module(name)
    finally:
        gc.freeze()
        if was:
            gc.enable()
