"""The monthly report as one HTML page that prints on A4: figures with what they are out of, and never a person."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from html import escape
from typing import Final

from fusionbus.consumers.oversight.figures import ALL, Count, Figure
from fusionbus.consumers.oversight.folding import PKT

_STYLE: Final = """
@page { size: A4; margin: 18mm 16mm 20mm; }
:root { color-scheme: light; }
body { font: 10.5pt/1.45 "Noto Sans", "DejaVu Sans", Arial, sans-serif; color: #16202a; background: #fff;
  max-width: 178mm; margin: 0 auto; }
h1 { font-size: 20pt; margin: 0 0 2mm; }
h2 { font-size: 13pt; margin: 0 0 1.5mm; break-after: avoid; }
p { margin: 0 0 2mm; }
.lead { color: #44525f; }
section { margin: 8mm 0 0; break-inside: avoid-page; }
section.long { break-inside: auto; }
table { border-collapse: collapse; width: 100%; margin: 2mm 0 0; font-variant-numeric: tabular-nums; }
caption { text-align: left; color: #44525f; padding: 0 0 1mm; }
thead { display: table-header-group; }
tr { break-inside: avoid; }
th, td { text-align: left; padding: 1.1mm 2mm; border-bottom: 0.3mm solid #d4dbe1; vertical-align: top; }
th.n, td.n { text-align: right; white-space: nowrap; }
thead th { border-bottom: 0.5mm solid #16202a; }
tr.total td, tr.total th { border-top: 0.5mm solid #16202a; font-weight: 700; }
.contents { break-after: page; }
footer { margin: 8mm 0 0; color: #44525f; font-size: 9pt; }
@media screen { body { padding: 10mm; } }
"""


@dataclass(frozen=True, slots=True)
class About:
    """What the report is of."""

    month: str
    begin: datetime
    end: datetime
    """The first moment after it."""
    made_at: datetime
    acts: int
    """Records of the audit that the figures were made from, up to the end."""
    newest: datetime | None
    """When the newest act was done that the book holds."""


def page(figures: Sequence[Figure], about: About) -> str:
    """The whole page; it names no outside address and has no script."""
    return "".join(_parts(figures, about))


def _parts(figures: Sequence[Figure], about: About) -> Iterator[str]:
    yield '<!doctype html><html lang="en"><head><meta charset="utf-8">'
    yield f"<title>Oversight {escape(about.month)}</title><style>{_STYLE}</style></head><body><main>"
    yield f"<h1>Oversight of the fusion bus, {escape(about.month)}</h1>"
    yield f'<p class="lead">From {_clock(about.begin)} up to {_clock(about.end)}, time of Pakistan. '
    yield f"Made {_clock(about.made_at)} from {about.acts:,} acts on the audit; "
    yield f"the newest that was read is of {_clock(about.newest)}.</p>" if about.newest else "none was read.</p>"
    if about.newest is None or about.newest < about.end:
        yield "<p><strong>The month may not be over in what was read: the figures may still rise.</strong></p>"
    yield '<section class="contents"><h2>In short</h2>' + _summary(figures)
    yield "<p>Each figure stands with what it is out of. The records behind one, by partition and offset on the audit: "
    yield f"<code>fusionbus oversight behind FIGURE --month {escape(about.month)}</code>.</p></section>"
    for figure in figures:
        yield _section(figure)
    yield "<footer>Counts of acts and agencies only; no person, no report's text. Definitions and sources of law: "
    yield "docs/oversight.md.</footer></main></body></html>"


def _summary(figures: Sequence[Figure]) -> str:
    rows = "".join(
        f'<tr><th scope="row">{escape(one.definition.title)}</th>{_numbers(one.total)}</tr>' for one in figures
    )
    return f"<table>{_head('Figure')}<tbody>{rows}</tbody></table>"


def _section(figure: Figure) -> str:
    told = figure.definition
    rows = "".join(f'<tr><th scope="row">{escape(row.about)}</th>{_numbers(row)}</tr>' for row in figure.rows)
    several = len(figure.rows) > 1
    total = f'<tr class="total"><th scope="row">All</th>{_numbers(figure.total)}</tr>' if several else ""
    caption = f"<caption>{escape(told.counted)}, out of {escape(told.out_of)}</caption>"
    whose = "Agency" if told.by == ALL else f"Agency ({told.by})"
    table = f"<table>{caption}{_head(whose)}<tbody>{rows}{total}</tbody></table>" if rows else "<p>Nothing.</p>"
    long = ' class="long"' if len(figure.rows) > 25 else ""  # noqa: PLR2004 - more rows than a page has room for
    return (
        f"<section{long}><h2>{escape(told.title)}</h2><p>{escape(told.meaning)}</p>"
        f'<p class="lead">{escape(told.law)}</p>{table}</section>'
    )


def _head(first: str) -> str:
    return (
        f'<thead><tr><th scope="col">{escape(first)}</th><th scope="col" class="n">Count</th>'
        '<th scope="col" class="n">Out of</th><th scope="col" class="n">Share</th></tr></thead>'
    )


def _numbers(row: Count) -> str:
    return f'<td class="n">{row.count:,}</td><td class="n">{row.of:,}</td><td class="n">{share(row)}</td>'


def share(row: Count) -> str:
    """The share in per cent, or a dash where there is nothing to be a share of."""
    return "–" if row.share is None else f"{row.share:.1%}"


def _clock(at: datetime) -> str:
    return at.astimezone(PKT).strftime("%Y-%m-%d %H:%M")
