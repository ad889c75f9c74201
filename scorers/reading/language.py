"""What a text is written in: scripts first, then English function words, then the identifier of ``py3langid``.

Most texts are English, and a few of its function words tell them in microseconds. Chinese and Japanese are told by
their script. Everything else is read by the identifier (BSD-3-Clause; naive Bayes over byte n-grams), which is loaded
when the first such text arrives or by ``load_identifier``, with the languages of ``_KNOWN`` alone.

What is no prose says nothing on the language: code, addresses, names with digits. A text that holds nearly nothing
else, or is shorter than ``SHORT`` characters, is taken to be in the language of its prompt where the words do not tell
otherwise, and in English where there is no prompt.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable, Mapping
from enum import StrEnum
from functools import cache
from typing import TYPE_CHECKING

from scorers.reading.text import words

if TYPE_CHECKING:
    from py3langid.langid import LanguageIdentifier

#: Below so many characters the language of the prompt helps.
SHORT = 20
#: What py3langid 0.4.0 writes into the temporary folder while it loads.
_UNPACKED = "70 MB"
#: Characters of a text that are looked at; characters of its prose that the identifier reads.
_HEAD, _READ = 1_200, 200


class Language(StrEnum):
    """Languages that some scorer reads; every other one is ``OTHER``."""

    ENGLISH = "en"
    GERMAN = "de"
    FRENCH = "fr"
    SPANISH = "es"
    PORTUGUESE = "pt"
    CHINESE = "zh"
    JAPANESE = "ja"
    ARABIC = "ar"
    OTHER = "other"


#: What ``refused``, ``abstained``, ``asked`` and ``attempted`` read.
SUPPORTED = frozenset(Language) - {Language.OTHER}

#: Code of the identifier -> how often to expect it, where Italian is 1. Neighbours of larger languages are rare.
_COMMON = "it nl pl cs sv no da fi hu tr ro id vi"
_RARE = "sk sl hr bs ms et lt lv sq eu cy ga is tl sw az uz"
_LATIN = {
    "en": 5.0,
    **dict.fromkeys(("de", "fr", "es", "pt"), 3.0),
    **dict.fromkeys(_COMMON.split(), 1.0),
    **dict.fromkeys(_RARE.split(), 0.6),
    **dict.fromkeys(("ca", "gl", "af", "mt", "eo"), 0.4),
}
_ARABIC = {"ar": 3.0, "fa": 1.0, "ur": 1.0, **dict.fromkeys(("ps", "ug", "sdh"), 0.5)}
_KNOWN = _LATIN | _ARABIC

_ASCII_LETTERS = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_NOT_ASCII = re.compile(r"[^\x00-\x7f]+")
_LETTER = re.compile(r"[^\W\d_]")
_HAN = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]")
_KANA = re.compile(r"[\u3041-\u309f\u30a1-\u30ff]")
_ARABIC_LETTER = re.compile(r"[\u0620-\u064a\u066e-\u06d3\ufb50-\ufdff\ufe70-\ufefc]")
#: Letters of Latin script beyond ASCII.
_LATIN_LETTER = re.compile(r"[\u00aa\u00ba\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u024f\u1e00-\u1eff]")
_FENCED = re.compile(r"```.{0,20000}?(?:```|$)|`[^`\n]{1,200}`", re.DOTALL)
#: A run without blanks, and what makes it no word: an address, a path, a name of code, a tag, a number.
_RUN = re.compile(r"[!-~]+")
_NO_WORD = re.compile(r"[_/\\{}<>=@#$|~^*+&%\[\]\d]|[a-z]\.[a-z]|[a-z]\(|[a-z][A-Z]|::|--")

#: Words that are frequent in English and hardly a word of another language of Latin script.
_SURE_WORDS = """the of and that with you your have this what would from they which there about it his their because
    when where why how these those them then than could should my any some only into our if here most need let know
    think using after before while please sorry cannot couldn doesn isn don wasn didn re ve ll yes help again just
    like want wants needs between through during other each both same such since first second new next step below
    above without within"""
_SURE = frozenset(_SURE_WORDS.split())
#: Words that are frequent in English and stand in other languages as well.
_SHARED_WORDS = """to in is for as not be are can will an or on at by has he i a me so no was we us do does did all
    use make been were she but out up who must may might"""
_SHARED = frozenset(_SHARED_WORDS.split())
#: Frequent words of other languages of Latin script that are no English words.
_FOREIGN_WORDS = """der das und ist nicht ich ein eine zu den mit auf dem von sie auch wir im le les des et est une
    que pour dans pas je vous qui sur du au avec nous ce sont el los las y del lo por con su al para se da os um uma
    em na mais di il non sono della gli het van dat niet op te voor zijn een och att det som inte jag og er ikke ve
    bir bu nie jest de la en un es"""
_FOREIGN = frozenset(_FOREIGN_WORDS.split())
#: Short texts hold little to tell a language from; these words tell it.
_TELLING_WORDS = {
    Language.ENGLISH: "hello hi hey thanks thank yes ok okay sure please",
    Language.GERMAN: "hallo danke bitte ja nein weiter genau kann nicht leider gerne klar tschüss ich",
    Language.FRENCH: "bonjour salut merci oui désolé désolée peux pas continuez je",
    Language.SPANISH: "hola gracias sí puedo sigue siento adiós claro vale",
    Language.PORTUGUESE: "olá oi obrigado obrigada sim não posso desculpe continua",
}
_TELLING = {word: language for language, listed in _TELLING_WORDS.items() for word in listed.split()}
#: Neighbours that the identifier confuses in short texts; frequent words of each, which the others may share.
_WORDS_OF = {
    "es": """a y o e el los las una hay muy más pero sin debe puede ser este ya su sus ha le lo la se un en con no dos
        por para de del al fue es son está como""",
    "pt": """o os a as e ou um uma não em com do da dos das ao à pelo pela na nas nos seu sua mais sem foi este ser deve
        pode se no por para de é são está como""",
    "gl": """o os a as e ou un unha non en con do da dos das ao á polo pola na nas nos seu súa máis sen foi este ser
        debe pode se no por para de é son está como""",
    "ca": "a el els les la i o una amb aquest aquesta ha és ser per del dels de al un en més es no com se",
    "it": """a il lo la i gli le una e o non con per del della di dei sono questo questa più nel al un ha si ai se come
        in""",
    "fr": "a le les la une et ou des du de avec pour dans par est sur un en ce cette au aux pas ne se son comme",
}
_SPOKEN = {code: frozenset(listed.split()) for code, listed in _WORDS_OF.items()}
_NEIGHBOURLY = frozenset().union(*_SPOKEN.values())
#: Spelling that some of the neighbours have and the others do not.
_SPELT = {
    r"ñ|[¿¡]|[ií]ón\b|[cs]iones\b|[ae]ncias?\b": "es gl",
    r"[ãõ]|lh[aeio]|[áéó]ri[oa]s?\b|[áí]vel\b|ag(?:em|ens)\b": "pt",
    r"[a-zíú]ari[oa]s?\b": "es gl it",
    r"ç": "pt ca fr",
    r"[êôâ]": "pt fr",
    r"à": "pt ca it fr",
    r"[èò]": "ca it fr",
    r"[áíú]": "es pt gl ca",
    r"dad\b|mientos?\b|iendo\b|[^qg\W]ue[bdgrv]|\bcua[lnrt]|[a-z]aje\b|zc[ao]|[^qg\W]ue[lnst][ao]": "es",
    r"[dmnpstv]ie[nrs][a-z]": "es it fr",
    r"[aeiou]m\b": "pt fr",
    r"[ai]bles?\b|\b(?:a|de|en|con|por) l[ao]s?\b": "es ca fr",
    r"\bno (?:está[ns]?|es|hay|se|ha|existe|válid|encontrad)": "es ca",
    r"cc|ll[aeo]": "es gl ca it fr",
    r"ss[aeio]": "pt ca it fr",
    r"\bqua[lnrt]": "pt it fr ca",
    r"dade\b|eir[oa]s?\b": "pt gl",
    r"\bx[aeio]": "gl ca",
    r"l·l|ció\b|\bl'|\bd'": "ca it fr",
    r"zion[ei]\b|tà\b|zz|\b(?:a|da|de|ne|su)ll[aeo']": "it",
}
_SPELLINGS = [(re.compile(spelling), frozenset(_WORDS_OF) - set(codes.split())) for spelling, codes in _SPELT.items()]
#: Neighbours below this share of the likeliest one are no rivals of it.
_CLOSE = 0.3
#: How much less likely a language is by each such word, and by each spelling, that it does not have.
_NOT_SPOKEN, _NOT_SPELT = 0.4, 0.15
#: Quoted parts say what is quoted; looked at in texts up to so many characters.
_QUOTED = re.compile(
    r"[\"\u201c\u201e\u00ab\u300c][^\"\u201c\u201d\u201e\u00bb\u300d\n]{4,300}[\"\u201c\u201d\u00bb\u300d]"
)
_QUOTING = 400
_SAID = re.compile(r"[^\W\d_]{5}|[^\x00-\xff]{2}")
#: Share of English words in a text that is English for sure, and how many of them no other language has.
_ENOUGH, _FEWEST = 0.2, 2
#: So many of these, and half of that share is enough: lists and code with some prose.
_MANY = 4
#: Letters of prose that the identifier can tell a language from.
_LEAST = 8
#: How much likelier the prompt's language makes itself for an answer, and for a short one.
_PROMPTED, _PROMPTED_SHORT = 3.0, 20.0


def language_of(text: str, prompt: Callable[[], str] = str) -> Language:
    """The language of ``text``. ``prompt`` gives what it answers, where there is such: it is asked for if the text
    is not plainly English, and helps most where that is short or holds no prose.

    Pure and bounded: at most ``_HEAD`` characters are read.
    """
    head = text[:_HEAD]
    if len(head) < _QUOTING:
        head = _unquoted(head)
    if head.isascii():
        return _latin(head, prompt)
    head = _prose(head, _HEAD) or head
    ascii_part = head.encode("ascii", "ignore")
    latin = len(ascii_part) - len(ascii_part.translate(None, _ASCII_LETTERS))
    rest = "".join(_NOT_ASCII.findall(head))
    others = len(_LETTER.findall(rest))
    latin_too = len(_LATIN_LETTER.findall(rest))
    latin, letters = latin + latin_too, latin + others
    if others == latin_too:
        return _latin(head, prompt)
    han, kana = len(_HAN.findall(rest)), len(_KANA.findall(rest))
    # A sign says as much as two or three letters.
    if (han + kana) * 3 > letters - han - kana:
        return _signs(han, kana, prompt)
    if latin >= letters * 0.6:
        return _latin(head, prompt)
    if 2 * len(_ARABIC_LETTER.findall(rest)) > letters - latin:
        return _likeliest(_ranked(_prose(head), _ARABIC))
    return Language.OTHER


def _unquoted(text: str) -> str:
    """``text`` without what it quotes, if that leaves any words."""
    outside = _QUOTED.sub(" ", text)
    return outside if len(outside) < len(text) and _SAID.search(outside) else text


def _signs(han: int, kana: int, prompt: Callable[[], str]) -> Language:
    """Chinese or Japanese: Japanese mixes its signs with kana; without any, the prompt tells."""
    if kana * 8 > han:
        return Language.JAPANESE
    if not kana and han < SHORT and language_of(prompt()) is Language.JAPANESE:
        return Language.JAPANESE
    return Language.CHINESE


def _latin(head: str, prompt: Callable[[], str]) -> Language:
    """The language of a text in Latin script."""
    if len(head) > _QUOTING and _plainly_english(words(head[:_QUOTING])):
        return Language.ENGLISH
    said = words(head)
    if _plainly_english(said):
        return Language.ENGLISH
    if len(said) <= 3 and (told := set(filter(None, map(_TELLING.get, said)))) and len(told) == 1:
        return told.pop()
    prose, asked = _prose(head), prompt()
    hinted = language_of(asked) if asked else Language.ENGLISH
    if len(prose) < _LEAST:
        return hinted
    little = _names_alone(prose) or 2 * len(prose) < min(len(head), _READ)
    likely = _ranked(prose, _LATIN)
    _tell_neighbours(likely, prose)
    if hinted in likely and (asked or little):
        likely[hinted] *= _PROMPTED_SHORT if little or len(prose) < SHORT else _PROMPTED
    return _likeliest(likely)


def _plainly_english(said: list[str]) -> bool:
    sure = sum(map(_SURE.__contains__, said))
    if not sure or (sure < _FEWEST and len(said) >= 8):
        return False
    english = sure + sum(map(_SHARED.__contains__, said))
    enough = _ENOUGH if sure < _MANY else 0.5 * _ENOUGH
    return english >= enough * len(said) and 3 * sum(map(_FOREIGN.__contains__, said)) <= english


def _names_alone(prose: str) -> bool:
    """Whether hardly a word begins with a small letter: names, titles, heads of tables."""
    said = prose.split()
    return not prose.isupper() and 4 * sum([word[:1].islower() for word in said]) < len(said)


def _tell_neighbours(likely: dict[str, float], prose: str) -> None:
    """Makes those of the neighbours less likely that do not have the words and the spelling of ``prose``."""
    best = max(likely, key=likely.__getitem__)
    if best not in _WORDS_OF or all(likely[code] < _CLOSE * likely[best] for code in _WORDS_OF if code != best):
        return
    lowered = prose.lower()
    said = _NEIGHBOURLY.intersection(words(lowered))
    weights = {code: _NOT_SPOKEN ** len(said - spoken) for code, spoken in _SPOKEN.items()}
    for spelling, strangers in _SPELLINGS:
        if spelling.search(lowered):
            for code in strangers:
                weights[code] *= _NOT_SPELT
    most = max(weights.values())
    for code, weight in weights.items():
        likely[code] *= weight / most


def _likeliest(likely: dict[str, float]) -> Language:
    best = max(likely, key=likely.__getitem__)
    return Language(best) if best in SUPPORTED else Language.OTHER


def _prose(head: str, most: int = _READ) -> str:
    """The words of the beginning, without what is no prose."""
    if "`" in head:
        head = _FENCED.sub(" ", head)
    if _NO_WORD.search(head):
        head = _RUN.sub(_word, head)
    return " ".join(head.split())[:most]


def _word(run: re.Match[str]) -> str:
    return " " if _NO_WORD.search(run[0]) else run[0]


def _ranked(prose: str, expected: Mapping[str, float]) -> dict[str, float]:
    """Code -> how likely it is, not normalised, of the languages that are ``expected``."""
    return {code: share * expected[code] for code, share in _identifier().rank(prose) if code in expected}


def load_identifier() -> None:
    """Load it now (about a second, 60 MB): for processes where the first text must not wait for it. Raises ``OSError``
    where the temporary folder has no room."""
    _identifier()


@cache
def _identifier() -> LanguageIdentifier:
    """The identifier with the languages of ``_KNOWN`` alone: a third of the memory of all. Raises ``OSError``."""
    # NumPy comes with it: not imported for commands that read no text.
    from py3langid.langid import MODEL_DIR, MODEL_FILE, LanguageIdentifier  # noqa: PLC0415
    from py3langid.modelio import load_model  # noqa: PLC0415

    try:
        ptc, pc, classes, moves, row, output = load_model(MODEL_DIR / MODEL_FILE)
    except OSError as error:
        told = f"{error.strerror} (the language identifier is unpacked there while it is loaded, {_UNPACKED})"
        raise OSError(error.errno, told, tempfile.gettempdir()) from None
    own = [at for at, code in enumerate(classes) if code in _KNOWN]
    return LanguageIdentifier(
        ptc[:, own], pc[own], [classes[at] for at in own], moves, output, norm_probs=True, tk_row=row
    )
