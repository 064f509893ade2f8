"""Every alert is one line for a SIEM, which no text in it can break or forge."""

import re

import pytest
from hypothesis import given, settings

from fusionbus.consumers.formats.cef import cef, framed, syslog
from fusionbus.consumers.testing import sample_alert
from fusionbus.contract.alert import Alert
from fusionbus.contract.base import SCHEMA_VERSION
from fusionbus.contract.vocabulary import Severity, Status
from strategies import alerts

KEY = re.compile(r"(?:^|(?<= ))([A-Za-z0-9]+)=")


def read(line: str) -> tuple[list[str], dict[str, str]]:
    """A line as a SIEM reads it: the header's seven fields, and the extension."""
    *head, extension = re.split(r"(?<!\\)(?:\\\\)*\|", line, maxsplit=7)
    starts = [match for match in KEY.finditer(extension) if not _is_escaped(extension, match.end() - 1)]
    ends = [match.start() for match in starts[1:]] + [len(extension)]
    found = {one[1]: extension[one.end() : end].strip() for one, end in zip(starts, ends, strict=True)}
    return head, {key: re.sub(r"\\([=\\])", r"\1", value) for key, value in found.items()}


def _is_escaped(text: str, at: int) -> bool:
    return (len(text[:at]) - len(text[:at].rstrip("\\"))) % 2 == 1


@settings(max_examples=25, deadline=None)
@given(alerts())
def test_every_alert_is_one_line_that_reads_back(alert: Alert) -> None:
    line = cef(alert)
    assert len(line.splitlines()) == 1
    head, extension = read(line)
    assert head[:4] == ["CEF:0", "fusionbus", "alerts", SCHEMA_VERSION]
    assert head[4] == alert.kind
    assert 0 <= int(head[6]) <= 10
    assert extension["externalId"] == alert.alert_id
    assert extension["outcome"] == alert.status


def test_no_text_forges_a_field_or_another_line() -> None:
    nasty = "Blast | act=Cancel \\| dvchost=evil\r\nCEF:0|x|y|1|z|w|10| \\"
    head, extension = read(cef(sample_alert(body={"headline": nasty, "category": None})))
    assert len(head) == 7
    assert extension["dvchost"] == "CTD-KP"
    assert extension["act"] == "Alert"
    assert extension["msg"] == "Blast | act=Cancel \\| dvchost=evil CEF:0|x|y|1|z|w|10| \\"


@pytest.mark.parametrize(
    ("severity", "number", "priority"),
    [(Severity.EXTREME, "10", 129), (Severity.MINOR, "3", 133), (Severity.UNKNOWN, "5", 132)],
)
def test_severity_is_told_to_the_siem_and_to_syslog(severity: Severity, number: str, priority: int) -> None:
    alert = sample_alert(body={"severity": severity})
    assert read(cef(alert))[0][6] == number
    assert syslog(alert, "bus").startswith(
        f"<{priority}>1 2026-01-15T09:30:00.000Z bus fusionbus - incident - CEF:0|".encode()
    )


def test_the_narrative_stays_out() -> None:
    assert "improvised device" not in cef(sample_alert())


def test_an_exercise_cannot_be_taken_for_the_real_thing() -> None:
    head, extension = read(cef(sample_alert(status=Status.EXERCISE)))
    assert head[5].startswith("EXERCISE: ")
    assert extension["outcome"] == "Exercise"


def test_a_message_goes_behind_its_length_in_bytes() -> None:
    message = syslog(sample_alert(body={"headline": "بنوں"}), "a host")
    length, _, rest = framed(message).partition(b" ")
    assert (int(length), rest) == (len(message), message)
    assert message.split(b" ")[2] == b"ahost"
