"""Each family: what it does, what it leaves alone, and its invariants on many prompts of our own."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scorers.rewrites import layout, politeness, typo, verb
from scorers.rewrites.guard import protected
from scorers.rewrites.rewrite import FAMILIES, Rewritten, Unchanged, rewrite, with_control

ASKS = [
    ("verb", "Summarize the minutes of our harbour meeting.", "Sum up the minutes of our harbour meeting."),
    ("verb", "What is the height of the mill?", "What's the height of the mill?"),
    ("verb", "Hello. Tell me where the key is.", "Hello. Let me know where the key is."),
    ("verb", "please calculate the rent", "please compute the rent"),
    ("politeness", "Explain how bees find home.", "Please explain how bees find home."),
    ("politeness", "Please explain how bees find home.", "Explain how bees find home."),
    ("politeness", "Where do bees sleep? Thank you.", "Where do bees sleep?"),
    ("format", "Name 3 knots\n- short\n- safe", "Name 3 knots\n* short\n* safe"),
    ("typo", "Describe the orchard of my neighbour and its situation", None),
]


@pytest.mark.parametrize(("family", "before", "after"), ASKS, ids=[f"{f}:{b}" for f, b, _ in ASKS])
def test_examples(family: str, before: str, after: str | None) -> None:
    """An example a rule, among what its family makes of it over some seeds."""
    made = {
        found.after
        for seed in range(20)
        if isinstance(found := rewrite([{"role": "user", "content": before}], family, seed), Rewritten)
    }
    assert made
    assert after is None or after in made


LEFT = [
    ("verb", "The writer said: create nothing."),
    ("verb", "Correct the spelling: what is the wether?"),
    ("verb", "Make a decision for me."),
    ("politeness", "The weather was fine."),
    ("politeness", "Design Patterns in short"),
    ("politeness", "Report: sales fell"),
    ("typo", "Explain how the spelling of important information is taught."),
    ("typo", "Was kostet die Reparatur der Heizung in diesem Haus und wer bezahlt das?"),
    ("order", "Read both.\n<document id='1'>Plums are blue.</document>\n<document id='2'>Pears are green.</document>"),
    ("order", "See the first document.\n<document>Plums are blue.</document>\n<document>Pears are green.</document>"),
    ("order", "<document>Plums are blue.</document>"),
    ("order", "Which?\n<document>Plums are blue.</document>\n<document>They are sold in May.</document>"),
    ("order", "Which?\n<document>Plums are</document>\n<document>blue in May.</document>"),
    ("format", "I like rivers"),
]


@pytest.mark.parametrize(("family", "text"), LEFT, ids=[f"{f}:{t}" for f, t in LEFT])
def test_left_alone(family: str, text: str) -> None:
    """Where the meaning might change, or nothing asks, a family does nothing."""
    for seed in range(20):
        assert isinstance(rewrite([{"role": "user", "content": text}], family, seed), Unchanged)


def test_documents_change_places_and_nothing_else() -> None:
    """``order`` moves whole documents without numbers; each stays as it was, and so does the question."""
    pieces = [f"<document>{text}</document>" for text in ("Plums are blue.", "Pears are green.", "Figs are soft.")]
    text = "Which fruit is soft?\n" + "\n".join(pieces) + "\nAnswer shortly."
    found = rewrite([{"role": "user", "content": text}], "order", 3)
    assert isinstance(found, Rewritten)
    assert sorted(found.after.split("\n")) == sorted(text.split("\n"))
    assert found.after != text
    assert found.after.startswith("Which fruit is soft?\n")
    assert found.after.endswith("\nAnswer shortly.")


def test_titled_documents_change_places() -> None:
    """Paragraphs under the same label are documents, too."""
    text = "Document: Plums are blue.\n\nDocument: Pears are green.\n\nWhich fruit is green?"
    found = rewrite([{"role": "user", "content": text}], "order", 0)
    assert isinstance(found, Rewritten)
    assert found.after == "Document: Pears are green.\n\nDocument: Plums are blue.\n\nWhich fruit is green?"


def test_document_parts_change_places() -> None:
    """Documents that are parts of their own change places, too; the last part asks, and stays. Not where the question
    speaks of one by its place."""
    parts = [{"type": "text", "text": text} for text in ("Plums are blue.", "Pears are green.", "Which one is green?")]
    found = rewrite([{"role": "user", "content": parts}], "order", 1)
    assert isinstance(found, Rewritten)
    assert [part["text"] for part in found.messages[0]["content"]] == [
        *("Pears are green.", "Plums are blue.", "Which one is green?")
    ]
    placed = [*parts[:-1], {"type": "text", "text": "What does the second document say?"}]
    assert rewrite([{"role": "user", "content": placed}], "order", 1) is Unchanged.NOT_APPLICABLE


def test_material_is_left_alone() -> None:
    """What follows "the following:" is not what is asked, and stays as it is."""
    material = "Create a list. What is the answer? Tell me about important differences."
    text = f"Summarize the following text: {material}"
    for family in ("verb", "politeness", "format"):
        for seed in range(10):
            found = rewrite([{"role": "user", "content": text}], family, seed)
            if isinstance(found, Rewritten):
                assert found.after.endswith(material)


def test_only_the_last_user_turn_changes() -> None:
    """Earlier turns, system text, tool results and other parts are the same objects as before."""
    image = {"type": "image_url", "image_url": {"url": "data:,"}}
    messages = [
        {"role": "system", "content": "Explain the rules."},
        {"role": "user", "content": "Explain the first rule."},
        {"role": "assistant", "content": "It is short."},
        {"role": "user", "content": [image, {"type": "text", "text": "Explain how the rule is used."}]},
        {"role": "tool", "content": "Explain the tool."},
    ]
    found = rewrite(messages, "politeness", 1)
    assert isinstance(found, Rewritten)
    assert [a is b for a, b in zip(messages, found.messages, strict=True)] == [True, True, True, False, True]
    assert found.messages[3]["content"][0] is image
    assert found.messages[3]["content"][1]["text"] == "Please explain how the rule is used."
    assert messages[3]["content"][1]["text"] == "Explain how the rule is used."


def test_a_turn_without_text() -> None:
    """A turn of images alone, and no turn at all, cannot be rewritten, and say so."""
    assert rewrite([{"role": "user", "content": [{"type": "image_url"}]}], "verb") is Unchanged.NO_TEXT
    assert rewrite([], "verb") is Unchanged.NO_TEXT


def test_the_control_changes_the_meaning() -> None:
    """The control adds a demand, and names a word that the prompt does not have."""
    text = "Which lantern or kettle is best?"
    for seed in range(30):
        found = with_control([{"role": "user", "content": text}], seed)
        assert isinstance(found, Rewritten)
        assert found.word.lower() not in text.lower()
        assert found.word in found.after
        assert protected(found.before) != protected(found.after)


_REQUESTS = st.sampled_from(
    [
        *("Explain how", "Please describe the", "What is the", "Create a list of", "Tell me about", "Write a poem on"),
        *("Summarize the", "I'm looking for", "Where is the", "Give me information about", "Name three", "What's the"),
        *("Calculate the", "Compare", "Do you know", "Generate five", "Suggest some", "Show me how to", "Turn the"),
    ]
)
_THINGS = st.sampled_from(
    [
        *("important differences", "information about Lisbon", "not all 12 boats", "`copy_file()` for 3 files"),
        *('"silent night" in 1950', "reports that must never leave", "each of the children's stories", "O'Neil and Wu"),
        *("restaurants near kim@post.example", "$4.50 or 30% of it", "the plan at https://x.example/a?b=1", "{name}"),
    ]
)
_ENDS = st.sampled_from([".", "?", "", ". Keep it short.", "? Use no tables.", ":\nA text. What is the point?", "!"])
_PROMPTS = st.builds(lambda a, b, c, d: f"{a} {b} and {c}{d}", _REQUESTS, _THINGS, _THINGS, _ENDS)


@pytest.mark.parametrize("family", FAMILIES)
@settings(max_examples=300, deadline=None)
@given(text=st.one_of(_PROMPTS, st.text(max_size=200)), seed=st.integers(0, 5))
def test_invariants(family: str, text: str, seed: int) -> None:
    """On any text: the protected multiset is equal after, and the same seed makes the same rewrite."""
    messages = [{"role": "user", "content": text}]
    found = rewrite(messages, family, seed)
    assert found == rewrite(messages, family, seed)
    if isinstance(found, Rewritten):
        assert protected(found.before) == protected(found.after)
        assert found.before == text
        assert found.after != text


def _words(text: str) -> Counter[str]:
    return Counter(re.findall(r"[a-z0-9']+", text.lower()))


@pytest.mark.parametrize(
    ("rule", "words"),
    [(verb.rewrite, verb.WORDS), (politeness.rewrite, politeness.WORDS), (layout.rewrite, layout.WORDS)],
    ids=["verb", "politeness", "format"],
)
@settings(max_examples=300, deadline=None)
@given(text=_PROMPTS, seed=st.integers(0, 5))
def test_closed_vocabulary(rule: Callable[..., str | None], words: frozenset[str], text: str, seed: int) -> None:
    """No word comes or goes but those that the family lists."""
    found = rule(text, Random(seed), verb.Place())
    if found is not None:
        before, after = _words(text), _words(found)
        assert set((before - after) + (after - before)) <= words


@settings(max_examples=300, deadline=None)
@given(text=_PROMPTS, seed=st.integers(0, 5))
def test_a_slip_is_one_exchange_of_letters(text: str, seed: int) -> None:
    """``typo`` exchanges two neighbours inside one word: same letters, two places that differ, ends untouched."""
    found = typo.rewrite(text, Random(seed), verb.Place())
    if found is not None:
        places = [at for at, (a, b) in enumerate(zip(text, found, strict=True)) if a != b]
        assert len(places) == 2
        assert places[1] == places[0] + 1
        assert (text[places[0]], text[places[1]]) == (found[places[1]], found[places[0]])
        assert text[places[0] - 1].isalpha()
        assert text[places[1] + 1].isalpha()
