"""What the broker refused, read from its log: as Kafka 4.3.1 writes it."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from fusionbus.contract.errors import Misconfigured
from fusionbus.deploy.operators.cli import operator_commands
from fusionbus.deploy.operators.denials import Denial, Log, read

RIGHTS = (
    "2026-11-21 10:37:45,598 INFO logger Principal = User:CTD-KP is Denied operation = DESCRIBE from host = 127.0.0.1 "
    "on resource = Topic:LITERAL:reports-IB for request = Metadata with resourceRefCount = 1 based on rule DefaultDeny"
)
PASSWORD = (
    "2026-11-21 10:37:45,636 INFO Selector [SocketServer listenerType=BROKER, nodeId=1] Failed authentication with "
    "/127.0.0.1 (channelId=127.0.0.1:23683-127.0.0.1:59192-1-14) (Authentication failed during authentication due to "
    "invalid credentials with SASL mechanism SCRAM-SHA-512)"
)
TLS = (
    "2026-11-21 10:37:46,001 INFO Selector [SocketServer listenerType=BROKER, nodeId=1] Failed authentication with "
    "/127.0.0.1 (channelId=127.0.0.1:23683-127.0.0.1:59193-1-15) (SSL handshake failed)"
)
OTHERS = (
    "2026-11-21 10:37:45,000 INFO KafkaRaftServer [KafkaRaftServer nodeId=1] Kafka Server started",
    "2026-11-21 10:37:45,000 INFO logger Principal = User:hub is Allowed operation = READ",
    "\tat org.apache.kafka.Something(Denied.java)",
    "",
)


def test_each_refusal_says_who_tried_what_and_from_where() -> None:
    assert list(read([*OTHERS, RIGHTS, PASSWORD, *OTHERS, TLS])) == [
        Denial("2026-11-21 10:37:45,598", "CTD-KP", "rights", "DESCRIBE topic reports-IB", "127.0.0.1"),
        Denial("2026-11-21 10:37:45,636", "unknown", "password", "sign in", "127.0.0.1"),
        Denial("2026-11-21 10:37:46,001", "unknown", "tls", "sign in", "127.0.0.1"),
    ]


def test_a_log_that_grows_and_begins_anew_is_read_line_by_line_once(tmp_path: Path) -> None:
    log = Log(tmp_path / "broker.log")
    log.file.write_text("one\ntwo\nhal", encoding="utf-8")
    assert log.more() == ["one", "two"]
    log.file.write_text("one\ntwo\nhalf\n", encoding="utf-8")
    assert log.more() == ["half"]
    assert log.more() == []
    log.file.rename(tmp_path / "broker.log.1")
    log.file.write_text("new\n", encoding="utf-8")
    assert log.more() == ["new"]
    assert list(log.older()) == ["one", "two", "half"]


def test_the_command_counts_equal_refusals_and_lets_none_steer_the_terminal(tmp_path: Path) -> None:
    file = tmp_path / "broker.log"
    evil = RIGHTS.replace("reports-IB", "\x1b[2Jx")
    file.write_text(f"{RIGHTS}\n{RIGHTS}\n{PASSWORD}\n{evil}\n", encoding="utf-8")
    shown = CliRunner().invoke(operator_commands, ["denials", "--log", str(file)], catch_exceptions=False).output
    assert "\x1b" not in shown
    assert "DESCRIBE topic reports-IB" in shown
    told = CliRunner().invoke(operator_commands, ["denials", "--log", str(file), "--json"], catch_exceptions=False)
    assert {row["tried"]: row["times"] for row in json.loads(told.output)} == {
        "DESCRIBE topic reports-IB": 2,
        "DESCRIBE topic \x1b[2Jx": 1,
        "sign in": 1,
    }


def test_a_log_that_is_not_there_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="--log"):
        CliRunner().invoke(operator_commands, ["denials", "--log", str(tmp_path / "x")], catch_exceptions=False)
