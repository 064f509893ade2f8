"""Third step: who may have it, who wants it, in which form. The audience only ever narrows.

Every agency is decided by exactly one rule, in the order of DESIGN: status, clearance, TLP, releasable_to, originator
control, interest, need to know, echo. Only imminent danger to life reaches past a refusal, and then only with the
tearline, to the agency on whose ground it is.
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import Final

from fusionbus.contract.agency import Agency
from fusionbus.contract.routing import Rule
from fusionbus.contract.vocabulary import TLP, Form, Kind, Status
from fusionbus.streams.registry import Facets, Registry, wants
from fusionbus.streams.values import Ruling

_OWN_CIRCLE: Final = (TLP.AMBER, TLP.AMBER_STRICT)
_NARROWER: Final = (Form.FULL, Form.SUMMARY, Form.TEARLINE, Form.POINTER)
HUB_AGENCY: Final = "NACTA"
"""The centre itself: it runs the hub and is part of every originator's own circle.
Source: National Counter Terrorism Authority Act 2013, section 4 (receives and collates all information)."""


def route(facets: Facets, registry: Registry) -> tuple[Ruling, ...]:
    """The ruling on every agency, before it is known who has the news already."""
    about = registry.asked.about(facets)
    # Whose report it is matters to those two markings and to itself, and to nobody else.
    whose = about if about.tlp in _OWN_CIRCLE else about._replace(agency="")
    rulings = registry.kept(whose, lambda: _rule_on_all(whose, registry))
    if not registry.knows(facets.agency):
        return rulings
    own = registry.position_of(facets.agency)
    return (*rulings[:own], Ruling(facets.agency, Rule.ECHO), *rulings[own + 1 :])


def _rule_on_all(facets: Facets, registry: Registry) -> tuple[Ruling, ...]:
    """Reports differ in their markings and in their matter; each is looked at once for all reports that share it."""
    agencies = registry.agencies.values()
    refusals = registry.kept(
        facets.markings(), lambda: tuple(barred_by(agency, facets, registry) for agency in agencies)
    )
    interests = registry.kept(
        facets.matter(), lambda: tuple(_interest(agency, facets, registry) for agency in agencies)
    )
    return tuple(map(partial(_rule_on, facets=facets), agencies, refusals, interests))


def _rule_on(agency: Agency, refusal: Rule | None, interest: tuple[Rule, str], *, facets: Facets) -> Ruling:
    """The ruling on one agency."""
    if not agency.active:
        return Ruling(agency.agency, Rule.INACTIVE)
    if refusal is None:
        rule, why = interest
        if rule.delivers and facets.kind in agency.kinds:
            return Ruling(agency.agency, rule, form_for(agency, facets), why)
        refusal = Rule.NEED_TO_KNOW if rule.delivers else rule
    if refusal is not Rule.STATUS and _in_danger(agency, facets):
        form = Form.TEARLINE if facets.has_tearline else Form.POINTER
        return Ruling(agency.agency, Rule.IMMINENT_DANGER, form, "imminent danger to life on your ground")
    return Ruling(agency.agency, refusal)


def barred_by(agency: Agency, facets: Facets, registry: Registry) -> Rule | None:
    """The first handling rule that holds the report back from this agency."""
    name, named = agency.agency, agency.agency in facets.releasable_to
    if facets.status is not Status.ACTUAL and not any(
        facets.status in subscription.statuses for subscription in registry.subscriptions_of(name)
    ):
        return Rule.STATUS
    if agency.foreign and not named and facets.tlp is not TLP.CLEAR:
        return Rule.FOREIGN
    if facets.classification.level > agency.clearance.level:
        return Rule.CLEARANCE
    if not _tlp_allows(agency, facets, registry, named=named):
        return Rule.TLP
    if facets.releasable_to and not named:
        return Rule.RELEASABLE
    if facets.originator_control and not named and name != HUB_AGENCY:
        return Rule.ORIGINATOR_CONTROL
    return None


def _tlp_allows(agency: Agency, facets: Facets, registry: Registry, *, named: bool) -> bool:
    """Whether TLP 2.0 lets the originator's report go to this agency. Source: FIRST, TLP 2.0."""
    if facets.tlp in (TLP.CLEAR, TLP.GREEN) or named:
        return True
    if facets.tlp is TLP.RED:
        return False
    originator = registry.agencies.get(facets.agency)
    if agency.agency == HUB_AGENCY:
        return True
    if originator is None:
        return False
    if agency.organisation == originator.organisation:
        return True
    return facets.tlp is TLP.AMBER and agency.agency in originator.serves


def _interest(agency: Agency, facets: Facets, registry: Registry) -> tuple[Rule, str]:
    """Whether the agency wants it: by subscription, or because it happened on its ground."""
    for subscription in registry.subscriptions_of(agency.agency):
        if wants(subscription, facets):
            return Rule.SUBSCRIPTION, f"your subscription “{subscription.name[:200]}”"
    if facets.status is Status.ACTUAL and on_ground_of(agency, facets):
        return Rule.JURISDICTION, "it lies in your jurisdiction"
    return Rule.NO_INTEREST, ""


def on_ground_of(agency: Agency, facets: Facets) -> bool:
    """Whether the place lies in the agency's territory."""
    return facets.province in agency.provinces and (not agency.districts or facets.district in agency.districts)


def _in_danger(agency: Agency, facets: Facets) -> bool:
    return facets.imminent and not agency.foreign and facets.status is Status.ACTUAL and on_ground_of(agency, facets)


def form_for(agency: Agency, facets: Facets) -> Form:
    """How much this agency may read, once it may read at all."""
    if facets.kind is Kind.OPERATION:
        return Form.POINTER
    if agency.foreign and facets.kind is Kind.ASSESSMENT:
        return Form.POINTER  # its evidence quotes reports of which a partner may have had the tearline only
    if agency.foreign:
        return Form.TEARLINE if facets.has_tearline else Form.SUMMARY
    if facets.has_privacy and not agency.personal_data:
        return Form.SUMMARY
    return Form.FULL


def with_members(
    rulings: Iterable[Ruling], known: Mapping[str, str], facets: Facets, registry: Registry
) -> Sequence[Ruling]:
    """The rulings, where agencies that are part of it already hear of it if no handling rule forbids.

    `known` has the reason for each of them.
    """
    found = []
    for ruling in rulings:
        if ruling.rule is Rule.NO_INTEREST and ruling.agency in known:
            agency = registry.agencies[ruling.agency]
            if facets.kind in agency.kinds:
                found.append(Ruling(ruling.agency, Rule.MEMBER, form_for(agency, facets), known[ruling.agency]))
                continue
        found.append(ruling)
    return found


def without_echo(rulings: Iterable[Ruling], informed: frozenset[str]) -> Sequence[Ruling]:
    """The rulings for an echo: whoever has had the news from its origin does not get it again."""
    return [
        Ruling(ruling.agency, Rule.ECHO) if ruling.rule.delivers and ruling.agency in informed else ruling
        for ruling in rulings
    ]


def granted_to(name: str, most: Form, facets: Facets, registry: Registry, has: Form | None = None) -> Ruling:
    """The ruling on one agency whom the originator lets have what it controls, in this form at most.

    Its word lifts its own control and the want of interest, nothing else. `has` is the form it was sent before.
    """
    agency = registry.agencies.get(name)
    if agency is None or not agency.active:
        return Ruling(name, Rule.INACTIVE)
    if name == facets.agency:
        return Ruling(name, Rule.ECHO)
    open_facets = facets._replace(originator_control=False)
    refusal = barred_by(agency, open_facets, registry)
    if refusal is None and facets.kind not in agency.kinds:
        refusal = Rule.NEED_TO_KNOW
    if refusal is not None:
        return Ruling(name, refusal)
    form = narrower(most, form_for(agency, facets))
    if form is Form.TEARLINE and not facets.has_tearline:
        form = Form.POINTER
    if has is not None and narrower(has, form) is form:
        return Ruling(name, Rule.ECHO)
    return Ruling(name, Rule.GRANTED, form, "its originator lets you have it")


def with_grants(
    rulings: Iterable[Ruling], granted: Mapping[str, Form], facets: Facets, registry: Registry
) -> Sequence[Ruling]:
    """The rulings on a later revision, where those whom its originator let have it stay in the circle."""
    found = []
    for ruling in rulings:
        most = granted.get(ruling.agency)
        let = granted_to(ruling.agency, most, facets, registry) if most is not None else ruling
        fuller = let.form is not None and (ruling.form is None or narrower(ruling.form, let.form) is ruling.form)
        found.append(let if fuller else ruling)
    return found


def narrower(one: Form, other: Form) -> Form:
    """The form that tells less."""
    return max(one, other, key=_NARROWER.index)


def by_rule(rulings: Iterable[Ruling]) -> Mapping[Rule, tuple[str, ...]]:
    """The agencies under each rule."""
    found: dict[Rule, list[str]] = {}
    for ruling in rulings:
        found.setdefault(ruling.rule, []).append(ruling.agency)
    return {rule: tuple(names) for rule, names in found.items()}
