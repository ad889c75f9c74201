"""HumanEval tasks with other names of functions and arguments, and with reworded docstrings.

Both by table. What a function must do stays what it was: examples and tests keep their values. A variant is only asked
after its canonical solution, with the same changes, has passed its tests in the sandbox.
"""

from __future__ import annotations

import ast
import io
import random
import re
import tokenize
from collections.abc import Mapping

import msgspec

from scorers.benchmarks.humaneval import Row

#: Words of names, and what may stand in their place.
_WORDS: Mapping[str, tuple[str, ...]] = {
    "add": ("plus", "join"), "all": ("every",), "any": ("some",), "array": ("series",), "balance": ("level",),
    "below": ("under",), "by": ("per",), "car": ("vehicle",), "change": ("alter",), "char": ("symbol",),
    "check": ("verify", "inspect"), "choose": ("pick",), "circular": ("ring",), "close": ("near",),
    "common": ("shared",), "compare": ("contrast",), "concatenate": ("chain",), "correct": ("valid",),
    "count": ("tally", "number_of"), "cut": ("trim",), "decimal": ("base_ten",), "decode": ("decipher",),
    "delimeter": ("separator",), "derivative": ("slope",), "digit": ("figure",), "digits": ("figures",),
    "distinct": ("different",), "do": ("perform",), "double": ("twofold",), "elements": ("entries", "members"),
    "encode": ("encipher",), "even": ("paired",), "factorial": ("product_to",), "file": ("document",),
    "filter": ("select", "keep"), "find": ("locate", "search"), "first": ("initial",), "fix": ("mend",),
    "generate": ("produce",), "get": ("obtain", "fetch"), "greatest": ("highest",), "has": ("contains",),
    "how": ("in_what_way",), "index": ("position",), "integer": ("whole_number",), "integers": ("whole_numbers",),
    "intersection": ("overlap",), "interval": ("span",), "is": ("tells_if",), "largest": ("biggest",),
    "length": ("extent",), "letter": ("glyph",), "list": ("row",), "longest": ("widest",), "lst": ("row", "entries"),
    "make": ("build", "create"), "max": ("top", "highest"), "maximum": ("upper_bound",), "mean": ("average",),
    "median": ("middle",), "min": ("lowest",), "monotonic": ("ordered",), "multiply": ("times",),
    "music": ("melody",), "name": ("title",), "nested": ("inner",), "next": ("following",), "number": ("amount",),
    "numbers": ("values", "amounts"), "nums": ("values",), "odd": ("unpaired",), "order": ("arrange",),
    "pairs": ("couples",), "palindrome": ("mirror_word",), "paren": ("bracket",), "parse": ("read",),
    "prime": ("indivisible",), "prod": ("multiple",), "product": ("multiple",), "remove": ("drop", "discard"),
    "rescale": ("stretch",), "right": ("proper",), "rolling": ("running",), "root": ("base",), "same": ("equal",),
    "search": ("look_for",), "select": ("choose",), "sequence": ("progression",), "shift": ("move",),
    "simplify": ("reduce",), "smallest": ("least",), "solve": ("work_out",), "sort": ("arrange", "rank"),
    "sorted": ("ranked",), "special": ("particular",), "split": ("divide",), "starts": ("begins",),
    "strange": ("unusual",), "string": ("text", "phrase"), "strings": ("texts",), "strlen": ("text_length",),
    "substring": ("fragment",), "sum": ("total", "add_up"), "to": ("into",), "total": ("overall",),
    "triangle": ("three_sides",), "triples": ("threes",), "truncate": ("cut_off",), "tri": ("threefold",),
    "unique": ("single",), "unit": ("one",), "valid": ("sound",), "vowels": ("open_sounds",), "will": ("shall",),
    "with": ("having",), "word": ("term",), "words": ("terms",), "x": ("u",), "y": ("v",), "z": ("w",), "n": ("size",),
    "m": ("extent",), "k": ("amount",), "s": ("phrase", "text"), "l": ("row",), "q": ("limit",), "txt": ("phrase",),
    "text": ("phrase",), "arr": ("series",), "grid": ("board",), "key": ("code",), "values": ("amounts",),
    "threshold": ("limit",), "strings_list": ("texts",), "message": ("note",), "op": ("mark",), "test": ("trial",),
    "game": ("match",), "guess": ("bet",), "date": ("day_text",), "dict": ("mapping",), "start": ("begin",),
    "end": ("stop",), "xs": ("factors",), "brackets": ("marks",), "operations": ("moves",), "operator": ("signs",),
    "operand": ("terms",), "planet1": ("world_a",), "planet2": ("world_b",), "prefix": ("opening",),
}  # fmt: skip
#: Names of arguments that are words of every sentence: they stay.
_KEPT = frozenset({"a", "b", "c", "d", "i", "self", "in", "is", "as", "of"})
_FRONT = ("compute_", "work_out_", "give_")

#: What a docstring says, and other words for it. Only prose is changed, no example.
_REWORDINGS: tuple[tuple[str, tuple[str, ...]], ...] = (
    (r"\bWrite a function (?:which|that)\b", ("Here a function is wanted that", "The function below")),
    (r"\bCreate a function (?:which|that)\b", ("Here a function is wanted that", "The function below")),
    (r"\bImplement a function that\b", ("Here a function is wanted that",)),
    (r"\bYour task is to\b", ("You are asked to", "You have to")),
    (r"\byour task is to\b", ("you are asked to", "you have to")),
    (r"\bGiven an?\b", ("You get a",)),
    (r"\bFor a given\b", ("For any",)),
    (r"\b([Rr])eturns\b", (r"\1esults in",)),
    (r"\bReturn\b", ("Give back", "Hand back")),
    (r"\breturn\b", ("give back", "hand back")),
    (r"\bCheck if\b", ("Find out whether", "Tell whether")),
    (r"\bcheck if\b", ("find out whether", "tell whether")),
    (r"\bFind\b", ("Look for", "Determine")),
    (r"\bfind\b", ("look for", "determine")),
    (r"\bCount\b", ("Tell the number of",)),
    (r"\bFilter\b", ("Go through",)),
    (r"\blist of integers\b", ("list of whole numbers",)),
    (r"\bpositive integers\b", ("whole numbers above zero",)),
    (r"\bpositive integer\b", ("whole number above zero",)),
    (r"\bintegers\b", ("whole numbers",)),
    (r"\binteger\b", ("whole number",)),
    (r"\b([Yy])ou are given\b", (r"\1ou get",)),
    (r"\bnumber of\b", ("count of",)),
    (r"\bstarting (?:with|from)\b", ("beginning with",)),
    (r"\blargest\b", ("greatest",)),
    (r"\bsmallest\b", ("least",)),
    (r"\bonly\b", ("just",)),
    (r"\bsuch that\b", ("so that",)),
    (r"\bgreater than\b", ("above",)),
    (r"\bless than\b", ("below",)),
    (r"\bIf there (?:is|are) no\b", ("Where there is no",)),
    (r"\bNote(?::| that)", ("Remember:",)),
    (r"\bExamples?:", ("For instance:",)),
    (r"\bFor example:?", ("For instance:",)),
    (r"\belements\b", ("entries",)),
    (r"\bone of\b", ("any of",)),
    (r"\bInput to this function is\b", ("What comes in is",)),
    (r"\bcalculate\b", ("work out",)),
    (r"\bconcatenate\b", ("join",)),
    (r"\bConcatenate\b", ("Join",)),
)  # fmt: skip
_EXAMPLE = re.compile(
    r">>>|==|=>|->|➞|^\s*[\w.]+\(.*\)|^\s*(?!\"\"\"|''')[\[({'\"\d-]|[Ii]nput:|[Oo]utput:|should (?:return|give)"
)


class Variant(msgspec.Struct, frozen=True):
    """A changed task: the row, and how the function was called before."""

    row: Row
    was: str


def renamed(row: Row, seed: str) -> Variant | None:
    """Other names for the function and its arguments; ``None`` where nothing can be renamed."""
    chance = random.Random(seed)
    source = row.prompt + row.canonical_solution
    try:
        tree = ast.parse(source)
    except SyntaxError:
        return None
    function = next((n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef) and n.name == row.entry_point), None)
    if function is None:
        return None
    taken = set(re.findall(r"[A-Za-z_]\w*", source + row.test))
    table = {row.entry_point: _other(row.entry_point, taken, chance)}
    for argument in function.args.args:
        if argument.arg not in _KEPT:
            table[argument.arg] = _other(argument.arg, taken | set(table.values()), chance)
    prompt = _in_text(row.prompt, table)
    whole = _in_code(source, table)
    # The names in the code part of the prompt and of its docstring are changed alike; the solution is what comes after.
    changed = msgspec.structs.replace(
        row,
        prompt=prompt,
        entry_point=table[row.entry_point],
        canonical_solution=_after(whole, row.prompt),
        test=_in_text(row.test, {row.entry_point: table[row.entry_point]}),
    )
    return Variant(changed, row.entry_point)


def _other(name: str, taken: set[str], chance: random.Random) -> str:
    pieces = [chance.choice(_WORDS[piece]) if piece in _WORDS else piece for piece in name.split("_")]
    found = "_".join(pieces)
    if found == name:
        found = chance.choice(_FRONT) + name if len(name) > 3 else f"{name}_given"
    while found in taken:
        found += "_1"
    return found


def _in_text(text: str, table: Mapping[str, str]) -> str:
    names = "|".join(re.escape(name) for name in sorted(table, key=len, reverse=True))
    return re.sub(rf"(?<![\w'’.])(?:{names})(?!\w)", lambda match: table[match[0]], text)


def _in_code(source: str, table: Mapping[str, str]) -> str:
    """The source with its names changed: no attribute, no string, no comment."""
    lines = source.splitlines(keepends=True)
    places: list[tuple[int, int, str]] = []
    before = ""
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.NAME and token.string in table and before != ".":
            places.append((token.start[0] - 1, token.start[1], token.string))
        before = token.string
    for line, column, name in reversed(places):
        text = lines[line]
        lines[line] = text[:column] + table[name] + text[column + len(name) :]
    return "".join(lines)


def _after(whole: str, prompt: str) -> str:
    """The solution's part of a program whose prompt had as many lines as this one."""
    return "".join(whole.splitlines(keepends=True)[prompt.count("\n") :])


def reworded(row: Row, seed: str) -> Variant | None:
    """The docstring in other words; ``None`` where the table has nothing for it."""
    chance = random.Random(seed)
    start = row.prompt.index(f"def {row.entry_point}")
    head, body = row.prompt[:start], row.prompt[start:]
    lines = body.split("\n")
    example = False
    for place in range(1, len(lines)):
        line = lines[place]
        example = bool(_EXAMPLE.search(line)) or (example and bool(line.strip()))
        if example:
            continue
        for pattern, others in _REWORDINGS:
            line = re.sub(pattern, chance.choice(others), line)
        lines[place] = line
    changed = head + "\n".join(lines)
    return Variant(msgspec.structs.replace(row, prompt=changed), row.entry_point) if changed != row.prompt else None
