"""A section of every kind of report, with a word of its own wherever one may stand."""

from datetime import timedelta
from typing import Final
from uuid import UUID

from builders import NOW, an_interval
from fusionbus.contract.sections import (
    AssessmentSection,
    BorderSection,
    CyberSection,
    Evidence,
    FinanceSection,
    IncidentSection,
    Indicator,
    OperationSection,
    RecordSection,
    Section,
    SuspiciousActivitySection,
    ThreatSection,
    TipSection,
    Transaction,
)
from fusionbus.contract.vocabulary import FindingKind, SuspiciousActivityCode

OPERATION: Final = an_interval(NOW + timedelta(hours=3), timedelta(hours=2))


def sections(word: str, token: str) -> list[Section]:
    """A section of every kind, and of the assessments one of every finding."""
    paid = Transaction(at=NOW, amount=900_000, from_account=token, reference=f"{word}payment")
    of_hub = Evidence(report_id=str(UUID(int=7)), incident_id=str(UUID(int=8)), reported_at=NOW, says=f"{word}evidence")
    return [
        IncidentSection(claimed_by=f"{word}claim", damage=f"{word}damage"),
        ThreatSection(target_description=f"{word}target", modus_operandi=f"{word}modus"),
        SuspiciousActivitySection(activity=SuspiciousActivityCode.SURVL, justification=f"{word}justification"),
        FinanceSection(str_reference=f"{word}str", transactions=(paid,)),
        CyberSection(indicators=(Indicator(type="domain", value=f"{word}indicator"),), impact=f"{word}impact"),
        TipSection(channel="web", caller_token=token, triaged_by=f"{word}triage", triage="accepted"),
        BorderSection(event="watch_list_hit", crossing_point=f"{word}crossing", goods=f"{word}goods"),
        RecordSection(record_type="fir", record_number=f"{word}fir", police_station=f"{word}station"),
        OperationSection(operation="raid", planned=OPERATION, contact=f"{word}operation"),
        *(AssessmentSection(finding=kind, window=OPERATION, evidence=(of_hub,)) for kind in FindingKind),
    ]
