"""``sightglass suite label NAME|FILE``: people say what is expected of each case, one line a case.

One case by its options, all that nothing is expected of at a prompt, or many from a file of ``{"id", "expected",
"assert"}`` lines. A wrong line changes nothing; what was said at the prompt is kept when it ends.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import msgspec
import orjson

from scorers.cases import assertions, fields, folder
from scorers.cases.assertions import Assertion
from scorers.cases.case import Case
from scorers.cases.fields import BadField
from scorers.cases.suite import BadSuite, Suite
from scorers.commands.options import Parser, WrongUsage, add_options, settings_of, user_name
from scorers.commands.suite_source import is_file, load_file, load_version, opened
from scorers.files.whole_file import write_whole

_SHOWN = 2_500
_HELP = (
    "a  the served answer is right    e TEXT  the answer is TEXT       c TEXT  it contains TEXT\n"
    "n TEXT  it does not contain TEXT    r TEXT  it meets this criterion (judge)    j JSON  an assertion\n"
    "s  skip    q  quit\n"
)
_NOTHING_SERVED = "there is no served answer to accept, or not all of it is known"
#: First letter of a line -> the assertion that it writes.
_KINDS = {"c": "contains", "n": "not_contains", "r": "rubric"}


def main(argv: list[str]) -> int:
    """The exit status of ``suite label``."""
    arguments = _arguments(argv)
    if is_file(arguments.suite):
        suite = load_file(arguments.suite, "suite label")
        version = suite.version
        changed = _labelled(suite, arguments, lambda case: None)
        if changed is not None:
            _save_file(Path(arguments.suite), changed)
            version = changed.version
    else:
        with opened(settings_of(arguments)) as store:
            suite, version, _ = load_version(store, arguments.suite)

            def read(case: Case) -> None:
                if "sample_id" in case.source:
                    who = f"suite:{user_name()}"
                    store.record_read(who, time.time(), str(case.source["sample_id"]))

            changed = _labelled(suite, arguments, read)
            if changed is not None:
                if "@" not in arguments.suite:
                    changed = _onto(load_version(store, arguments.suite).suite, suite, changed)
                version = store.suites.save(changed)
    done = changed or suite
    said = sum(case.labelled for case in done.cases)
    sys.stderr.write(
        f"sightglass suite label: {done.name} version {version}: {said} of {len(done.cases)} cases labelled\n"
    )
    return 0


def _arguments(argv: list[str]) -> argparse.Namespace:
    parser = Parser(
        prog="sightglass suite label",
        description="Sets what is expected of the cases: at a prompt, by options for one case, or from a file.",
    )
    add_options(parser)
    parser.add_argument("suite", metavar="NAME|FILE", help="a suite in the store, a JSONL file, or a folder")
    parser.add_argument("case", nargs="?", metavar="CASE", help="id of one case (default: ask about each case in turn)")
    parser.add_argument("--expected", metavar="TEXT", help="the expected answer; needs CASE")
    parser.add_argument(
        "--assert",
        dest="asserted",
        action="append",
        default=[],
        metavar="JSON",
        help='an assertion, such as {"contains": "text"}; needs CASE; can be repeated',
    )
    parser.add_argument(
        "--accept",
        action="store_true",
        help="the served answer is the expected one (without CASE: for all cases that have no label)",
    )
    parser.add_argument(
        "--from-file",
        type=Path,
        metavar="FILE",
        help='labels from a file, one {"id", "expected", "assert"} object per line',
    )
    parser.add_argument("--all", action="store_true", help="also ask about cases that have a label")
    arguments = parser.parse_args(argv)
    given = arguments.expected is not None or bool(arguments.asserted)
    if given and arguments.case is None:
        raise WrongUsage("--expected and --assert: give the id of a case (CASE) with them")
    if arguments.case is not None and not (given or arguments.accept):
        raise WrongUsage(f"{arguments.case}: give --expected, --assert or --accept with the id of a case")
    return arguments


def _labelled(suite: Suite, arguments: argparse.Namespace, read: Callable[[Case], None]) -> Suite | None:
    """The suite with what was said; ``None`` where nothing was."""
    said: dict[str, Case] = {}
    if arguments.from_file is not None:
        said = _from_file(suite, arguments.from_file)
    elif arguments.case is not None:
        case = next((case for case in suite.cases if case.id == arguments.case), None)
        if case is None:
            raise WrongUsage(f"{arguments.case}: there is no such case in {suite.name}; `suite show` lists them")
        said[case.id] = _one(case, arguments)
    elif arguments.accept:
        said = {case.id: _accepted(case) for case in suite.cases if not case.labelled and _served(case)}
        left = sum(not case.labelled and case.id not in said for case in suite.cases)
        if left:
            which = "1 case is" if left == 1 else f"{left} cases are"
            sys.stderr.write(f"sightglass suite label: {which} left: {_NOTHING_SERVED}\n")
    else:
        wanted = [case for case in suite.cases if arguments.all or not case.labelled]
        said = _prompted(wanted, read)
    if not said:
        return None
    return msgspec.structs.replace(suite, cases=tuple(said.get(case.id, case) for case in suite.cases))


def _onto(now: Suite, before: Suite, changed: Suite) -> Suite:
    """The suite as it is now with what was said: at a prompt that takes its time, and others may have labelled or
    imported cases meanwhile."""
    known = {case.id: case for case in before.cases}
    said = {case.id: case for case in changed.cases if case != known[case.id]}
    return msgspec.structs.replace(now, cases=tuple(_as_said(case, said.get(case.id)) for case in now.cases))


def _as_said(case: Case, said: Case | None) -> Case:
    if said is None:
        return case
    return msgspec.structs.replace(case, expected=said.expected, assertions=said.assertions)


def _one(case: Case, arguments: argparse.Namespace) -> Case:
    if arguments.accept:
        if not _served(case):
            raise WrongUsage(f"{case.id}: {_NOTHING_SERVED}")
        case = _accepted(case)
    if arguments.expected is not None:
        case = msgspec.structs.replace(case, expected=arguments.expected)
    if arguments.asserted:
        made = tuple(_assertion(text, f"--assert[{n}]") for n, text in enumerate(arguments.asserted))
        case = msgspec.structs.replace(case, assertions=made)
    return case


def _assertion(text: str, path: str) -> Assertion:
    try:
        return assertions.read(orjson.loads(text), path)
    except orjson.JSONDecodeError as error:
        raise WrongUsage(f'{path}: expected JSON such as {{"contains": "text"}}, found {error.msg}') from None
    except BadField as error:
        raise WrongUsage(str(error)) from None


def _served(case: Case) -> str:
    """The served answer, where all of it is known; else nothing."""
    return "" if case.source.get("answer_cut") else _shown_answer(case)


def _shown_answer(case: Case) -> str:
    answer = case.source.get("answer")
    return answer if isinstance(answer, str) else ""


def _accepted(case: Case) -> Case:
    return msgspec.structs.replace(case, expected=_served(case))


def _from_file(suite: Suite, path: Path) -> dict[str, Case]:
    known = {case.id: case for case in suite.cases}
    said: dict[str, Case] = {}
    problems: list[str] = []
    for number, line in enumerate(path.read_bytes().removeprefix(b"\xef\xbb\xbf").splitlines(), 1):
        if not line.strip():
            continue
        try:
            case = _line(orjson.loads(line), known)
            if case.id in said:
                raise BadField("id", "each id once", f"{case.id!a} again")
            said[case.id] = case
        except orjson.JSONDecodeError as error:
            problems.append(f"{path}: line {number}: expected a JSON object, found no JSON ({error.msg})")
        except BadField as error:
            problems.append(f"{path}: line {number}: {error}")
    if problems:
        raise BadSuite(problems)
    return said


def _line(value: object, known: dict[str, Case]) -> Case:
    document = fields.mapping(value, "the line")
    fields.only(document, ("id", "expected", "assert"), "")
    given = document.get("id")
    whole = isinstance(given, int) and not isinstance(given, bool)  # as a case may have it
    identity = str(given) if whole else fields.text(given, "id")
    if identity not in known:
        raise BadField("id", "the id of a case of the suite", f"{identity[:60]!a}")
    changes: dict[str, Any] = {}
    if "expected" in document:
        changes["expected"] = document["expected"]
    if "assert" in document:
        changes["assertions"] = assertions.read_all(document["assert"], "assert")
    if not changes:
        raise BadField("expected", "expected or assert", "neither")
    return msgspec.structs.replace(known[identity], **changes)


# --- the prompt --------------------------------------------------------------------------------------------------


def _prompted(cases: Iterable[Case], read: Callable[[Case], None]) -> dict[str, Case]:
    """What people say, line by line, until ``q`` or the end of the input."""
    said: dict[str, Case] = {}
    waiting = list(cases)
    for number, case in enumerate(waiting, 1):
        read(case)
        sys.stdout.write(_page(case, f"{number} of {len(waiting)}, {len(said)} labelled"))
        while True:
            sys.stdout.write("\n> ")
            sys.stdout.flush()
            line = sys.stdin.readline()
            if not line or line.strip() == "q":
                return said
            if line.strip() == "s":
                break
            try:
                said[case.id] = _answer(case, line.strip())
                break
            except (WrongUsage, BadField) as error:
                sys.stdout.write(f"{error}\n{_HELP}")
    return said


def _answer(case: Case, line: str) -> Case:
    letter, _, rest = line.partition(" ")
    rest = rest.strip()
    if letter == "a":
        if not _served(case):
            raise WrongUsage(f"this case: {_NOTHING_SERVED}")
        return _accepted(case)
    if letter == "e":
        return msgspec.structs.replace(case, expected=fields.text(rest, "e"))
    if letter in _KINDS:
        made = assertions.read({_KINDS[letter]: rest}, letter)
        return msgspec.structs.replace(case, assertions=(*case.assertions, made))
    if letter == "j":
        return msgspec.structs.replace(case, assertions=(*case.assertions, _assertion(rest, "j")))
    raise WrongUsage(f"{letter[:20]!r}: expected one of a, e, c, n, r, j, s, q")


def _page(case: Case, progress: str) -> str:
    parts = [(str(message["role"]), _said(message)) for message in case.messages]
    name = "served answer" if _served(case) else "served answer, not all of it"
    parts += [(name, _shown_answer(case))] if _shown_answer(case) else []
    lines = ["", "=" * 80, f"{case.id}   {progress}   {case.stratum or ''}"]
    for name, text in parts:
        lines += ["-" * 80, f"{name}:", _clean(text)]
    return "\n".join(lines) + "\n" + "-" * 80 + "\n" + _HELP


def _said(message: dict[str, Any]) -> str:
    content = message.get("content")
    shown = content if isinstance(content, str) else orjson.dumps(content).decode() if content else ""
    calls = message.get("tool_calls")
    return shown + (f"\n{orjson.dumps(calls).decode()}" if calls else "")


def _clean(text: str) -> str:
    """A text without characters that repaint a terminal, cut in its middle."""
    if len(text) > _SHOWN:
        text = f"{text[: _SHOWN * 2 // 3]}\n[... {len(text) - _SHOWN} characters ...]\n{text[-_SHOWN // 3 :]}"
    return "".join(char if char.isprintable() or char == "\n" else "?" for char in text)


def _save_file(path: Path, suite: Suite) -> None:
    if path.is_dir():
        folder.save(suite, path)
    else:
        write_whole(path, folder.lines_of(suite))
