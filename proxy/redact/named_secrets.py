"""Secrets identified only by their context: ``name = value``, header lines, passwords in URLs, known key ids.

RE2 first finds the few places where a name is followed by a separator. Only there is the value parsed, in the syntax of
JSON, YAML, .env files, URLs, XML, command lines, connection strings and plain text.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator

from proxy.redact.key_formats import Span, ended, parts_of, without_breaks
from proxy.redact.normalised import View
from proxy.redact.prefilter import Finder, Patience
from proxy.redact.secret_values import Form, Named, is_secret, kind_of, random_enough

_WORDS = (
    "pass(?:word|wd|wort|phrase|code)?|pwd|psw|pw|kennwort|senha|clave|contrase.a|wachtwoord|parola"
    "|mot[ _-]?de[ _-]?passe|secret|token|keys?|credentials?|auth|sig(?:nature)?|sid|session(?:[_-]?id)?|jwt|code|pin"
    "|otp|key[_-]?base|connection[ _-]?string|assertion"
)
_TAIL = (
    "s?(?:[_-](?:prod(?:uction)?|dev(?:elopment)?|test|live|staging|value|new|old|current|default|[a-z]{2}))?"
    "[_-]?v?[0-9]{0,3}"
)
_CLOSE = r"[\"'`\\\])]{0,6}[ \t]{0,8}"
#: A name and what parts it from its value, in RE2's syntax; over the text as it is written, and over its view.
NAMED = (
    rf"(?i)(?:{_WORDS}){_TAIL}(?:{_CLOSE}(?:[:=>]|\?\?\?|,[ \\\"']{{0,4}}(?:value|content)|[\"'\\]{{1,3}} value)"
    r"| (?:is|was|ist|lautet|es|est)\b)|--[a-z-]{0,30}(?:pass(?:word|wd|phrase)?|secret|token|key)[ =]"
)
HEADER = r"(?i)(?:authorization|cookie2?)[\"'\\\]]{0,4} {0,4}[:=,]"
SCHEME = r"(?i)\b(?:bearer|basic)(?:%20|[ +\t\\\"':])"
URL = (
    r"[A-Za-z0-9+]:(?:/|\\/){2}[^ /\t\n:@\"'<>]{0,100}:|:[^ \t\n:@\"'/]{1,100}@tcp\("
    r"|(?:-u|--user)[ =]['\"]?[^ :'\"]{1,60}:|sshpass +-p|login +[^ ]{1,80}\s+password "
)

_named, _header, _scheme, _url = map(Finder, (NAMED, HEADER, SCHEME, URL))

_NAME_BEFORE = re.compile(r"[A-Za-z0-9_.$-]{0,80}\Z")
_NAME = re.compile(rf"(?i)(?:{_WORDS}){_TAIL}")
_PARTS = re.compile(
    r"""
    (?P<close>["'`\])]{0,4})[ \t]{0,8}
    (?:(?P<value>,?[ \t]{0,4}["']?(?:value|content)["']?[ \t]{0,4}[:=])
      |(?P<sep>:=|=>|=(?!=)|[:>：＝])
      |(?P<is>(?:is|was|ist|lautet|es|est)\b[ \t]*:?))
    (?P<space>[ \t]{0,8}(?:\r?\n[ \t]{1,40})?)
    (?P<open>[bruf]{0,2}(?:"{3}|'{3}|["'`])|\|[ \t]*\n[ \t]+|>-?[ \t]*\n[ \t]+)?
    """,
    re.VERBOSE,
)
_OPTION = re.compile(r"[\"']?([^\s\"'`]{4,400})")
_XML = re.compile(r"[^<\n]{4,400}")
_WORD = re.compile(r"[^\s,;]{1,1000}")
_SPACELESS = re.compile(r"\S+")
_WORD_OF_URL = re.compile(r"[^\s\"'`<>&#;)\]},|]{1,4000}")
_BARE = re.compile(r"[^\s\"'`<>,;)\]}|]{1,4000}")
_REST = re.compile(r"[^\r\n\"`]{0,1000}")
_LINE_START = re.compile(r"(?:^|\n)[ \t]*(?:(?:export|set|ENV|ARG|SET|setx|-|[#>$*]|//)[ \t]+){0,2}[\"']?\Z")
_LONGEST_QUOTED = 4000

_SCHEMED = re.compile(
    r"[ \t]{0,4}[\"'`]{0,2}[ \t]{0,4}(?:(?P<scheme>[A-Za-z][A-Za-z0-9_-]{1,24})[ \t]+)?(?P<value>[^\s\"'`,;<>]{6,4000})"
)
_COOKIES = re.compile(r"[ \t]{0,4}[\"'`]{0,2}[ \t]{0,4}(?P<value>[^\r\n\"'`]{4,8000})")
_COOKIE = re.compile(r"[^\s=;,]{1,80}=(?P<value>[^\s;,]{4,4000})")
_BEARER = re.compile(
    r"(?i:\bbearer)[ \t+:\"']{1,4}(?P<value>(?=[A-Za-z._~+/=-]{0,80}\d|\S{25})[A-Za-z0-9._~+/=-]{12,8000})"
)
_BASIC = re.compile(r"(?i:\bbasic)[ \t+:\"']{1,4}(?P<value>[A-Za-z0-9+/_-]{8,4000}={0,2})")
_USERINFO = re.compile(
    r"://[^\s/:@\"'<>]{0,100}:(?P<value>[^\s\"'<>]{1,400}(?:\r?\n[^\s\"'<>]{1,200})?)@(?=[A-Za-z0-9\[_-])"
)
_PORT = re.compile(r"\d{1,5}(?:[/?#\r\n].*)?", re.DOTALL)
_SPACED = re.compile(r"(?:sshpass +-p *|login +\S{1,80}\s+password +)['\"]?(?P<value>[^\s'\"]{4,200})")
_TCP = re.compile(r":(?P<value>[^\s:@\"'/]{1,100})@tcp\(")
_USER_OPTION = re.compile(r"(?:-u|--user)[ =](?P<quote>['\"]?)[^\s:'\"]{1,60}:(?P<value>[^\s'\"]{3,200})")

FOREIGN_NAMES = ("пароль", "Пароль", "密码", "密碼", "パスワード", "비밀번호", "contraseña", "Contraseña")

#: The secrets that stand near the ids of keys: by the row of the table that the id is of.
_BESIDE: dict[str, re.Pattern[str]] = {
    "AWS key id": re.compile(r"(?<![A-Za-z0-9+/=])[A-Za-z0-9+/]{40}(?![A-Za-z0-9+/=])"),
    "Google HMAC key id": re.compile(r"(?<![A-Za-z0-9+/=])[A-Za-z0-9+/]{40}(?![A-Za-z0-9+/=])"),
    "Twilio": re.compile(r"(?<![A-Za-z0-9])[0-9a-f]{32}(?![A-Za-z0-9])"),
    "Alibaba Cloud": re.compile(r"(?<![A-Za-z0-9])[A-Za-z0-9]{30}(?![A-Za-z0-9])"),
    "Tencent Cloud": re.compile(r"(?<![A-Za-z0-9])[A-Za-z0-9]{32}(?![A-Za-z0-9])"),
}
_NEAR = 400


def assigned(view: View) -> Iterator[Span]:
    """Values assigned to names that indicate a secret."""
    done = 0
    for start, end in _named.spans(view.shape, view.patience):
        if start < done:
            continue
        span = _assignment(view, start, end)
        if span is not None:
            done = span.end
            yield span


def foreign(view: View) -> Iterator[Span]:
    """Values after the word for password in other scripts."""
    for name in FOREIGN_NAMES:
        at = view.text.find(name)
        while at >= 0:
            span = _valued(view, Named.PASSWORD, at, at + len(name))
            if span is not None:
                yield span
            at = view.text.find(name, at + len(name))


def _assignment(view: View, start: int, end: int) -> Span | None:
    text = view.text
    before = _NAME_BEFORE.search(text, max(0, start - 80), start)
    first = before.start() if before is not None else start
    if text.startswith("--", start):
        first, name_end = start, end - 1
        return _option(view, text[start:name_end].lstrip("-"), end)
    word = _NAME.match(text, start, end)
    if word is None:
        return None
    named = kind_of(text[first : word.end()])
    if named is None:
        return None
    return _valued(view, named, first, word.end())


def _valued(view: View, named: Named, first: int, name_end: int) -> Span | None:
    """The value after the name in ``[first, name_end)``."""
    parts = _PARTS.match(view.text, name_end)
    if parts is None or (parts["is"] and named is not Named.PASSWORD):
        return None
    if parts["sep"] == ">" and (named is Named.PERHAPS or view.text[first - 1 : first] not in ("<", ":")):
        return None
    if parts["open"]:
        return _quoted(view, named, parts)
    return _unquoted(view, named, first, parts)


def _span(text: str, start: int, end: int, kind: str) -> Span:
    return Span(start, end, kind, text[start:end])


def _kind(named: Named) -> str:
    return "PASSWORD" if named is Named.PASSWORD else "SECRET"


def _option(view: View, name: str, at: int) -> Span | None:
    """The value of a command-line option."""
    named, value = kind_of(name), _OPTION.match(view.text, at)
    if named is None or value is None or value[1].startswith(("-", "$")):
        return None
    cut = _broken(view.text, named, *value.span(1))
    if cut is not None:
        return cut
    form = Form.LINE if named is Named.PASSWORD else Form.BARE
    return _span(view.text, *value.span(1), _kind(named)) if is_secret(named, value[1], form) else None


def _quoted(view: View, named: Named, parts: re.Match[str]) -> Span | None:
    text, at = view.text, parts.end()
    mark = parts["open"]
    if "\n" in mark:  # a block of YAML
        line = _REST.match(text, at)
        end = at + len(line[0].rstrip()) if line is not None else at
    else:
        end = _closing(view, at, mark.lstrip("bruf"))
    if end < 0:
        value = _BARE.match(text, at)
        end = value.end() if value is not None else at
    if not is_secret(named, without_breaks(text[at:end]), Form.QUOTED):
        return None
    return _span(text, at, end, _kind(named))


def _closing(view: View, at: int, quote: str) -> int:
    """The end of the string that ``quote`` opened: a quote written in the same way."""
    text, written = view.text, view.written(at - 1)
    limit = min(len(text), at + _LONGEST_QUOTED)
    end = text.find(quote, at, limit)
    while end >= 0:
        closing = view.written(end)
        if closing == written and not (closing == quote[0] and text[end - 1] == "\\" and view.written(end - 1) == "\\"):
            return end
        if len(closing) < len(written):
            return -1
        end = text.find(quote, end + 1, limit)
    return -1


def _unquoted(view: View, named: Named, first: int, parts: re.Match[str]) -> Span | None:
    text, at = view.text, parts.end()
    leading = text[max(0, first - 1) : first]
    if parts["sep"] == "=" and leading in ("?", "&", ";") and not parts["space"]:
        return _checked(view, named, _WORD_OF_URL.match(text, at), Form.QUERY)
    if parts["sep"] == ">":
        return _checked(view, named, _XML.match(text, at), Form.QUOTED)
    whole_line = _LINE_START.search(text, max(0, first - 80), first) is not None
    if whole_line or parts["is"] or parts["sep"] in (":", "："):
        span = _line(view, named, at, whole_line)
        if span is not None:
            return span
    # Names in capitals are of an environment, whatever stands before them.
    tight = parts["sep"] == "=" and not parts["space"] and text[first : parts.start()].isupper()
    return _checked(view, named, _BARE.match(text, at), Form.QUERY if tight else Form.BARE)


def _checked(view: View, named: Named, value: re.Match[str] | None, form: Form) -> Span | None:
    if value is None:
        return None
    span = _broken(view.text, named, value.start(), value.end())
    if span is not None:
        return span
    end = value.end()
    if form is not Form.QUOTED:
        end = value.start() + len(value[0].rstrip(".:"))
    if not is_secret(named, view.text[value.start() : end], form):
        return None
    return _span(view.text, value.start(), end, _kind(named))


def _broken(text: str, named: Named, start: int, end: int) -> Span | None:
    """A value that a line break cuts: what the line below begins with belongs to it when it looks as random."""
    parts = parts_of(text, start)
    if len(parts) < 2 or parts[0][1] < end - 1:
        return None
    value = "".join(text[from_:to] for from_, to in parts)
    if not (is_secret(named, value, Form.QUOTED) and random_enough(value)):
        return None
    return Span(start, parts[-1][1], _kind(named), value)


def _line(view: View, named: Named, at: int, whole_line: bool) -> Span | None:
    """The value on the rest of a line: its first word, with those behind it that belong to a password."""
    rest = _REST.match(view.text, at)
    if rest is None or not rest[0].strip():
        return None
    line = re.split(r"\s#|\s//", rest[0].rstrip(), maxsplit=1)[0]
    if whole_line and " " not in line.strip() and not line.rstrip().endswith((",", ";", "(", "{", "[", ")", "}")):
        end = at + len(line.rstrip())
        if (span := _broken(view.text, named, at, end)) is not None:
            return span
        return _span(view.text, at, end, _kind(named)) if is_secret(named, line, Form.LINE) else None
    word = _WORD.match(view.text, at)
    if word is None or named is not Named.PASSWORD:
        return None
    bare = word[0].rstrip(".,;:)\"'")
    if not is_secret(named, bare, Form.BARE):
        return None
    end = at + len(bare)
    spaced = view.text[at - 1 : at].isspace()
    for other in list(_SPACELESS.finditer(view.text, end, at + len(line)))[:3]:
        part = other[0].strip(".,;:)")
        if whole_line and spaced and _belongs(part):
            end = other.start() + other[0].find(part) + len(part)
    return _span(view.text, at, end, _kind(named))


def _belongs(part: str) -> bool:
    """Whether a later word of a line is part of a password that contains spaces."""
    return len(part) > 1 and not part.startswith("-") and "=" not in part and not part.isalpha() and not part.isdigit()


def headers(view: View) -> Iterator[Span]:
    """The values of ``Authorization`` and ``Cookie`` lines, in HTTP, code and command lines."""
    text = view.text
    for start, end in _header.spans(view.shape, view.patience):
        if text[start] in "cC":
            line = _COOKIES.match(text, end)
            if line is not None and any(_telling(pair["value"]) for pair in _COOKIE.finditer(line["value"])):
                yield _span(text, line.start("value"), ended(text, line.end("value")), "TOKEN")
            continue
        value = _SCHEMED.match(text, end)
        if value is not None and is_secret(Named.SECRET, value["value"], Form.QUOTED):
            yield _longer(text, *value.span("value"))


def _telling(value: str) -> bool:
    return is_secret(Named.SECRET, value, Form.QUOTED)


def schemes(view: View) -> Iterator[Span]:
    """Tokens after the words ``Bearer`` and ``Basic``."""
    text = view.text
    for start, end in _scheme.spans(view.shape, view.patience):
        if text[end - 2 : end - 1] in "cC" or text[start : start + 2].lower() == "ba":
            value = _BASIC.match(text, start)
            if value is not None and _credentials(value["value"]):
                yield _span(text, *value.span("value"), "TOKEN")
            continue
        value = _BEARER.match(text, start)
        if value is not None:
            yield _longer(text, *value.span("value"))


def _longer(text: str, start: int, end: int) -> Span:
    """A token, including the part that a line break split off."""
    return _broken(text, Named.SECRET, start, end) or _span(text, start, end, "TOKEN")


def _credentials(value: str) -> bool:
    """Whether base64 holds ``user:password`` (RFC 7617)."""
    padded = value.rstrip("=") + "=" * (-len(value.rstrip("=")) % 4)
    try:
        plain = base64.b64decode(padded, altchars=b"-_" if re.search("[-_]", value) else None)
    except (binascii.Error, ValueError):
        return False
    return b":" in plain and min(plain) >= ord(" ")


def urls(text: str, shape: bytes, patience: Patience) -> Iterator[Span]:
    """Passwords before the host of a URL, in a connection string, in an option."""
    done = 0
    for start, end in _url.spans(shape, patience):
        if start < done:
            continue
        tries = (
            _USERINFO.search(text, start, end + 700),
            _SPACED.match(text, start),
            _TCP.search(text, start, end),
            _USER_OPTION.match(text, start),
        )
        value = next(filter(None, tries), None)
        if value is None or value.start() > end:
            continue
        word = value["value"]
        if _PORT.fullmatch(word) or _empty(word):
            continue
        done = value.end("value")
        cut = None if value.re is _USERINFO else _broken(text, Named.PASSWORD, *value.span("value"))
        yield cut or _span(text, *value.span("value"), "PASSWORD")


def _empty(word: str) -> bool:
    return word.lower() in ("password", "pass", "passwd", "pwd", "secret", "token", "x-oauth-basic") or not is_secret(
        Named.PASSWORD, word + "0" * 4, Form.QUOTED
    )


def beside(text: str, row: str, id_: Span) -> Iterator[Span]:
    """Secrets near the id of their key. Only their length is distinctive."""
    pattern = _BESIDE.get(row)
    if pattern is None:
        return
    for match in pattern.finditer(text, max(0, id_.start - _NEAR), min(len(text), id_.end + _NEAR)):
        value = match[0]
        if match.start() >= id_.end or match.end() <= id_.start:
            mixed = bool(re.search("[a-z]", value) and re.search("[A-Z]", value))
            if row == "Twilio" or (mixed and random_enough(value)):
                yield _span(text, *match.span(), "API_KEY")
