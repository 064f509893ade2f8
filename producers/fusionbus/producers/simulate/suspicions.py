"""Reports of suspicious payments, of wanted persons and of crossings, with what is true of them."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from random import Random
from typing import Any, Final

from fusionbus.contract import ids
from fusionbus.contract.base import Interval
from fusionbus.contract.handling import Legal, Predicate
from fusionbus.contract.report import Entity, Person, Place, ThreatReport
from fusionbus.contract.sections import BorderSection, FinanceSection, RecordSection
from fusionbus.contract.vocabulary import EntityType, Severity, Status, SubjectRole, ThreatCategory
from fusionbus.producers.simulate import launderers, names, sections, world
from fusionbus.producers.simulate.names import MadeUpPerson
from fusionbus.producers.simulate.truth import Facts, Line, Told
from fusionbus.producers.simulate.world import District

SHARED_SHARE: Final = 0.3
"""Schemes whose account stands in a police record too. An assumption."""
CROSSES_SHARE: Final = 0.6
"""Wanted persons who are met at a border with the same paper."""
NAMESAKE_SHARE: Final = 0.3
"""Wanted persons whose name, sex and age a stranger at the border has, mostly with another paper."""
TRAVELLERS_A_WANTED: Final = 10
_CLERKS: Final = {"FMU": 6, "FIA": 2, "CUSTOMS": 1}
_BORDER: Final = {"PASSPORTS": 6, "CUSTOMS": 1, "FIA": 2}


class Suspicions:
    """Makes such lines; the same arguments make the same.

    Args:
        seed: what all chance comes from.
        start: the earliest a payment or crossing may be.
        span: no report is later than `start + span`.
    """

    def __init__(self, seed: int, start: datetime, span: timedelta) -> None:
        self._rng = Random(f"suspicions {seed}")  # noqa: S311 - a simulation wants chance that can be repeated
        self._seed, self._start, self._end, self._span = seed, start, start + span, span
        self._serial = 0

    def lines(self, schemes: int, wanted: int) -> list[Line]:
        """Lines on so many schemes and wanted persons, and on honest people besides; oldest first."""
        made: list[Line] = []
        for number, matter in enumerate(launderers.schemes(self._rng, schemes, self._start, self._span)):
            made.extend(self._told(matter, f"M{number:05d}"))
        for number in range(wanted):
            made.extend(self._sought(f"W{number:05d}"))
        return sorted(made, key=lambda line: (line.report.reported_at, line.report.report_id))

    def _told(self, matter: launderers.Matter, event: str) -> Iterator[Line]:
        district = world.choose_district(self._rng, world.OTHER_SHARE)
        facts = Facts(event, "finance", district.province.value, district.name, None, matter.pattern, matter.account)
        agency, suspect = self._one_of(_CLERKS), names.person(self._rng)
        for payments in launderers.in_reports(self._rng, matter):
            section = FinanceSection(
                suspicion=matter.suspicion,  # type: ignore[arg-type] # one of its words
                transactions=tuple(payments),
            )
            last = max(payment.at for payment in payments)
            yield self._line(agency, last, district, facts, section=section, category=ThreatCategory.FINANCING)
        if matter.pattern is not None and self._rng.random() < SHARED_SHARE:
            yield self._line(
                f"CTD-{district.province.value.removeprefix('PK-')}",
                self._start + self._span * self._rng.uniform(0.5, 0.8),
                district,
                Facts(event, "record", district.province.value, district.name, None, "shared_account", matter.account),
                section=RecordSection(record_type="arrest", record_number=f"SIM {event}"),
                entities=(Entity(type=EntityType.ACCOUNT, token=matter.account),),
                persons=(_person(self._rng, suspect, SubjectRole.CRIMINAL_SUBJECT, paper=True),),
                legal=Legal(criminal_predicate=Predicate(basis="Named as accused in a simulated case")),
            )

    def _sought(self, event: str) -> Iterator[Line]:
        rng = self._rng
        person, district = names.person(rng), world.choose_district(rng, world.OTHER_SHARE)
        listed_at = self._start + self._span * rng.uniform(0.1, 0.4)
        facts = Facts(event, "record", district.province.value, district.name, None, None, person.id_token())
        yield self._line(
            f"CTD-{district.province.value.removeprefix('PK-')}",
            listed_at,
            district,
            facts,
            section=RecordSection(record_type="wanted_person", record_number=f"SIM {event}", recorded_at=listed_at),
            persons=(_person(rng, person, SubjectRole.CRIMINAL_SUBJECT, paper=True),),
            legal=Legal(criminal_predicate=Predicate(basis="Named as accused in a simulated case")),
            severity=Severity.SEVERE,
        )
        if rng.random() < CROSSES_SHARE:
            shown = rng.random() < 0.85  # noqa: PLR2004 - an assumption: the rest cross without a paper
            yield self._crossing(event, person, "watch_list_hit" if shown else "watch_list_possible", paper=shown)
        if rng.random() < NAMESAKE_SHARE:
            stranger = MadeUpPerson(person.first, person.last, person.sex, person.age)
            yield self._crossing(event, stranger, None, paper=False, other_paper=rng.random() < 0.7)  # noqa: PLR2004 - as above
        for _ in range(TRAVELLERS_A_WANTED):
            yield self._crossing(f"{event}-T", names.person(rng), None, paper=False, other_paper=True)

    def _crossing(
        self, event: str, person: MadeUpPerson, pattern: str | None, *, paper: bool, other_paper: bool = False
    ) -> Line:
        rng, district = self._rng, world.choose_district(self._rng, world.OTHER_SHARE)
        self._serial += 1
        traveller = _person(rng, person, SubjectRole.OTHER, paper=paper)
        if other_paper:
            own = names.token("cnic", f"traveller-{self._seed}-{self._serial}")
            traveller = traveller.model_copy(update={"id_tokens": (own,)})
        at = self._start + self._span * rng.uniform(0.45, 0.95)
        facts = Facts(event, "border", district.province.value, district.name, None, pattern, person.id_token())
        section = BorderSection(
            crossing_point=rng.choice(("Torkham", "Chaman", "Taftan", "Islamabad airport", "Karachi airport")),
            direction=rng.choice(("in", "out")),
            event="crossed",
        )
        return self._line(self._one_of(_BORDER), at, district, facts, section=section, persons=(traveller,))

    def _one_of(self, shares: dict[str, int]) -> str:
        return self._rng.choices(list(shares), list(shares.values()))[0]

    def _line(self, agency: str, at: datetime, district: District, facts: Facts, **fields: Any) -> Line:
        self._serial += 1
        at = min(at, self._end - timedelta(minutes=5))
        reported_at = min(self._end, at + timedelta(minutes=world.delay_min(self._rng, agency)))
        reported_at = reported_at.replace(microsecond=reported_at.microsecond // 1000 * 1000)
        local_ref = f"SIM-{self._seed}/{agency}/S{self._serial:06d}"
        report = ThreatReport(
            report_id=ids.report_id(agency, local_ref),
            agency=agency,
            local_ref=local_ref,
            status=Status.ACTUAL,
            occurred=Interval(start=at, end=at),
            reported_at=reported_at,
            place=Place(province=district.province, district=district.name),
            source=sections.source(self._rng, agency),
            handling=sections.handling(self._rng, agency),
            **fields,
        )
        return Line(report, Told.ORIGINAL, report.report_id, facts)


def _person(rng: Random, person: MadeUpPerson, role: SubjectRole, *, paper: bool) -> Person:
    name = person.spelled(rng)
    return Person(
        role=role,
        id_tokens=(person.id_token(),) if paper else (),
        name_tokens=names.name_tokens(name),
        name_clk=names.name_clk(name),
        sex=person.sex,
        age_low=person.age,
        age_high=person.age + 1,
    )
