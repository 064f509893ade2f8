"""The decision in words: one reason a field, the strongest first."""

from functools import cache

from pydantic import TypeAdapter

from fusionbus.contract.incident import Reason
from fusionbus.streams.correlate.score import Scored
from fusionbus.streams.correlate.weights import Weights

_SAID = {
    "time.gap": "the events are {days} apart",
    "time.hour": "the events are {hours} apart",
    "time.lag": "told {days} after the event",
    "time.apart": "told {days} apart",
    "time.before": "told before the event",
    "place.same_name": "the same place",
    "place.same_district": "the same district",
    "place.same_province": "no nearer than the same province",
    "place.reach": "about {reach} times the usual error of position apart",
    "place.far": "far apart, or different regions",
    "place.elsewhere": "much farther apart than positions err",
    "place.spelled_alike": "the place names are spelled alike",
    "place.other_name": "different place names",
    "category.same": "the same kind of act",
    "category.akin": "acts that sources name one for the other",
    "category.other": "different kinds of act",
    "weapon.same": "the same weapon",
    "weapon.other": "different weapons",
    "target.same": "the same kind of target",
    "target.other": "different kinds of target",
    "actor.same": "the same group is named",
    "actor.other": "different groups are named",
    "killed.none": "nobody killed in either",
    "injured.none": "nobody injured in either",
    "killed.same": "the same number killed",
    "injured.same": "the same number injured",
    "killed.span": "the numbers killed overlap",
    "injured.span": "the numbers injured overlap",
    "person.same_name": "a person of the same name",
    "person.alike_name": "a person whose name is spelled alike",
    "person.part_of_name": "a person whose name agrees in part",
    "person.other_name": "persons of other names",
    "person.age": "a person's age agrees within {years}",
    "person.age_far": "a person's age differs by more than eight years",
    "person.same_sex": "the person's sex agrees",
    "person.other_sex": "the person's sex differs",
    "text.overlap": "{share} of its words are in the other report",
    "entities.shared": "a phone, plate, identity number or account in common",
    "agency.same_register": "the same register has it already under another number",
    "agency.same": "the same agency, under another reference",
    "others.less": "the other reports of the incident fit less well",
    "roundup.told": "one text tells of several events",
    "lineage.derived": "it says it was made out of a report of this incident",
    "lineage.same_source": "it comes from the same source",
    "prior.open": "two reports taken at random tell of different events",
    "rivals.near": "other incidents fit as well",
}
_DAYS = ("less than a day", "one day", "two days", "three or four days", "up to a week", "more than a week")
_HOURS = ("hardly an hour", "a few hours", "half a day", "half a day")
_SHARES = ("hardly any", "a few", "a third", "half", "most", "nearly all", "all")
_REACH = ("a third", "one", "two", "three")
_YEARS = ("the year", "one year", "three years", "eight years")


def reasons_of(scored: Scored, rivals: float, weights: Weights) -> tuple[Reason, ...]:
    """One reason for each field that weighs anything; their bits sum to the log-odds."""
    bits: dict[str, float] = {}
    words: dict[str, str] = {}
    for name, amount in [*scored.findings, ("rivals.near", 1.0)]:
        weight = rivals if name == "rivals.near" else weights.bits[name] * amount
        field, said = _say(name)
        bits[field] = bits.get(field, 0.0) + weight
        if said is not None:
            words[field] = f"{words[field]}; {said}" if field in words else said
    ranked = sorted([field for field in bits if bits[field] != 0.0], key=lambda field: -abs(bits[field]))
    return _REASONS.validate_python(
        [{"field": field, "bits": bits[field], "said": words.get(field, field)} for field in ranked]
    )


_REASONS = TypeAdapter(tuple[Reason, ...])
"""Checks all reasons in one call."""


@cache
def _say(name: str) -> tuple[str, str | None]:
    """The field of a finding, and the finding in words; there are some 150."""
    field, _, level = name.partition(".")
    stem = name.rstrip("0123456789")
    if stem in _SAID and stem != name:
        index = int(name[len(stem) :])
        return field, _SAID[stem].format(
            days=_DAYS[min(index, 5)],
            hours=_HOURS[min(index, 3)],
            share=_SHARES[min(index, 6)],
            reach=_REACH[min(index, 3)],
            years=_YEARS[min(index, 3)],
        )
    if name in _SAID:
        return field, _SAID[name]
    return field, _TOLL[level].format(field=field) if level in _TOLL else None


_TOLL = {
    "none_few": "one says nobody was {field}, the other a few",
    "none_many": "one says nobody was {field}, the other many",
    "near_few": "the numbers {field} differ by one",
    "near_many": "the numbers {field} are near",
    "apart": "the numbers {field} differ",
    "far": "the numbers {field} differ more than threefold",
}
