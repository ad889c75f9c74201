"""The prompts of a run whose answers differ by wording, for people: each wording with its answer. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable

import msgspec

from proxy.sample import Sample
from scorers.asking.answer import Answer, written
from scorers.asking.source import body_of, may_be_asked, replayable
from scorers.rewrites.rewrite import CONTROL, Rewritten, rewrite, with_control
from scorers.stability.compare import difference, traits
from scorers.stability.plan import BASE, Prompt
from scorers.store.runs import Ask, AskState, Run
from scorers.suites.matrix import Piece, differences

#: How a row of the request as it was is called.
AS_IT_WAS = "as it was"


class Wording(msgspec.Struct, frozen=True):
    """One wording and one answer to it. ``asked``: the text, marked where it differs from the request as it was (no
    piece where the text was not kept). ``differs_in``: what the answer differs in from the first one."""

    name: str
    asked: list[Piece]
    answer: list[Piece]
    differs_in: str


class Beside(msgspec.Struct, frozen=True):
    """A prompt with its wordings."""

    id: str
    wordings: list[Wording]


def moved(run: Run, asks: Iterable[Ask]) -> list[str]:
    """The ids of prompts of which an answer to a rewrite differs from the first answer; most differences first."""
    count = {identity: sum(bool(kind) for _, kind in kinds) for identity, kinds in _kinds(run, asks).items()}
    return [identity for identity, n in sorted(count.items(), key=lambda item: (-item[1], item[0])) if n]


def beside(run: Run, asks: Iterable[Ask], identity: str, sample_of: Callable[[str], Sample | None]) -> Beside | None:
    """One prompt of a run; ``None`` for one without an answer as it was."""
    own = [ask for ask in asks if ask.case_id == identity and ask.state == AskState.DONE.value and ask.answer]
    repeats = sorted((ask for ask in own if ask.arm == BASE), key=lambda ask: ask.repeat)
    if not repeats:
        return None
    first = msgspec.convert(repeats[0].answer, Answer)
    asked = _texts(run, identity, sample_of(identity))
    rows = []
    for ask in [*repeats, *sorted((ask for ask in own if ask.arm != BASE), key=lambda ask: ask.arm)]:
        answer = msgspec.convert(ask.answer, Answer)
        text = asked.get(ask.arm)
        base = asked.get(BASE)
        rows.append(
            Wording(
                name=ask.arm or f"{AS_IT_WAS} {ask.repeat + 1}",
                asked=differences(base, text)[1] if text is not None and base is not None else [],
                answer=differences(_said(first), _said(answer))[1],
                differs_in=difference(traits(first, _verdicts(repeats[0])), traits(answer, _verdicts(ask))),
            )
        )
    return Beside(identity, rows)


def _kinds(run: Run, asks: Iterable[Ask]) -> dict[str, list[tuple[str, str]]]:
    """Prompt -> (family, what its answer differs in from the first one)."""
    by_prompt: dict[str, list[Ask]] = defaultdict(list)
    for ask in asks:
        if ask.state == AskState.DONE.value and ask.answer is not None:
            by_prompt[ask.case_id].append(ask)
    found: dict[str, list[tuple[str, str]]] = {}
    for identity, own in by_prompt.items():
        first = next((ask for ask in own if ask.arm == BASE and ask.repeat == 0), None)
        if first is not None:
            base = traits(msgspec.convert(first.answer, Answer), _verdicts(first))
            found[identity] = [
                (ask.arm, difference(base, traits(msgspec.convert(ask.answer, Answer), _verdicts(ask))))
                for ask in own
                if ask.arm not in (BASE, CONTROL)
            ]
    return found


def _verdicts(ask: Ask) -> dict[str, str]:
    found: dict[str, str] = next((check["verdicts"] for check in ask.checks if "verdicts" in check), {})
    return found


def _said(answer: Answer) -> str:
    return "\n".join(filter(None, (answer.text, answer.refusal, *map(written, answer.tool_calls))))


def _texts(run: Run, identity: str, sample: Sample | None) -> dict[str, str]:
    """Arm -> the last user turn in its words; nothing where the text was not kept."""
    if sample is None or not may_be_asked(replayable(sample)):
        return {}
    prompt = next((one for one in msgspec.convert(run.plan["prompts"], list[Prompt]) if one.id == identity), None)
    if prompt is None:
        return {}
    messages, seed = body_of(sample)["messages"], int(run.plan["seed"])
    found: dict[str, str] = {}
    for arm in prompt.arms:
        made = with_control(messages, seed) if arm == CONTROL else rewrite(messages, arm, seed)
        if isinstance(made, Rewritten):
            found[arm] = made.after
            found[BASE] = made.before
    return found
