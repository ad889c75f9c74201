"""The documents say what the code says: every setting, every metric, every verdict and reason."""

from __future__ import annotations

import re
import typing
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
import yaml
from pydantic import BaseModel, TypeAdapter
from pydantic_core import PydanticUndefined

from proxy.config.reload import RESTART_KEYS
from proxy.config.settings import Always, Duration, Settings, parse
from proxy.exchange import Decision, FinishReason, Operation, Outcome, StreamEnd, Unpriced
from proxy.observe.sampler import UNIFORM
from proxy.run.config_warnings import cautions
from proxy.telemetry.metrics import METRICS
from proxy.telemetry.recorder import MET, MISSED, MODALITIES, TOKEN_TYPES, UNREAD, USAGE_PARTS
from scorers.drift.upstream import KINDS
from scorers.estimates.rates import Window
from scorers.registry import FACTORIES
from scorers.score import NOT_APPLICABLE, OUTPUTS, Reason, Result, Verdict
from scorers.statistics.joint import Verdict as ExperimentVerdict
from scorers.statistics.paired import smallest_drop
from scorers.store.runs import Purpose

ROOT = Path(__file__).resolve().parents[1]
_DURATION = TypeAdapter(Duration)


def _text(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def _rows(name: str) -> list[list[str]]:
    """The cells of every table row."""
    lines = [line for line in _text(name).splitlines() if line.startswith("|") and not line.startswith("|---")]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines]


def _code(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


def _nested(annotation: object) -> tuple[type[BaseModel] | None, str]:
    """The model inside an annotation, and how a path goes on into it."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation, ""
    mark = {tuple: "[]", dict: ".NAME"}.get(typing.get_origin(annotation), "")
    found = (item for item in typing.get_args(annotation) if isinstance(item, type) and issubclass(item, BaseModel))
    return next(found, None), mark


def _fields(model: type[BaseModel], before: str = "") -> Iterator[tuple[str, object]]:
    """(path, default) of every setting; lists and mappings of models are entered."""
    for name, field in model.model_fields.items():
        inner, mark = _nested(field.annotation)
        if inner is None:
            yield f"{before}{name}", field.default
        else:
            yield from _fields(inner, f"{before}{name}{mark}.")


SETTINGS = dict(_fields(Settings))


def _documented() -> dict[str, str]:
    tables = re.findall(
        r"^\| key \| default \|.*\n\|---.*\n((?:\|.*\n?)+)", _text("docs/configuration.md"), re.MULTILINE
    )
    rows = [[cell.strip() for cell in line.strip("|").split(" | ")] for table in tables for line in table.splitlines()]
    assert len({row[0] for row in rows}) == len(rows), "a key stands twice"
    return {_code(row[0])[0]: row[1] for row in rows}


def test_every_setting_is_documented() -> None:
    """docs/configuration.md lists exactly the keys that Settings knows."""
    assert set(_documented()) == set(SETTINGS)


@pytest.mark.parametrize("path", sorted(SETTINGS))
def test_documented_default(path: str) -> None:
    """The default in docs/configuration.md is the one in the code."""
    default, shown = SETTINGS[path], _documented()[path]
    if default is PydanticUndefined:
        assert shown == "required"
    elif default is None:
        assert shown == "none"
    else:
        value = yaml.safe_load(_code(shown)[0]) if not isinstance(default, str) else _code(shown)[0]
        if isinstance(default, float) and isinstance(value, str):
            value = _DURATION.validate_python(value)
        assert (tuple(value) if isinstance(default, tuple) else value) == default


def test_what_is_called_without_effect_is_warned_of() -> None:
    """The keys that docs/configuration.md calls without effect are those that are warned of when they are set."""
    _, _, part = _text("docs/configuration.md").partition("## Without effect")
    listed = [_code(line)[0] for line in part.splitlines() if line.startswith("| `")]
    document = {
        "apps": ["bot"],
        "upstreams": [{"name": "a", "base_url": "http://127.0.0.1:1", "allow_private": True, "ask_usage": True}],
        "scorers": {"refusal": {"apps": ["bot"]}},
    }
    said = [line for line in cautions(parse(document, {})) if "no effect" in line]
    assert [line.partition(":")[0].replace("refusal", "NAME") for line in said] == listed == ["scorers.NAME.apps"]


def test_documented_examples_are_valid() -> None:
    """Every YAML example of a configuration in the documents is accepted."""
    blocks = re.findall(r"```yaml\n(.*?)```", _text("docs/configuration.md"), re.DOTALL)
    assert blocks
    for block in blocks:
        parse(yaml.safe_load(block), {"OPENAI_API_KEY": "sk-test"})


def test_every_metric_is_documented() -> None:
    """docs/metrics.md has one row for each metric of the table: type, process, labels, meaning."""
    rows = [row for row in _rows("docs/metrics.md") if row[0].startswith("`sightglass_")]
    shown = {_code(row[0])[0]: row[1:] for row in rows}
    wanted = {item.name: [item.kind, item.side, ", ".join(item.labels) or "–", item.help] for item in METRICS}
    assert shown == wanted


@pytest.mark.parametrize(
    ("row", "values"),
    [
        ("operation", Operation),
        ("outcome", Outcome),
        ("decision", Decision),
        ("verdict", Verdict),
        ("result (scorer)", Result),
        ("`reason` of finish reasons", FinishReason),
        ("`reason` of stream ends", StreamEnd),
        ("`reason` of unpriced answers", Unpriced),
        ("`reason` of sockets", UNREAD),
        ("part", USAGE_PARTS),
        ("type", TOKEN_TYPES),
        ("modality", MODALITIES),
        ("result (objective)", (MET, MISSED)),
        ("purpose", [purpose for purpose in Purpose if purpose is not Purpose.PRODUCTION]),
        ("result (offpath)", Outcome),
        ("stratum", (UNIFORM, *Always.model_fields)),
        ("window", Window),
        ("kind (upstream change)", KINDS),
        ("verdict (experiment)", ExperimentVerdict),
    ],
)
def test_label_values_are_documented(row: str, values: Iterable[str]) -> None:
    """The closed label values in docs/metrics.md are the enumerations in the code, in their order."""
    (found,) = [cells for cells in _rows("docs/metrics.md") if cells[0] == row]
    assert _code(found[1]) == [str(value) for value in values]


def test_the_smallest_drops_are_those_that_a_run_prints() -> None:
    """docs/suites.md gives for each number of cases the drop that `suite run` states before it asks."""
    rows = [row for row in _rows("docs/suites.md") if row[-1].endswith(" points") and row[0].isdigit()]
    assert len(rows) == 4
    for cases, drop in rows:
        found = smallest_drop([1] * int(cases))
        assert found is not None
        assert drop == f"{found * 100:.0f} points"


def test_outputs_are_documented() -> None:
    """docs/scorers.md shows the scorers that can run, and each output there is one that its scorer has."""
    shown = [
        (_code(row[0])[0], _code(row[1])[0])
        for row in _rows("docs/scorers.md")
        if len(_code(row[0])) == 1 == len(_code(row[1]))
    ]
    assert shown
    assert not [(scorer, output) for scorer, output in shown if output not in OUTPUTS.get(scorer, ())]
    assert {scorer for scorer, _ in shown} == set(FACTORIES)


def test_verdicts_and_reasons_are_documented() -> None:
    """docs/scorers.md explains every verdict and reason, and says which reasons are the sample's nature."""
    shown = {_code(row[0])[0]: row[1] for row in _rows("docs/scorers.md") if _code(row[0])}
    assert {verdict.value for verdict in Verdict} <= set(shown)
    kinds = {reason.value: "nature" if reason in NOT_APPLICABLE else "failure" for reason in Reason}
    assert {name: shown.get(name) for name in kinds} == kinds


def test_links_lead_somewhere() -> None:
    """Every relative link in the documents names a file that exists."""
    documents = [ROOT / "README.md", ROOT / "CHANGELOG.md", *(ROOT / "docs").rglob("*.md")]
    for document in documents:
        for target in re.findall(r"\]\((?!https?://)([^)#]+)", document.read_text(encoding="utf-8")):
            assert (document.parent / target).exists(), f"{document.name}: {target}"


def test_queried_metrics_exist() -> None:
    """Every metric that the documents ask Prometheus for is one that Sightglass exports."""
    known = {item.name for item in METRICS}
    for name in ("README.md", "docs/operations.md", "docs/scorers.md"):
        for metric in re.findall(r"\bsightglass_[a-z_]+[a-z]", _text(name)):
            assert metric.removesuffix("_bucket") in known, f"{name}: {metric}"


@pytest.mark.parametrize("root", ["proxy", "scorers"])
def test_architecture_shows_every_room(root: str) -> None:
    """docs/internals/architecture.md lists each package below ``proxy/`` and ``scorers/``, and no other."""
    text = _text("docs/internals/architecture.md")
    (table,) = re.findall(rf"^\| room of `{root}/` \|.*\n\|---.*\n((?:\|.*\n)+)", text, re.MULTILINE)
    rooms = {path.parent.name for path in (ROOT / root).glob("*/__init__.py")}
    assert set(re.findall(r"^\| `([a-z_]+)` \|", table, re.MULTILINE)) == rooms


def test_named_files_exist() -> None:
    """Every source file that a document names exists."""
    for document in [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]:
        for path in re.findall(
            r"`((?:proxy|scorers|tests|deploy)/[\w./]+\.\w+)`", document.read_text(encoding="utf-8")
        ):
            assert (ROOT / path).exists(), f"{document.name}: {path}"


def test_the_keys_that_need_a_restart_are_listed() -> None:
    """The section Reload names exactly these."""
    section = _text("docs/configuration.md").partition("## Reload")[2].partition("\n## ")[0]
    listed = section.partition("only after a restart")[2].partition("All others")[0]
    assert tuple(re.findall(r"`([^`]+)`", listed)) == RESTART_KEYS
