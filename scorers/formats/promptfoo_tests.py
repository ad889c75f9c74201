"""One test of promptfoo, or one result, as rows: prompts with their variables filled in, assertions of ours."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from itertools import product

import msgspec

from scorers.formats.assertions import from_promptfoo
from scorers.formats.chat import answer, given, messages
from scorers.formats.files import parse, yaml_document
from scorers.formats.form import unread
from scorers.formats.promptfoo_files import CONFIGURATION
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
    text,
    unpacked,
)
from scorers.formats.templates import Variables, rendered

#: Keys of which a test has at least one.
TEST = ("vars", "assert", "description", "metadata", "options", "threshold")
_READ = (*TEST, CONFIGURATION, "id", "tags", "prompts")
_OPTIONS = ("disableVarExpansion", "disableDefaultAsserts", "prefix", "suffix")
#: Of the variables of one test.
_COMBINATIONS = 10_000
#: Names of variables that hold the question, where no prompt says so.
_QUESTION = ("input", "question", "prompt", "query", "message", "q")
#: What a prompt that is the name of a file ends with.
_FILES = (".cjs", ".cts", ".j2", ".js", ".json", ".jsonl", ".md", ".mjs", ".mts", ".py", ".ts", ".txt", ".yml", ".yaml")
#: Longest description that names a case; a number may follow it.
_LONGEST_NAME = 240


def cases(doc: Json, losses: Losses) -> Iterator[Row]:
    """The rows of one test (a row a prompt and combination of variables), or of one result. Raises ``Wrong``."""
    if not isinstance(doc, dict):
        raise Wrong("", f"expected an object, found {kind(doc)}")
    if "testIdx" in doc or "promptIdx" in doc:
        yield _result(doc, losses)
        return
    if not any(key in doc for key in TEST) and CONFIGURATION not in doc:
        raise Wrong("vars", f"expected one of {', '.join(TEST)}, found none of them")
    merged = _with_defaults(doc, losses)
    options = merged["options"]
    variables = [merged["vars"]] if options.get("disableVarExpansion") else _combined(merged["vars"])
    for place, (each, prompt) in enumerate(product(variables, _prompts(merged) or [None])):
        row = _test(merged, each, _asked(each, _around(prompt, options), losses), losses)
        yield msgspec.structs.replace(row, id=f"{row.id}#{place + 1}") if place and row.id else row


def _with_defaults(doc: dict[str, Json], losses: Losses) -> dict[str, Json]:
    """A test with what ``defaultTest`` says where it says nothing itself."""
    default = mapping(doc, CONFIGURATION).get("defaultTest")
    if isinstance(default, str):
        losses.lost("defaultTest", "stands in a file of its own, which is not read")
    default = default if isinstance(default, dict) else {}
    both = {
        key: {**mapping(default, key, "defaultTest."), **mapping(doc, key)} for key in ("vars", "options", "metadata")
    }
    own = items(doc, "assert")
    if both["options"].get("disableDefaultAsserts") is not True:
        own = [*items(default, "assert", "defaultTest."), *own]
    return {**default, **doc, **both, "assert": own}


def _prompts(doc: Mapping[str, Json]) -> list[Json]:
    """The prompts of a configuration that a test is asked with; a test may name some of them by their labels."""
    found = mapping(doc, CONFIGURATION).get("prompts")
    if isinstance(found, dict):  # older: file to label
        found = [{"id": f"file://{name}", "label": label} for name, label in found.items()]
    found = [found] if isinstance(found, str) else found
    if not isinstance(found, list):
        return []
    wanted = [name for name in items(doc, "prompts") if isinstance(name, str)]
    chosen = [one for one in found if not wanted or _named(one, wanted)]
    return chosen or found


def _named(prompt: Json, wanted: list[str]) -> bool:
    names = [prompt.get(key) for key in ("label", "id")] if isinstance(prompt, dict) else [prompt]
    return any(
        name == one or (one.endswith("*") and str(name).startswith(one[:-1])) for name in names for one in wanted
    )


def _around(prompt: Json, options: Mapping[str, Json]) -> Json:
    """A prompt with what an option puts before and behind it; None where it stands in a file of its own."""
    if isinstance(prompt, dict):
        prompt = prompt.get("raw") or prompt.get("content") or prompt.get("id")
    if isinstance(prompt, list):  # chat messages written out in the configuration
        prompt = as_text(prompt)
    if not isinstance(prompt, str) or _is_file(prompt):
        return prompt
    return text(options, "prefix", "options.") + prompt + text(options, "suffix", "options.")


def _is_file(prompt: str) -> bool:
    return prompt.startswith("file://") or ("\n" not in prompt and "{" not in prompt and prompt.endswith(_FILES))


def _combined(variables: dict[str, Json]) -> list[dict[str, Json]]:
    """A variable that is a list of texts is a test for each of them, several are one for each combination."""
    choices = [value if isinstance(value, list) and value and isinstance(value[0], str) else [value]
               for value in variables.values()]  # fmt: skip
    if math.prod(len(each) for each in choices) > _COMBINATIONS:
        raise Wrong("vars", f"expected at most {_COMBINATIONS} combinations of variables, found more")
    return [dict(zip(variables, each, strict=True)) for each in product(*choices)]


def _test(
    doc: Mapping[str, Json], variables: Mapping[str, Json], asked: str | tuple[Message, ...], losses: Losses
) -> Row:
    unread(doc, _READ, losses)
    unread(mapping(doc, "options"), _OPTIONS, losses, "options.")
    if doc.get("threshold") not in (None, ""):
        losses.lost("threshold", "has no place in a case: here all of its assertions must hold")
    metadata = mapping(doc, "metadata")
    held = mapping(metadata, OURS, "metadata.")
    checks = from_promptfoo(_referred(doc), losses, Variables(variables))
    ours = held.get("assert")
    if isinstance(ours, list):
        checks = [*ours, *(check for check in checks if check not in ours)]
    elif "expected" in held and checks == [{"equals": as_text(held["expected"])}]:
        checks = []  # the exact form of ``expected``, which promptfoo does not have
    name = doc.get("description")
    row = Row(
        id=known_as(doc) or (name[:_LONGEST_NAME] if isinstance(name, str) else ""),
        input=asked,
        metadata={key: value for key, value in metadata.items() if key != "id"},
    )
    return msgspec.structs.replace(unpacked(row), checks=tuple(checks))


def known_as(doc: Mapping[str, Json]) -> str:
    """The id that a test or a result has of its own; empty where only its description names it."""
    return identity(mapping(doc, "metadata")) or identity(doc)


def _referred(doc: Mapping[str, Json]) -> list[Json]:
    """The assertions of a test; one that refers to another place of the configuration is what stands there."""
    return [_at(mapping(doc, CONFIGURATION), one) if isinstance(one, dict) else one for one in items(doc, "assert")]


def _at(document: Json, one: dict[str, Json]) -> Json:
    place = one.get("$ref")
    if not isinstance(place, str) or not place.startswith("#/"):
        return one
    for step in place[2:].split("/"):
        document = document.get(step.replace("~1", "/").replace("~0", "~")) if isinstance(document, dict) else None
    return {**document, **{key: one[key] for key in one if key != "$ref"}} if isinstance(document, dict) else one


# --- what is asked -----------------------------------------------------------------------------------------------


def _asked(variables: Mapping[str, Json], prompt: Json, losses: Losses) -> str | tuple[Message, ...]:
    if isinstance(variables.get("messages"), list) and variables["messages"]:
        return messages(variables["messages"], "vars.messages")
    if isinstance(prompt, str) and not _is_file(prompt):
        return _chat(rendered(prompt, variables, losses))
    if prompt is not None:
        losses.lost("prompts", "stands in a file of its own, which is not read")
    if not variables:
        raise Wrong("vars", "expected at least one variable, found none")
    for name in _QUESTION:
        if variables.get(name) is not None:
            for other in [key for key, value in variables.items() if key != name and value not in (None, "")][:20]:
                losses.lost(f"vars.{other[:60]}", f"is not in {name}, and no prompt says where it stands")
            return _value(variables[name], f"vars.{name}", losses)
    if len(variables) == 1:
        ((name, value),) = variables.items()
        return _value(value, f"vars.{name[:60]}", losses)
    losses.lost("prompts", "is missing, so that the variables stand for the input as JSON")
    return as_text(dict(variables))


def _value(value: Json, field: str, losses: Losses) -> str | tuple[Message, ...]:
    if isinstance(value, str) and value.startswith("file://"):
        losses.lost(field, "stands in a file of its own, which is not read: its name is the input")
    return as_text(value) if isinstance(value, bool | int | float) else given(value, field)


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


# --- results -----------------------------------------------------------------------------------------------------


def _result(doc: dict[str, Json], losses: Losses) -> Row:
    test, variables = mapping(doc, "testCase"), mapping(doc, "vars")
    raw = text(mapping(doc, "prompt"), "raw", "prompt.")
    there = raw and not isinstance(variables.get("messages"), list)
    asked = _chat(raw) if there else _asked(variables, None, losses)
    row = _test(test, variables, asked, losses)
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
