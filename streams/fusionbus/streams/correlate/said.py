"""The decision in words: one reason a field, the strongest first."""

import re
from collections.abc import Callable, Sequence
from functools import cache
from math import hypot

from fusionbus.contract.base import made
from fusionbus.contract.incident import Reason
from fusionbus.contract.vocabulary import TargetSectorCode, ThreatCategory
from fusionbus.streams.correlate.score import Scored
from fusionbus.streams.correlate.told import Told, Where
from fusionbus.streams.correlate.weights import Weights
from fusionbus.streams.terms import spelled

_SAID = {
    "time.gap": "the events are {days} apart",
    "time.hour": "the events are {hours} apart",
    "time.lag": "told {days} after the event",
    "time.apart": "told {days} apart",
    "time.before": "told before the event",
    "place.same_name": "the same place: [place]",
    "place.same_district": "the same district: [district]",
    "place.same_province": "the same province, and no place nearer than that",
    "place.reach": "[near]",
    "place.far": "far apart, or different regions",
    "place.elsewhere": "much farther apart than positions err",
    "place.spelled_alike": "place names spelled alike",
    "place.other_name": "different place names",
    "category.same": "the same kind of act: [act]",
    "category.akin": "acts that sources name one for the other: [act] and [its_act]",
    "category.other": "different kinds of act: [act] and [its_act]",
    "weapon.same": "the same weapon: [weapon]",
    "weapon.other": "different weapons: [weapon] and [its_weapon]",
    "target.same": "the same kind of target: [target]",
    "target.other": "different kinds of target: [target] and [its_target]",
    "actor.same": "the same group: [actor]",
    "actor.other": "different groups: [actor] and [its_actor]",
    "killed.none": "nobody killed in either",
    "injured.none": "nobody injured in either",
    "killed.same": "the same number killed: [killed]",
    "injured.same": "the same number injured: [injured]",
    "person.same_name": "a person of the same name",
    "person.alike_name": "a person whose name is spelled alike",
    "person.part_of_name": "a person whose name agrees in part",
    "person.other_name": "persons of other names",
    "person.age": "a person's age agrees within {years}",
    "person.age_far": "a person's age differs by more than eight years",
    "person.same_sex": "the person's sex agrees",
    "person.other_sex": "the person's sex differs",
    "text.overlap": "{share} of its words in common",
    "text.other_script": "texts in different scripts",
    "entities.shared": "a phone, plate, identity number or account in common",
    "agency.same_register": "the same register has it already under another number",
    "agency.same": "the same agency, under another reference",
    "others.less": "the other reports of the incident fit less well",
    "roundup.told": "its text tells of several events",
    "lineage.derived": "one says that it was made out of the other, or both out of a third",
    "lineage.same_source": "it comes from the same source",
    "prior.open": "how seldom two reports tell of one event",
    "prior.crowd": "incidents open: [open]",
    "rivals.near": "it could be another event alike",
    "rivals.none": "nothing else fits as well",
}
"""What a finding is in words. In braces, the level's number in words; in brackets, what the two reports say."""
_UNSAID = frozenset({"place.rarity", "place.rarity_dated", "place.rarity_undated", "text.covered", "others.count"})
_DAYS = ("less than a day", "one day", "two days", "three or four days", "up to a week", "more than a week")
_HOURS = ("hardly an hour", "a few hours", "half a day", "about a day")
_SHARES = ("hardly any", "few", "a third", "half", "most", "nearly all", "all")
_YEARS = ("the year", "one year", "three years", "eight years")


_MANY = ("half", "most", "nearly all", "all")
_NOT_TELLING = "the words they share are in many reports"
_WORDS_MAX = 4
_SHARED_BITS_MIN = 2.0
"""Words in one report of four or fewer are shown as shared; commoner ones every report has."""
_SHARED_COUNT_MIN = -3.0
"""A text that speaks more than this against a match has nothing in common that a reader would name."""
_RIVALS_NONE = -0.5
"""Rivals that cost less than this are none worth telling of."""
_LINE_BITS_MIN = 0.5
_LINE_FOR_MAX, _LINE_AGAINST_MAX = 4, 2


def reasons_of(
    scored: Scored, rivals: float, weights: Weights, *, named: bool = True, text: str = ""
) -> tuple[Reason, ...]:
    """One reason for each field that weighs anything; their bits sum to the log-odds.

    `named` tells what the two reports say: for who may read both, and as long as they are kept. `text` is the report's,
    so that words it shares are shown as it writes them.
    """
    bits: dict[str, float] = {}
    words: dict[str, str] = {}
    told = _Told(scored)
    for name, amount in [*scored.findings, ("rivals.near" if rivals < _RIVALS_NONE else "rivals.none", 1.0)]:
        field, template, bare = _say(name)
        bits[field] = bits.get(field, 0.0) + (rivals if field == "rivals" else weights.bits[name] * amount)
        if template is not None:
            if name == "prior.crowd":
                told["open"] = str(round(2.0**amount) - 1)
            said = template.format_map(told) if named and template != bare else bare or "how far apart the places are"
            words[field] = f"{words[field]}; {said}" if field in words else said
    if bits.get("text", 0.0) < 0.0:
        words["text"] = _turned(words["text"])
    if named and "text" in words:
        words["text"] += _shared(scored, text)
    ranked = sorted([field for field in bits if bits[field] != 0.0], key=lambda field: -abs(bits[field]))
    return tuple(
        [
            made(Reason, {"field": name, "bits": bits[name], "said": words.get(name, name)[:_SAID_MAX]})
            for name in ranked
        ]
    )


def _turned(said: str) -> str:
    """What words in common say where they speak against a match."""
    if said.startswith(_MANY):
        return _NOT_TELLING
    return said if said.startswith("hardly") else f"only {said}"


def line_of(reasons: Sequence[Reason]) -> str:
    """The decision in one line: what speaks most for it, and what against.

    The words that two texts share stand in it though all in all they share too few: a reader looks for them first.
    """
    speaking = [reason for reason in reasons if reason.field != "prior"]
    pro = [reason.said for reason in speaking if reason.bits >= _LINE_BITS_MIN][:_LINE_FOR_MAX]
    contra = [reason.said.partition(": ")[0] if reason.field == "text" else reason.said
              for reason in speaking if reason.bits <= -_LINE_BITS_MIN][:_LINE_AGAINST_MAX]  # fmt: skip
    text = next((reason for reason in speaking if reason.field == "text"), None)
    if text is not None and ": " in text.said and _SHARED_COUNT_MIN < text.bits < _LINE_BITS_MIN:
        pro.append(f"both say {text.said.partition(': ')[2]}")
    against = f". Against it: {'; '.join(contra)}" if contra else ""
    return f"{'; '.join(pro) or 'little speaks for it'}{against}"


class _Told(dict[str, str]):
    """What two reports say, in words, asked for by the name in brackets."""

    def __init__(self, scored: Scored) -> None:
        super().__init__()
        self._scored = scored

    def __missing__(self, slot: str) -> str:
        scored = self._scored
        one, other = scored.reading.told, scored.nearest
        if slot == "near":
            return _near(one.where, other.where)
        told = other if slot.startswith("its_") else one
        found = self[slot] = _VALUE[slot.removeprefix("its_")](told)
        return found


def _shared(scored: Scored, text: str) -> str:
    """The rarest words in common, as the report writes them; without its text, as they are compared: their stems."""
    terms = scored.reading.terms
    shared = [term for term in scored.nearest.terms if terms.get(term, 0.0) > _SHARED_BITS_MIN]
    rarest = sorted(shared, key=lambda term: (-terms[term], term))[:_WORDS_MAX]
    written = spelled(text) if rarest and text else {}
    return f": {', '.join(written.get(term, term) for term in rarest)}" if rarest else ""


def _near(one: Where | None, other: Where | None) -> str:
    """Two places told by their positions: what both lie in, where there is such, and how far apart they are."""
    if one is None or other is None:
        return "places apart"
    km = _km(one, other)
    apart = f"some {km} km apart" if km not in {"?", "0"} else "told no nearer"
    if one.district is not None and one.district == other.district:
        return f"the same district: {_name(one.district)}, {apart}"
    if one.name is not None and one.name == other.name:
        return f"the same region: {_name(one.name)}, {apart}"
    return f"places apart: {_name(one.name or one.district)} and {_name(other.name or other.district)}, {apart}"


def _km(one: Where | None, other: Where | None) -> str:
    """How far apart, to two figures: nobody places an event more exactly."""
    if one is None or other is None or None in (one.lat, one.lon, one.shrink, other.lat, other.lon):
        return "?"
    north = one.lat - other.lat  # type: ignore[operator]  # none of these is None, as above
    east = (one.lon - other.lon) * one.shrink  # type: ignore[operator]  # as above
    return f"{111.2 * hypot(north, east):.2g}".replace("e+02", "00")


def _range(toll: tuple[int, int] | None) -> str:
    if toll is None:
        return "?"
    return str(toll[0]) if toll[0] == toll[1] else f"{toll[0]}–{toll[1]}"


def _name(folded: str | None) -> str:
    return folded.title() if folded else "unnamed"


_ACTS: dict[str, str] = {ThreatCategory.IED: "IED", ThreatCategory.ROCKET_MORTAR: "rocket or mortar"}
_TARGETS: dict[str, str] = {
    TargetSectorCode.COMM: "media",
    TargetSectorCode.CULTR: "places of worship and culture",
    TargetSectorCode.DFNSE: "security forces",
    TargetSectorCode.EDU: "education",
    TargetSectorCode.EMRG: "emergency services",
    TargetSectorCode.ENRG: "energy supply",
    TargetSectorCode.ENTMT: "entertainment",
    TargetSectorCode.FIN: "banks",
    TargetSectorCode.GVTBLDG: "government",
    TargetSectorCode.HLTH: "health care",
    TargetSectorCode.MASS: "crowds",
    TargetSectorCode.POP: "people",
    TargetSectorCode.RETL: "shops",
    TargetSectorCode.TELCM: "telecommunications",
    TargetSectorCode.TRANS: "transport",
    TargetSectorCode.UTL: "utilities",
    TargetSectorCode.WATR: "water supply",
}
"""The sectors that reports name most; the others by their code."""
_VALUE: dict[str, Callable[[Told], str]] = {
    "target": lambda told: _TARGETS.get(told.target or "", told.target or "?"),
    "place": lambda told: _name(told.where.name or told.where.district if told.where else None),
    "district": lambda told: _name(told.where.district if told.where else None),
    "act": lambda told: _ACTS.get(told.category or "", (told.category or "?").replace("_", " ")),
    "weapon": lambda told: (told.weapon or "?").replace("_", " "),
    "actor": lambda told: (told.actor or "?").upper() if len(told.actor or "") <= _SHORT_NAME else _name(told.actor),
    "killed": lambda told: _range(told.killed),
    "injured": lambda told: _range(told.injured),
}
_SHORT_NAME = 5
"""Groups' short names are capitals: TTP, ISKP."""
_SAID_MAX = 300
_BRACKETS = re.compile(r"\[([a-z_]+)\]")


@cache
def _say(name: str) -> tuple[str, str | None, str]:
    """The field of a finding; the finding in words, with slots for what the reports say; and without them."""
    field, _, level = name.partition(".")
    template = _template(name, field, level)
    if template is None:
        return field, None, ""
    return field, template.replace("[", "{").replace("]", "}"), _BRACKETS.sub("", template.partition(": ")[0])


def _template(name: str, field: str, level: str) -> str | None:
    """The words for a finding, the level's number filled in; there are some 150."""
    stem = name.rstrip("0123456789")
    if name in _UNSAID:
        return None
    if stem in _SAID and stem != name:
        index = int(name[len(stem) :])
        return _SAID[stem].format(
            days=_DAYS[min(index, 5)],
            hours=_HOURS[min(index, 3)],
            share=_SHARES[min(index, 6)],
            years=_YEARS[min(index, 3)],
        )
    if name in _SAID:
        return _SAID[name]
    return _TOLL[level].format(field=field) if level in _TOLL else None


_TOLL = {
    "span": "the numbers {field} overlap: [{field}] and [its_{field}]",
    "none_few": "one says nobody was {field}, the other a few: [{field}] and [its_{field}]",
    "none_many": "one says nobody was {field}, the other many: [{field}] and [its_{field}]",
    "near_few": "the numbers {field} are near: [{field}] and [its_{field}]",
    "near_many": "the numbers {field} are near: [{field}] and [its_{field}]",
    "apart": "both tell of people {field}: [{field}] and [its_{field}]",
    "far": "the numbers {field} differ more than threefold: [{field}] and [its_{field}]",
}
