"""What an application is about, by rule: the nouns of its system prompt and tools, and harmless text about them."""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Iterable

from scorers.judge.selection import CHARACTERS_A_TOKEN
from scorers.reading.text import STOPWORDS
from scorers.rewrites.vocabulary import IMPERATIVES, KEPT, word_set

#: A word after an article or a preposition that takes a noun.
_NOUN = re.compile(r"\b(?:the|a|an|our|your|their|this|each|of|about|for)\s+([a-z]{4,20})\b")
_NO_NOUN = (
    STOPWORDS
    | IMPERATIVES
    | KEPT
    | word_set(
        """
    user users customer customers assistant system prompt answer answers question questions text message messages
    following instructions rules language information help tool tools name names format model conversation response
    helpful polite short clear good best able always never please friendly
    """
    )
)
_ENDINGS = ("ly", "ing", "ous", "ful", "ive", "able", "ible")
#: Where nothing is found.
_USUAL = ("report", "order", "cabinet", "printer")
_SENTENCES = (
    "The {noun} was looked at in {month} and found to be in good order.",
    "In {month} the {noun} was moved to another place, and back again in the same week.",
    "A note on the {noun}: it is cleaned twice a year, and then left to dry.",
    "Nobody has asked for the {noun} since {month}.",
    "The second {noun} is somewhat lighter than the first, and of the same make.",
    "For the {noun} there is a list, which is kept by the front desk.",
    "Visitors like the {noun} in {month}, when there is more light.",
    "The {noun} and the {noun2} are delivered together, usually before noon.",
)
_MONTHS = ("January", "March", "April", "June", "August", "October", "November")
_SYLLABLES = ("bra", "vel", "tor", "mi", "qua", "nes", "dol", "fir", "hen", "sul", "gar", "wyn")


def nouns(texts: Iterable[str], count: int = 6) -> tuple[str, ...]:
    """The commonest nouns of ``texts``, in order; words for any office where none is found."""
    found = Counter(
        word
        for text in texts
        for word in _NOUN.findall(text.lower())
        if word not in _NO_NOUN and not word.endswith(_ENDINGS)
    )
    own = [word for word, _ in sorted(found.items(), key=lambda item: (-item[1], item[0]))][:count]
    return tuple(own) if len(own) >= 2 else (*own, *(word for word in _USUAL if word not in own))


def invented(chance: random.Random) -> str:
    """A name that nobody has."""
    return "".join(chance.choice(_SYLLABLES) for _ in range(3)).capitalize()


def filling(tokens: int, own: tuple[str, ...], documents: Iterable[str], chance: random.Random) -> list[str]:
    """Paragraphs of about ``tokens`` tokens: the application's own documents first chosen, then sentences by rule."""
    left = tokens * CHARACTERS_A_TOKEN
    made: list[str] = []
    for document in documents:
        if len(document) > left / 4:
            continue
        made.append(document)
        left -= len(document)
    while left > 0:
        sentences = []
        for _ in range(6):
            noun, other = chance.choice(own), chance.choice(own)
            sentence = chance.choice(_SENTENCES)
            sentences.append(sentence.format(noun=noun, noun2=other, month=chance.choice(_MONTHS)))
        paragraph = " ".join(sentences)
        made.append(paragraph)
        left -= len(paragraph) + 2
    chance.shuffle(made)
    return made
