"""``distilled.json``: what a model was fitted on, how well it did on what it had not seen, and whether it may be used.

It may be used where it wins on at least ``WINS`` held-out parts and loses on none. A part is a source (an
application, a file) that the weights had not seen; where there are fewer than three, a third of the documents.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import msgspec

from proxy.errors import ConfigError

FILE = "distilled.json"
TASK: Literal["groundedness.ungrounded"] = "groundedness.ungrounded"
#: Held-out parts that a model must win on.
WINS = 3
#: Least specificity at its own threshold on a part; a model that has less there, and less than the head, loses.
LEAST = 0.9
Share = Annotated[float, msgspec.Meta(ge=0, le=1)]
Range = tuple[float, float]


class Held(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One model on one part. ``sensitivity``: at specificity .95 of the part itself; ``found`` and ``specificity``: at
    the threshold, which was chosen without the part. Each with its 95 % interval (Wilson)."""

    auroc: Share
    sensitivity: Share
    sensitivity_interval: Range
    found: Share
    found_interval: Range
    specificity: Share
    specificity_interval: Range


class Part(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A held-out part: its answers, the model and the head on them, and the 95 % intervals of what they differ by."""

    name: str
    ungrounded: int
    grounded: int
    model: Held
    head: Held
    auroc_gain: Range
    sensitivity_gain: Range

    @property
    def result(self) -> str:
        """``wins``: better in both by more than noise; ``loses``: worse in either, or false alarms; else ``even``."""
        gains = (self.auroc_gain, self.sensitivity_gain)
        alarms = self.model.specificity < min(LEAST, self.head.specificity)
        if alarms or any(upper < 0 for _, upper in gains):
            return "loses"
        return "wins" if all(lower > 0 for lower, _ in gains) else "even"


class Card(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``labels``: how many answers were labelled by whom. ``head``: the version of groundedness that it was fitted
    beside. ``offset``: the log-odds at the threshold, .5. ``weights``: the digest of the weights' file."""

    task: Literal["groundedness.ungrounded"]
    head: str
    labels: dict[str, int]
    held_out: Literal["source", "documents"]
    parts: list[Part]
    offset: float
    weights: Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{16}$")]

    @property
    def wins(self) -> bool:
        """Whether it may be used."""
        results = [part.result for part in self.parts]
        return results.count("wins") >= WINS and "loses" not in results

    @property
    def told(self) -> str:
        """How it did, in a few words."""
        results = [part.result for part in self.parts]
        counted = ", ".join(f"{name} on {results.count(name)}" for name in ("wins", "even", "loses"))
        return f"{counted} of {len(results)} held-out parts"


def is_one(folder: Path) -> bool:
    """Whether the folder holds a distilled model."""
    return (folder / FILE).is_file()


def read_card(folder: Path, scorer: str = "groundedness") -> Card:
    """The card in ``folder``, of a model that may be used by ``scorer``. Raises ``ConfigError``, one line."""
    key = f"scorers.{scorer}.model"
    if scorer != "groundedness":
        raise ConfigError([f"{key}: {folder}: a distilled model is for groundedness only"])
    try:
        card = msgspec.json.decode((folder / FILE).read_bytes(), type=Card)
    except (OSError, msgspec.DecodeError) as error:
        raise ConfigError([f"{key}: {FILE}: {error}"]) from None
    if not (folder / "weights.npz").is_file():
        raise ConfigError([f"{key}: {folder} has no weights.npz"])
    if not card.wins:
        raise ConfigError(
            [f"{key}: {folder}: the model does not win ({card.told}; {WINS} wins and no loss are needed)"]
        )
    return card
