"""Small linear heads over n-grams: read from a data file in ``scorers/models``, pure Python at run time.

A text is read in parts (its head, its tail); each part gives a set of word n-grams and a set of character n-grams. The
evidence of one set is the sum of the weights of its known n-grams over the square root of their number, so length
does not decide. Weights are integers: sums are exact, and the same text gives the same value on any machine.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from scorers.reading.text import SPACED

FOLDER = Path(__file__).parents[1] / "models"
#: Weights in the files are multiples of this.
STEP = 1.0 / 256.0
#: The name of the n-grams among the features of a head.
WORDING = "wording"
_TOKEN = re.compile(r"[^\W_]+(?:'[a-z]{1,2}\b)?|[?!:]")

#: What makes the tokens of a text in ASCII others than its words.
_UNLIKE_WORDS = re.compile(r"[?!:'_]")
#: ASCII characters that are in no token, as spaces.
_APART = {at: space for at, space in SPACED.items() if chr(at) not in "'?!:"}
#: Between texts whose tokens are read in one go.
_BORDER = "\x1e"
_APART_BUT_BORDER = {at: space for at, space in _APART.items() if chr(at) != _BORDER}


@dataclass(frozen=True, slots=True)
class Part:
    """One view of a text: the longest word n-gram, and the lengths of character n-grams (empty: none)."""

    words: int = 3
    characters: tuple[int, ...] = ()


def tokens_of(lowered: str) -> list[str]:
    """The tokens of a text in lower case whose n-grams a head knows."""
    if not lowered.isascii() or "_" in lowered:
        return _TOKEN.findall(lowered)
    # Splitting is faster than matching; only what holds an apostrophe needs a closer look.
    for mark in "?!:":
        if mark in lowered:
            lowered = lowered.replace(mark, f" {mark} ")
    tokens = lowered.translate(_APART).split()
    if "'" in lowered:
        return [part for token in tokens for part in ([token] if token.isalnum() else _TOKEN.findall(token))]
    return tokens


def tokens_of_each(lowered: list[str], said: Sequence[list[str] | None] = ()) -> list[list[str]]:
    """``tokens_of`` of many texts at once. ``said``: the words of each, where they are known: of most they are its
    tokens."""
    together = _BORDER.join(lowered)
    if any(said):
        alike = together.isascii() and not _UNLIKE_WORDS.search(together)
        rest = [
            at
            for at, text in enumerate(lowered)
            if said[at] is None or not (alike or (text.isascii() and not _UNLIKE_WORDS.search(text)))
        ]
        found = [tokens or [] for tokens in said]
        for at, tokens in zip(rest, tokens_of_each([lowered[at] for at in rest]), strict=True):
            found[at] = tokens
        return found
    if not together.isascii() or "_" in together or together.count(_BORDER) >= len(lowered):
        return list(map(tokens_of, lowered))
    for mark in "?!:":
        if mark in together:
            together = together.replace(mark, f" {mark} ")
    return [
        tokens_of(lowered[at]) if "'" in said else said.split()
        for at, said in enumerate(together.translate(_APART_BUT_BORDER).split(_BORDER))
    ]


def word_grams(text: str, longest: int) -> set[str]:
    """Runs of one to ``longest`` neighbouring tokens of lower-case ``text``; question and exclamation marks count."""
    tokens = _TOKEN.findall(text)
    found = set(tokens) if longest > 0 else set()
    if longest > 1:
        found.update(map(" ".join, pairwise(tokens)))
    if longest > 2:
        found.update(map(" ".join, zip(tokens, tokens[1:], tokens[2:], strict=False)))
    return found


def character_grams(text: str, lengths: Iterable[int]) -> set[str]:
    """Substrings of ``text`` of the given lengths."""
    return set(_substrings(text, lengths))


def _substrings(text: str, lengths: Iterable[int]) -> list[str]:
    return [text[at : at + length] for length in lengths for at in range(len(text) - length + 1)]


def gram_sets(text: str, part: Part) -> tuple[set[str], set[str]]:
    """The word and the character n-grams of ``text`` with its case and runs of white space folded."""
    text = " ".join(text.lower().split())
    return word_grams(text, part.words), character_grams(text, part.characters)


class Head:
    """Weights of one trained head: ``logit`` of the gram sets of each part, and of named dense features."""

    def __init__(
        self,
        bias: float,
        dense: dict[str, float],
        parts: tuple[Part, ...],
        weights: list[tuple[dict[str, int], dict[str, int]]],
    ) -> None:
        self.bias = bias
        self.dense = dense
        self.parts = parts
        self.weights = weights
        self._words = [_by_length(known) for known, _ in weights]
        self._characters = [_Known(known) for _, known in weights]

    @classmethod
    def read(cls, name: str) -> Head:
        """The head in ``scorers/models/<name>.json``. Raises ``OSError`` or ``ValueError`` when the file is broken."""
        with (FOLDER / f"{name}.json").open(encoding="utf-8") as file:
            doc = json.load(file)
        parts = tuple(Part(part["words_up_to"], tuple(part["character_lengths"])) for part in doc["parts"])
        weights = [(part["words"], part["characters"]) for part in doc["parts"]]
        return cls(doc["bias"], doc["dense"], parts, weights)

    def logit(self, texts: tuple[str, ...], shown: dict[str, float] | None = None) -> float:
        """The log-odds for ``texts``, one for each part, and the dense features ``shown``."""
        said = shown or {}
        told = self.bias + sum([weight * value for name, weight in self.dense.items() if (value := said.get(name))])
        return self._with_wording(told, texts)

    def logit_of(self, tokens: list[str], shown: dict[str, float]) -> float:
        """``logit`` of a head of one part without character n-grams, for the text with these tokens."""
        return self.told(shown) + self.evidence(tokens)

    def told(self, shown: dict[str, float]) -> float:
        """The part of ``logit_of`` that is not of the words."""
        return self.bias + self._added(shown) if shown else self.bias

    def evidence(self, tokens: list[str]) -> float:
        """The part of ``logit_of`` that is of the words."""
        return _of_words(tokens, self._words[0])

    def _added(self, shown: dict[str, float]) -> float:
        known = self.dense
        # What is not shown adds nothing to the sum; two are the same in any order, more are added in that of the head.
        added = [known[name] * value for name, value in shown.items() if name in known]
        if len(added) > 2:
            added = [weight * shown[name] for name, weight in known.items() if name in shown]
        return sum(added)

    def weigh(self, texts: tuple[str, ...], shown: dict[str, float] | None = None) -> tuple[float, dict[str, float]]:
        """The log-odds, and what each dense feature and (``WORDING``) the n-grams together add to them."""
        added = {name: weight * (shown or {}).get(name, 0.0) for name, weight in self.dense.items()}
        told = self.bias + sum(added.values())
        total = self._with_wording(told, texts)
        added[WORDING] = total - told
        return total, added

    def _with_wording(self, total: float, texts: tuple[str, ...]) -> float:
        for text, part, words, characters in zip(texts, self.parts, self._words, self._characters, strict=True):
            seen = " ".join(text.lower().split())
            total += _of_words(tokens_of(seen), words)
            if characters.any and (found := characters.grams.intersection(_substrings(seen, part.characters))):
                total += sum(map(characters.weight, found)) * STEP / math.sqrt(len(found))
        return total


class _Known:
    """The weights of n-grams of one length."""

    __slots__ = ("any", "grams", "weight")

    def __init__(self, weights: Mapping[Any, int]) -> None:
        self.any = bool(weights)
        self.grams = frozenset(weights)
        self.weight = dict(weights).__getitem__


def _by_length(known: dict[str, int]) -> tuple[_Known, _Known, _Known]:
    """Single words, pairs and triples: to look a tuple up is cheaper than to join it. No weight is zero."""
    grams = {tuple(gram.split(" ")): weight for gram, weight in known.items() if weight}
    pairs, triples = ({gram: weight for gram, weight in grams.items() if len(gram) == size} for size in (2, 3))
    return _Known({gram[0]: weight for gram, weight in grams.items() if len(gram) == 1}), _Known(pairs), _Known(triples)


def _of_words(tokens: list[str], known: tuple[_Known, _Known, _Known]) -> float:
    """The evidence of the distinct n-grams of words that are known."""
    single, pairs, triples = known
    found: frozenset[Any] = single.grams.intersection(tokens)
    total, size = sum(map(single.weight, found)), len(found)
    if pairs.any and (found := pairs.grams.intersection(pairwise(tokens))):
        total, size = total + sum(map(pairs.weight, found)), size + len(found)
    if triples.any and (found := triples.grams.intersection(zip(tokens, tokens[1:], tokens[2:], strict=False))):
        total, size = total + sum(map(triples.weight, found)), size + len(found)
    return total * STEP / math.sqrt(size) if size else 0.0


def logistic(value: float) -> float:
    """The probability of log-odds ``value``; no overflow."""
    return 1.0 / (1.0 + math.exp(-max(-60.0, min(60.0, value))))
