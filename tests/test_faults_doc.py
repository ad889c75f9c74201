"""docs/internals/faults.md: every case of the forwarding path has its line, and each test that it names exists."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
_DOC = (ROOT / "docs" / "internals" / "faults.md").read_text(encoding="utf-8")
_FILES = {
    "P": (
        *(
            "test_protocol.py",
            "test_websocket.py",
            "test_tunnels.py",
            "test_sockets.py",
            "test_native.py",
            "test_provider_urls.py",
            "test_large_heads.py",
        ),
        "test_edges.py",
    ),
    "S": ("test_streaming.py", "test_cuts.py", "test_ask_usage.py"),
    "U": ("test_upstream_faults.py",),
    "R": ("test_redis.py", "test_redis_hosts.py"),
    "W": ("test_scorers.py", "test_judge_down.py"),
    "J": ("test_judge.py",),
    "O": ("test_overload.py",),
    "L": ("test_lifecycle.py",),
    "X": ("test_security.py", "test_access.py", "test_hostile_text.py", "test_sampling.py", "test_keys.py"),
    "V": ("test_privacy.py", "test_private_data.py"),
    "M": ("test_metrics.py", "test_telemetry.py", "test_alerts.py"),
}
#: Holds tests of several groups.
_SHARED = "test_uploads.py"
_LAST = {"P": 30, "S": 16, "U": 13, "R": 16, "W": 9, "O": 8, "L": 11, "J": 12}
CASES = [f"{group}{number:02}" for group, last in _LAST.items() for number in range(1, last + 1)]
CASES += [f"X{number:02}" for number in (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18)]
CASES += [f"V{number:02}" for number in range(1, 10)]
CASES += [f"M{number:02}" for number in range(1, 10)]


def _rows() -> dict[str, str]:
    """The last cell of each case's row."""
    rows = re.findall(r"^\| ([A-Z]\d\d) \|(.*)\|$", _DOC, flags=re.MULTILINE)
    assert len({case for case, _ in rows}) == len(rows), "a case stands twice"
    return {case: text.rsplit(" | ", 1)[-1] for case, text in rows}


def _functions(name: str) -> set[str]:
    tree = ast.parse((ROOT / "tests" / "faults" / name).read_text(encoding="utf-8"))
    functions = [node for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    return {node.name for node in functions if node.name.startswith("test_")}


def _tests(group: str) -> set[str]:
    """The test functions of a group."""
    shared = {name for name in _functions(_SHARED) if name.startswith(f"test_{group.lower()}")}
    return shared.union(*(_functions(name) for name in _FILES[group]))


def test_every_case_has_its_line() -> None:
    """No case of these groups is missing, none is made up."""
    assert sorted(_rows()) == sorted(CASES)


@pytest.mark.parametrize("case", CASES)
def test_named_tests_exist_and_carry_the_case(case: str) -> None:
    """A row names tests of its case, all of them and only those; or it says why there is none."""
    cell = _rows()[case]
    named = set(re.findall(r"`(test_\w+)`", cell))
    assert named == {name for name in _tests(case[0]) if name.startswith(f"test_{case.lower()}_")}
    assert named or "no test" in cell


@pytest.mark.parametrize("group", _FILES)
def test_every_test_belongs_to_a_case(group: str) -> None:
    """Each test function in these files begins with the id of a case of its group."""
    known = tuple(f"test_{case.lower()}_" for case in CASES if case[0] == group)
    assert [name for name in _tests(group) if not name.startswith(known)] == []


def test_every_shared_test_belongs_to_a_case() -> None:
    """So does each test of the file that holds several groups'."""
    known = tuple(f"test_{case.lower()}_" for case in CASES)
    assert [name for name in _functions(_SHARED) if not name.startswith(known)] == []
