"""What the commands share: who runs them, and whether there is a store."""

from __future__ import annotations

import getpass
import os
from pathlib import Path

import pytest

from scorers.commands.options import Parser, WrongUsage, is_there, user_name


def test_a_user_without_a_name_has_a_number(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in a container whose user is none of its image."""
    monkeypatch.setattr(getpass, "getuser", lambda: {}["uid not found"])
    assert user_name() == f"uid {os.getuid()}"


def test_a_folder_that_may_not_be_looked_into_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another user's: that there is no store is not said."""
    assert not is_there(tmp_path, "store.db")

    def refuses(path: Path) -> bool:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "exists", refuses)
    with pytest.raises(WrongUsage, match=f"{tmp_path.name}: Permission denied"):
        is_there(tmp_path, "store.db")


def test_labels_are_kept_under_a_name() -> None:
    """An empty variable in a script is no annotator: nobody could tell later whose labels these are."""
    parser = Parser(prog="sightglass label")
    parser.add_argument("--annotator", default="ida")
    assert parser.parse_args([]).annotator == "ida"
    with pytest.raises(WrongUsage, match="--annotator: expected a name"):
        parser.parse_args(["--annotator", " "])
