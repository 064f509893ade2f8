"""Reports made from the scenario's compact tellings, with times counted back from a given present."""

from datetime import datetime, timedelta
from functools import cached_property
from importlib import resources
from typing import Annotated, Any

import yaml
from pydantic import BaseModel, ConfigDict, Field

from fusionbus.contract import ids
from fusionbus.contract.base import AgencyId, Interval
from fusionbus.contract.handling import Handling, Source
from fusionbus.contract.report import Actor, Casualties, Place, ThreatReport
from fusionbus.contract.sections import IncidentSection
from fusionbus.contract.vocabulary import (
    TLP,
    Certainty,
    Classification,
    Credibility,
    Kind,
    MsgType,
    NatureOfSource,
    Outcome,
    Province,
    Reliability,
    Severity,
    Status,
    TargetSectorCode,
    ThreatCategory,
    Urgency,
    Weapon,
)
from fusionbus.producers.simulate.echoes import again
from fusionbus.producers.simulate.truth import Facts, Line, Told

Toll = int | Annotated[list[int], Field(min_length=2, max_length=2)]


class _Compact(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Telling(_Compact):
    """What one agency said, and when."""

    ref: str
    by: AgencyId
    after: Annotated[float, Field(gt=0)]
    text: str
    killed: Toll | None = None
    injured: Toll | None = None
    place: str | None = None
    at: Annotated[list[float], Field(min_length=2, max_length=2)] | None = None
    category: ThreatCategory | None = None
    weapon: Weapon | None = None
    actor: str | None = None
    lang: str = "en"
    tearline: str | None = None
    tlp: TLP = TLP.GREEN
    classification: Annotated[Classification, Field(alias="class")] = Classification.RESTRICTED
    orcon: bool = False
    mask: bool = False
    urgency: Urgency = Urgency.PAST
    severity: Severity = Severity.UNKNOWN
    exercise: bool = False
    derived: str | None = None
    echo: str | None = None
    corrects: str | None = None
    withdraws: str | None = None

    @property
    def earlier(self) -> str | None:
        """The telling of which this one is the next revision."""
        return self.corrects or self.withdraws


class Attack(_Compact):
    """One attack, its tellings, and who has to hear of it."""

    incident: str
    hours_ago: float
    province: Province
    district: str
    category: ThreatCategory
    weapon: Weapon
    sector: TargetSectorCode
    series: str | None = None
    must: tuple[AgencyId, ...]
    never: tuple[AgencyId, ...]
    tellings: tuple[Telling, ...]


class Scenario(_Compact):
    """All attacks of the scenario."""

    incidents: tuple[Attack, ...]

    def lines(self, now: datetime) -> list[Line]:
        """Every telling as a report, oldest first; the newest lies before `now`."""
        made = [line for attack in self.incidents for line in _Teller(attack, now).lines()]
        return sorted(made, key=lambda line: line.report.reported_at)

    def expectations(self) -> list[dict[str, object]]:
        """Who must get an alert of each attack and who never, as rows of the truth file."""
        return [
            {"type": "incident", "event": attack.incident, "must": list(attack.must), "never": list(attack.never)}
            for attack in self.incidents
        ]


def load() -> Scenario:
    """The scenario from the file beside this one."""
    text = resources.files(__package__).joinpath("incidents.yaml").read_text(encoding="utf-8")
    return Scenario.model_validate(yaml.safe_load(text))


class _Teller:
    """Turns the tellings of one attack into reports; each may refer to an earlier one."""

    def __init__(self, attack: Attack, now: datetime) -> None:
        self._attack = attack
        self._at = (now - timedelta(hours=attack.hours_ago)).replace(microsecond=0)
        self._run = now.strftime("%Y%m%d%H%M%S")
        self._lines: dict[str, Line] = {}

    def lines(self) -> list[Line]:
        for telling in self._attack.tellings:
            self._lines[telling.ref] = self._line(telling)
        return list(self._lines.values())

    def _line(self, telling: Telling) -> Line:
        if telling.earlier is not None:
            before = self._lines[telling.earlier]
            told = Told.CANCEL if telling.withdraws else Told.UPDATE
            return Line(self._revised(telling, before.report), told, before.origin, self._facts)
        report = self._report(telling)
        if telling.exercise:
            return Line(report, Told.EXERCISE, report.report_id, self._rehearsed)
        heard = telling.derived or telling.echo
        if heard is not None:
            return Line(report, Told.RELAY, self._lines[heard].origin, self._facts)
        told = Told.INDEPENDENT if self._lines else Told.ORIGINAL
        return Line(report, told, report.report_id, self._facts)

    @cached_property
    def _facts(self) -> Facts:
        attack = self._attack
        return Facts(attack.incident, Kind.INCIDENT.value, attack.province.value, attack.district, attack.series)

    @cached_property
    def _rehearsed(self) -> Facts:
        facts = self._facts
        return Facts(f"{facts.event}_exercise", facts.kind, facts.province, facts.district)

    def _reported_at(self, telling: Telling) -> datetime:
        # A few milliseconds tell apart what two agencies reported in one minute.
        spread = timedelta(milliseconds=sum(telling.ref.encode()) % 997)
        return self._at + timedelta(minutes=telling.after) + spread

    def _report(self, telling: Telling) -> ThreatReport:
        attack, reported_at = self._attack, self._reported_at(telling)
        local_ref = f"SCN-{self._run}/{attack.incident}/{telling.ref}"
        # Clocks differ by a few minutes between agencies, always in the same way.
        start = min(self._at + timedelta(minutes=sum(telling.ref.encode()) % 9 - 4), reported_at)
        return ThreatReport(
            report_id=ids.report_id(telling.by, local_ref),
            agency=telling.by,
            local_ref=local_ref,
            status=Status.EXERCISE if telling.exercise else Status.ACTUAL,
            occurred=Interval(start=start, end=start),
            reported_at=reported_at,
            place=self._place(telling),
            category=telling.category or attack.category,
            weapon=telling.weapon or attack.weapon,
            target_sector=attack.sector,
            actor=Actor(name=telling.actor, claimed=True) if telling.actor else None,
            urgency=telling.urgency,
            severity=telling.severity,
            certainty=Certainty.OBSERVED,
            source=self._source(telling),
            casualties=_casualties(telling),
            headline=f"{attack.category.value.replace('_', ' ').capitalize()}, {attack.district}",
            narrative=telling.text,
            language=telling.lang,
            tearline=telling.tearline,
            handling=Handling(
                tlp=telling.tlp,
                classification=telling.classification,
                originator_control=telling.orcon,
                mask_source=telling.mask,
            ),
            section=IncidentSection(course="ongoing" if telling.urgency is Urgency.IMMEDIATE else "over"),
        )

    def _revised(self, telling: Telling, before: ThreatReport) -> ThreatReport:
        changes: dict[str, Any] = {
            "msg_type": MsgType.CANCEL if telling.withdraws else MsgType.UPDATE,
            "revision": before.revision + 1,
            "references": (before.report_id,),
            "reported_at": self._reported_at(telling),
            "narrative": telling.text,
        }
        if telling.corrects:
            changes |= {"casualties": _casualties(telling), "severity": telling.severity}
            changes |= {"category": telling.category or before.category, "weapon": telling.weapon or before.weapon}
        return again(before, **changes)

    def _source(self, telling: Telling) -> Source:
        derived: tuple[str, ...] = ()
        if telling.derived is not None:
            derived = (self._lines[telling.derived].report.report_id,)
        return Source(
            reliability=Reliability.B,
            credibility=Credibility.PROBABLY_TRUE,
            nature=NatureOfSource.TOLD if derived or telling.echo else NatureOfSource.WITNESSED,
            derived_from=derived,
        )

    def _place(self, telling: Telling) -> Place:
        lat, lon = telling.at if telling.at is not None else (None, None)
        return Place(
            province=self._attack.province, district=self._attack.district, name=telling.place, lat=lat, lon=lon
        )


def _casualties(telling: Telling) -> tuple[Casualties, ...]:
    stated: list[tuple[Outcome, Toll | None]] = [(Outcome.KILLED, telling.killed), (Outcome.INJURED, telling.injured)]
    made = []
    for outcome, toll in stated:
        if toll is None:
            continue
        low, high = (toll, toll) if isinstance(toll, int) else toll
        made.append(Casualties(outcome=outcome, low=low, high=high))
    return tuple(made)
