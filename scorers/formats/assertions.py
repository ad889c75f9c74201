"""Assertions of ours in promptfoo's words and back. What one of the two does not have is counted, never guessed."""

from __future__ import annotations

import re
from collections.abc import Sequence

from scorers.cases.assertions import read_all
from scorers.formats.files import yaml_document
from scorers.formats.rows import Json, Losses, Row, as_text
from scorers.formats.templates import Variables, filled

#: Ours -> promptfoo's, where both hold one text.
_TEXT = {"contains": "contains", "not_contains": "not-contains", "equals": "equals", "regex": "regex"}
_OURS = {theirs: ours for ours, theirs in _TEXT.items()}
#: What stands behind ``not-`` there where ours is in ``not``.
_NEGATED = ("equals", "regex", "is-json")
#: What both call a refusal, by rules of their own.
_REFUSED = "refusal.refused"
#: ``contains-any``, ``not-icontains-all`` and so on.
_ONE_OF = re.compile(r"(?P<not>not-)?(?P<fold>i)?contains-(?P<how>any|all)")
#: What promptfoo would render or load when it stands in a value of an assertion.
_TEMPLATE = ("{{", "{%", "{#", "file://", "package:")


def to_promptfoo(row: Row, losses: Losses) -> tuple[list[Json], dict[str, Json]]:
    """Assertions for promptfoo, and what must be kept in the metadata so that a case comes back as it was."""
    native: list[Json] = []
    for check in row.checks:
        made = _native(check)
        if made is None or as_text(_ours(made)) != as_text(check):
            name = next(iter(check), "") if isinstance(check, dict) else ""
            losses.kept(f"assert {str(name)[:40]}")
        else:
            native.append(made)
    # Alone beside ``expected`` it would be taken for what stands in place of that.
    alone = row.expected is not None and list(row.checks) == [{"equals": as_text(row.expected)}]
    whole = len(native) == len(row.checks) and not alone
    kept: dict[str, Json] = {} if whole else {"assert": list(row.checks)}
    if row.expected is not None:
        kept["expected"] = row.expected
        if not row.checks and _plain(as_text(row.expected)):
            native.append({"type": "equals", "value": as_text(row.expected)})
            losses.noted("expected", "equals compares exactly there; here case and white space are folded")
        else:
            losses.kept("expected")
    return native, kept


def _plain(value: str) -> bool:
    return not any(sign in value for sign in _TEMPLATE)


def _native(check: Json) -> Json:
    if not isinstance(check, dict) or len(check) != 1:
        return None
    ((name, value),) = check.items()
    if name == "not":
        inner = _native(value)
        negated = inner.get("type") if isinstance(inner, dict) else None
        return {**inner, "type": f"not-{negated}"} if negated in _NEGATED else None
    if name == "score" and value in ({_REFUSED: "yes"}, {_REFUSED: "no"}):
        return {"type": "is-refusal" if value[_REFUSED] == "yes" else "not-is-refusal"}
    if name in _TEXT and isinstance(value, str) and _plain(value):
        return {"type": _TEXT[name], "value": value}
    if name == "json_schema" and isinstance(value, dict) and _plain(as_text(value)) and '"$ref"' not in as_text(value):
        return {"type": "is-json", "value": value}
    if name == "rubric" and isinstance(value, str) and _plain(value):
        return {"type": "llm-rubric", "value": value}
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    if name == "max_seconds":
        return {"type": "latency", "threshold": value * 1000}
    return {"type": "cost", "threshold": value} if name == "max_usd" else None


def from_promptfoo(found: Sequence[Json], losses: Losses, variables: Variables | None = None) -> list[Json]:
    """Assertions of ours; one that we do not have is counted by its type. Names in their texts are filled in."""
    checks: list[Json] = []
    variables = variables or Variables({})
    for one in found:
        if isinstance(one, dict) and one.get("type") == "assert-set" and one.get("threshold") is None:
            inner = one.get("assert")
            checks += from_promptfoo(inner if isinstance(inner, list) else [], losses, variables)
            continue
        if isinstance(one, dict) and one.get("weight") == 0:
            losses.lost(f"assert {str(one.get('type'))[:40]} of weight 0", "is measured there and never fails")
            continue
        made = _made(one, variables)
        if not made or not isinstance(one, dict):
            name = str(one.get("type") if isinstance(one, dict) else None)[:40]
            ours = name.removeprefix("not-") in _OURS or name in ("is-json", "not-is-json", "llm-rubric")
            why = "holds a file, a template or a pattern that ours cannot have" if ours else "is no assertion of ours"
            losses.lost(f"assert {name}", why)
            continue
        checks += made
        for key in ("weight", "metric", "provider", "transform"):
            if one.get(key) is not None:
                losses.lost(f"assert: {key}", "has no place in an assertion of ours")
    return checks


def _made(one: Json, variables: Variables) -> list[Json]:
    """What an assertion says in ours; nothing where it cannot, or where a case would refuse it."""
    if not isinstance(one, dict):
        return []
    value = filled(one.get("value"), variables)
    if (value is None) != (one.get("value") is None) or _elsewhere(value):
        return []
    if one.get("type") in ("is-json", "not-is-json") and isinstance(value, str):
        value = _schema(value)
    whole = {**one, "value": value}
    single = _ours(whole)
    made = [single] if single is not None else _spelled(whole)
    try:
        read_all(made, "assert")
    except ValueError:  # a pattern with look-around, a rubric that is too long
        return []
    return made


def _elsewhere(value: Json) -> bool:
    """Whether a value is the name of a file or a program."""
    return isinstance(value, str) and value.startswith(("file://", "package:"))


def _schema(value: str) -> Json:
    """A JSON schema as its YAML text says it; the text where it is none."""
    try:
        return yaml_document(value.encode())[0]
    except ValueError:
        return value


def _ours(one: Json) -> Json:
    if not isinstance(one, dict):
        return None
    name, value, threshold = one.get("type"), one.get("value"), one.get("threshold")
    if isinstance(name, str) and name.removeprefix("not-") in _NEGATED and name.startswith("not-"):
        inner = _ours({**one, "type": name.removeprefix("not-")})
        return {"not": inner} if inner is not None else None
    if name in ("is-refusal", "not-is-refusal"):
        return {"score": {_REFUSED: "yes" if name == "is-refusal" else "no"}}
    if name == "equals" and isinstance(value, dict | list):
        return {"json_schema": {"const": value}}
    if isinstance(name, str) and name in _OURS and value is not None:
        return {_OURS[name]: as_text(value)}
    if name == "is-json" and (value is None or isinstance(value, dict)):
        return {"json_schema": value or {}}
    if name == "llm-rubric" and isinstance(value, str):
        return {"rubric": value}
    if isinstance(threshold, bool) or not isinstance(threshold, int | float):
        return None
    if name == "latency":
        seconds = threshold / 1000
        return {"max_seconds": int(seconds) if seconds.is_integer() else seconds}
    return {"max_usd": threshold} if name == "cost" else None


def _spelled(one: Json) -> list[Json]:
    """Assertions of ours that say the same in other words; none where there are none."""
    if not isinstance(one, dict):
        return []
    name, value = str(one.get("type")), one.get("value")
    bare = name.removeprefix("not-")
    if bare in ("icontains", "starts-with") and isinstance(value, str | int) and value != "":
        said = {"regex": ("(?i)" if bare == "icontains" else r"\A") + re.escape(as_text(value))}
        return [said if bare == name else {"not": said}]
    found = _ONE_OF.fullmatch(name)
    texts = _texts(value)
    if found is None or not texts:
        return []
    negated, folded, every = found["not"], found["fold"], found["how"] == "all"
    if negated and every and len(texts) > 1:
        return []  # some of them may be there, but not all: ours cannot say that
    if negated:  # none of them, which is several of ours
        return [{"not": {"regex": f"(?i){re.escape(t)}"}} if folded else {"not_contains": t} for t in texts]
    patterns = [re.escape(text) for text in texts]
    if every:
        return [{"regex": f"(?i){p}"} if folded else {"contains": t} for p, t in zip(patterns, texts, strict=True)]
    return [{"regex": ("(?i)" if folded else "") + f"(?:{'|'.join(patterns)})"}]


def _texts(value: Json) -> list[str]:
    """The values of a list, or of a text with commas; quotes and backslashes in such a text have rules of their own."""
    if isinstance(value, str) and not set(value) & set('"\\'):
        value = [part.strip() for part in value.split(",")]
    if not isinstance(value, list) or not all(isinstance(each, str | int) and each != "" for each in value):
        return []
    return [as_text(each) for each in value]
