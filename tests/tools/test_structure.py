"""The form of the house is held by ``make check``: each limit is crossed here in a small tree of its own."""

from __future__ import annotations

from pathlib import Path

from tests.tools.structure import ROOT, problems


def _tree(folder: Path) -> Path:
    for package in ("proxy", "scorers"):
        room = folder / package / "room"
        room.mkdir(parents=True)
        (room / "__init__.py").write_text('"""What it is for."""\n', encoding="utf-8")
        (folder / package / "__init__.py").write_text("", encoding="utf-8")
    (folder / "tests").mkdir()
    return folder


def test_this_tree_keeps_its_limits() -> None:
    """Nothing is found in the project itself."""
    assert problems(ROOT) == []


def test_a_small_tree_has_no_problem(tmp_path: Path) -> None:
    """Two packages of one room each keep every limit."""
    assert problems(_tree(tmp_path)) == []


def test_long_files_and_functions_are_found(tmp_path: Path) -> None:
    """A file over 400 lines, a test over 600, and a function over 80 are named with their sizes."""
    tree = _tree(tmp_path)
    (tree / "proxy/room/long.py").write_text("x = 1\n" * 401, encoding="utf-8")
    (tree / "tests/test_long.py").write_text("x = 1\n" * 601, encoding="utf-8")
    (tree / "scorers/room/one.py").write_text("def one():\n" + "    x = 1\n" * 80, encoding="utf-8")
    assert problems(tree) == [
        "proxy/room/long.py: 401 lines; at most 400",
        "scorers/room/one.py:1: one has 81 lines; at most 80",
        "tests/test_long.py: 601 lines; at most 600",
    ]


def test_a_crowded_root_and_a_silent_room_are_found(tmp_path: Path) -> None:
    """Thirteen files at a root are one too many, and a room without a docstring is named."""
    tree = _tree(tmp_path)
    for number in range(12):
        (tree / f"proxy/part{number}.py").write_text("", encoding="utf-8")
    (tree / "scorers/room/__init__.py").write_text("", encoding="utf-8")
    assert problems(tree) == [
        "proxy/: 13 source files at its root; at most 12",
        "scorers/room/__init__.py: a room says in its docstring what it is for",
    ]


def test_a_room_names_only_what_is_there(tmp_path: Path) -> None:
    """A list in a room's docstring goes stale when a file is moved: the name is found."""
    tree = _tree(tmp_path)
    (tree / "proxy/room/table.py").write_text("", encoding="utf-8")
    (tree / "proxy/room/__init__.py").write_text(
        '"""A room.\n\n``table``  here\n``chair``  gone\n"""\n', encoding="utf-8"
    )
    assert problems(tree) == ["proxy/room/__init__.py: chair is named and not there"]


def test_the_eleventh_broad_except_is_found(tmp_path: Path) -> None:
    """Ten are allowed, in whatever form they are written; an error that is named is not counted."""
    tree = _tree(tmp_path)
    forms = ["except:", "except Exception:", "except BaseException as error:", "except (ValueError, Exception):"]
    lines = [f"try:\n    pass\n{forms[number % 4]}\n    pass\n" for number in range(10)]
    lines.append("try:\n    pass\nexcept ValueError:\n    pass\n")
    (tree / "proxy/room/broad.py").write_text("".join(lines), encoding="utf-8")
    assert problems(tree) == []
    (tree / "scorers/room/broad.py").write_text(lines[1], encoding="utf-8")
    assert [line.split(":")[0] for line in problems(tree)] == ["11 broad excepts; at most 10"]
