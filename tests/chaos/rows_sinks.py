"""Rows that make the receiving end slow, hung, dead or locked; and the healthy control."""

import signal
import sqlite3
from contextlib import closing

from chaos.federation import Federation
from chaos.row import Row, times

FROZEN_S = 25.0  # the receiver's session is 10 s
LOCKED_S = 20.0
CONTROL_S = 1_800.0


def hung(fed: Federation) -> None:
    """Freezes a receiver for longer than its session, four times."""
    rounds = times(fed, 4)
    fed.load(rounds * 40)
    for _ in range(rounds):
        fed.wait_for_outputs()
        mate = fed.crew.mates["receiver-NACTA"]
        mate.signal(signal.SIGSTOP)
        fed.pause(FROZEN_S)
        mate.signal(signal.SIGCONT)
        fed.pause_about(4, 8)


def killed(fed: Federation) -> None:
    """Kills a receiver amid its alerts, twenty times."""
    rounds = times(fed, 20)
    fed.load(rounds * 8)
    fed.wait_for_outputs()
    for _ in range(rounds):
        fed.pause_about(2, 7)
        fed.crew.kill("receiver-NACTA")
        fed.start_receiver("NACTA")


def locked(fed: Federation) -> None:
    """Locks the threat database for longer than a handler waits once, four times."""
    rounds = times(fed, 4)
    fed.load(rounds * 30)
    fed.wait_for_outputs()
    fed.pause(3)
    for _ in range(rounds):
        with closing(sqlite3.connect(fed.sink("NACTA", "sqlite"), isolation_level=None, timeout=10)) as database:
            database.execute("BEGIN EXCLUSIVE")
            fed.pause(LOCKED_S)
            database.execute("ROLLBACK")
        fed.pause_about(2, 5)


def control(fed: Federation) -> None:
    """Does nothing for half an hour of load."""
    seconds = CONTROL_S * fed.scale
    fed.load(seconds)
    fed.wait_for_outputs()
    fed.pause(seconds)
    for mate in fed.crew.mates.values():
        if mate.codes:
            fed.faults.append(f"{mate.name} ended by itself: {mate.codes}")


ROWS = (
    Row("sink-hung", "a receiver frozen for 25 s (session 10 s), 4 times", hung),
    Row("sink-killed", "a receiver killed -9, 20 times", killed),
    Row("sink-locked", "the threat database locked for 20 s, 4 times", locked),
    Row("control", "nothing happens, for 30 minutes", control),
)
