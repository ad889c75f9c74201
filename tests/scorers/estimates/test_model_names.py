"""Which models have a name of their own: those that Settings spell out, and those that answered, within a bound."""

from __future__ import annotations

from scorers.estimates.model_names import ModelNames
from support.scoring import parsed


def test_only_what_answered_has_a_place() -> None:
    """A name that only clients have said is other, and takes no place from one that answers."""
    label = ModelNames(limit=2).labels({"invented": 0, "real": 3, "more": 9, "less": 1})
    assert [label(name) for name in ("invented", "real", "more", "less", "never seen")] == [
        "other",
        "real",
        "more",
        "other",
        "other",
    ]


def test_listed_names_are_all_there_are() -> None:
    """With ``models.allow`` others are other however often they answer; without it Settings' own names come first."""
    listed = ModelNames.of(parsed(models={"allow": ["gpt-x"]})).labels({"gpt-y": 50})
    assert (listed("gpt-x"), listed("gpt-y")) == ("gpt-x", "other")
    upstream = {"name": "local", "base_url": "http://127.0.0.1:1", "models": ["spelled", "x-*"]}
    own = ModelNames.of(parsed(upstreams=[upstream], models={"max": 2})).labels({"x-1": 5, "x-2": 4})
    assert [own(name) for name in ("spelled", "x-1", "x-2")] == ["spelled", "x-1", "other"]


def test_what_can_be_no_label_is_other() -> None:
    """Control characters and very long names."""
    names = ["a\nb", "x" * 129, "", "fine"]
    label = ModelNames().labels(dict.fromkeys(names, 1))
    assert [label(name) for name in names] == ["other", "other", "other", "fine"]
