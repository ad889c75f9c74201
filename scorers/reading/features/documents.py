"""Documents prepared once for all claims of an answer: chunks, where each stem is, trigrams, numbers, words."""

from __future__ import annotations

import html
import math
import re
from collections import defaultdict
from collections.abc import Callable, Iterable
from functools import cached_property
from itertools import chain

from scorers.reading.text import (
    CONTENT,
    NUMBER_WORDS,
    SPACED,
    STEMS,
    content,
    plain,
    sentences,
    stem,
    unwrapped,
    words,
)

#: A stem in more chunks than this counts as held by every window, which bounds the work a claim costs.
_COMMON = 1000
#: Places in the documents that one trigram is followed from, which bounds the search for runs.
_PLACES = 32
#: Words of a chunk: long lines (tables, pages without full stops) are cut, so that a window stays local.
_CHUNK = 40
_LONGEST = _CHUNK + _CHUNK // 2
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_ISO_DATE = re.compile(r"\b(?:19|20)\d\d-(0[1-9]|1[0-2])-[0-3]\d")
_AFTERNOON = re.compile(r"\b(1[3-9]|2[0-3]):[0-5]?\d\b")
_MONTH_NAMES = "january february march april may june july august september october november december"
MONTHS = tuple(_MONTH_NAMES.split())

#: Between chunks while their words are read in one go; ``readable`` takes it out of the text.
_BORDER = "\x1e"
_KEPT = {at: space for at, space in SPACED.items() if chr(at) != _BORDER}
_TOKEN = re.compile(r"[^\W_]+")
_FIGURE = re.compile(r"\d+(?:[.,]\d+)*")


def _figured(chunk: str) -> list[str]:
    """December of 2018-12-20, and 4 of 16:00."""
    months = [MONTHS[int(month) - 1] for month in _ISO_DATE.findall(chunk)] if "-" in chunk else []
    return months + ([str(int(hour) - 12) for hour in _AFTERNOON.findall(chunk)] if ":" in chunk else [])


def readable(text: str) -> str:
    """``text`` with character references read, soft hyphens gone and, in JSON, the words of ``camelCase`` apart."""
    if "&" in text:
        text = html.unescape(text)
    text = unwrapped(plain(text).replace("\u00ad", "").replace(_BORDER, " "))
    return _CAMEL.sub(" ", text) if text.lstrip()[:1] in ("{", "[") else text


def chunks(text: str, split: Callable[[str], list[str]] = sentences) -> list[str]:
    """Sentences, cut where they are longer than sixty words. ``split`` gives them, where they may be known already."""
    found: list[str] = []
    for sentence in split(text):
        # So short a sentence has no more words, whatever they are.
        if len(sentence) <= 2 * _LONGEST or len(tokens := sentence.split()) <= _LONGEST:
            found.append(sentence)
        else:
            found.extend(" ".join(tokens[at : at + _CHUNK]) for at in range(0, len(tokens), _CHUNK))
    return found


class Index:
    """Documents prepared for comparison with any number of answers: chunks, where each stem is, all words in order.

    Parts that only some comparisons need are computed when they are first asked for.
    """

    def __init__(self, texts: tuple[str, ...], split: Callable[[str], list[str]] = sentences) -> None:
        self.chunks = list(dict.fromkeys(chunk for text in texts for chunk in chunks(readable(text), split)))
        self._said = _tokens(self.chunks)
        posted: defaultdict[str, list[int]] = defaultdict(list)
        for position, said in enumerate(self._said):
            for found in set(map(CONTENT.__getitem__, said)):
                posted[found].append(position)
        posted.pop("", None)
        #: Stem -> the chunks that hold it, ascending.
        self.places: dict[str, list[int]] = dict(posted)
        #: Beginnings of stems: five letters, four.
        self.prefixes = {token[:5] for token in self.places}
        self.shorter = {token[:4] for token in self.prefixes}
        self.words = set(chain.from_iterable(self._said))
        counted = {word for word in self.words if not word.isalpha()}
        figured = [at for at, said in enumerate(self._said) if not counted.isdisjoint(said)]
        figures = _FIGURE.findall("\n".join(map(self.chunks.__getitem__, figured)))
        self.numbers = {match.replace(",", "") for match in figures}
        self.numbers.update(NUMBER_WORDS[word] for word in NUMBER_WORDS.keys() & self.words if word != "one")
        for position, word in self._implied(figured):
            self.places.setdefault(stem(word), [position])
            self.words.add(word)
            self.numbers.add(word)
        self._rarity: dict[str, float] = {}
        self._starts: dict[str, list[int]] = {}
        self._windows: dict[int, Window] = {}

    @cached_property
    def tokens(self) -> list[str]:
        """All words in order."""
        return list(chain.from_iterable(self._said))

    @cached_property
    def runs(self) -> list[int]:
        """The hash of each three words in a row: thousands of tuples would keep the garbage collector busy."""
        return hashed(self.tokens)

    @cached_property
    def trigrams(self) -> set[int]:
        """The same without their places."""
        return set(self.runs)

    def _implied(self, figured: Iterable[int]) -> list[tuple[int, str]]:
        """Position and word of what figures say in other words: months of dates, hours after noon; each word once."""
        found: dict[str, int] = {}
        for position in figured:
            for word in _figured(self.chunks[position]):
                found.setdefault(word, position)
        return [(position, word) for word, position in found.items()]

    def rarity(self, token: str) -> float:
        """How rare a stem is among the chunks, at least 1."""
        known = self._rarity.get(token)
        if known is None:
            size = len(self.chunks) + 1
            known = 1.0 + max(0.0, math.log(size / (len(self.places.get(token, ())) + 0.5)))
            self._rarity[token] = known
        return known

    def starts(self, token: str) -> list[int]:
        """Where a window of two chunks begins that holds the stem."""
        known = self._starts.get(token)
        if known is None:
            known = []
            before = -2
            for position in self.places[token]:
                known.append(position)
                if before != position - 1:
                    known.append(position - 1)
                before = position
            self._starts[token] = known
        return known

    def window(self, position: int) -> Window:
        """The two chunks from ``position``, read."""
        if position not in self._windows:
            self._windows[position] = Window(" ".join(self.chunks[position : position + 2]))
        return self._windows[position]


class Window:
    """The text of two neighbouring chunks, its words in order and their stems."""

    def __init__(self, text: str) -> None:
        self.text = readable(text)
        self.tokens = words(self.text)
        self.stems = set(map(STEMS.__getitem__, self.tokens))


def hashed(tokens: list[str]) -> list[int]:
    """The hash of each three words in a row."""
    return list(map(hash, zip(tokens, tokens[1:], tokens[2:], strict=False)))


def _tokens(texts: list[str]) -> list[list[str]]:
    """The words of each text, in order."""
    lowered = _BORDER.join(texts).lower()
    if lowered.isascii():
        return [said.split() for said in lowered.translate(_KEPT).split(_BORDER)]
    return [
        said.translate(SPACED).split() if said.isascii() else _TOKEN.findall(said) for said in lowered.split(_BORDER)
    ]


class Evidence:
    """Documents, and what people said beside them.

    ``asked`` is what people said: no evidence, yet an answer that repeats its numbers and names invents nothing.
    """

    def __init__(self, documents: tuple[str, ...] | Index, asked: str) -> None:
        self._index = documents if isinstance(documents, Index) else Index(documents)
        self.chunks = self._index.chunks
        asked = plain(asked)
        said = words(asked)
        self.asked = frozenset(content(said))
        self.words = self._index.words.union(said)
        self.numbers = self._index.numbers.union(match.replace(",", "") for match in _FIGURE.findall(asked))
        self.numbers.update(NUMBER_WORDS[word] for word in NUMBER_WORDS.keys() & said if word != "one")

    @property
    def tokens(self) -> list[str]:
        """All words of the documents in order."""
        return self._index.tokens

    def weigh(self, tokens: Iterable[str]) -> dict[str, float]:
        """Each token's rarity among the chunks, at least 1."""
        return {token: self._index.rarity(token) for token in tokens}

    def best_window(self, weights: dict[str, float], chunks: int = 2) -> tuple[float, int]:
        """Share of the weight that the best one or two neighbouring ``chunks`` hold, and the first one's position."""
        held: defaultdict[int, float] = defaultdict(float)
        everywhere = 0.0
        places = self._index.places
        for token, weight in sorted(weights.items()):
            positions = places.get(token)
            if positions is None:
                continue
            if len(positions) > _COMMON:
                everywhere += weight
                continue
            for position in self._index.starts(token) if chunks == 2 else positions:
                held[position] += weight
        total = math.fsum(weights.values())
        if total == 0.0:
            return 0.0, 0
        if not held:
            return min(1.0, everywhere / total), 0
        most = max(held.values())
        position = min([at for at, weight in held.items() if weight == most])
        return min(1.0, (everywhere + most) / total), max(0, position)

    def known(self, weights: dict[str, float]) -> float:
        """Share of the weight that is anywhere in the documents, longer words by their first five letters."""
        total = math.fsum(weights.values())
        found = math.fsum(weight for token, weight in weights.items() if self.holds(token))
        return min(1.0, found / total) if total else 0.0

    def holds(self, token: str) -> bool:
        """Whether the stem, or for longer ones another with the same first five letters, is anywhere."""
        return token in self._index.places or (len(token) > 4 and token[:5] in self._index.prefixes)

    def begins(self, letters: str) -> bool:
        """Whether a stem begins with these four letters; fewer never match a longer word."""
        return letters in self._index.shorter

    def copied(self, tokens: list[str]) -> float | None:
        """Share of the word trigrams that the documents have; ``None`` when there are none."""
        grams = set(hashed(tokens))
        return len(grams & self._index.trigrams) / len(grams) if grams else None

    def places_of(self, grams: list[int]) -> dict[int, list[int]]:
        """Where in ``tokens`` each of the hashed ``grams`` is that the documents have; the first places of each."""
        wanted = self._index.trigrams.intersection(grams)
        found: dict[int, list[int]] = {}
        for place, gram in enumerate(self._index.runs) if wanted else ():
            if gram in wanted and len(held := found.setdefault(gram, [])) < _PLACES:
                held.append(place)
        return found

    def window(self, position: int) -> Window:
        """The two chunks from ``position``."""
        return self._index.window(position)
