"""The audit finds what it is for: on files that are wrong on purpose."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools import audit

HASH = "--hash=sha256:" + "a" * 64


def _lock(folder: Path, text: str) -> list[str]:
    path = folder / "some.lock"
    path.write_text(text, encoding="utf-8")
    return audit.lock_problems(path)


def test_good_lock(tmp_path: Path) -> None:
    """Pins with hashes and markers pass."""
    text = f"one==1.0 \\\n    {HASH} \\\n    {HASH}\ntwo[extra]==2 ; sys_platform != 'win32' \\\n    {HASH}\n"
    assert _lock(tmp_path, text) == []


@pytest.mark.parametrize(
    "text",
    [
        "one==1.0\n",
        f"one>=1.0 \\\n    {HASH}\n",
        "one==1.0 \\\n    --hash=md5:abc\n",
        f"--index-url https://index.example\none==1.0 \\\n    {HASH}\n",
        f"one @ https://files.example/one.whl \\\n    {HASH}\n",
    ],
    ids=["no hash", "no pin", "weak hash", "index", "address"],
)
def test_bad_lock(tmp_path: Path, text: str) -> None:
    """A missing or weak hash, a range, an index and an address are each a finding that names the line."""
    problems = _lock(tmp_path, text)
    assert problems
    assert problems[0].startswith("some.lock:1:")


def test_foreign_hook(tmp_path: Path) -> None:
    """A start-up hook that nobody knows is a finding."""
    (tmp_path / "distutils-precedence.pth").touch()
    assert audit.pth_problems(tmp_path) == []
    (tmp_path / "surprise.pth").touch()
    assert "surprise.pth" in audit.pth_problems(tmp_path)[0]


def test_vulnerabilities_and_gaps() -> None:
    """A known vulnerability is found; a pin that the service does not know is counted as not audited."""
    bad = {"name": "one", "version": "1", "vulns": [{"id": "CVE-1"}]}
    report = {"dependencies": [bad, {"name": "two", "skip_reason": "not found"}, {"name": "three", "version": "3"}]}
    assert audit.vulnerabilities(report) == (["one 1: CVE-1"], 1, 3)


def test_own_locks_are_clean() -> None:
    """The project's own lock files have a hash on every pin and name no address."""
    assert audit.lock_problems(audit.RUNTIME) + audit.lock_problems(audit.DEV) == []
