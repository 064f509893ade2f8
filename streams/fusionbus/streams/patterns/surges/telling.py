"""A surge in words and figures."""

from collections import Counter
from datetime import date
from typing import Final

from fusionbus.contract.base import Interval
from fusionbus.contract.report import Place
from fusionbus.contract.sections import DISTRICT_FIGURE, Figure
from fusionbus.contract.vocabulary import FindingKind, Province, Severity, ThreatCategory, Urgency
from fusionbus.streams.patterns.attacks import Attack
from fusionbus.streams.patterns.surges import ears as by_ears
from fusionbus.streams.patterns.surges import scan
from fusionbus.streams.patterns.surges.index import ALPHA, SCORE_MIN, Index, Signal
from fusionbus.streams.patterns.values import Finding
from fusionbus.streams.reading.gazetteer import DISTRICTS

FAMILIES: Final = {
    None: "attacks",
    "blast": "attacks with explosives",
    "shooting": "shootings and assaults",
    "taking": "abductions",
    "damage": "attacks on installations",
}
NEILL: Final = "Neill et al. 2005; Neill 2009"
HUTWAGNER: Final = "EARS: Hutwagner et al. 2003"
OWN_PAST: Final = "own past of these districts: the last 52 weeks or the last 8, whichever had more"


def finding_of(first: Signal, told: Signal, index: Index) -> Finding:
    """The finding of a surge that began with one signal and is told as of another."""
    attacks = index.attacks(told)
    region = told.region
    anchor = anchor_of(index.attacks(first))
    kind = (
        FAMILIES.get(told.key.family, f"reports of {told.key.family}") + (told.key.actor is not None) * " by one actor"
    )
    around = "" if len(region.districts) == 1 else f" and {len(region.districts) - 1} districts around it"
    days = "one day" if region.days == 1 else f"{region.days} days"
    said = f"{region.attacks} {kind} within {days} in {anchor}{around}"
    return Finding(
        kind=FindingKind.SURGE,
        key=key_of(anchor, first),
        window=Interval(start=min(a.at for a in attacks), end=max(a.at for a in attacks)),
        headline=f"Surge: {said}, where {region.expected:.2f} were expected"[:200],
        statement=(
            f"{said}, where the own past of these districts lets expect {region.expected:.2f}. While all is as it was, "
            f"chance alone reaches such a score somewhere in the country on {told.p:.2%} of days. Attacks come in "
            "clusters, so a surge is oftener the end of a cluster than this figure says: docs/surge.md has the false "
            "alarms that were measured. More reporting looks like more attacks."
        ),
        figures=figures_of(told, attacks, index),
        evidence=tuple((attack.told, _says(attack)) for attack in attacks),
        place=_place(anchor),
        category=_category(attacks),
        actor=told.key.actor,
        severity=min((a.told.severity for a in attacks), key=list(Severity).index),
        urgency=Urgency.EXPECTED,
    )


def anchor_of(attacks: list[Attack]) -> str:
    """The district that most of them lie in."""
    counts = Counter(attack.district for attack in attacks)
    return min(counts, key=lambda name: (-counts[name], name))


def key_of(anchor: str, first: Signal) -> str:
    """The name of a surge: of one district no second begins in the same week, for they would be one."""
    year, week, _ = date.fromordinal(int(first.moment)).isocalendar()
    place = "".join(letter if letter.isascii() and letter.isalnum() else "-" for letter in anchor.lower())
    return f"surge:{place[:60]}:{year}-W{week:02d}"


def figures_of(told: Signal, attacks: list[Attack], index: Index) -> tuple[Figure, ...]:
    """What the surge rests on, and what EARS says of the same districts on the same day."""
    region, counts = told.region, daily(told, index)
    ears = by_ears.ears(counts)
    places = Counter(attack.district for attack in attacks)
    return (
        Figure(name="attacks counted", value=region.attacks, unit=f"in {region.days} days", threshold=scan.COUNT_MIN),
        Figure(name="attacks expected", value=round(region.expected, 3), unit="in these days", source=OWN_PAST),
        Figure(
            name="scan score", value=round(region.score, 2), unit="log likelihood ratio",
            threshold=round(SCORE_MIN, 2), source=NEILL,
        ),
        Figure(name="chance of such a score", value=round(told.p, 6), unit="of days", threshold=ALPHA, source=NEILL),
        Figure(name="EARS C1", value=round(ears.c1, 2), threshold=by_ears.C1_MAX, source=HUTWAGNER),
        Figure(name="EARS C2", value=round(ears.c2, 2), threshold=by_ears.C2_MAX, source=HUTWAGNER),
        Figure(name="EARS C3", value=round(ears.c3, 2), threshold=by_ears.C3_MAX, source=HUTWAGNER),
        *(Figure(name=DISTRICT_FIGURE + name, value=places[name], unit="attacks") for name in region.districts),
    )  # fmt: skip


def daily(told: Signal, index: Index) -> list[int]:
    """The region's events day by day, as far back as EARS looks, newest last."""
    counts = [0] * by_ears.DAYS_NEEDED
    for district in told.region.districts:
        for moment, _ in index.series[told.key].recent(district, told.moment, by_ears.DAYS_NEEDED):
            counts[int(moment) - int(told.moment) - 1] += 1
    return counts


def _says(attack: Attack) -> str:
    category = attack.told.category
    return f"{category.value if category else 'attack'} in {attack.district}, {attack.at:%Y-%m-%d %H:%M} UTC"


def _place(district: str) -> Place:
    found = DISTRICTS[district]
    return Place(
        province=Province(found.province), district=district, lat=found.lat, lon=found.lon,
        uncertainty_km=found.uncertainty_km,
    )  # fmt: skip


def _category(attacks: list[Attack]) -> ThreatCategory | None:
    """The category of most of them, where one has the most by half."""
    counts = Counter(attack.told.category for attack in attacks)
    best = min(counts, key=lambda each: (-counts[each], str(each)))
    return best if 2 * counts[best] >= len(attacks) else None
