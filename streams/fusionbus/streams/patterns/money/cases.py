"""What reports say of one account beyond its payments: the cases it is in, and who calls it a hawala or a front."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from fusionbus.contract.incident import Relation
from fusionbus.contract.observation import Observation
from fusionbus.contract.sections import Figure, FinanceSection, RecordSection
from fusionbus.contract.vocabulary import EntityType, FindingKind, Kind
from fusionbus.streams.patterns.money import thresholds as lines
from fusionbus.streams.patterns.money.ledger import accounts_of, payments_of

_TYPOLOGIES: Final = {"unlicensed_hawala": FindingKind.UNLICENSED_HAWALA, "front_charity": FindingKind.FRONT_CHARITY}
_CALLED: Final = {"unlicensed_hawala": "an unlicensed hawala", "front_charity": "a front charity"}


@dataclass(frozen=True, slots=True)
class Named:
    """A rule that the reports which name an account hold together."""

    kind: FindingKind
    account: str
    reports: tuple[tuple[Observation, str], ...]
    """Each report and what of it counts."""
    headline: str
    said: str
    figures: tuple[Figure, ...]
    grave: bool = False


def shared_account(token: str, naming: Sequence[Observation]) -> Iterator[Named]:
    """The account stands in a report of payments and, apart from that, in a case that is not about payments."""
    if len({each.kind is Kind.FINANCE for each in naming}) < 2:  # noqa: PLR2004 - payments, and something else
        return
    first_hand = [each for each in naming if each.relation is not Relation.RELAY and each.kind is not Kind.ASSESSMENT]
    cases = list(dict.fromkeys(each.incident_id for each in first_hand))
    capped = len(cases) > lines.INCIDENTS_SHARED_MAX
    kept = set(cases[: lines.INCIDENTS_SHARED_MAX])
    reports = [each for each in first_hand if each.incident_id in kept]
    paid = {each.incident_id for each in reports if each.kind is Kind.FINANCE}
    other = {each.incident_id for each in reports if each.kind is not Kind.FINANCE}
    if not paid or not other - paid:
        return
    count = len(paid | other)
    yield Named(
        FindingKind.SHARED_ACCOUNT,
        token,
        tuple((each, _names_it(each, token)) for each in reports),
        f"One account in {count} cases" + " or more, capped: looked at no further" * capped,
        "The same account is named in a report of payments and in another case. Who used it is not told by that: "
        + (
            "so many cases make it rather a shop's or a bill collector's account."
            if capped
            else "its holder may be a party, a victim or a stranger to either."
        ),
        (Figure(name="cases", value=count, threshold=_cap(capped), source=_cap_source(capped)),),
        grave=not capped,
    )


def _cap(capped: bool) -> float:
    return lines.INCIDENTS_SHARED_MAX if capped else 2


def _cap_source(capped: bool) -> str:
    return lines.CAP_SOURCE if capped else "One report of payments and one case of another kind"


def called(token: str, naming: Sequence[Observation]) -> Iterator[Named]:
    """Several agencies, each from an origin of its own, call the account the same."""
    if len(naming) < lines.REPORTERS_MIN:
        return
    for word, kind in _TYPOLOGIES.items():
        reports = [each for each in naming if _says(each, word) and token in subject_accounts(each)]
        agencies, origins = {each.agency for each in reports}, {each.origin for each in reports}
        if min(len(agencies), len(origins)) < lines.REPORTERS_MIN:
            continue
        yield Named(
            kind,
            token,
            tuple((each, f"Gives as its suspicion: {_CALLED[word]}.") for each in reports),
            f"{len(agencies)} agencies call one account {_CALLED[word]}",
            "Each tells it from an origin of its own. It is their suspicion; a court has not found it.",
            (
                Figure(
                    name="agencies with an origin of their own",
                    value=min(len(agencies), len(origins)),
                    threshold=lines.REPORTERS_MIN,
                    source="Credibility 1 needs two independent origins (docs/fusion.md)",
                ),
            ),
        )


def subject_accounts(report: Observation) -> frozenset[str]:
    """The accounts a report is about: those it lists, or else those in half of its payments; not every payee's."""
    listed = frozenset(entity.token for entity in report.entities if entity.type is EntityType.ACCOUNT)
    if listed:
        return listed
    payments = payments_of(report)
    half = len(payments) / 2
    return frozenset(
        token for token in accounts_of(report) if sum(token in (each.payer, each.payee) for each in payments) >= half
    )


def _says(report: Observation, suspicion: str) -> bool:
    section = report.section
    return (
        isinstance(section, FinanceSection) and section.suspicion == suspicion and report.relation is not Relation.RELAY
    )


def _names_it(report: Observation, token: str) -> str:
    if report.kind is Kind.FINANCE:
        count = sum(token in (each.payer, each.payee) for each in payments_of(report))
        return f"A report of payments tells of {count} by this account." if count else "A report of payments names it."
    if isinstance(report.section, RecordSection):
        return f"A police record ({report.section.record_type.replace('_', ' ')}) names the account."
    return f"A report of kind {report.kind.value.replace('_', ' ')} names the account."
