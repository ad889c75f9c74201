"""Making a Score of what a scorer found: the verdict at the threshold, or the reason; the choice's weight 1/n."""

from __future__ import annotations

import msgspec

from proxy.config.settings import ScorerSettings
from proxy.sample import Choice, Sample
from scorers.reading.answer import told
from scorers.score import Reason, Score, Verdict

#: An explanation quotes at most this many characters.
SHOWN = 200


class Event(msgspec.Struct, frozen=True):
    """What a scorer decides: its name, the output, the version, and the value from which the verdict is yes."""

    scorer: str
    output: str
    version: str
    threshold: float

    def at(self, settings: ScorerSettings) -> Event:
        """This event with the threshold of ``settings``, if they have one."""
        if settings.threshold is None:
            return self
        return msgspec.structs.replace(self, threshold=settings.threshold)


def judged(sample: Sample, choice: Choice, event: Event, found: float | Reason, explanation: str = "") -> Score:
    """The score of one choice: ``found`` is P(event), or why there is none.

    Raises ``ValueError`` when it is no probability.
    """
    value = None if isinstance(found, Reason) else found
    return Score(
        sample_id=sample.id,
        scorer=event.scorer,
        output=event.output,
        version=event.version,
        choice=choice.index,
        weight=1.0 / max(1, len(sample.choices)),
        value=value,
        verdict=None if value is None else Verdict.YES if value >= event.threshold else Verdict.NO,
        unscored_reason=found if isinstance(found, Reason) else None,
        explanation="" if value is None else _told(sample, choice, explanation),
    )


def _told(sample: Sample, choice: Choice, explanation: str) -> str:
    """The explanation, with where the text was read if that is not the answer's own."""
    return "; ".join(filter(None, (told(sample, choice), explanation)))[:SHOWN]
