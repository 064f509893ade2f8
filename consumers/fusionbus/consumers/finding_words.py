"""What the centre found, in words: what it rests on, the numbers and the lines they were held against. Pure."""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Final

from fusionbus.consumers.handlers.plain_text import line
from fusionbus.contract.alert import Alert
from fusionbus.contract.sections import AreaRisk, AssessmentSection, Evidence, Figure

EVIDENCE_NAMED_MAX: Final = 8
AREAS_NAMED_MAX: Final = 5
"""Of a forecast the districts most at risk; all of them stand in the stored alert and on the page."""


def finding_of(alert: Alert) -> AssessmentSection | None:
    """What the centre found, where the alert tells of it and its form lets that show."""
    section = alert.body.section
    return section if isinstance(section, AssessmentSection) else None


def facts_of_finding(section: AssessmentSection, when: Callable[[datetime], str]) -> Iterator[tuple[str, str]]:
    """Label and text of each fact; evidence and areas are cut to what is read at a glance."""
    yield "found", str(section.finding).replace("_", " ") + (", over" if section.phase == "over" else "")
    yield "window", f"{when(section.window.start)} to {when(section.window.end)}"
    for figure in section.figures:
        yield "figure", figure_words(figure)
    for area in most_at_risk(section)[:AREAS_NAMED_MAX]:
        yield "risk", risk_words(area)
    for each in section.evidence[-EVIDENCE_NAMED_MAX:]:
        yield "rests on", evidence_words(each, when)
    more = count_of_evidence(section) - min(len(section.evidence), EVIDENCE_NAMED_MAX)
    if more > 0:
        yield "rests on", f"and {more:,} more reports"


def count_of_evidence(section: AssessmentSection) -> int:
    """How many reports it rests on, listed or not."""
    return len(section.evidence) + section.evidence_beyond


def most_at_risk(section: AssessmentSection) -> list[AreaRisk]:
    """The districts of a forecast, the likeliest first."""
    return sorted(section.areas, key=lambda area: (-area.probability, area.district))


def figure_words(figure: Figure) -> str:
    """The number, the line it was held against, and where that comes from."""
    unit = f" {line(figure.unit)}" if figure.unit else ""
    said = f"{line(figure.name)}: {figure.value:,.4g}{unit}"
    if figure.threshold is not None:
        said += f", threshold {figure.threshold:,.4g}"
    return f"{said} ({line(figure.source)})" if figure.source else said


def risk_words(area: AreaRisk) -> str:
    """The share, its bounds, and what the district's own rate would say."""
    bounds = f"{area.low:.0%} to {area.high:.0%}"
    return f"{line(area.district)} {area.probability:.0%} ({bounds}; usual {area.climatology:.0%})"


def evidence_words(each: Evidence, when: Callable[[datetime], str]) -> str:
    """Who told it, when, and what of it counts."""
    return f"{each.agency or 'source masked'}, {when(each.reported_at)}: {line(each.says)}"
