"""Break-ins by somebody who has an agency's password, on the secured bus: refused, told, audited and counted."""

import gc
import socket
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import TypeVar

import pytest

from builders import a_report
from fusionbus.consumers.reading import TopicReader
from fusionbus.contract import topics
from fusionbus.contract.base import Message
from fusionbus.contract.codec import Undecodable, decode, encode
from fusionbus.contract.records import AuditRecord, DeadLetter, Receipt, ReceiptOutcome, RejectReason
from fusionbus.contract.report import ThreatReport
from fusionbus.contract.topics import receipts_topic, reports_topic
from fusionbus.deploy.broker import LocalBroker
from fusionbus.deploy.broker_secured import ADMIN
from fusionbus.deploy.secret_files import Secrets
from fusionbus.deploy.signing_keys import PublicKeys
from fusionbus.producers.seal import Seal, load_seal
from secured_bus import COMMAND, WITHIN_S, SecuredBus

M = TypeVar("M", bound=Message)
pytestmark = [
    pytest.mark.broker,
    # kafka-python 3.0.12 forgets to close the sockets of a sign-in that was refused.
    pytest.mark.filterwarnings("ignore:unclosed <ssl.SSLSocket:ResourceWarning"),
    pytest.mark.filterwarnings("ignore:unclosed <socket.socket .*family=1,:ResourceWarning"),
]
VICTIM, SIGNER = "CTD-KP", "CTD-PB"
FEDERATION_KEY = "a made up federation key that no log may hold"


@pytest.fixture(scope="module")
def bus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SecuredBus]:
    """A secured broker; CTD-PB has to sign all that it sends."""
    folder = tmp_path_factory.mktemp("break-ins")
    secrets = Secrets(folder / "secrets")
    with LocalBroker(folder / "broker", secrets=secrets) as broker:
        made = SecuredBus(broker, secrets, folder)
        assert "3 quotas set" in made.provision(ADMIN, must_sign=[SIGNER])
        yield made
        gc.collect()


@pytest.fixture(scope="module")
def metrics_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@pytest.fixture(scope="module", autouse=True)
def worker(bus: SecuredBus, metrics_port: int) -> Iterator[None]:
    """A worker that says all it can."""
    words = [COMMAND, "worker", "--id", "s", "--metrics-port", str(metrics_port)]
    env = bus.env("hub") | {"FUSION_LOG_LEVEL": "DEBUG"}
    with (bus.folder / "worker.log").open("ab") as log:
        process = subprocess.Popen(words, env=env, stdout=log, stderr=log)
    yield
    process.terminate()
    try:
        process.wait(30)
    finally:
        process.kill()
        process.wait(WITHIN_S)


def seal_of(bus: SecuredBus, agency: str) -> Seal:
    seal = load_seal(bus.secrets.signing_file(agency))
    assert seal is not None
    return seal


def report_of(agency: str, local_ref: str) -> ThreatReport:
    return a_report(agency=agency, local_ref=local_ref, reported_at=datetime.now(UTC), occurred=None)


def read(bus: SecuredBus, model: type[M], role: str, topic: str) -> list[M]:
    with TopicReader(bus.as_(role), topic, role) as reader:
        found = [decode(model, record.value) for record in reader.there_now(WITHIN_S)]
    return [one for one in found if not isinstance(one, Undecodable)]


def until(true: Callable[[], object], what: str) -> None:
    end = time.monotonic() + WITHIN_S
    while not true():
        assert time.monotonic() < end, f"not within {WITHIN_S} s: {what}"
        time.sleep(0.2)


def outcomes(bus: SecuredBus, agency: str, count: int, of: str) -> list[tuple[ReceiptOutcome, RejectReason | None]]:
    """What became of the records about this local reference, once there are so many."""
    found: list[Receipt] = []

    def enough() -> bool:
        receipts = read(bus, Receipt, agency, receipts_topic(agency))
        found[:] = [one for one in receipts if one.local_ref == of]
        return len(found) >= count

    until(enough, f"{count} receipts about {of}")
    return [(one.outcome, one.reason) for one in found]


def counted(port: int, agency: str, reason: RejectReason) -> float:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as answer:
        lines = answer.read().decode().splitlines()
    wanted = f'fusion_rejected_total{{agency="{agency}",reason="{reason}"}} '
    return sum(float(line.removeprefix(wanted)) for line in lines if line.startswith(wanted))


REFUSED = ReceiptOutcome.REJECTED
BAD = (REFUSED, RejectReason.BAD_SIGNATURE)


def test_forged_altered_unsigned_and_replayed_reports(bus: SecuredBus, metrics_port: int) -> None:
    good = report_of(SIGNER, "good")
    raw, key, topic = seal_of(bus, SIGNER)(encode(good)), good.report_id.encode(), reports_topic(SIGNER)
    altered = report_of(SIGNER, "altered")
    sealed = seal_of(bus, SIGNER)(encode(altered)).replace(b"Peshawar", b"Mingoraa")
    strange = report_of(SIGNER, "strange")
    unsigned = report_of(SIGNER, "unsigned")
    forged = report_of(VICTIM, "forged")
    for record_key, value in (
        (key, raw),
        (key, raw),  # replayed
        (altered.report_id.encode(), sealed),
        (strange.report_id.encode(), seal_of(bus, VICTIM)(encode(strange))),  # another agency's key
        (unsigned.report_id.encode(), encode(unsigned)),
        (forged.report_id.encode(), encode(forged)),  # another agency's name
    ):
        assert bus.send(SIGNER, topic, record_key, value) is None
    both = outcomes(bus, SIGNER, 2, "good")
    assert {outcome for outcome, _ in both} == {ReceiptOutcome.NEW_INCIDENT, ReceiptOutcome.REPEAT}
    assert outcomes(bus, SIGNER, 1, "altered") == [BAD]
    assert outcomes(bus, SIGNER, 1, "strange") == [BAD]
    assert outcomes(bus, SIGNER, 1, "unsigned") == [BAD]
    assert outcomes(bus, SIGNER, 1, "forged") == [(REFUSED, RejectReason.WRONG_AGENCY)]
    letters = read(bus, DeadLetter, "operator", topics.DEAD_LETTERS)
    reasons = [RejectReason.BAD_SIGNATURE] * 3 + [RejectReason.WRONG_AGENCY]
    assert sorted(one.reason for one in letters if one.agency == SIGNER) == sorted(reasons)
    noted = [one.note or "" for one in read(bus, AuditRecord, "auditor", topics.AUDIT) if one.agency == SIGNER]
    for letter in letters:
        assert f"{letter.reason}: dead letter {letter.dead_letter_id}" in noted
    assert counted(metrics_port, SIGNER, RejectReason.BAD_SIGNATURE) == 3
    assert counted(metrics_port, SIGNER, RejectReason.WRONG_AGENCY) == 1
    assert not read(bus, Receipt, VICTIM, receipts_topic(VICTIM))  # nobody else hears of it


def test_a_revoked_key_is_refused_as_soon_as_the_hub_knows_and_a_new_one_is_taken(bus: SecuredBus) -> None:
    stolen = seal_of(bus, VICTIM)
    (held,) = PublicKeys.under(bus.folder).of(VICTIM)
    for words in (("rotate", VICTIM, "--overlap-days", "0.01"), ("revoke", VICTIM, held.key_id)):
        assert bus.run(ADMIN, "keys", *words).returncode == 0
    assert "1 registry entries written" in bus.provision(ADMIN, must_sign=[SIGNER])
    tries = 0

    def refused() -> bool:
        nonlocal tries
        tries += 1
        report = report_of(VICTIM, f"stolen {tries}")
        bus.send(VICTIM, reports_topic(VICTIM), report.report_id.encode(), stolen(encode(report)))
        return outcomes(bus, VICTIM, 1, f"stolen {tries}") == [BAD]

    until(refused, "the hub takes no more of the stolen key")
    fresh = report_of(VICTIM, "fresh")
    bus.send(VICTIM, reports_topic(VICTIM), fresh.report_id.encode(), seal_of(bus, VICTIM)(encode(fresh)))
    assert outcomes(bus, VICTIM, 1, "fresh")[0][0] is not REFUSED


def test_headers_of_any_size_change_nothing(bus: SecuredBus) -> None:
    report = report_of(SIGNER, "with headers")
    key, raw = report.report_id.encode(), seal_of(bus, SIGNER)(encode(report))
    too_many = bus.send(SIGNER, reports_topic(SIGNER), key, raw, [("x", b"\xff" * 2_000_000)])
    assert too_many == "MSG_SIZE_TOO_LARGE"
    most = [("fusion-agency\n\x1b[2J", b"IB\x00"), *((f"h{n}", b"\xff" * 1_000) for n in range(900))]
    assert bus.send(SIGNER, reports_topic(SIGNER), key, raw, most) is None
    assert len(outcomes(bus, SIGNER, 1, "with headers")) == 1


EVIL = "evil\n2026-01-01 [error] forged\x1b[2J\x1b]0;owned\x07"


def test_text_that_would_forge_a_line_or_steer_a_terminal_is_shown_as_text(bus: SecuredBus) -> None:
    report = report_of(SIGNER, EVIL)
    bus.send(SIGNER, reports_topic(SIGNER), EVIL.encode(), seal_of(bus, SIGNER)(encode(report)))
    assert outcomes(bus, SIGNER, 1, EVIL) == [(REFUSED, RejectReason.WRONG_KEY)]
    bus.send(SIGNER, reports_topic(SIGNER), b"k", b'{"' + b"\\u001b[2J\\nx" * 20 + b'": 1}')
    for principal, words in (
        (SIGNER, ("receipts", "--agency", SIGNER)),
        (SIGNER, ("receipts", "--agency", SIGNER, "--report", EVIL)),
        ("operator", ("dead-letters", "list")),
        (ADMIN, ("denials",)),
    ):
        done = bus.run(principal, *words)
        assert done.returncode == 0, done.stderr
        assert not {"\x1b", "\x07"} & set(done.stdout + done.stderr), words
        assert not [line for line in done.stdout.splitlines() if line.startswith("2026-01-01")]
    assert "\x1b" not in (bus.folder / "worker.log").read_text(encoding="utf-8", errors="replace")


def test_what_the_broker_refused_can_be_seen_and_counted(bus: SecuredBus) -> None:
    assert bus.send(VICTIM, "reports-IB", b"k", b"forged") == "TOPIC_AUTHORIZATION_FAILED"
    assert bus.refusal(VICTIM, "alerts-IB", "IB.alerts") is not None
    assert not bus.gets_in(VICTIM, sasl_password="a made up guess")

    def told() -> bool:
        said = bus.run(ADMIN, "denials").stdout
        return all(part in said for part in ("topic reports-IB", "topic alerts-IB", "password"))

    until(told, "the refusals in the broker's log")


def test_no_secret_of_any_kind_stands_in_a_log_or_on_a_screen(bus: SecuredBus) -> None:
    env = bus.env(VICTIM) | {"FUSION_FEDERATION_KEY": FEDERATION_KEY}
    report = bus.folder / "report.json"
    report.write_bytes(encode(report_of(VICTIM, "through the command")))
    words = [COMMAND, "--log-level", "DEBUG", "publish", str(report), "--agency", VICTIM]
    done = subprocess.run(words, env=env, capture_output=True, text=True, timeout=WITHIN_S, check=False)
    assert done.returncode == 0, done.stderr
    assert outcomes(bus, VICTIM, 1, "through the command")[0][0] is not REFUSED
    said = done.stdout + done.stderr + bus.run(VICTIM, "env", "--agency", VICTIM).stdout
    said += bus.run(ADMIN, "keys", "list").stdout
    for path in (*bus.folder.rglob("*.log"), *bus.folder.rglob("*.out")):
        said += path.read_text(encoding="utf-8", errors="replace")
    secrets = [path.read_text(encoding="utf-8") for path in bus.secrets.root.iterdir() if path.suffix != ".pem"]
    private = [path.read_text(encoding="utf-8").splitlines()[1] for path in bus.secrets.root.glob("*.signing.pem")]
    keys = bus.secrets.ca_key.read_text(encoding="utf-8").splitlines()[1:2]
    assert len(private) == 3
    whole = [FEDERATION_KEY, *private, *keys, *(secret.strip() for secret in secrets)]
    assert [number for number, secret in enumerate(whole) if secret in said] == []
