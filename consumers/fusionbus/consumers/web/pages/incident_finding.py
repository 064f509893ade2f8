"""What the centre found as HTML: numbers, districts at risk, and the reports it rests on. Pure."""

from html import escape

from fusionbus.consumers.finding_words import count_of_evidence, most_at_risk
from fusionbus.consumers.web.pages.marks import at_html, spaced, table, tag, their
from fusionbus.contract.sections import AreaRisk, AssessmentSection, Evidence, Figure


def finding(section: AssessmentSection) -> str:
    """All of it: a person who is to act on a finding reads what it rests on."""
    over = f" {tag('over')}" if section.phase == "over" else ""
    window = f"{at_html(section.window.start)} to {at_html(section.window.end)}"
    parts = [f'<p class="quiet">Found by the centre: {escape(spaced(section.finding))}{over}, {window}</p>']
    if section.figures:
        parts.append(table(("Figure", "Value", "Held against"), [_figure(each) for each in section.figures]))
    if section.areas:
        heads = ("District", "Risk", "Within", "Usual")
        parts.append(table(heads, [_area(each) for each in most_at_risk(section)]))
    parts.append(f"<p>It rests on {count_of_evidence(section):,} reports:</p>")
    parts.append(f"<ul class=evidence>{''.join(map(_evidence, section.evidence))}</ul>")
    return "".join(parts)


def _figure(figure: Figure) -> str:
    unit = f" {their(figure.unit)}" if figure.unit else ""
    against = "" if figure.threshold is None else f"{figure.threshold:,.4g}"
    source = f" <span class='quiet'>{their(figure.source)}</span>" if figure.source else ""
    value = f"<td>{figure.value:,.4g}{unit}</td>"
    return f'<tr><th scope="row">{their(figure.name)}</th>{value}<td>{against}{source}</td></tr>'


def _area(area: AreaRisk) -> str:
    within = f"{area.low:.0%} to {area.high:.0%}"
    return (
        f'<tr><th scope="row">{their(area.district)}</th><td>{area.probability:.0%}</td><td>{within}</td>'
        f"<td>{area.climatology:.0%}</td></tr>"
    )


def _evidence(each: Evidence) -> str:
    told_by = their(each.agency) if each.agency else "source masked"
    link = f'<a href="/incidents/{each.incident_id}">its incident</a>'
    return f"<li>{told_by}, {at_html(each.reported_at)}: {their(each.says)} ({link})</li>"
