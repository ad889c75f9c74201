"""The form of the house, checked: sizes of files and functions, files at the roots, broad excepts, what a room says.

Run by ``make check``. Prints one line a finding; exit status 1 when there is any. Import floors are import-linter's.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("proxy", "scorers")
MOST_LINES, MOST_LINES_OF_TESTS, MOST_LINES_OF_A_FUNCTION = 400, 600, 80
MOST_AT_A_ROOT, MOST_BROAD_EXCEPTS = 12, 10


def problems(root: Path) -> list[str]:
    """What is wrong below ``root``, a line each."""
    found = []
    sources = [path for package in (*PACKAGES, "grafana") for path in _files(root / package)]
    for path in sources:
        found += _too_long(root, path, MOST_LINES)
        found += _functions(root, path)
    for path in _files(root / "tests"):
        found += _too_long(root, path, MOST_LINES_OF_TESTS)
    for package in PACKAGES:
        number = len(list((root / package).glob("*.py")))
        if number > MOST_AT_A_ROOT:
            found.append(f"{package}/: {number} source files at its root; at most {MOST_AT_A_ROOT}")
        for room in sorted((root / package).glob("*/__init__.py")):
            found += _room(root, room)
    broad = [where for path in sources for where in _broad_excepts(root, path)]
    if len(broad) > MOST_BROAD_EXCEPTS:
        found.append(f"{len(broad)} broad excepts; at most {MOST_BROAD_EXCEPTS}: {', '.join(broad)}")
    return found


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*.py") if "node_modules" not in path.parts)


def _too_long(root: Path, path: Path, most: int) -> Iterator[str]:
    lines = path.read_text(encoding="utf-8").count("\n")
    if lines > most:
        yield f"{path.relative_to(root)}: {lines} lines; at most {most}"


def _functions(root: Path, path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            if lines > MOST_LINES_OF_A_FUNCTION:
                where = f"{path.relative_to(root)}:{node.lineno}"
                yield f"{where}: {node.name} has {lines} lines; at most {MOST_LINES_OF_A_FUNCTION}"


def _room(root: Path, file: Path) -> Iterator[str]:
    says = ast.get_docstring(ast.parse(file.read_text(encoding="utf-8")))
    if not says:
        yield f"{file.relative_to(root)}: a room says in its docstring what it is for"
    there = {path.stem for path in file.parent.iterdir()}
    for name in re.findall(r"^``(\w+)``", says or "", re.MULTILINE):
        if name not in there:
            yield f"{file.relative_to(root)}: {name} is named and not there"


def _broad_excepts(root: Path, path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ExceptHandler):
            kinds = node.type.elts if isinstance(node.type, ast.Tuple) else [node.type]
            if any(kind is None or getattr(kind, "id", "") in ("Exception", "BaseException") for kind in kinds):
                yield f"{path.relative_to(root)}:{node.lineno}"


def main() -> int:
    """Print what is wrong; the exit status."""
    found = problems(ROOT)
    for line in found:
        print(line)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
