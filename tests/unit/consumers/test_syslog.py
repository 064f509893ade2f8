"""Alerts sent to a real syslog server, over TCP and TLS."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from certificates import a_certificate
from fusionbus.consumers.handlers import Taken, open_handler
from fusionbus.consumers.handlers.outward import OutwardSettings
from fusionbus.consumers.handlers.syslog import SyslogHandler
from fusionbus.consumers.testing import sample_alert
from fusionbus.contract.errors import Misconfigured, RetryLater
from posts import SyslogDesk

pytestmark = pytest.mark.allow_hosts(["127.0.0.1"])


@pytest.fixture
def desk() -> Iterator[SyslogDesk]:
    with SyslogDesk().open() as opened:
        yield opened


def test_an_alert_is_one_message_once(desk: SyslogDesk) -> None:
    handler = open_handler(f"syslog:127.0.0.1:{desk.port}")
    alerts = [sample_alert(number=number, body={"headline": "بنوں میں دھماکہ"}) for number in range(3)]
    assert [handler.take(one) for one in (*alerts, alerts[0])] == [Taken.NEW] * 3 + [Taken.REPEAT]
    assert len(desk.messages) == 3
    for alert, message in zip(alerts, desk.messages, strict=True):
        assert message.startswith(b"<130>1 2026-01-15T09:30:00.000Z ")
        assert f"externalId={alert.alert_id}" in message.decode()
        assert "بنوں میں دھماکہ" in message.decode()


def test_a_server_that_is_down_is_tried_again_and_gets_the_alert_once_it_is_up() -> None:
    desk = SyslogDesk()
    with desk.open():
        handler = SyslogHandler(f"127.0.0.1:{desk.port}", OutwardSettings(), tls=False)
    with pytest.raises(RetryLater, match=r"cannot be reached \(Connection refused\)"):
        handler.take(sample_alert())
    with desk.open():
        assert handler.take(sample_alert()) is Taken.NEW
    assert len(desk.messages) == 1


def test_over_tls_only_a_trusted_server_gets_anything(tmp_path: Path) -> None:
    trusted, stranger = a_certificate(tmp_path / "trusted.pem"), a_certificate(tmp_path / "stranger.pem")
    with SyslogDesk(certificate=trusted).open() as desk:
        target = f"127.0.0.1:{desk.port}"
        distrusting = SyslogHandler(target, OutwardSettings(outward_ca_file=stranger), tls=True)
        with pytest.raises(RetryLater, match="cannot be reached"):
            distrusting.take(sample_alert())
        assert desk.messages == []
        handler = SyslogHandler(target, OutwardSettings(outward_ca_file=trusted), tls=True)
        assert handler.take(sample_alert()) is Taken.NEW
    assert len(desk.messages) == 1


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ("syslog:siem.example.pk:514", "is not encrypted: use syslogs:siem.example.pk:514"),
        ("syslog:127.0.0.1", "names no HOST:PORT"),
        ("syslogs:siem.example.pk:99999", "names no HOST:PORT"),
    ],
)
def test_a_target_that_cannot_be_used_is_one_sentence(spec: str, said: str) -> None:
    with pytest.raises(Misconfigured, match=said):
        open_handler(spec)
