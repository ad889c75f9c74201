"""promptfoo's files as values with their lines: JSON, JSON lines, YAML, CSV; a configuration as its tests.

Each test of a configuration comes with that configuration under ``CONFIGURATION``: its prompts and defaults belong to
it. A scenario is its tests with each of its sets of data.
"""

from __future__ import annotations

import contextlib
import io
import re
from collections.abc import Callable, Iterator
from typing import BinaryIO

from scorers.formats.files import Placed, csv_rows, listed, one_document, parse, peeked, starts, whole, yaml_document
from scorers.formats.rows import Json, Wrong, items, kind, mapping, wrong

#: Where a test has the configuration that it stands in.
CONFIGURATION = "configuration"
#: Where a configuration has tests.
_TESTS = ("tests", "scenarios")
#: A cell of ``__expected``: ``type``, ``type: value``, ``type(threshold): value``. Any other text must be equal.
_CELL = re.compile(r"(?P<type>[a-z][a-z0-9-]*)(?:\((?P<threshold>\d+(?:\.\d+)?)\))?(?::(?P<value>.*))?", re.DOTALL)
_TYPES = re.compile(
    r"(not-)?(agent-rubric|answer-relevance|bleu|classifier|i?contains(-(all|any))?|contains-(html|json|sql|xml)|"
    r"context-(faithfulness|recall|relevance)|conversation-relevance|cost|equals|eval|factuality|finish-reason|fn|"
    r"g-eval|gleu|grade|guardrails|is-(html|json|refusal|sql|xml)|is-valid-(openai-)?function-call|"
    r"is-valid-openai-tools-call|javascript|latency|levenshtein|llm-rubric|meteor|model-graded-(closedqa|factuality)|"
    r"moderation|perplexity(-score)?|pi|python|regex|rouge-n|ruby|search-rubric|similar|skill-used|starts-with|"
    r"tool-call-f1|trace-error-spans|trace-span-(count|duration)|webhook|word-count)"
)
_OTHER_NAMES = {"grade": "llm-rubric", "fn": "javascript", "eval": "javascript"}
#: Columns that are fields of the test, and those that are options.
_FIELDS = {"__description": "description", "__providerOutput": "providerOutput", "__threshold": "threshold"}
_OPTIONS = {"__prefix": "prefix", "__suffix": "suffix"}


def values(stream: BinaryIO) -> Iterator[Placed]:
    """The tests or results of a file; what cannot be read stands in its place."""
    head = peeked(stream).lstrip(b"\xef\xbb\xbf \t\r\n")
    try:
        if head.startswith((b"{", b"[")):
            yield from _json(stream)
        elif _is_csv(head, str(getattr(stream, "name", ""))):
            yield from _csv(whole(stream))
        else:
            yield from _yaml(whole(stream))
    except Wrong as error:
        yield error.line, error


def _json(stream: BinaryIO) -> Iterator[Placed]:
    if one_document(peeked(stream)):
        body = whole(stream)
        document: Json = None
        with contextlib.suppress(ValueError):  # what is no JSON is told below
            document = parse(body)
        if isinstance(document, dict) and any(key in document for key in _TESTS):
            yield from _configured(document, lambda *path: starts(body, path))
            return
        stream = io.BufferedReader(io.BytesIO(body))
    for line, value in listed("results", "results")(stream):
        if not isinstance(value, dict) or not any(key in value for key in _TESTS):
            yield line, value
            continue
        try:
            yield from _configured(value, lambda *_: [])
        except Wrong as error:
            yield line, error


def _yaml(body: bytes) -> Iterator[Placed]:
    document, places = yaml_document(body)
    if isinstance(document, list):
        yield from _each(document, places())
        return
    if not isinstance(document, dict):
        raise Wrong("", f"expected tests or a configuration, found {kind(document)}")
    results = mapping(document, "results").get("results") if not any(key in document for key in _TESTS) else None
    if isinstance(results, list):
        yield from _each(results, places("results", "results"))
    else:
        yield from _configured(document, places)


def _each(found: list[Json], places: list[int]) -> Iterator[Placed]:
    for place, one in enumerate(found):
        yield (places[place] if place < len(places) else 0), one


def _configured(document: dict[str, Json], places: Callable[..., list[int]]) -> Iterator[Placed]:
    """The tests of a configuration, then those of its scenarios."""
    for line, place, test in _tests(document, "tests", places("tests")):
        yield line, _with(test, document, place)
    for line, place, scenario in _tests(document, "scenarios", places("scenarios")):
        if isinstance(scenario, Wrong) or not isinstance(scenario, dict):
            yield line, _with(scenario, document, place)
            continue
        for inner, data in enumerate(items(scenario, "config", f"{place}.") or [{}]):
            for number, test in enumerate(items(scenario, "tests", f"{place}.") or [{}]):
                yield line, _merged(data, test, document, f"{place}.config[{inner}]", f"{place}.tests[{number}]")


def _tests(document: dict[str, Json], key: str, places: list[int]) -> Iterator[tuple[int, str, Json]]:
    found = document.get(key)
    if isinstance(found, str):
        raise _elsewhere(key, found)
    if isinstance(found, dict):
        raise Wrong(key, "expected a list, found what a program makes, which is not run here")
    for place, one in enumerate(items(document, key)):
        name = f"{key}[{place}]"
        yield places[place] if place < len(places) else 0, name, _elsewhere(name, one) if isinstance(one, str) else one


def _elsewhere(field: str, file: str) -> Wrong:
    return Wrong(field, f"expected what stands in this file, found the name of another one, {file[:80]!r}: import that")


def _with(test: Json, document: dict[str, Json], field: str) -> Json:
    if isinstance(test, Wrong):
        return test
    return {**test, CONFIGURATION: document} if isinstance(test, dict) else wrong(field, "an object", test)


def _merged(data: Json, test: Json, document: dict[str, Json], first: str, second: str) -> Json:
    """A test of a scenario with one of its sets of data, as promptfoo puts them together."""
    for field, value in ((first, data), (second, test)):
        if isinstance(value, str):
            return _elsewhere(field, value)
        if not isinstance(value, dict):
            return wrong(field, "an object", value)
    try:
        both = {
            key: {**mapping(data, key, f"{first}."), **mapping(test, key, f"{second}.")}
            for key in ("vars", "options", "metadata")
        }
        checks = [*items(data, "assert", f"{first}."), *items(test, "assert", f"{second}.")]
    except Wrong as error:
        return error
    return {**data, **test, **both, "assert": checks, CONFIGURATION: document}


# --- tables ------------------------------------------------------------------------------------------------------


def _is_csv(head: bytes, name: str) -> bool:
    first = head.partition(b"\n")[0]
    if b"__expected" in first or name.lower().endswith(".csv") or b",Status,Score" in first:
        return True
    return b"," in first and b":" not in first and not first.startswith((b"-", b"#"))


def _csv(body: bytes) -> Iterator[Placed]:
    rows = csv_rows(body)
    _, names = next(rows, (1, []))
    names = [name.strip() for name in names]
    if "Status" in names and "Score" in names:
        raise Wrong("", "expected tests, found results as a table, which hold no messages: write them as JSON", 1)
    for line, cells in rows:
        if not any(cells):
            continue
        if len(cells) > len(names):
            yield line, Wrong("", f"expected {len(names)} cells, as the first line has, found {len(cells)}")
            continue
        yield line, _row(dict(zip(names, cells, strict=False)))


def _row(row: dict[str, str]) -> dict[str, Json]:
    test: dict[str, Json] = {"vars": {}, "metadata": {}, "assert": [], "options": {}}
    for name, cell in row.items():
        said = cell.strip()
        if not name.startswith("__"):
            test["vars"][name] = cell
        elif not said:
            continue
        elif name.startswith("__expected"):
            test["assert"].append(_expected(said))
        elif name.startswith("__metadata:"):
            key = name.removeprefix("__metadata:")
            test["metadata"][key.removesuffix("[]")] = _listed(cell) if key.endswith("[]") else cell
        elif name in _OPTIONS:
            test["options"][_OPTIONS[name]] = cell
        else:
            test[_FIELDS.get(name, name)] = cell
    return test


def _listed(cell: str) -> list[str]:
    """The texts between commas; a comma after a backslash is one of a text."""
    return [part.strip().replace("\\,", ",") for part in re.split(r"(?<!\\),", cell)]


def _expected(cell: str) -> Json:
    """One cell of ``__expected``: ``type: value``, or a text that the answer must equal."""
    found = _CELL.fullmatch(cell)
    if found is None or not _TYPES.fullmatch(found["type"]):
        return {"type": "equals", "value": cell}
    made: dict[str, Json] = {"type": _OTHER_NAMES.get(found["type"], found["type"])}
    if value := (found["value"] or "").strip():
        made["value"] = value
    if found["threshold"]:
        made["threshold"] = float(found["threshold"])
    return made
