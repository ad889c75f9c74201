"""Documents found on the wire: what an answer may rest on, and whether an answer can be scored at all.

By role: contexts given outside the messages, tool results, document parts, and of the last user turns marked blocks
(for the judge also what was ``pasted``) and the files that clients put there. What else a client writes into a user
turn is no document, and nothing that a person said.
System and developer messages are instructions; marked blocks of theirs count where the configuration says that an
application puts documents there. Assistant turns are no evidence.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from proxy.exchange import Outcome, StreamEnd
from proxy.sample import Choice, Message, Sample
from proxy.wire.client_forms import Turn, turn
from scorers.reading.answer import answer
from scorers.reading.handed import handed
from scorers.reading.pasted import pasted
from scorers.score import Reason

#: User turns from the end that may hold documents.
_USER_TURNS = 4
_CUT = frozenset({StreamEnd.UPSTREAM_CUT, StreamEnd.CLIENT_DISCONNECTED, StreamEnd.IDLE_TIMEOUT, StreamEnd.ERROR_EVENT})
_HALF = frozenset({Outcome.STREAM_INCOMPLETE, Outcome.UPSTREAM_ERROR})
_TRUSTED = frozenset({"system", "developer"})
#: Whose messages are results of tools: ``function`` is the older word for it in chat, the others are those of templates
#: (Llama, GLM, Nemotron) that servers pass on.
RESULTS = frozenset({"tool", "function", "ipython", "observation", "tool_response"})
#: Codes of errors by which providers decline a prompt (Azure and OpenAI, Zhipu); also any that names a policy.
_PROMPT_REFUSED = frozenset({"content_filter", "invalid_prompt", "1301"})
_PROMPT_POLICY = re.compile("policy|sensitive|inspection|moderation|guardrail")


def documents(sample: Sample) -> tuple[str, ...] | Reason:
    """The texts that the answer may rest on, in the order of the wire, none blank and none twice; else why none.

    With what was ``pasted`` into turns without marks: who asks this reads the documents, as the judge does. Evidence
    that never crossed the wire makes the rest incomplete, so it comes first.
    """
    told = told_in(sample)
    return documents_in(sample, sample.messages, lambda text, instructs: given(text, told, instructs))


def told_in(sample: Sample) -> str:
    """What the application says in system and developer messages."""
    return "\n".join(message.content for message in sample.messages if message.role in _TRUSTED)


def given(text: str, told: str, instructs: bool = False) -> list[str]:
    """The documents of one turn for who reads them: what it ``handed`` over, else what is ``pasted`` into it. ``told``:
    the instructions of the application; ``instructs``: the turn is one of them."""
    return handed(text, instructs) or pasted(text, told)


def documents_in(
    sample: Sample, messages: tuple[Message, ...], blocks: Callable[[str, bool], list[str]], whole: bool = True
) -> tuple[str, ...] | Reason:
    """``documents`` of some of the sample's ``messages``; ``blocks`` finds them in a text, which may be an instruction
    of the application.

    ``whole``: all of the evidence is needed. Without it, what crossed the wire is enough.
    """
    if sample.off_wire and whole:
        return Reason.EVIDENCE_OFF_WIRE
    found: list[str] = list(sample.contexts)
    users = [index for index, message in enumerate(messages) if message.role == "user"][-_USER_TURNS:]
    for index, message in enumerate(messages):
        if message.role in RESULTS:
            found.append(message.content)
        elif index in users:
            said = turn(message.content)
            found += [*said.documents, *blocks(said.spoken, False)]
        elif sample.system_documents and message.role in _TRUSTED:
            found += blocks(message.content, True)
        if message.role != "assistant":
            found.extend(message.documents)
    texts = tuple(dict.fromkeys(text for text in map(str.strip, found) if text))
    if texts:
        return texts
    if sample.off_wire:
        return Reason.EVIDENCE_OFF_WIRE
    if any(_holds_file(message) for message in messages if message.role != "assistant"):
        return Reason.EVIDENCE_NOT_TEXT
    return lacking(sample, Reason.NO_EVIDENCE)


def _holds_file(message: Message) -> bool:
    return bool(message.other_parts)


def unscorable(sample: Sample, choice: Choice) -> Reason | None:
    """Why this answer has no text to score, or ``None``: half answers, errors, tool calls alone, no text."""
    return unscorable_text(sample, choice, answer(sample, choice))


def unscorable_text(sample: Sample, choice: Choice, text: str) -> Reason | None:
    """``unscorable`` where the answer's ``text`` is known."""
    if half(sample):
        return Reason.INCOMPLETE
    if text.strip():
        return None
    if choice.tool_calls:
        return Reason.TOOL_CALL_ONLY
    return Reason.INCOMPLETE if sample.response_truncated else Reason.NO_TEXT


def half(sample: Sample) -> bool:
    """Whether the answer did not come whole: its stream was cut or did not end, or an error ended it. What it says so
    far is no answer. A request that was refused by its status has no answer at all."""
    exchange = sample.exchange
    if exchange.status is not None and exchange.status >= 400:
        return exchange.stream_end in _CUT and any(choice.text for choice in sample.choices)
    return exchange.stream_end in _CUT or exchange.outcome in _HALF


def refused_by_error(sample: Sample) -> bool:
    """Whether the provider declined the prompt by an error, whose code says so."""
    code = (sample.exchange.error or "").lower()
    return code in _PROMPT_REFUSED or _PROMPT_POLICY.search(code) is not None


def refused_on_wire(sample: Sample) -> bool:
    """Whether the provider itself declined, by a refusal field, a content filter or an error that names a policy."""
    return sample.exchange.wire_refusal or refused_by_error(sample)


def unanswered(sample: Sample) -> Reason | None:
    """Why this exchange has no final answer, or ``None``: for scorers that read the request alone.

    An attempt that failed and is tried again would count the same question twice. A provider's refusal is an answer,
    and a recorded sample, which has no status, was answered.
    """
    exchange = sample.exchange
    if refused_on_wire(sample):
        return None
    failed = exchange.status is not None and not 200 <= exchange.status < 300
    if not failed and (exchange.stream_end in _CUT or exchange.outcome is Outcome.STREAM_INCOMPLETE):
        return Reason.INCOMPLETE
    return Reason.NO_TEXT if failed or exchange.outcome is not Outcome.OK else None


def lacking(sample: Sample, reason: Reason) -> Reason:
    """Why something is not found in the request: ``reason``, unless it was too long to be captured whole."""
    return Reason.TOO_LONG if sample.request_truncated else reason


def last_turns(sample: Sample) -> list[Turn]:
    """The user turns after the last answer that was more than a tool call, in order."""
    since = sample.messages[last_answer(sample.messages) + 1 :]
    return [turn(message.content) for message in since if message.role == "user"]


def last_answer(messages: Sequence[Message]) -> int:
    """The place of the last answer that was more than a tool call; -1 without one.

    What a model says with a call, or right before one, tells what it is about to do. Responses has the two in items of
    their own.
    """
    calls = False
    for at in range(len(messages) - 1 - _prefills(messages), -1, -1):
        message = messages[at]
        calls = message.role == "assistant" and (calls or bool(message.tool_calls))
        if message.role == "assistant" and message.content.strip() and not calls:
            return at
    return -1


def prefilled(sample: Sample) -> str:
    """The beginning of the answer as the request has it, which the model goes on with; empty in most requests."""
    return sample.messages[-1].content if _prefills(sample.messages) else ""


def _prefills(messages: Sequence[Message]) -> bool:
    return bool(messages) and messages[-1].role == "assistant" and not messages[-1].tool_calls


def user_text(sample: Sample) -> str:
    """What people asked since the last answer that was more than a tool call; not what their clients wrote."""
    return spoken_in(last_turns(sample))


def spoken_in(turns: list[Turn]) -> str:
    """What people wrote in ``turns``."""
    return "\n".join(one.spoken for one in turns if one.spoken.strip() or not one.made)


def question_text(sample: Sample) -> str:
    """What people asked, without the documents that stand in the same turns."""
    text = user_text(sample)
    return without(text, handed(text))


def without(text: str, blocks: list[str]) -> str:
    """``text`` with a line break in the place of each of the ``blocks``."""
    for block in blocks:
        text = text.replace(block, "\n")
    return text
