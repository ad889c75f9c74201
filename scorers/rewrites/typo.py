"""``typo``: two neighbouring letters inside one long everyday word exchanged."""

from __future__ import annotations

import re
from random import Random

from scorers.rewrites.asking_part import Place, about_form
from scorers.rewrites.guard import frozen
from scorers.rewrites.vocabulary import BEGINNINGS, KEPT, word_set

NAME = "typo"

#: Endings of everyday words of seven letters and more; names and identifiers in lower case seldom have them.
_ENDINGS = (
    *("tion", "tions", "sion", "sions", "ment", "ments", "ness", "able", "ible", "ally", "ingly", "ously", "ings"),
    *("ative", "ical", "ational", "ionally", "ously", "ering", "ating", "izing", "ising", "ously", "ences", "ence"),
)
_EVERYDAY = word_set(
    """
    according account activity address advantage advantages algorithm already although animal animals answer
    article average background balance beautiful because become before believe benefit benefits between business
    calculate category certain change character children choose classic college comfortable common community
    companies company compare complete complex computer concept concepts consider context control correct
    country countries create created culture current customer customers database delicious describe design
    develop different difference differences difficult discuss doctor effective effects email employee employees
    energy english environment equation essential event events example examples exercise experience explain
    express factor factors family famous favorite feature features feeling feelings financial following friendly
    friends function future general generate grammar healthy healthcare history however hundred identify
    important impact improve include including increase industry influence information interesting internet
    journey knowledge language largest learning likely machine management manager market marketing material
    medical member members message method methods minutes modern morning national natural nature nutrition
    official online opinion options original outside particular partner patient pattern people perfect perform
    performance person personal perspective picture planet popular positive possible poverty powerful practice
    present prevent primary private problem problems process product products program project projects protect
    provide purpose question questions reason reasons recipe recipes recent recipient related relationship
    research resources response restaurant results science scientific sentence sentences service services
    similar simple situation social society software solution solutions someone specific stories strategies
    strategy strengths stress strong structure student students subject suggest summary support surface system
    systems teacher technique techniques technology temperature themselves theory thoughts together traditional
    traffic training transport travel typical understand university various vehicle version water website
    weather weekend welcome without witness workplace workout yourself
    """
)
#: Words that an exchange of letters would make another word of.
_OTHER_WORDS = frozenset(
    ["martial", "marital", "casually", "causally", "united", "untied", "silver", "sliver", "signed"]
)
_WORD = re.compile(r"(?<![\w'’/.@#-])[a-z]{6,24}(?![\w'’/@#-]|\.\w)")


def rewrite(text: str, chance: Random, place: Place) -> str | None:
    """``text`` with one slip; ``None`` where no word is fit for it, or where the request is about letters."""
    if about_form(text):
        return None
    closed = frozen(text)
    fit = [match for match in _WORD.finditer(text) if _is_fit(match[0]) and not closed.holds(*match.span())]
    if not fit:
        return None
    match = chance.choice(fit)
    word = match[0]
    places = [at for at in range(1, len(word) - 2) if word[at] != word[at + 1]]
    at = chance.choice(places)
    slipped = word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    return text[: match.start()] + slipped + text[match.end() :]


def _is_fit(word: str) -> bool:
    if word in KEPT or word in _OTHER_WORDS or len(set(word)) < 4:
        return False
    if word in _EVERYDAY:
        return True
    return len(word) >= 8 and word.endswith(_ENDINGS) and word not in BEGINNINGS
