"""Who may have a finding: whoever may have every report it rests on. The audience only ever narrows. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

from fusionbus.contract import topics
from fusionbus.contract.agency import Agency
from fusionbus.contract.handling import Handling
from fusionbus.contract.observation import Observation
from fusionbus.contract.routing import Rule
from fusionbus.contract.vocabulary import PAP, TLP, Classification, Kind, Severity, Status
from fusionbus.streams.registry import NOWHERE, Facets, Registry
from fusionbus.streams.route import HUB_AGENCY, barred_by

RECIPIENTS_MAX: Final = 100
"""Names in `releasable_to`. Source: the contract's own limit."""
CAVEATS_MAX: Final = 20
_MORE_CAVEATS: Final = "there are further caveats: ask the centre before you use it"
_FREE: Final = (TLP.CLEAR, TLP.GREEN)
_PAPS: Final = (PAP.CLEAR, PAP.GREEN, PAP.AMBER, PAP.RED)
M = TypeVar("M", TLP, Classification)


@dataclass(frozen=True, slots=True)
class Audience:
    """How a finding is to be handled, and who is kept from it by which rule."""

    handling: Handling | None
    """None: nobody may have it."""
    kept_from: Mapping[Rule, tuple[str, ...]]
    """Agencies that may not see some report it rests on, by the first rule in the way."""


def audience_of(evidence: Sequence[Observation], status: Status, registry: Registry) -> Audience:
    """The handling that lets a finding reach those who may have all of this evidence, and nobody else."""
    barred = _barred(evidence, registry)
    allowed = [name for name, rule in barred.items() if rule is None]
    by_rule: dict[Rule, list[str]] = {}
    for name, rule in barred.items():
        if rule is not None:
            by_rule.setdefault(rule, []).append(name)
    kept_from = {rule: tuple(names) for rule, names in by_rule.items()}
    joined = joined_handling([each.handling for each in evidence])
    if not any(_takes_findings(registry.agencies[name]) for name in allowed):
        return Audience(None, kept_from)
    if all(map(is_free, evidence)) and _bars_all(joined, status, [*barred.keys() - set(allowed)], registry):
        return Audience(joined, kept_from)
    named = sorted(filter(lambda name: _takes_findings(registry.agencies[name]), allowed), key=_centre_first)
    return Audience(joined.model_copy(update={"releasable_to": tuple(named[:RECIPIENTS_MAX])}), kept_from)


def is_free(observation: Observation) -> bool:
    """Whether the whole community may have it, as far as it is cleared: no circle, no list, no control."""
    handling = observation.handling
    return handling.tlp in _FREE and not handling.releasable_to and not handling.originator_control


def is_private(observation: Observation) -> bool:
    """Whether it tells of persons: who may not have those gets it, and what rests on it, in the summary form."""
    return bool(observation.subjects) or any(entity.privacy for entity in observation.entities)


def for_nobody(handling: Handling) -> Handling:
    """The handling of what its recipients may not have any longer: the centre keeps it for itself."""
    return handling.model_copy(update={"tlp": TLP.RED, "releasable_to": (topics.CENTRE,)})


def joined_handling(each: Sequence[Handling]) -> Handling:
    """The high-water mark of these markings, without a list of recipients."""
    caveats = list(dict.fromkeys(caveat for one in each for caveat in one.caveats))
    if len(caveats) > CAVEATS_MAX:
        caveats[CAVEATS_MAX - 1 :] = [_MORE_CAVEATS]
    return Handling.model_construct(
        tlp=_highest([one.tlp for one in each]),
        pap=max((one.pap for one in each), key=_PAPS.index),
        classification=_highest([one.classification for one in each]),
        releasable_to=(),
        originator_control=any(one.originator_control for one in each),
        third_agency_rule=any(one.third_agency_rule for one in each),
        caveats=tuple(caveats),
    )


def _highest(values: Sequence[M]) -> M:
    return max(values, key=lambda value: value.level)


def _barred(evidence: Sequence[Observation], registry: Registry) -> dict[str, Rule | None]:
    """For every agency the first rule that keeps some of the evidence from it, or none."""
    found: dict[str, Rule | None] = {
        name: None if agency.active else Rule.INACTIVE for name, agency in registry.agencies.items()
    }
    alike = {id(bars): bars for bars in (_bars(each, registry) for each in evidence)}
    for bars in alike.values():
        for name, rule in bars.items():
            if found[name] is None:
                found[name] = rule
    return found


def _bars(each: Observation, registry: Registry) -> dict[str, Rule]:
    """Whom routing keeps from this report, by which rule; looked at once for all reports that are marked alike."""
    key = ("bars", _facets(each).markings(), each.kind, each.granted, each.has_tearline)
    return registry.kept(key, lambda: dict(_each_bar(each, registry)))


def _each_bar(each: Observation, registry: Registry) -> Iterator[tuple[str, Rule]]:
    for name, agency in registry.agencies.items():
        rule = _rule(agency, each, registry)
        if rule is not None and name != each.agency:  # its own report is no bar
            yield name, rule


def _rule(agency: Agency, each: Observation, registry: Registry) -> Rule | None:
    facets = _facets(each)
    if agency.agency in each.granted:
        facets = facets._replace(originator_control=False)
    rule = barred_by(agency, facets, registry)
    # Who asks for no exercises gets none by the finding's own status, which is that of its reports.
    if rule is not None and rule is not Rule.STATUS:
        return rule
    if each.kind not in agency.kinds:
        return Rule.NEED_TO_KNOW
    # Abroad a report with a second text is read in that text alone: less than a finding would tell of it.
    return Rule.FOREIGN if agency.foreign and each.has_tearline else None


def _facets(each: Observation) -> Facets:
    """What the handling rules ask of a report."""
    return facets_of_handling(each.agency, each.status, each.kind, each.handling)


def facets_of_handling(agency: str, status: Status, kind: Kind, handling: Handling) -> Facets:
    """What the handling rules ask of a report of this agency with these markings; nothing of its matter."""
    return Facets(
        agency=agency,
        status=status,
        kind=kind,
        category=None,
        target_sector=None,
        actor=None,
        province=None,
        district=None,
        severity=Severity.UNKNOWN,
        urgency=None,
        tlp=handling.tlp,
        classification=handling.classification,
        releasable_to=frozenset(handling.releasable_to),
        originator_control=handling.originator_control,
        imminent=False,
        near=NOWHERE,
        has_tearline=False,
        has_privacy=False,
    )


def _takes_findings(agency: Agency) -> bool:
    return agency.active and Kind.ASSESSMENT in agency.kinds and agency.agency != topics.CENTRE


def _bars_all(joined: Handling, status: Status, names: Sequence[str], registry: Registry) -> bool:
    """Whether the joined markings alone keep all these out, so that no list is needed."""
    facets = facets_of_handling(topics.CENTRE, status, Kind.ASSESSMENT, joined)
    for name in names:
        agency = registry.agencies[name]
        if _takes_findings(agency) and barred_by(agency, facets, registry) in (None, Rule.STATUS):
            return False
    return True


def _centre_first(name: str) -> tuple[bool, str]:
    """The hub's own desk first, for a list may be cut."""
    return name != HUB_AGENCY, name
