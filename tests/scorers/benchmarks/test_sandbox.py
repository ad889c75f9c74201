"""The sandbox: right code passes, wrong and hostile code does not, and without one nothing is run.

Skipped, with the reason, where there is no bubblewrap or the kernel allows it no namespaces.
"""

from __future__ import annotations

import ast
import asyncio
import os
import socket
import subprocess
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest

from scorers.asking.answer import Answer
from scorers.benchmarks import humaneval, sandbox
from scorers.benchmarks.humaneval import Task
from scorers.benchmarks.item import Item
from scorers.benchmarks.marking import Marker
from scorers.benchmarks.sandbox import NoSandbox, Sandbox
from support import benchmarks

DATA = Path(__file__).resolve().parents[4] / "shared" / "data" / "benchmarks"
HEAD = 'def twice(n: int) -> int:\n    """ Return n twice.\n    """\n'
TASK = Task(entry_point="twice", head=HEAD, test="def check(candidate):\n    assert candidate(4) == 8\n")
RIGHT = "def twice(n):\n    return 2 * n\n"


@pytest.fixture(scope="module")
def box() -> Sandbox:
    try:
        return sandbox.find()
    except NoSandbox as reason:
        pytest.skip(f"no sandbox here: {reason}")


def test_right_code_passes_and_wrong_code_says_why(box: Sandbox) -> None:
    """The token comes after all tests; a wrong answer, an error and no answer are told apart in words."""
    assert box.run(RIGHT, TASK).passed
    wrong = box.run("def twice(n):\n    return n\n", TASK)
    assert (wrong.passed, wrong.why) == (False, "AssertionError")
    assert "NameError" in box.run("def twice(n):\n    return m\n", TASK).why
    assert "SyntaxError" in box.run("```python\ndef twice(n:\n```", TASK).why
    assert not box.run("", TASK).passed


async def test_who_is_cancelled_waits_for_no_code(box: Sandbox) -> None:
    """Ctrl-C ends code that never ends, and the program with it: nothing is left of either."""
    marker = Marker(box)
    item = Item(key="humaneval/0", prompt="", task=TASK)
    answer = Answer(text="def twice(n):\n    while True:\n        pass\n")
    began = time.monotonic()
    marks = [asyncio.create_task(marker(item, answer)) for _ in range(4)]
    await asyncio.sleep(0.8)
    for mark in marks:
        mark.cancel()
    await asyncio.gather(*marks, return_exceptions=True)
    await asyncio.get_running_loop().shutdown_default_executor()
    assert time.monotonic() - began < 5.0, "the limit of the sandbox is 10 s of CPU time"


@pytest.mark.parametrize("code", ["#\x00", "#\udcff", "\ufeff#", "x = '" + "a" * 2_000_000 + "'"])
def test_odd_texts_are_answers_too(box: Sandbox, code: str) -> None:
    """A null byte, a lone surrogate, a byte order mark or a very long line raises nothing here, whatever is said."""
    found = box.run_program(f"{code}\ndef twice(n):\n    return n\n", TASK)
    assert not found.passed
    assert found.why


def test_a_flood_of_output_is_bounded(box: Sandbox) -> None:
    """Code that writes without end fills neither memory nor disk: its output is a file with a limit."""
    for number in (1, 2):
        flooding = f"import os\nwhile True: os.write({number}, b'x' * 1_000_000)\n"
        found = replace(box, seconds=2).run_program(flooding, TASK)
        assert (found.passed, len(found.why) <= 400) == (False, True)


ENDINGS = {
    "exit": "raise SystemExit(0)",
    "quit at once": "import os; os._exit(0)",
    "exit in the function": "def twice(n):\n    import os; os._exit(0)",
    "exit at the end": "import atexit, os\natexit.register(os._exit, 0)\ndef twice(n):\n    return n",
    "no assertions": "import sys\nsys.excepthook = lambda *a: None\ndef twice(n):\n    return n",
    "prints a token": "import sys\nprint('0' * 32)\nsys.stdout.flush()\nimport os; os._exit(0)",
    "reads standard input again": "import sys, os\nos.write(1, sys.stdin.buffer.read() or b'x'); os._exit(0)",
    "writes all it can read": (
        "import os\n"
        "for fd in os.listdir('/proc/self/fd'):\n"
        "    for path in ('/proc/self/cmdline', '/proc/self/environ'):\n"
        "        try: os.write(int(fd), open(path, 'rb').read())\n"
        "        except OSError: pass\n"
        "os._exit(0)"
    ),
    "replaces the tests": "def check(candidate): pass\ndef twice(n):\n    return 0",
    "equals everything": (
        "class All(int):\n    def __eq__(self, other): return True\n    def __hash__(self): return 0\n"
        "def twice(n):\n    return All()"
    ),
    "replaces what tests use": "import builtins\nbuiltins.AssertionError = KeyError\ndef twice(n):\n    return 0",
}


@pytest.mark.parametrize("code", ENDINGS.values(), ids=ENDINGS)
def test_code_that_leaves_before_its_tests_has_not_passed(box: Sandbox, code: str) -> None:
    """No exit status and no output of the code stands for the token."""
    assert not box.run(
        f"```python\n{code}\n\nif 'twice' not in globals():\n    def twice(n): return 0\n```", TASK
    ).passed


def _probing(body: str) -> Task:
    """A task whose function is right only when ``body`` (which may raise ``OSError``) came through."""
    lines = "".join(f"        {line}\n" for line in body.splitlines())
    caught = "    except (OSError, MemoryError, ValueError):\n        return 0\n    return 8\n"
    code = f"def twice(n):\n    try:\n{lines}{caught}"
    return Task(entry_point="twice", head=code, test=TASK.test)


FORBIDDEN = {
    "reads accounts": "open('/etc/passwd').read()",
    "reads the machine's files": f"open({str(Path(__file__))!r}).read()",
    "lists home folders": "import os; os.listdir('/root') or os.listdir('/home')",
    "writes to the system": "open('/usr/lib/written', 'w')",
    "writes to the root": "open('/written', 'w')",
    "fills its scratch folder": "for n in range(40): open(f'/tmp/{n}', 'wb').write(b'x' * (1 << 20))",
    "writes a large file": "open('/tmp/large', 'wb').write(b'x' * (2 << 20)) == 2 << 20 or [][1]",
    "takes memory": "x = bytearray(1 << 30)",
    "opens many files": "x = [open('/dev/null') for _ in range(64)]",
    "lifts its limits": "import resource; resource.setrlimit(resource.RLIMIT_NPROC, (4096, 4096))",
    "becomes another user": "import os; os.setuid(0)",
    "looks up a name": "import socket; socket.create_connection(('example.com', 80), 2)",
    "mounts": "import ctypes, os\nif ctypes.CDLL(None).unshare(0x10000000) != 0: raise OSError()",
    "sees other processes": "import os\nif len([p for p in os.listdir('/proc') if p.isdigit()]) < 4: raise OSError()",
}


@pytest.mark.parametrize("body", FORBIDDEN.values(), ids=FORBIDDEN)
def test_what_code_must_not_do_is_not_to_be_done(box: Sandbox, body: str) -> None:
    """Files, memory, users and further namespaces: each attempt fails inside, and the same code without it passes."""
    task = _probing(body)
    assert not box.run_program(task.head, stubbed(task)).passed
    harmless = _probing("pass")
    assert box.run_program(harmless.head, stubbed(harmless)).passed


def stubbed(task: Task) -> Task:
    """The task with a stub in place of its code."""
    return Task(entry_point=task.entry_point, head=HEAD, test=task.test)


def test_there_is_no_network(box: Sandbox) -> None:
    """A listener on this machine's loopback is not reached, neither by address nor through an abstract socket."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        listener.settimeout(0.2)
        port = listener.getsockname()[1]
        task = _probing(f"import socket; socket.create_connection(('127.0.0.1', {port}), 2)")
        assert not box.run_program(task.head, stubbed(task)).passed
        with pytest.raises(TimeoutError):
            listener.accept()
    name = f"\0sightglass-{os.getpid()}"
    with socket.socket(socket.AF_UNIX) as abstract:
        abstract.bind(name)
        abstract.listen()
        task = _probing(f"import socket; socket.socket(socket.AF_UNIX).connect({name!r})")
        assert not box.run_program(task.head, stubbed(task)).passed


def test_a_fork_bomb_and_its_threads_are_bounded(box: Sandbox) -> None:
    """Forks without end: no more processes than the limit ever live, and none is left when the run is over."""
    mark = f"sightglass-bomb-{os.getpid()}"
    bomb = (
        f"import os\nname = {mark!r}\nmost = 0\n"
        "def twice(n):\n"
        "    made = 0\n"
        "    for _ in range(2000):\n"
        "        try:\n"
        "            if os.fork() == 0:\n"
        "                import time; time.sleep(60)\n"
        "            made += 1\n"
        "        except OSError:\n"
        "            break\n"
        "    return 8 if made < 16 else made\n"
    )
    assert box.run_program(bomb, TASK).passed, "the forks were not refused"
    assert not _processes(mark)
    endless = (
        f"import os\nname = {mark!r}\nwhile True:\n    try:\n        os.fork()\n    except OSError:\n        pass\n"
    )
    assert not replace(box, seconds=3).run_program(endless, TASK).passed
    assert not _processes(mark)


def _processes(mark: str) -> list[str]:
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if mark.encode() in path.read_bytes():
                found.append(path.parent.name)
        except OSError:
            continue
    return found


def test_endless_code_is_ended(box: Sandbox) -> None:
    """Code that computes without end, or sleeps, meets a limit of time; the sandbox does not outlive it."""
    busy = replace(box, seconds=2).run("def twice(n):\n    while True: pass\n", TASK)
    assert not busy.passed
    assert "exit status" in busy.why or "longer than" in busy.why
    asleep = replace(box, seconds=1).run("import time\ndef twice(n):\n    time.sleep(60)\n", TASK)
    assert asleep.why == "it took longer than 1 s"


def test_runs_beside_each_other(box: Sandbox) -> None:
    """Four at once do not disturb each other."""
    outcomes: list[bool] = []
    threads = [threading.Thread(target=lambda: outcomes.append(box.run(RIGHT, TASK).passed)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert outcomes == [True] * 4


def test_without_bubblewrap_there_is_no_sandbox(tmp_path: Path) -> None:
    """No program of this name, and one that only runs its command without any isolation: both are refused in words."""
    with pytest.raises(NoSandbox, match="gives no sandbox here"):
        sandbox.find(str(tmp_path / "bwrap"))
    bare = tmp_path / "bwrap"
    python = str(Path(sys.executable).resolve())
    bare.write_text(
        f"#!{python}\nimport os, sys\nat = sys.argv.index('-I')\nos.execv({python!r}, ['python', *sys.argv[at:]])\n"
    )
    bare.chmod(0o755)
    assert subprocess.run([bare, "-I", "-c", "print(1)"], check=True, capture_output=True).stdout == b"1\n"
    tmp_path.chmod(0o755)
    with pytest.raises(NoSandbox, match="gives no sandbox here"):
        sandbox.find(str(bare))


def test_own_solutions_pass_with_added_inputs(box: Sandbox, tmp_path: Path) -> None:
    """Each of our own tasks: its solution passes, also on the added inputs, and a constant one does not."""
    folder = benchmarks.write(tmp_path / "data")
    plus = humaneval.load_plus(folder)
    for row in humaneval.load(folder):
        task = humaneval.task(row, plus[row.task_id])
        assert box.run_program(row.prompt + row.canonical_solution, task).passed
        assert not box.run_program(f"def {row.entry_point}(*given):\n    return 77\n", task).passed


def test_added_inputs_find_what_the_tests_do_not(box: Sandbox) -> None:
    """A function that is right for the tests alone fails on an added input; floats may be off a little."""
    solution = "def twice(n):\n    return 2 * n\n"
    task = Task(
        entry_point="twice", head=HEAD, test=TASK.test, inputs=[[4], [0.1]], solution=solution, solution_entry="twice"
    )
    assert box.run("def twice(n):\n    return n + n * (1.000000001 if n < 1 else 1)\n", task).passed
    assert "added input" in box.run("def twice(n):\n    return 8\n", task).why


def test_the_program_inside_needs_nothing_of_ours() -> None:
    """It runs where only the standard library is: it imports nothing else."""
    tree = ast.parse((Path(sandbox.__file__).parent / "inside.py").read_text())
    modules = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    modules |= {str(node.module) for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert {name.partition(".")[0] for name in modules} <= sys.stdlib_module_names


@pytest.mark.shared_data
@pytest.mark.skipif(not DATA.is_dir(), reason="the benchmarks are not beside the checkout")
def test_all_164_published_solutions_pass(box: Sandbox) -> None:
    """164 of 164 canonical solutions pass; every fourth one of HumanEvalPlus passes on every added input."""
    rows, plus = humaneval.load(DATA), humaneval.load_plus(DATA)
    failed = [
        (row.task_id, outcome.why)
        for row in rows
        if not (outcome := box.run_program(row.prompt + row.canonical_solution, humaneval.task(row))).passed
    ]
    assert (len(rows), failed) == (164, [])
    failed = [
        (row.task_id, outcome.why)
        for row in rows[::4]
        for added in [plus[row.task_id]]
        if not (outcome := box.run_program(added.prompt + added.canonical_solution, humaneval.task(row, added))).passed
    ]
    assert failed == []
