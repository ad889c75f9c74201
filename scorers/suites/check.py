"""Does an answer meet what its case expects? Each assertion says in words why it failed.

A case passes when all of its assertions do. Without assertions, ``expected`` is compared: a text is equal after white
space and case are folded, any other JSON is equal to the answer read as JSON.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import msgspec
import orjson

from scorers.asking.answer import Answer, called
from scorers.cases.assertions import Assertion, pattern, steps
from scorers.cases.case import Case
from scorers.formats import recorded
from scorers.reading.json_schema import Undecided, mismatch
from scorers.reading.text import answer_text
from scorers.score import Reason, Score, Scorer, Verdict

#: Characters of an answer that a sentence quotes.
_QUOTED = 80
#: Lists and objects in one another that are read; what is deeper nobody compares, and it may not be written again.
_DEEPEST = 100
_MISSING = object()
_UNDECIDED = "the schema cannot be decided"
#: Why there is no score: what such an answer is made of cannot hold the event. With nothing said, no output can be met.
_DID_NOT_HAPPEN = frozenset({Reason.TOOL_CALL_ONLY, Reason.NO_CLAIMS, Reason.NO_OCCASION})
_NOTHING_SAID = frozenset({Reason.NO_TEXT, Reason.INCOMPLETE})


class Check(msgspec.Struct, frozen=True, omit_defaults=True):
    """One assertion and what became of it; ``why`` it failed, in words. ``error``: it could not be decided."""

    kind: str
    passed: bool
    why: str = ""
    error: str | None = None
    cost_usd: float = 0.0


def text_of(answer: Answer) -> str:
    """What the answer says, without the reasoning that some servers leave in it; a refusal counts as said."""
    return answer_text(answer.text) or answer.refusal


def folded(text: str) -> str:
    """``text`` with white space and case folded."""
    return " ".join(text.split()).casefold()


def quoted(text: str) -> str:
    """The beginning of a text, for a sentence: one line, printable."""
    line = " ".join("".join(c if c.isprintable() or c.isspace() else "?" for c in text).split())
    return f"'{line[:_QUOTED]}...'" if len(line) > _QUOTED else f"'{line}'" if line else "nothing"


def _json(value: object) -> str:
    return quoted(orjson.dumps(value).decode())


def read_json(text: str) -> object:
    """The answer as JSON; one code fence may stand around it. Raises ``ValueError``."""
    stripped = text.strip()
    if stripped.startswith("```") and stripped.endswith("```") and "\n" in stripped:
        stripped = stripped[stripped.index("\n") : -3]
    return read_value(stripped)


def read_value(text: str) -> object:
    """A JSON value that is not nested too deeply to be compared. Raises ``ValueError``."""
    found: object = orjson.loads(text)
    level = [found]
    for _ in range(_DEEPEST):
        level = [inner for outer in level for inner in _inside(outer) if isinstance(inner, dict | list)]
        if not level:
            return found
    raise ValueError("nested too deeply")


def _inside(value: object) -> Iterable[object]:
    return value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()


def _contains(value: Any, case: Case, answer: Answer) -> str:  # noqa: ANN401 - checked when it was read
    text = text_of(answer)
    return "" if value in text else f"the answer does not contain {quoted(value)}; it says {quoted(text)}"


def _not_contains(value: Any, case: Case, answer: Answer) -> str:  # noqa: ANN401
    return f"the answer contains {quoted(value)}" if value in text_of(answer) else ""


def _equals(value: Any, case: Case, answer: Answer) -> str:  # noqa: ANN401
    text = text_of(answer)
    return "" if text.strip() == value.strip() else f"the answer is {quoted(text)}, not {quoted(value)}"


def _regex(value: Any, case: Case, answer: Answer) -> str:  # noqa: ANN401
    text = text_of(answer)
    found = next(pattern(value, "regex").spans(text), None)
    return "" if found else f"nothing in the answer matches {quoted(value)}; it says {quoted(text)}"


def _schema(value: Any, case: Case, answer: Answer) -> str:  # noqa: ANN401
    text = text_of(answer)
    try:
        document = read_json(text)
    except ValueError:
        return f"the answer is not JSON; it says {quoted(text)}"
    try:
        wrong = mismatch(document, value)
    except (Undecided, RecursionError) as error:
        return f"{_UNDECIDED} ({error})"
    return f"the answer does not match the schema: {wrong}" if wrong else ""


def _at(document: object, path: str) -> object:
    found = document
    for step in steps(path):
        if isinstance(step, int):
            found = found[step] if isinstance(found, list) and step < len(found) else _MISSING
        else:
            found = found.get(step, _MISSING) if isinstance(found, dict) else _MISSING
        if found is _MISSING:
            break
    return found


def _field(value: Any, case: Case, answer: Answer) -> str:  # noqa: ANN401
    text, path = text_of(answer), value["path"]
    try:
        found = _at(read_json(text), path)
    except ValueError:
        return f"the answer is not JSON; it says {quoted(text)}"
    if "exists" in value:
        there = found is not _MISSING
        return "" if there is value["exists"] else f"{path} is {'there' if there else 'not there'}"
    if found is _MISSING:
        return f"{path} is not in the answer"
    if "equals" in value:
        wanted = value["equals"]
        return "" if same(found, wanted) else f"{path} is {_json(found)}, not {_json(wanted)}"
    said = found if isinstance(found, str) else orjson.dumps(found).decode()
    if "contains" in value:
        return "" if value["contains"] in said else f"{path} is {quoted(said)}, without {quoted(value['contains'])}"
    matches = next(pattern(value["regex"], "regex").spans(said), None)
    return "" if matches else f"{path} is {quoted(said)}, which does not match {quoted(value['regex'])}"


def same(one: object, other: object) -> bool:
    """Whether two JSON values are equal; true is not 1, and 1.0 is 1."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    return one == other


def _tool(value: Any, case: Case, answer: Answer) -> str:  # noqa: ANN401
    named = [call for call in answer.tool_calls if called(call)[0] == value["name"]]
    if not named:
        others = ", ".join(name[:64] for name, _ in map(called, answer.tool_calls) if name)
        return f"the tool {value['name']} was not called" + (f"; called: {others}" if others else "; no tool was")
    wanted = value.get("arguments", {})
    # What a custom tool is given is free text, and need be no JSON.
    whys = ["" if "custom" in call and not wanted else _arguments(called(call)[1], wanted) for call in named]
    return "" if "" in whys else f"{value['name']} was called, but {whys[0]}"


def _arguments(given: object, wanted: dict[str, Any]) -> str:
    """Why the arguments are not those that are wanted; further ones may stand beside them."""
    try:
        found = read_value(given) if isinstance(given, str) else given
    except ValueError:
        return "its arguments are not JSON"
    found = {} if found is None else found
    if not isinstance(found, dict):
        return "its arguments are no object"
    for name, value in wanted.items():
        if name not in found:
            return f"its argument {name} is missing"
        if not same(found[name], value):
            return f"its argument {name} is {_json(found[name])}, not {_json(value)}"
    return ""


def _seconds(value: Any, case: Case, answer: Answer) -> str:  # noqa: ANN401
    return "" if answer.seconds <= value else f"the answer took {answer.seconds:.3g} s, more than {value:g} s"


def _usd(value: Any, case: Case, answer: Answer) -> str:  # noqa: ANN401
    if answer.cost_usd is None:
        return "what the answer cost is not known"
    return "" if answer.cost_usd <= value else f"the answer cost {answer.cost_usd:.6g} USD, more than {value:g} USD"


def _negated(value: Any, case: Case, answer: Answer) -> str:  # noqa: ANN401
    """What the assertion inside says must not hold; a schema that cannot be decided is no answer to that."""
    ((kind, inner),) = value.items()
    why = _CHECKS[kind](inner, case, answer)
    if why.startswith(_UNDECIDED):
        return why
    return "" if why else f"the answer meets {_json(value)}; it says {quoted(text_of(answer))}"


#: Kind -> why the answer fails it; empty when it does not. ``score`` and ``rubric`` have to wait for others.
_CHECKS: dict[str, Callable[[Any, Case, Answer], str]] = {
    "contains": _contains,
    "not_contains": _not_contains,
    "not": _negated,
    "equals": _equals,
    "regex": _regex,
    "json_schema": _schema,
    "json_field": _field,
    "tool_called": _tool,
    "max_seconds": _seconds,
    "max_usd": _usd,
}


def decided(item: Assertion, case: Case, answer: Answer) -> Check:
    """What becomes of an assertion that needs the answer alone."""
    why = _CHECKS[item.kind](item.value, case, answer)
    return Check(item.kind, not why, why)


def expected(case: Case, answer: Answer) -> Check:
    """Whether the answer is the one that is expected."""
    text = text_of(answer)
    if isinstance(case.expected, str):
        why = "" if folded(text) == folded(case.expected) else f"the answer is {quoted(text)}, not the expected one"
        why = f"{why} {quoted(case.expected)}" if why else ""
    else:
        try:
            equal = same(read_json(text), case.expected)
            why = "" if equal else f"the answer is {quoted(text)}, not the expected {_json(case.expected)}"
        except ValueError:
            why = f"the answer is not JSON; it says {quoted(text)}"
    return Check("expected", not why, why)


async def scored(item: Assertion, case: Case, answer: Answer, scorers: Mapping[str, Scorer]) -> Check:
    """Whether scorers say of the answer what the case expects of them."""
    line = {
        "id": case.id,
        "messages": list(case.messages),
        "tools": list(case.tools),
        "response_format": case.response_format,
        "response": answer.text,
        "refusal": answer.refusal,
        "tool_calls": answer.tool_calls or None,
        "finish_reason": answer.finish_reason,
    }
    sample = recorded.decode(orjson.dumps({key: value for key, value in line.items() if value is not None}))
    for name, wanted in item.value.items():
        scorer, _, output = name.partition(".")
        if scorer not in scorers:
            return Check(item.kind, False, f"the scorer {scorer} does not run here", error="no_scorer")
        found = [score for score in await scorers[scorer](sample) if score.output == output]
        if not found:
            return Check(item.kind, False, f"{name} is told by a judge alone: use a rubric", error="no_scorer")
        score = found[0]
        verdict = _verdict(score)
        if verdict is None:
            error = None if score.unscored_reason in _NOTHING_SAID else "not_scored"
            return Check(item.kind, False, f"{name} could not be scored ({score.unscored_reason})", error=error)
        if verdict != wanted:
            shown = f", since {quoted(score.explanation)}" if score.explanation else ""
            return Check(item.kind, False, f"{name} is {verdict}, not {wanted}{shown}")
    return Check(item.kind, True)


def _verdict(score: Score) -> Verdict | None:
    """What a score says of an answer: an event that the answer has no room for did not happen."""
    return Verdict.NO if score.unscored_reason in _DID_NOT_HAPPEN else score.verdict
