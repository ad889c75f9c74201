"""The console's words for the closed sets: what each output means, why an answer has no score, how far a signal is."""

from __future__ import annotations

from proxy.exchange import Outcome, Unpriced
from scorers.drift.signals import State
from scorers.score import Reason, Result

#: (scorer, output) -> the event, as a person would say it.
MEANINGS: dict[tuple[str, str], str] = {
    ("refusal", "refused"): "the answer declines what was asked",
    ("refusal", "over_refused"): "the answer declines something that should have been answered",
    ("refusal", "under_refused"): "the answer does something that should have been declined",
    ("groundedness", "ungrounded"): "a sentence claims something that the documents do not say",
    ("groundedness", "contradicted"): "a sentence says the opposite of the documents",
    ("abstention", "abstained"): "the answer says that it does not know",
    ("abstention", "hedged"): "the answer states things with reservations",
    ("clarification", "asked"): "the answer asks the user a question",
    ("clarification", "missed"): "the answer asks nothing, though a question was needed",
    ("clarification", "needless"): "the answer asks a question that was not needed",
    ("context_utilization", "ignored_context"): "the answer does not use its documents",
    ("prompt_injection", "attempted"): "the user tries to override the instructions",
    ("prompt_injection", "indirect"): "a document or tool result contains an instruction",
    ("prompt_injection", "leaked"): "the answer repeats the system prompt",
    ("format", "invalid"): "the answer does not have the requested format",
}
#: Why there is no score; each completes "not scored: ...".
REASONS: dict[str, str] = {
    Reason.NO_TEXT: "there is no text to score",
    Reason.NO_EVIDENCE: "no document came with the request",
    Reason.EVIDENCE_OFF_WIRE: "its evidence never passed the proxy (an earlier response, hosted search, files)",
    Reason.EVIDENCE_NOT_TEXT: "its evidence is not text (an image, audio, a file)",
    Reason.NO_CLAIMS: "the answer makes no claim that could be checked",
    Reason.TOOL_CALL_ONLY: "the answer is only a tool call",
    Reason.INCOMPLETE: "the answer was cut off",
    Reason.UNSUPPORTED_LANGUAGE: "the scorer was not measured on this language",
    Reason.TOO_LONG: "the text is longer than the scorer reads",
    Reason.NO_OCCASION: "there was no occasion for this event",
    Reason.SAMPLED_OUT: "it was not in the judge's sample",
    Reason.BUDGET: "the judge's budget for the day is spent",
    Reason.JUDGE_ERROR: "the judge did not answer",
    Reason.UNPARSEABLE: "the judge's answer could not be read",
    Reason.TIMEOUT: "the scorer took too long",
    Reason.CRASHED: "the scorer failed on it",
}
#: Why the cost of an answer is not known.
UNPRICED: dict[str, str] = {
    Unpriced.NO_PRICE: "no price under this name",
    Unpriced.SERVICE_TIER: "its service tier has no price",
    Unpriced.LONG_CONTEXT: "an input of this length has no price",
    Unpriced.CACHE_WRITE: "caching for this long has no price",
    Unpriced.MODALITY: "its audio or images have no price",
    Unpriced.TOOL_FEE: "the provider's own tools have no price",
    Unpriced.AMBIGUOUS: "its numbers allow more than one cost",
}
#: (scorer, output) -> what was missing, where it is no document; without an output, for all of the scorer's.
_OTHER_EVIDENCE: dict[tuple[str, str], str] = {
    ("format", ""): "the request defines neither a schema nor a tool",
    ("prompt_injection", "leaked"): "the request has no system prompt that could leak",
}
#: What became of a sample in a scorer's hands.
RESULTS: dict[str, str] = {
    Result.SCORED: "scored",
    Result.NOT_APPLICABLE: "not applicable",
    Result.SAMPLED_OUT: "not in the judge's sample",
    Result.BUDGET: "over the judge's budget",
    Result.JUDGE_ERROR: "the judge failed",
    Result.UNPARSEABLE: "the judge's answer could not be read",
    Result.TIMEOUT: "timed out",
    Result.CRASHED: "crashed",
    Result.DEAD: "given up after several attempts",
    Result.TRIMMED: "removed from the queue before it was scored",
    "pending": "waiting to be scored",
    "not_begun": "older than this scorer",
}
DECISIONS: dict[str, str] = {
    "published": "sampled and handed to the scorers",
    "sampled_out": "not kept by the sampling rate",
    "opted_out": "the client asked not to be sampled",
    "not_observed": "of a kind whose text is not read, or refused before it was read",
    "dropped_ring_full": "dropped: the proxy's buffer was full",
    "dropped_too_large": "dropped: larger than the queue accepts",
    "dropped_queue": "dropped: the queue did not work for too long",
    "dropped_redactor": "dropped: it could not be redacted",
}
#: How a request ended.
OUTCOMES: dict[str, str] = {
    Outcome.OK: "it ended well",
    Outcome.CLIENT_ERROR: "the request was refused as wrong (status 4xx)",
    Outcome.UPSTREAM_ERROR: "the upstream failed or could not be reached",
    Outcome.RATE_LIMITED: "the upstream's rate limit was met (status 429)",
    Outcome.TIMEOUT: "the upstream took too long",
    Outcome.CLIENT_DISCONNECTED: "the client left before the answer was complete",
    Outcome.STREAM_INCOMPLETE: "the stream broke off",
    Outcome.SHED: "the proxy was at its own limit and refused it",
}
STATES: dict[str, str] = {
    State.DRIFTED: "has left its baseline",
    State.STALE: "no value for days",
    State.WATCHING: "within its baseline",
    State.LEARNING: "its baseline is being learned",
}
WHOSE = {"provider": "the provider's change", "ours": "a change on our side", "mix": "a change in the traffic"}


def meaning(scorer: str, output: str) -> str:
    """The event that an output names; its name when it is one that this console does not know."""
    return MEANINGS.get((scorer, output), output.replace("_", " "))


def reason(name: str, scorer: str = "", output: str = "") -> str:
    """Why there is no score; some scorers need other evidence than documents."""
    if name == Reason.NO_EVIDENCE:
        special = _OTHER_EVIDENCE.get((scorer, output)) or _OTHER_EVIDENCE.get((scorer, ""))
        return special or REASONS[name]
    return REASONS.get(name, name.replace("_", " "))


def result(name: str) -> str:
    """What became of a sample in a scorer's hands."""
    return RESULTS.get(name, name.replace("_", " "))


def decision(name: str) -> str:
    """What sampling and publishing did with a request."""
    return DECISIONS.get(name, name.replace("_", " "))


def outcome(name: str) -> str:
    """How a request ended, in a sentence."""
    return OUTCOMES.get(name, name.replace("_", " "))


def unpriced_because(reason: str) -> str:
    """Why the cost of an answer is not known."""
    return UNPRICED.get(reason, reason)


#: Why a request cannot be asked again as it was.
REPLAYABLE = {
    "redacted": "it was redacted",
    "cut": "it was not kept whole",
    "not_text": "it has parts that are not text",
    "tools_hosted": "it uses tools that the provider runs",
    "state_off_wire": "it refers to what the provider keeps",
    "no_content": "its text was not kept",
}


def replayable(reason: str) -> str:
    """Why a request cannot be asked again as it was."""
    return REPLAYABLE.get(reason, reason)
