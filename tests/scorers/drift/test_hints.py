"""Outputs that are hints are no signals of drift."""

from scorers.drift.values import dimensions_of, values_of
from scorers.store.records import Facts, Observation, Seen


def test_a_hint_is_no_signal() -> None:
    """Of groundedness only the output that counts is watched."""
    scores = [Seen(output, "groundedness-3", 1.0, 0.9, "yes") for output in ("ungrounded", "contradicted")]
    seen = Observation(
        app="a", model="m", conversation=None, at=1.0, facts=Facts(), told=False, scores={"groundedness": scores}
    )
    assert {key[0] for key, _ in values_of(seen, "m", dimensions_of(Facts()))} == {
        "groundedness.ungrounded",
        "groundedness.ungrounded.shape",
    }
