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
    SPACED,
    STEMS,
    content,
    plain,
    sentences,
    stem,
    unwrapped,
    words,
)
from scorers.reading.values.dates import MONTHS
from scorers.reading.values.records import as_sentences
from scorers.reading.values.values import VALUE_WORDS, Held, Value, name_of, values_of

#: A stem in more chunks than this counts as held by every window, which bounds the work a claim costs.
_COMMON = 1000
#: Places in the documents that one trigram is followed from, which bounds the search for runs.
_PLACES = 32
#: Places of all stems together up to which adding up every chunk is cheaper than parting them.
_FEW = 40
#: Sums in another order differ by less.
_SLACK = 1e-9
#: Words of a chunk: long lines (tables, pages without full stops) are cut, so that a window stays local.
_CHUNK = 40
_LONGEST = _CHUNK + _CHUNK // 2
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_ISO_DATE = re.compile(r"\b(?:19|20)\d\d-(0[1-9]|1[0-2])-[0-3]\d")
_AFTERNOON = re.compile(r"\b(1[3-9]|2[0-3]):[0-5]?\d\b")
#: One of these words is in each date and time that the two patterns find.
_FIGURED = frozenset((*(f"{month:02}" for month in range(1, 13)), *map(str, range(13, 24))))
#: Between chunks while their words are read in one go; ``readable`` takes it out of the text.
_BORDER = "\x1e"
_KEPT = {at: space for at, space in SPACED.items() if chr(at) != _BORDER}
_TOKEN = re.compile(r"[^\W_]+")


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
        read = [as_sentences(text) for text in texts]
        #: Whether all that the documents hold is records: JSON, rows of tables, ``key: value`` lines.
        self.records = all(whole for _, whole in read)
        self.chunks = list(dict.fromkeys(chunk for text, _ in read for chunk in chunks(readable(text), split)))
        self._said = _tokens(self.chunks)
        posted: defaultdict[str, list[int]] = defaultdict(list)
        for position, said in enumerate(self._said):
            for found in set(map(CONTENT.__getitem__, said)):
                posted[found].append(position)
        posted.pop("", None)
        self._distinct = set(chain.from_iterable(self._said))
        #: Stem -> the chunks that hold it, ascending.
        self.places: dict[str, list[int]] = dict(posted)
        #: The first five letters of each stem.
        self.prefixes = {token[:5] for token in self.places}
        #: Month or hour that a figure says -> the first chunk in which it does.
        self._implied = self._months_and_hours()
        for word, position in self._implied.items():
            self.places.setdefault(stem(word), [position])
        self._rarity: dict[str, float] = {}
        self._masks: dict[str, int] = {}
        self._spread: dict[str, list[int]] = {}
        self._windows: dict[int, Window] = {}
        self._valued: set[str] = set()

    @cached_property
    def tokens(self) -> list[str]:
        """All words in order."""
        return list(chain.from_iterable(self._said))

    @cached_property
    def runs(self) -> list[int]:
        """The hash of each three words in a row: thousands of tuples would keep the garbage collector busy."""
        return hashed(self.tokens)

    @cached_property
    def trigrams(self) -> dict[int, int]:
        """The same -> the first place of each in ``tokens``."""
        return dict(zip(reversed(self.runs), range(len(self.runs) - 1, -1, -1), strict=True))

    @cached_property
    def repeated(self) -> dict[int, list[int]]:
        """Those that come again -> their further places, ascending."""
        first, found = self.trigrams, defaultdict(list)
        if len(first) < len(self.runs):
            for place in [at for at, gram in enumerate(self.runs) if first[gram] != at]:
                found[self.runs[place]].append(place)
        return found

    @cached_property
    def shorter(self) -> set[str]:
        """The first four letters of each stem."""
        return {token[:4] for token in self.prefixes}

    def says(self, word: str) -> bool:
        """Whether it is a word of the documents, or one that their figures imply."""
        return word in self._distinct or word in self._implied

    @cached_property
    def values(self) -> Held:
        """The values of the chunks."""
        return Held(self.chunks, self._said)

    def stand_for(self, value: Value) -> str:
        """A stem that stands for ``value``; it is in the chunks that say the value, in whatever form."""
        stem_of_value = name_of(value)
        if stem_of_value not in self._valued:
            self._valued.add(stem_of_value)
            if places := self.values.places(value):
                self.places[stem_of_value] = places
        return stem_of_value

    def _months_and_hours(self) -> dict[str, int]:
        found: dict[str, int] = {}
        if _FIGURED.isdisjoint(self._distinct):
            return found
        for position, said in enumerate(self._said):
            if not _FIGURED.isdisjoint(said):
                for word in _figured(self.chunks[position]):
                    found.setdefault(word, position)
        return found

    def rarity(self, token: str) -> float:
        """How rare a stem is among the chunks, at least 1."""
        known = self._rarity.get(token)
        if known is None:
            size = len(self.chunks) + 1
            known = 1.0 + max(0.0, math.log(size / (len(self.places.get(token, ())) + 0.5)))
            self._rarity[token] = known
        return known

    def mask(self, token: str) -> int:
        """The chunks that hold the stem, as bits; 0 where none does."""
        known = self._masks.get(token)
        if known is None:
            bits = bytearray(len(self.chunks) // 8 + 1)
            for position in self.places.get(token, ()):
                bits[position >> 3] |= 1 << (position & 7)
            known = self._masks[token] = int.from_bytes(bits, "little")
        return known

    def spread(self, token: str) -> list[int]:
        """The chunks that hold the stem, and those right behind them."""
        known = self._spread.get(token)
        if known is None:
            places = self.places[token]
            known = self._spread[token] = [*{*places, *[place + 1 for place in places]}]
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

    @cached_property
    def values(self) -> list[Value]:
        """Its numbers, dates and times."""
        return values_of(self.text, self.tokens)


def most_of(found: list[tuple[float, list[int]]], size: int) -> tuple[float, int]:
    """``heaviest`` by adding up each of ``size`` places. ``found``: a weight and its places, each once."""
    sums = [0.0] * size
    for weight, places in found:
        for place in places:
            sums[place] += weight
    most = max(sums)
    return most, sums.index(most)


def heaviest(found: list[tuple[float, int]]) -> tuple[float, int]:
    """The greatest sum of weights whose masks share a bit, summed in the order of ``found``, and the first such bit.

    ``found``: a weight above 0 and a mask of at least one bit each. Bits are parted by mask after mask, the heaviest
    first; a part that cannot reach the best sum so far is dropped. Parts hold different bits, so there are never more
    of them than bits.
    """
    order = sorted(range(len(found)), key=lambda at: -found[at][0])
    masks = [found[at] for at in order]
    rest = [0.0]
    for weight, _ in reversed(masks):
        rest.append(rest[-1] + weight)
    rest.reverse()
    everything = 0
    for _, mask in masks:
        everything |= mask
    best = 0.0
    leaves: list[tuple[float, int, int]] = []
    parts = [(0, everything, 0.0, 0)]
    while parts:
        at, part, total, chosen = parts.pop()
        while total + rest[at] >= best - _SLACK:
            if at == len(masks):
                best = max(best, total)
                leaves.append((total, part, chosen))
                break
            weight, mask = masks[at]
            inside = part & mask
            if inside:
                if inside != part:
                    parts.append((at + 1, part ^ inside, total, chosen))
                part, total, chosen = inside, total + weight, chosen | 1 << order[at]
            at += 1
    sums: dict[float, int] = {}
    for total, part, chosen in leaves:
        if total >= best - _SLACK:
            exact = 0.0
            for at, (weight, _) in enumerate(found):
                if chosen >> at & 1:
                    exact += weight
            sums[exact] = sums.get(exact, 0) | part
    most = max(sums)
    return most, (sums[most] & -sums[most]).bit_length() - 1


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
        #: Whether all that the documents hold is records.
        self.records = self._index.records
        asked = plain(asked)
        said = words(asked)
        self.asked = frozenset(content(said))
        self._said = said
        self._plain = asked

    @cached_property
    def _asked_words(self) -> frozenset[str]:
        return frozenset(self._said)

    def says(self, word: str) -> bool:
        """Whether it is a word of the documents or of people."""
        return self._index.says(word) or word in self._asked_words

    @cached_property
    def _asked_values(self) -> Held:
        return Held([self._plain], [self._said])

    @cached_property
    def _asked_any(self) -> bool:
        """Whether the question may hold a value at all; most hold none."""
        return any(not word.isalpha() or word in VALUE_WORDS for word in self._said)

    def stand_for(self, value: Value) -> str:
        """As ``Index.stand_for``."""
        return self._index.stand_for(value)

    def holds_value(self, value: Value) -> bool:
        """Whether a document or the question says the value."""
        return self.holds(self.stand_for(value)) or self.asks_value(value)

    def asks_value(self, value: Value) -> bool:
        """Whether the question says the value."""
        return self._asked_any and bool(self._asked_values.places(value))

    @property
    def tokens(self) -> list[str]:
        """All words of the documents in order."""
        return self._index.tokens

    def weigh(self, tokens: Iterable[str]) -> dict[str, float]:
        """Each token's rarity among the chunks, at least 1."""
        return {token: self._index.rarity(token) for token in tokens}

    def best_window(self, weights: dict[str, float], chunks: int = 2) -> tuple[float, int]:
        """Share of the weight that the best one or two neighbouring ``chunks`` hold, and the first one's position."""
        index, found, everywhere, size = self._index, [], 0.0, 0
        for token, weight in sorted(weights.items()):
            places = index.places.get(token)
            if not places:
                continue
            if len(places) > _COMMON:
                everywhere += weight
            else:
                found.append((weight, token))
                size += len(places)
        total = math.fsum(weights.values())
        if total == 0.0:
            return 0.0, 0
        if not found:
            return min(1.0, everywhere / total), 0
        # Place n of two: a window that begins at chunk n - 1.
        if size <= _FEW:
            places_of = index.spread if chunks == 2 else index.places.__getitem__
            most, place = most_of([(w, places_of(token)) for w, token in found], len(self.chunks) + 1)
        else:
            masks = [(weight, index.mask(token)) for weight, token in found]
            most, place = heaviest([(w, mask | mask << 1) for w, mask in masks] if chunks == 2 else masks)
        return min(1.0, (everywhere + most) / total), max(0, place - (chunks == 2))

    def known(self, weights: dict[str, float]) -> float:
        """Share of the weight that is anywhere in the documents, longer words by their first five letters."""
        total = math.fsum(weights.values())
        found = math.fsum(weight for token, weight in weights.items() if self.holds(token))
        return min(1.0, found / total) if total else 0.0

    def holds(self, token: str) -> bool:
        """Whether the stem, or for longer ones another with the same first five letters, is anywhere."""
        return token in self._index.places or (len(token) > 4 and token[0] != "=" and token[:5] in self._index.prefixes)

    def begins(self, letters: str) -> bool:
        """Whether a stem begins with these four letters; fewer never match a longer word."""
        return letters in self._index.shorter

    def copied(self, tokens: list[str]) -> float | None:
        """Share of the word trigrams that the documents have; ``None`` when there are none."""
        grams = set(hashed(tokens))
        return len(grams & self._index.trigrams.keys()) / len(grams) if grams else None

    def places_of(self, gram: int) -> list[int]:
        """Where in ``tokens`` a hashed trigram is, ascending; no more than the first places."""
        first = self._index.trigrams.get(gram)
        return [] if first is None else [first, *self._index.repeated.get(gram, ())[: _PLACES - 1]]

    def window(self, position: int) -> Window:
        """The two chunks from ``position``."""
        return self._index.window(position)
