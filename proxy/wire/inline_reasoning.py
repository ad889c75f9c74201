"""Reasoning that a server left inside the answer text: the markers around it, and the text without it.

Markers of: DeepSeek, Qwen and most others (``<think>``), Claude when prompted to think aloud (``<thinking>``), Gemini
behind some proxies (``<thought>``), Magistral (``[THINK]``), Kimi (``◁think▷``), Sky-T1 and OpenThinker
(``<|begin_of_thought|>``, also with markers around the answer), Seed-OSS, LongCat, Command A, Apertus, MedGemma,
Gemma 4, Solar, and gpt-oss, whose channels carry reasoning (``analysis``), notes on tools (``commentary``) and the
answer (``final``). Granite and Apriel announce both in words. Source of these and of Solar's: the reasoning parsers of
vLLM.
"""

from __future__ import annotations

import re

_TAGS = (
    "think",
    "thinking",
    "thought",
    "thoughts",
    "reasoning",
    "reflection",
    "seed:think",
    "antthinking",
    "scratchpad",
    "analysis",
    "mm:think",
    "longcat_think",
    "ai_think",
    "thinking_process",
    "thought_process",
    "internal_thoughts",
    "internal_monologue",
    "inner_thoughts",
    "inner_monologue",
    "chain_of_thought",
    "cot",
)
#: How reasoning begins and ends, in lower case.
MARKS: tuple[tuple[str, str], ...] = (
    *((f"<{tag}>", f"</{tag}>") for tag in _TAGS),
    ("[think]", "[/think]"),
    ("◁think▷", "◁/think▷"),
    ("<|start_thinking|>", "<|end_thinking|>"),
    ("<|inner_prefix|>", "<|inner_suffix|>"),
    ("<|begin_of_thought|>", "<|end_of_thought|>"),
    ("<|channel>thought", "<channel|>"),
    ("<unused94>thought", "<unused95>"),
    ("<|think|>", "<|end|><|begin|>assistant<|content|>"),
    ("<|channel|>analysis", "<|channel|>final<|message|>"),
)
_PAIRS = MARKS[:-1]
#: What is the answer itself where nothing follows it: applications ask for it by this name, too.
_ALONE = "<analysis>"
_SAID = re.compile(r"\S")
_BEGINS = re.compile(r"\s*(?:" + "|".join(f"({re.escape(begin)})" for begin, _ in _PAIRS) + ")", re.IGNORECASE)
_ENDS = [re.compile(re.escape(end), re.IGNORECASE) for _, end in _PAIRS]
#: An end without a beginning: the template of the request had it. Quoted, it is spoken of.
_LONE_END = re.compile(
    r"(?<![`\"'])(?:" + "|".join(re.escape(end) for _, end in _PAIRS) + r")(?![`\"'])", re.IGNORECASE
)
#: Between two pieces of an answer (MiniMax): only at the beginning of a line, and only what has no other meaning.
_BETWEEN = re.compile(r"^[ \t]*(?:<think>|<thinking>|\[think\]|◁think▷|<seed:think>)", re.IGNORECASE | re.MULTILINE)
#: Around the answer, beside those around the reasoning.
_SOLUTION = re.compile(r"\A\s*<\|begin_of_solution\|>|<\|end_of_solution\|>\s*\Z", re.IGNORECASE)
_CHANNEL = re.compile(r"\s*(?:<\|start\|>assistant\s*)?<\|channel\|>")
_FINAL = re.compile(r"<\|channel\|>final(?:[^<]|<\|constrain\|>){0,64}<\|message\|>")
_CHANNEL_END = re.compile(r"<\|(?:return|end|call|start|channel)\|>")
#: How the line begins that ends the reasoning of Apriel, and what stands behind its answer. Its template can hold the
#: words before the reasoning; then the latter shows whose marks they are.
_RESPONSE = re.compile(r"^[ \t]*\[BEGIN FINAL RESPONSE\]", re.MULTILINE)
_RESPONSE_END = "[END FINAL RESPONSE]"
#: Reasoning that is announced in words: how the text begins (Granite, Apriel), and how the line that ends it does.
_WORDED = (
    (
        re.compile(r"\s*Here(?: is|'s) my thought process:"),
        re.compile(r"^[ \t]*Here(?: is|'s) my response:", re.MULTILINE),
    ),
    (re.compile(r"\s*Here are my reasoning steps:"), _RESPONSE),
)
#: The channels of gpt-oss without their marks, which some servers drop.
_BARE_CHANNEL, _BARE_FINAL = "analysis", "assistantfinal"


def without_thinking(text: str) -> str:
    """``text`` without its reasoning; empty if it is only reasoning or the reasoning never ends. Linear time."""
    if text.startswith(_BARE_CHANNEL) and _BARE_FINAL in text:
        return text.rpartition(_BARE_FINAL)[2]
    if (said := _after_words(text)) is not None:
        return said
    if "<" not in text and "[" not in text and "◁" not in text:
        return text
    if _CHANNEL.match(text):
        return _finals(text)
    text = _without_leading(text)
    lone = _LONE_END.search(text)
    if lone is not None and text.count("```", 0, lone.start()) % 2 == 0 and not _is_begun(text, lone):
        text = _without_leading(text[lone.end() :])
    return _SOLUTION.sub("", _without_between(text))


def _after_words(text: str) -> str | None:
    """The answer behind reasoning that is announced in words; ``None`` unless beginning and end are at their places."""
    for begins, ends in _WORDED:
        if begin := begins.match(text):
            return _answer(text, begin.end(), ends)
    return _answer(text, 0, _RESPONSE) if _RESPONSE_END in text and _whole(text).endswith(_RESPONSE_END) else None


def _answer(text: str, start: int, ends: re.Pattern[str]) -> str | None:
    """What follows the first of ``ends`` that stands in no fence."""
    fences, counted = 0, start
    for end in ends.finditer(text, start):
        fences, counted = fences + text.count("```", counted, end.start()), end.start()
        if fences % 2 == 0:
            return _whole(text[end.end() :]).removesuffix(_RESPONSE_END)
    return None


def _whole(text: str) -> str:
    """``text`` without the token by which Apriel ends it."""
    return text.rstrip().removesuffix("<|end|>").rstrip()


def _finals(text: str) -> str:
    said = []
    for match in _FINAL.finditer(text):
        end = _CHANNEL_END.search(text, match.end())
        said.append(text[match.end() : end.start() if end else len(text)])
    return "\n".join(said)


def _without_leading(text: str) -> str:
    start = 0
    while begin := _BEGINS.match(text, start):
        assert begin.lastindex is not None
        end = _ENDS[begin.lastindex - 1].search(text, begin.end())
        if begin[0].lstrip().lower() == _ALONE and (end is None or _SAID.search(text, end.end()) is None):
            break
        if end is None:
            return ""
        start = end.end()
    return text[start:]


def _is_begun(text: str, end: re.Match[str]) -> bool:
    """Whether the matching start marker precedes this end marker. If so, both are part of the answer."""
    begin = next(begin for begin, known in _PAIRS if known == end[0].lower())
    return begin in text[: end.start()].lower()


def _without_between(text: str) -> str:
    kept, start, fences, counted = [], 0, 0, 0
    for begin in _BETWEEN.finditer(text):
        fences, counted = fences + text.count("```", counted, begin.start()), begin.start()
        if begin.start() < start or fences % 2 == 1:
            continue
        kept.append(text[start : begin.start()])
        pair = _BEGINS.match(text, begin.start())
        assert pair is not None
        assert pair.lastindex is not None
        end = _ENDS[pair.lastindex - 1].search(text, begin.end())
        start = len(text) if end is None else end.end()
    return "".join([*kept, text[start:]]) if kept else text
