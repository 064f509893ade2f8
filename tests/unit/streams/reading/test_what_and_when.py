"""Category, weapon, target, actor, mood and time of a text."""

from datetime import UTC, datetime

import pytest

from fusionbus.streams.reading import read_text

WEDNESDAY_NOON = datetime(2025, 3, 12, 9, tzinfo=UTC)  # 14:00 in Pakistan

WHAT = [
    ("Suicide bomber strikes Police Lines mosque in Peshawar", "suicide_bombing", "suicide_vest", "CULTR"),
    ("Explosives-laden vehicle rammed into Bannu Cantonment", "vehicle_bombing", "vehicle_bomb", "DFNSE"),
    ("Roadside bomb hits FC convoy in Kech", "ied", "explosive", "DFNSE"),
    ("Hand grenade hurled at shop in Khuzdar", "grenade_attack", "grenade", "RETL"),
    ("Rockets fall on a school in Sui", "rocket_mortar", "rocket", "EDU"),
    ("Quadcopter drops bomb on police station in Bannu", "drone_attack", "drone", "EMRG"),
    ("Militants hijack Jaffar Express near Mashkaf tunnel", "hostage_taking", None, "TRANS"),
    ("Engineer kidnapped near Tank", "kidnapping", None, None),
    ("Gunmen open fire on polio team in Lakki Marwat", "armed_assault", "firearm", "HLTH"),
    ("Judge shot dead in Quetta", "assassination", "firearm", "GVTBLDG"),
    ("Target killing in Karachi", "assassination", None, None),
    ("NATO tankers torched in Mastung", "arson", "incendiary", "TRANS"),
    ("Gas pipeline near Sui blown up before dawn", "bombing", "explosive", "ENRG"),
    ("Man stabbed to death in Hangu", "armed_assault", "knife", None),
    ("Ransomware hits a bank in Islamabad", "cyber", None, "FIN"),
    ("Attack in Kohlu", None, None, None),
    ("سیہون میں درگاہ پر خودکش حملہ", "suicide_bombing", "suicide_vest", "CULTR"),
    ("خضدار میں اسکول بس پر حملہ، دھماکہ", "bombing", "explosive", "EDU"),
    ("کراچی میں دستی بم حملہ", "grenade_attack", "grenade", None),
    ("پنجگور میں پولیس پر فائرنگ سے دو شہید", "armed_assault", "firearm", "EMRG"),
    ("Turbat mein baroodi surang ka dhamaka", "ied", "explosive", None),
]


@pytest.mark.parametrize(("text", "category", "weapon", "target"), WHAT)
def test_what_was_done_with_what_and_to_what(
    text: str,
    category: str | None,
    weapon: str | None,
    target: str | None,
) -> None:
    reading = read_text(text)
    assert (reading.category, reading.weapon, reading.target) == (category, weapon, target)


@pytest.mark.parametrize(
    ("text", "actor"),
    [
        ("Tehreek-e-Taliban Pakistan claims the attack", "TTP"),
        ("Fitna al-Khawarij fighters fired on a post", "TTP"),
        ("Jamaat-ul-Ahrar says it did it", "TTP"),
        ("Majeed Brigade says its fighter was the bomber", "BLA"),
        ("Baloch Liberation Front claims attack in Kharan", "BLF"),
        ("Islamic State Khorasan claims Khar convention blast", "ISKP"),
        ("Jaish al-Fursan claims Bannu attack", "Jaish al-Fursan"),
        ("Hafiz Gul Bahadur group blamed for raid", "HGB"),
        ("Lashkar-e-Jhangvi blamed for killing", "LeJ"),
        ("No group has claimed the attack so far", "none"),
        ("Commander of TTP said to plan attacks", "TTP"),
        ("TTP commander killed in Bajaur", None),
        ("Loud blast heard in Lahore at noon", None),
        ("کالعدم تحریک طالبان پاکستان نے ذمہ داری قبول کر لی", "TTP"),
        ("بی ایل اے کا دعویٰ", "BLA"),
    ],
)
def test_a_group_goes_by_one_name_and_not_when_its_own_were_hit(text: str, actor: str | None) -> None:
    assert read_text(text).actor == actor


@pytest.mark.parametrize(
    ("text", "mood"),
    [
        ("Blast kills five in Lahore; three men arrested", "happened"),
        ("CTD foils plot in Lahore, recovers explosives", "foiled"),
        ("Bomb found at Rawalpindi bus stand, defused", "foiled"),
        ("ڈی آئی خان میں پولیس نے بم ناکارہ بنا دیا", "foiled"),
        ("Three TTP men arrested in Swat", "arrest"),
        ("سوات سے دو دہشت گرد گرفتار", "arrest"),
        ("Police warn of threat to mosques in Rawalpindi", "threat"),
        ("Eleven years on, Peshawar remembers the children killed in the school attack", "other"),
        ("Families recall the 2014 attack that killed 141 people", "other"),
        ("Prime Minister condemns Quetta blast", "other"),
        ("Traffic plan for Friday announced", "other"),
    ],
)
def test_what_did_not_happen_now_is_told_apart(text: str, mood: str) -> None:
    assert read_text(text).mood == mood


@pytest.mark.parametrize(
    ("text", "several"),
    [
        ("Seven killed in separate incidents in Balochistan", True),
        ("Three attacks kill nine in Kech", True),
        ("Shots fired at posts in Ziarat, Harnai", True),
        ("Four dead in Turbat ambush; two killed as post stormed in Panjgur", True),
        ("پنجگور اور تربت میں مختلف واقعات میں چار ہلاک", True),
        ("Five killed on Quetta-Sibi highway", False),
        ("Four killed in Mingora, Swat", False),
        ("Blast kills five in Lahore", False),
    ],
)
def test_round_ups_are_flagged(text: str, several: bool) -> None:
    assert read_text(text).several_events is several


@pytest.mark.parametrize(
    ("text", "earliest", "latest"),
    [
        ("Blast yesterday in Swat", "2025-03-10T19:00", "2025-03-11T19:00"),
        ("Blast today in Swat", "2025-03-11T19:00", "2025-03-12T09:00"),
        ("Blast on Monday night in Swat", "2025-03-10T13:00", "2025-03-11T01:00"),
        ("Blast on Thursday in Swat", "2025-03-05T19:00", "2025-03-06T19:00"),
        ("Blast on 9 March in Swat", "2025-03-08T19:00", "2025-03-09T19:00"),
        ("Blast on November 21 in Kurram", "2024-11-20T19:00", "2024-11-21T19:00"),
        ("Blast on November 21st, 2023 in Kurram", "2023-11-20T19:00", "2023-11-21T19:00"),
        ("Blast in Swat, 2025-02-28", "2025-02-27T19:00", "2025-02-28T19:00"),
        ("Blast in Swat 28/02/2025", "2025-02-27T19:00", "2025-02-28T19:00"),
        ("پیر کی رات مستونگ میں حملہ", "2025-03-10T13:00", "2025-03-11T01:00"),
        ("گزشتہ روز کوئٹہ میں دھماکہ", "2025-03-10T19:00", "2025-03-11T19:00"),
        ("Police may act", None, None),
        ("Blast on 31 February", None, None),
        ("Blast in Swat", None, None),
    ],
)
def test_days_are_counted_from_publication_in_pakistan_time(
    text: str, earliest: str | None, latest: str | None
) -> None:
    occurred = read_text(text, published_at=WEDNESDAY_NOON).occurred
    read = tuple(moment.isoformat()[:16] for moment in occurred) if occurred else (None, None)
    assert read == (earliest, latest)


def test_a_weekday_without_a_date_of_publication_says_nothing() -> None:
    assert read_text("Blast on Monday").occurred is None
    assert read_text("Blast on 9 March 2025").occurred is not None
