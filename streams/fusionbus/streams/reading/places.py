"""Places a text names: each with its position, district and how far off it may be."""

from typing import NamedTuple

from fusionbus.streams.reading.gazetteer import BY_KEY, DISTRICTS, PLACE_LEXICON, RANK, Place
from fusionbus.streams.reading.words import LEXICON, Mark, Words, cut, key_of

_BEFORE = frozenset(
    key_of(
        "in at near from of outside around s inside across towards hit hits rocks rock jolts district tehsil zila mauza"
    )
)
_AFTER = frozenset(
    key_of(
        "district agency tehsil zila town city bazaar bazar area region subdivision sub valley border cantt chowk "
        "ilaqa bypass jail college school hospital mein main men ke kay ki mai",
    ),
)
_URDU_BEFORE = frozenset(key_of("ضلع تحصیل علاقے علاقہ قصبے شہر"))
_AWAY = frozenset(key_of("from to"))
_FOUND = frozenset(
    key_of(
        "arrested nabbed held apprehended captured recovered seized found abducted kidnapped missing taken picked "
        "reported claimed escaped"
    )
)
"""Before "from" these tell where it happened: people are "arrested from" a town."""
_DISTRICT_WORDS = frozenset(key_of("district agency zila zilla ضلع"))
# Not the Kashmir of these reports, whatever else is said.
_ACROSS_THE_LINE = frozenset(key_of("indian india srinagar jammu iok iiojk baramulla anantnag pulwama kupwara held"))
_OWN_PART = frozenset(key_of("azad ajk muzaffarabad mirpur kotli"))
_TITLE_SHARE = 0.6  # a headline capitalises most words, so a capital there says nothing


class PlaceHit(NamedTuple):
    """A place named in a text; kind is province, region, district, town or locality."""

    name: str
    matched_text: str
    start: int
    end: int
    province: str
    district: str | None
    lat: float
    lon: float
    uncertainty_km: float
    kind: str
    rank: int


def find_places(text: str) -> list[PlaceHit]:
    """The places a text names, in its order."""
    words = cut(text)
    return places_in(words, LEXICON.scan(words.folded))


def places_in(words: Words, marks: list[Mark]) -> list[PlaceHit]:
    """The places of a text already cut; a name inside a longer phrase of `marks` (an organisation, a train) is none."""
    found = PLACE_LEXICON.scan(words.folded)
    if not found:
        return []
    longer = [mark for mark in marks if mark.last - mark.first > 1]
    named = [(mark, BY_KEY[mark.value]) for mark in found if not longer or not _part_of_other(mark, longer)]
    sure = [name.places[0] for _, name in named if not name.doubtful]
    hits = []
    for mark, name in named:
        places = name.places
        if name.doubtful and not _meant(mark, places, words, sure):
            continue
        place = places[0] if len(places) == 1 else _likeliest(places, sure)
        hits.append(_hit(place, mark, words))
    return hits


def scenes(hits: list[PlaceHit], words: Words) -> list[PlaceHit]:
    """The hits that are not only where people or things come from or go to; all where nothing else is named.

    "Five labourers from Punjab shot dead in Turbat", "supply to Punjab cut".
    """
    if len(hits) < 2:  # noqa: PLR2004 - one place is the scene
        return hits
    return [hit for hit in hits if not _away(hit, words)] or hits


def _away(hit: PlaceHit, words: Words) -> bool:
    first = words.at(hit.start)
    if not first or words.folded[first - 1] not in _AWAY:
        return False
    return first == 1 or words.folded[first - 2] not in _FOUND


def narrowest(hits: list[PlaceHit]) -> PlaceHit | None:
    """The hit that says most precisely where: the smallest kind, the first named among equals.

    A province that is named too decides between names: "the Quetta Palace hotel in Karachi, Sindh".
    """
    if len(hits) > 1:
        provinces = {hit.province for hit in hits if hit.rank >= RANK["region"]}
        hits = [hit for hit in hits if hit.province in provinces] or hits
        ranks = [max(hit.rank, 1) for hit in hits]
        return hits[ranks.index(min(ranks))]
    return hits[0] if hits else None


def _part_of_other(mark: Mark, longer: list[Mark]) -> bool:
    first, last = mark.first, mark.last
    for other in longer:
        if other.first <= first and last <= other.last and other.last - other.first > last - first:
            return True
    return False


def _likeliest(places: tuple[Place, ...], sure: list[Place]) -> Place:
    districts = {place.district for place in sure if place.district}
    provinces = {place.province for place in sure}
    return next(
        (p for p in places if p.district in districts),
        next((p for p in places if p.province in provinces), places[0]),
    )


def _meant(mark: Mark, places: tuple[Place, ...], words: Words, sure: list[Place]) -> bool:
    """Whether a name that is also a common word or a person's name stands here for the place."""
    folded = words.folded
    before = folded[mark.first - 1] if mark.first else ""
    after = folded[mark.last] if mark.last < len(folded) else ""
    initial = words.text[words.bounds[2 * mark.first]]
    if mark.value in {"kashmir", "کشمیر"}:
        return not _ACROSS_THE_LINE.intersection(folded) or bool(_OWN_PART.intersection(folded))
    if not initial.isascii():
        return before in _URDU_BEFORE
    if not initial.isupper() and not words.text.islower():
        return False
    if sure and not any(p.province == s.province for p in places for s in sure):
        return False  # "Saddar" of a city in another province
    if before in _BEFORE or after in _AFTER or words.gap(mark.last - 1).startswith(":"):
        return True
    if any(p.district is not None and p.district in {s.district for s in sure} for p in places):
        return True
    if mark.first == 0 or before not in {"of", "to", "and", "on"} or not initial.isupper():
        return False
    return sum(words.text[at].isupper() for at in words.bounds[:-1:2]) <= _TITLE_SHARE * len(folded)


def _hit(place: Place, mark: Mark, words: Words) -> PlaceHit:
    folded = words.folded
    start, end = words.span(mark.first, mark.last)
    if place.kind == "district" and (
        (mark.last < len(folded) and folded[mark.last] in _DISTRICT_WORDS)
        or (mark.first and folded[mark.first - 1] in _DISTRICT_WORDS)
    ):
        place = DISTRICTS[place.name]
    return tuple.__new__(PlaceHit, (
        place.name, words.text[start:end], start, end, place.province, place.district,
        place.lat, place.lon, place.uncertainty_km, place.kind, place.rank,
    ))  # fmt: skip
