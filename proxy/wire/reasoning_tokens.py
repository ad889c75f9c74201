"""Whether reasoning tokens are inside of the output that is counted, or beside it."""

from __future__ import annotations


def output_beside(taken: int, given: int, reasoning: int, total: int | None) -> tuple[int, int]:
    """Output tokens without reasoning tokens, and the reasoning tokens.

    Most providers include reasoning in the completion count. xAI and Gemini count it separately, and Gemini shows this
    only in the total. Tokens in the total beyond input and output are reasoning tokens.
    """
    beside = total - taken - given if total is not None else 0
    if beside > 0 and beside >= reasoning:
        return given, beside
    return (given, reasoning) if reasoning > given else (given - reasoning, reasoning)
