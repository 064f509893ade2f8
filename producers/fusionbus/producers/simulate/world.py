"""The simulated country: districts with their spots, and which agency tells of what where."""

import csv
from dataclasses import dataclass
from functools import cache
from importlib import resources
from random import Random
from typing import Final

from fusionbus.contract.vocabulary import Kind, Province, TargetSectorCode

KP, BA, SD, PB = Province.KHYBER_PAKHTUNKHWA, Province.BALOCHISTAN, Province.SINDH, Province.PUNJAB
IS, GB, JK = Province.ISLAMABAD, Province.GILGIT_BALTISTAN, Province.AZAD_KASHMIR

ATTACK_SHARE: Final = {KP: 0.45, BA: 0.41, SD: 0.055, PB: 0.045, IS: 0.012, GB: 0.014, JK: 0.014}
"""Source: DESIGN, Khyber Pakhtunkhwa and Balochistan had 86 % of attacks in the first quarter of 2024."""

OTHER_SHARE: Final = {KP: 0.30, BA: 0.22, SD: 0.19, PB: 0.19, IS: 0.06, GB: 0.02, JK: 0.02}
"""Where warnings, payments, crossings and records come from: nearer to the population. An assumption."""

COASTAL: Final = frozenset({"Gwadar", "Hub", "Lasbela", "Keamari", "Malir", "Korangi", "Karachi South"})


@dataclass(frozen=True, slots=True)
class Spot:
    """A named place inside a district."""

    name: str
    lat: float
    lon: float


@dataclass(frozen=True, slots=True)
class District:
    """A district, its share of its province's events, and how else it is written."""

    province: Province
    name: str
    urdu: str
    other_names: tuple[str, ...]
    lat: float
    lon: float
    weight: float
    spots: tuple[Spot, ...]


@cache
def districts() -> tuple[District, ...]:
    """The districts of the simulation, from the table beside this file."""
    table = resources.files(__package__).joinpath("districts.csv").read_text(encoding="utf-8")
    return tuple(_district(row) for row in csv.DictReader(table.splitlines()))


def _district(row: dict[str, str]) -> District:
    return District(
        province=Province(row["province"]),
        name=row["district"],
        urdu=row["urdu"],
        other_names=tuple(name for name in row["other_names"].split("|") if name),
        lat=float(row["lat"]),
        lon=float(row["lon"]),
        weight=float(row["weight"]),
        spots=tuple(_spot(text) for text in row["spots"].split("|")),
    )


def _spot(text: str) -> Spot:
    name, _, where = text.partition("@")
    lat, _, lon = where.partition(" ")
    return Spot(name, float(lat), float(lon))


def choose_district(rng: Random, shares: dict[Province, float]) -> District:
    """A district, its province drawn by these shares and itself by its weight."""
    province = rng.choices(list(shares), list(shares.values()))[0]
    return choose_in(rng, province)


def choose_in(rng: Random, province: Province) -> District:
    """A district of this province, by weight."""
    held = [district for district in districts() if district.province is province]
    return rng.choices(held, [district.weight for district in held])[0]


def _code(province: Province) -> str:
    return province.value.removeprefix("PK-")


def _fusion_centre(province: Province) -> str:
    return "IFC-IS" if province is IS else f"PFC-{_code(province)}"


_PARAMILITARY: Final = {KP: "FC-KP", BA: "FC-BAL", SD: "RANGERS-SD", PB: "RANGERS-PB", IS: "RANGERS-PB"}


def tellers(kind: Kind, district: District, sector: TargetSectorCode | None) -> dict[str, float]:
    """The agencies that may tell of such an event there, with weights."""
    police, ctd = f"POLICE-{_code(district.province)}", f"CTD-{_code(district.province)}"
    centre, force = _fusion_centre(district.province), _PARAMILITARY.get(district.province)
    found = {
        Kind.INCIDENT: {police: 6.0, ctd: 6.0, centre: 2.5, "IB": 2.0, "NACTA": 0.8},
        Kind.THREAT: {"IB": 4.0, ctd: 4.0, "NACTA": 1.5, centre: 1.5, "LIAISON-1": 0.6, police: 1.0},
        Kind.SUSPICIOUS_ACTIVITY: {police: 5.0, ctd: 2.0, centre: 1.0, "RAILWAYS-POLICE": 1.0, "FIA": 0.7},
        Kind.FINANCE: {"FMU": 5.0, "FIA": 2.0, ctd: 1.0, "CUSTOMS": 0.7},
        Kind.CYBER: {"NCCIA": 5.0, "FIA": 1.5, "NACTA": 0.7, "LIAISON-1": 0.5},
        Kind.TIP: {"NACTA-TIPS": 5.0, police: 2.0},
        Kind.BORDER: {"CUSTOMS": 3.0, "PASSPORTS": 2.5, "FIA": 2.5, "ANF": 2.0},
        Kind.RECORD: {police: 4.0, ctd: 4.0, "FIA": 1.0, "RAILWAYS-POLICE": 0.7},
        Kind.OPERATION: {ctd: 4.0, police: 1.5, "ANF": 1.5, "FIA": 1.0, "NCCIA": 0.5},
    }[kind]
    if force and kind in {Kind.INCIDENT, Kind.THREAT, Kind.BORDER, Kind.SUSPICIOUS_ACTIVITY}:
        found[force] = 3.0
    if district.name in COASTAL and kind in {Kind.INCIDENT, Kind.BORDER}:
        found["COAST-GUARDS"] = 1.5
    if sector is TargetSectorCode.TRANS and kind is Kind.INCIDENT:
        found["RAILWAYS-POLICE"] = 3.0
    return found


SLOW: Final = frozenset({"NACTA", "IB", "FMU", "LIAISON-1", "PASSPORTS"})
"""Agencies that assess before they tell."""


def delay_min(rng: Random, agency: str) -> float:
    """Minutes from an event to this agency's report: minutes to hours. An assumption."""
    return rng.lognormvariate(4.4 if agency in SLOW else 3.4, 0.8)


def unit(rng: Random, agency: str, district: District) -> str | None:
    """The desk or station that writes."""
    if agency.startswith("POLICE"):
        return f"Police Station {rng.choice(district.spots).name}"
    if agency.startswith("CTD"):
        return f"CTD Regional Office {district.name}"
    return None
