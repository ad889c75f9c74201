"""``sightglass distill FOLDER``: a model of ``groundedness.ungrounded`` fitted on labels of one's own traffic.

Labels are people's and the judge's, of the store and of files in the recorded format (``sightglass export``). People's
count before the judge's, and a judge that was unsure counts for nothing. Reading a sample's text is recorded. The
folder gets ``weights.npz`` and ``distilled.json``, the card with figures of what the model had not seen; no text.

Exit status: 0 where the model may be used (``scorers.groundedness.model``); 3 where it does not win; 2 when an
argument, a file or a line is wrong, or labels are too few; 1 when the store did not do it.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from itertools import islice
from pathlib import Path

import msgspec

from proxy.errors import ConfigError
from proxy.sample import Sample
from scorers.commands.options import Parser, WrongUsage, add_options, bar, is_there, settings_of, user_name
from scorers.distilled.card import FILE, TASK, WINS, Card, Held
from scorers.distilled.network import FILE as WEIGHTS
from scorers.distilled.network import write
from scorers.files.whole_file import write_whole
from scorers.formats import recorded
from scorers.groundedness import VERSION
from scorers.models.train.distilled import Labelled, read
from scorers.models.train.distilled_figures import Found, TooFew, distil
from scorers.score import JUDGE, Score, Verdict
from scorers.store.records import SampleQuery
from scorers.store.store import Store

_SCORER, _, _OUTPUT = TASK.partition(".")
#: A judge's probabilities between these count for nothing.
_UNSURE = (0.3, 0.7)
#: Labelled answers that are fitted on: each takes up to 0.15 MB while it is.
_PAGE, _MOST = 500, 10_000
_LOSES = 3


def main(argv: list[str]) -> int:
    """The exit status of ``sightglass distill``."""
    try:
        return _distill(argv)
    except SystemExit as ended:  # argparse has printed its help
        return int(ended.code or 0)
    except ConfigError as error:
        problems = error.problems
    except (WrongUsage, TooFew) as error:
        problems = [str(error)]
    for problem in problems:
        sys.stderr.write(f"sightglass distill: {problem}\n")
    return 2


def _distill(argv: list[str]) -> int:
    parser = Parser(prog="sightglass distill", description="Fits a model of groundedness.ungrounded on your labels.")
    add_options(parser)
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="where the model goes: a new or an empty folder")
    parser.add_argument(
        "--labels",
        type=Path,
        action="append",
        default=[],
        metavar="FILE",
        help="labelled answers in the recorded format, a source each app; may be given several times",
    )
    parser.add_argument("--no-store", action="store_true", help="labels of files only")
    parser.add_argument("--days", type=float, default=90.0, help="labels of the store's last days (default: 90)")
    arguments = parser.parse_args(argv)
    folder: Path = arguments.folder
    if folder.exists() and (not folder.is_dir() or any(map(_is_theirs, folder.iterdir()))):
        raise WrongUsage(f"{folder}: is there already; name a new folder")
    if arguments.no_store and not arguments.labels:
        raise WrongUsage("--no-store: --labels is needed then")
    if not arguments.days > 0:
        raise WrongUsage("--days: more than 0")
    rows: list[Labelled] = []
    counted: Counter[str] = Counter()
    for path in arguments.labels:
        own = list(islice(_of_file(path), _MOST + 1 - len(rows)))
        rows += own
        counted["files"] += len(own)
    if not arguments.no_store:
        rows += _of_store(arguments, counted, _MOST + 1 - len(rows))
    if len(rows) > _MOST:
        raise WrongUsage(f"more than {_MOST:,} labelled answers: give fewer --days or smaller files")
    if not rows:
        raise WrongUsage(f"there is no label of {TASK}: switch on the judge, or label some answers")
    return _fitted(rows, counted, folder)


def _fitted(rows: list[Labelled], counted: Counter[str], folder: Path) -> int:
    answers, left = read(rows)
    for reason, n in sorted(left.items()):
        sys.stderr.write(f"sightglass distill: {n} labelled answers are left out: {reason}\n")
    with bar(None, " fits") as progress:
        found = distil(answers, progress.update)
    labels = {who: n for who, n in sorted(counted.items()) if n}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        card = Card(TASK, VERSION, labels, found.held_out, found.parts, found.offset, write(found.network, folder))
        # The card comes last: a folder without one is no model.
        write_whole(folder / FILE, msgspec.json.format(msgspec.json.encode(card), indent=1) + b"\n", private=False)
    except OSError as error:
        (folder / WEIGHTS).unlink(missing_ok=True)
        raise WrongUsage(f"{error.filename}: {error.strerror}; no model is written") from None
    sys.stdout.write(_told(found, card, folder))
    return 0 if card.wins else _LOSES


def _is_theirs(path: Path) -> bool:
    """Whether a file in the folder is none that a ``distill`` left which was killed while it wrote."""
    return not path.name.startswith((f".{WEIGHTS}.", f".{FILE}."))


def _told(found: Found, card: Card, folder: Path) -> str:
    lines = [f"held out by {found.held_out}; groundedness's own head -> the model"]
    for part in card.parts:
        model, head = part.model, part.head
        lines.append(
            f"{part.name}: {part.ungrounded} ungrounded, {part.grounded} not; AUROC {head.auroc:.3f} -> "
            f"{model.auroc:.3f}; sensitivity at specificity .95 {_share(head)} -> {_share(model)}; at the threshold "
            f"{head.found:.3f} at {head.specificity:.3f} -> {model.found:.3f} at {model.specificity:.3f}: {part.result}"
        )
    end = f"scorers: {{{_SCORER}: {{model: {folder}}}}}" if card.wins else f"not to be used: {WINS} wins and no loss"
    return "\n".join([*lines, f"{card.told}; {end}", ""])


def _share(held: Held) -> str:
    lower, upper = held.sensitivity_interval
    return f"{held.sensitivity:.3f} [{lower:.3f}, {upper:.3f}]"


# --- labels ------------------------------------------------------------------------------------------------------


def _of_file(path: Path) -> Iterator[Labelled]:
    try:
        with path.open("rb") as lines:
            for number, line in enumerate(lines, 1):
                if not line.strip():
                    continue
                try:
                    sample = recorded.decode(line, number)
                except ValueError as error:
                    raise WrongUsage(f"{path}:{number}: {error}") from None
                if TASK in sample.labels:
                    source = f"{path.stem}: {sample.exchange.app}"
                    yield Labelled(sample, 0, sample.labels[TASK] == Verdict.YES.value, source)
    except OSError as error:
        raise WrongUsage(f"{path}: {error.strerror}") from None


def _of_store(arguments: argparse.Namespace, counted: Counter[str], most: int) -> list[Labelled]:
    settings = settings_of(arguments)
    folder = Path(settings.data_dir)
    if settings.store == "sqlite" and not is_there(folder, "store.db"):
        raise WrongUsage(f"{folder}: there is no store here; give --config, --data-dir or --no-store")
    since = time.time() - arguments.days * 86_400
    query, found, who = SampleQuery(since=since, limit=_PAGE), list[Labelled](), f"distill:{user_name()}"
    with closing(Store.open(settings.store, folder)) as store:
        while len(found) < most:
            page = store.samples(query)
            scores = {record.id: record.scores for record in page.samples}
            texts, cursor, _ = store.contents(query)
            own = [row for sample in texts for row in _labelled(sample, scores.get(sample.id, []), counted)]
            store.record_reads(who, time.time(), sorted({row.sample.id for row in own}))
            found += own
            if cursor is None:
                break
            query = msgspec.structs.replace(query, cursor=cursor)
    return found


def _labelled(sample: Sample, scores: list[Score], counted: Counter[str]) -> Iterator[Labelled]:
    """The labels of a sample: people's, which is of its first answer, before the judge's."""
    source = f"store: {sample.exchange.app}"
    judged = {
        score.choice: score.value
        for score in scores
        if (score.scorer, score.output) == (_SCORER, _OUTPUT) and score.version.startswith(JUDGE)
    }
    if TASK in sample.labels:
        judged.pop(0, None)
        counted["people"] += 1
        yield Labelled(sample, 0, sample.labels[TASK] == Verdict.YES.value, source)
    for choice, said in sorted(judged.items()):
        if said is not None and not _UNSURE[0] < said < _UNSURE[1]:
            counted["judge"] += 1
            yield Labelled(sample, choice, said >= _UNSURE[1], source)
