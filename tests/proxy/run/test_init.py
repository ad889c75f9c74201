"""``sightglass init`` where its file cannot be written. What it writes otherwise is shown by ``test_cli``."""

from __future__ import annotations

from pathlib import Path

import pytest

from proxy.errors import ConfigError
from proxy.run import init
from support.full_disk import full_at


def test_half_a_file_does_not_stand_in_the_way(tmp_path: Path) -> None:
    """The disk was full; once there is room, the same command works."""
    path = tmp_path / "sightglass.yaml"
    with full_at(100), pytest.raises(ConfigError, match="File too large"):
        init.main(["init", str(path)])
    assert not path.exists()
    assert init.main(["init", str(path)]) == 0
    assert path.read_text() == init.TEXT
