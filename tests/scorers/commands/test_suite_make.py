"""``sightglass suite make``: what it says where nothing can be a case."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import msgspec
import pytest

from proxy.sample import Sample
from scorers.commands.options import WrongUsage
from scorers.commands.suite_make import main
from scorers.store.store import Store


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({}, "none of 1 samples can be a case: none is among failures, flagged (--from)"),
        ({"request_truncated": True}, "none of 1 samples can be a case: 1 cut"),
    ],
    ids=["other samples", "left out"],
)
def test_why_nothing_can_be_a_case(
    tmp_path: Path, make_sample: Callable[..., Sample], changes: dict[str, object], says: str
) -> None:
    """Either no sample is of the parts that were asked for, or they are left out, each for its reason."""
    with closing(Store.open("sqlite", tmp_path)) as store:
        store.save_samples([msgspec.structs.replace(make_sample("r1", started_at=time.time()), **changes)], True)
    with pytest.raises(WrongUsage) as wrong:
        main(["bakery", "--from", "failures,flagged", "--data-dir", str(tmp_path)])
    assert str(wrong.value) == says
