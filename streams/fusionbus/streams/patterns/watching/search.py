"""Wanted persons and those who are met: a hit by paper, at once; by name only a question for a person to judge.

Who is wanted: suspects in a record of a wanted person or a proclamation, by CNIC and passport, until the record is
withdrawn or the same agency tells of a release. A witness in the record is not wanted. Who is met: whoever another
agency's report names by the same paper, but for victims and witnesses: nobody should have to fear to report a crime.
`docs/borders.md` tells each choice and why.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Final

from fusionbus.contract.incident import Relation
from fusionbus.contract.observation import Observation
from fusionbus.contract.sections import RecordSection
from fusionbus.contract.vocabulary import EntityType, Kind, SubjectRole
from fusionbus.streams.patterns.values import Finding
from fusionbus.streams.patterns.watching.findings import hit, possible
from fusionbus.streams.patterns.watching.names_alike import UNTOLD, WANTING, Likeness, Names, let_go

PAPERS: Final = frozenset({EntityType.CNIC.value, EntityType.PASSPORT.value})
"""What stands for one person. A phone or a plate changes hands: it relates incidents and is no hit."""
LOOK_BACK: Final = timedelta(days=7)
"""How long before the listing somebody may have been met: who flees is gone before the proclamation. An assumption;
older journeys are a question to the border agency, with a legal ground of its own."""
WAITING_MAX: Final = 100
"""Listings that wait to be looked at. More are looked at before: asking what stands then has no more to do."""
STANDS_FOR: Final = timedelta(days=30)
"""How long a hit stands after the meeting. An assumption: what was not acted on by then is in the case file."""


class WatchSearch:
    """Looks for wanted persons in the reports of one status."""

    def __init__(self) -> None:
        self._revisions: dict[str, int] = {}
        self._reports: dict[str, Observation] = {}
        self._wanted: defaultdict[str, set[str]] = defaultdict(set)
        self._met: defaultdict[str, set[str]] = defaultdict(set)
        self._freed: defaultdict[str, set[str]] = defaultdict(set)
        self._names = Names()
        self._waiting: set[str] = set()
        self._found: dict[str, tuple[Finding, ...]] = {}

    def put(self, observation: Observation) -> None:
        """Takes a report, or a newer revision of one that is here; never one that is gone."""
        if self._revisions.get(observation.report_id, 0) > observation.revision:
            return
        self.drop(observation.report_id)
        self._revisions[observation.report_id] = observation.revision  # also of one that names nobody any more
        if observation.relation is Relation.RELAY or observation.kind is Kind.ASSESSMENT:
            return  # word of mouth about somebody who was met or is wanted is no second time
        papers = papers_of(observation)
        index = self._index_of(observation)
        if not papers and not self._names.takes(observation):
            return
        self._reports[observation.report_id] = observation
        for paper in papers:
            index[paper].add(observation.report_id)
        self._names.put(observation, wanted=index is self._wanted)
        self._touch(observation, papers)
        self._judge(WAITING_MAX)

    def drop(self, report_id: str) -> None:
        """Lets go of a report; one it does not know is no fault."""
        self._revisions.pop(report_id, None)
        report = self._reports.get(report_id)
        if report is None:
            return
        papers = papers_of(report)
        self._touch(report, papers)
        index = self._index_of(report)
        for paper in papers:
            let_go(index, paper, report_id)
        self._names.drop(report)
        del self._reports[report_id]
        self._waiting.discard(report_id)
        self._found.pop(report_id, None)
        self._judge(WAITING_MAX)

    def standing(self, now: datetime) -> Sequence[Finding]:
        """All that holds at this time, in the order of the keys."""
        self._judge(0)
        oldest = now - STANDS_FOR
        return sorted(
            (each for found in self._found.values() for each in found if each.window.end >= oldest),
            key=lambda each: each.key,
        )

    def _touch(self, report: Observation, papers: Iterable[str]) -> None:
        """The listings that this report may be a meeting, a release or a namesake of have to be looked at again."""
        if self._index_of(report) is self._wanted:
            self._waiting.add(report.report_id)
        for paper in papers:
            self._waiting |= self._wanted.get(paper, set())
        self._waiting |= self._names.wanted_like(report)

    def _judge(self, left: int) -> None:
        """Looks at listings until so many are left."""
        while len(self._waiting) > left:
            report_id = self._waiting.pop()
            found = self._of(self._reports[report_id])
            if found:
                self._found[report_id] = found
            else:
                self._found.pop(report_id, None)

    def _index_of(self, report: Observation) -> defaultdict[str, set[str]]:
        if isinstance(report.section, RecordSection):
            if report.section.record_type in WANTING:
                return self._wanted
            if report.section.record_type == "release":
                return self._freed
        return self._met

    def _of(self, listing: Observation) -> tuple[Finding, ...]:
        """What is found of one listing."""
        papers = papers_of(listing)
        ended = self._ended(listing, papers)
        met: defaultdict[str, list[str]] = defaultdict(list)
        for paper in papers:
            for report_id in self._met.get(paper, ()):
                met[report_id].append(paper)
        hits = [
            hit(listing, self._reports[name], sorted(tokens))
            for name, tokens in met.items()
            if _counts(listing, self._reports[name], ended)
        ]
        return (*hits, *(possible(listing, self._reports[name], why) for name, why in self._alike(listing, met, ended)))

    def _ended(self, listing: Observation, papers: Iterable[str]) -> datetime | None:
        """When the agency that wants the person told of a release; another agency cannot take somebody off its list."""
        listed_at = listed(listing)
        freed = (
            listed(self._reports[name])
            for paper in papers
            for name in self._freed.get(paper, ())
            if self._reports[name].agency == listing.agency
        )
        return min((at for at in freed if at >= listed_at), default=None)

    def _alike(self, listing: Observation, met: Iterable[str], ended: datetime | None) -> list[tuple[str, Likeness]]:
        known = set(met)
        return [
            (name, why)
            for name, why in self._names.alike(listing, self._reports)
            if name not in known and _counts(listing, self._reports[name], ended)
        ]


def papers_of(report: Observation) -> frozenset[str]:
    """The CNICs and passports of those whom the report makes wanted or met; of a listing, of its suspects alone."""
    is_listing = isinstance(report.section, RecordSection) and report.section.record_type in WANTING
    found = [
        token
        for subject in report.subjects
        if (subject.role is SubjectRole.CRIMINAL_SUBJECT if is_listing else subject.role not in UNTOLD)
        for token in subject.id_tokens
    ]
    found += [entity.token for entity in report.entities if entity.role not in UNTOLD]
    return frozenset(token for token in found if token.partition(":")[0] in PAPERS)


def listed(record: Observation) -> datetime:
    """When a record was made."""
    section = record.section
    at = section.recorded_at if isinstance(section, RecordSection) else None
    return at or record.reported_at


def met_at(report: Observation) -> datetime:
    """When somebody was met."""
    return report.occurred.end if report.occurred is not None else report.reported_at


def _counts(listing: Observation, report: Observation, ended: datetime | None) -> bool:
    """Whether the report is another agency's, and of a time at which the person was wanted."""
    at = met_at(report)
    return report.agency != listing.agency and at >= listed(listing) - LOOK_BACK and (ended is None or at < ended)
