"""Draws the set, runs redaction over it, and counts: recall for each kind, false alarms for each look-alike."""

from __future__ import annotations

import random
import re
from dataclasses import dataclass

from proxy.config.settings import Redaction
from proxy.redact import Redactor
from scorers.estimates.tally import wilson
from tests.privacy_set.kinds import LOOKALIKES, PERSONAL
from tests.privacy_set.ordinary import ORDINARY

SEED = 20_260_401
EACH, EACH_LOOKALIKE, EACH_ORDINARY = 150, 60, 500

_AROUND = (
    "Please use {} for this.",
    "{}",
    "My details: {}, thanks!",
    "Is ({}) still right?",
    "contact={};next=1",
    'He wrote: "{}" and left.',
    "Erreichbar unter {} (werktags).",
    "- {}\n- something else",
    '{{"value": "{}"}}',
    "联系方式：{}。",
    "ref:\t{}\tend",
    "[{}](x)",
)


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the table: of ``n`` values, ``hits`` were taken out (whole, where they are personal)."""

    name: str
    n: int
    hits: int

    @property
    def share(self) -> float:
        """Hits over all."""
        return self.hits / self.n

    def told(self) -> str:
        """As in the table: share and 95 % interval."""
        low, high = wilson(self.hits, self.n)
        return f"{100 * self.share:.1f} % ({100 * low:.1f} to {100 * high:.1f})"


def recall() -> list[Line]:
    """For each kind, how many values leave nothing of themselves behind: no run of 6 of their characters."""
    redactor, lines = Redactor(Redaction()), []
    for kind, draw in PERSONAL.items():
        rng = random.Random(f"{SEED}-{kind}")
        found = 0
        for number in range(EACH):
            value = draw(rng)
            text = redactor.text(_AROUND[number % len(_AROUND)].format(value), {})
            found += not _left(value, text)
        lines.append(Line(kind, EACH, found))
    return lines


def _left(value: str, text: str) -> bool:
    """Whether something of the value is still there that says whose it is."""
    core = re.sub(r"(?i)^(?:mailto:|<|bearer )|>$", "", value)
    if "PRIVATE KEY" in core:
        core = core[32:-32]
    return any(core[start : start + 6] in text for start in range(0, max(1, len(core) - 5)))


def false_alarms() -> list[Line]:
    """For each look-alike, how many texts were changed."""
    redactor, lines = Redactor(Redaction()), []
    for name, draw in LOOKALIKES.items():
        rng = random.Random(f"{SEED}-{name}")
        texts = [_AROUND[number % len(_AROUND)].format(draw(rng)) for number in range(EACH_LOOKALIKE)]
        lines.append(Line(name, EACH_LOOKALIKE, sum(redactor.changes(text) for text in texts)))
    return lines


def ordinary() -> list[Line]:
    """For each kind of ordinary text, how many texts were changed: nothing secret is in any."""
    redactor, lines = Redactor(Redaction()), []
    for name, draw in ORDINARY.items():
        rng = random.Random(f"{SEED}-{name}")
        changed = sum(redactor.changes(draw(rng)) for _ in range(EACH_ORDINARY))
        lines.append(Line(name, EACH_ORDINARY, changed))
    return lines


def total(lines: list[Line], name: str = "all") -> Line:
    """The lines together."""
    return Line(name, sum(line.n for line in lines), sum(line.hits for line in lines))


def table() -> str:
    """Both tables, as they stand in docs/privacy.md."""
    rows = ["| kind | n | found, with 95 % interval |", "|---|---|---|"]
    found = recall()
    rows += [f"| {line.name} | {line.n} | {line.told()} |" for line in [*found, total(found)]]
    rows += ["", "| looks like personal data | n | false alarms, with 95 % interval |", "|---|---|---|"]
    wrong = false_alarms()
    rows += [f"| {line.name} | {line.n} | {line.told()} |" for line in [*wrong, total(wrong)]]
    rows += ["", "| ordinary text | n | false alarms, with 95 % interval |", "|---|---|---|"]
    plain = ordinary()
    rows += [f"| {line.name} | {line.n} | {line.told()} |" for line in [*plain, total(plain)]]
    return "\n".join(rows) + "\n"
