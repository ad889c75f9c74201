"""Decides whether the value of a suspicious name is a secret, or a word, a type, a placeholder, or code."""

from __future__ import annotations

import re
from enum import Enum, auto
from itertools import pairwise

from proxy.redact.key_formats import is_random


class Named(Enum):
    """What a name says about its value."""

    PASSWORD = auto()
    SECRET = auto()
    #: A name that is more often used for other things.
    PERHAPS = auto()


class Form(Enum):
    """How a value is written."""

    QUOTED = auto()
    #: ``NAME=value`` on a line of its own, and the value of a key of YAML.
    LINE = auto()
    #: Within a URL's query.
    QUERY = auto()
    #: Anything else without quotes: it may be code.
    BARE = auto()


_PASSWORD = re.compile(
    r"(?:password|passwort|passwd|passphrase|passcode|kennwort|senha|contrase.a|clave|wachtwoord|parola|pwd|psw"
    r"|mot[ _-]?de[ _-]?passe|пароль|密码|密碼|パスワード|비밀번호)s?$",
    re.IGNORECASE,
)
_SHORT_PASSWORD = re.compile(r"(?:^|[^A-Za-z])(?:[Pp]ass|PASS|[Pp]w|PW)$|[a-z0-9](?:Pass|Pw|PW)$")
_SECRET = re.compile(
    r"(?:secret|credentials?|api[_ -]?keys?|(?:access|auth|secret|private|encrypt(?:ion)?|signing|master|account"
    r"|storage|shared|shared[_ -]?access|subscription|functions?|licen[cs]e|consumer|client|deploy(?:ment)?|session"
    r"|webhook|service|admin|bot|ingest(?:ion)?|jwt|hmac|aes|crypto|app|application|write|read|integration|host|root|security"
    r"|secret[_ -]?access|primary[_ -]?access|send|routing)[_ -]?keys?"
    r"|secret[_ -]?key[_ -]?base|(?:access|auth|api|refresh|bearer|id|session|secret|bot|user|csrf|xsrf|jwt|oauth2?"
    r"|security|private|personal|service|deploy|login|verification|vault|app|client|admin|registry|webhook|sas"
    r"|instance|shopify[_ -]access|figma|gitlab|github|slack|hf|npm|pypi|device|push|fcm|stripe|reset|magic|invite"
    r"|[a-z0-9]+[_-](?:access|auth|api))[_ -]?tokens?|signature|connection[_ -]?string"
    r"|client[_ -]?assertion)$",
    re.IGNORECASE,
)
_PERHAPS = re.compile(r"(?:tokens?|[_-]keys?|^keys?|[a-z]Keys?|auth|sig|sid|jwt|code|pin|otp)$", re.IGNORECASE)
#: Before ``token``, ``key``, ``code`` and ``secret``: then it is none.
_NEVER = frozenset(
    (
        *(
            "max",
            "min",
            "num",
            "n",
            "next",
            "prev",
            "previous",
            "page",
            "paging",
            "continuation",
            "cursor",
            "sync",
            "eos",
        ),
        *(
            "bos",
            "pad",
            "unk",
            "cls",
            "sep",
            "mask",
            "start",
            "end",
            "stop",
            "special",
            "total",
            "input",
            "output",
            "prompt",
        ),
        *(
            "completion",
            "cached",
            "cache",
            "reasoning",
            "count",
            "per",
            "first",
            "last",
            "primary",
            "foreign",
            "public",
        ),
        *(
            "partition",
            "sort",
            "hash",
            "range",
            "object",
            "row",
            "column",
            "map",
            "dict",
            "group",
            "lookup",
            "index",
            "json",
        ),
        *(
            "xml",
            "data",
            "i18n",
            "translation",
            "message",
            "event",
            "metric",
            "feature",
            "issue",
            "idempotency",
            "dedup",
        ),
        *(
            "deduplication",
            "unique",
            "natural",
            "composite",
            "candidate",
            "arrow",
            "hot",
            "error",
            "status",
            "exit",
            "zip",
        ),
        *(
            "postal",
            "country",
            "language",
            "lang",
            "source",
            "byte",
            "op",
            "product",
            "item",
            "area",
            "qr",
            "bar",
            "color",
        ),
        *("char", "new", "of", "the", "a", "this", "new", "key", "tokens", "keys", "foreach", "for", "in"),
    )
)
_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
_QUALIFIER = re.compile(
    r"(?:[_-](?:prod(?:uction)?|dev(?:elopment)?|test|live|staging|value|new|old|current|default|v?\d{1,3}|[a-z]{2})|\d{1,3})$",
    re.IGNORECASE,
)

#: What stands where a secret will stand, and what is none.
_PLACEHOLDER = re.compile(
    r"\[[A-Z_]+_\d+\]?|.*(?:\$\{|\{\{|\$\(|%\(|\*{3}|x{4}|X{4}|\.{3}|…|#\{|<[^<>]{1,60}>).*|[<{$%@].*[>}]|\$[A-Za-z_]\w*"
    r"|%[sdr]|%[A-Z_]+%|process\.env\b.*|os\.environ\b.*|env[.(\[:].*",
    re.IGNORECASE | re.DOTALL,
)
_WORDED = re.compile(
    r"(?:your|my|the|an?|some|insert|enter|replace|change|put)[-_ ].{0,60}|.*(?:example|placeholder|redacted|changeme"
    r"|change[-_ ]me|your[-_ ]|dummy|sample|foobar|todo).*",
    re.IGNORECASE | re.DOTALL,
)
_NOTHING = frozenset(
    (
        *(
            "null",
            "none",
            "nil",
            "undefined",
            "true",
            "false",
            "yes",
            "no",
            "on",
            "off",
            "string",
            "str",
            "text",
            "bytes",
        ),
        *("number", "int", "integer", "boolean", "bool", "object", "array", "any", "unknown", "void", "required"),
        *("optional", "hidden", "secret", "password", "passwd", "pass", "token", "key", "apikey", "api_key", "auth"),
        *("bearer", "basic", "digest", "oauth", "oauth2", "jwt", "default", "empty", "missing", "invalid", "valid"),
        *("expired", "test", "secretstr", "varchar", "char", "uuid", "nvarchar", "self", "this", "wrong", "correct"),
    )
)
_NAME_WITHIN = re.compile(
    r"passw|passwd|passphrase|secret|token|credential|api[_-]?key|kennwort|senha|contrase|clave|passe\b|wachtwoord|пароль|密码",
    re.IGNORECASE,
)
_FUNCTION_WORDS = re.compile(
    r"\b(?:the|a|an|is|are|be|was|to|of|or|and|your|my|our|must|should|can(?:not)?|please|enter|with|for|in|on|at|if|not|new"
    r"|der|die|das|ist|und|bitte|ihr|dein|le|la|les|est|et|votre|el|es|y|su|tu|de|het|een|e|o|um|uma|il|un|una|per|in)\b",
    re.IGNORECASE,
)
_CALL = re.compile(r"[A-Za-z_$][\w$]*(?:(?:\.|->|::|\?\.)[A-Za-z_$][\w$]*)*(?:[(\[{].*|\?|!)?", re.DOTALL)
_PATH = re.compile(
    r"(?:\.{0,2}/|~/|[A-Za-z]:\\|https?://|file:).*|.*\.(?:py|js|ts|json|ya?ml|pem|txt|crt|cer|key|md|html|php|go|rb|env)"
)
_TERNARY = re.compile(r"[\w$.!]+\?[^:]*:.*")
_SYMBOL = re.compile("[!@#$%^&*+=?~|\\\\<>\ufffd]")
_ALGORITHM = re.compile(
    r"(?:sha|md|hs|rs|es|ps|aes|base|utf|ed|x|rsa|ecdsa|oauth|iso|rfc|p|secp|ripemd|blake|crc|des|rc|argon|pbkdf|b|k|s|ec|v|i|"
    r"mp|h|id|key|step|level|part|test|user|version|token|section|tls|ssl|http|ipv)[-_]?\d{1,5}[a-z]?\d?",
    re.IGNORECASE,
)


def kind_of(name: str) -> Named | None:
    """The kind of secret that a name indicates; ``None`` if none."""
    bare = _QUALIFIER.sub("", name.strip("\"'`[]() -."))
    if _PASSWORD.search(bare) or _SHORT_PASSWORD.search(bare):
        return Named.PASSWORD
    words = _WORDS.findall(bare)
    if (len(words) > 1 and words[-2].lower() in _NEVER) or bare.lower().endswith(("pubkey", "publickey")):
        return None
    if _SECRET.search(bare):
        return Named.SECRET
    if _PERHAPS.search(bare):
        return Named.PERHAPS
    return None


def is_secret(named: Named, value: str, form: Form) -> bool:
    """Whether ``value`` is a secret of the kind that its name indicates."""
    bare = value.strip()
    if len(bare) < 4 or len(bare) > 8000 or bare.lower().strip(".,;:!?") in _NOTHING or _PLACEHOLDER.fullmatch(bare):
        return False
    if _WORDED.fullmatch(bare) and not random_enough(bare):
        return False
    if named is Named.PASSWORD:
        return _password(bare, form)
    if named is Named.PERHAPS:
        return any(map(str.isdigit, bare)) and _secret(bare, form, 10 if form is Form.QUERY else 16)
    return _secret(bare, form, 6)


def _password(value: str, form: Form) -> bool:
    if " " in value:
        return _phrase(value) if form in (Form.QUOTED, Form.LINE) else False
    digits = sum(char.isdigit() for char in value)
    symbols = _SYMBOL.search(value.strip("?!")) is not None
    if form is not Form.QUOTED and _CALL.fullmatch(value) and not _mixed(value, form):
        return False
    if form is Form.BARE and (value[-1:] in "([{" or _TERNARY.fullmatch(value)):
        return False
    if digits == len(value):
        return len(value) >= (4 if form is Form.QUOTED else 6)
    if _NAME_WITHIN.search(value) and not (digits or symbols):
        return False
    if digits or symbols:
        return not _path(value) and (symbols or len(value) >= 5)
    if value.isalpha() and value.isascii():
        letters = form in (Form.QUOTED, Form.LINE) and value.islower()
        return len(value) >= 6 and not value.istitle() and (letters or is_random(value))
    words = re.split("[-_.]", value)
    return form is Form.QUOTED and len(words) >= 3 and all(word.isalpha() and word.islower() for word in words)


def _mixed(value: str, form: Form) -> bool:
    """Whether what could be a name in code is a password all the same."""
    if "." in value or "(" in value or "[" in value:
        return False
    if _NAME_WITHIN.search(value) or _ALGORITHM.fullmatch(value):
        return False
    if form in (Form.LINE, Form.QUERY):
        if form is Form.LINE and value.isalpha() and value.islower():
            return True
        return any(char.isdigit() for char in value) or (len(value) >= 8 and is_random(value))
    return random_enough(value) or (len(value) >= 10 and value.isalpha() and is_random(value))


def _phrase(value: str) -> bool:
    """A password of several words: no sentence and no label."""
    words = value.split()
    if any(_odd(word) for word in words):
        return len(words) <= 8
    if _FUNCTION_WORDS.search(value) or _NAME_WITHIN.search(value):
        return False
    return 4 <= len(words) <= 8 and all(word.isalpha() and word.islower() and word.isascii() for word in words)


def _odd(word: str) -> bool:
    """Whether a word of a line is none of language."""
    word = word.strip(".,;:!?()")
    return len(word) >= 2 and (
        (any(map(str.isdigit, word)) and any(map(str.isalpha, word)) and (random_enough(word) or _turns(word) > 1))
        or _SYMBOL.search(word[1:-1]) is not None
    )


def _secret(value: str, form: Form, least: int) -> bool:
    if len(value) < least or re.search(r"\s", value) or _path(value):
        return False
    if form is Form.BARE and re.search(r"[(\[{?!|&<>*^]", value):
        return False
    if re.fullmatch(r"[\d.,:/ T+Z-]+", value) or not re.search("[A-Za-z]", value):
        return False
    if (
        form is not Form.QUOTED
        and re.fullmatch(r"[A-Za-z_$][\w$]*(?:\.[A-Za-z_$][\w$]*)+", value)
        and not value.startswith("ey")
    ):
        return random_enough(max(value.split("."), key=len)) and len(max(value.split("."), key=len)) >= 20
    return random_enough(value)


def random_enough(value: str) -> bool:
    """Whether a part of it is no word, no number and no name of an algorithm or a version."""
    if _SYMBOL.search(value.strip("=")) and re.search(r"[A-Za-z].*\d|\d.*[A-Za-z]", value) and len(value) >= 8:
        return True
    return any(_random_part(part) for part in re.split(r"[-_.:/+=~,]", value)) or _scattered(value)


def _random_part(part: str) -> bool:
    if len(part) < 5 or _ALGORITHM.fullmatch(part):
        return False
    digits = sum(char.isdigit() for char in part)
    if not digits:
        return len(part) >= 16 and is_random(part)
    if digits == len(part):
        return False
    if (_turns(part) > 1 and digits > 1) or (digits >= 3 and len(part) >= 6):
        return True
    letters = "".join(filter(str.isalpha, part))
    return len(letters) >= 11 and is_random(letters)


def _turns(part: str) -> int:
    """How often digits and other characters take turns."""
    return sum(one.isdigit() != other.isdigit() for one, other in pairwise(part))


def _scattered(value: str) -> bool:
    """Short pieces of letters and digits between many separators, as in a UUID or in base64 for URLs."""
    return (
        len(value) >= 16
        and sum(char.isdigit() for char in value) >= 3
        and len(set(value)) >= 8
        and (len(re.findall(r"[0-9][A-Za-z]|[A-Za-z][0-9]", value)) >= 3)
    )


def _path(value: str) -> bool:
    if _PATH.fullmatch(value) is None:
        return False
    return "://" in value or not any(len(part) >= 12 and _random_part(part) for part in re.split("[/.+=]", value))
