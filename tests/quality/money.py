"""`PYTHONPATH=tests python -m quality.money`: precision and recall of the patterns of payments and of wanted persons.

The truth is the simulator's. `--sweep` shows what moving each threshold does, `--speed` how long asking takes with
100,000 reports. Figures are of one run; the seed makes it the same again.
"""

import argparse
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from time import perf_counter
from typing import Final, NamedTuple

from rich.console import Console
from rich.table import Table

from fusionbus.contract import ids
from fusionbus.contract.incident import PersonClue, Relation
from fusionbus.contract.observation import Observation, Subject
from fusionbus.contract.report import ThreatReport
from fusionbus.contract.sections import BorderSection, FinanceSection, RecordSection
from fusionbus.contract.vocabulary import FindingKind
from fusionbus.producers.simulate.suspicions import Suspicions
from fusionbus.producers.simulate.truth import Line
from fusionbus.streams.patterns.money import MoneySearch
from fusionbus.streams.patterns.money import thresholds as lines
from fusionbus.streams.patterns.values import Finding, Search
from fusionbus.streams.patterns.watching.search import WatchSearch

START: Final = datetime(2026, 1, 1, tzinfo=UTC)
SPAN: Final = timedelta(days=80)
BAR_MS: Final = 50
LOAD: Final = 100_000
console = Console(highlight=False, width=110)


class Score(NamedTuple):
    """How one pattern was found."""

    true: int
    """Schemes of this pattern."""
    told: int
    """Accounts told of; of wanted persons, meetings."""
    right: int
    """Of those, that belong to a scheme of this pattern."""
    near: int
    """Of those, that belong to a scheme of another pattern."""

    @property
    def recall(self) -> float:
        return self.right / self.true if self.true else 0.0

    @property
    def precision(self) -> float:
        return self.right / self.told if self.told else 0.0


def observed(report: ThreatReport) -> Observation:
    """The report as the hub tells the searches of it, each an incident of its own."""
    section = report.section
    return Observation(
        report_id=report.report_id,
        revision=report.revision,
        incident_id=ids.incident_id("PK", report.report_id),
        zone="PK",
        agency=report.agency,
        masked=report.is_masked,
        status=report.status,
        kind=report.kind,
        relation=Relation.ORIGINAL,
        origin=report.report_id,
        accepted_at=report.reported_at,
        reported_at=report.reported_at,
        occurred=report.occurred,
        place=report.place,
        category=report.category,
        subjects=tuple(
            Subject(
                role=person.role,
                id_tokens=person.id_tokens,
                clue=PersonClue(
                    name_tokens=person.name_tokens,
                    name_clk=person.name_clk,
                    sex=person.sex,
                    age_low=person.age_low,
                    age_high=person.age_high,
                ),
            )
            for person in report.persons
        ),
        entities=report.entities,
        section=section if isinstance(section, FinanceSection | BorderSection | RecordSection) else None,
        handling=report.handling,
    )


def simulated(seed: int, schemes: int, wanted: int) -> list[Line]:
    """Reports with their truth."""
    return Suspicions(seed, START, SPAN).lines(schemes, wanted)


def found_in(reports: Sequence[Line]) -> list[Finding]:
    """All that both searches find."""
    searches: tuple[Search, ...] = (MoneySearch(), WatchSearch())
    for line in reports:
        for search in searches:
            search.put(observed(line.report))
    # Asked as of the first day: what is over by the last would be missing else.
    return [finding for search in searches for finding in search.standing(START)]


def scores(reports: Sequence[Line], findings: Iterable[Finding]) -> dict[FindingKind, Score]:
    """The score of each pattern that the simulator makes."""
    true: defaultdict[str, set[str]] = defaultdict(set)
    for line in reports:
        if line.facts.pattern is not None and line.facts.account is not None:
            at_border = isinstance(line.report.section, BorderSection)
            true[line.facts.pattern].add(line.report.report_id if at_border else line.facts.account)
    told: defaultdict[FindingKind, set[str]] = defaultdict(set)
    for finding in findings:
        told[finding.kind].add(_about(finding))
    behind = set().union(*true.values())
    return {
        kind: Score(
            len(true[kind.value]),
            len(told[kind]),
            len(told[kind] & true[kind.value]),
            len(told[kind] & behind - true[kind.value]),
        )
        for kind in FindingKind
        if true[kind.value] or told[kind]
    }


def _about(finding: Finding) -> str:
    """The account; of somebody wanted, the report of where the person was met."""
    if finding.kind in (FindingKind.WATCH_LIST_HIT, FindingKind.WATCH_LIST_POSSIBLE):
        return finding.evidence[1][0].report_id
    return finding.entities[0].token


def tell_scores(reports: Sequence[Line]) -> None:
    """Prints the table of precision and recall."""
    table = Table("pattern", "true", "told", "right", "another scheme", "honest", "recall", "precision")
    for kind, score in scores(reports, found_in(reports)).items():
        honest = score.told - score.right - score.near
        row = (kind.value, score.true, score.told, score.right, score.near, honest)
        table.add_row(*map(str, row), f"{score.recall:.2f}", f"{score.precision:.2f}")
    kinds = Counter(line.report.kind.value for line in reports)
    console.print(f"{len(reports)} reports: {', '.join(f'{count} {kind}' for kind, count in sorted(kinds.items()))}")
    console.print(table)


SWEEPS: Final[tuple[tuple[str, FindingKind, tuple[object, ...]], ...]] = (
    ("STRUCTURING_PAYMENTS_MIN", FindingKind.STRUCTURING, (2, 3, 4, 5)),
    ("STRUCTURING_FLOOR_PKR", FindingKind.STRUCTURING, (600_000.0, 1_000_000.0, 1_400_000.0)),
    ("FAN_ACCOUNTS_MIN", FindingKind.FAN_IN, (5, 8, 10, 12)),
    ("FAN_ACCOUNTS_MIN", FindingKind.FAN_OUT, (5, 8, 10, 12)),
    ("THROUGH_TURNS_MIN", FindingKind.PASS_THROUGH, (1, 2, 3)),
    ("HAWALA_ACCOUNTS_MIN", FindingKind.UNLICENSED_HAWALA, (3, 5, 8)),
    ("CHARITY_CASH_SHARE_MIN", FindingKind.FRONT_CHARITY, (0.5, 0.7, 0.9)),
)


def tell_sweep(reports: Sequence[Line]) -> None:
    """Prints what moving each threshold does; one is moved at a time."""
    table = Table("threshold", "pattern", "at", "recall", "precision")
    for name, kind, values in SWEEPS:
        kept = getattr(lines, name)
        for value in values:
            setattr(lines, name, value)
            score = scores(reports, found_in(reports))[kind]
            mark = " (ours)" * (value == kept)
            table.add_row(name, kind.value, f"{value}{mark}", f"{score.recall:.2f}", f"{score.precision:.2f}")
        setattr(lines, name, kept)
    console.print(table)


def tell_speed(load: int = LOAD) -> None:
    """Prints how long asking takes with so many reports, right after one changed."""
    made = simulated(3, load // 30, load // 80)
    reports = [observed(line.report) for line in made][:load]
    for name, search in (("money", MoneySearch()), ("watch", WatchSearch())):
        began = perf_counter()
        for report in reports:
            search.put(report)
        put_s = perf_counter() - began
        spent = []
        for report in reports[:: max(1, len(reports) // 50)]:
            search.drop(report.report_id)
            search.put(report)
            began = perf_counter()
            findings = search.standing(START + SPAN)
            spent.append((perf_counter() - began) * 1e3)
        spent.sort()
        console.print(
            f"{name}: {len(reports):,} reports taken, {put_s / len(reports) * 1e6:.0f} µs each; asking takes "
            f"{spent[len(spent) // 2]:.1f} ms in the median, {spent[-1]:.1f} ms at most (bar {BAR_MS} ms), "
            f"{len(findings):,} findings"
        )


def main() -> None:
    """Prints what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--schemes", type=int, default=300)
    parser.add_argument("--wanted", type=int, default=150)
    parser.add_argument("--sweep", action="store_true")
    parser.add_argument("--speed", action="store_true")
    wish = parser.parse_args()
    if wish.speed:
        tell_speed()
        return
    reports = simulated(wish.seed, wish.schemes, wish.wanted)
    tell_scores(reports)
    if wish.sweep:
        tell_sweep(reports)


if __name__ == "__main__":
    main()
