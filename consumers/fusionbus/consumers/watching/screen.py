"""What `fusionbus watch` shows: from values to a screen, and to JSON. Pure."""

from collections.abc import Iterable, Iterator
from dataclasses import asdict
from datetime import datetime, timedelta, timezone
from typing import Any, Final

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from fusionbus.consumers.watching.flows import Counts, Look
from fusionbus.consumers.watching.news import Item, News, named
from fusionbus.shell.plain import neutral

PKT: Final = timezone(timedelta(hours=5), "PKT")
SORTS: Final = (("alert", "Newest alerts"), ("incident", "Newest incidents"), ("dead letter", "Newest dead letters"))
LAGS_MAX: Final = 6
SAID_CHARS_MAX: Final = 160


def screen(look: Look | None, news: News, now: datetime, lines: int, fault: str | None = None) -> RenderableType:
    """The whole screen; `lines` is how many agencies, and how many items of each sort, have room."""
    parts: list[RenderableType] = [Text(f"fusionbus, {now.astimezone(PKT):%Y-%m-%d %H:%M:%S} PKT", style="bold")]
    if fault is not None:
        parts.append(Text(neutral(fault), style="bold red"))
    if look is not None:
        parts += [Text(sentence) for sentence in summary(look)]
        parts += [_flows(look, lines), *_behind(look)]
    parts += [table for sort, title in SORTS if (table := _items(title, news.newest(sort, lines)))]
    parts.append(Text("Ctrl-C ends it.", style="dim"))
    return Group(*parts)


def summary(look: Look) -> Iterator[str]:
    """The bus in sentences."""
    yield f"Reports {_told(look.reports)}; alerts {_told(look.alerts)}."
    if look.dead_letters is not None:
        yield f"Dead letters {_told(look.dead_letters)}."
    records = sum(row.records for row in look.lags)
    oldest = max((row.seconds for row in look.lags if row.seconds is not None), default=None)
    if look.remark is not None:
        yield look.remark
    elif records:
        yield f"{records:,} records wait" + ("." if oldest is None else f", the oldest for {oldest:,.0f} s.")
    else:
        yield "Nobody is behind."
    if look.unread:
        yield f"Nobody has ever read {', '.join(sorted(look.unread))}."


def as_tree(look: Look, news: News, now: datetime, lines: int) -> dict[str, Any]:
    """The same for programs."""
    return {
        "at": now.isoformat(),
        "flows": [asdict(flow) for flow in look.flows],
        "dead_letters": None if look.dead_letters is None else asdict(look.dead_letters),
        "lag": [asdict(row) for row in look.lags],
        "never_read": dict(look.unread),
        "remark": look.remark,
        "newest": {sort: [_item_tree(one) for one in news.newest(sort, lines)] for sort, _ in SORTS},
    }


def _told(counts: Counts) -> str:
    return f"{counts.minute:,} in the last minute, {counts.hour:,} in the last hour"


def _item_tree(one: Item) -> dict[str, Any]:
    return {"at": one.at.isoformat(), "who": list(one.who), "said": one.said, "grave": one.grave}


def _table(*headings: str) -> Table:
    table = Table(expand=True, box=None, pad_edge=False, header_style="dim")
    for heading in headings:
        table.add_column(heading, no_wrap=True, overflow="ellipsis", justify="left")
    return table


def _flows(look: Look, lines: int) -> Table:
    table = _table("agency", "reports/min", "reports/h", "alerts/min", "alerts/h")
    busiest = sorted(look.flows, key=lambda flow: (-flow.reports.hour - flow.alerts.hour, flow.agency))
    for flow in busiest[:lines]:
        numbers = (flow.reports.minute, flow.reports.hour, flow.alerts.minute, flow.alerts.hour)
        table.add_row(flow.agency, *(f"{number:,}" for number in numbers), style="" if any(numbers) else "dim")
    more = len(busiest) - lines
    if more > 0:
        quiet = sum(not (flow.reports.hour or flow.alerts.hour) for flow in busiest[lines:])
        table.add_row(f"… and {more} more, {quiet} of them silent for an hour", style="dim")
    return table


def _behind(look: Look) -> Iterable[Table]:
    rows = sorted((row for row in look.lags if row.records or row.expired), key=lambda row: -(row.seconds or 0))
    if rows:
        table = _table("behind", "topic", "records", "oldest", "lost as too old")
        for row in rows[:LAGS_MAX]:
            oldest = "" if row.seconds is None else f"{row.seconds:,.1f} s"
            lost = f"{row.expired:,}" if row.expired else ""
            table.add_row(row.group, row.topic, f"{row.records:,}", oldest, lost)
        yield table


def _items(title: str, items: list[Item]) -> Table | None:
    if not items:
        return None
    table = Table(expand=True, box=None, pad_edge=False, header_style="dim")
    table.add_column("PKT", no_wrap=True, width=14)
    table.add_column(title, ratio=1, no_wrap=True, overflow="ellipsis")
    table.add_column("who", no_wrap=True, overflow="ellipsis", max_width=48)
    for one in items:
        said = Text(neutral(one.said)[:SAID_CHARS_MAX], style="bold red" if one.grave else "")
        table.add_row(f"{one.at.astimezone(PKT):%m-%d %H:%M:%S}", said, Text(neutral(named(one.who))))
    return table
