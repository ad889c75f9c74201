"""One name for one program: what varies in a system prompt from session to session is masked."""

from __future__ import annotations

import time

import pytest

from proxy.observe.system_prompts import lasting, program_of


def _program(text: str) -> str:
    return program_of(lasting(text))


#: Two sessions of one program, and a third prompt that is another one's.
SESSIONS = [
    (
        "x-anthropic-billing-header: cc_version=2.1.332.a1f; cc_entrypoint=cli; cch=bdead;\nYou mend ferries.",
        "x-anthropic-billing-header: cc_version=2.1.332.0c9; cc_entrypoint=sdk-cli;\nYou mend ferries.",
        "x-anthropic-billing-header: cc_version=2.1.332.0c9; cc_entrypoint=sdk-cli;\nYou sell ferries.",
    ),
    (
        "Be kind.\n<env>\nWorking directory: /srv/a\nPlatform: linux\nToday's date: 2026-11-28\n</env>\nMend.",
        "Be kind.\n<env>\nWorking directory: /Users/ann/b c\nPlatform: darwin\nToday's date: 2026-12-01\n</env>\nMend.",
        "Be kind.\n<env>\nWorking directory: /srv/a\n</env>\nSell.",
    ),
    (
        "# Environment\n - Primary working directory: /srv/a\n - Is a git repository: false\n - Shell: bash\n\nMend.",
        "# Environment\n - Primary working directory: C:\\ferry\n - Is a git repository: true\n - Shell: fish\n\nMend.",
        "# Environment\n - Primary working directory: /srv/a\n - Is a git repository: false\n - Shell: bash\n\nSell.",
    ),
    (
        "Mend.\n\ngitStatus: This is the state.\nCurrent branch: main\n\nM a.py\n\nRecent commits:\n1a2b3c4 first",
        "Mend.\n\ngitStatus: This is the state.\nCurrent branch: tide\n\n(clean)\n\nRecent commits:\nffeeddc second",
        "Sell.\n\ngitStatus: This is the state.",
    ),
    (
        "Today is Saturday, November 28, 2026. Your session is ses_ddd5b7fd1ffeqMZJiGgEUJA0X7.",
        "Today is Friday, May 1, 2027. Your session is ses_a1b2c3d4e5f6g7h8i9j0k1l2m3.",
        "Today is Friday, May 1, 2027. Your shift is ses_a1b2c3d4e5f6g7h8i9j0k1l2m3.",
    ),
    (
        "Look into /home/ann/.ferry/skills and ~/notes. Run 29d6c658-1523-4c67-8b43-8386846dabfd, ask a@ex.org.",
        "Look into /Users/bob/ferry/skills and ~/texts. Run abcdefab-cdef-4c67-8b43-8386846dabfd, ask bob@ex.com.",
        "Write to /home/ann/.ferry/skills and ~/notes. Run 29d6c658-1523-4c67-8b43-8386846dabfd, ask a@ex.org.",
    ),
    (
        "<total_tokens>15000 tokens left</total_tokens> Mend.",
        "<total_tokens>9 tokens left</total_tokens> Mend.",
        "Sell.",
    ),
]


@pytest.mark.parametrize(("one", "same", "other"), SESSIONS)
def test_sessions_of_one_program(one: str, same: str, other: str) -> None:
    """Ids, hashes, dates, paths, the machine and the work tree make no other program; other words do."""
    assert _program(one) == _program(same) != _program(other)


def test_what_does_not_vary_stays() -> None:
    """Words, marks and the order of both are kept."""
    assert (
        _program("You may march in May, and/or tell. Use <tag> [a] x/y.")
        == "You may march in May, and/or tell. Use # [a] x/y."
    )


@pytest.mark.parametrize(
    "unit",
    ["/", "/a", "<env>", "a@", "1.", "\ngitStatus: ", "\n- cwd", "ab_", "{a", "/a b", "a1", "a", "workspace ", "1-"],
)
def test_hostile_prompts_cost_little(unit: str) -> None:
    """The time is linear in the length of the prompt."""
    begun = time.process_time()
    _program(unit * (100_000 // len(unit)) + "1")
    assert time.process_time() - begun < 3
