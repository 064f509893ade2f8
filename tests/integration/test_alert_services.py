"""Alert services as they run: a report becomes a mail, its link an answer, and the originator's receipt shows it."""

import json
import re
import signal
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from builders import a_report
from fusionbus.consumers.services.outbox import Outbox
from fusionbus.consumers.threats.database import ThreatDatabase
from fusionbus.consumers.web.control_sender import ControlSender
from fusionbus.consumers.web.settings import WebSettings
from fusionbus.consumers.web.site import Site
from fusionbus.contract.records import ReceiptOutcome
from fusionbus.shell.settings import BrokerSettings
from posts import MailDesk
from running_hub import COMMAND, WITHIN_S, Bus, running, until
from visitors import Visitor

pytestmark = [
    pytest.mark.broker,
    # kafka-python closes a client's last connection on its own thread, after `close` has returned.
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]

AGENCIES: dict[str, dict[str, Any]] = {
    "CTD-KP": {"group": "ctd", "organisation": "KP Police", "provinces": ["PK-KP"]},
    "IB": {"group": "federal", "organisation": "IB", "subscriptions": [{"name": "Everything"}]},
}
KEY = "k" * 32
SERVICES = {
    "agency": "IB",
    "reply_url": "http://127.0.0.1:8410",
    "contacts": {"desk": {"handler": "smtp:desk@example.pk"}, "head": {"handler": "smtp:head@example.pk"}},
    "services": [{"name": "Mail", "to": ["desk"], "escalation": {"after_min": 1, "to": ["head"]}}],
}


@pytest.fixture(scope="module")
def bus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bus]:
    with running(tmp_path_factory.mktemp("services"), AGENCIES) as bus:
        bus.start()
        yield bus


def env(bus: Bus, post: MailDesk) -> dict[str, str]:
    return {
        "FUSION_BOOTSTRAP": bus.bootstrap,
        "FUSION_SMTP_SERVER": f"127.0.0.1:{post.port}",
        "FUSION_SMTP_SECURITY": "none",
        "FUSION_REPLY_KEY": KEY,
        "FUSION_SERVICE_RETRY_S": "0.2",
        "FUSION_SERVICE_RETRY_S_MAX": "0.5",
        "HOME": str(bus.folder),
        "PATH": "/usr/bin:/bin",
    }


def config(folder: Path) -> Path:
    path = folder / "alert-services.yaml"
    path.write_text(json.dumps(SERVICES), encoding="utf-8")  # JSON is YAML
    return path


@contextmanager
def serving(bus: Bus, post: MailDesk) -> Iterator["subprocess.Popen[bytes]"]:
    words = ["--config", str(config(bus.folder)), "--outbox", str(bus.folder / "outbox.db")]
    with (bus.folder / "services.log").open("ab") as log:
        child = subprocess.Popen([COMMAND, "alert-services", "run", *words], env=env(bus, post), stderr=log)
    try:
        yield child
    finally:
        child.kill()
        child.wait()


def waiting(bus: Bus) -> dict[str, int]:
    with closing(Outbox(bus.folder / "outbox.db")) as outbox:
        return outbox.waiting()


def shown(bus: Bus, post: MailDesk) -> str:
    words = ["--config", str(config(bus.folder)), "--outbox", str(bus.folder / "outbox.db")]
    done = subprocess.run(
        [COMMAND, "alert-services", "waiting", *words],
        env=env(bus, post),
        capture_output=True,
        text=True,
        check=True,
        timeout=WITHIN_S,
    )
    return done.stdout


def test_a_report_is_mailed_answered_by_link_and_the_originator_reads_it_in_its_receipts(
    bus: Bus, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FUSION_REPLY_KEY", KEY)
    with MailDesk().open() as post, serving(bus, post) as service:
        bus.send(a_report(reported_at=datetime.now(UTC), occurred=None))
        until(lambda: post.mails, "the mail")
        (mail,) = post.mails
        until(lambda: waiting(bus) == {"head": 1}, "an escalation that waits")
        link = re.search(r"http://127\.0\.0\.1:8410(/reply/\S+)", mail.get_content())
        assert link, mail.get_content()
        database = ThreatDatabase(f"sqlite:{bus.folder}/web.db")
        with closing(ControlSender(BrokerSettings(bootstrap=bus.bootstrap))) as sender:
            browser = Visitor.at(Site.over(database, WebSettings(web_scrypt_log2_n=4), sender))
            assert browser.get(link[1]).status_code == 200
            assert browser.send(link[1], said="used", note="Two arrests.").status_code == 200
        database.close()

        def used() -> bool:
            answers = [one for one in bus.receipts_of("CTD-KP") if one.outcome is ReceiptOutcome.ACKNOWLEDGED]
            return any(one.used_by == 1 for one in answers)

        until(used, "the originator's receipt says that it was used")
        until(lambda: waiting(bus) == {}, "nobody else is called")
        assert shown(bus, post) == "desk: 0 waiting\nhead: 0 waiting\n"
        service.send_signal(signal.SIGTERM)
        assert service.wait(WITHIN_S) == 0


def test_a_service_that_is_killed_while_the_mail_server_is_out_mails_every_alert_once_when_both_are_back(
    bus: Bus,
) -> None:
    post = MailDesk()
    with post.open():
        pass
    with serving(bus, post) as service:
        bus.send(*(a_report(local_ref=f"kill-{n}", reported_at=datetime.now(UTC), occurred=None) for n in range(3)))
        until(lambda: len(bus.alerts_of("IB")) >= 4, "three more alerts")
        count = len(bus.alerts_of("IB"))
        until(lambda: waiting(bus).get("desk") == count - 1, "the outbox has them")
        service.send_signal(signal.SIGKILL)
        service.wait(WITHIN_S)
    with post.open(), serving(bus, post):
        until(lambda: "desk" not in waiting(bus), "the mails")
        told = [mail["Message-ID"] for mail in post.mails if "Nobody has answered" not in str(mail["Subject"])]
        assert len(told) == len(set(told)) == count - 1
