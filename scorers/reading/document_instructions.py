"""Orders inside documents: the piece that most looks like a request to the assistant that reads the document.

A document is read in units (``units``): sentences of prose, values of JSON, cells, comments. Each one is seen by
itself: its words, whether it begins like an order or a question, whether it speaks to a machine or of "your answer",
whether it wants to stay unnoticed, and whether its words stand anywhere else in the document. Where many units are
orders or questions, as in manuals and forms, one more says little. The highest one decides.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence

import msgspec

from scorers.reading.ngrams import Head, tokens_of_each
from scorers.reading.order_patterns import BEGIN, PATTERNS
from scorers.reading.recent import Recent
from scorers.reading.screen import Screen
from scorers.reading.text import Blind, Remembered, sentences
from scorers.reading.units import units

#: Units looked at; of more, the beginning, the end and evenly spread ones.
_MOST = 150
_PIECE = 260

_FOUND = {name: Blind(pattern) for name, pattern in PATTERNS.items()}
_SCREENED = {name: f"(?m)^(?:{pattern})" if name in BEGIN else f"(?m){pattern}" for name, pattern in PATTERNS.items()}
#: How each is looked for: in any text, and in ASCII in lower case.
_ANY_CASE = {name: one.match if name in BEGIN else one.search for name, one in _FOUND.items()}
_LOWERED = {name: one.lowered.match if name in BEGIN else one.lowered.search for name, one in _FOUND.items()}
#: What ``signs`` names; the head has a weight for each.
SIGNS = (
    "order",
    "asks",
    "override",
    "promote",
    "me",
    "order_answer",
    "order_machine",
    "order_code",
    "order_link",
    "order_promote",
    "order_foreign",
    "asks_foreign",
    "asks_short",
    "task_foreign",
    "quiz_foreign",
    "action_me",
    "quiet_order",
    "quiet_machine",
    "machine_must",
    "machine_override",
    "told_machine",
    "told_order",
    "machine_verb",
    "told_reader",
    "forged_order",
    "loot_order",
    "loot_told",
    "to_people",
    "answer_foreign",
    "code_yours",
    *("hailed", "your_user", "hailed_order", "user_order"),
    *("reads", "hides", "consent", "turn", "wants_answer", "onward", "reads_order", "reads_must", "hides_order"),
    *("answer_order", "answer_reads", "answer_hides", "turn_order", "consent_order"),
    "often",
    "held",
    "edge",
    "alone",
    "short",
)
#: Without one of these a piece has no sign, whatever else it has, but for what ``pieces`` and its length tell.
_ALONE = (
    *("order", "asks", "override", "promote", "me", "secrecy", "must", "link", "told_machine", "to_people"),
    *("machine", "yours", "told_reader", "machine_verb", "forged"),
    *("reads", "hides", "consent", "turn", "wants_answer", "onward", "hailed", "your_user"),
)
_ALONE_SCREEN = Screen(
    {name: _SCREENED[name] for name in _ALONE},
    (
        ("order", "forged"),
        ("reads", "link", "secrecy", "me", "yours", "must", "promote"),
        ("told_reader", "hides", "told_machine", "machine_verb"),
        ("hailed", "your_user"),
    ),
    loose=True,
)
_BESIDE_SCREEN = Screen({name: pattern for name, pattern in _SCREENED.items() if name not in _ALONE}, loose=True)
_EXACT = _ALONE_SCREEN.exact | _BESIDE_SCREEN.exact
#: Pieces that are screened for these together.
_TOGETHER = 8
#: Units that came lately, in this process: each takes about 2 KB.
RECENT: Recent[str, Known] = Recent(1_500)
#: Letters of a word that tell whether it stands elsewhere, and the fewest letters of a word that tells something.
_STEM, _TELLING = 6, 4
_NO_WORD = frozenset(("",))


class Signs(dict[str, float]):
    """The signs of a piece by name, each in [0, 1]; what is not there is 0."""

    __slots__ = ()

    def __missing__(self, name: str) -> float:
        return 0.0


class Known(msgspec.Struct):
    """What a unit tells in any document: its tokens for a head's n-grams, its own signs, the words that tell what it is
    about, and the evidence of its n-grams for the ``head`` that asked last."""

    tokens: list[str]
    shown: Signs
    telling: frozenset[str]
    head: Head | None = None
    evidence: float = 0.0

    @classmethod
    def of(cls, tokens: list[str], shown: Signs) -> Known:
        """What a unit of these ``tokens`` tells."""
        return cls(tokens, shown, frozenset(map(_BEGINNINGS.__getitem__, tokens)) - _NO_WORD)


class Piece(msgspec.Struct):
    """One unit of a document, and its signs there, each in [0, 1]."""

    text: str
    known: Known
    shown: Signs

    @property
    def tokens(self) -> list[str]:
        """Its tokens for a head's n-grams."""
        return self.known.tokens

    def odds(self, head: Head) -> float:
        """The log-odds that ``head``, of one part without character n-grams, gives it."""
        known = self.known
        if known.head is not head:
            known.head, known.evidence = head, head.evidence(known.tokens)
        return head.told(self.shown) + known.evidence


def pieces(
    document: str, split: Callable[[str], list[str]] = sentences, wordings: Mapping[str, list[str]] | None = None
) -> list[Piece]:
    """Units of ``document`` (at most ``_MOST``) with their signs.

    ``split`` gives the sentences of a text, and ``wordings`` the words of some, where they may be known already.
    """
    said = units(document, split)
    if len(said) > _MOST:
        step = (len(said) - 80) / (_MOST - 80)
        said = said[:40] + [said[40 + int(at * step)] for at in range(_MOST - 80)] + said[-40:]
    read = _read([one.text[:_PIECE] for one in said], wordings or {})
    held = sum(one.held for one in said)
    mostly_held = held > 0.5 * len(read)
    for one, of in zip(read, said, strict=True):
        if of.held:
            one.shown["held"] = 1.0
        elif mostly_held:
            one.shown["alone"] = 1.0
    for one in (read[0], read[-1]) if read else ():
        one.shown["edge"] = 1.0
    _compare(read)
    return read


def _compare(read: list[Piece]) -> None:
    """How the orders and questions stand to the rest of the document: their words, and their number."""
    asking = [one for one in read if one.shown["order"] or one.shown["asks"]]
    if not asking:
        return
    counts: Counter[str] = Counter()
    for one in read:
        counts.update(one.known.telling)
    often = min(1.0, max(0, len(asking) - 1) / max(4, len(read)))
    for one in asking:
        own = one.known.telling
        foreign = sum(counts[word] < 2 for word in own) / max(1, len(own))
        one.shown["order_foreign"] = one.shown["order"] * foreign * (1.0 - often)
        one.shown["asks_foreign"] = one.shown["asks"] * foreign * (1.0 - often)
        strange = foreign * (1.0 - often) * (1.0 - one.shown["deictic"])
        one.shown["task_foreign"] = one.shown["task"] * strange
        one.shown["quiz_foreign"] = one.shown["asks"] * strange
        one.shown["answer_foreign"] = one.shown["order_answer"] * foreign
        one.shown["often"] = often


#: Word -> its beginning if it tells something, else nothing.
_BEGINNINGS = Remembered(lambda word: word[:_STEM] if len(word) >= _TELLING else "")


def _read(found: list[str], wordings: Mapping[str, list[str]]) -> list[Piece]:
    kept = {text: RECENT.get(text) for text in found}
    known = {text: told for text, told in kept.items() if told is not None}
    new = [text for text in kept if text not in known]
    for text, told in zip(new, _told(new, wordings), strict=True):
        known[text] = told
        RECENT.keep(text, told)
    return [Piece(text, known[text], Signs(known[text].shown)) for text in found]


def _told(found: Sequence[str], wordings: Mapping[str, list[str]]) -> list[Known]:
    lowered = [piece.lower() for piece in found]
    signs: list[Signs] = []
    for at in range(0, len(found), _TOGETHER):
        several = slice(at, at + _TOGETHER)
        signs += map(_signs, found[several], lowered[several], _ALONE_SCREEN.each(lowered[several]))
    tokens = tokens_of_each(lowered, list(map(wordings.get, found)))
    return list(map(Known.of, tokens, signs))


def _signs(piece: str, lowered: str, alone: frozenset[str]) -> Signs:
    return _shown(piece, _names(piece, lowered, alone | _BESIDE_SCREEN.maybe(lowered)) if alone else ())


def _names(piece: str, lowered: str, maybe: Iterable[str]) -> Iterable[str]:
    """Names of the patterns that ``piece``, a single line, has, of those that it has ``maybe``."""
    # Screened alone and in one line, a piece has what a pattern without look-around was found in.
    if piece.isascii() and "\n" not in piece:
        return [name for name in maybe if name in _EXACT or _LOWERED[name](lowered)]
    return [name for name in maybe if _ANY_CASE[name](piece)]


def _shown(piece: str, names: Iterable[str]) -> Signs:
    shown = Signs(dict.fromkeys(names, 1.0))
    if shown:
        _combine(shown)
    if len(piece) < 100:
        shown["short"] = 1.0
        if len(piece) < 80 and "asks" in shown:
            shown["asks_short"] = 1.0
    return shown


def _combine(shown: Signs) -> None:
    """Signs that are two of the patterns in one piece."""
    # Documents about software are full of models, agents and answers: such words tell something beside an order.
    if "order" in shown:
        for name in ("answer", "machine", "link", "promote"):
            shown[f"order_{name}"] = shown[name]
        if "to_people" in shown:  # "send your reply to the office" speaks of a letter
            shown["order_answer"] = 0.0
        shown["order_code"] = shown["code_block"]
        shown["quiet_order"] = shown["secrecy"]
        shown["told_order"] = shown["told_machine"]
        shown["forged_order"] = shown["forged"]
        shown["loot_order"] = shown["loot"]
        shown["reads_order"] = max(shown["reads"], shown["told_reader"])
        shown["hides_order"] = shown["hides"]
        shown["answer_order"] = shown["wants_answer"]
        shown["turn_order"] = shown["turn"]
        shown["consent_order"] = shown["consent"]
        shown["hailed_order"] = shown["hailed"]
        shown["user_order"] = shown["your_user"]
    if "loot" in shown:
        shown["loot_told"] = max(shown["told_machine"], shown["told_reader"], shown["override"], shown["forged"])
    if "yours" in shown:
        shown["code_yours"] = shown["code_block"]
    if "action" in shown:
        shown["action_me"] = max(shown["me"], shown["link"])
    if "reads" in shown:
        shown["reads_must"] = shown["must"]
    if "wants_answer" in shown:
        shown["answer_reads"] = max(shown["reads"], shown["machine"])
        shown["answer_hides"] = max(shown["hides"], shown["secrecy"])
    if "machine" in shown:
        shown["quiet_machine"] = shown["secrecy"]
        shown["machine_must"] = shown["must"]
        shown["machine_override"] = shown["override"]
