"""The formats by name, and what a file is by its beginning.

Order matters for what is recognised: the first that knows a line has it.
"""

from __future__ import annotations

import re
from typing import BinaryIO

import orjson

from scorers.formats import (
    braintrust,
    humanloop,
    inspect,
    jsonl,
    langfuse,
    lm_eval,
    openai_evals,
    openai_finetune,
    promptfoo,
)
from scorers.formats.files import MAX_LINE, parse
from scorers.formats.form import Format
from scorers.formats.rows import Json

#: Bytes of a file that its format is recognised by; a first line that is longer is looked at as a whole.
HEAD = 65_536

_BOM = b"\xef\xbb\xbf"

FORMATS: dict[str, Format] = {
    found.name: found
    for found in (
        lm_eval.FORMAT,
        promptfoo.FORMAT,
        openai_evals.FORMAT,
        langfuse.FORMAT,
        humanloop.FORMAT,
        inspect.FORMAT,
        braintrust.FORMAT,
        openai_finetune.FORMAT,
        jsonl.FORMAT,
    )
}
WRITABLE = tuple(name for name, found in FORMATS.items() if found.write)

#: Files of tools that we know and do not read: one of their lines has all of these keys.
_FOREIGN = (
    ("DeepEval", ("input", "actual_output")),
    ("DeepEval or Opik", ("input", "expected_output")),
    ("DeepEval", ("scenario", "turns")),
    ("Ragas", ("user_input",)),
    ("Ragas", ("retrieved_contexts",)),
    ("MLflow", ("inputs", "expectations")),
    ("MLflow", ("info", "data")),
    ("MLflow", ("columns", "data")),
    ("EvalPlus", ("task_id", "solution")),
    ("EvalPlus", ("hash", "eval")),
    ("lm-evaluation-harness (results; its answers are in samples_TASK_TIME.jsonl)", ("results", "configs")),
    ("HumanEval", ("task_id", "completion")),
    ("garak", ("entry_type",)),
    ("Anthropic's batches", ("custom_id", "result")),
    ("Anthropic's batches", ("custom_id", "params")),
    ("OpenAI's batches", ("custom_id",)),
    ("OpenAI's batches", ("url", "body")),
    ("OpenAI's evals (an eval without its rows; save the output items of a run)", ("data_source_config",)),
    ("OpenAI's open evals (the log of a run)", ("spec",)),
    ("OpenAI (an answer without its question)", ("choices", "created")),
    ("HELM", ("adapter_spec",)),
    ("HELM", ("references", "split")),
    ("Hugging Face's dataset viewer", ("features", "rows")),
    ("Langfuse (scores, without the texts)", ("traceId", "dataType")),
    ("Langfuse (observations)", ("traceId", "type")),
    ("Langfuse (traces)", ("observations", "scores")),
    ("GSM8K", ("question", "answer")),
    ("ShareGPT", ("conversations",)),
    ("Weave", ("op_name", "inputs")),
    ("Phoenix", ("action", "inputs", "outputs")),
    ("Phoenix", ("input", "output", "metadata")),
    ("Phoenix (spans)", ("context.span_id",)),
    ("LangSmith", ("inputs", "outputs")),
    ("LangSmith", ("inputs", "reference_outputs")),
    ("OpenTelemetry", ("resourceSpans",)),
    ("LiteLLM", ("call_type", "messages")),
    ("Helicone", ("request_body",)),
    ("Gemini", ("contents",)),
    ("Alpaca", ("instruction", "output")),
    ("preferences (chosen, rejected)", ("chosen", "rejected")),
)


# --- recognising -------------------------------------------------------------------------------------------------


def beginning(stream: BinaryIO) -> bytes:
    """What a file is recognised by: ``HEAD`` bytes, and the rest of its first line where that is JSON and longer."""
    head = stream.read(HEAD)
    if b"\n" not in head.strip() and head.removeprefix(_BOM).lstrip().startswith((b"{", b"[")):
        head += stream.readline(MAX_LINE)
    return head


def recognised(head: bytes, file: str = "") -> str | None:
    """The name of the format of a file that begins with ``head``, or None."""
    head = head.removeprefix(_BOM)
    for found in FORMATS.values():
        if found.suffixes and file.endswith(found.suffixes):
            return found.name
    if (doc := _first(head)) is not None and (name := recognised_line(doc)) is not None:
        return name
    if (name := _enveloped(head)) is not None:
        return name
    return next((found.name for found in FORMATS.values() if found.head(head)), None)


def has_other_keys(head: bytes, form: str) -> bool:
    """Whether a file that was taken for Braintrust's by its first line has a line with keys of others: a case of ours
    may have the very keys of a row."""
    if form != braintrust.FORMAT.name:
        return False
    for line in head.removeprefix(_BOM).split(b"\n"):
        try:
            found = parse(line)
        except ValueError:  # the last one is cut
            continue
        if (
            isinstance(found, dict)
            and not set(found) <= braintrust.KEYS
            and "rows" not in found
            and "events" not in found
        ):
            return True
    return False


def _enveloped(head: bytes) -> str | None:
    """The name of the format whose lines stand in a list inside of one object, as the pages of an API hold them."""
    for found in FORMATS.values():
        for name in found.envelopes:
            around = re.search(rb'"%b"\s*:\s*\[\s*(?=\{)' % name.encode(), head)
            inside = _first_of_many(head[around.end() :]) if around is not None else None
            if isinstance(inside, dict) and found.known(inside):
                return found.name
    return None


#: What files begin with that are no text, and what to do with them.
_PACKED = (
    (b"\x1f\x8b", "packed with gzip: unpack it first"),
    (b"\x28\xb5\x2f\xfd", "packed with Zstandard: unpack it first"),
    (b"BZh", "packed with bzip2: unpack it first"),
    (b"PAR1", "a Parquet file: write its rows as JSON, one a line"),
    (b"ARROW1", "an Arrow file: write its rows as JSON, one a line"),
    (b"SQLite format 3\x00", "an SQLite database: write its rows as JSON, one a line"),
    (b"\xff\xfe", "text in UTF-16: write it in UTF-8"),
    (b"\xfe\xff", "text in UTF-16: write it in UTF-8"),
    (b"PK\x03\x04", "a ZIP: unpack it first"),
)


#: Ends of names of tables, which several tools read in their own way.
_TABLES = {
    ".csv": "a table: name who reads it so: --format promptfoo (variables, __expected) or inspect (input, target)",
    ".tsv": "a table: save it as CSV, or write its rows as JSON, one a line",
    ".xlsx": "a table: save it as CSV, or write its rows as JSON, one a line",
}


def unread(head: bytes, file: str) -> str | None:
    """A sentence on a file that is in none of the formats, where its beginning or its name tells what it is."""
    if (said := _packed(head, file)) is not None:
        return f"{file}: this is {said}"
    tool = _foreign(head)
    if tool is None:
        return None
    return f"{file}: this looks like a file of {tool}, which is not read; there are {', '.join(FORMATS)}"


def _packed(head: bytes, file: str) -> str | None:
    """What a file is that is neither JSON nor YAML, and what to do with it; None for what may be."""
    for suffix, said in _TABLES.items():
        if file.lower().endswith(suffix):
            return said
    return next((said for start, said in _PACKED if head.startswith(start)), None)


def recognised_line(doc: Json) -> str | None:
    """The name of the format whose line this object is, or None."""
    return next((found.name for found in FORMATS.values() if found.known(doc)), None) if isinstance(doc, dict) else None


def _foreign(head: bytes) -> str | None:
    """The name of a tool whose files we know and do not read."""
    doc = _first(head.removeprefix(_BOM))
    if not isinstance(doc, dict):
        return None
    return next((tool for tool, keys in _FOREIGN if all(key in doc for key in keys)), None)


def _first(head: bytes) -> Json:
    """The first object of a file: its first line, or of a list or an object over many lines the first element."""
    start = head.lstrip()
    try:
        found = parse(start.partition(b"\n")[0])
    except ValueError:
        found = _first_of_many(start)
    if isinstance(found, list):
        found = found[0] if found else None
    return found if isinstance(found, dict) else None


def _first_of_many(start: bytes) -> Json:
    if start.startswith(b"["):
        start = start[1:].lstrip()
    try:
        return orjson.loads(start)
    except ValueError:
        pass
    end = 0
    for match in re.finditer(rb"\}[ \t]*(?=[,\r\n\]])", start):
        end += 1
        if end > 64:
            return None
        try:
            return parse(start[: match.end()].rstrip())
        except ValueError:
            continue
    return None
