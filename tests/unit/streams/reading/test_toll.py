"""Tolls: who was killed and hurt, as intervals; an open end is None."""

import pytest

from fusionbus.streams.reading import read_text

Interval = tuple[int | None, int | None]
NOT_SAID: Interval = (None, None)

TOLLS: list[tuple[str, Interval, Interval]] = [
    ("Suicide bomber kills four, wounds 28 in Quetta", (4, 4), (28, 28)),
    ("Ten killed, 25 injured in Lahore blast", (10, 10), (25, 25)),
    ("10 killed 25 injured in Lahore blast", (10, 10), (25, 25)),
    ("Two soldiers martyred in an ambush near Wana", (2, 2), NOT_SAID),
    ("Death toll of the Bajaur rally blast rises to 54", (54, 54), NOT_SAID),
    ("The toll from the Mastung blast has climbed to 131", (131, 131), NOT_SAID),
    ("At least 83 people, including 20 children, killed at the Sehwan shrine", (83, None), NOT_SAID),
    ("Six people including three women and one child killed", (6, 6), NOT_SAID),
    ("More than 200 hurt at the shrine", NOT_SAID, (200, None)),
    ("Up to 12 policemen were killed", (0, 12), NOT_SAID),
    ("About 30 people were wounded in Parachinar", NOT_SAID, (27, 33)),
    ("Between 10 and 12 people died", (10, 12), NOT_SAID),
    ("10 to 12 passengers died in the attack", (10, 12), NOT_SAID),
    ("Dozens wounded, several killed as a bomb goes off", (3, 9), (24, None)),
    ("Scores injured in Karachi", NOT_SAID, (40, None)),
    ("Journalist shot dead in Khuzdar", (1, 1), NOT_SAID),
    ("Gunmen kill elder in Mohmand", (1, 1), NOT_SAID),
    ("Labourers killed in Panjgur", (2, None), NOT_SAID),
    ("Cleric and two guards gunned down in Karachi", (3, 3), NOT_SAID),
    ("Gunmen shot dead a traffic constable in Quetta", (1, 1), NOT_SAID),
    ("Gunmen on two motorbikes killed four policemen in Lyari", (4, 4), NOT_SAID),
    ("Two gunmen opened fire, killing 15 passengers, four guards and injuring nine", (19, 19), (9, 9)),
    ("Three officers and a driver were wounded by a roadside bomb", NOT_SAID, (4, 4)),
    ("Blast kills three soldiers and a guard", (4, 4), NOT_SAID),
    ("Four terrorists killed, two soldiers martyred in North Waziristan", (4, 6), NOT_SAID),
    ("Five cops among 12 killed in Bannu", (12, 12), NOT_SAID),
    ("22-year-old student killed in Mardan", (1, 1), NOT_SAID),
    ("Three attacks kill nine in Kech", (9, 9), NOT_SAID),
    ("The blast at 1930 on 12 March 2025 killed two", (2, 2), NOT_SAID),
    ("A blast killed 1,200 sheep traders", (1200, 1200), NOT_SAID),
    ("Pipeline blown up, no casualties", (0, 0), (0, 0)),
    ("Two dead, no injuries reported", (2, 2), (0, 0)),
    ("Bodies found near Pasni", (2, None), NOT_SAID),
    ("Police defuse bomb in Mardan", (0, 0), (0, 0)),
    ("The attack happened at noon. Six people died. Officials put the wounded at eleven.", (6, 6), (11, 11)),
    ("Five girls' schools blown up in Swat", NOT_SAID, NOT_SAID),
    ("کوئٹہ میں دھماکہ، چار افراد جاں بحق، ۲۸ زخمی", (4, 4), (28, 28)),
    ("مستونگ میں حملہ، کم از کم بارہ افراد ہلاک، تیس سے زائد زخمی", (12, None), (30, None)),
    ("بنوں میں دو پولیس اہلکار شہید", (2, 2), NOT_SAID),
    ("دھماکے میں کوئی جانی نقصان نہیں ہوا", (0, 0), (0, 0)),
    ("Quetta mein dhamaka, do afrad halak aur panch zakhmi", (2, 2), (5, 5)),
    ("Karachi mein firing se teen shehri jaan bahaq", (3, 3), NOT_SAID),
]


@pytest.mark.parametrize(("text", "killed", "injured"), TOLLS)
def test_a_toll_is_read_as_intervals(text: str, killed: Interval, injured: Interval) -> None:
    reading = read_text(text)
    assert ((reading.killed_min, reading.killed_max), (reading.injured_min, reading.injured_max)) == (killed, injured)


def test_english_do_is_no_number_but_roman_urdu_is_when_the_language_is_told() -> None:
    assert read_text("What do killed men's families say").killed_max != 2
    assert read_text("do halak", language_hint="ur-Latn").killed_max == 2
