"""A sheet of transactions and a border log as producers: rows of one reference are one report, or nothing of it."""

import csv
from importlib.resources import files
from pathlib import Path

import pytest
from typer.testing import CliRunner

from builders import NOW
from fusionbus.contract.report import ThreatReport
from fusionbus.contract.sections import BorderSection, FinanceSection
from fusionbus.contract.vocabulary import TLP, EntityType, SubjectRole
from fusionbus.producers.importing import Importer
from fusionbus.producers.mapping import load_mapping
from fusionbus.producers.payments import RowFault
from fusionbus.producers.rows import open_sheet
from fusionbus.producers.simulate.command import commands
from fusionbus.producers.tokens import demo_key

FOLDER = Path(str(files("fusionbus.producers"))) / "mappings"
SHEET, LOG = FOLDER / "fmu-str.sample.csv", FOLDER / "border-log.sample.csv"


def imported(file: Path, mapping: str = "fmu-str", agency: str = "FMU") -> list[ThreatReport | list[RowFault]]:
    rules = load_mapping(mapping)
    made = Importer(rules, agency, demo_key(), NOW).reports(open_sheet(file, rules))
    return [one if isinstance(one, list) else one[1] for one in made]


def changed(tmp_path: Path, *changes: dict[str, str]) -> Path:
    """The first report's three rows, each changed so."""
    rows = list(csv.DictReader(SHEET.read_text(encoding="utf-8").splitlines()))
    file = tmp_path / "sheet.csv"
    with file.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, list(rows[0]))
        writer.writeheader()
        writer.writerows(row | change for row, change in zip(rows, changes, strict=False))
    return file


def faults(file: Path) -> list[str]:
    return [str(fault) for found in imported(file) if isinstance(found, list) for fault in found]


def test_the_rows_of_one_reference_become_one_report_of_payments() -> None:
    first, second = imported(SHEET)
    assert isinstance(first, ThreatReport)
    assert isinstance(second, ThreatReport)
    section = first.section
    assert isinstance(section, FinanceSection)
    assert (section.suspicion, section.str_reference) == ("structuring", "STR-26-0101")
    assert [(each.amount, each.channel, each.from_account) for each in section.transactions] == [
        (1_950_000, "cash", None),
        (1_900_000, "cash", None),
        (1_980_000, "cash", None),
    ]
    assert {each.to_account for each in section.transactions} == {demo_key().token(EntityType.ACCOUNT, "9900000001")}
    assert f"{section.transactions[0].at:%H:%M}" == "05:05"  # 10:05 in Karachi
    assert [person.role for person in first.persons] == [SubjectRole.CRIMINAL_SUBJECT]
    assert first.handling.tlp is TLP.AMBER
    assert isinstance(second.section, FinanceSection)
    assert [each.currency for each in second.section.transactions] == ["PKR", "AED"]
    assert second.section.suspicion == "unlicensed_hawala"


def test_no_account_or_name_leaves_in_plain() -> None:
    sent = "".join(report.model_dump_json() for report in imported(SHEET) if isinstance(report, ThreatReport))
    assert "9900000001" not in sent
    assert "Farzi" not in sent


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"Amount": "plenty"}, "row 3, column `Amount`: “plenty” is no number; mend it and import again."),
        ({"Amount": "-5"}, "row 3, column `Amount`: “-5.0” is no amount of money above nothing; mend it and import"),
        ({"Amount": "nan"}, "row 3, column `Amount`: “nan” is no amount of money above nothing; mend it and import"),
        ({"Date": "soon"}, "row 3, column `Date`: “soon” is no date written like 31-03-2026 14:05; mend it and import"),
        ({"Date": ""}, "row 3, column `Date`: it is empty and must not be; mend it and import again."),
        ({"Channel": "pigeon"}, "row 3, column `Channel`: “pigeon” is not one of the words the mapping knows"),
        ({"To Account": "1"}, "row 3, column `To Account`: An account is an IBAN (PK and 22 more) or a number of 5"),
        ({"To Account": ""}, "row 3, column `To Account`: neither the account that paid nor the one that was paid is"),
    ],
)
def test_a_bad_row_is_told_in_a_sentence_and_keeps_its_report_back(
    tmp_path: Path, change: dict[str, str], sentence: str
) -> None:
    told = faults(changed(tmp_path, {}, change, {}))
    assert any(each.startswith(sentence) for each in told), told
    left_out = "another row of STR-26-0101 is wrong, so nothing of STR-26-0101 is sent; mend it and import again."
    assert {f"row 2: {left_out}", f"row 4: {left_out}"} <= set(told)


def test_what_the_contract_refuses_is_told_too(tmp_path: Path) -> None:
    told = faults(changed(tmp_path, {}, {"Currency": "rupees"}, {}))
    assert told
    assert not [
        each for each in imported(changed(tmp_path, {}, {"Currency": "rupees"}, {})) if not isinstance(each, list)
    ]


def test_a_row_without_a_reference_and_rows_that_stand_apart_are_told(tmp_path: Path) -> None:
    assert "it is empty, and the report's reference is made from it" in faults(changed(tmp_path, {"STR No": ""}))[0]
    apart = faults(changed(tmp_path, {}, {"STR No": "STR-26-0999"}, {}))
    (told,) = apart
    assert told.startswith("row 4: rows of STR-26-0101 stand apart, the first in row 2: sort the sheet")


def test_a_border_log_becomes_reports_of_crossings() -> None:
    crossed, refused, seized = imported(LOG, "border-log", "PASSPORTS")
    assert isinstance(crossed, ThreatReport)
    assert isinstance(crossed.section, BorderSection)
    assert (crossed.section.event, crossed.section.direction, crossed.section.crossing_point) == (
        "crossed",
        "out",
        "Torkham",
    )
    assert [person.role for person in crossed.persons] == [SubjectRole.OTHER]
    assert [token.partition(":")[0] for token in crossed.persons[0].id_tokens] == ["cnic"]
    assert isinstance(refused, ThreatReport)
    assert refused.persons[0].id_tokens[0].startswith("passport:")
    assert isinstance(seized, ThreatReport)
    assert isinstance(seized.section, BorderSection)
    assert seized.section.goods == "20 mobile phones, undeclared"


def test_the_simulator_adds_launderers_and_wanted_persons_with_their_truth(tmp_path: Path) -> None:
    out, truth = tmp_path / "sim.jsonl", tmp_path / "truth.jsonl"
    wish = ["simulate", "--out", str(out), "--truth", str(truth), "--reports", "20", "--span", "60d"]
    done = CliRunner().invoke(commands, [*wish, "--launderers", "6", "--wanted", "3"])
    assert done.exit_code == 0, done.output
    told, rows = out.read_text(encoding="utf-8").splitlines(), truth.read_text(encoding="utf-8").splitlines()
    assert len(told) == len(rows) > 100
    for pattern in ("structuring", "fan_in", "fan_out", "pass_through", "unlicensed_hawala", "front_charity"):
        assert any(f'"pattern": "{pattern}"' in row for row in rows)
    again = tmp_path / "again.jsonl"
    wish[2] = str(again)
    CliRunner().invoke(commands, [*wish, "--launderers", "6", "--wanted", "3"])
    assert again.read_bytes() == out.read_bytes()
