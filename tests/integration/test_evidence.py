"""Evidence end to end: signed reports on a real bus, fused and sealed, exported, and checked by a stranger."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from typer.testing import CliRunner, Result

from analysts import OTHER_WORDS
from builders import a_report, an_interval
from evidence import EXPORT_KEY, REPORT_KEY, changed, check, files_of
from fusionbus.contract import topics
from fusionbus.contract.signing import key_id_of
from fusionbus.deploy.cli import commands
from running_hub import WITHIN_S, Bus, running, until
from signatures import a_seal, listed, signed

pytestmark = pytest.mark.broker

KEYS: Final = [listed(REPORT_KEY).model_dump(mode="json", exclude_none=True)]
AGENCIES: Final[dict[str, dict[str, Any]]] = {
    "CTD-KP": {"group": "ctd", "organisation": "Desk", "provinces": ["PK-KP"], "keys": KEYS},
    "IB": {"group": "federal", "organisation": "IB", "keys": KEYS, "subscriptions": [{"name": "All"}]},
    "NACTA": {"group": "federal", "organisation": "Centre", "reviews": True, "subscriptions": [{"name": "All"}]},
}
EXPORTER: Final = key_id_of(EXPORT_KEY.public_key().public_bytes_raw())


@pytest.fixture(scope="module")
def bus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bus]:
    """Two signed accounts of one blast, fused."""
    folder = tmp_path_factory.mktemp("evidence")
    with running(folder, AGENCIES) as made:
        made.start()
        seal, now = a_seal(folder, REPORT_KEY), datetime.now(UTC)
        when = {"occurred": an_interval(now - timedelta(minutes=40)), "reported_at": now - timedelta(minutes=5)}
        for report in (a_report(**when), a_report(agency="IB", local_ref="IB-1", **OTHER_WORDS | when)):
            made.put(topics.reports_topic(report.agency), report.report_id, signed(report, seal))
        assert made.producer.flush(WITHIN_S) == 0
        until(lambda: made.receipts_of("CTD-KP") and made.receipts_of("IB"), "both are fused")
        yield made


def export(bus: Bus, incident: str, agency: str, out: Path) -> Result:
    """The command in this process: starting one takes longer than what it does."""
    key = bus.folder / "desk.pem"
    key.write_bytes(EXPORT_KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    line = ("evidence", "export", incident, "--agency", agency, "--key", str(key), "--out", str(out))
    env = {"FUSION_BOOTSTRAP": bus.bootstrap, "FUSION_HOME": str(bus.folder / "home")}
    return CliRunner().invoke(commands, line, env=env)


def test_from_two_signed_reports_to_a_package_that_a_stranger_checks(bus: Bus, tmp_path: Path) -> None:
    (incident,) = {str(receipt.incident_id) for name in ("CTD-KP", "IB") for receipt in bus.receipts_of(name)}
    out = tmp_path / "exported.zip"
    until(lambda: export(bus, incident, "NACTA", out).exit_code == 0, "its decisions are sealed")
    raw = out.read_bytes()
    assert check(raw, tmp_path, EXPORTER) == (0, [])
    reports = [name for name in files_of(raw) if name.startswith("reports/")]
    assert len(reports) == 2
    assert all(name.endswith(".r1.json") for name in reports)
    code, faults = check(changed(raw, reports[0], lambda one: one.replace(b"Peshawar", b"Islamabad")), tmp_path)
    assert code == 1
    assert [fault.split(":")[0] for fault in faults] == [reports[0], reports[0]], "its file and its signature"
    assert "cannot be written" in str(export(bus, incident, "NACTA", out).exception)
    for key, code in ((EXPORTER, 0), ("0" * 16, 1)):
        told = CliRunner().invoke(commands, ("evidence", "verify", str(out), "--exporter", key))
        assert told.exit_code == code


def test_who_does_not_work_for_the_hubs_desk_exports_nothing(bus: Bus, tmp_path: Path) -> None:
    incident = str(bus.receipts_of("IB")[0].incident_id)
    done = export(bus, incident, "IB", tmp_path / "no.zip")
    assert "does not work for the hub's desk" in str(done.exception)
    assert not (tmp_path / "no.zip").exists()
