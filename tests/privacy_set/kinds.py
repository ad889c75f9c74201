"""Values of each kind, drawn with a seed: people's data and credentials, and their look-alikes."""

from __future__ import annotations

import random
import string
from collections.abc import Callable

Draw = Callable[[random.Random], str]

_FIRST = ("anna", "Olu", "mei", "José", "priya", "Lars", "Fatima", "kwame", "Zoë", "ivan")
_LAST = ("Keller", "okafor", "Lindqvist", "O'Brien", "haddad", "Novak", "tanaka", "Silva", "meyer-roth", "Dubois")
_DOMAINS = (
    "example.org",
    "mail.example.com",
    "example.co.uk",
    "sub.dept.example.edu",
    "example-shop.de",
    "posta.example.it",
)
_ALNUM = string.ascii_letters + string.digits


def _ascii(text: str) -> str:
    return text.lower().replace("é", "e").replace("ë", "e").replace("'", "")


def _of(rng: random.Random, alphabet: str, length: int) -> str:
    return "".join(rng.choice(alphabet) for _ in range(length))


def _digits(rng: random.Random, pattern: str) -> str:
    """``#`` becomes a digit, ``9`` one from 2 to 9."""
    return "".join(rng.choice("0123456789") if c == "#" else rng.choice("23456789") if c == "9" else c for c in pattern)


def email(rng: random.Random) -> str:
    """An address as people write theirs."""
    first, last = _ascii(rng.choice(_FIRST)), _ascii(rng.choice(_LAST))
    local = rng.choice((f"{first}.{last}", f"{first[0]}{last}", f"{first}_{last}{rng.randrange(99)}", f"{first}+news"))
    address = f"{local}@{rng.choice(_DOMAINS)}"
    return rng.choice((address, address, address.upper(), f"<{address}>", f"mailto:{address}"))


def card(rng: random.Random) -> str:
    """A card number whose check digit is right, grouped as on the card or not."""
    prefix, length = rng.choice((("4", 16), ("51", 16), ("2223", 16), ("34", 15), ("6011", 16), ("36", 14)))
    body = prefix + _of(rng, string.digits, length - len(prefix) - 1)
    total = 0
    for position, char in enumerate(reversed(body)):
        digit = int(char) * (2 if position % 2 == 0 else 1)
        total += digit - 9 if digit > 9 else digit
    number = body + str(-total % 10)
    if length == 15:
        groups = [number[:4], number[4:10], number[10:]]
    else:
        groups = [number[start : start + 4] for start in range(0, length, 4)]
    return rng.choice(("", " ", "-")).join(groups)


def phone(rng: random.Random) -> str:
    """A number in the forms of several countries."""
    forms = (
        *(
            "+1 9##-9##-####",
            "(9##) 9##-####",
            "9##-9##-####",
            "9##.9##.####",
            "+49 151 ########",
            "+49 (0)30 9#######",
        ),
        *(
            "+44 20 7### ####",
            "020 7946 0###",
            "+33 6 ## ## ## ##",
            "06 ## ## ## ##",
            "0171/9######",
            "+81-3-####-####",
        ),
        *(
            "+86 139 #### ####",
            "139 #### ####",
            "+91 98### #####",
            "+55 11 9####-####",
            "+351 912 ### ###",
            "+1(9##)9##-####",
        ),
        *("9## 9## ####", "01## 9######", "07### ######"),
    )
    return _digits(rng, rng.choice(forms))


def iban(rng: random.Random) -> str:
    """An account number whose check digits are right."""
    country, length = rng.choice((("DE", 18), ("GB", 18), ("FR", 23), ("NL", 14), ("ES", 20), ("CH", 17), ("NO", 11)))
    if country in ("GB", "NL"):
        body = _of(rng, string.ascii_uppercase, 4) + _of(rng, string.digits, length - 4)
    else:
        body = _of(rng, string.digits, length)
    value = int("".join(str(int(char, 36)) for char in f"{body}{country}00"))
    plain = f"{country}{98 - value % 97:02}{body}"
    return plain if rng.random() < 0.4 else " ".join(plain[start : start + 4] for start in range(0, len(plain), 4))


def api_key(rng: random.Random) -> str:
    """A key in the form of a provider."""
    forms: tuple[Draw, ...] = (
        lambda r: "sk-" + _of(r, _ALNUM, 48),
        lambda r: "sk-proj-" + _of(r, _ALNUM + "_-", 100) + "7",
        lambda r: "sk-ant-api03-" + _of(r, _ALNUM + "_-", 90) + "4AA",
        lambda r: r.choice(("ghp_", "gho_", "ghs_")) + _of(r, _ALNUM, 36),
        lambda r: "github_pat_" + _of(r, _ALNUM, 22) + "_" + _of(r, _ALNUM, 59),
        lambda r: r.choice(("AKIA", "ASIA")) + _of(r, string.ascii_uppercase + string.digits, 16),
        lambda r: "AIza" + _of(r, _ALNUM + "_-", 34) + "x",
        lambda r: "hf_" + _of(r, string.ascii_letters, 34),
        lambda r: "gsk_" + _of(r, _ALNUM, 52),
        lambda r: "glpat-" + _of(r, _ALNUM, 19) + "3",
        lambda r: "xoxb-" + _of(r, string.digits, 12) + "-" + _of(r, _ALNUM, 24),
        lambda r: "sk_live_" + _of(r, _ALNUM, 24),
        lambda r: "SG." + _of(r, _ALNUM, 22) + "." + _of(r, _ALNUM, 43),
        lambda r: "npm_" + _of(r, _ALNUM, 36),
    )
    return rng.choice(forms)(rng)


def token(rng: random.Random) -> str:
    """A bearer token, or a JSON web token."""
    parts = [_of(rng, _ALNUM + "_-", n) for n in (20, 60, 43)]
    web = "eyJ" + ".".join(["0" + parts[0], "a" + parts[1], parts[2] + "z"])
    return rng.choice((web, "Bearer " + _of(rng, _ALNUM, 39) + "5", "bearer " + web))


def private_key(rng: random.Random) -> str:
    """A private key in PEM form, whole or with its lines escaped."""
    kind = rng.choice(("", "RSA ", "EC ", "OPENSSH "))
    lines = [_of(rng, _ALNUM + "+/", 64) for _ in range(rng.randrange(4, 12))]
    end = rng.choice(("\n", "\\n"))
    return end.join([f"-----BEGIN {kind}PRIVATE KEY-----", *lines, f"-----END {kind}PRIVATE KEY-----"])


def _not_a_card(rng: random.Random) -> str:
    number = card(rng)
    last = number[-1]
    return number[:-1] + str((int(last) + rng.randrange(1, 9)) % 10)


def _not_an_iban(rng: random.Random) -> str:
    return rng.choice(
        ("AB12 CODE NAME LIST", "GB29 ROAD SIGN TYPE", f"XY{rng.randrange(10, 99)} MODEL {_of(rng, 'ABC', 4)}")
    )


def _uuid(rng: random.Random) -> str:
    text = _of(rng, "0123456789abcdef", 32)
    return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))


#: Kind of data -> how to draw one.
PERSONAL: dict[str, Draw] = {
    "EMAIL": email,
    "CARD": card,
    "PHONE": phone,
    "IBAN": iban,
    "API_KEY": api_key,
    "TOKEN": token,
    "PRIVATE_KEY": private_key,
}

#: What only looks like personal data -> how to draw one. None of it may be taken out.
LOOKALIKES: dict[str, Draw] = {
    "version numbers": lambda r: _digits(r, r.choice(("9.##.#", "v9.#.##-rc#", "3.11.#+build.9##", "10.0.##.9###"))),
    "dates and times": lambda r: _digits(
        r, r.choice(("2026-0#-1# 1#:##:##", "1#.0#.202#", "202#/1#/0#", "202#-0#-1#T1#:##:##.###Z"))
    ),
    "amounts": lambda r: _digits(r, r.choice(("9#,###,###.##", "$9##,###", "9.###.###,## EUR", "0.9#######", "1e-#9"))),
    "measurements": lambda r: _digits(
        r, r.choice(("9## x 9## x ## mm", "9###-9### rpm", "-9#.####, 1#.#####", "9#### kWh"))
    ),
    "order numbers": lambda r: _digits(r, r.choice(("#99#9#", "ORD-9####-##", "SKU 99-##-9#", "INV202#-0#9#"))),
    "16 digits that are no card": _not_a_card,
    "account-like words": _not_an_iban,
    "hashes and ids": lambda r: r.choice(
        (_of(r, "0123456789abcdef", 40), _uuid(r), "commit " + _of(r, "0123456789abcdef", 7))
    ),
    "handles and decorators": lambda r: r.choice(
        ("@dataclass", "user@", "@property", "git@host:repo", "a @ b", "x@y", "@types/node")
    ),
    "code": lambda r: r.choice(
        (
            "sk-learn pipeline",
            "skip-connection",
            "pk-columns",
            "risk-adjusted-return",
            "hf_hub",
            "sk_buff",
            "task-oriented",
        )
    ),
    "speech of tokens": lambda r: r.choice(
        (
            "the bearer of this letter",
            "bearer authentication",
            "Bearer <token>",
            "a bearer token is sent",
            "Bearer $TOKEN",
        )
    ),
    "addresses of machines": lambda r: _digits(
        r, r.choice(("192.168.9.1##", "10.0.#.9", "127.0.0.1:80##", "fe80::9#:##ff"))
    ),
    "identifiers of books and parts": lambda r: _digits(
        r, r.choice(("ISBN 978-3-16-14####-#", "RFC 99##", "ISO 9#99-1", "EN 55###"))
    ),
    "arithmetic": lambda r: _digits(r, r.choice(("9## + 9## = 1###", "9#*9#-##", "(9## - ##) / 9", "2^9## mod ##"))),
}
