"""How agencies put things: sentence patterns in English, Urdu and Roman Urdu, and the parts that fill them."""

from dataclasses import dataclass
from random import Random
from typing import Final

from fusionbus.contract.vocabulary import Kind, ThreatCategory
from fusionbus.producers.simulate.events import Event
from fusionbus.producers.simulate.phrases import ACTS, INCIDENT, REMARKS, TARGETS, WHO
from fusionbus.producers.simulate.phrases_other import OTHER

LANGUAGES: Final = {"en": 0.68, "ur": 0.17, "ur-Latn": 0.15}
"""In which language an agency of the provinces writes; federal ones write English. An assumption."""

_URDU_DIGITS: Final = str.maketrans("0123456789", "۰۱۲۳۴۵۶۷۸۹")


@dataclass(frozen=True, slots=True)
class Facts:
    """What one agency believes, ready to be put into words."""

    spot: str
    district: str
    killed: int
    injured: int
    hour: str
    actor: str | None


def language(rng: Random, agency: str) -> str:
    """The language this agency writes in, this time."""
    if not agency.startswith(("POLICE", "CTD", "PFC", "NACTA-TIPS", "RAILWAYS")):
        return "en"
    return rng.choices(list(LANGUAGES), list(LANGUAGES.values()))[0]


def narrative(rng: Random, event: Event, facts: Facts, tongue: str, used: set[str]) -> str:
    """The text of the report, on none of the patterns `used` for this event before; its own is added to them."""
    patterns = INCIDENT[tongue] if event.kind is Kind.INCIDENT else OTHER[tongue][event.kind]
    pattern = rng.choice([each for each in patterns if each not in used] or patterns)
    used.add(pattern)
    remarks = rng.sample(REMARKS[tongue], rng.choice((1, 2, 2)))
    return " ".join((pattern.format(**_slots(rng, event, facts, tongue)), *remarks))


def headline(event: Event, facts: Facts) -> str:
    """One line; English in every agency's system."""
    act = ACTS["en"].get(event.category, "incident")[0] if event.kind is Kind.INCIDENT else event.kind.value
    return f"{act.capitalize()}, {facts.spot}, {facts.district}".replace("_", " ")[:300]


def _slots(rng: Random, event: Event, facts: Facts, tongue: str) -> dict[str, str]:
    district = event.district.urdu if tongue == "ur" else facts.district
    return {
        "act": rng.choice(ACTS[tongue].get(event.category, ACTS[tongue][ThreatCategory.OTHER])),
        "target": TARGETS[tongue].get(event.sector, TARGETS[tongue][None]),
        "spot": facts.spot,
        "district": district,
        "hour": facts.hour.translate(_URDU_DIGITS) if tongue == "ur" else facts.hour,
        "toll": _toll(facts, tongue),
        "who": rng.choice(WHO[tongue]).format(actor=facts.actor) if facts.actor else "",
        "ref": f"{rng.randrange(100, 999)}/{event.at.year}",
    }


def _toll(facts: Facts, tongue: str) -> str:
    killed, injured = facts.killed, facts.injured
    if tongue == "ur":
        text = f"{killed} افراد جاں بحق اور {injured} زخمی ہوئے۔" if killed or injured else "کوئی جانی نقصان نہیں ہوا۔"
        return text.translate(_URDU_DIGITS)
    if tongue == "ur-Latn":
        return f"{killed} afraad jaan bahaq aur {injured} zakhmi." if killed or injured else "Koi jani nuqsan nahi hua."
    if killed and injured:
        return f"{killed} dead and {injured} wounded."
    if killed:
        return f"{killed} killed."
    return f"{injured} injured, no deaths." if injured else "No casualties."
