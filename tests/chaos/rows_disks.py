"""Rows with a full disk (a small tmpfs): under an outbox, a worker's state, the broker's records, a worker's log."""

import sqlite3
from contextlib import closing
from itertools import islice
from pathlib import Path

from chaos.brokers import OnSmallDisk
from chaos.federation import Federation
from chaos.oracle import Sent
from chaos.row import Row
from chaos.small_disk import small_disk
from chaos.traffic import Traffic
from fusionbus.contract.codec import encode

FULL_S = 20.0
LOAD_S = 70.0
STATION = "CTD-KP"


def outbox(fed: Federation) -> None:
    """Puts a register into an outbox until the disk is full, sends from there, makes room, puts and sends again."""
    count, home = round(5_000 * fed.scale), fed.folder / "small"
    register = fed.folder / "register.jsonl"
    mine = (one for one in Traffic(fed.seed, fed.now, "o").reports(100 * count) if one.agency == STATION)
    reports = list(islice(mine, count))
    register.write_bytes(b"".join(encode(one) + b"\n" for one in reports))
    put = ("publish", "--outbox", "--agency", STATION, str(register))
    send = ("outbox", "send", "--agency", STATION)
    with small_disk(home, 2) as disk:
        if "disk" not in _said(fed, home, *put):
            fed.faults.append("the disk was full and nobody was told")
        _said(fed, home, *send)
        disk.grow(64)
        _said(fed, home, *put)
        _said(fed, home, *send)
        fed.sent += _acknowledged(home / "outbox" / f"{STATION}.db")
    if len(fed.sent) != len({(one.report_id, one.revision) for one in reports}):
        fed.faults.append(f"{len(fed.sent)} reports were sent in the end, of {len(reports)} lines")


def _said(fed: Federation, home: Path, *words: str) -> str:
    """What a command told, on one line; never a traceback."""
    done = fed.try_command(*words, FUSION_HOME=str(home))
    told = f"{done.stdout}{done.stderr}"
    if "Traceback" in told:
        fed.faults.append(f"a traceback for the user: {told[-300:]}")
    last = " ".join(told.split())[-160:]
    fed.notes.append(f"{words[0]}: code {done.returncode}: {last}")
    return told


def _acknowledged(path: Path) -> list[Sent]:
    """What the outbox says the broker has."""
    asked = "SELECT partition, \"offset\", report_id, revision FROM outbox WHERE state = 'sent'"
    with closing(sqlite3.connect(path)) as database:
        return [Sent(f"reports-{STATION}", *row) for row in database.execute(asked)]


def state(fed: Federation) -> None:
    """Fills the disk under one worker's state, under load, and makes room again."""
    fed.crew.stop("w1")
    with small_disk(fed.folder / "small", 64) as disk:
        fed.start_worker(1, FUSION_HOME=str(disk.folder))
        fed.load(LOAD_S)
        fed.wait_for_outputs()
        fed.pause_about(8, 12)
        disk.fill()
        fed.pause(FULL_S)
        disk.empty()
        fed.wait_for_outputs()
        fed.finish_loads()
        fed.drain()
        fed.crew.stop("w1")


def records(fed: Federation) -> None:
    """Fills the disk under the broker's records, under load; then makes room and starts it again."""
    if not isinstance(fed.brokers, OnSmallDisk):
        raise TypeError("this row needs the small disk")
    (node,), disk = fed.brokers.nodes, fed.brokers.disk
    fed.load(LOAD_S)
    fed.wait_for_outputs()
    fed.pause_about(4, 8)
    disk.fill()
    fed.pause(FULL_S)
    fed.notes.append("the broker went on" if node.pid else "the broker stopped by itself")
    node.kill()
    disk.empty()
    node.start()
    fed.wait_for_outputs()


def log(fed: Federation) -> None:
    """Lets a worker log onto a full disk; it works on all the same."""
    fed.crew.stop("w1")
    fed.crew.stop("w2")
    with small_disk(fed.folder / "small", 1) as disk:
        disk.fill()
        fed.start_worker(1, log=disk.folder / "w1.log", FUSION_LOG_LEVEL="DEBUG")
        fed.load(30)
        fed.wait_for_outputs()
        fed.pause(10)
        fed.command("subscribe", "--agency", "CTD-PB", "--name", "More")  # the worker logs that its registry changed
        fed.pause(15)
        fed.finish_loads()
        fed.drain()
        fed.crew.stop("w1")


ROWS = (
    Row("disk-outbox", "the disk under an agency's outbox full (tmpfs, 2 MB)", outbox),
    Row("disk-state", "the disk under a worker's state full for 20 s (tmpfs, 64 MB)", state),
    Row("disk-records", "the disk under the broker's records full for 20 s (tmpfs)", records, "small disk"),
    Row("disk-log", "a worker whose log lies on a full disk (tmpfs, 1 MB)", log),
)
