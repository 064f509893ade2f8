"""The agencies file: the packaged one is sound, and a wrong one is told in one sentence."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from fusionbus.contract import ids
from fusionbus.contract.errors import Misconfigured
from fusionbus.contract.vocabulary import Classification, Kind, Province, Status, TargetSectorCode
from fusionbus.deploy import agencies

PACKAGED = agencies.read()
BY_ID = {agency.agency: agency for agency in PACKAGED.agencies}
FIXED = [
    "NACTA",
    "NIFTAC",
    "IB",
    "FIA",
    "ANF",
    "FMU",
    "CUSTOMS",
    "NCCIA",
    "FC-KP",
    "FC-BAL",
    "RANGERS-PB",
    "RANGERS-SD",
    "COAST-GUARDS",
    "RAILWAYS-POLICE",
    "PASSPORTS",
    "CTD-PB",
    "CTD-SD",
    "CTD-KP",
    "CTD-BA",
    "CTD-GB",
    "CTD-JK",
    "CTD-IS",
    "POLICE-PB",
    "POLICE-SD",
    "POLICE-KP",
    "POLICE-BA",
    "POLICE-IS",
    "POLICE-GB",
    "POLICE-JK",
    "PFC-PB",
    "PFC-SD",
    "PFC-KP",
    "PFC-BA",
    "PFC-GB",
    "PFC-JK",
    "IFC-IS",
    "NACTA-TIPS",
    "LIAISON-1",
]
"""Scripts, tests and the demo rely on these ids."""


def subscriptions(agency: str) -> list[Any]:
    return [one for one in PACKAGED.subscriptions if one.agency == agency]


def a_file(change: Callable[[dict[str, Any]], object] = lambda _: None) -> str:
    """A small sound file, changed."""
    tree: dict[str, Any] = {
        "as_of": "2026-01-01T00:00:00Z",
        "agencies": [
            {
                "agency": name,
                "name": name,
                "group": "police",
                "organisation": "Police",
                "kinds": ["incident"],
                "serves": ["B"],
                "contact": "Desk, internal 0000",
                "subscriptions": [{"name": "All"}],
            }
            for name in ("A", "B")
        ],
    }
    change(tree)
    return yaml.safe_dump(tree)


def test_every_agency_that_others_rely_on_is_there_and_no_other() -> None:
    assert set(BY_ID) == set(FIXED)


def test_only_the_foreign_partner_is_foreign_and_it_never_receives_persons() -> None:
    assert [agency.agency for agency in PACKAGED.agencies if agency.foreign] == ["LIAISON-1"]
    assert not BY_ID["LIAISON-1"].personal_data
    assert BY_ID["LIAISON-1"].clearance.level <= Classification.RESTRICTED.level
    assert not any("LIAISON-1" in agency.serves for agency in PACKAGED.agencies)


@pytest.mark.parametrize("prefix", ["CTD-", "POLICE-", "PFC-"])
def test_provincial_departments_answer_for_one_province_each_and_leave_none_out(prefix: str) -> None:
    found = [agency.provinces for name, agency in BY_ID.items() if name.startswith(prefix)]
    if prefix == "PFC-":
        found.append(BY_ID["IFC-IS"].provinces)
    assert sorted(found) == sorted((province,) for province in Province)


def test_need_to_know_is_narrow_where_the_task_is_narrow() -> None:
    assert set(BY_ID["FMU"].kinds) == {Kind.FINANCE, Kind.RECORD, Kind.ASSESSMENT}
    assert Kind.CYBER in BY_ID["NCCIA"].kinds
    assert Kind.INCIDENT not in BY_ID["NCCIA"].kinds
    assert set(BY_ID["NACTA-TIPS"].kinds) == {Kind.TIP}
    assert all(one.target_sectors == (TargetSectorCode.TRANS,) for one in subscriptions("RAILWAYS-POLICE"))


def test_everyone_may_be_served_by_someone_so_that_amber_reaches_the_hub() -> None:
    silent = [name for name, agency in BY_ID.items() if not agency.serves]
    assert silent == ["NIFTAC", "LIAISON-1"], "the centre's own word names its recipients"
    assert all(
        "NACTA" in agency.serves for name, agency in BY_ID.items() if name not in ("NACTA", "NIFTAC", "LIAISON-1")
    )


def test_exercises_reach_only_those_who_asked_for_them_apart_from_actual_traffic() -> None:
    mixed = [one.name for one in PACKAGED.subscriptions if Status.ACTUAL in one.statuses and len(one.statuses) > 1]
    assert mixed == []


def test_contacts_are_made_up_desks() -> None:
    assert all(agency.contact.endswith("internal 0000") for agency in PACKAGED.agencies)


def test_a_subscription_has_the_id_that_the_agency_itself_would_make() -> None:
    one = PACKAGED.subscriptions[0]
    assert one.subscription_id == ids.subscription_id(one.agency, one.name)


def test_reading_twice_gives_the_same_entries() -> None:
    assert agencies.read().entries == PACKAGED.entries


def test_the_small_file_of_these_tests_is_sound() -> None:
    federation = agencies.parse(a_file())
    assert [len(federation.agencies), len(federation.subscriptions)] == [2, 2]


def first(tree: dict[str, Any]) -> dict[str, Any]:
    agency: dict[str, Any] = tree["agencies"][0]
    return agency


WRONG: list[tuple[str, str]] = [
    ("{", "is not YAML in line"),
    ("[]", "must hold `as_of`"),
    ("as_of: 1\nagencies: []", "must be a time with its zone"),
    (a_file(lambda t: t.update(as_of="2026-01-01T00:00:00")), "must be a time with its zone"),
    (a_file(lambda t: t.update(agencies=[])), "`agencies` is empty"),
    (a_file(lambda t: t.update(extra=1)), "and nothing else"),
    (a_file(lambda t: t.update(agencies=["A"])), "entry 1 of `agencies` must be a mapping"),
    (a_file(lambda t: first(t).pop("agency")), "agency entry 1, field `agency`: field required"),
    (a_file(lambda t: first(t).pop("kinds")), "agency A, field `kinds`: field required"),
    (a_file(lambda t: first(t).update(kinds=["rumour"])), "agency A, field `kinds.0`"),
    (a_file(lambda t: first(t).update(clearance="cosmic")), "agency A, field `clearance`"),
    (a_file(lambda t: first(t).update(phone="0000")), "agency A, field `phone`"),
    (a_file(lambda t: first(t).update(agency="a_b")), "agency a_b, field `agency`"),
    (a_file(lambda t: first(t).update(agency="B")), "agency B, field `agency`: stands here more than once"),
    (a_file(lambda t: first(t).update(serves=["C"])), "agency A, field `serves`: C is no agency of this file"),
    (a_file(lambda t: first(t).update(escalates_to="C")), "`escalates_to`: must be another agency of this file"),
    (a_file(lambda t: first(t).update(escalates_to="A")), "`escalates_to`: must be another agency of this file"),
    (a_file(lambda t: first(t).update(districts=["Multan"])), "agency A, field `districts`: name their `provinces`"),
    (a_file(lambda t: first(t).update(foreign=True, personal_data=True)), "agency A, field `personal_data`"),
    (a_file(lambda t: first(t).update(subscriptions="all")), "agency A, field `subscriptions`: must be a list"),
    (a_file(lambda t: first(t).update(subscriptions=[{}])), "agency A, subscription 'number 1', field `name`"),
    (a_file(lambda t: first(t)["subscriptions"].append({"name": "All"})), "'All' stands there twice"),
    (a_file(lambda t: first(t)["subscriptions"][0].update(agency="B")), "field `agency`: is made by provisioning"),
    (
        a_file(lambda t: first(t)["subscriptions"][0].update(severity_min="High")),
        "subscription 'All', field `severity_min`",
    ),
    (a_file(lambda t: first(t)["subscriptions"][0].update(near={"lat": 99, "lon": 1, "radius_km": 1})), "`near.lat`"),
    (a_file(lambda t: first(t).update(name={1, 2})), "is of a type that no message holds"),
]


@pytest.mark.parametrize(("text", "sentence"), WRONG, ids=[sentence for _, sentence in WRONG])
def test_a_wrong_file_is_one_sentence_that_names_the_agency_and_the_field(text: str, sentence: str) -> None:
    with pytest.raises(Misconfigured) as caught:
        agencies.parse(text)
    told = str(caught.value)
    assert sentence in told
    assert "\n" not in told
    assert told.endswith(".")


def test_a_missing_binary_or_foreign_file_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="cannot be read"):
        agencies.read(tmp_path / "none.yaml")
    with pytest.raises(Misconfigured, match="cannot be read"):
        agencies.read(tmp_path)
    binary = tmp_path / "binary.yaml"
    binary.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(Misconfigured, match="not UTF-8"):
        agencies.read(binary)
