"""A records desk for tests: reports that can be told by their words, orders about them, and time that passes."""

from datetime import datetime, timedelta
from typing import Any, Final

from builders import NOW, a_report, a_token, minutes
from fusionbus.contract import topics
from fusionbus.contract.codec import encode
from fusionbus.contract.handling import Source
from fusionbus.contract.keeping import AnyOrder, LegalHold, Purge, ReleaseHold
from fusionbus.contract.report import ThreatReport
from fusionbus.contract.vocabulary import Status
from fusionbus.streams.engine import Output
from fusionbus.streams.sweep import REST
from hub import HubOnPaper

MARK: Final = "zarghunmarker"
"""A word of the report that is purged, and of nothing else."""


def marked(**changes: Any) -> ThreatReport:
    """A report by CTD-KP that can be told by its words wherever they are."""
    told: dict[str, Any] = {
        "headline": f"Blast {MARK} in a bazaar in Peshawar",
        "narrative": f"A device left on a handcart went off near the {MARK} spice sellers.",
        "tearline": f"A blast {MARK} in Peshawar.",
    }
    return a_report(**told | changes)


def plain(agency: str = "IB", number: int = 1, **changes: Any) -> ThreatReport:
    """Another account of the same blast, in other words."""
    return a_report(
        agency=agency,
        local_ref=f"plain-{number}",
        headline="Explosion among spice sellers of a Peshawar bazaar",
        narrative="A handcart with a device exploded near spice sellers; the bazaar is closed.",
        source=Source(source_token=a_token("source", number)),
        **changes,
    )


def order(
    kind: type[Purge | LegalHold | ReleaseHold],
    report: ThreatReport,
    agency: str | None = None,
    at: datetime | None = None,
) -> AnyOrder:
    """An order about a report, by its originator or another."""
    return kind(agency=agency or report.agency, at=at or NOW, report_id=report.report_id, reason="The desk's reason.")


def give(hub: HubOnPaper, message: AnyOrder) -> None:
    """The order on its writer's reports topic."""
    hub.put(topics.reports_topic(message.agency), message.report_id.encode(), encode(message))


def purge(hub: HubOnPaper, report: ThreatReport, agency: str | None = None) -> None:
    """A purge, now."""
    give(hub, order(Purge, report, agency, hub.now))


def state_of(hub: HubOnPaper) -> bytes:
    """All that the hub's second hop keeps."""
    return b"".join(key + value for rows in hub.fused.rows.values() for key, value in rows.items())


def newest(hub: HubOnPaper) -> bytes:
    """What the compacted topic of incidents holds once it is compacted."""
    held: dict[bytes, Output] = {out.key: out for out in hub.sent if out.topic == topics.INCIDENTS}
    return b"".join(out.value or b"" for out in held.values())


def sweep(hub: HubOnPaper, later: timedelta) -> None:
    """Time passes, and something else is told so that the hub looks; twice, for the first look may end a round."""
    for _ in range(2):
        hub.later(later / 2)
        number = int(hub.now.timestamp())
        hub.send(
            a_report(
                agency="FMU",
                local_ref=f"tick-{number}",
                status=Status.TEST,
                reported_at=hub.now - minutes(1),
                occurred=None,
                place=None,
                headline=None,
                narrative=None,
            )
        )
        hub.later(REST)
