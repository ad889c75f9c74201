#!/usr/bin/env bash
# lm-format-enforcer 0.11.3, outlines-core 0.2.14 and llguidance 1.9.1 with pydantic 2.14.4, Python 3.11 or newer: three
# packages that let a model say only what a JSON Schema allows. The schema is that of a judge's verdict, made by
# pydantic: a grade from 1 to 5, a confidence from 0 to 1, a pair of a text and a number, a list of different numbers.
# No model is needed: each package is asked if it lets a given answer pass.
#
# Behaviour: JSON Schema's minimum and maximum bound a number (2020-12, validation, 6.2), prefixItems gives each place
# of an array its own schema (core, 10.3.1.1). lm-format-enforcer, whose README says that it ensures that the format is
# respected and names three limits, none of them this, leaves all of it out: a grade of 9 of 5 and a confidence of -3
# pass, and so does a pair the wrong way round. outlines-core leaves the bounds out, and uniqueItems (reported as its
# issue 147; a later change raises an error instead, in no release yet). Neither raises or warns, though both refuse
# other keywords that they do not know with an error. llguidance keeps the bounds and the pair, and says of uniqueItems
# that it cannot. pydantic, given the same answers, refuses them.
# Consequence: the mean of a judge's grades holds grades that do not exist, where nobody checks what is guaranteed; the
# same schema with another backend of the same server gives other grades.
#
# Seen (what passes):
#   as asked: lm-format-enforcer yes, outlines-core yes, llguidance yes, pydantic yes
#   grade 9: lm-format-enforcer yes, outlines-core yes, llguidance no, pydantic no
#   confidence -3.5: lm-format-enforcer yes, outlines-core yes, llguidance no, pydantic no
#   pair the wrong way round: lm-format-enforcer yes, outlines-core no, llguidance no, pydantic no
#   one number twice: lm-format-enforcer yes, outlines-core yes, llguidance refuses the schema
#
# Exits non-zero when that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check --no-compile lm-format-enforcer==0.11.3 \
    outlines-core==0.2.14 llguidance==1.9.1 pydantic==2.14.4 2>/dev/null
cat >"$folder/pass.py" <<'PY'
import json
import re

from llguidance import LLMatcher, LLTokenizer, TokenizerWrapper
from lmformatenforcer import JsonSchemaParser
from outlines_core.json_schema import build_regex_from_schema
from pydantic import BaseModel, Field, ValidationError


class Verdict(BaseModel):
    grade: int = Field(ge=1, le=5)
    confidence: float = Field(ge=0, le=1)
    source: tuple[str, int]


class Bytes:
    """One token for each byte, which is all that llguidance needs to know of a model."""

    eos_token_id, bos_token_id, special_token_ids = 256, None, [256]
    tokens = [bytes([value]) for value in range(256)] + [b"<end>"]

    def __call__(self, text):
        return list(text if isinstance(text, bytes) else text.encode())


def enforcer(schema, text):
    state = JsonSchemaParser(schema)
    for character in text:
        if character not in state.get_allowed_characters():
            return "no"
        state = state.add_character(character)
    return "yes" if state.can_end() else "no"


def outlines(schema, text):
    return "yes" if re.fullmatch(build_regex_from_schema(json.dumps(schema)), text) else "no"


def guidance(schema, text):
    matcher = LLMatcher(LLTokenizer(TokenizerWrapper(Bytes())), LLMatcher.grammar_from_json_schema(schema))
    if matcher.is_error():
        return "refuses the schema"
    data = list(text.encode())
    return "yes" if matcher.try_consume_tokens(data) == len(data) and matcher.is_accepting() else "no"


def pydantic(text):
    try:
        Verdict.model_validate_json(text)
    except ValidationError:
        return "no"
    return "yes"


def show(name, schema, answer, *more):
    text = json.dumps(answer)
    said = f"lm-format-enforcer {enforcer(schema, text)}, outlines-core {outlines(schema, text)}"
    checked = [f"pydantic {each(text)}" for each in more]
    print(f"{name}: {said}, llguidance {guidance(schema, text)}", *checked, sep=", ")


schema = Verdict.model_json_schema()
good = {"grade": 4, "confidence": 0.5, "source": ["page", 3]}
show("as asked", schema, good, pydantic)
show("grade 9", schema, {**good, "grade": 9}, pydantic)
show("confidence -3.5", schema, {**good, "confidence": -3.5}, pydantic)
show("pair the wrong way round", schema, {**good, "source": [3, "page"]}, pydantic)
numbers = {"type": "array", "items": {"type": "integer"}, "uniqueItems": True}
show("one number twice", {"type": "object", "properties": {"n": numbers}, "required": ["n"]}, {"n": [1, 1]})
PY
"$folder/venv/bin/python" -W ignore "$folder/pass.py" 2>/dev/null | tee "$folder/out"
diff "$folder/out" - <<'SEEN'
as asked: lm-format-enforcer yes, outlines-core yes, llguidance yes, pydantic yes
grade 9: lm-format-enforcer yes, outlines-core yes, llguidance no, pydantic no
confidence -3.5: lm-format-enforcer yes, outlines-core yes, llguidance no, pydantic no
pair the wrong way round: lm-format-enforcer yes, outlines-core no, llguidance no, pydantic no
one number twice: lm-format-enforcer yes, outlines-core yes, llguidance refuses the schema
SEEN
