"""``sightglass label``: people's verdicts, one key each, on samples that say most about a scorer.

The session's samples are drawn with a probability that is known and kept with each label: higher where the scorer is
unsure, or says yes. They come in random order; when the session ends early, what was shown is a random part of what
was drawn, and the probabilities are lowered by as much. Reading a sample's text is recorded, here as everywhere.

Exit status: 0; 2 when an argument is wrong; 1 when the store did not do it.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import sys
import termios
import textwrap
import time
import tty
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from proxy.errors import ConfigError
from proxy.sample import Sample
from scorers.commands.options import Parser, WrongUsage, add_options, is_there, settings_of, user_name
from scorers.judge.selection import factor
from scorers.reading.evidence import documents, user_text
from scorers.score import OUTPUTS, Reason, Verdict
from scorers.store.labelling import Candidate
from scorers.store.labels_and_erasure import Writer
from scorers.store.records import NotYourLabel
from scorers.store.store import Store

#: Newest samples that a session is drawn from.
_POOL = 5_000
_KEYS = {"y": Verdict.YES, "n": Verdict.NO, "u": Verdict.UNSURE}
_SKIP, _QUIT = "s", ("q", "\x03", "\x04", "")
#: Characters of each part that are shown.
_SHOWN = 2_500


def main(argv: list[str]) -> int:
    """The exit status of ``sightglass label``."""
    try:
        return _label(argv)
    except SystemExit as ended:  # argparse has printed its help
        return int(ended.code or 0)
    except ConfigError as error:
        problems = error.problems
    except WrongUsage as error:
        problems = [str(error)]
    for problem in problems:
        sys.stderr.write(f"sightglass label: {problem}\n")
    return 2


def _label(argv: list[str]) -> int:
    arguments = _arguments(argv)
    scorer, _, output = arguments.output.partition(".")
    if output not in OUTPUTS.get(scorer, ()):
        raise WrongUsage(f"{arguments.output}: not SCORER.OUTPUT; such as refusal.refused")
    if arguments.count < 1:
        raise WrongUsage("--count: at least 1")
    if not arguments.days > 0:
        raise WrongUsage(f"--days: expected more than 0, found {arguments.days:g}")
    if not sys.stdin.isatty():
        raise WrongUsage("labelling needs a terminal")
    settings = settings_of(arguments)
    folder = Path(settings.data_dir)
    if settings.store == "sqlite" and not is_there(folder, "store.db"):
        raise WrongUsage(f"{folder}: there is no store here; give --config or --data-dir")
    with closing(Store.open(settings.store, folder)) as store:
        since = time.time() - arguments.days * 86_400
        pool = store.labelling.candidates((scorer, output), since, arguments.annotator, arguments.app, _POOL)
        if not pool:
            sys.stderr.write(
                "sightglass label: nothing to label: no scored sample of traffic with text that you have not labelled\n"
            )
            return 0
        session = Session(store, (scorer, output), arguments.annotator)
        with _raw():
            session.run(draw(pool, arguments.count, random.SystemRandom()))
    return 0


def _arguments(argv: list[str]) -> argparse.Namespace:
    parser = Parser(
        prog="sightglass label", description="Shows samples in the terminal and asks for your verdict, one key each."
    )
    add_options(parser)
    parser.add_argument("output", metavar="SCORER.OUTPUT", help="what to label, such as refusal.refused")
    parser.add_argument("--count", type=int, default=50, help="number of samples in this session (default: 50)")
    parser.add_argument("--app", help="only samples of this application")
    parser.add_argument("--days", type=float, default=7.0, help="only samples of the last DAYS days (default: 7)")
    parser.add_argument(
        "--annotator", default=user_name(), help="name to keep the labels under (default: your user name)"
    )
    return parser.parse_args(argv)


def draw(pool: list[Candidate], count: int, chance: random.Random) -> list[tuple[Candidate, float]]:
    """``count`` of the pool (all, if it has fewer) in random order, each with the probability with which it was drawn.

    Systematic sampling: the probabilities are laid out one behind the other in random order, and whatever stands at
    equal steps of 1 from a random start is drawn. Source: Madow (1949), Annals of Mathematical Statistics 20.
    """
    weights = [factor(candidate.value) for candidate in pool]
    scale = _scale(weights, min(count, len(pool)))
    placed = [(candidate, min(1.0, scale * weight)) for candidate, weight in zip(pool, weights, strict=True)]
    chance.shuffle(placed)
    # A hair above the start, so that rounding in the sum loses nobody who is drawn for certain.
    drawn, end, place = [], 0.0, chance.random() * (1 - 1e-9)
    for candidate, q in placed:
        end += q
        if place < end + 1e-9:
            drawn.append((candidate, q))
            place += 1.0
    chance.shuffle(drawn)
    return drawn


def _scale(weights: list[float], count: int) -> float:
    """By how much to multiply so that the probabilities, none above 1, add up to ``count``."""
    low, high = 0.0, 2.0 / min(weights)
    if count >= len(weights):
        return high
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if sum(min(1.0, middle * w) for w in weights) < count else (low, middle)
    return high


class Session:
    """One annotator's verdicts on drawn samples."""

    def __init__(self, store: Store, output: tuple[str, str], annotator: str) -> None:
        self._store = store
        self._output = output
        self._annotator = annotator
        self._given: list[tuple[str, str, str, str]] = []

    def run(self, drawn: list[tuple[Candidate, float]]) -> None:
        """Show one after the other until the end or ``q``."""
        shown = 0
        try:
            for number, (candidate, q) in enumerate(drawn, 1):
                detail = self._store.sample(candidate.sample_id)
                if detail is None or detail.content is None:  # deleted meanwhile
                    continue
                self._store.record_read(f"label:{user_name()}", time.time(), candidate.sample_id)
                _write(_page(detail.content, self._output, f"{number} of {len(drawn)}, {len(self._given)} labelled"))
                key = _key()
                if key in _QUIT:
                    break
                shown += 1
                if key in _KEYS:
                    self._keep(candidate.sample_id, _KEYS[key], q)
        finally:
            if self._given and shown < len(drawn):
                self._store.labelling.scale(self._given, shown / len(drawn))
            _write(f"\n{len(self._given)} label{'s' * (len(self._given) != 1)} kept for {'.'.join(self._output)}\n")

    def _keep(self, sample_id: str, verdict: Verdict, q: float) -> None:
        key = (sample_id, *self._output, self._annotator)
        user = user_name()
        writer = Writer(f"label:{user}", own=self._annotator == user)
        try:
            self._store.save_label(key, verdict, "", q, writer)
        except NotYourLabel as error:  # written since the session was drawn
            _write(f"not kept: {error}\n")
        else:
            self._given.append(key)


def _key() -> str:
    """One of the keys that mean something, as soon as it is pressed."""
    _write("\n[y]es  [n]o  [u]nsure  [s]kip  [q]uit > ")
    while True:
        key = os.read(sys.stdin.fileno(), 1).decode("latin-1").lower()
        if key in _KEYS or key == _SKIP or key in _QUIT:
            break
    _write(f"{key if key.isalpha() else ''}\n")
    return key


@contextmanager
def _raw() -> Iterator[None]:
    """The terminal gives each key at once and shows none. For the whole session: a key between two pages is kept."""
    descriptor = sys.stdin.fileno()
    before = termios.tcgetattr(descriptor)
    try:
        tty.setcbreak(descriptor, termios.TCSANOW)
        yield
    finally:
        termios.tcsetattr(descriptor, termios.TCSADRAIN, before)


def _page(sample: Sample, output: tuple[str, str], progress: str) -> str:
    width = min(110, shutil.get_terminal_size().columns)
    evidence = documents(sample)
    parts = [
        ("system", "\n".join(m.content for m in sample.messages if m.role in ("system", "developer"))),
        *(("document", text) for text in (() if isinstance(evidence, Reason) else evidence)),
        ("request", user_text(sample)),
        *(("answer", choice.text or choice.refusal) for choice in sample.choices[:1]),
    ]
    lines = [
        "",
        "=" * width,
        *_wrapped(f"{'.'.join(output)}   {progress}   {sample.exchange.app}, {sample.exchange.model or '-'}", width),
    ]
    for name, text in parts:
        if text.strip():
            lines += ["-" * width, f"{name}:", *_wrapped(_cut(text), width)]
    lines += ["-" * width, f"Did it happen: {'.'.join(output)}?"]
    return "\n".join(lines)


def _cut(text: str) -> str:
    if len(text) <= _SHOWN:
        return text
    return f"{text[: _SHOWN * 2 // 3]}\n[... {len(text) - _SHOWN} characters ...]\n{text[-_SHOWN // 3 :]}"


def _wrapped(text: str, width: int) -> Iterable[str]:
    """Lines that fit, without characters that repaint a terminal."""
    for line in text.splitlines():
        clean = "".join(char if char.isprintable() else "?" if char != "\t" else " " for char in line)
        yield from textwrap.wrap(clean, width) or [""]


def _write(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()
