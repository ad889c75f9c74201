"""The environment of the processes that we start. Apart, so that ``sightglass`` itself imports next to nothing."""

from __future__ import annotations

from collections.abc import Mapping


def frugal(environ: Mapping[str, str]) -> dict[str, str]:
    """The environment of a process of ours: its threads share two arenas of the C library's allocator, unless somebody
    has said otherwise. By default each thread has one of up to 64 MB, which keeps what was freed in it."""
    return {"MALLOC_ARENA_MAX": "2", **environ}
