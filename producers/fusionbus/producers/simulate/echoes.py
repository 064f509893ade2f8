"""Reports made out of other reports: relays in three disguises, corrections and withdrawals."""

from datetime import datetime
from random import Random
from typing import Any, Final

from fusionbus.contract.report import ThreatReport
from fusionbus.contract.vocabulary import MsgType, NatureOfSource

COPIED: Final = ("occurred", "place", "category", "weapon", "target_sector", "actor", "casualties")
_SWAPS: Final = (("reported", "informed"), ("wounded", "injured"), ("near", "close to"), (" at ", " around "))


def again(report: ThreatReport, **changes: Any) -> ThreatReport:
    """The report with these changes, validated as a new one."""
    return ThreatReport(**{name: getattr(report, name) for name in ThreatReport.model_fields} | changes)


def echoed(rng: Random, heard: ThreatReport, own: ThreatReport) -> ThreatReport:
    """`own` made out of what another agency wrote: it says so, or shares the source, or copies the text."""
    ways = ["derived"]
    if heard.source.source_token is not None:
        ways.append("source")
    if heard.narrative is not None:
        ways.append("copied")
    match rng.choice(ways):
        case "source":
            source = own.source.model_copy(update={"source_token": heard.source.source_token})
            return again(own, source=source)
        case "copied":
            taken = {name: getattr(heard, name) for name in COPIED}
            return again(own, **taken, narrative=_retyped(rng, heard.narrative or ""), language=heard.language)
        case _:
            taken = {name: getattr(heard, name) for name in COPIED}
            told = {"derived_from": (heard.report_id,), "nature": NatureOfSource.TOLD, "source_token": None}
            return again(own, **taken, source=own.source.model_copy(update=told), narrative=_passed_on(heard))


def revised(report: ThreatReport, msg_type: MsgType, at: datetime, changes: dict[str, Any]) -> ThreatReport:
    """The next revision of a report: a correction, or with CANCEL its withdrawal."""
    said = "Withdrawn: the report cannot be upheld. " if msg_type is MsgType.CANCEL else "Correction. "
    return again(
        report,
        msg_type=msg_type,
        revision=report.revision + 1,
        reported_at=at,
        references=(report.report_id,),
        narrative=said + (report.narrative or report.headline or ""),
        **changes,
    )


def _retyped(rng: Random, text: str) -> str:
    """Nearly the same text, as after typing it off a screen."""
    old, new = rng.choice(_SWAPS)
    return text.replace(old, new, 1).rstrip()


def _passed_on(heard: ThreatReport) -> str:
    return f"Passed on from {heard.agency} for information. {heard.narrative or heard.headline or ''}".strip()
