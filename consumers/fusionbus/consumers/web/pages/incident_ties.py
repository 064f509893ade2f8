"""Why reports are together, and what an incident is tied to: bits field by field, origins against echoes. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

from fusionbus.consumers.threats.found import IncidentLine
from fusionbus.consumers.web.pages.marks import count_of, severity_badge, spaced, table, tag, their
from fusionbus.consumers.web.pages.picture_rows import title
from fusionbus.contract.incident import Incident, Link, Member, Reason, Relation

BITS_MAX: Final = 60.0
"""Past it a probability is 0 or 1 in a float."""
SPAN_MIN: Final = 0.1
"""Bits of the narrowest picture: less than that is shown as +0.0, and its bar as nearly nothing."""
DRAWN_MAX: Final = 24
"""Origins drawn: more are no picture any more, and stand in the words below it."""
ROW_PX: Final = 34
WIDTH_PX: Final = 480
ECHO_PX: Final = 185
STEP_PX: Final = 140
ECHOES_DRAWN: Final = 2
NAME_CHARACTERS_MAX: Final = 14


def probability_of(reasons: Sequence[Reason]) -> float:
    """How likely it is one event: the reasons' bits sum to its log-odds."""
    bits = sum(reason.bits for reason in reasons)
    return 1.0 / (1.0 + 2.0 ** -max(-BITS_MAX, min(bits, BITS_MAX)))


def percent(probability: float) -> str:
    """A probability that never claims to be certain."""
    rounded = round(100 * probability)
    return "over 99%" if rounded > 99 else "under 1%" if rounded < 1 else f"{rounded}%"  # noqa: PLR2004 - whole percent


def waterfall(reasons: Sequence[Reason], probability: float | None = None) -> str:
    """The reasons as a table with a bar each, from what was before to what is after."""
    if not reasons:
        return '<p class="nothing">No comparison is told here.</p>'
    steps, total = [], 0.0
    for reason in reasons:
        steps.append((reason, total, total + reason.bits))
        total += reason.bits
    low, high = min(0.0, *(min(a, b) for _, a, b in steps)), max(0.0, *(max(a, b) for _, a, b in steps))
    scale = 100.0 / max(high - low, SPAN_MIN)
    rows = [_step(reason, before, after, low, scale) for reason, before, after in steps]
    chance = percent(probability_of(reasons) if probability is None else probability)
    said = f'<td>{chance} likely one event</td><td class="number">{total:+.1f}</td>'
    foot = f'<tr><th scope="row">Sum</th>{said}<td></td></tr>'
    return table(("Field", "Compared", "Bits", "For and against"), rows, "waterfall", foot)


def _step(reason: Reason, before: float, after: float, low: float, scale: float) -> str:
    left, wide = (min(before, after) - low) * scale, max(0.8, abs(after - before) * scale)
    kind = "for" if reason.bits >= 0 else "against"
    bar = (
        f'<svg class="bar-{kind}" viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">'
        f'<line x1="{-low * scale:.1f}" x2="{-low * scale:.1f}" y1="0" y2="10"/>'
        f'<rect x="{left:.1f}" y="1.5" width="{wide:.1f}" height="7"/></svg>'
    )
    return (
        f'<tr><th scope="row">{escape(spaced(reason.field))}</th><td>{their(reason.said)}</td>'
        f'<td class="number">{reason.bits:+.1f}</td>'
        f'<td class="bar-cell">{bar}<span class="sr-only">{kind}</span></td></tr>'
    )


@dataclass(frozen=True, slots=True)
class Origin:
    """Where word of an event came from, and who passed it on."""

    name: str
    echoes: tuple[str, ...]


def origins_of(incident: Incident) -> list[Origin]:
    """The independent origins of an incident as the hub holds it, each with its echoes; a ring is one origin."""
    found: dict[str, list[Member]] = {}
    for member in incident.members:
        if not member.withdrawn:
            found.setdefault(member.origin, []).append(member)
    return [_origin(name, members) for name, members in found.items()]


def _origin(name: str, members: Sequence[Member]) -> Origin:
    first = next((member for member in members if member.report_id == name), members[0])
    beyond = first.report_id != name
    said = f"not here; told by {_who(first)}" if beyond else _who(first)
    return Origin(said, tuple(_who(member) for member in members if member is not first))


def _who(member: Member) -> str:
    return "masked source" if member.masked else member.agency


def told_origins(count: int) -> list[Origin]:
    """What a recipient knows of origins: how many there are, and not who echoes whom."""
    return [Origin(f"origin {number}", ()) for number in range(1, count + 1)]


def graph(origins: Sequence[Origin], further: int = 0) -> str:
    """Origins as circles, their echoes as squares tied to them; and the same in words."""
    if not origins:
        return '<p class="nothing">No origin is known.</p>'
    drawn = origins[:DRAWN_MAX]
    high = ROW_PX * len(drawn) + 8
    rows = "".join(_row(number, origin) for number, origin in enumerate(drawn))
    echoes = sum(len(origin.echoes) for origin in origins) + further
    words = f"{count_of(len(origins), 'independent origin')}, {echoes} echo{'es' * (echoes != 1)}"
    more = f" The first {DRAWN_MAX} are drawn." if len(origins) > DRAWN_MAX else ""
    listed = "".join(f"<li>{escape(_in_words(origin))}</li>" for origin in origins)
    unknown = (
        f"<p>{count_of(further, 'report')} repeat or follow one of these; which, the hub does not tell.</p>"
        if further
        else ""
    )
    return (
        f'<svg class="origins" viewBox="0 0 {WIDTH_PX} {high}" role="img" aria-label="{words}">{rows}</svg>'
        f'<p><span class="key-origin"></span> origin, <span class="key-echo"></span> echo: {words}.{more}</p>{unknown}'
        f"<details data-key='origins'><summary>In words</summary><ul class=origins-words>{listed}</ul></details>"
    )


def _row(number: int, origin: Origin) -> str:
    y = number * ROW_PX + ROW_PX / 2 + 2
    parts = [f'<circle cx="14" cy="{y}" r="9"/>{_text(30, y, origin.name)}']
    for place, echo in enumerate(origin.echoes[:ECHOES_DRAWN]):
        x = ECHO_PX + place * STEP_PX
        left = x - STEP_PX + 16 if place else 38 + 8 * min(len(origin.name), NAME_CHARACTERS_MAX)
        parts.append(f'<line x1="{left}" x2="{x}" y1="{y}" y2="{y}"/>')
        parts.append(f'<rect x="{x}" y="{y - 7}" width="14" height="14"/>{_text(x + 20, y, echo)}')
    beyond = len(origin.echoes) - ECHOES_DRAWN
    if beyond > 0:
        parts.append(_text(ECHO_PX + ECHOES_DRAWN * STEP_PX, y, f"+{beyond}"))
    return f"<g>{''.join(parts)}</g>"


def _text(x: float, y: float, name: str) -> str:
    short = name if len(name) <= NAME_CHARACTERS_MAX else f"{name[: NAME_CHARACTERS_MAX - 1]}…"
    return f'<text x="{x}" y="{y + 5}">{escape(short)}</text>'


def _in_words(origin: Origin) -> str:
    return f"{origin.name}, echoed by {', '.join(origin.echoes)}" if origin.echoes else f"{origin.name}, no echo"


def members(incident: Incident) -> str:
    """The reports as the hub holds them, each with why it is there."""
    return f"<ul class=members>{''.join(_member(member) for member in incident.members)}</ul>"


def _member(member: Member) -> str:
    told = len(member.forms)
    state = "withdrawn" if member.withdrawn else f"sent to {told} agenc{'y' if told == 1 else 'ies'}"
    chance = "" if member.probability is None else f", {percent(member.probability)} likely"
    kind = "echo" if member.relation is Relation.RELAY else "origin"
    why = ""
    if member.reasons:
        bits = waterfall(member.reasons, member.probability)
        why = f'<details data-key="{member.report_id}"><summary>Why it is here</summary>{bits}</details>'
    return (
        f'<li class="member"><span class="key-{kind}"></span> <strong>{their(_who(member))}</strong> '
        f'<span class="quiet">{member.relation.value}{chance}, {state}</span><br>'
        f"{their(member.claim.headline)}{why}</li>"
    )


def related(lines: Sequence[IncidentLine], links: Sequence[Link], incident_id: str) -> str:
    """Incidents that are tied to this one without being it."""
    found = [
        f'<li>{severity_badge(line.severity)} <a href="/incidents/{line.incident_id}">{their(title(line))}</a> '
        "names the same person or thing</li>"
        for line in lines
    ]
    for link in links:
        others = ", ".join(
            f'<a href="/incidents/{name}">{name[:8]}</a>' for name in link.incidents if name != incident_id
        )
        why = "; ".join(reason.said for reason in link.reasons)
        capped = f" {tag('capped')}" if link.capped else ""
        found.append(f"<li>{escape(spaced(link.type))}: {others} <span class='quiet'>{their(why)}</span>{capped}</li>")
    return f"<ul class=related>{''.join(found)}</ul>" if found else '<p class="nothing">None is known.</p>'
