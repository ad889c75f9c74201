"""What a run says: noise, wording, the control, by rewrite; as JSON, and as a text for people."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from scorers.asking.answer import Answer
from scorers.rewrites.control import heard
from scorers.rewrites.rewrite import CONTROL
from scorers.stability.compare import Traits, differ, difference, traits
from scorers.stability.plan import BASE, Prompt
from scorers.statistics.components import Component, noise, prompt_of, wording
from scorers.statistics.components import Prompt as Shares
from scorers.store.runs import Ask, AskState, Run, charged_usd

#: The members of ``stability run --json``; the stored result has more.
KEYS = (*("app", "model", "prompts", "asked", "skipped", "noise", "wording", "control", "by_rewrite", "cost_usd"),)
#: Below this share of prompts that can be rewritten at all, a run says that it covers little.
ENOUGH_COVERED = 0.6


def document(run: Run, asks: Iterable[Ask]) -> dict[str, Any]:
    """The result of a run: plain JSON."""
    prompts = msgspec.convert(run.plan["prompts"], list[Prompt])
    found = list(asks)
    by_prompt: dict[str, list[Ask]] = defaultdict(list)
    for ask in found:
        by_prompt[ask.case_id].append(ask)
    answers = {prompt.id: _answers(by_prompt[prompt.id]) for prompt in prompts}
    shares = {prompt.id: _shares(prompt, answers[prompt.id]) for prompt in prompts}
    sent = [ask for ask in found if ask.state in (AskState.DONE.value, AskState.FAILED.value)]
    skipped = Counter(ask.reason or "" for ask in found if ask.state == AskState.SKIPPED.value)
    skipped.update(run.plan["left_out"])
    covered = sum(any(arm != CONTROL for arm in prompt.arms) for prompt in prompts)
    return {
        "app": run.app,
        "model": run.model,
        "prompts": len(prompts),
        "asked": len(sent),
        "skipped": dict(skipped),
        "noise": component(noise(shares.values())),
        "wording": component(wording(shares.values())),
        "control": _control(prompts, answers),
        "by_rewrite": _by_rewrite(run, prompts, shares),
        "cost_usd": charged_usd(found),
        "run": run.id,
        "upstream": run.plan["upstream"],
        "repeats": run.plan["repeats"],
        "failed": dict(Counter(ask.reason or "" for ask in sent if ask.state == AskState.FAILED.value)),
        "coverage": covered / len(prompts) if prompts else None,
        "redacted": sum(prompt.redacted for prompt in prompts),
        "differ_in": dict(_kinds(answers.values())),
    }


def signals(run: Run, asks: Iterable[Ask]) -> list[tuple[str, float]]:
    """What drift signals see of a run: for each prompt ``stability.noise``, the share of pairs of repeats that differ,
    and ``stability.wording``, the share of pairs of a repeat and a rewrite that differ (noise included)."""
    by_prompt: dict[str, list[Ask]] = defaultdict(list)
    for ask in asks:
        by_prompt[ask.case_id].append(ask)
    found: list[tuple[str, float]] = []
    for prompt in msgspec.convert(run.plan["prompts"], list[Prompt]):
        own = _shares(prompt, _answers(by_prompt[prompt.id]))
        if own.within is not None:
            found.append(("stability.noise", own.within))
        if own.across:
            found.append(("stability.wording", sum(own.across.values()) / len(own.across)))
    return found


def component(found: Component | None) -> dict[str, float | None]:
    """A component as JSON; ``null`` where nothing could be said."""
    if found is None:
        return {"ratio": None, "lower": None, "upper": None}
    return {"ratio": found.ratio, "lower": found.lower, "upper": found.upper}


def _answers(asks: Sequence[Ask]) -> dict[str, list[tuple[Answer, Traits]]]:
    """Arm -> its answers with their traits, in the order of repeats."""
    found: dict[str, list[tuple[Answer, Traits]]] = defaultdict(list)
    for ask in sorted(asks, key=lambda ask: (ask.arm, ask.repeat)):
        if ask.state == AskState.DONE.value and ask.answer is not None:
            answer = msgspec.convert(ask.answer, Answer)
            said: dict[str, str] = next((check["verdicts"] for check in ask.checks if "verdicts" in check), {})
            found[ask.arm].append((answer, traits(answer, said)))
    return found


def _shares(prompt: Prompt, answers: Mapping[str, list[tuple[Answer, Traits]]]) -> Shares:
    rewrites = {arm: [own for _, own in answers.get(arm, [])] for arm in prompt.arms if arm != CONTROL}
    return prompt_of(prompt.cluster, [own for _, own in answers.get(BASE, [])], rewrites, differ)


def _control(
    prompts: Sequence[Prompt], answers: Mapping[str, Mapping[str, list[tuple[Answer, Traits]]]]
) -> dict[str, int]:
    n = deaf = 0
    for prompt in prompts:
        for answer, own in answers[prompt.id].get(CONTROL, []):
            n += 1
            deaf += _is_deaf(prompt.word, answer, own, [base for _, base in answers[prompt.id].get(BASE, [])])
    return {"n": n, "deaf": deaf}


def _is_deaf(word: str, answer: Answer, own: Traits, repeats: Sequence[Traits]) -> bool:
    """Whether an answer ignored the control. What cannot begin with a word (a tool call, JSON) is deaf where it is the
    same as without the control."""
    if heard(answer.text, word) or heard(answer.refusal, word):
        return False
    if any(heard(arguments, word) for _, arguments in own.calls):
        return False
    if own.calls or own.is_json:
        return any(not differ(own, base) for base in repeats)
    return True


def _by_rewrite(run: Run, prompts: Sequence[Prompt], shares: Mapping[str, Shares]) -> dict[str, Any]:
    found = {}
    for family in run.plan["rewrites"]:
        left_out = Counter(prompt.left_out[family] for prompt in prompts if family in prompt.left_out)
        rewritten = sum(family in prompt.arms for prompt in prompts)
        found[family] = {
            **component(wording(shares.values(), family)),
            "prompts": rewritten,
            "coverage": rewritten / len(prompts) if prompts else None,
            "not_preserved": left_out["not_preserved"],
        }
    return found


def _kinds(answers: Iterable[Mapping[str, list[tuple[Answer, Traits]]]]) -> Counter[str]:
    """In what rewrites differ from the first repeat: verdict, tool calls, ..."""
    found: Counter[str] = Counter()
    for own in answers:
        base = own.get(BASE, [])
        for arm, others in own.items():
            if base and arm not in (BASE, CONTROL):
                found.update(kind for _, other in others if (kind := difference(base[0][1], other)))
    return found


def table(found: Mapping[str, Any]) -> str:
    """The result for people."""
    lines = [
        f"stability of {found['app']} with {found['model']}: {found['prompts']} prompts, {found['asked']} calls, "
        f"{found['cost_usd']:.4f} USD",
        f"noise (same words):       {_words(found['noise'])}",
        f"wording (other words):    {_words(found['wording'])}",
        *(
            f"  {family:12}            {_words(own)}  {own['prompts']} prompts ({own['coverage'] or 0:.0%})"
            for family, own in found["by_rewrite"].items()
        ),
        f"control: {found['control']['deaf']} of {found['control']['n']} answers ignored a changed meaning",
    ]
    if found["skipped"]:
        lines.append("skipped: " + ", ".join(f"{reason} {n}" for reason, n in sorted(found["skipped"].items())))
    if found["failed"]:
        lines.append("failed: " + ", ".join(f"{reason} {n}" for reason, n in sorted(found["failed"].items())))
    lines += warnings(found)
    return "\n".join(lines) + "\n"


def warnings(found: Mapping[str, Any]) -> list[str]:
    """What a reader must know before trusting the figures, one line each."""
    lines = []
    if found["coverage"] is not None and found["coverage"] < ENOUGH_COVERED:
        lines.append(f"only {found['coverage']:.0%} of the prompts can be rewritten: the figures speak for those")
    n, deaf = found["control"]["n"], found["control"]["deaf"]
    if n and deaf * 2 > n:
        lines.append("most answers ignore a changed meaning: this is a deaf answerer, not a stable one")
    return lines


def _words(own: Mapping[str, float | None]) -> str:
    if own["ratio"] is None:
        return "nothing can be said"
    return f"{own['ratio']:6.1%} ({own['lower']:.1%} to {own['upper']:.1%})"
