"""Groups of terms that different originators use for one another: kinds and categories of act."""

from functools import lru_cache

from fusionbus.contract.vocabulary import Kind, ThreatCategory

_HAPPENED = "happened"
_KIND_FAMILY = {
    Kind.INCIDENT: _HAPPENED,
    Kind.RECORD: _HAPPENED,
    Kind.TIP: _HAPPENED,
}

_BLAST = frozenset(
    {
        ThreatCategory.BOMBING,
        ThreatCategory.SUICIDE_BOMBING,
        ThreatCategory.IED,
        ThreatCategory.VEHICLE_BOMBING,
        ThreatCategory.GRENADE_ATTACK,
        ThreatCategory.ROCKET_MORTAR,
        ThreatCategory.DRONE_ATTACK,
    },
)
_SHOOTING = frozenset({ThreatCategory.ARMED_ASSAULT, ThreatCategory.ASSASSINATION, ThreatCategory.UNARMED_ASSAULT})
_TAKING = frozenset({ThreatCategory.HOSTAGE_TAKING, ThreatCategory.KIDNAPPING})
_DAMAGE = frozenset({ThreatCategory.INFRASTRUCTURE_ATTACK, ThreatCategory.ARSON})
_FAMILY: dict[ThreatCategory, str] = {
    **dict.fromkeys(_BLAST, "blast"),
    **dict.fromkeys(_SHOOTING, "shooting"),
    **dict.fromkeys(_TAKING, "taking"),
    **dict.fromkeys(_DAMAGE, "damage"),
}


def kind_family(kind: Kind) -> str:
    """The kinds that may tell of one event; a warning never meets the attack, a payment never a crossing."""
    return _KIND_FAMILY.get(kind, kind.value)


def family_of(category: ThreatCategory | None) -> str | None:
    """The family of acts one source may name by another's category."""
    return None if category is None else _FAMILY.get(category, category.value)


@lru_cache(maxsize=16_384)
def plain(name: str) -> str:
    """A name as it is compared: lower case, single spaces."""
    return " ".join(name.casefold().split())
