"""A run's result for people and for CI: a table for a terminal, Markdown for a summary, JUnit XML for a test report."""

from __future__ import annotations

import re
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from scorers.suites.verdict import CaseResult, Results

#: Cases of one kind that are shown; the others are a number.
_SHOWN = 20
_LINE = 100
_LONGER_LINE = 240
#: What XML 1.0 cannot hold.
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def _percent(value: float | None) -> str:
    return "-" if value is None else f"{value:.1%}"


def _points(value: float) -> str:
    return f"{100 * value:+.1f}"


def _usd(value: float | None) -> str:
    return "cost not known" if value is None else f"{value:.4f} USD"


def plain(text: object, longest: int = _LINE) -> str:
    """A text on one line, without characters that repaint a terminal."""
    line = " ".join("".join(c if c.isprintable() or c.isspace() else "?" for c in str(text)).split())
    return line if len(line) <= longest else line[: longest - 3] + "..."


def table(document: dict[str, Any], results: Results) -> str:
    """The result for a terminal."""
    lines = [
        f"suite {document['suite']} version {document['version']}   run {document['run']}   model {document['model']}",
        f"passed {_percent(document['pass_rate'])} ({_percent(document['lower'])} to {_percent(document['upper'])}) "
        f"of {document['cases']} cases, {document['errors']} errors, {document['skipped']} skipped, "
        f"{_usd(document['cost_usd'])}",
    ]
    weighted = document["weighted"]
    if weighted is not None and weighted["pass_rate"] != document["pass_rate"]:
        lines.append(
            f"weighted to production {_percent(weighted['pass_rate'])} "
            f"({_percent(weighted['lower'])} to {_percent(weighted['upper'])})"
        )
    if document["failures"]:
        lines.append("calls without an answer: " + ", ".join(f"{k} {n}" for k, n in document["failures"].items()))
        lines += [f"  {reason}: {plain(why, _LONGER_LINE)}" for reason, why in _reasons(results).items()]
    if cut := document.get("cut"):  # no result of before has it
        lines.append(f"cut by the limit on tokens: {cut} answers (--max-tokens sets it for cases that do not)")
    against = document["against"]
    if against is None:
        lines += _failures(results)
    else:
        lines += _comparison(against)
    lines.append(f"verdict: {document['verdict']} ({document['why']})")
    return "\n".join(lines) + "\n"


def _reasons(results: Results) -> dict[str, str]:
    """What was said of calls without an answer, once for each reason."""
    found: dict[str, str] = {}
    for case in results.cases:
        for reason, why in case.lost:
            found.setdefault(reason, why)
    return found


def _failures(results: Results) -> list[str]:
    failed = [case for case in results.cases if case.mean is not None and case.mean < 1]
    lines = [f"  {plain(case.case.id, 40)}: {plain('; '.join(case.whys))}" for case in failed[:_SHOWN]]
    more = len(failed) - _SHOWN
    return lines + ([f"  and {more} more cases that failed"] if more > 0 else [])


def _comparison(against: dict[str, Any]) -> list[str]:
    lines = [
        f"against {against['run']} (model {against['model']}): {_points(against['difference'])} points "
        f"({_points(against['lower'])} to {_points(against['upper'])}), p {against['p_value']:.3g}, "
        f"{against['compared']} cases in {against['conversations']} conversations",
    ]
    if against["changed"] or against["unmatched"]:
        lines.append(
            f"not compared: {against['changed']} cases that were changed, {against['unmatched']} in one run only"
        )
    for name in ("regressions", "improvements"):
        found = against[name]
        if found:
            lines.append(f"{name} ({len(found)}):")
        for item in found[:_SHOWN]:
            flaky = "  flaky" if item["flaky"] else ""
            lines.append(f"  {plain(item['id'], 40)}  {item['before']:.2f} -> {item['after']:.2f}{flaky}")
            lines += [f"    before: {plain(item['answer_before'])}", f"    after:  {plain(item['answer_after'])}"]
            lines += [f"    why:    {plain('; '.join(item['why']))}"] if item["why"] else []
        if len(found) > _SHOWN:
            lines.append(f"  and {len(found) - _SHOWN} more")
    if against["flaky"]:
        lines.append(f"flaky ({len(against['flaky'])}): {plain(', '.join(against['flaky']))}")
    return lines


def markdown(document: dict[str, Any]) -> str:
    """The result for the summary of a CI job."""
    against = document["against"]
    rows = [
        ("Verdict", f"**{document['verdict']}**: {_cell(document['why'])}"),
        ("Suite", f"{_cell(document['suite'])} version `{document['version']}`"),
        ("Model", _cell(document["model"])),
        (
            "Pass rate",
            f"{_percent(document['pass_rate'])} ({_percent(document['lower'])} to {_percent(document['upper'])})",
        ),
        ("Cases", f"{document['cases']}, {document['errors']} errors, {document['skipped']} skipped"),
        *([("Cut by the limit on tokens", f"{document['cut']} answers")] if document.get("cut") else []),
        ("Cost", _usd(document["cost_usd"])),
        ("Smallest drop that it finds", _percent(document["mde"])),
    ]
    if against is not None:
        interval = f"{_points(against['lower'])} to {_points(against['upper'])}"
        rows.append((f"Against {_cell(against['run'])}", f"{_points(against['difference'])} points ({interval})"))
        rows.append(("Flaky", str(len(against["flaky"]))))
    lines = [f"## Suite {_cell(document['suite'])}", "", "| | |", "|---|---|"]
    lines += [f"| {name} | {value} |" for name, value in rows]
    for name in ("regressions", "improvements"):
        found = against[name] if against is not None else []
        if found:
            lines += ["", f"### {name.capitalize()} ({len(found)})", "", "| case | before | after | why |"]
            lines.append("|---|---|---|---|")
            lines += [
                f"| {_cell(i['id'])} | {_cell(i['answer_before'])} | {_cell(i['answer_after'])} "
                f"| {_cell('; '.join(i['why']))} |"
                for i in found[:_SHOWN]
            ]
            lines += [f"| and {len(found) - _SHOWN} more | | | |"] if len(found) > _SHOWN else []
    return "\n".join(lines) + "\n"


def _cell(text: object) -> str:
    """A text in a cell of a Markdown table: answers are others' words, so nothing in them is markup."""
    shown = escape(plain(text))
    return re.sub(r"([\\`*_{}\[\]()#+!|~@])", r"\\\1", shown)


def junit(document: dict[str, Any], results: Results, passes: bool = False) -> str:
    """The result as JUnit XML: a case that failed is a failure, one without an answer an error; the gate is a case of
    its own, so that a report is red when the verdict is. ``passes``: a gate that is inconclusive is skipped instead."""
    against = document["against"]
    worse = {item["id"] for item in against["regressions"]} if against is not None else set()
    cases = [_test(case, case.case.id in worse) for case in results.cases]
    bad = document["verdict"] != "pass" and not passes
    said = f"<failure message={_attribute(document['verdict'])}>{_xml(document['why'])}</failure>" if bad else ""
    gate = f"<skipped message={_attribute(document['why'])}/>" if passes else said
    cases.append(f'<testcase classname="sightglass.gate" name="verdict">{gate}</testcase>')
    failures = sum(case.mean is not None and case.mean < 1 for case in results.cases) + bad
    head = (
        f"<testsuite name={_attribute(document['suite'])} tests={_attribute(len(cases))} "
        f"failures={_attribute(failures)} errors={_attribute(document['errors'])} "
        f"skipped={_attribute(int(passes))}>"
    )
    body = "\n".join(cases)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<testsuites>\n{head}\n{body}\n</testsuite>\n</testsuites>\n'


def _test(case: CaseResult, worse: bool) -> str:
    name = f"classname={_attribute('sightglass.case')} name={_attribute(case.case.id)}"
    if case.mean is None:
        reason = ", ".join(sorted(set(case.failures)))
        return f"<testcase {name}><error message={_attribute(reason)}>{_xml('; '.join(case.whys))}</error></testcase>"
    if case.mean < 1:
        kind = "regression" if worse else "flaky" if case.flaky else "failed"
        said = "\n".join([*case.whys, f"answer: {case.answer[:2_000]}"])
        return f"<testcase {name}><failure message={_attribute(kind)}>{_xml(said)}</failure></testcase>"
    return f"<testcase {name}/>"


def _xml(text: object) -> str:
    return escape(_NOT_XML.sub("\ufffd", str(text)))


def _attribute(text: object) -> str:
    return quoteattr(_NOT_XML.sub("\ufffd", str(text)))
