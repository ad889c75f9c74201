"""Documents prepared once for all answers: chunks, where each stem is, trigrams, numbers, words."""

from __future__ import annotations

import html
import re
from collections import defaultdict
from collections.abc import Callable
from itertools import chain
from typing import Any

from scorers.reading.features.concepts import CONCEPTS, CONTENT
from scorers.reading.features.windows import Masks, Rarity, Spread, Weighed, heaviest, most_of
from scorers.reading.lazy import lazy
from scorers.reading.text import (
    SPACED,
    STEMS,
    Wordings,
    names,
    plain,
    sentences,
    unwrapped,
    words,
)
from scorers.reading.values.calendar import PERIOD_WORDS, Period, periods
from scorers.reading.values.dates import MONTHS
from scorers.reading.values.records import as_sentences
from scorers.reading.values.values import Held, Value, name_of, values_of

#: Chunks up to which adding up every one is cheaper than parting them.
_FEW = 24
#: Words of a chunk: long lines (tables, pages without full stops) are cut, so that a window stays local.
_CHUNK = 40
_LONGEST = _CHUNK + _CHUNK // 2
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_ISO_DATE = re.compile(r"\b(?:19|20)\d\d-(0[1-9]|1[0-2])(?:-[0-3]\d|(?![-/.]?\d))")
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

    def __init__(
        self,
        texts: tuple[str, ...],
        split: Callable[[str], list[str]] = sentences,
        wordings: Wordings | None = None,
    ) -> None:
        """``split`` gives the sentences of a text, and ``wordings`` their words, where they may be known already."""
        read = [as_sentences(text) for text in texts]
        #: Whether all that the documents hold is records: JSON, rows of tables, ``key: value`` lines.
        self.records = all(whole for _, whole in read)
        self.chunks = list(dict.fromkeys(chunk for text, _ in read for chunk in chunks(readable(text), split)))
        self._said = _tokens(self.chunks)
        self._whole = frozenset(self.chunks)
        #: The words of each chunk, and of what is compared with them.
        self.wordings = Wordings() if wordings is None else wordings
        self.wordings.update(zip(self.chunks, self._said, strict=False))  # no chunk has no words
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
            self.places.setdefault(CONCEPTS[word], [position])
        #: How rare each stem is among the chunks, at least 1.
        self.rarity = Rarity(self.places, len(self.chunks))
        self._masks = Masks(self.places, len(self.chunks))
        self._spreads = Spread(self.places, len(self.chunks))
        self._fullest: tuple[dict[Weighed, tuple[float, int]], dict[Weighed, tuple[float, int]]] = {}, {}
        self._windows: dict[int, Window] = {}
        self._valued: set[str] = set()
        #: Sentences that were compared with these documents, as ``features.support`` reads them.
        self.said: dict[str, Any] = {}
        #: Which values of these sentences are new, as ``features.support`` found it for evidence of these documents.
        self.judged: dict[Any, Any] = {}

    @lazy
    def text(self) -> str:
        """All chunks, a line each."""
        return "\n".join(self.chunks)

    @lazy
    def tokens(self) -> list[str]:
        """All words in order."""
        return list(chain.from_iterable(self._said))

    @lazy
    def runs(self) -> list[int]:
        """The hash of each three words in a row: thousands of tuples would keep the garbage collector busy."""
        return hashed(self.tokens)

    @lazy
    def trigrams(self) -> frozenset[int]:
        """The same, each once."""
        return frozenset(self.runs)

    @lazy
    def shorter(self) -> set[str]:
        """The first four letters of each stem."""
        return {token[:4] for token in self.prefixes}

    def quoted(self, text: str) -> bool:
        """Whether it is a chunk, letter by letter."""
        return text in self._whole

    def says(self, word: str) -> bool:
        """Whether it is a word of the documents, or one that their figures imply."""
        return word in self._distinct or word in self._implied

    @lazy
    def periods(self) -> list[Period]:
        """The periods that the chunks say, the first ones."""
        if PERIOD_WORDS.isdisjoint(self._distinct):
            return []
        said = zip(self.chunks, self._said, strict=True)
        return periods("\n".join(chunk for chunk, own in said if not PERIOD_WORDS.isdisjoint(own)).lower())

    @lazy
    def values(self) -> Held:
        """The values of the chunks."""
        return Held(self.chunks, self._said, words=self._distinct)

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

    def fullest(self, found: Weighed, two: bool) -> tuple[float, int]:
        """The most weight of ``found`` stems that one chunk holds (or one of ``two`` neighbours), and the first one.

        All measures of a sentence ask this, most of them with the same weights.
        """
        known = self._fullest[two].get(found)
        if known is None:
            if len(self.chunks) <= _FEW:
                places = self._spreads if two else self.places
                known = most_of([(weight, places[token]) for weight, token in found], len(self.chunks) + 1)
            else:
                masks = [(weight, self._masks[token]) for weight, token in found]
                known = heaviest([(weight, mask | mask << 1) for weight, mask in masks] if two else masks)
            self._fullest[two][found] = known
        return known

    def window(self, position: int) -> Window:
        """The two chunks from ``position``, read."""
        if position not in self._windows:
            text, said = " ".join(self.chunks[position : position + 2]), self._said[position : position + 2]
            if "&" not in text and text[:1] not in ("{", "["):  # read again, it stays as it is
                self._windows[position] = Window(text, list(chain.from_iterable(said)))
            else:
                text = readable(text)
                self._windows[position] = Window(text, words(text))
        return self._windows[position]


class Window:
    """The text of two neighbouring chunks, and its words in order."""

    def __init__(self, text: str, tokens: list[str]) -> None:
        self.text = text
        self.tokens = tokens

    @lazy
    def stems(self) -> set[str]:
        """The stems of its words."""
        return set(map(STEMS.__getitem__, self.tokens))

    @lazy
    def names(self) -> set[str]:
        """Its names."""
        return names(self.text)

    @lazy
    def values(self) -> list[Value]:
        """Its numbers, dates and times."""
        return values_of(self.text, self.tokens)


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
