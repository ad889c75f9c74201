"""The pages of suites: all of them, cases by runs, and one case with both answers side by side."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from urllib.parse import parse_qs, quote

import msgspec
from litestar import Response, get, post
from litestar.exceptions import ClientException, NotFoundException
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, FromQuery

from scorers.cases.case import Case
from scorers.cases.suite import Suite
from scorers.console.api import AnyRequest, Room, TheRoom
from scorers.console.pages import render
from scorers.console.roles import Reader
from scorers.store.runs import Purpose, Run
from scorers.suites.matrix import Show, differences, matrix
from scorers.suites.verdict import CaseResult, Results, results_of

#: Runs that a matrix shows beside each other, and that a history lists.
_BESIDE, _LISTED = 8, 50
_LARGEST = 65_536
LABEL = "/suites/expected"


def _suite(room: Room, name: str) -> tuple[Suite, int]:
    found = room.store.suites.load(name)
    if found is None:
        raise NotFoundException(detail="no suite has this name")
    return found


def _results(room: Room, runs: Sequence[Run]) -> list[Results]:
    return [results_of(run, room.store.asking.asks(run.id)) for run in runs if "cases" in run.plan]


@get("/suites", sync_to_thread=True, include_in_schema=False)
def suites_page(room: TheRoom) -> Response[str]:
    """All suites, each with its newest run."""
    rows = []
    for suite in room.store.suites.all():
        newest = room.store.asking.runs(suite.name, Purpose.SUITE.value, limit=1)
        rows.append((suite, newest[0] if newest else None))
    return render(room.templates, "suites.html", rows=rows)


@get("/suites/{name:str}", sync_to_thread=True, include_in_schema=False)
def suite_page(room: TheRoom, name: FromPath[str], show: FromQuery[Show] = Show.ALL) -> Response[str]:
    """Cases by runs, and the history of the suite over versions and models."""
    suite, tombstones = _suite(room, name)
    runs = room.store.asking.runs(suite.name, Purpose.SUITE.value, limit=_LISTED)
    beside = runs[:_BESIDE]
    return render(
        room.templates,
        "suite.html",
        suite=suite,
        version=room.store.suites.versions(name)[0][0],
        tombstones=tombstones,
        unlabelled=[case for case in suite.cases if not case.labelled],
        runs=runs,
        beside=beside,
        rows=matrix(_results(room, beside), show),
        show=show.value,
        shows=[item.value for item in Show],
        link=lambda case: f"/suites/{quote(name, safe='')}/cases/{quote(case, safe='')}",
    )


@get("/suites/{name:str}/cases/{case_id:str}", sync_to_thread=True, include_in_schema=False)
def case_page(
    request: AnyRequest,
    room: TheRoom,
    name: FromPath[str],
    case_id: FromPath[str],
    before: FromQuery[str | None] = None,
    after: FromQuery[str | None] = None,
) -> Response[str]:
    """One case: what it asks and expects, and the answers of two runs side by side. Who read it is recorded."""
    suite, _ = _suite(room, name)
    case = next((item for item in suite.cases if item.id == case_id), None)
    runs = room.store.asking.runs(suite.name, Purpose.SUITE.value, limit=_LISTED)
    chosen = _pair(runs, before, after)
    answers = [_answer(results, case_id) for results in _results(room, [run for run in chosen if run is not None])]
    if case is None and not any(answers):
        raise NotFoundException(detail="no case of this suite has this id")
    _record(room, request, case)
    old, new = (answers[1], answers[0]) if len(answers) == 2 else (None, answers[0] if answers else None)
    reader: Reader = request.scope["user"]
    return render(
        room.templates,
        "case.html",
        suite=suite,
        case_id=case_id,
        case=case,
        asserted=[msgspec.json.encode(item.document()).decode() for item in case.assertions] if case else [],
        expected=_text(case.expected) if case is not None and case.expected is not None else None,
        runs=runs,
        after=chosen[0],
        before=chosen[1],
        old=old,
        new=new,
        pieces=differences(old.answer if old else "", new.answer if new else ""),
        may_label=case is not None and reader.may("POST", LABEL),
    )


def _pair(runs: Sequence[Run], before: str | None, after: str | None) -> tuple[Run | None, Run | None]:
    """The two runs that are shown: those that were asked for, else the newest two."""
    by_id = {run.id: run for run in runs}
    for wanted in (before, after):
        if wanted is not None and wanted not in by_id:
            raise NotFoundException(detail="no run of this suite has this id")
    new = by_id[after] if after is not None else next(iter(runs), None)
    older = [run for run in runs if run is not new]
    old = by_id[before] if before is not None else next(iter(older), None)
    return new, old


def _answer(results: Results, case_id: str) -> CaseResult | None:
    return next((item for item in results.cases if item.case.id == case_id), None)


def _text(value: object) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


def _record(room: Room, request: AnyRequest, case: Case | None) -> None:
    if case is not None and isinstance(case.source.get("sample_id"), str):
        room.store.record_read(request.scope["auth"], time.time(), case.source["sample_id"])


@post(LABEL, status_code=303, include_in_schema=False)
async def expected_form(request: AnyRequest, room: TheRoom) -> Response[None]:
    """What a person expects of a case, by the form of its page; leads back to it."""
    body = await request.body()
    if len(body) > _LARGEST:
        raise ClientException(detail=f"at most {_LARGEST} bytes")
    fields = {name: values[-1] for name, values in parse_qs(body.decode("utf-8", "replace")).items()}
    name, case_id, said = (fields.get(key, "") for key in ("suite", "case", "expected"))
    if not said.strip():
        raise ClientException(detail="expected: a text is needed")
    await asyncio.to_thread(_expect, room, (name, case_id), said.strip())
    where = f"/suites/{quote(name, safe='')}/cases/{quote(case_id, safe='')}"
    return Response(None, status_code=303, headers={"location": where})


def _expect(room: Room, key: tuple[str, str], said: str) -> None:
    """Keep what is expected of a case: a new version of its suite."""
    suite, _ = _suite(room, key[0])
    if all(case.id != key[1] for case in suite.cases):
        raise NotFoundException(detail="no case of this suite has this id")
    changes = {"expected": room.redactor.text(said, {}), "assertions": ()}
    cases = (msgspec.structs.replace(case, **changes) if case.id == key[1] else case for case in suite.cases)
    room.store.suites.save(msgspec.structs.replace(suite, cases=tuple(cases)))


SUITES: tuple[HTTPRouteHandler, ...] = (suites_page, suite_page, case_page, expected_form)
