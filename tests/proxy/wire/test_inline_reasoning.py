"""Reasoning that a server left in the text is taken out, in every form; an answer that speaks of the marks stays."""

from __future__ import annotations

import time

import pytest

from proxy.wire.inline_reasoning import without_thinking


@pytest.mark.parametrize(
    "text",
    [
        "<think>I must not say.</think>\nAt six.",
        "<THINK>I must not say.</Think>\nAt six.",
        "<thoughts>I must not say.</thoughts>\nAt six.",
        "<|begin_of_thought|>I must not say.<|end_of_thought|>\n<|begin_of_solution|>At six.<|end_of_solution|>",
        "I must not say.\n</think>\n\nAt six.",
        "I must not say.</thinking>At six.",
        " \n<thinking>I must not say.</thinking> At six.",
        "<reasoning>I must not say.</reasoning>At six.",
        "<thought>I must not say.</thought>At six.",
        "[THINK]I must not say.[/THINK]At six.",
        "I must not say.[/THINK]At six.",
        "◁think▷I must not say.◁/think▷At six.",
        "<seed:think>I must not say.</seed:think>At six.",
        "<|START_THINKING|>I must not say.<|END_THINKING|>At six.",
        "<|channel>thought\nI must not say.<channel|>At six.",
        "<unused94>thought\nI must not say.<unused95>At six.",
        "<scratchpad>I must not say.</scratchpad>\nAt six.",
        "<analysis>I must not say.</analysis>\nAt six.",
        "<Analysis>I must not say.</Analysis><think>Or say.</think>At six.",
        "I must not say.</analysis>At six.",
        "<longcat_think>I must not say.</longcat_think>At six.",
        "I must not say.</longcat_think>At six.",
        "<mm:think>I must not say.</mm:think>At six.",
        "<thinking_process>I must not say.</thinking_process>\nAt six.",
        "<inner_monologue>I must not say.</inner_monologue>At six.",
        "<think>I must not say.</think><think>Or say.</think>At six.",
        "<|channel|>analysis<|message|>I must not say.<|end|><|start|>assistant<|channel|>final<|message|>At six.",
        "<|start|>assistant<|channel|>commentary<|message|>not say<|end|><|start|>assistant<|channel|>final"
        " <|constrain|>json<|message|>At six.<|return|>",
        "analysisI must not say.assistantfinalAt six.",
        "<|think|>I must not say.<|end|><|begin|>assistant<|content|>At six.",
        "<|think|>I must not say.<|end|><|begin|>assistant<|think|>Or say.<|end|><|begin|>assistant<|content|>At six.",
        "Here is my thought process:\nI must not say.\n\nHere is my response:\nAt six.",
        " Here's my thought process: I must not say.\nHere's my response: At six.",
        "Here is my thought process:\n```\nHere is my response:\n```\nnot this.\nHere is my response:\nAt six.",
        "Here are my reasoning steps:\nI must not say.\n[BEGIN FINAL RESPONSE]\nAt six.\n[END FINAL RESPONSE]",
        "Here are my reasoning steps:\nI must not say.\n[BEGIN FINAL RESPONSE]\nAt six.<|end|>",
        "I must not say.\n[BEGIN FINAL RESPONSE]\nAt six.\n[END FINAL RESPONSE]\n<|end|>\n",
    ],
)
def test_what_was_thought_is_taken_out(text: str) -> None:
    """Blocks, ends whose beginning was in the template, and channels leave the answer alone."""
    assert without_thinking(text).strip() == "At six."


def test_what_was_thought_between_two_pieces() -> None:
    """A block at the beginning of a line is taken out of the middle, one after another, and one that never ends."""
    text = "At six.\n<think>Sure?</think>From the quay.\n<think>Sure?</think>\nDaily.\n<think>And"
    assert without_thinking(text).split() == ["At", "six.", "From", "the", "quay.", "Daily."]


@pytest.mark.parametrize(
    "text",
    [
        "At six.",
        "Write `<think>` and `</think>` around it.",
        'The mark is "</think>".',
        "Put <think> before it and </think> after it.",
        "```\n<think>\nno\n</think>\n```\nis how it looks.",
        "if a < b and c[1] > d: print(1)",
        "Analysis shows that it leaves at six.",
        "Here is my thought process: the board comes first, and the clerk confirms it.",
        "Here is my thought process: I end with the words Here is my response: and then the time.",
        "Granite begins with:\nHere is my thought process:\nand goes on with:\nHere is my response:\nAt six.",
        "Here are my reasoning steps:\n1. Read the board.\n2. Ask the clerk. So it leaves at six.",
        "Apriel's answer stands between\n[BEGIN FINAL RESPONSE]\nand\n[END FINAL RESPONSE]\nand nothing else is shown.",
        "The answer follows the mark [BEGIN FINAL RESPONSE] and ends with the mark [END FINAL RESPONSE]",
        "It looks so:\n```\n[BEGIN FINAL RESPONSE]\nAt six.\n[END FINAL RESPONSE]\n```",
        "I close what I say with [END FINAL RESPONSE]",
        "Solar thinks after `<|think|>` and answers after `<|end|><|begin|>assistant<|content|>`.",
        "",
    ],
)
def test_what_is_said_stays(text: str) -> None:
    """An answer without reasoning is not touched, also where it speaks of the marks."""
    assert without_thinking(text) == text


@pytest.mark.parametrize(
    "text", ["<think>And so", "<|channel|>analysis<|message|>And so", "[THINK]", "<thinking>x</think>"]
)
def test_reasoning_that_never_ends_is_all(text: str) -> None:
    """Nothing was said."""
    assert without_thinking(text) == ""


@pytest.mark.parametrize(
    "piece",
    [
        *(
            "<think>",
            "</think>",
            "<think>x</think>\n",
            "a\n<think>",
            "<|channel|>final<|message|>x",
            "[",
            "```\n<think>",
        ),
        *("<|think|>", "<|end|><|begin|>assistant<|content|>", "Here is my thought process:", " ", "\n", " \n"),
        *(
            "Here is my thought process:\n```\nHere is my response:\n",
            "[END FINAL RESPONSE]",
            "```[BEGIN FINAL RESPONSE]\n",
        ),
        *("```\n[BEGIN FINAL RESPONSE]\n", "[END FINAL RESPONSE]   <|end|>", "\n[BEGIN FINAL RESPONSE]   "),
    ],
)
def test_hostile_texts_take_linear_time(piece: str) -> None:
    """Half a megabyte of marks is read within a second."""
    started = time.process_time()
    without_thinking(piece * (500_000 // len(piece)))
    assert time.process_time() - started < 1


@pytest.mark.parametrize("piece", ["<think>\U0001f4a1</think>", "<analysis>\U0001f4a1</analysis>"])
def test_many_thoughts_in_a_row_take_linear_time(piece: str) -> None:
    """Two megabytes of thoughts, each of which ends: what follows one is not copied for each of them."""
    started = time.process_time()
    assert without_thinking(piece * (2_000_000 // len(piece)) + "At six.") == "At six."
    assert time.process_time() - started < 2


def test_an_analysis_that_is_the_answer() -> None:
    """``<analysis>`` is reasoning where an answer follows it; applications ask for an answer by this name, too."""
    for alone in ("<analysis>Six is early.</analysis>", "<analysis>\nSix is early.\n</analysis>\n", "<analysis>Six is"):
        assert without_thinking(alone) == alone
    report = "<report><analysis>Six is early.</analysis><advice>Wait.</advice></report>"
    assert without_thinking(report) == report
