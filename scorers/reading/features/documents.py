"""Documents prepared once for all claims of an answer: chunks, where each stem is, trigrams, numbers, words."""

from __future__ import annotations

import html
import math
import re
from collections import defaultdict
from functools import lru_cache

from scorers.reading.text import NUMBER_WORDS, STOPWORDS, plain, sentences, stem, unwrapped, words

#: A stem in more chunks than this counts as held by every window, which bounds the work a claim costs.
_COMMON = 1000
#: Words of a chunk: long lines (tables, pages without full stops) are cut, so that a window stays local.
_CHUNK = 40
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_ISO_DATE = re.compile(r"\b(?:19|20)\d\d-(0[1-9]|1[0-2])-[0-3]\d")
_AFTERNOON = re.compile(r"\b(1[3-9]|2[0-3]):[0-5]?\d\b")
_MONTH_NAMES = "january february march april may june july august september october november december"
MONTHS = tuple(_MONTH_NAMES.split())

#: Between chunks while their words are read in one go; ``readable`` takes it out of the text.
_BORDER = "\x1e"
_TOKEN = re.compile(rf"[^\W_]+|{_BORDER}")
_FIGURE = re.compile(r"\d+(?:[.,]\d+)*")


@lru_cache(maxsize=1 << 16)
def _content(token: str) -> str:
    """The stem of a lower-case word that carries content, else nothing."""
    if token in STOPWORDS or (len(token) == 1 and not token.isdigit()):
        return ""
    return NUMBER_WORDS.get(token) or stem(token)


def content(tokens: list[str]) -> list[str]:
    """Stems of lower-case words that carry content, in order, like ``text.informative`` of the text they are from."""
    return [found for found in map(_content, tokens) if found]


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


def chunks(text: str) -> list[str]:
    """Sentences, cut where they are longer than sixty words."""
    found: list[str] = []
    for sentence in sentences(text):
        tokens = sentence.split()
        if len(tokens) <= _CHUNK + _CHUNK // 2:
            found.append(sentence)
        else:
            found.extend(" ".join(tokens[at : at + _CHUNK]) for at in range(0, len(tokens), _CHUNK))
    return found


class Index:
    """Documents prepared for comparison with any number of answers: chunks, where each stem is, all words in order."""

    def __init__(self, texts: tuple[str, ...]) -> None:
        self.chunks = list(dict.fromkeys(chunk for text in texts for chunk in chunks(readable(text))))
        self.places: dict[str, list[int]] = {}
        #: All words in order.
        self.tokens = self._read()
        self.prefixes = {token[:5] for token in self.places}
        self.shorter = {token[:4] for token in self.prefixes}
        # Hashes, not tuples: thousands of small objects for each sample would keep the garbage collector busy.
        self.trigrams = set(map(hash, zip(self.tokens, self.tokens[1:], self.tokens[2:], strict=False)))
        self.words = set(self.tokens)
        self.numbers = {match.replace(",", "") for match in _FIGURE.findall(" ".join(self.chunks) + "\n")}
        self.numbers.update(NUMBER_WORDS[word] for word in self.words & NUMBER_WORDS.keys() if word != "one")
        for position, word in self._implied():
            self.places.setdefault(stem(word), [position])
            self.words.add(word)
            self.numbers.add(word)

    def _read(self) -> list[str]:
        """Fill the index; the words of all chunks."""
        tokens: list[str] = []
        position = 0
        for token in _TOKEN.findall(_BORDER.join(self.chunks).lower()):
            if token == _BORDER:
                position += 1
                continue
            tokens.append(token)
            found = _content(token)
            if found:
                held = self.places.setdefault(found, [])
                if not held or held[-1] != position:
                    held.append(position)
        return tokens

    def _implied(self) -> list[tuple[int, str]]:
        """Position and word of what figures say in other words: months of dates, hours after noon; each word once."""
        found: dict[str, int] = {}
        for position, chunk in enumerate(self.chunks):
            for word in _figured(chunk):
                found.setdefault(word, position)
        return [(position, word) for word, position in found.items()]


class Evidence:
    """Documents, and what people said beside them.

    ``asked`` is what people said: no evidence, yet an answer that repeats its numbers and names invents nothing.
    """

    def __init__(self, documents: tuple[str, ...] | Index, asked: str) -> None:
        self._index = documents if isinstance(documents, Index) else Index(documents)
        self.chunks, self.tokens = self._index.chunks, self._index.tokens
        asked = plain(asked)
        said = words(asked)
        self.asked = frozenset(content(said))
        self.words = self._index.words.union(said)
        self.numbers = self._index.numbers.union(match.replace(",", "") for match in _FIGURE.findall(asked))
        self.numbers.update(NUMBER_WORDS[word] for word in NUMBER_WORDS.keys() & said if word != "one")

    def weigh(self, tokens: set[str]) -> dict[str, float]:
        """Each token's rarity among the chunks, at least 1."""
        size = len(self.chunks) + 1
        return {
            token: 1.0 + max(0.0, math.log(size / (len(self._index.places.get(token, ())) + 0.5))) for token in tokens
        }

    def best_window(self, weights: dict[str, float], chunks: int = 2) -> tuple[float, int]:
        """Share of the weight that the best one or two neighbouring ``chunks`` hold, and the first one's position."""
        held: defaultdict[int, float] = defaultdict(float)
        everywhere = 0.0
        for token, weight in sorted(weights.items()):
            positions = self._index.places.get(token, [])
            if len(positions) > _COMMON:
                everywhere += weight
                continue
            before = -2
            for position in positions:
                held[position] += weight
                if chunks == 2 and before != position - 1:
                    held[position - 1] += weight
                before = position
        total = math.fsum(weights.values())
        if total == 0.0:
            return 0.0, 0
        if not held:
            return min(1.0, everywhere / total), 0
        position = max(held, key=lambda key: (held[key], -key))
        return min(1.0, (everywhere + held[position]) / total), max(0, position)

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
        grams = set(zip(tokens, tokens[1:], tokens[2:], strict=False))
        return sum(map(self.shares, grams)) / len(grams) if grams else None

    def shares(self, gram: tuple[str, str, str]) -> bool:
        """Whether the documents have these three words in a row."""
        return hash(gram) in self._index.trigrams

    def window(self, position: int) -> str:
        """The text of the two chunks from ``position``."""
        return " ".join(self.chunks[position : position + 2])
