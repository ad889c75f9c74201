"""The program inside the sandbox: runs the code of an answer, then its tests. Only the standard library is there.

Reads one JSON object from standard input. After all tests it writes the token that stands there, and nothing else does:
code that ends the process early, with whatever exit status, has not passed. The tests and the right outputs have
namespaces of their own, so that code cannot replace the helper functions they use.
"""

from __future__ import annotations

import collections
import copy
import decimal
import fractions
import json
import math
import os
import resource
import sys
from collections.abc import Callable
from typing import Any

_PLAIN = {
    *(bool, int, float, complex, str, bytes, list, tuple, dict, set, frozenset, type(None)),
    *(collections.Counter, collections.defaultdict, collections.OrderedDict, collections.deque),
    *(fractions.Fraction, decimal.Decimal, range),
}
_RELATIVE, _ABSOLUTE = 1e-7, 1e-6


def main() -> None:
    """One answer: limits, code, tests, token."""
    job = json.loads(sys.stdin.buffer.read())
    tell = _teller(job.pop("token"))
    for name, most in job["limits"].items():
        resource.setrlimit(getattr(resource, name), (most, most))
    outputs = _outputs(job)
    tests: dict[str, Any] = {"__name__": "tests"}
    exec(compile(job["head"] + "\n    pass\n" + job["test"], "tests.py", "exec"), tests)  # noqa: S102 - of the data set
    space: dict[str, Any] = {"__name__": "answer"}
    exec(compile(job["program"], "answer.py", "exec"), space)  # noqa: S102 - what the sandbox is for
    candidate = _plain(space[job["entry_point"]])
    # A test may call the function by its name, too.
    tests[job["entry_point"]] = candidate
    if "check" in tests:
        tests["check"](candidate)
    for given, right in zip(job["inputs"], outputs, strict=True):
        found = candidate(*copy.deepcopy(given))
        if job["solution_entry"] == "find_zero":
            assert abs(_polynomial(given[0], found)) <= max(job["atol"], _ABSOLUTE), "wrong output"
        else:
            assert _same(found, right, job["atol"]), "wrong output for an added input"
    tell()


def _teller(token: str) -> Callable[[], None]:
    """Keeps standard output for the token; what the code prints goes nowhere."""
    out = os.dup(1)
    nothing = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1):
        os.dup2(nothing, stream)

    def tell() -> None:
        os.write(out, token.encode())

    return tell


def _outputs(job: dict[str, Any]) -> list[Any]:
    """The right outputs for the added inputs, by the solution that came with them."""
    if not job["inputs"]:
        return []
    space: dict[str, Any] = {"__name__": "solution"}
    exec(compile(job["solution"], "solution.py", "exec"), space)  # noqa: S102 - of the data set
    return [space[job["solution_entry"]](*copy.deepcopy(given)) for given in job["inputs"]]


def _plain(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function; a result of a class of its own, which could say that it equals everything, is an error."""

    def called(*given: Any) -> Any:  # noqa: ANN401 - whatever the tests pass
        found = function(*given)
        _check(found)
        return found

    return called


def _check(value: Any) -> None:  # noqa: ANN401
    if type(value) not in _PLAIN:
        raise TypeError(f"the result is of the type {type(value).__name__[:40]}")
    if isinstance(value, dict):
        for key, item in value.items():
            _check(key)
            _check(item)
    elif isinstance(value, list | tuple | set | frozenset | collections.deque):
        for item in value:
            _check(item)


def _same(found: Any, right: Any, atol: float) -> bool:  # noqa: ANN401
    """Whether an output is the right one; floats, also in lists, may be off a little."""
    if isinstance(right, list | tuple) and isinstance(found, list | tuple):
        if len(found) != len(right) or type(found) is not type(right):
            return False
        return all(_same(one, other, atol) for one, other in zip(found, right, strict=True))
    if isinstance(right, float) and isinstance(found, int | float):
        return found == right or math.isclose(found, right, rel_tol=_RELATIVE, abs_tol=atol or _ABSOLUTE)
    return bool(found == right)


def _polynomial(coefficients: list[float], x: float) -> float:
    """The value of a polynomial: of one function, any zero is right."""
    return math.fsum(factor * x**power for power, factor in enumerate(coefficients))


if __name__ == "__main__":
    main()
