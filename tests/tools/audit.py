"""The supply chain, checked: pins, lock files, start-up hooks, known vulnerabilities, and a bill of materials.

Run by ``make check``. Prints one line a finding; exit status 1 when there is any. A vulnerability service that can not
be reached, or that does not know a pin, is said loudly and is no finding.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import sysconfig
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
RUNTIME = ROOT / "requirements" / "runtime.lock"
DEV = ROOT / "requirements" / "dev.lock"
SBOM = ROOT / "build" / "sbom.json"

_PIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*(\[[a-z,-]+\])?==[^\s;]+( ; .+)?\Z")
_HASH = re.compile(r"--hash=sha256:[0-9a-f]{64}\Z")
#: Files that run at every start of the interpreter, and what they belong to.
KNOWN_PTH = {
    "_editable_impl_sightglass_proxy.pth": "this project, installed in place",
    "distutils-precedence.pth": "setuptools, as venv brings it",
    "a1_coverage.pth": "coverage, to measure child processes",
}


def lock_problems(path: Path) -> list[str]:
    """What is wrong with a lock file: a pin without hash, an address, an option."""
    problems = []
    for number, entry in _entries(path.read_text(encoding="utf-8")):
        pin, *hashes = re.split(r"\s+(?=--)", entry)
        if not _PIN.match(pin):
            problems.append(f"{path.name}:{number}: not a pin: {pin[:80]}")
        elif not hashes or not all(_HASH.match(item) for item in hashes):
            problems.append(f"{path.name}:{number}: a pin without sha256 hashes: {pin}")
        if "://" in entry:
            problems.append(f"{path.name}:{number}: an address in a lock file")
    return problems


def _entries(text: str) -> list[tuple[int, str]]:
    """Logical lines with the number of their first line; continued lines are joined."""
    entries: list[tuple[int, str]] = []
    start, parts = 0, []
    for number, line in enumerate(text.splitlines(), 1):
        start = start if parts else number
        parts.append(line.rstrip("\\").strip())
        if not line.endswith("\\"):
            if joined := " ".join(parts).strip():
                entries.append((start, joined))
            parts = []
    return entries


def pth_problems(site: Path) -> list[str]:
    """Start-up hooks in site-packages that nobody here knows."""
    foreign = sorted(path.name for path in site.glob("*.pth") if path.name not in KNOWN_PTH)
    return [f"site-packages holds a foreign start-up hook: {name}" for name in foreign]


def vulnerabilities(report: object) -> tuple[list[str], int, int]:
    """(found vulnerabilities, pins that could not be audited, pins) in a report of pip-audit."""
    assert isinstance(report, dict)
    found, skipped = [], 0
    for pin in report["dependencies"]:
        skipped += "skip_reason" in pin
        found += [f"{pin['name']} {pin['version']}: {item['id']}" for item in pin.get("vulns", ())]
    return found, skipped, len(report["dependencies"])


def audit_pins() -> list[str]:
    """Known vulnerabilities of the runtime pins."""
    total = len(_entries(RUNTIME.read_text(encoding="utf-8")))
    command = ["pip_audit", "-r", str(RUNTIME), "--disable-pip", "--require-hashes", "-f", "json"]
    done = subprocess.run(
        [sys.executable, "-m", *command, "--progress-spinner", "off", "--timeout", "15"],
        capture_output=True,
        text=True,
        check=False,
    )
    try:
        found, skipped, seen = vulnerabilities(json.loads(done.stdout))
    except json.JSONDecodeError:
        reason = (done.stderr.strip().splitlines() or ["no answer"])[-1][:200]
        found, skipped, seen = [], total, total
        print(f"audit: the vulnerability service did not answer: {reason}")
    if skipped:
        print(f"audit: WARNING: {skipped} of {seen} runtime pins COULD NOT BE AUDITED for known vulnerabilities")
    print(f"audit: {seen - skipped} of {seen} runtime pins audited, {len(found)} vulnerabilities")
    return found


def write_sbom() -> list[str]:
    """The bill of materials of the runtime pins, as CycloneDX JSON."""
    SBOM.parent.mkdir(exist_ok=True)
    command = ["cyclonedx_py", "requirements", str(RUNTIME), "--pyproject", str(ROOT / "pyproject.toml")]
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", *command, "--output-reproducible", "--of", "JSON", "-o", str(SBOM)],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        return [f"no bill of materials: {done.stderr.strip()[-300:]}"]
    components = len(json.loads(SBOM.read_text(encoding="utf-8"))["components"])
    print(f"audit: {components} components in {SBOM.relative_to(ROOT)}")
    return []


def main() -> int:
    """All checks; the number of findings decides the exit status."""
    problems = [*lock_problems(RUNTIME), *lock_problems(DEV), *pth_problems(Path(sysconfig.get_path("purelib")))]
    problems += audit_pins() + write_sbom()
    for problem in problems:
        print(f"audit: FAILED: {problem}")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
