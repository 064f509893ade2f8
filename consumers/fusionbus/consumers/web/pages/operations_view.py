"""The figures of operations as HTML: each number tells where it comes from, and what is not known is said so."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta, timezone
from html import escape
from typing import Final

from fusionbus.consumers.operations.figures import AGE_NAMES, Figures, Latency, Process
from fusionbus.consumers.operations.seen import Source

PKT: Final = timezone(timedelta(hours=5), "PKT")
LATE_S: Final = 1.0
"""The hub is told as behind from here on; the alert rule waits for a minute of it."""
SOURCES: Final = {
    "last": "fusion_agency_last_seen_seconds of the workers, or the newest receipt in the threat database",
    "rate": "fusion_reports_in_total, what it gained in the last minute",
    "waiting": "fusion_unacknowledged_alerts; the workers count anew every 15 s",
    "open": "fusion_incidents_open, all workers together",
    "route": "fusion_publish_to_route_seconds, the last five minutes, quantile between bucket bounds",
    "alert": "fusion_publish_to_alert_seconds, the last five minutes, quantile between bucket bounds",
    "ends": "the hub's counters of outcomes, since the workers started",
    "letters": "fusion_dead_letters_total, since the workers started",
    "lag": "the broker: where topics end and what each group has committed",
    "tips": "fusion_tips_waiting and fusion_tips_oldest_seconds of the tip line",
    "process": "/metrics of the process: fusion_ready, fusion_worker_started_seconds, fusion_home_free_ratio",
}
"""Where each kind of number comes from."""


def summary(told: Figures, old_since: float | None) -> str:
    """The few numbers that are looked at from across the room; `old_since` where what they come from is ill."""
    workers = [process for process in told.processes if process.ready is not None]
    ready = sum(1 for process in workers if process.answers and process.ready)
    silent = sum(1 for row in told.agencies if row.silent)
    late = sum(told.waiting.get(name, 0) for name in AGE_NAMES[2:])
    lag = told.hub_lag_s
    shown = (
        _figure("workers ready", f"{ready} of {len(workers)}" if workers else "?", "process", bad=ready < len(workers)),
        _figure("reports a second", _number(told.reports_s), "rate"),
        _figure("open incidents", "?" if told.incidents_open is None else f"{told.incidents_open:,}", "open"),
        _figure("the hub is behind", _seconds(lag), "lag", bad=lag is not None and lag > LATE_S),
        _figure("report to alert, p99", _seconds(told.to_alert.p99_s), "alert"),
        _figure("alerts unanswered for an hour or more", f"{late:,}" if workers else "?", "waiting", bad=late > 0),
        _figure("silent agencies", f"{silent}" if workers else "?", "last", bad=silent > 0),
    )
    title = "Now" if old_since is None else f"As of {_clock(old_since)}, or older in part"
    return a_panel(title, f'<dl class="figures">{"".join(shown)}</dl>', (), kind="wide")


def agencies(told: Figures, now: float) -> str:
    """One row an agency: last heard, how fast, what waits for its answer."""
    if not told.agencies:
        return a_panel("Agencies", nothing_yet("Nothing has come from any agency yet."), ("last",), kind="broad")
    heads = ("agency", "last heard", "reports/s", *(f"unanswered {name.replace('up to', '≤')}" for name in AGE_NAMES))
    rows = (
        (
            escape(row.agency),
            _last(row.last_seen_at, now, silent=row.silent),
            sourced(_number(row.reports_s), "rate"),
            *(_waits(told, row.waiting.get(name, 0), late=index > 1) for index, name in enumerate(AGE_NAMES)),
        )
        for row in told.agencies
    )
    table = a_table("Agencies, what they send and what they have not acknowledged", heads, rows, numbers=2)
    return a_panel("Agencies", table, ("last", "rate", "waiting"), kind="broad", tall=True)


def latency(told: Figures) -> str:
    """How long it takes, from the broker's time stamp on a report."""
    rows = (
        _latency_row("to the decision", told.to_route, "route"),
        _latency_row("to the alert", told.to_alert, "alert"),
    )
    if not told.to_route.count and not told.to_alert.count:
        return a_panel(
            "From report to alert",
            nothing_yet("No report came in the last five minutes, or since this server looks."),
            ("route", "alert"),
        )
    table = a_table("From report to alert", ("", "reports", "half within", "99 % within"), rows, numbers=1)
    return a_panel("From report to alert", table, ("route", "alert"))


def lag(told: Figures, trend: Sequence[tuple[float, float]]) -> str:
    """Who is behind, and how the hub's lag went in the last quarter of an hour."""
    if told.behind is None:
        return a_panel("Behind", nothing_yet("The broker has not told yet who is behind."), ("lag",))
    late = [row for row in told.behind if row.records or row.expired]
    heads = ("group", "topic", "records", "oldest", "lost")
    rows = (
        (
            escape(row.group),
            escape(row.topic),
            sourced(f"{row.records:,}", "lag"),
            sourced(_seconds(row.seconds), "lag", bad=(row.seconds or 0) > LATE_S),
            sourced(_count(row.expired), "lag", bad=True),
        )
        for row in late
    )
    said = f"Nobody is behind ({len(told.behind)} pairs of group and topic)."
    body = a_table("Who is behind", heads, rows, numbers=2) if late else nothing_yet(said)
    unread = ""
    if told.unread:
        waiting = ", ".join(f"{escape(topic)} {count:,}" for topic, count in told.unread.items())
        unread = f'<p class="warn">Alerts that nobody has ever read: {waiting}.</p>'
    return a_panel("Behind", curve(trend) + body + unread, ("lag",), tall=True)


def curve(trend: Sequence[tuple[float, float]]) -> str:
    """The hub's lag over time as a line; its height is the greatest lag, one second at least."""
    if len(trend) < 2:  # noqa: PLR2004 - a line has two ends
        return ""
    first, last = trend[0][0], trend[-1][0]
    top = max(1.0, *(seconds for _, seconds in trend))
    span = max(1.0, last - first)
    points = " ".join(f"{100 * (at - first) / span:.2f},{39 - 37 * seconds / top:.2f}" for at, seconds in trend)
    newest = trend[-1][1]
    said = f"Seconds the hub was behind in the last {span_of(span)}: at most {top:.1f}, now {newest:.1f}"
    return (
        f'<svg class="trend" viewBox="0 0 100 40" preserveAspectRatio="none" role="img" aria-label="{said}">'
        f'<line x1="0" y1="39" x2="100" y2="39"/><path d="M{points.replace(" ", "L")}"/></svg>'
        f'<p class="quiet">Behind in the last {span_of(span)}: at most {_seconds(max(s for _, s in trend))}.</p>'
    )


def dead_letters(told: Figures) -> str:
    """What could not be taken, by reason."""
    if not told.dead_letters:
        said = "No worker was heard yet." if told.outcomes is None else "No dead letter since the workers started."
        return a_panel("Dead letters", nothing_yet(said), ("letters",))
    rows = (
        (escape(reason.replace("_", " ")), sourced(f"{since:,}", "letters"), sourced(_count(new), "letters", bad=True))
        for reason, (since, new) in told.dead_letters.items()
    )
    return a_panel(
        "Dead letters", a_table("By reason", ("reason", "in all", "last 5 min"), rows, numbers=1), ("letters",)
    )


def outcomes(told: Figures) -> str:
    """How reports ended, with the share of repeats, echoes and further origins."""
    if not told.outcomes or not sum(told.outcomes.values()):
        said = "No worker was heard yet." if told.outcomes is None else "No report has come since the workers started."
        return a_panel("What became of reports", nothing_yet(said), ("ends",))
    all_of_them = sum(told.outcomes.values())
    rows = (
        (escape(word), sourced(f"{count:,}", "ends"), sourced(f"{100 * count / all_of_them:.1f} %", "ends"))
        for word, count in told.outcomes.items()
    )
    table = a_table("What became of reports", ("outcome", "messages", "share"), rows, numbers=1)
    return a_panel("What became of reports", table, ("ends",))


def health(told: Figures, sources: Iterable[Source], broker: Source | None) -> str:
    """Workers, keeper and broker: whether they answer, since when not."""
    by_name = {process.name: process for process in told.processes}
    rows = [_process_row(source, by_name.get(source.name)) for source in sources]
    if broker is not None:
        since = sourced(_clock(broker.ill_since), "lag") if broker.ill_since else ""
        rows.append((f"broker {escape(broker.name)}", _state(broker), since, ""))
    return a_panel(
        "Processes", a_table("Processes", ("", "state", "since", "disk free"), rows, numbers=3), ("process",)
    )


def faults(sources: Iterable[Source], now: float) -> str:
    """What does not answer, since when, and of when what is shown of it is; empty where all answer."""
    said = []
    for source in sources:
        if source.ill is None:
            continue
        old = "nothing of it was ever seen"
        if source.good_at is not None:
            old = f"what is shown of it is old, as of {_clock(source.good_at)}"
        since = _clock(source.ill_since if source.ill_since is not None else now)
        said.append(f'<p class="stale"><strong>{escape(source.ill)}</strong> Since {since}; {old}.</p>')
    return "".join(said)


def _waits(told: Figures, number: int, *, late: bool) -> str:
    """How many wait; where no worker was heard, nobody knows."""
    return sourced("?" if told.outcomes is None else _count(number), "waiting", bad=late and number > 0)


def _latency_row(words: str, told: Latency, source: str) -> tuple[str, ...]:
    return (
        words,
        sourced(f"{told.count:,}", source),
        sourced(_seconds(told.p50_s), source),
        sourced(_seconds(told.p99_s), source),
    )


def _process_row(source: Source, process: Process | None) -> tuple[str, ...]:
    started = process.started_at if process else None
    free = process.home_free if process else None
    state = _state(source)
    if source.ill is None and process is not None and process.ready is False:
        state = '<span class="warn">answers, not ready</span>'
    return (
        escape(source.name.removesuffix("/metrics").removeprefix("http://")),
        state,
        sourced(_clock(at), "process") if (at := source.ill_since or started) else "",
        sourced(f"{100 * free:.0f} %", "process", bad=free < 0.1) if free is not None else "",  # noqa: PLR2004
    )


def _state(source: Source) -> str:
    if source.ill is not None:
        return '<span class="bad">out of reach</span>'
    if source.good_at is None:
        return '<span class="quiet">not asked yet</span>'
    return f'<span class="good">answers</span> <span class="quiet">{1000 * (source.took_s or 0):.0f} ms</span>'


def _figure(name: str, shown: str, source: str, *, bad: bool = False) -> str:
    tone = ' class="bad"' if bad else ""
    return f'<div title="{escape(SOURCES[source])}"><dt>{escape(name)}</dt><dd{tone}>{escape(shown)}</dd></div>'


def sourced(shown: str, source: str, *, bad: bool = False) -> str:
    """The number with its source as a tooltip; bad only where there is any."""
    tone = ' class="bad"' if bad and shown not in {"0", "", "–"} else ""
    return f'<span title="{escape(SOURCES[source])}"{tone}>{escape(shown)}</span>'


def _last(at: float | None, now: float, *, silent: bool) -> str:
    if at is None:
        return f'<span class="quiet" title="{escape(SOURCES["last"])}">never</span>'
    words = f"{span_of(max(0.0, now - at))} ago" + (" – silent" if silent else "")
    tone = "bad" if silent else ""
    return f'<span class="whole {tone}" title="{escape(SOURCES["last"])}; {_clock(at)}">{words}</span>'


def a_panel(title: str, body: str, sources: Sequence[str], *, kind: str = "", tall: bool = False) -> str:
    """A titled box that says where its numbers come from."""
    held = (
        f'<div class="scrolls" tabindex="0" role="region" aria-label="{escape(title)}">{body}</div>' if tall else body
    )
    told = "; ".join(SOURCES[source] for source in sources)
    where = (
        f'<details class="source" data-key="{escape(title)}"><summary>Where this comes from</summary>'
        f"<p>{escape(told)}.</p></details>"
        if sources
        else ""
    )
    return f'<section class="panel {kind}"><h2>{escape(title)}</h2>{held}{where}</section>'


def a_table(caption: str, heads: Sequence[str], rows: Iterable[Sequence[str]], numbers: int) -> str:
    """A table whose first cell of a row is its heading; from column `numbers` on they are numbers."""
    top = "".join(
        f'<th scope="col"{_right(index, numbers)}>{escape(head)}</th>' if head else "<td></td>"
        for index, head in enumerate(heads)
    )
    body = "".join(f"<tr>{''.join(_cells(row, numbers))}</tr>" for row in rows)
    named = f'<table class="facts" aria-label="{escape(caption)}">'
    return f"{named}<thead><tr>{top}</tr></thead><tbody>{body}</tbody></table>"


def _cells(row: Sequence[str], numbers: int) -> Iterator[str]:
    for index, cell in enumerate(row):
        yield f'<th scope="row">{cell}</th>' if index == 0 else f"<td{_right(index, numbers)}>{cell}</td>"


def _right(index: int, numbers: int) -> str:
    return ' class="number"' if index >= numbers else ""


def nothing_yet(sentence: str) -> str:
    """A sentence where there is no number."""
    return f'<p class="nothing">{escape(sentence)}</p>'


def _count(number: int) -> str:
    return f"{number:,}" if number else "–"


def _number(number: float | None) -> str:
    return "?" if number is None else f"{number:.2f}" if number < 10 else f"{number:,.0f}"  # noqa: PLR2004 - two digits


def _seconds(seconds: float | None) -> str:
    if seconds is None:
        return "–"
    return f"{1000 * seconds:.0f} ms" if seconds < 1 else span_of(seconds)


def span_of(seconds: float) -> str:
    """A length of time in its two greatest units at most."""
    for unit, length in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= 2 * length:
            return f"{seconds / length:.0f} {unit}"
    return f"{seconds:.0f} s"


def _clock(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).astimezone(PKT).strftime("%d %b %H:%M PKT")
