"""A file in, assignments out."""

import csv
import json
from pathlib import Path

import pytest

from builders import a_report
from fusionbus.contract.codec import encode
from fusionbus.contract.errors import FixTheReport, Misconfigured
from fusionbus.contract.vocabulary import MsgType
from fusionbus.streams import event_record
from fusionbus.streams.fuse_file import fuse_file

RECORDS: list[dict[str, object]] = [
    {
        "report_id": "a1",
        "source": "Evening Paper",
        "kind": "headline",
        "published_on": "2021-05-04",
        "text": "Blast at tea stall in Hangu kills three, wounds eleven",
    },
    {
        "report_id": "a2",
        "source": "http://www.morning.example/page/1",
        "kind": "headline",
        "published_on": "2021-05-05",
        "text": "Three killed, 11 hurt in Hangu tea stall blast",
    },
    {
        "report_id": "a3",
        "source": "Register",
        "kind": "record",
        "occurred_on": "2021-05-05",
        "province": "Balochistan",
        "place": "Gwadar",
        "category": "kidnapping",
        "text": "Two engineers were taken from a road camp.",
    },
]


def assignments(path: Path) -> dict[str, str]:
    with path.open(newline="", encoding="utf-8") as rows:
        return {row["report_id"]: row["incident_id"] for row in csv.DictReader(rows)}


def test_headlines_on_one_event_are_one_incident(tmp_path: Path) -> None:
    (tmp_path / "in.jsonl").write_text("\n".join(map(json.dumps, RECORDS)), encoding="utf-8")
    out, why = tmp_path / "out.csv", tmp_path / "why.jsonl"
    fuse_file(tmp_path / "in.jsonl", out, "event-record", why)
    found = assignments(out)
    assert found["a1"] == found["a2"] != found["a3"]
    reasons = [json.loads(line) for line in why.read_text(encoding="utf-8").splitlines()]
    assert [said["outcome"] for said in reasons] == ["new", "corroboration", "new"]
    assert {reason["field"] for reason in reasons[1]["reasons"]} >= {"killed", "place", "text"}


def test_a_bad_line_is_one_sentence_and_the_others_pass(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines = [
        json.dumps(RECORDS[0]),
        "{broken",
        json.dumps({"report_id": "b", "source": "Paper"}),
        json.dumps(RECORDS[2]),
    ]
    (tmp_path / "in.jsonl").write_text("\n".join(lines), encoding="utf-8")
    said = fuse_file(tmp_path / "in.jsonl", tmp_path / "out.csv", "event-record", None)
    assert said.endswith("2 bad lines")
    assert set(assignments(tmp_path / "out.csv")) == {"a1", "a3"}
    told = capsys.readouterr().err.splitlines()
    assert [line.partition(":")[0] for line in told] == ["line 2", "line 3"]


def test_reports_of_the_bus_are_read_too(tmp_path: Path) -> None:
    update = a_report(revision=2, msg_type=MsgType.UPDATE)
    reports = [a_report(), a_report(agency="POLICE-KP", local_ref="2"), update]
    (tmp_path / "in.jsonl").write_bytes(b"\n".join(map(encode, reports)))
    fuse_file(tmp_path / "in.jsonl", tmp_path / "out.csv", "report", None)
    found = assignments(tmp_path / "out.csv")
    assert len(found) == 2
    assert len(set(found.values())) == 1


def test_an_unknown_mapping_or_a_missing_file_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="no mapping `csv`"):
        fuse_file(tmp_path / "in.jsonl", tmp_path / "out.csv", "csv", None)
    with pytest.raises(Misconfigured, match="cannot be used"):
        fuse_file(tmp_path / "none.jsonl", tmp_path / "out.csv", "report", None)


def test_a_place_abroad_keeps_its_region_behind_its_name() -> None:
    record = RECORDS[2] | {"province": "Atlantis", "district": "North", "place": "Port"}
    place = event_record.committed().report(record).place
    assert place is not None
    assert (place.province, place.district, place.name) == (None, "North, Atlantis", "Port, Atlantis")


def test_a_persons_name_becomes_tokens_that_survive_spelling() -> None:
    records = event_record.committed()
    one = records.report(RECORDS[2] | {"person_name": "Mohammad Tariq", "person_age": "34", "person_sex": "M"})
    other = records.report(RECORDS[2] | {"person_name": "Muhammad Tariq"})
    assert one.persons[0].name_tokens == other.persons[0].name_tokens
    assert one.persons[0].age_low == 34
    assert "Tariq" not in one.model_dump_json()


@pytest.mark.parametrize("source", ["", "…", "1st Gazette", "A" * 90, "http://news.example/1?x=2"])
def test_any_source_makes_an_agency(source: str) -> None:
    assert event_record.committed().report(RECORDS[0] | {"source": source}).agency


@pytest.mark.parametrize(
    "change", [{"published_on": "soon"}, {"published_on": None}, {"killed_min": "many"}, {"lat": "north", "lon": 3}]
)
def test_a_wrong_field_is_told_in_a_sentence(change: dict[str, object]) -> None:
    with pytest.raises(FixTheReport, match=r"\w"):
        event_record.committed().report(RECORDS[0] | change)
