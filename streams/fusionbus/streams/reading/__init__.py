"""What a report's text says: places, time, toll, category, actor, target. Pure; tables are loaded at import."""

from collections.abc import Set as AbstractSet
from datetime import datetime
from itertools import pairwise
from typing import NamedTuple

from fusionbus.contract.vocabulary import TargetSectorCode, ThreatCategory, Weapon
from fusionbus.streams.reading.actor import read_actor
from fusionbus.streams.reading.category import Mood, read_category, read_mood
from fusionbus.streams.reading.gazetteer import RANK
from fusionbus.streams.reading.places import PlaceHit, find_places, narrowest, places_in, scenes
from fusionbus.streams.reading.resolving import (
    ZONES,
    Resolved,
    districts_around,
    neighbours,
    province_code,
    resolve,
    zone_of,
    zones_around,
)
from fusionbus.streams.reading.target import read_target
from fusionbus.streams.reading.toll import read_toll
from fusionbus.streams.reading.when import read_when
from fusionbus.streams.reading.words import LEXICON, Evidence, Marks, Words, by_kind, cut

__all__ = [
    "ZONES",
    "Evidence",
    "Mood",
    "PlaceHit",
    "Reading",
    "Resolved",
    "districts_around",
    "find_places",
    "neighbours",
    "province_code",
    "read_text",
    "resolve",
    "zone_of",
    "zones_around",
]

# Past this a report's text is an article; its first sentences say what happened and the rest is background.
TEXT_MAX = 4_000
_PRECISE_RANK_MAX = 3
SEVERAL_TOLLS_MIN = 2
_LIST_GAPS = frozenset({"", "and", "And", "&", "aur", "اور", "،"})  # "in Ziarat, Harnai", not "Quetta-Sibi highway"
_ROAD_GAPS = frozenset({"-", "–", " - "})
_NOT_SAID = (None, None)
_NOT_MANY = frozenset({"0-0", "1-1", "2-2"})  # two blasts are most often one attack

NAMED = frozenset({"place", "occurred", "actor"})
"""Fields whose words are compared in a field of their own and would count twice among the words."""
EVERYTHING = frozenset({"category", "target", "mood"})
"""The parts that are read on demand; the others cost little, or decide which words are compared."""


class Reading(NamedTuple):
    """What one text says; None is "not said". Intervals are inclusive, an open upper end is None."""

    places: tuple[PlaceHit, ...]
    place: PlaceHit | None
    occurred: tuple[datetime, datetime] | None
    killed_min: int | None
    killed_max: int | None
    injured_min: int | None
    injured_max: int | None
    category: ThreatCategory | None
    weapon: Weapon | None
    target: TargetSectorCode | None
    actor: str | None
    mood: Mood | None
    several_events: bool
    evidence: tuple[Evidence, ...]
    rest: tuple[str, ...] | None
    """The words that name no place, time or group; None where they must be cut anew, at apostrophes or signs."""


def read_text(
    text: str,
    *,
    language_hint: str | None = None,
    published_at: datetime | None = None,
    wanted: AbstractSet[str] = EVERYTHING,
) -> Reading:
    """What the text says about where, when, how many, what, with what, against what and by whom.

    `language_hint` "ur-Latn" lets Roman Urdu number words count without other Urdu words beside them;
    `published_at` (aware) is what "yesterday" and "Tuesday" are counted from. Category (with weapon), target and mood
    may be None where they are not `wanted`.
    """
    words = cut(text[:TEXT_MAX])
    found = LEXICON.scan(words.folded)
    return _read(words, by_kind(found), places_in(words, found), language_hint == "ur-Latn", published_at, wanted)


def _read(  # noqa: PLR0917 - what a text was cut into, and what is asked of it
    words: Words,
    marks: Marks,
    places: list[PlaceHit],
    roman: bool,
    published_at: datetime | None,
    wanted: AbstractSet[str],
) -> Reading:
    evidence = [Evidence("place", p.matched_text, p.start, p.end) for p in places]
    category = weapon = target = mood = None
    toll = read_toll(words, marks, roman=roman)
    occurred, said_when = read_when(words, marks, published_at)
    killed, injured = toll.killed, toll.injured
    evidence += toll.evidence
    evidence += said_when
    if "category" in wanted:
        category, weapon, said_category = read_category(words, marks, one_killed=killed == (1, 1))
        evidence += said_category
    actor, said = read_actor(words, marks)
    if said is not None:
        evidence.append(said)
    if "target" in wanted:
        target, said = read_target(words, marks)
        if said is not None:
            evidence.append(said)
    if "mood" in wanted or (killed is None and "mood" in marks):
        mood, said = read_mood(words, marks, killed=bool(killed and killed[1] != 0), injured=injured is not None)
        if said is not None:
            evidence.append(said)
    if mood == "foiled" and killed is None:
        killed, injured = (0, 0), (0, 0)
    low, high = killed or _NOT_SAID
    injured_low, injured_high = injured or _NOT_SAID
    several = _several(words, marks, places, toll.statements)
    rest = words.without([(said.start, said.end) for said in evidence if said.field in NAMED])
    told = (category, weapon, target, actor, mood, several, tuple(evidence), None if rest is None else tuple(rest))
    return Reading(
        tuple(places), narrowest(scenes(places, words)), occurred, low, high, injured_low, injured_high, *told
    )


def _several(words: Words, marks: Marks, places: list[PlaceHit], tolls: int) -> bool:
    """Whether the text rounds up several attacks: it says so, counts them, or gives tolls for several districts."""
    if "several" in marks:
        return True
    events = marks.get("event")
    if events:
        numbered = {m.last for m in marks.get("number", ()) if m.value not in _NOT_MANY}
        if any(m.first in numbered or _digit_before(words, m.first) for m in events):
            return True
    if len(places) < 2:  # noqa: PLR2004 - one place is one district
        return False
    near = [p for p in places if p.rank <= _PRECISE_RANK_MAX]
    if len({p.district for p in near}) == 1:
        return False
    gaps = [(one, other, words.text[one.end : other.start]) for one, other in pairwise(near)]
    if tolls >= SEVERAL_TOLLS_MIN and any(gap not in _ROAD_GAPS for *_, gap in gaps):
        return True
    return any(one.district != other.district and _listed(other, gap) for one, other, gap in gaps)


def _listed(other: PlaceHit, gap: str) -> bool:
    """Whether a place is named beside the one before it; "Manghopir, Karachi" is one place with its city."""
    return gap.strip(" ,") in _LIST_GAPS and not (other.rank == RANK["group"] and gap.strip() == ",")


def _digit_before(words: Words, index: int) -> bool:
    return index > 0 and words.folded[index - 1].isdecimal() and words.folded[index - 1] not in {"0", "1", "2"}
