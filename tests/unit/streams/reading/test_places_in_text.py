"""Places: what a text names, what free spellings mean, what lies next to what."""

import pytest

from fusionbus.streams.reading import find_places, neighbours, read_text, resolve, zone_of, zones_around
from fusionbus.streams.reading.gazetteer import DISTRICTS, NAMES, PROVINCE_CODES, distance_km
from fusionbus.streams.reading.resolving import nearest_district

NAMED = [
    ("Blast outside a market in Parachinar", "Parachinar", "Kurram", "PK-KP"),
    ("Gunmen stop buses near Rarasham in Musakhail", "Rarasham", "Musakhel", "PK-BA"),
    ("D.I. Khan: two constables hurt", "Dera Ismail Khan", "Dera Ismail Khan", "PK-KP"),
    ("Firing in Nawabshah", "Nawabshah", "Shaheed Benazirabad", "PK-SD"),
    ("Bomb defused in Pishawar", "Peshawar", "Peshawar", "PK-KP"),
    ("Post attacked in Naseerabad", "Nasirabad", "Nasirabad", "PK-BA"),
    ("Two vehicles burnt in Qalat", "Kalat", "Kalat", "PK-BA"),
    ("Levies post attacked in Mustang district", "Mastung", "Mastung", "PK-BA"),
    ("Checkpost stormed in Tank", "Tank", "Tank", "PK-KP"),
    ("Shots fired in Bara, Khyber Agency", "Bara", "Khyber", "PK-KP"),
    ("Explosion in Hyderabad", "Hyderabad", "Hyderabad", "PK-SD"),
    ("Grenade thrown in Karachi's Lyari", "Lyari", "Karachi South", "PK-SD"),
    ("An explosion was heard in Saddar, Rawalpindi", "Saddar Rawalpindi", "Rawalpindi", "PK-PB"),
    ("Traders protest in Saddar, Karachi", "Saddar Karachi", "Karachi South", "PK-SD"),
    ("Qissa Khwani bazaar shut after the threat", "Qissa Khwani", "Peshawar", "PK-KP"),
    ("Blast in Hazara Town", "Hazara Town", "Quetta", "PK-BA"),
    ("Attack in NWFP", "Khyber Pakhtunkhwa", None, "PK-KP"),
    ("Unrest in the Northern Areas", "Gilgit-Baltistan", None, "PK-GB"),
    ("Bus hit in SW Pakistan", "South-western Pakistan", None, "PK-BA"),
    ("Protest in Kashmir", "Azad Kashmir", None, "PK-JK"),
    ("Shell lands in Pakistan-administered Kashmir", "Azad Kashmir", None, "PK-JK"),
    ("Clash in Pakistan's South Waziristan", "South Waziristan", "South Waziristan", "PK-KP"),
    ("Police van hit in Peshwar", "Peshawar", "Peshawar", "PK-KP"),
    ("A guard was hurt at the Quetta Palace hotel in Karachi, Sindh", "Karachi", "Karachi", "PK-SD"),
    ("quetta mein dhamaka", "Quetta", "Quetta", "PK-BA"),
    ("کوئٹہ کے علاقے سریاب روڈ پر دھماکہ", "Sariab", "Quetta", "PK-BA"),
    ("شمالی وزیرستان میں میر علی کے قریب حملہ", "Mir Ali", "North Waziristan", "PK-KP"),
    ("ڈیرہ اسماعیل خان میں فائرنگ", "Dera Ismail Khan", "Dera Ismail Khan", "PK-KP"),
    ("خیبر پختونخوا میں الرٹ", "Khyber Pakhtunkhwa", None, "PK-KP"),
    ("ضلع کرم میں قافلے پر حملہ", "Kurram", "Kurram", "PK-KP"),
    ("كوئٹه میں دھماكه", "Quetta", "Quetta", "PK-BA"),
]


@pytest.mark.parametrize(("text", "name", "district", "province"), NAMED)
def test_the_narrowest_place_of_a_text_is_read(text: str, name: str, district: str | None, province: str) -> None:
    place = read_text(text).place
    assert place is not None
    assert (place.name, place.district, place.province) == (name, district, province)
    assert text[place.start : place.end] == place.matched_text


@pytest.mark.parametrize(
    "text",
    [
        "A tank was moved to the border",
        "Mr Sultan Khan spoke to the hub of traders",
        "Clashes in Indian-administered Kashmir",
        "Shelling in Kashmir, says Srinagar",
        "Balochistan Liberation Army issues a statement",
        "The mustang ran away",
        "باغ میں بچے کھیل رہے تھے",
        "",
    ],
)
def test_ordinary_words_people_and_organisations_are_no_places(text: str) -> None:
    assert find_places(text) == []


def test_a_district_called_so_is_wider_than_its_town() -> None:
    (town,) = find_places("Blast in Khuzdar")
    (district,) = find_places("Blast in Khuzdar district")
    assert town.uncertainty_km < district.uncertainty_km
    assert town.district == district.district == "Khuzdar"


@pytest.mark.parametrize(
    ("province", "district", "place", "name"),
    [
        ("NWFP", "Pishawar", None, "Peshawar"),
        ("Baluchistan", "Musa Khail", None, "Musakhel"),
        ("PK-BA", "Turbat", None, "Turbat"),
        ("Balochistan", "Quetta", "Quetta railway station", "Quetta railway station"),
        ("Khyber Pakhtunkhwa", "Lower Kurram", "Uchat Bagan convoy", "Bagan"),
        (None, "District Shangla", "Besham, on the highway", "Besham"),
        ("Sindh", None, None, "Sindh"),
        ("Islamabad Capital Territory", None, None, "Islamabad"),
        ("خیبر پختونخوا", "بنوں", None, "Bannu"),
        (None, None, "Qisa Khawani Bazar", "Qissa Khwani"),
    ],
)
def test_free_spellings_resolve(province: str | None, district: str | None, place: str | None, name: str) -> None:
    found = resolve(province, district, place)
    assert found is not None
    assert found.name == name


def test_coordinates_resolve_to_the_district_around_them_and_are_kept() -> None:
    found = resolve(lat=30.191, lon=66.998)
    assert found is not None
    assert (found.province, found.district, found.lat, found.lon) == ("PK-BA", "Quetta", 30.191, 66.998)


def test_a_point_outside_the_country_and_a_name_of_nowhere_resolve_to_nothing() -> None:
    assert resolve(lat=51.5, lon=0.1) is None
    assert resolve(place="Xyzzyville-on-Sea") is None
    assert resolve() is None


def test_every_district_is_nearest_to_its_own_centre_or_overlaps_a_divided_one() -> None:
    for place in DISTRICTS.values():
        found = nearest_district(place.lat, place.lon)
        assert found is not None, place.name
        assert found.province == place.province or distance_km(found.lat, found.lon, place.lat, place.lon) < 40


def test_the_table_covers_all_provinces_and_districts_lie_in_the_country() -> None:
    assert {place.province for place in DISTRICTS.values()} == set(PROVINCE_CODES)
    assert len(DISTRICTS) >= 160
    assert all(23 < p.lat < 37.2 and 60.5 < p.lon < 77.9 for p in DISTRICTS.values())


def test_neighbours_lie_around_a_district_whatever_its_spelling() -> None:
    assert {"Pishin", "Mastung"} <= set(neighbours("Queta"))
    assert "Peshawar" in neighbours("Khyber")
    assert "Quetta" not in neighbours("Karachi")
    assert neighbours("Nowhere at all") == ()


@pytest.mark.parametrize(
    ("province", "district", "zone"),
    [
        ("PK-KP", "Bannu", "PK-KP"),
        ("Sind", None, "PK-SD"),
        (None, "Kech", "PK-BA"),
        (None, None, "PK"),
        ("?", "?", "PK"),
    ],
)
def test_a_zone_is_the_province_unless_the_table_says_otherwise(
    province: str | None,
    district: str | None,
    zone: str,
) -> None:
    assert zone_of(province, district) == zone


def test_a_report_near_a_border_is_probed_in_the_zones_around_it() -> None:
    jacobabad = resolve(district="Jacobabad")
    assert jacobabad is not None
    assert set(zones_around(jacobabad.lat, jacobabad.lon, 40)) == {"PK-SD", "PK-BA"}
    assert zones_around(51.5, 0.1, 40) == ()


def test_no_two_places_of_one_district_share_a_name() -> None:
    names = [(place.name, place.district) for name in NAMES.values() for place in name.places]
    assert all(name for name, _ in names)
    assert all(len({p.district for p in n.places}) == len(n.places) for n in NAMES.values())


def test_a_stated_province_and_a_named_place_go_before_a_point_across_the_border() -> None:
    found = resolve("PK-BA", None, "Sui", 28.4, 70.1)  # the point lies in Punjab's Rahim Yar Khan
    assert found is not None
    assert (found.province, found.district) == ("PK-BA", "Dera Bugti")
    nowhere = resolve("PK-BA", None, None, 28.4, 70.1)
    assert nowhere is not None
    assert nowhere.province == "PK-BA"


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Five labourers from Punjab shot dead in Turbat", "Turbat"),
        ("Gas pipeline blown up near Dera Bugti, supply to Punjab cut", "Dera Bugti"),
        ("Coach from Taftan fired at in Mastung", "Mastung"),
        ("Two suspects arrested from Sukkur", "Sukkur"),
        ("Two men from Swat held from Karachi", "Karachi"),
    ],
)
def test_where_people_come_from_is_not_where_it_happened(text: str, name: str) -> None:
    place = read_text(text).place
    assert place is not None
    assert place.name == name


@pytest.mark.parametrize(
    ("text", "several"),
    [
        ("Head constable killed in Manghopir, Karachi", False),
        ("Post attacked on Bannu-Miranshah road, 12 killed, 23 injured, 6 attackers killed", False),
        ("Grenade attacks in Khuzdar, Kalat", True),
        ("Two killed in Quetta and three killed in Khuzdar", True),
    ],
)
def test_an_address_or_a_road_is_no_list_of_places(text: str, several: bool) -> None:
    assert read_text(text).several_events is several
