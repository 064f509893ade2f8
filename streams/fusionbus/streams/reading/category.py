"""What was done, with what, and whether it happened at all."""

from typing import Literal

from fusionbus.contract.vocabulary import ThreatCategory, Weapon
from fusionbus.streams.reading.words import Evidence, Mark, Marks, Words

Mood = Literal["happened", "foiled", "threat", "arrest", "other"]

# The more particular word decides: "suicide bomber in a car opened fire" is a suicide bombing.
_ORDER = tuple(
    ThreatCategory(value)
    for value in (
        "suicide_bombing",
        "vehicle_bombing",
        "grenade_attack",
        "drone_attack",
        "hostage_taking",
        "kidnapping",
        "ied",
        "rocket_mortar",
        "bombing",
        "assassination",
        "arson",
        "armed_assault",
        "unarmed_assault",
        "cyber",
        "infrastructure_attack",
    )
)
_RANK = {category.value: rank for rank, category in enumerate(_ORDER)}
_WEAPON_OF = {
    ThreatCategory.SUICIDE_BOMBING: Weapon.SUICIDE_VEST,
    ThreatCategory.VEHICLE_BOMBING: Weapon.VEHICLE_BOMB,
    ThreatCategory.GRENADE_ATTACK: Weapon.GRENADE,
    ThreatCategory.DRONE_ATTACK: Weapon.DRONE,
    ThreatCategory.IED: Weapon.EXPLOSIVE,
    ThreatCategory.ROCKET_MORTAR: Weapon.ROCKET,
    ThreatCategory.BOMBING: Weapon.EXPLOSIVE,
    ThreatCategory.ARSON: Weapon.INCENDIARY,
}
_WEAPON_RANK = {
    w.value: r for r, w in enumerate((Weapon.VEHICLE_BOMB, Weapon.SUICIDE_VEST, Weapon.FIREARM, Weapon.KNIFE))
}


def read_category(
    words: Words,
    marks: Marks,
    *,
    one_killed: bool,
) -> tuple[ThreatCategory | None, Weapon | None, list[Evidence]]:
    """The category and weapon; a shooting of one person of standing is an assassination."""
    cues = marks.get("category")
    weak = not cues
    if not cues and ("kill" in marks or "injure" in marks):
        # "Attack" alone is a bombing as often as not; with militants named as killers, three times in four a shooting.
        cues = [m for m in marks.get("weakcat", ()) if m.value != "attack"]
    weapons = marks.get("weapon")
    if not cues and not weapons and not any(m.value == "act" for m in marks.get("kill", ())):
        return None, None, []
    evidence: list[Evidence] = []
    category = ThreatCategory.ARMED_ASSAULT
    if cues:
        cue = cues[0] if len(cues) == 1 else min(cues, key=lambda m: _RANK[m.value])
        category = ThreatCategory(cue.value)
        evidence.append(words.evidence("category", cue.first, cue.last))
    if (
        category is ThreatCategory.ARMED_ASSAULT
        and one_killed
        and any(m.value == "vip" for m in marks.get("person", ()))
    ):
        category = ThreatCategory.ASSASSINATION
    weapon = _WEAPON_OF.get(category)
    if weapons and (weapon is None or category is ThreatCategory.SUICIDE_BOMBING):
        said = min(weapons, key=lambda m: _WEAPON_RANK[m.value])
        if weapon is None or said.value in {"vehicle_bomb", "suicide_vest"}:
            weapon = Weapon(said.value)
            evidence.append(words.evidence("weapon", said.first, said.last))
    return category, None if weak and weapon is None else weapon, evidence


def read_mood(words: Words, marks: Marks, *, killed: bool, injured: bool) -> tuple[Mood, Evidence | None]:
    """Whether the text tells that something happened; casualties outweigh an arrest or a warning beside them."""
    said: dict[str, Mark] = {}
    for mark in marks.get("mood", ()):
        said.setdefault(mark.value, mark)
    year = _past_year(words, marks)
    hurt = killed or injured
    for value, mood in _MOODS:
        cue = said.get(value)
        if cue is not None and not (hurt and value != "memorial"):
            return mood, words.evidence("mood", cue.first, cue.last)
    if year is not None:
        return "other", words.evidence("mood", year, year + 1)
    event = hurt or any(kind in marks for kind in ("category", "weakcat", "kill", "injure"))
    return ("happened" if event else "other"), None


_MOODS: tuple[tuple[str, Mood], ...] = (
    ("memorial", "other"),
    ("foiled", "foiled"),
    ("arrest", "arrest"),
    ("threat", "threat"),
    ("condemn", "other"),
)


def _past_year(words: Words, marks: Marks) -> int | None:
    """The word that dates the event to a year by itself ("in the 2014 attack"): an old event remembered."""
    for index in words.numerals:
        word = words.folded[index]
        if len(word) == 4 and word[:2] in {"19", "20"} and word.isdecimal():  # noqa: PLR2004 - a year
            events = {m.first for kind in ("event", "category", "weakcat") for m in marks.get(kind, ())}
            if not events.isdisjoint(range(index + 1, index + 4)):
                return index
    return None
