"""The pages of experiments: all of them, one with its sequences, people and examples, and one pair side by side."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from typing import Any
from urllib.parse import parse_qs, quote

import msgspec
from litestar import Response, get, post
from litestar.exceptions import ClientException, NotFoundException
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from scorers.console.ab import answer_text, experiment_of, text_of
from scorers.console.api import AnyRequest, Room, TheRoom
from scorers.console.pages import render
from scorers.console.raters import NewLink, make_link
from scorers.console.roles import Reader
from scorers.console.sequence_chart import drawing
from scorers.experiments.people import by_arm, decided, look, report
from scorers.experiments.spec import PEOPLE, RATIO_MARGIN, RATIOS
from scorers.experiments.standing import status_of
from scorers.statistics.enrolment import ratio_of
from scorers.statistics.joint import MARGIN
from scorers.store.experiments import ARMS, Pair
from scorers.store.runs import Run
from scorers.suites.matrix import differences

_LARGEST = 16_384
#: Pairs that examples are chosen from, the newest, and examples that are shown.
_AMONG, _SHOWN = 1000, 12
LINKS, LOOKS = "/experiments/links", "/experiments/looks"


@get("/experiments", sync_to_thread=True, include_in_schema=False)
def experiments_page(room: TheRoom) -> Response[str]:
    """All experiments, each with its newest run."""
    rows = [status_of(run) for run in room.store.experiments.all()]
    return render(room.templates, "experiments.html", rows=rows)


@get("/experiments/{name:str}", sync_to_thread=True, include_in_schema=False)
def experiment_page(request: AnyRequest, room: TheRoom, name: FromPath[str]) -> Response[str]:
    """One experiment."""
    return _page(request, room, experiment_of(room, name))


def _page(request: AnyRequest, room: Room, run: Run, **made: object) -> Response[str]:
    status, reader = status_of(run), request.scope["user"]
    kept = run.result or {}
    is_decided = decided(run)
    outcomes = [_hidden(item) if item["outcome"] == PEOPLE and not is_decided else item for item in status["outcomes"]]
    return render(
        room.templates,
        "experiment.html",
        run=run,
        told={**status, "outcomes": outcomes},
        charts=_charts(kept.get("trails", {}), outcomes, run.plan.get("margins", {})),
        ratios=RATIOS,
        ratio_of=ratio_of,
        beside=kept.get("beside", {}),
        arms=ARMS,
        ledger=room.store.asking.ledger(run.id),
        people=report(room.store, run),
        votes=made.get("votes") or (by_arm(room.store, run, False) if is_decided else None),
        link=made.get("link"),
        examples=_examples(room, run, is_decided),
        coordinates=isinstance(reader, Reader) and reader.may("POST", LINKS),
        origin=str(request.base_url).rstrip("/"),
    )


def _hidden(item: dict[str, Any]) -> dict[str, Any]:
    """What people say, before the verdict: how many, and nothing of whom they prefer."""
    return {**item, "mean": None, "lower": -1.0, "upper": 1.0, "verdict": "hidden"}


def _charts(trails: dict[str, Any], outcomes: Sequence[dict[str, Any]], margins: dict[str, float]) -> dict[str, Any]:
    """Outcome -> its picture, the primary first; none of an outcome that is hidden, or not looked at yet."""
    return {
        item["outcome"]: drawing(trails[item["outcome"]], _margin(item["outcome"], margins), item["outcome"])
        for item in outcomes
        if item["verdict"] != "hidden" and trails.get(item["outcome"])
    }


def _margin(outcome: str, margins: dict[str, float]) -> float:
    return margins.get(outcome, RATIO_MARGIN if outcome in RATIOS else MARGIN)


def _examples(room: Room, run: Run, is_decided: bool) -> list[Pair]:
    """Pairs of the newest on which the arms differ most, without their text."""
    after = max(-1, run.planned // len(ARMS) - _AMONG)
    pairs = room.store.experiments.pairs(run.id, after=after, limit=_AMONG, text=False)
    shown = [pair for pair in pairs if _apart(pair, is_decided) > 0]
    return sorted(shown, key=lambda pair: (-_apart(pair, is_decided), pair.number))[:_SHOWN]


def _apart(pair: Pair, is_decided: bool) -> float:
    """How far the arms are apart in quality: what they cost, and how long they took, is no example of anything."""
    left_out = RATIOS if is_decided else (*RATIOS, PEOPLE)
    return sum(abs(value) for name, value in pair.outcomes.items() if value is not None and name not in left_out)


@get("/experiments/{name:str}/pairs/{pair_id:str}", sync_to_thread=True, include_in_schema=False)
def pair_page(request: AnyRequest, room: TheRoom, name: FromPath[str], pair_id: FromPath[str]) -> Response[str]:
    """One pair: the request, and both answers by arm. Who read it is recorded."""
    run = experiment_of(room, name)
    pair = room.store.experiments.pair(pair_id)
    if pair is None or pair.run != run.id:
        raise NotFoundException(detail="no pair of this experiment has this id")
    if pair.request is not None:
        room.store.record_read(request.scope["auth"], time.time(), pair.sample_id)
    said = {arm: answer_text(answer) for arm, answer in pair.answers.items()}
    messages = (pair.request or {}).get("messages") or []
    return render(
        room.templates,
        "pair.html",
        run=run,
        pair=pair,
        messages=[(item.get("role", ""), text_of(item.get("content"))) for item in messages if isinstance(item, dict)],
        said=said,
        pieces=differences(*(said.get(arm, "") for arm in ARMS)),
        served=answer_text(pair.served) if pair.served else None,
        outcomes={key: value for key, value in pair.outcomes.items() if key != PEOPLE or decided(run)},
    )


async def _fields(request: AnyRequest) -> dict[str, str]:
    body = await request.body()
    if len(body) > _LARGEST:
        raise ClientException(detail=f"at most {_LARGEST} bytes")
    return {name: values[-1] for name, values in parse_qs(body.decode("utf-8", "replace")).items()}


@post(LINKS, status_code=200, include_in_schema=False)
async def link_form(request: AnyRequest, room: TheRoom) -> Response[str]:
    """A link for a rater, by the form of the experiment's page, which shows it once."""
    fields = await _fields(request)
    name = fields.pop("experiment", "")
    try:
        wanted = msgspec.convert({"voter": fields.get("voter", "").strip()}, NewLink)
    except msgspec.ValidationError as error:
        raise ClientException(detail=f"voter: {error}") from None
    made = await asyncio.to_thread(make_link, room, name, wanted, request.scope["auth"])
    return await asyncio.to_thread(_page, request, room, experiment_of(room, name), link=made)


@post(LOOKS, status_code=200, include_in_schema=False)
async def look_form(request: AnyRequest, room: TheRoom) -> Response[str]:
    """Votes by arm before the verdict, by the button of the experiment's page. The look is recorded."""
    name = (await _fields(request)).get("experiment", "")
    run = await asyncio.to_thread(experiment_of, room, name)
    votes = await asyncio.to_thread(look, room.store, run, request.scope["auth"])
    return await asyncio.to_thread(_page, request, room, run, votes=votes)


def link_to(name: str, pair: str = "") -> str:
    """The address of an experiment's page, or of a pair's."""
    own = f"/experiments/{quote(name, safe='')}"
    return f"{own}/pairs/{quote(pair, safe='')}" if pair else own


EXPERIMENT_PAGES: tuple[HTTPRouteHandler, ...] = (
    experiments_page,
    experiment_page,
    pair_page,
    link_form,
    look_form,
)
