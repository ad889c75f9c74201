"""The families on prompts that people wrote: nothing protected changes, and enough of them can be rewritten."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from scorers.rewrites.guard import protected
from scorers.rewrites.rewrite import FAMILIES, Rewritten, rewrite

SETS = ("halueval_general", "in3", "clariq", "coconot_pref", "piguard_valid", "deepset_injection", "bipia_indirect")
#: Share of prompts that each family can rewrite, at least; ``order`` needs documents, which these have not.
LEAST = {"verb": 0.18, "politeness": 0.65, "format": 0.65, "typo": 0.45, "order": 0.0}


def _prompts(folder: Path) -> Iterator[str]:
    for name in SETS:
        rows = map(json.loads, (folder / f"{name}.jsonl").read_text(encoding="utf-8").splitlines())
        found = list(dict.fromkeys(row["prompt"] for row in rows if row.get("prompt")))
        yield from Random(name).sample(found, min(400, len(found)))


@pytest.mark.shared_data
def test_nothing_protected_changes_on_two_thousand_prompts(shared_data: Path) -> None:
    """Over 2,000 prompts: no number, quotation, code, name, negation, quantifier or modal verb changes; coverage."""
    prompts = list(_prompts(shared_data))
    assert len(prompts) > 2_000
    made: Counter[str] = Counter()
    covered = 0
    for text in prompts:
        messages = [{"role": "user", "content": text}]
        found = {family: rewrite(messages, family, 1) for family in FAMILIES}
        for family, one in found.items():
            if isinstance(one, Rewritten):
                made[family] += 1
                assert protected(one.before) == protected(one.after)
                assert one.after != text
        covered += any(isinstance(one, Rewritten) for one in found.values())
    for family, least in LEAST.items():
        assert made[family] / len(prompts) >= least, (family, made[family])
    assert covered / len(prompts) >= 0.85
