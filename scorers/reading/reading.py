"""One sample read once: the parts that scorers share, each computed when it is first asked for, and then kept.

A scorer that computes is a function of a ``Reading`` (``ReadingScorer``). Whoever runs several on one sample makes one
``Reading`` and hands it to all of them: language, documents with their index, claims and marked blocks are then
computed once. A reading belongs to one sample and one thread, and is dropped with the sample.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from itertools import chain
from typing import Any, TypeVar

from proxy.sample import Choice, Message, Sample
from proxy.wire.client_forms import Turn
from scorers.reading import evidence
from scorers.reading.answer import answer
from scorers.reading.document_marks import marked
from scorers.reading.features.claims import Manners, claims_of, rejoined
from scorers.reading.features.index import Index
from scorers.reading.features.kinds import kind_of
from scorers.reading.features.marks import unmarked
from scorers.reading.handed import handed
from scorers.reading.language import Language, language_of
from scorers.reading.lazy import lazy
from scorers.reading.text import Wordings, parted, plain, sentences, unwrapped
from scorers.reading.values.records import as_text
from scorers.score import Reason, Score, Scorer

#: Caps in characters for scorers that compare an answer with documents; beyond them the answer is ``too_long``, so that
#: one sample costs well under a second.
MAX_ANSWER = 60_000
MAX_EVIDENCE = 600_000
#: Characters of each document that their language is told from.
_LANGUAGE = 400
#: Characters of instructions whose names and values are known, and from which the task is told.
_TOLD, _TASK = 8_000, 500
_TAG = re.compile(r"<[^<>]{1,200}>")
T = TypeVar("T")
#: Tool calls from the end whose arguments are read.
_CALLS = 20


class Asked:
    """What people asked in one sample, read once. Parts of a reading share it: one that knew its reading would keep it
    alive until the garbage collector looks."""

    def __init__(self, sample: Sample) -> None:
        self._sample = sample

    @lazy
    def turns(self) -> list[Turn]:
        """The user turns after the last answer that was more than a tool call."""
        return evidence.last_turns(self._sample)

    @lazy
    def text(self) -> str:
        """What people asked in these turns; not what their clients wrote."""
        return evidence.spoken_in(self.turns)


class Answer:
    """One choice of a sample, read once."""

    def __init__(self, sample: Sample, choice: Choice, asked: Asked, wordings: Wordings) -> None:
        self.choice = choice
        self._sample = sample
        self._asked = asked
        self._manners = Manners(wordings)

    @lazy
    def text(self) -> str:
        """What it says to people (``reading.answer``); empty when that is nothing."""
        return answer(self._sample, self.choice)

    @lazy
    def unscorable(self) -> Reason | None:
        """Why it has no text to score, or ``None``."""
        return evidence.unscorable_text(self._sample, self.choice, self.text)

    @lazy
    def sentences(self) -> list[str]:
        """Its sentences in plain signs, lines that were wrapped joined."""
        return sentences(unwrapped(plain(self.text)))

    @lazy
    def unmarked(self) -> str:
        """``text`` without citation marks, lists of sources, headings, heads of tables and code (``features.marks``);
        JSON as sentences."""
        return unmarked(as_text(self.text))

    @lazy
    def said(self) -> list[str]:
        """The sentences of ``unmarked``."""
        same = self.unmarked == self.text
        return rejoined(self.sentences if same else sentences(unwrapped(plain(self.unmarked))))

    @lazy
    def statements(self) -> list[str]:
        """Those of ``said`` that are no courtesies."""
        return [sentence for sentence in self.said if not self._manners.courteous(sentence)]

    @lazy
    def claims(self) -> list[str]:
        """Its distinct claims in order (``features.claims``)."""
        return list(dict.fromkeys(claims_of(self.unmarked, self.said, self._manners)))

    @lazy
    def language(self) -> Language:
        """What it is written in; what was asked helps where it is short."""
        return language_of(self.text, lambda: self._asked.text)


class Reading:
    """One sample and what is read out of it. Every part is pure: it depends on the sample alone."""

    def __init__(self, sample: Sample) -> None:
        self.sample = sample
        self._asked = Asked(sample)
        self._marked: dict[str, list[str]] = {}
        self._handed: dict[tuple[str, bool], list[str]] = {}
        self._sentences: dict[str, list[str]] = {}
        #: The words of sentences that scorers have looked at.
        self.wordings = Wordings()
        self._once: dict[Callable[[Reading], Any], Any] = {}

    def once(self, part: Callable[[Reading], T]) -> T:
        """What ``part`` makes of this reading, computed once."""
        if part not in self._once:
            self._once[part] = part(self)
        found: T = self._once[part]
        return found

    @lazy
    def answers(self) -> tuple[Answer, ...]:
        """One a choice; of a sample without choices one empty answer."""
        choices = self.sample.choices or (Choice(),)
        return tuple(Answer(self.sample, choice, self._asked, self.wordings) for choice in choices)

    @lazy
    def unanswered(self) -> Reason | None:
        """Why the exchange has no final answer, or ``None`` (``evidence.unanswered``)."""
        return evidence.unanswered(self.sample)

    @property
    def turns(self) -> list[Turn]:
        """The user turns after the last answer that was more than a tool call."""
        return self._asked.turns

    @property
    def asked(self) -> str:
        """What people asked in these turns; not what their clients wrote."""
        return self._asked.text

    @lazy
    def question(self) -> str:
        """``asked`` without the documents that stand in it."""
        return evidence.without(self.asked, self.handed_over(self.asked))

    @lazy
    def acted(self) -> str:
        """``asked``, and with what arguments the model called tools: what an answer says it did rests on these."""
        called = [one.arguments for message in self.sample.messages for one in message.tool_calls]
        return "\n".join((self.asked, *called[-_CALLS:]))[:MAX_EVIDENCE] if called else self.asked

    @lazy
    def instructions(self) -> str:
        """What the application says in system and developer messages, its beginning."""
        told = [one.content for one in self.sample.messages if one.role in ("system", "developer") and one.content]
        return "\n".join(told)[:_TOLD]

    def marked(self, text: str) -> list[str]:
        """The blocks of ``text``, a part of this sample, that marks name as documents."""
        if text not in self._marked:
            self._marked[text] = marked(text)
        return self._marked[text]

    def handed_over(self, text: str, instructs: bool = False) -> list[str]:
        """The documents of ``text``, a turn of this sample, as those read them who compare an answer with them
        (``reading.handed``). What attacks hide in is ``marked`` alone."""
        known = self._handed.get((text, instructs))
        if known is None:
            known = self._handed[text, instructs] = handed(text, instructs, self.marked(text))
        return known

    def split(self, text: str) -> list[str]:
        """The sentences of ``text``, a part of this sample. Lines that several parts have in common are split once."""
        known = self._sentences
        if text not in known:
            parts = parted(text)
            known.update((part, sentences(part)) for part in parts if part not in known)
            if len(parts) > 1:
                known[text] = list(chain.from_iterable(map(known.__getitem__, parts)))
        return known[text]

    @lazy
    def documents(self) -> tuple[str, ...] | Reason:
        """The texts that the answer may rest on; else why none (``evidence.documents``)."""
        return evidence.documents_in(self.sample, self.sample.messages, self.handed_over)

    @lazy
    def last_documents(self) -> tuple[str, ...] | Reason:
        """What marks name, of what follows the last answer, and of system messages: what of it crossed the wire."""
        messages = _since_last_answer(self.sample.messages)
        return evidence.documents_in(self.sample, messages, lambda text, _: self.marked(text), whole=False)

    @lazy
    def index(self) -> Index | Reason:
        """The documents prepared for comparison; else why that cannot be."""
        found = self.incomparable
        if found is not None:
            return found
        assert not isinstance(self.documents, Reason)
        return Index(self.documents, self.split, self.wordings)

    @lazy
    def incomparable(self) -> Reason | None:
        """Why no answer can be compared with the documents, or ``None``."""
        found = self.documents
        if isinstance(found, Reason):
            return found
        if self.sample.request_truncated or sum(map(len, found)) > MAX_EVIDENCE:
            return Reason.TOO_LONG
        known = language_of("\n".join(text[:_LANGUAGE] for text in found)) is Language.ENGLISH
        return None if known else Reason.UNSUPPORTED_LANGUAGE

    @lazy
    def kind(self) -> str:
        """The kind of evidence (``features.kinds``), of a sample with an ``index``. Where a turn holds nothing but
        documents, the application says what to do with them."""
        index = self.index
        assert isinstance(index, Index)
        asks = any(map(str.isalnum, _TAG.sub("", self.question)))
        asked = self.question if asks else self.instructions[:_TASK]
        return kind_of(index, asked)

    @property
    def handed(self) -> bool:
        """Whether people wrote the documents into their own messages: no search and no tool brought any."""
        return not self.sample.contexts and all(one.role not in evidence.RESULTS for one in self.sample.messages)

    def compared(self, answer: Answer) -> Index | Reason:
        """The index that ``answer`` is compared with; else why it cannot be compared."""
        reason = answer.unscorable or self.incomparable
        if reason is not None:
            return reason
        if len(answer.text) > MAX_ANSWER or self.sample.response_truncated:
            return Reason.TOO_LONG
        if answer.language is not Language.ENGLISH:
            return Reason.UNSUPPORTED_LANGUAGE
        return self.index


def _since_last_answer(messages: tuple[Message, ...]) -> tuple[Message, ...]:
    """System messages, and what follows the last answer that was more than a tool call."""
    last = evidence.last_answer(messages)
    return tuple(one for at, one in enumerate(messages) if at > last or one.role in ("system", "developer"))


def _scorable(reading: Reading) -> list[Answer]:
    return [answer for answer in reading.answers if answer.unscorable is None]


#: What comparing an answer with its documents needs.
COMPARED: tuple[Callable[[Reading], object], ...] = (
    lambda reading: _scorable(reading) and reading.documents,
    lambda reading: _scorable(reading) and reading.incomparable,
    lambda reading: [reading.compared(answer) for answer in reading.answers],
)


@dataclass(frozen=True, slots=True)
class ReadingScorer:
    """A scorer that computes: ``score`` is a plain function of a reading. Called with a sample, it reads it itself.

    ``parts`` are those of a reading that it needs, in their order. Whoever runs it on many readings may compute each
    part for all of them before the next: the same code again and again is faster than different code in turn.
    ``encodes``: it may ask for sentence vectors, so its process grows once by ``encoder.HELD`` bytes.
    """

    score: Callable[[Reading], list[Score]]
    parts: tuple[Callable[[Reading], object], ...] = ()
    encodes: bool = False

    async def __call__(self, sample: Sample) -> list[Score]:
        return self.score(Reading(sample))


async def scored(scorer: Scorer, reading: Reading) -> list[Score]:
    """The scores that ``scorer`` gives the sample of ``reading``; a scorer of another kind gets the sample alone."""
    return scorer.score(reading) if isinstance(scorer, ReadingScorer) else await scorer(reading.sample)
