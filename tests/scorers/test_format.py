"""What the format scorer and the schema check promise."""

import json
import time

import msgspec
import pytest

from proxy.config.settings import ScorerSettings
from proxy.exchange import Exchange, Operation, Outcome, StreamEnd
from proxy.sample import Choice, Message, Sample, ToolCall
from scorers.format import format_validity
from scorers.reading.json_schema import Undecided, mismatch
from scorers.score import Reason

SCHEMA = {
    "type": "object",
    "properties": {
        "city": {"type": "string", "minLength": 1},
        "days": {"type": "integer", "minimum": 1, "maximum": 14},
        "unit": {"enum": ["c", "f"]},
        "stops": {"type": "array", "items": {"$ref": "#/$defs/stop"}, "maxItems": 2},
        "note": {"type": ["string", "null"]},
        "either": {"anyOf": [{"type": "number"}, {"type": "string"}]},
    },
    "required": ["city", "days"],
    "additionalProperties": False,
    "$defs": {"stop": {"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]}},
}
TOOL = {"type": "function", "function": {"name": "plan", "parameters": SCHEMA}}


def sample(*choices: Choice, wanted: object = None, tools: tuple[object, ...] = (), **fields: object) -> Sample:
    exchange = Exchange(
        request_id="r",
        instance="i",
        started_at=0,
        app="a",
        operation=Operation.CHAT,
        upstream="u",
        outcome=Outcome.OK,
        duration=1,
        stream_end=fields.pop("stream_end", None),
    )
    return Sample(
        id="s",
        exchange=exchange,
        messages=(Message(role="user", content="Plan it."),),
        choices=choices,
        tools=tuple(msgspec.Raw(json.dumps(tool).encode()) for tool in tools),
        response_format=wanted,
        **fields,
    )


async def one(choice: Choice, **fields: object):
    (score,) = await format_validity(ScorerSettings())(sample(choice, **fields))
    return score


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ({"city": "Linz", "days": 3}, ""),
        ({"city": "Linz", "days": 3.0, "unit": "c", "stops": [{"name": "a"}], "note": None, "either": "x"}, ""),
        ({"city": "Linz"}, "$.days: missing"),
        ({"city": "", "days": 3}, "$.city: 0 length"),
        ({"city": "Linz", "days": 3.5}, "$.days: not of type integer"),
        ({"city": "Linz", "days": True}, "$.days: not of type integer"),
        ({"city": "Linz", "days": 15}, "$.days: maximum 14"),
        ({"city": "Linz", "days": 1, "unit": "k"}, "$.unit: not one of the allowed values"),
        ({"city": "Linz", "days": 1, "stops": [{}]}, "$.stops[0].name: missing"),
        ({"city": "Linz", "days": 1, "stops": [{"name": "a"}] * 3}, "$.stops: 3 items"),
        ({"city": "Linz", "days": 1, "either": []}, "$.either: fits 0 of the 2 alternatives"),
        ({"city": "Linz", "days": 1, "other": 1}, "$.other: not in the schema"),
        ([], "$: not of type object"),
    ],
)
def test_schema(value, told):
    """The first difference is named with its place; a match is an empty text."""
    assert mismatch(value, SCHEMA) == told


def test_schemas_without_end():
    """A schema that refers to itself for ever, or to nothing, is undecided, in bounded time."""
    for endless in ({"$ref": "#"}, {"$ref": "#/nowhere"}, {"$ref": "http://elsewhere.example/s"}):
        with pytest.raises(Undecided):
            mismatch({}, endless)
    wide = {"$defs": {"a": {"anyOf": [{"$ref": "#/$defs/a"}] * 9}}, "$ref": "#/$defs/a"}
    started = time.process_time()
    with pytest.raises(Undecided):
        mismatch(1, wide)
    assert time.process_time() - started < 2


@pytest.mark.parametrize("text", ['{"city": "Linz", "days": 3}', ' \n{"days": 3, "city": "Linz"}\n'])
@pytest.mark.parametrize(
    "wanted",
    [
        {"type": "json_object"},
        {"type": "json_schema", "json_schema": {"name": "p", "schema": SCHEMA}},
        {"type": "json_schema", "name": "p", "schema": SCHEMA},
    ],
)
async def test_valid_json(text, wanted):
    """Matching JSON is valid in every way of asking for it, chat and responses."""
    assert (await one(Choice(text=text), wanted=wanted)).value == 0.0


@pytest.mark.parametrize(
    "text",
    [
        "Here is your plan.",
        '```json\n{"city": "Linz", "days": 3}\n```',
        '{"city": "Linz", "days": 3',
        '{"city": "Linz", "days": NaN}',
        '{"city": "Linz"}',
        '["Linz", 3]',
        '{"city": "Linz", "days": 3} Enjoy!',
    ],
)
async def test_invalid_json(text):
    """Prose, fences, cut objects, NaN, other shapes and text around the object are what a client can not read."""
    score = await one(Choice(text=text), wanted={"type": "json_schema", "json_schema": {"schema": SCHEMA}})
    assert (score.value, bool(score.explanation)) == (1.0, True)


@pytest.mark.parametrize(
    ("call", "value"),
    [
        (ToolCall("plan", '{"city": "Linz", "days": 3}'), 0.0),
        (ToolCall("plan", '{"city": "Linz"}'), 1.0),
        (ToolCall("plan", '{"city": "Linz", "da'), 1.0),
        (ToolCall("plan", '"Linz"'), 1.0),
        (ToolCall("plan", ""), 1.0),
        (ToolCall("erase", "{}"), 1.0),
    ],
)
@pytest.mark.parametrize(
    "tool",
    [
        TOOL,
        {"type": "function", "name": "plan", "parameters": SCHEMA},
        {"name": "plan", "input_schema": SCHEMA},
        {"type": "custom", "name": "plan", "input_schema": SCHEMA},
    ],
)
async def test_tool_calls(call, value, tool):
    """Arguments are held against the definition, whichever API it came by; unknown tools are invalid."""
    score = await one(Choice(tool_calls=(ToolCall("plan", '{"city": "A", "days": 1}'), call)), tools=(tool,))
    assert score.value == value


async def test_tools_without_schema():
    """A tool without parameters may be called with nothing; a custom tool takes any text."""
    assert (await one(Choice(tool_calls=(ToolCall("now"),)), tools=({"type": "function", "name": "now"},))).value == 0.0
    free = {"type": "custom", "name": "run"}
    assert (await one(Choice(tool_calls=(ToolCall("run", "ls -l"),)), tools=(free,))).value == 0.0


@pytest.mark.parametrize("key", ["parameters", "input_schema"])
@pytest.mark.parametrize(("arguments", "value"), [("", 0.0), ('{"a": 1}', 0.0), ('{"a": ', 1.0), ("[]", 1.0)])
async def test_tools_whose_schema_is_null(key, arguments, value):
    """No schema is none, and no permission for any text."""
    tool = {"type": "function", "function": {"name": "now", key: None}}
    assert (await one(Choice(tool_calls=(ToolCall("now", arguments),)), tools=(tool,))).value == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("The plan is ready.", 0.0),
        ('<tool_call>{"name": "plan", "arguments": {}}</tool_call>', 1.0),
        ('{"name": "plan", "arguments": {"city": "Linz", "days": 3}}', 1.0),
        ('{"name": "Linz"}', 0.0),
    ],
)
async def test_calls_written_as_text(text, value):
    """A call that is written into the answer never reaches the tool."""
    assert (await one(Choice(text=text), tools=(TOOL,))).value == value


@pytest.mark.parametrize(
    ("choice", "fields", "reason"),
    [
        (Choice(text="Hello."), {}, Reason.NO_EVIDENCE),
        (Choice(text="Hello."), {"wanted": {"type": "text"}}, Reason.NO_EVIDENCE),
        (Choice(), {"wanted": {"type": "json_object"}}, Reason.NO_TEXT),
        (Choice(refusal="No."), {"wanted": {"type": "json_object"}}, Reason.NO_TEXT),
        (
            Choice(text="{"),
            {"wanted": {"type": "json_object"}, "stream_end": StreamEnd.UPSTREAM_CUT},
            Reason.INCOMPLETE,
        ),
        (Choice(text="{"), {"wanted": {"type": "json_object"}, "response_truncated": True}, Reason.INCOMPLETE),
        (Choice(text="[" * 2_000_001), {"wanted": {"type": "json_object"}}, Reason.TOO_LONG),
        (Choice(tool_calls=(ToolCall("plan", "{}"),)), {}, Reason.NO_EVIDENCE),
    ],
)
async def test_not_applicable(choice, fields, reason):
    """Without a requested format, whole, there is a reason and no value."""
    score = await one(choice, **fields)
    assert (score.value, score.unscored_reason) == (None, reason)


async def test_a_broken_call_needs_no_definition():
    """Arguments that are no JSON are invalid even when the definition is not there."""
    assert (await one(Choice(tool_calls=(ToolCall("plan", '{"a": '),)))).value == 1.0


@pytest.mark.parametrize("text", ["[" * 500_000, '{"a":' * 100_000, "\ud800", "\x00", '"' * 10**6, "1" * 10**6])
async def test_hostile_text(text):
    """Deep, endless and broken texts are invalid in bounded time."""
    started = time.process_time()
    assert (await one(Choice(text=text), wanted={"type": "json_object"}, tools=(TOOL,))).value == 1.0
    assert time.process_time() - started < 1


@pytest.mark.parametrize(
    "schema", [{"type": 5}, {"required": "x"}, {"enum": 3}, {"properties": []}, {"items": 7}, {"type": "date"}]
)
def test_odd_schemas(schema):
    """A keyword of the wrong type is met by everything: the request was wrong, not the answer."""
    assert mismatch({"a": [1]}, schema) == mismatch([{}], schema) == ""


CUSTOM = {"type": "custom", "custom": {"name": "note", "format": {"type": "text"}}}
SPACE = {"type": "namespace", "name": "port", "tools": [{"type": "function", "name": "plan", "parameters": SCHEMA}]}
OTHER = {"type": "namespace", "name": "sea", "tools": [{"type": "function", "name": "plan", "parameters": {}}, CUSTOM]}


@pytest.mark.parametrize(
    ("tools", "call", "told"),
    [
        ((CUSTOM, TOOL), ToolCall("note", "not { JSON"), ""),
        ((CUSTOM,), ToolCall("plan", "{}"), "plan: no such tool"),
        ((SPACE,), ToolCall("plan", '{"city": "Linz", "days": 3}'), ""),
        ((SPACE,), ToolCall("plan", "{}"), "plan.city: missing"),
        ((SPACE, OTHER), ToolCall("plan", "{}"), ""),
        ((OTHER,), ToolCall("note", "free"), ""),
        ((TOOL, {"type": "mcp", "server_label": "quay"}), ToolCall("berth", "{}"), ""),
        ((TOOL, {"type": "tool_search"}), ToolCall("berth", "{"), "berth: arguments are not JSON"),
        ((TOOL, {"type": "tool_search"}), ToolCall("plan", "{}"), "plan.city: missing"),
        ((TOOL, {"type": "browser_toolset_20260801"}), ToolCall("navigate", '{"url": "u"}'), ""),
        ((TOOL, {"type": "shell", "environment": {"type": "local"}}), ToolCall("shell", '{"commands": []}'), ""),
        ((TOOL, {"type": "computer_use_preview"}), ToolCall("computer", "{}"), ""),
        ((TOOL, {"type": "shell"}), ToolCall("computer", "{}"), "computer: no such tool"),
        ((TOOL, {"type": "shell"}), ToolCall("shell", "{"), "shell: arguments are not JSON"),
    ],
)
async def test_kinds_of_tools(tools, call, told):
    """Free text, namespaces (two may hold one name), servers whose tools the request does not show, and tools that the
    provider defines."""
    score = await one(Choice(tool_calls=(call,)), tools=tools)
    assert (score.value, score.explanation[: len(told)]) == (float(bool(told)), told)


@pytest.mark.parametrize(
    ("text", "invalid"),
    [
        ('{"name": "plan", "version": "2.0"}', 0.0),
        ('```json\n{"name": "plan", "version": "2.0"}\n```', 0.0),
        ('[{"name": "plan"}]', 0.0),
        ('{"name": "plan", "arguments": {"city": "Linz"}}', 1.0),
        ('```json\n{"name": "plan", "parameters": {"city": "Linz"}}\n```', 1.0),
        ('[{"function": {"name": "plan", "arguments": "{}"}}]', 1.0),
        ('{"tool_calls": [{"name": "plan", "args": {}}]}', 1.0),
        ('{"name": "plan", "arguments": {"city": "Li', 1.0),
        ('{"name": "plan", "version": "2.', 0.0),
    ],
)
async def test_a_call_that_was_written_has_arguments(text, invalid):
    """JSON that only names a tool is an answer; a call that was written out has arguments beside the name."""
    assert (await one(Choice(text=text), tools=(TOOL,))).value == invalid


PACKAGE = '{"name": "plan", "version": "1.2.0", "scripts": {"test": "node --test"}, "args": ["--all"]}'
DEFINITION = '{"name": "plan", "parameters": {"type": "object", "properties": {"city": {"type": "string"}}}}'
WRITTEN = '<tool_call>\n{"name": "plan", "arguments": {"city": "Linz", "days": 3}}\n</tool_call>'


@pytest.mark.parametrize(
    "text",
    [
        PACKAGE,
        f"```json\n{PACKAGE}\n```",
        PACKAGE[:60],
        DEFINITION,
        f'{{"type": "function", "function": {DEFINITION}}}',
        "Servers of this family put each call between <tool_call> and </tool_call>, as one JSON object.",
        "A line that starts with `<tool_call>` is cut out by the client. [TOOL_CALLS] is the mark of another family.",
        "The <function=NAME> form has no JSON at all; each parameter has a tag of its own.",
        f"This is how Qwen writes a call:\n\n```\n{WRITTEN}\n```\n\nThe client parses the JSON.",
        f"This is how Qwen writes a call:\n\n{WRITTEN}\n\nThe client parses the JSON and runs the tool.",
        "[plan](https://plan.example) has it, and so has the guide (page 3).",
        '[book(city="Linz")]',
        '```python\nplan(city="Linz", days=3)\n```',
        "functools caches what it wraps; plan(days=3) is called once.",
        "DeepSeek begins one with <｜tool▁call▁begin｜>plan, and the template of the server takes it from there.",
        "<|channel|>commentary to=functions.plan<|message|>{}<|call|><|channel|>final<|message|>Done.",
    ],
)
async def test_a_call_that_is_shown_is_none(text):
    """A package file with the name of a tool, a definition, and prose about the marks of calls are answers."""
    assert (await one(Choice(text=text), tools=(TOOL,))).value == 0.0


@pytest.mark.parametrize(
    "text",
    [
        WRITTEN,
        f"```\n{WRITTEN}\n```",
        f"Let me look that up.\n{WRITTEN}",
        "I will plan it. <tool_call>plan\n<arg_key>city</arg_key>\n<arg_value>Linz</arg_value>\n</tool_call>",
        "<tool_call>\n<function=plan>\n<parameter=city>\nLinz\n</parameter>\n</function>\n</tool_call>",
        '<function=plan>{"city": "Linz", "days": 3}</function>',
        '[TOOL_CALLS] [{"name": "plan", "arguments": {"city": "Linz", "days": 3}}]',
        '[TOOL_CALLS]plan{"city": "Linz", "days": 3}',
        '<|python_tag|>{"name": "plan", "parameters": {"city": "Linz", "days": 3}}',
        '<function_calls>\n<invoke name="plan">\n<parameter name="city">Linz</parameter>\n</invoke>\n</function_calls>',
        '<|python_tag|>plan.call(city="Linz", days=3)',
        '<｜tool▁call▁begin｜>function<｜tool▁sep｜>plan\n```json\n{"city": "Linz"}\n```<｜tool▁call▁end｜>',
        'At once. <｜tool▁call▁begin｜>plan<｜tool▁sep｜>{"city": "Linz"}<｜tool▁call▁end｜><｜tool▁calls▁end｜>',
        '<｜DSML｜function_calls>\n<｜DSML｜invoke name="plan">\n</｜DSML｜invoke>\n</｜DSML｜function_calls>',
        '<|channel|>commentary to=functions.plan <|constrain|>json<|message|>{"city": "Linz", "days": 3}<|call|>',
        '<minimax:tool_call>\n<invoke name="plan">\n<parameter name="city">Linz</parameter>\n</invoke>\n'
        "</minimax:tool_call>",
        "<longcat_tool_call>plan\n<longcat_arg_key>city</longcat_arg_key>\n<longcat_arg_value>Linz</longcat_arg_value>\n"
        "</longcat_tool_call>",
        '<|tool_call>call:plan{city:<|"|>Linz<|"|>,days:3}<tool_call|>',
        '<|START_ACTION|>[{"tool_call_id": "0", "tool_name": "plan", "parameters": {"city": "Linz"}}]<|END_ACTION|>',
        'functools[{"name": "plan", "arguments": {"city": "Linz", "days": 3}}]',
        '[plan(city="Linz", days=3)]',
        '```tool_code\nplan(city="Linz", days=3)\n```',
        '```tool_code\nprint(plan(city="Linz", days=3))\n```',
    ],
)
async def test_calls_in_the_forms_of_templates(text):
    """A call in the form of a chat template that begins or ends the answer was not made."""
    assert (await one(Choice(text=text), tools=(TOOL,))).value == 1.0


@pytest.mark.parametrize(
    "unit",
    [
        "<tool_call>",
        "`",
        "```\n",
        '{"name": "plan", ',
        "[TOOL_CALLS]plan\n",
        "<function=a",
        "<minimax:tool_call>a",
        "[plan(",
        "<｜tool▁call▁begin｜>plan",
        "<| to=plan",
    ],
)
async def test_hostile_marks(unit):
    """A megabyte of marks costs well under a second."""
    started = time.process_time()
    await one(Choice(text=unit * (10**6 // len(unit))), tools=(TOOL,))
    assert time.process_time() - started < 1


@pytest.mark.parametrize(
    "wanted",
    [
        {"type": "json", "value": SCHEMA},
        {"type": "json", "value": json.dumps(SCHEMA)},
        {"type": "json_object", "value": SCHEMA},
        {"type": "json_schema", "value": {"name": "p", "schema": SCHEMA}},
        {"type": "json_schema", "value": SCHEMA},
        {"type": "json", "schema": SCHEMA},
    ],
)
async def test_schemas_in_the_forms_of_servers(wanted):
    """TGI holds the schema in ``value``, as an object or its text, and TensorRT-LLM in ``schema``."""
    raw = msgspec.Raw(json.dumps(wanted).encode())
    assert (await one(Choice(text='{"city": "Linz", "days": 3}'), wanted=raw)).value == 0.0
    assert (await one(Choice(text='{"city": "Linz"}'), wanted=raw)).explanation == "$.days: missing"


@pytest.mark.parametrize("more", [{}, {"value": None}, {"value": "city"}, {"value": [1]}, {"schema": "city"}])
async def test_json_without_a_schema(more):
    """The type that no provider has without a schema asks for nothing, and ``json_object`` still for any object."""
    bare = msgspec.Raw(json.dumps({"type": "json", **more}).encode())
    assert (await one(Choice(text="Hello."), wanted=bare)).unscored_reason == Reason.NO_EVIDENCE
    anything = msgspec.Raw(json.dumps({"type": "json_object", **more}).encode())
    assert (await one(Choice(text='{"a": 1}'), wanted=anything)).value == 0.0
    assert (await one(Choice(text="Hello."), wanted=anything)).value == 1.0


async def test_a_schema_with_any_object():
    """Some servers take a schema with ``json_object``; then it is that schema that is asked for."""
    wanted = msgspec.Raw(json.dumps({"type": "json_object", "schema": SCHEMA}).encode())
    assert (await one(Choice(text='{"city": "Linz", "days": 3}'), wanted=wanted)).value == 0.0
    assert (await one(Choice(text='{"city": "Linz"}'), wanted=wanted)).explanation == "$.days: missing"


WANTED = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}


@pytest.mark.parametrize(
    "wanted",
    [
        {"type": "json_object", "json_schema": WANTED},
        {"type": "json_schema", "json_schema": WANTED},
        {"type": "json_object", "response_schema": WANTED},
        {"type": "json_object", "schema": json.dumps(WANTED)},
        {"type": "json_schema", "json_schema": {"name": "plan", "schema": json.dumps(WANTED)}},
    ],
)
async def test_schemas_at_other_places(wanted):
    """Cohere has the schema without a name around it, others as text: it is the schema that the answer must match."""
    assert (await one(Choice(text='{"city": "Linz"}'), wanted=wanted)).value == 0.0
    score = await one(Choice(text='{"town": "Linz"}'), wanted=wanted)
    assert (score.value, score.explanation) == (1.0, "$.city: missing")


@pytest.mark.parametrize("named", [{"name": "plan", "strict": True}, {"name": "plan", "schema": None}, {}])
async def test_a_name_is_no_schema(named):
    """What only names a schema asks for any object."""
    assert (
        await one(Choice(text='{"town": "Linz"}'), wanted={"type": "json_schema", "json_schema": named})
    ).value == 0.0
    assert (await one(Choice(text="[1]"), wanted={"type": "json_schema", "json_schema": named})).value == 1.0


async def test_an_answer_that_the_request_began():
    """The request may hold the beginning of the JSON; an answer that is whole by itself stays what it is."""
    asked = (Message(role="user", content="Plan it."), Message(role="assistant", content='{"city": '))
    for text, value in (('"Linz"}', 0.0), ('{"city": "Linz"}', 0.0), ('"Linz"', 1.0)):
        of = sample(Choice(text=text), wanted={"type": "json_object"})
        (score,) = await format_validity(ScorerSettings())(msgspec.structs.replace(of, messages=asked))
        assert score.value == value
