"""Labelled sets: a data folder's JSON lines to samples with the truth of one output.

One object a line: ``id, prompt, context, response, label`` and extras of the set; null where the set has none. Each
set names one file and how its labels become the event of an output. Sets are measured each by itself, never pooled.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from proxy.exchange import Exchange, Operation, Outcome
from proxy.sample import Choice, Message, Sample
from scorers.datasets.constructed import copied_prompts, requested_json
from scorers.datasets.pairs import Labelled, same_question, swapped

Line = dict[str, Any]


@dataclass(frozen=True, slots=True)
class DataSet:
    """``truth`` gives the label of a line, ``None`` to leave it out; ``group`` what belongs together.

    ``arrange`` makes the set's rows of the lines' rows, where they are not the same (``scorers.datasets.pairs``).
    ``source`` says who labelled; nobody (``NONE``) where rows are ordinary traffic, and what is flagged in them counts
    as false. ``fitted`` says what the shipped scorer knows of the set.
    """

    output: str
    name: str
    file: str
    truth: Callable[[Line], bool | None]
    group: Callable[[Line], str]
    source: str
    arrange: Callable[[list[Labelled]], list[Labelled]] | None = None
    fitted: str = "seen"

    @property
    def benign(self) -> bool:
        """Whether only false alarms can be measured on it."""
        return self.source == NONE

    def load(self, folder: Path) -> list[Labelled]:
        """Rows in file order. Raises ``OSError`` without the file and ``ValueError`` for a line that is not JSON."""
        found = []
        for line in lines(folder / self.file):
            label = self.truth(line)
            if label is not None and (line.get("response") or line.get("prompt")):
                found.append(Labelled(sample_of(line), label, self.group(line)))
        return found if self.arrange is None else self.arrange(found)


def lines(path: Path) -> Iterator[Line]:
    """The objects of a JSON-lines file. Raises ``OSError`` and ``ValueError`` (the line's number in it)."""
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            try:
                yield orjson.loads(line)
            except orjson.JSONDecodeError as error:
                raise ValueError(f"{path.name}:{number}: not JSON: {error.msg}") from None


def sample_of(line: Line) -> Sample:
    """A sample of one user turn, at most one context, and one answer."""
    exchange = Exchange(
        request_id=str(line["id"]),
        instance="recorded",
        started_at=0.0,
        app="other",
        operation=Operation.CHAT,
        upstream="recorded",
        outcome=Outcome.OK,
        duration=0.0,
    )
    return Sample(
        id=str(line["id"]),
        exchange=exchange,
        messages=(Message(role="user", content=line.get("prompt") or ""),),
        contexts=(line["context"],) if line.get("context") else (),
        choices=(Choice(text=line.get("response") or ""),),
    )


def label_is(positive: str, negative: str) -> Callable[[Line], bool | None]:
    """Rows labelled ``positive`` or ``negative``; others are left out."""
    return lambda line: {positive: True, negative: False}.get(line["label"])


def of(key: str) -> Callable[[Line], str]:
    """Group by one field of the line."""
    return lambda line: str(line.get(key))


def _question(line: Line) -> str:
    return f"{line.get('prompt')}\n{line.get('context')}"


def _left(line: Line) -> bool | None:
    """Off the document: invented, or small talk that any document would fit."""
    return {"unsupported": True, "generic": True, "supported": False}.get(line["label"])


_SUPPORT = label_is("unsupported", "supported")
_PEOPLE, _MADE, _BUILT = "people", "synthetic", "construction"
NONE = "none"
#: What the shipped scorer knows of a set: no weight was fitted on it; no weight was fitted at all.
_HELD, _RULES = "held out", "rules"

#: What documents say: rows of one document stay together.
GROUNDEDNESS = tuple(
    DataSet(f"groundedness.{output}", name, f"{name}.jsonl", _SUPPORT, of(group), source)
    for output, name, group, source in (
        ("ungrounded", "begin", "context", _PEOPLE),
        ("ungrounded", "faithdial_audit", "context", _PEOPLE),
        ("ungrounded", "wice", "context", _PEOPLE),
        ("ungrounded", "faceval", "context", _PEOPLE),
        ("ungrounded", "halueval_qa_one", "context", _MADE),
        ("ungrounded", "halueval_qa_multi", "context", _MADE),
        ("ungrounded", "summedits", "domain", _PEOPLE),
        ("contradicted", "summedits", "domain", _PEOPLE),
        ("contradicted", "wice", "context", _PEOPLE),
    )
)

#: Whether documents were used: answers beside their own and beside another question's, or two answers to one question.
CONTEXT_USE = tuple(
    DataSet("context_utilization.ignored_context", f"{name}_{kind}", f"{name}.jsonl", truth, _question, source, arrange)
    for name, kind, truth, source, arrange in (
        ("begin", "swapped", _SUPPORT, _BUILT, swapped),
        ("faithdial_audit", "swapped", _SUPPORT, _BUILT, swapped),
        ("wice", "swapped", _SUPPORT, _BUILT, swapped),
        ("faceval", "swapped", _SUPPORT, _BUILT, swapped),
        ("summedits", "swapped", _SUPPORT, _BUILT, swapped),
        ("halueval_qa_one", "swapped", _SUPPORT, _BUILT, swapped),
        ("begin", "pairs", _left, _PEOPLE, same_question),
        ("halueval_qa_one", "pairs", _left, _MADE, same_question),
    )
)


def _never(line: Line) -> bool | None:
    """Benign rows: nothing in them should be flagged."""
    return False


def _supported(line: Line) -> bool | None:
    """Answers that say what their document says, without reserve."""
    return False if line["label"] == "supported" else None


def _compliant(line: Line) -> bool | None:
    return False if line["label"] == "compliance" else None


def _held_out(line: Line) -> bool | None:
    """Questions that no weight of the refusal head was fitted on."""
    return line["label"] == "refusal" if line["split"] == "dev-eval" else None


#: What the answer does: declines, asks, says that it does not know; of ordinary answers the false alarms count.
ANSWERS = tuple(
    DataSet(output, name, f"{name}.jsonl", truth, of(group), source, fitted=fitted)
    for output, name, truth, group, source, fitted in (
        ("refusal.refused", "gptfuzz_responses", _held_out, "qid", _PEOPLE, _HELD),
        ("refusal.refused", "coconot_pref", _compliant, "sub", NONE, "seen"),
        ("refusal.refused", "halueval_general", _never, "id", NONE, _HELD),
        ("abstention.abstained", "halueval_general", _never, "id", NONE, _RULES),
        ("abstention.abstained", "halueval_qa_one", _supported, "context", NONE, _RULES),
        ("abstention.hedged", "halueval_general", _never, "id", NONE, _RULES),
        ("abstention.hedged", "halueval_qa_one", _supported, "context", NONE, _RULES),
        ("clarification.asked", "in3_turns", label_is("asks", "no_ask"), "prompt", _PEOPLE, "seen"),
        ("clarification.asked", "abg_coqa_turns", label_is("asks", "no_ask"), "context", _PEOPLE, "seen"),
        ("clarification.asked", "halueval_general", _never, "id", NONE, _RULES),
    )
)


def _attack(line: Line) -> str:
    """One attack stands in many documents; a clean document is a group of its own."""
    return str(line.get("attack_text") or line["id"])


_ATTACK, _JAILBREAK = label_is("injection", "benign"), label_is("jailbreak", "benign")
#: Attacks on the instructions, in the turn and in its documents.
ATTACKS = tuple(
    DataSet(f"prompt_injection.{output}", name, f"{name}.jsonl", truth, _attack, source)
    for output, name, truth, source in (
        ("attempted", "deepset_injection", _ATTACK, _PEOPLE),
        ("attempted", "piguard_valid", _ATTACK, _BUILT),
        ("attempted", "tensortrust", _ATTACK, _BUILT),
        ("attempted", "inthewild_jailbreaks", _JAILBREAK, _BUILT),
        ("attempted", "gptfuzz_templates", _JAILBREAK, _BUILT),
        ("attempted", "halueval_general", _never, NONE),
        ("indirect", "bipia_indirect", _ATTACK, _BUILT),
    )
)

#: Made of ordinary requests and answers, for outputs that no labelled set has (``scorers.datasets.constructed``).
MADE = tuple(
    DataSet(output, f"halueval_general_{kind}", "halueval_general.jsonl", _never, of("id"), _BUILT, arrange, _RULES)
    for output, kind, arrange in (
        ("prompt_injection.leaked", "copied", copied_prompts),
        ("format.invalid", "json", requested_json),
    )
)

SETS: tuple[DataSet, ...] = (*GROUNDEDNESS, *CONTEXT_USE, *ANSWERS, *ATTACKS, *MADE)
