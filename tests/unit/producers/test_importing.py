"""A station's spreadsheet as a producer: every bad cell is named, every good row goes, twice is harmless."""

import csv
from datetime import UTC, date, datetime
from importlib.resources import files
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fusionbus.contract.errors import Misconfigured
from fusionbus.contract.report import ThreatReport
from fusionbus.contract.sections import RecordSection
from fusionbus.contract.vocabulary import SubjectRole, ThreatCategory
from fusionbus.producers.importing import Importer
from fusionbus.producers.mapping import load_mapping, ready_mappings
from fusionbus.producers.payments import RowFault
from fusionbus.producers.rows import Row, fold_heading, open_sheet
from fusionbus.producers.tokens import demo_key

SAMPLE = Path(str(files("fusionbus.producers") / "mappings" / "station-register.sample.csv"))
MEND = "; mend it and import again."
FILE_AT = datetime(2026, 11, 20, tzinfo=UTC)
STATION = load_mapping("station-register")


def imported(file: Path, mapping: str = "station-register") -> list[ThreatReport | list[RowFault]]:
    rules = load_mapping(mapping)
    importer = Importer(rules, "POLICE-PB", demo_key(), FILE_AT)
    made = importer.reports(open_sheet(file, rules))
    return [one if isinstance(one, list) else one[1] for one in made]


def good(file: Path) -> list[ThreatReport]:
    reports = imported(file)
    assert all(isinstance(one, ThreatReport) for one in reports), reports
    return [one for one in reports if isinstance(one, ThreatReport)]


def faults(file: Path) -> list[str]:
    return [str(fault) for row in imported(file) if isinstance(row, list) for fault in row]


def with_rows(tmp_path: Path, *changes: dict[str, str]) -> Path:
    """The sample with rows after it: its first row, changed."""
    rows = list(csv.DictReader(SAMPLE.read_text(encoding="utf-8").splitlines()))
    file = tmp_path / "register.csv"
    with file.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, list(rows[0]))
        writer.writeheader()
        for number, change in enumerate(changes):
            writer.writerow(rows[0] | {"FIR No": f"{number}/26"} | change)
    return file


def as_xlsx(tmp_path: Path) -> Path:
    """The sample as a spreadsheet program keeps it: dates as dates, numbers as numbers."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for row in csv.reader(SAMPLE.read_text(encoding="utf-8").splitlines()):
        sheet.append([_typed(cell) for cell in row])
    file = tmp_path / "register.xlsx"
    book.save(file)
    return file


def _typed(cell: str) -> Any:
    for form in ("%d-%m-%Y %H:%M", "%d-%m-%Y"):
        try:
            return datetime.strptime(cell, form)  # noqa: DTZ007 - a spreadsheet's dates have no zone
        except ValueError:
            continue
    return int(cell) if cell.isdigit() else cell or None


def test_the_sample_register_becomes_reports() -> None:
    first, second, third = good(SAMPLE)
    assert first.category is ThreatCategory.ARMED_ASSAULT
    assert first.reported_at == datetime(2026, 11, 14, 16, 40, tzinfo=UTC), "21:40 in Karachi"
    assert isinstance(first.section, RecordSection)
    assert first.section.record_number == "412/26"
    assert [person.role for person in first.persons] == [
        SubjectRole.CRIMINAL_SUBJECT,
        SubjectRole.CRIMINAL_SUBJECT,
        SubjectRole.WITNESS,
    ]
    assert [(one.outcome.value, one.low) for one in first.casualties] == [("killed", 1), ("injured", 2)]
    assert (first.language, second.language, third.language) == ("en", "ur-Latn", "ur")
    assert third.category is ThreatCategory.BOMBING


def test_no_name_or_number_of_a_person_leaves_in_plain() -> None:
    text = "".join(report.model_dump_json() for report in good(SAMPLE))
    for plain in ("Farzi", "Misaal", "فرضی", "36302", "0300-0000001", "3000000001", "MNA-0123"):
        assert plain not in text


def test_a_spreadsheet_and_its_csv_make_the_same_reports(tmp_path: Path) -> None:
    assert good(as_xlsx(tmp_path)) == good(SAMPLE)


def test_importing_twice_makes_the_same_reports() -> None:
    assert good(SAMPLE) == good(SAMPLE)


def test_each_bad_cell_is_named_with_its_row_and_column(tmp_path: Path) -> None:
    file = with_rows(
        tmp_path,
        {},
        {"Date": "32-13-2026", "Accused CNIC": "123", "Vehicle No": "!!", "Killed": "many"},
        {"FIR No": ""},
        {"FIR No": "0/26"},
        {"Police Station": ""},
    )
    told = faults(file)
    assert told == [
        "row 3, column `Date`: “32-13-2026” is no date written like 31-03-2026 14:05; mend it and import again.",
        "row 3, column `Accused CNIC`: A CNIC has 13 digits, written as 12345-1234567-1 or without the dashes" + MEND,
        "row 3, column `Vehicle No`: A number plate has letters and digits, such as LEA-1234" + MEND,
        "row 3, column `Killed`: “many” is no count: write 3, or 3-5; mend it and import again.",
        "row 4, column `FIR No`: it is empty and must not be; mend it and import again.",
        "row 5, column `FIR No`: row 2 has the same reference Sadar/0/26; mend it and import again.",
        "row 6, column `Police Station`: it is empty and must not be; mend it and import again.",
    ]
    assert sum(isinstance(one, ThreatReport) for one in imported(file)) == 1


def test_what_the_contract_refuses_is_told_with_the_column(tmp_path: Path) -> None:
    told = faults(with_rows(tmp_path, {"Place": "x" * 301}))
    assert len(told) == 1
    assert told[0].startswith("row 2, column `Place`: ")


def test_an_unknown_word_where_the_mapping_has_no_otherwise_is_told(tmp_path: Path) -> None:
    file = tmp_path / "calls.csv"
    file.write_text(
        "Call ID,Received,District,Place,What was said,Channel\n1,01-02-2026 10:00,Quetta,,A drum.,pigeon\n",
        encoding="utf-8",
    )
    (row,) = imported(file, "tip-line")
    assert isinstance(row, list)
    assert "“pigeon” is not one of the words" in str(row[0])


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_csv_as_spreadsheet_programs_write_it_is_read(tmp_path: Path, encoding: str, delimiter: str) -> None:
    file = tmp_path / "register.csv"
    with file.open("w", encoding=encoding, newline="") as stream:
        csv.writer(stream, delimiter=delimiter).writerows(csv.reader(SAMPLE.read_text(encoding="utf-8").splitlines()))
    assert good(file) == good(SAMPLE)


def test_headings_in_other_case_and_with_blanks_still_count(tmp_path: Path) -> None:
    heading, rest = SAMPLE.read_text(encoding="utf-8").split("\n", 1)
    file = tmp_path / "register.csv"
    file.write_text(f"{heading.upper().replace(',', ' , ')}\n\n{rest}", encoding="utf-8")
    assert [report.report_id for report in good(file)] == [report.report_id for report in good(SAMPLE)]


BAD_FILES = {
    "a.pdf": (b"%PDF", "none of .csv"),
    "a.xlsx": (b"no zip", "no XLSX file"),
    "a.csv": ("قتل".encode("cp1256"), "CSV UTF-8"),
    "b.csv": (b"", "no headings"),
    "c.csv": (b"FIR No,Date,date\n", "two columns"),
    "d.csv": (b"FIR No,Date\n1,2\n", "has no column `Police Station`"),
}


@pytest.mark.parametrize(("name", "content", "sentence"), [(name, *rest) for name, rest in BAD_FILES.items()])
def test_a_file_that_cannot_be_used_is_told_in_a_sentence(
    tmp_path: Path, name: str, content: bytes, sentence: str
) -> None:
    file = tmp_path / name
    file.write_bytes(content)
    with pytest.raises(Misconfigured, match=sentence):
        imported(file)


def test_a_bad_json_line_is_a_fault_of_that_line_only(tmp_path: Path) -> None:
    file = tmp_path / "calls.jsonl"
    file.write_text(
        '{"Call ID": 7, "Received": "01-02-2026 10:00", "What was said": "A drum.", "Channel": "web"}\n{broken\n',
        encoding="utf-8",
    )
    first, second = imported(file, "tip-line")
    assert isinstance(first, ThreatReport)
    assert isinstance(second, list)
    assert str(second[0]).startswith("row 2: the line is not a JSON object")


BAD_MAPPINGS = {
    "about: [": "is not YAML",
    "about: x": "is wrong at local_ref",
    "about: x\nlocal_ref: A\nreport: {}": "section.kind",
    "about: x\nlocal_ref: {column: A, value: 1}\nreport: {section.kind: {value: tip}}": "exactly one",
    "about: x\nlocal_ref: A\nsurprise: 1\nreport: {section.kind: {value: tip}}": "surprise",
    "about: x\ntimezone: Mars/Base\nlocal_ref: A\nreport: {section.kind: {value: tip}}": "Mars/Base",
}


@pytest.mark.parametrize(("text", "sentence"), BAD_MAPPINGS.items())
def test_a_wrong_mapping_is_told_with_its_place(tmp_path: Path, text: str, sentence: str) -> None:
    file = tmp_path / "mapping.yaml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(Misconfigured, match=sentence):
        load_mapping(str(file))


def test_an_unknown_mapping_names_the_ready_ones() -> None:
    with pytest.raises(Misconfigured, match="station-register"):
        load_mapping("nowhere")
    for name in ready_mappings():
        assert load_mapping(name).about


CELL = st.one_of(st.text(max_size=40), st.datetimes(), st.dates(), st.sampled_from([date.min, date.max]))
HEADINGS = [fold_heading(name) for name in SAMPLE.read_text(encoding="utf-8").splitlines()[0].split(",")]


@given(cells=st.fixed_dictionaries(dict.fromkeys(HEADINGS, CELL)))
def test_no_row_breaks_it(cells: dict[str, Any]) -> None:
    made = Importer(STATION, "POLICE-PB", demo_key(), FILE_AT).report(Row(2, cells))
    assert isinstance(made, ThreatReport) or made
