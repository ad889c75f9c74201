"""``promptfoo``: tests, whole configurations (OpenAI's hosted evals leave as one), and results (0.121.20).

In a text prompt, and anywhere in a configuration, text that looks like a template is rendered, and can reach the
environment and the files of whoever runs it. So recorded text leaves as an object in a file of tests, never in a
configuration: ``promptfoo eval -t FILE -p PROMPT -r PROVIDER``, where PROMPT is a file with ``PROMPT`` below.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from typing import BinaryIO

import msgspec
import orjson

from scorers.formats.assertions import from_promptfoo, to_promptfoo
from scorers.formats.chat import answer, given, messages
from scorers.formats.files import Placed, csv_rows, listed, parse, peeked, whole, yaml_document
from scorers.formats.form import Format, unread
from scorers.formats.rows import (
    OURS,
    Answer,
    Json,
    Losses,
    Message,
    Row,
    Wrong,
    as_text,
    identity,
    items,
    kind,
    mapping,
    packed,
    text,
    unpacked,
    wrong,
)

#: The prompt that sends the messages of an exported case as they are.
PROMPT = "{{messages | dump | safe}}"
_PLACE = re.compile(r"\{\{-?\s*([A-Za-z_][\w.]*)\s*(?:\|\s*(?:dump|safe|trim)\s*)*-?\}\}")
_TEST = ("vars", "assert", "description", "metadata", "options", "threshold")
#: Of the variables of one test.
_COMBINATIONS = 10_000
#: Names of variables that hold the question, where no prompt says so.
_QUESTION = ("input", "question", "prompt", "query", "message", "q")


def _rows(stream: BinaryIO, losses: Losses) -> Iterator[Row | Wrong]:
    seen: dict[str, int] = {}
    for line, value in _values(stream):
        if isinstance(value, Wrong):
            yield value.at(line)
            continue
        try:
            for row in _cases(value, losses):
                if row.answer is None:
                    yield msgspec.structs.replace(row, line=line)
                    continue
                key = row.id or as_text([row.input if isinstance(row.input, str) else list(row.input), row.expected])
                seen[key] = seen.get(key, -1) + 1
                yield msgspec.structs.replace(row, line=line, repeat=seen[key])
        except Wrong as error:
            yield error.at(line)
        except RecursionError:
            yield Wrong("", "nested too deeply", line)


# --- the values of a file ----------------------------------------------------------------------------------------


def _values(stream: BinaryIO) -> Iterator[Placed]:
    head = peeked(stream).lstrip(b"\xef\xbb\xbf \t\r\n")
    if head.startswith((b"{", b"[")):
        yield from _json(stream)
    elif _is_csv(head):
        try:
            yield from _csv(whole(stream))
        except Wrong as error:
            yield error.line, error
    else:
        try:
            document, starts = yaml_document(whole(stream))
            yield from _placed(document, starts("tests"))
        except Wrong as error:
            yield error.line, error


def _json(stream: BinaryIO) -> Iterator[Placed]:
    for line, value in listed("results", "results")(stream):
        if not isinstance(value, dict) or "tests" not in value:
            yield line, value
            continue
        try:
            yield from _placed(value, [])
        except Wrong as error:
            yield line, error


def _placed(document: Json, starts: Sequence[int]) -> Iterator[Placed]:
    """The tests of a configuration, each with the prompts and defaults that it runs with; or of a list of tests."""
    results = mapping(document, "results") if isinstance(document, dict) and "tests" not in document else {}
    if isinstance(results.get("results"), list):
        document = results["results"]
    if isinstance(document, list):
        for place, test in enumerate(document):
            yield starts[place] if place < len(starts) else 0, test
        return
    if not isinstance(document, dict):
        raise Wrong("", f"expected tests or a configuration, found {kind(document)}")
    tests = document.get("tests")
    if isinstance(tests, str):
        raise Wrong("tests", f"expected tests in this file, found the name of another one, {tests[:80]!r}: import that")
    for place, test in enumerate(items(document, "tests")):
        line = starts[place] if place < len(starts) else 0
        if not isinstance(test, dict):
            yield line, wrong(f"tests[{place}]", "an object", test)
            continue
        yield line, {**test, "configuration": document}


def _is_csv(head: bytes) -> bool:
    first = head.partition(b"\n")[0]
    return b"__expected" in first or (b"," in first and b":" not in first and not first.startswith((b"-", b"#")))


def _csv(body: bytes) -> Iterator[Placed]:
    rows = csv_rows(body)
    _, names = next(rows, (1, []))
    if "Status" in names and "Score" in names:
        raise Wrong("", "expected tests, found results as a table, which hold no messages: write them as JSON", 1)
    for line, cells in rows:
        if not any(cells):
            continue
        test: dict[str, Json] = {"vars": {}, "metadata": {}, "assert": []}
        for name, cell in zip(names, cells, strict=False):
            if name.startswith("__expected"):
                test["assert"] += [_expected(cell)] if cell else []
            elif name.startswith("__metadata:"):
                test["metadata"][name.removeprefix("__metadata:").removesuffix("[]")] = cell
            elif name == "__description":
                test["description"] = cell
            elif not name.startswith("__"):
                test["vars"][name] = cell
        yield line, test


def _expected(cell: str) -> Json:
    """One cell of ``__expected``: ``type: value``, or a text that the answer must equal."""
    name, colon, value = cell.partition(":")
    if colon and re.fullmatch(r"[a-z][a-z-]*(\([\d.]+\))?", name):
        return {"type": name.partition("(")[0], "value": value.strip()}
    return {"type": "equals", "value": cell}


# --- one test, or one result -------------------------------------------------------------------------------------


def _cases(doc: Json, losses: Losses) -> Iterator[Row]:
    if not isinstance(doc, dict):
        raise Wrong("", f"expected an object, found {kind(doc)}")
    if "testIdx" in doc or "promptIdx" in doc:
        yield _result(doc, losses)
        return
    if not any(key in doc for key in _TEST):
        raise Wrong("vars", f"expected one of {', '.join(_TEST)}, found none of them")
    configuration = mapping(doc, "configuration")
    default = configuration.get("defaultTest")
    default = default if isinstance(default, dict) else {}
    merged = {
        **doc,
        "vars": {**mapping(default, "vars", "defaultTest."), **mapping(doc, "vars")},
        "assert": [*items(default, "assert", "defaultTest."), *items(doc, "assert")],
    }
    prompts = items(configuration, "prompts") if isinstance(configuration.get("prompts"), list) else []
    options = {**mapping(default, "options", "defaultTest."), **mapping(doc, "options")}
    variables = [merged["vars"]] if options.get("disableVarExpansion") else _combined(merged["vars"])
    for place, (each, prompt) in enumerate(product(variables, prompts or [None])):
        row = _test(merged, _asked(each, prompt, losses), losses)
        yield msgspec.structs.replace(row, id=f"{row.id}#{place + 1}") if place and row.id else row


def _combined(variables: dict[str, Json]) -> list[dict[str, Json]]:
    """A variable that is a list of texts is a test for each of them, several are one for each combination."""
    choices = [value if isinstance(value, list) and value and isinstance(value[0], str) else [value]
               for value in variables.values()]  # fmt: skip
    if math.prod(len(each) for each in choices) > _COMBINATIONS:
        raise Wrong("vars", f"expected at most {_COMBINATIONS} combinations of variables, found more")
    return [dict(zip(variables, each, strict=True)) for each in product(*choices)]


def _test(doc: Mapping[str, Json], asked: str | tuple[Message, ...], losses: Losses) -> Row:
    unread(doc, (*_TEST, "configuration", "id", "tags", "provider"), losses)
    metadata = mapping(doc, "metadata")
    held = mapping(metadata, OURS, "metadata.")
    checks = from_promptfoo(items(doc, "assert"), losses)
    ours = held.get("assert")
    if isinstance(ours, list):
        checks = [*ours, *(check for check in checks if check not in ours)]
    elif "expected" in held and checks == [{"equals": as_text(held["expected"])}]:
        checks = []  # the exact form of ``expected``, which promptfoo does not have
    known = identity(metadata) or identity(doc)
    row = Row(
        id=known or (text(doc, "description")[:256] if isinstance(doc.get("description"), str) else ""),
        input=asked,
        metadata={key: value for key, value in metadata.items() if key != "id"},
    )
    return msgspec.structs.replace(unpacked(row), checks=tuple(checks))


def _asked(variables: Mapping[str, Json], prompt: Json, losses: Losses) -> str | tuple[Message, ...]:
    if isinstance(variables.get("messages"), list) and variables["messages"]:
        return messages(variables["messages"], "vars.messages")
    if isinstance(prompt, dict):
        prompt = prompt.get("raw") or prompt.get("content") or prompt.get("id")
    if isinstance(prompt, list):  # chat messages written out in the configuration
        prompt = as_text(prompt)
    if isinstance(prompt, str) and not prompt.startswith("file://"):
        return _chat(_rendered(prompt, variables, losses))
    if prompt is not None:
        losses.lost("prompts", "stands in a file of its own, which is not read")
    if not variables:
        raise Wrong("vars", "expected at least one variable, found none")
    for name in _QUESTION:
        if name in variables:
            return given(variables[name], f"vars.{name}")
    if len(variables) == 1:
        ((name, value),) = variables.items()
        return given(value, f"vars.{name[:60]}")
    losses.lost("prompts", "is missing, so that the variables stand for the input as JSON")
    return as_text(dict(variables))


def _rendered(prompt: str, variables: Mapping[str, Json], losses: Losses) -> str:
    def value(found: re.Match[str]) -> str:
        held: Json = variables
        for step in found[1].split("."):
            if not isinstance(held, dict) or step not in held:
                raise Wrong("vars", f"expected a value for {found[1][:60]!r} of the prompt, found none")
            held = held[step]
        if "dump" in found[0]:
            return orjson.dumps(held).decode()
        # In a prompt of JSON a text stands between quotes: its own are escaped, as promptfoo does.
        return as_text(held) if not prompt.lstrip().startswith("[") else orjson.dumps(as_text(held)).decode()[1:-1]

    made = _PLACE.sub(value, prompt)
    if "{%" in prompt or "{{" in _PLACE.sub("", prompt):
        losses.lost("prompts: a template with more than names", "is left as it stands")
    return made


def _chat(raw: str) -> str | tuple[Message, ...]:
    """A rendered prompt: chat messages where it is their JSON text, else a text."""
    if raw.lstrip().startswith(("[", "- role:")):
        try:
            found = parse(raw) if raw.lstrip().startswith("[") else yaml_document(raw.encode())[0]
        except ValueError:
            return raw
        if isinstance(found, list) and found and all(isinstance(one, dict) and "role" in one for one in found):
            return messages(found, "prompt")
    return raw


def _result(doc: dict[str, Json], losses: Losses) -> Row:
    test, variables = mapping(doc, "testCase"), mapping(doc, "vars")
    raw = text(mapping(doc, "prompt"), "raw", "prompt.")
    if isinstance(variables.get("messages"), list):
        asked = _asked(variables, None, losses)
    elif raw:
        asked = _chat(raw)
    else:
        asked = _asked(variables, None, losses)
    row = _test(test, asked, losses)
    response, provider = mapping(doc, "response"), mapping(doc, "provider")
    failed = doc.get("failureReason") == 2
    error = as_text(response.get("error") or doc.get("error") or "failed")[:500] if failed else ""
    scores = mapping(doc, "namedScores")
    return msgspec.structs.replace(
        row,
        metadata={**row.metadata, **({"scores": scores} if scores else {})},
        answer=Answer(error=error, model=text(provider, "id"))
        if failed
        else answer(response.get("output"), "response.output", model=text(provider, "label") or text(provider, "id")),
    )


# --- writing -----------------------------------------------------------------------------------------------------


def _write(rows: Sequence[Row], suite: str, losses: Losses) -> Iterator[bytes]:
    for row in rows:
        checks, kept = to_promptfoo(row, losses)
        packable = msgspec.structs.replace(row, checks=())
        metadata = packed(packable, ("tags", "weight", "conversation", "tools"), losses)
        ours = {**metadata.get(OURS, {}), **kept}
        doc: dict[str, Json] = {
            "description": row.id[:60],
            "vars": {"messages": row.messages},
            "metadata": {**metadata, **({"id": row.id} if row.id else {}), **({OURS: ours} if ours else {})},
            "options": {"disableVarExpansion": True},
        }
        yield orjson.dumps({**doc, "assert": checks} if checks else doc) + b"\n"


def _known(doc: Mapping[str, Json]) -> bool:
    if "promptIdx" in doc and "testIdx" in doc:
        return True
    if "evalId" in doc and isinstance(doc.get("results"), dict):
        return True
    if "tests" in doc and ("prompts" in doc or "providers" in doc):
        return True
    return isinstance(doc.get("vars"), dict) and set(doc) <= {*_TEST, "provider", "id", "tags"}


def _head(head: bytes) -> bool:
    if head.lstrip().startswith(b"{"):
        return b'"evalId"' in head or (b'"tests"' in head and b'"prompts"' in head)
    keys = re.findall(rb"(?m)^(prompts|providers|tests|targets|defaultTest):", head)
    return len(set(keys)) >= 2 or bool(re.match(rb"\s*-\s+(vars|description|assert):", head)) or b"__expected" in head


FORMAT = Format(
    name="promptfoo",
    title="promptfoo tests, a configuration, or results",
    rows=_rows,
    known=_known,
    head=_head,
    write=_write,
    advice=(
        f"to run it: put {PROMPT} into prompt.txt, then promptfoo eval -t FILE -p prompt.txt -r PROVIDER "
        "(promptfoo goes by the end of the name, which must be .jsonl)",
    ),
)
