"""An accepted tip as a report: what goes to the hub, and what stays here. Then into the outbox, once."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from fusionbus.contract.codec import Undecodable, decode_report, encode
from fusionbus.contract.errors import Misconfigured
from fusionbus.contract.handling import Handling, Source
from fusionbus.contract.report import Entity, Place, ThreatReport
from fusionbus.contract.sections import TipSection
from fusionbus.contract.vocabulary import (
    TLP,
    Credibility,
    EntityType,
    NatureOfSource,
    Province,
    Reliability,
    Severity,
    ThreatCategory,
    TipClassCode,
    Urgency,
)
from fusionbus.producers import compose
from fusionbus.producers.compose import Head
from fusionbus.producers.outbox import Outbox
from fusionbus.producers.settings import ProducerSettings
from fusionbus.producers.tips.decisions import Decisions
from fusionbus.producers.tips.settings import TipSettings
from fusionbus.producers.tips.tip import Tip
from fusionbus.producers.tokens import FederationKey

HEADLINE_MAX: Final = 120
NOBODY: Final = "tips without a number"
NARRATIVE_MAX: Final = 20_000
"""As the contract's `Prose`."""


@dataclass(frozen=True, slots=True)
class Judged:
    """What the desk adds when it accepts a tip; all of it may stay empty."""

    province: Province | None = None
    district: str | None = None
    category: ThreatCategory | None = None
    tip_class: TipClassCode | None = None
    headline: str | None = None


def report_of(
    tip: Tip, judged: Judged, *, by: str, now: datetime, settings: TipSettings, key: FederationKey
) -> ThreatReport:
    """The report: graded F6 (nobody can judge an unknown teller), its source masked. Raises: FixTheReport."""
    said = tip.whole if tip.happens is None else f"{tip.whole}\n\n[{tip.happens}]"
    head = Head(
        status=settings.tips_status,
        reported_at=now,
        observed_at=tip.received_at,
        place=Place(province=judged.province, district=judged.district, name=tip.place),
        urgency=Urgency.IMMEDIATE if tip.urgent else Urgency.UNKNOWN,
        severity=Severity.SEVERE if tip.marked else Severity.UNKNOWN,
        source=_source(tip, key),
        entities=() if tip.plate_token is None else (Entity(type=EntityType.PLATE, token=tip.plate_token),),
        handling=Handling(tlp=TLP.AMBER, mask_source=True),
        language=tip.language,
        headline=judged.headline or _headline(tip.text),
        narrative=said[:NARRATIVE_MAX],
    )
    if judged.category is not None:
        head["category"] = judged.category
    local_ref = f"{tip.received_at:%Y-%m-%d}/{tip.tip_id}"
    return compose.report(agency=settings.tips_agency, local_ref=local_ref, section=_section(tip, judged, by), **head)


def _section(tip: Tip, judged: Judged, by: str) -> TipSection:
    return TipSection(
        channel=tip.channel,  # type: ignore[arg-type] # the table has only these
        caller_token=tip.caller_token,
        tip_class=judged.tip_class,
        triage="accepted",
        triaged_by=by,
    )


def _source(tip: Tip, key: FederationKey) -> Source:
    """Tips of one caller have one source, and all tips without a number have one source together.

    So a hundred tips of one person never confirm each other; they confirm, and are confirmed by, what agencies report.
    """
    return Source(
        reliability=Reliability.F,
        credibility=Credibility.CANNOT_BE_JUDGED,
        nature=NatureOfSource.TOLD,
        source_token=key.token("source", tip.caller_token or NOBODY),
    )


def hand_over(decisions: Decisions, agency: str, settings: ProducerSettings) -> int:
    """How many accepted tips were put into the outbox now; what lies there already is not put again.

    Killed in between, the next call goes on: the bytes are the same, and the outbox knows them.
    """
    waiting = decisions.handing_over()
    if not waiting:
        return 0
    with Outbox(agency, settings) as outbox:
        for tip_id, body in waiting:
            report = decode_report(body)
            if isinstance(report, Undecodable):
                raise Misconfigured(f"The report of tip {tip_id} cannot be read back: {report.sentence}")
            outbox.put(report)
            decisions.handed_over(tip_id)
    return len(waiting)


def accept(
    decisions: Decisions, tip: Tip, judged: Judged, *, by: str, now: datetime, key: FederationKey
) -> ThreatReport:
    """The report that the tip has become; it lies in the outbox. Raises: FixTheReport where it was decided already."""
    settings = decisions.settings
    report = report_of(tip, judged, by=by, now=now, settings=settings, key=key)
    decisions.accept(tip.tip_id, encode(report), report, by, now)
    hand_over(decisions, settings.tips_agency, settings)
    return report


def _headline(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= HEADLINE_MAX else f"{line[: HEADLINE_MAX - 1]}…"
