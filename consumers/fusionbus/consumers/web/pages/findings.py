"""What the centre found, as HTML: the figures it rests on, its evidence, and the panel of what is open. Pure."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from html import escape
from typing import Final

from fusionbus.consumers.web.pages.marks import ago, count_of, moment, spaced, table, tag, their
from fusionbus.contract.alert import Alert
from fusionbus.contract.sections import DISTRICT_FIGURE, AssessmentSection, Evidence, Figure
from fusionbus.contract.vocabulary import FindingKind

DIGITS: Final = 4
"""Significant ones: a figure is read, not computed with."""


def finding(section: AssessmentSection) -> str:
    """The part of an incident's page that shows a finding."""
    over = tag("over", "quiet") if section.phase == "over" else tag("open", "warn")
    span = f"{moment(section.window.start)} to {moment(section.window.end)}"
    figures = table(("Figure", "Found", "Held against", "Source"), [_figure(each) for each in section.figures])
    evidence = "".join(_evidence(each) for each in section.evidence)
    heading = f"Evidence: {count_of(len(section.evidence), 'report')}"
    beyond = f", and {section.evidence_beyond} older not listed" if section.evidence_beyond else ""
    return (
        f"<p>{escape(spaced(section.finding)).capitalize()} {over} <span class='quiet'>{span}</span></p>{figures}"
        f"<h3>{heading}{beyond}</h3><ol class='related evidence'>{evidence}</ol>"
    )


def _figure(figure: Figure) -> str:
    unit = f" <span class='quiet'>{their(figure.unit)}</span>" if figure.unit else ""
    line = "" if figure.threshold is None else f"{figure.threshold:.{DIGITS}g}"
    return (
        f'<tr><th scope="row">{their(figure.name)}</th><td>{figure.value:.{DIGITS}g}{unit}</td><td>{line}</td>'
        f'<td class="quiet">{their(figure.source) if figure.source else ""}</td></tr>'
    )


def _evidence(evidence: Evidence) -> str:
    who = their(evidence.agency) if evidence.agency else "masked source"
    return (
        f'<li><a href="/incidents/{escape(evidence.incident_id)}">{their(evidence.says)}</a> '
        f'<span class="quiet">{who}, reported {moment(evidence.reported_at)}</span></li>'
    )


def panel(found: Sequence[Alert], now: datetime) -> str:
    """What is open, each with a way to it; nothing where nothing is."""
    if not found:
        return ""
    lines = "".join(_line(alert, now) for alert in found)
    summary = f"Findings of the centre: {len(found)} open"
    return f'<details open data-key="findings"><summary>{summary}</summary><ul class="related">{lines}</ul></details>'


def _line(alert: Alert, now: datetime) -> str:
    section = alert.body.section
    kind = spaced(section.finding) if isinstance(section, AssessmentSection) else "finding"
    title = their(alert.body.headline) if alert.body.headline else escape(kind)
    return (
        f'<li>{tag(kind)} <a href="/incidents/{escape(alert.incident_id)}">{title}</a> '
        f'<span class="quiet">{ago(alert.issued_at, now)}</span></li>'
    )


def surged(found: Iterable[Alert]) -> list[str]:
    """The districts of the surges among them, in order."""
    sections = [alert.body.section for alert in found]
    return sorted(
        {
            figure.name.removeprefix(DISTRICT_FIGURE)
            for section in sections
            if isinstance(section, AssessmentSection) and section.finding is FindingKind.SURGE
            for figure in section.figures
            if figure.name.startswith(DISTRICT_FIGURE) and figure.value > 0
        }
    )
