"""From the answers of both arms to outcomes: 1 where the candidate is better, -1 where it is worse. Pure.

A failure of an arm is a loss in everything that is about quality, never a reason to leave a pair out. What does not
apply to an answer did not happen in it. Only what could not be found out is missing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from proxy.config.offpath import ANSWER_OUTPUTS
from proxy.exchange import Usage
from proxy.wire.usage import usage_of
from scorers.experiments.spec import COST, FAILURE, FIRST_TOKEN, LATENCY
from scorers.score import NOT_APPLICABLE, Score, Verdict
from scorers.statistics.enrolment import event_difference, log_ratio
from scorers.store.experiments import CANDIDATE, CONTROL, Pair

#: Output -> P-free event: 1 yes, 0 no, 0.5 unsure, ``None`` not applicable. An output that is absent is not known.
Events = Mapping[str, float | None]
_EVENT = {Verdict.YES: 1.0, Verdict.NO: 0.0, Verdict.UNSURE: 0.5}
_FENCE = re.compile(r"^\s*(```|~~~).*$", re.MULTILINE)
_MARKS = re.compile(r"(\*\*|__|`|^\s{0,3}#{1,6}\s+|^\s*[-*+]\s+|^\s*\d+[.)]\s+|^\s*>\s?)", re.MULTILINE)
_LINK = re.compile(r"\[([^\]\n]*)\]\([^)\n]*\)")
_LIST = re.compile(r"^\s*([-*+]|\d+[.)])\s+", re.MULTILINE)


def events_of(scores: list[Score]) -> dict[str, float | None]:
    """The events of one answer. What a scorer could not do is left out: it is missing, not absent."""
    found: dict[str, float | None] = {}
    for score in scores:
        name = f"{score.scorer}.{score.output}"
        if name not in ANSWER_OUTPUTS:
            continue
        if score.unscored_reason is None and score.verdict is not None:
            found[name] = _EVENT[score.verdict]
        elif score.unscored_reason in NOT_APPLICABLE:
            found[name] = None
    return found


def outcomes_of(pair: Pair, events: Mapping[str, Events], plain: Mapping[str, float | None]) -> dict[str, float | None]:
    """The outcomes of a pair that both arms have ended, without those of the judge and of people.

    ``events``: by arm. ``plain``: USD by arm, with no token taken as cached.
    """
    lost = {arm: float(arm in pair.failures) for arm in (CANDIDATE, CONTROL)}
    found: dict[str, float | None] = {FAILURE: lost[CONTROL] - lost[CANDIDATE]}
    for name in ANSWER_OUTPUTS:
        found[name] = _difference(name, events, lost)
    if any(lost.values()):
        # Nothing was answered, so nothing was faster or cheaper.
        return found | dict.fromkeys((COST, LATENCY, FIRST_TOKEN))
    one, other = plain.get(CANDIDATE), plain.get(CONTROL)
    found[COST] = None if one is None or other is None else log_ratio(one, other)
    for name, field in ((LATENCY, "seconds"), (FIRST_TOKEN, "first_token")):
        mine, theirs = (pair.answers[arm].get(field) for arm in (CANDIDATE, CONTROL))
        found[name] = None if mine is None or theirs is None else log_ratio(float(mine), float(theirs))
    return found


def _difference(name: str, events: Mapping[str, Events], lost: Mapping[str, float]) -> float | None:
    if any(lost.values()):
        return lost[CONTROL] - lost[CANDIDATE]
    one, other = events.get(CANDIDATE, {}), events.get(CONTROL, {})
    return event_difference(one[name], other[name]) if name in one and name in other else None


def noise_of(pair: Pair, events: Mapping[str, Events], served: Events | None) -> dict[str, float | None]:
    """The control against what was served: how much one and the same arm differs from itself."""
    if served is None or CONTROL in pair.failures:
        return {}
    again = events.get(CONTROL, {})
    return {
        name: event_difference(again[name], served[name]) for name in ANSWER_OUTPUTS if name in again and name in served
    }


def judged_failure(pair: Pair) -> float | None:
    """The judge's outcome where an arm has no answer; ``None`` where both have one."""
    lost = {arm: float(arm in pair.failures) for arm in (CANDIDATE, CONTROL)}
    return lost[CONTROL] - lost[CANDIDATE] if any(lost.values()) else None


def stripped(text: str) -> str:
    """A text without its Markdown, since judges prefer what is formatted."""
    text = _LINK.sub(r"\1", _FENCE.sub("", text))
    return "\n".join(line.strip() for line in _MARKS.sub("", text).splitlines() if line.strip())


def beside(pair: Pair) -> dict[str, Any]:
    """What stands beside the outcomes: lengths, form, cuts and cached tokens by arm."""
    arms = {arm: _shape(answer) for arm, answer in pair.answers.items()}
    lengths = [arms[arm]["characters"] for arm in (CANDIDATE, CONTROL) if arm in arms]
    ratio = lengths[0] / lengths[1] if len(lengths) == 2 and lengths[1] else None
    return {"arms": arms, "length_ratio": ratio, "failed": dict(pair.failures)}


def _shape(answer: Mapping[str, Any]) -> dict[str, Any]:
    text = str(answer.get("text") or "")
    usage = usage_of(answer.get("usage")) or Usage()
    return {
        "characters": len(text),
        "lists": len(_LIST.findall(text)),
        "marks": len(_MARKS.findall(text)),
        "cut": bool(answer.get("cut")),
        "cost_usd": answer.get("cost_usd"),
        "seconds": answer.get("seconds"),
        "first_token": answer.get("first_token"),
        "cached_tokens": usage.cached_input,
        "tokens": usage.output + usage.reasoning_output,
    }


def uncached(answer: Mapping[str, Any]) -> Usage | None:
    """The tokens of an answer as if none had been cached: which arm is asked second must not decide what it costs."""
    usage = usage_of(answer.get("usage"))
    if usage is None:
        return None
    whole = usage.input + usage.cached_input + usage.cache_write
    return Usage(input=whole, output=usage.output, reasoning_output=usage.reasoning_output)
