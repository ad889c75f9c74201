"""``sightglass score FILE.jsonl``: scorers over recorded samples, one JSON line a score on stdout; a gate for CI.

Exit status: 0; 1 when a ``--fail-above`` share is exceeded; 2 when an argument, the file or one of its lines is wrong
(other lines are scored all the same), or when a gate had nothing to judge. Errors are one line each on stderr, at most
20 of them and then how many more. ``--format``: a file of another evaluation tool, whose answers are scored.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import BinaryIO, NoReturn

import msgspec
from tqdm import tqdm

from proxy.config.settings import Settings, load
from proxy.config.values import Evidence
from proxy.errors import ConfigError
from proxy.run import standard_files
from scorers.commands.options import Problems
from scorers.estimates.tally import Gate, Tallies, parse_gate
from scorers.formats.answers import NotOurs, Recorded
from scorers.formats.recorded import decode
from scorers.formats.rows import Wrong
from scorers.formats.suites import formats
from scorers.reading.reading import Reading, scored
from scorers.reading.settled import settled
from scorers.registry import FACTORIES, build
from scorers.score import OUTPUTS, Reason, Score, Scorer

_DESCRIPTION = "Runs scorers over recorded samples. Scores go to stdout, one JSON line each; a summary goes to stderr."


class _Wrong(Exception):
    """An argument or a file that cannot be used; the message is one line."""


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise _Wrong(message)


def main(argv: list[str]) -> int:
    """The exit status of ``sightglass score`` with these arguments."""
    try:
        arguments = _arguments(argv)
        settings = _settings(arguments.config, arguments.scorer)
        scorers = build(settings)
        gates = [_gate(text, scorers) for text in arguments.fail_above]
        with _open(arguments.file) as stream:
            source = Recorded(stream, arguments.file, arguments.format)
            return _Run(scorers, gates, settings.evidence, arguments.json).over(source, arguments.file)
    except SystemExit as ended:  # argparse has printed its help
        return int(ended.code or 0)
    except ConfigError as error:
        return _complain(*error.problems)
    except (_Wrong, NotOurs) as error:
        return _complain(str(error))
    except BrokenPipeError:
        return standard_files.unread()


def _complain(*lines: str) -> int:
    for line in lines:
        sys.stderr.write(f"sightglass score: {line}\n")
    return 2


def _arguments(argv: list[str]) -> argparse.Namespace:
    parser = _Parser(prog="sightglass score", description=_DESCRIPTION)
    parser.add_argument("file", nargs="?", metavar="FILE.jsonl", help="recorded samples; - reads stdin")
    parser.add_argument("--format", choices=formats(), help="format of another tool; its answers are scored")
    parser.add_argument(
        "--scorer", nargs="+", action="extend", default=[], metavar="NAME", help="scorers to run (default: all)"
    )
    parser.add_argument(
        "--fail-above",
        nargs="+",
        action="extend",
        default=[],
        metavar="SCORER.OUTPUT=SHARE",
        help="exit with 1 when more than this share of the scored answers has the verdict yes",
    )
    parser.add_argument("--config", type=Path, help="configuration file with the scorers' settings")
    parser.add_argument("--json", action="store_true", help="print the summary on stderr as one JSON object")
    arguments = parser.parse_args(argv)
    for taken in (arguments.scorer, arguments.fail_above):
        # ``--scorer refusal FILE.jsonl``: an option with several values has taken the file too.
        if arguments.file is None and len(taken) > 1:
            arguments.file = taken.pop()
    if arguments.file is None:
        raise _Wrong("no file given (FILE.jsonl, or - for stdin)")
    return arguments


def _settings(config: Path | None, names: Sequence[str]) -> Settings:
    for name in names:
        if name not in OUTPUTS:
            raise _Wrong(f"unknown scorer {name!r}; there are {', '.join(FACTORIES)}")
        if name not in FACTORIES:
            raise _Wrong(f"scorer {name!r}: not built in this version")
    placeholder = [{"name": "none", "base_url": "http://localhost"}]
    overrides: dict[str, object] = {}
    if config is None:
        overrides = {"upstreams": placeholder, "scorers": {name: {} for name in FACTORIES}}
    settings = load(config, overrides=overrides)
    if names:
        chosen = {name: own for name, own in settings.scorers.items() if name in names}
        default = Settings.model_fields["scorers"].get_default(call_default_factory=True)["refusal"]
        chosen |= {name: default for name in names if name not in chosen}  # type: ignore[misc]
        settings = settings.model_copy(update={"scorers": chosen})
    return settings


def _gate(text: str, scorers: dict[str, Scorer]) -> Gate:
    try:
        gate = parse_gate(text)
    except ValueError as error:
        raise _Wrong(f"--fail-above {text}: {error}") from None
    if gate.scorer not in scorers:
        raise _Wrong(f"--fail-above {text}: scorer {gate.scorer!r} does not run")
    return gate


def _open(name: str) -> AbstractContextManager[BinaryIO]:
    if name == "-":
        return nullcontext(sys.stdin.buffer)
    try:
        return Path(name).open("rb")
    except OSError as error:
        raise _Wrong(f"{name}: {error.strerror}") from None
    except ValueError as error:
        raise _Wrong(f"{name!r}: {error}") from None


class _Run:
    """One pass over a file: scores out, shares gathered, what was wrong remembered."""

    def __init__(self, scorers: dict[str, Scorer], gates: list[Gate], evidence: Evidence, as_json: bool) -> None:
        self._scorers = scorers
        self._evidence = evidence
        self._gates = gates
        self._as_json = as_json
        self._tallies = Tallies(scorers)
        self._complaints = Problems()
        self._scored_any = False

    def over(self, source: Recorded, name: str) -> int:
        with settled():
            asyncio.run(self._score_all(source, name))
        if self._scored_any or not self._complaints:  # of an input that could not be read the error alone is said
            sys.stderr.write(self._tallies.as_json() if self._as_json else self._tallies.as_table())
        exceeded = False
        for gate in self._gates:
            share = self._tallies.share(gate.scorer, gate.output)
            if share is None:
                self._complaints.add(f"--fail-above {gate.scorer}.{gate.output}: no answer was scored")
            elif share > gate.share:
                exceeded = True
                sys.stderr.write(f"sightglass score: {gate.scorer}.{gate.output} {share:.4g} > {gate.share:g}\n")
        if self._complaints:
            return _complain(*self._complaints.lines)
        return 1 if exceeded else 0

    async def _score_all(self, source: Recorded, name: str) -> None:
        number = 0
        # Outside a terminal tqdm stays silent; leave=False wipes the bar before the summary.
        with tqdm(unit=" samples", disable=not sys.stderr.isatty(), leave=False, file=sys.stderr) as bar:
            lines = iter(source)
            while True:
                try:
                    number, line = next(lines)
                except StopIteration:
                    break
                except OSError as error:
                    self._complaints.add(f"{name}: after line {number}: {error.strerror}")
                    break
                await self._score(source, number, line)
                bar.update()
        for note in source.losses:
            sys.stderr.write(f"sightglass score: {note}\n")

    async def _score(self, source: Recorded, number: int, line: bytes | Wrong) -> None:
        try:
            if isinstance(line, Wrong):
                raise line
            sample = decode(line, number)
        except ValueError as error:
            self._complaints.add(source.problem(number, line, error))
            return
        self._scored_any = True
        if self._evidence.in_system(sample.exchange.app):
            sample = msgspec.structs.replace(sample, system_documents=True)
        reading = Reading(sample)
        said = []
        for scorer, call in self._scorers.items():
            for score in await self._scored(scorer, call, reading):
                self._tallies.add(score, sample.labels)
                said.append(_line(score))
        # Whoever sends one line and waits for its scores gets them.
        if self._gates:
            standard_files.printed("".join(said))  # the verdict is wanted, though nobody may read the scores
        else:
            sys.stdout.write("".join(said))
            sys.stdout.flush()

    async def _scored(self, name: str, scorer: Scorer, reading: Reading) -> list[Score]:
        sample = reading.sample
        try:
            return await scored(scorer, reading)
        except OSError as error:  # of the machine, such as a full temporary folder: it would meet each sample
            where = f"{error.filename}: " if error.filename else ""
            raise _Wrong(f"{name} cannot work here: {where}{error.strerror or error}") from None
        except Exception as error:  # noqa: BLE001 - the edge of the process: a scorer's fault costs its sample only
            self._complaints.add(f"sample {ascii(sample.id)[1:-1]}: {name} crashed: {type(error).__name__}")
            return [
                Score(sample_id=sample.id, scorer=name, output=output, version="", unscored_reason=Reason.CRASHED)
                for output in OUTPUTS[name]
            ]


def _line(score: Score) -> str:
    row = {
        "id": score.sample_id,
        "choice": score.choice,
        "scorer": score.scorer,
        "output": score.output,
        "version": score.version,
        "value": score.value,
        "verdict": score.verdict,
        "unscored_reason": score.unscored_reason,
        "explanation": score.explanation,
    }
    # ASCII: a sentence cut out of any text stays one valid line, whatever the terminal's encoding.
    return json.dumps(row) + "\n"
