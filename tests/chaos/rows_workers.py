"""Rows that kill, stop, freeze and reshuffle the hub's workers."""

import signal
import time
from itertools import cycle, islice

from chaos.federation import Federation
from chaos.row import Row, times

DEATHS = ("sent:3", "marked:2", "decide:4", "recovery:1")
DIES_WITHIN_S = 25.0
RESTART_CODE = 70
FREEZE_S = 9.0  # the session is 6 s
STORM_EVERY_S = 10.0


def kill(fed: Federation) -> None:
    """Kills a worker from outside and at chosen places inside, in turns, twenty times."""
    rounds = times(fed, 20)
    fed.load(rounds * 20)
    fed.wait_for_outputs()
    deaths = list(islice(cycle(DEATHS), (rounds + 1) // 2))
    missed = 0
    for count in range(rounds):
        number = 1 + count % fed.workers
        if count % 2:
            fed.crew.kill(f"w{number}")
            mate = fed.start_worker(number, dies_at=deaths[count // 2])
            until = time.monotonic() + DIES_WITHIN_S
            while mate.alive and time.monotonic() < until:
                fed.pause(0.05)
            missed += mate.alive
        else:
            fed.pause_about(0.5, 5)
        fed.crew.kill(f"w{number}")
        fed.start_worker(number)
    if missed:
        fed.notes.append(f"{missed} of {rounds // 2} chosen places were not reached within {DIES_WITHIN_S:.0f} s")


def term(fed: Federation) -> None:
    """Stops a worker in order, under load, twenty times."""
    rounds, longest_s = times(fed, 20), 0.0
    fed.load(rounds * 20)
    for count in range(rounds):
        number = 1 + count % fed.workers
        fed.wait_for_outputs()
        fed.pause_about(1, 5)
        code, took_s = fed.crew.stop(f"w{number}")
        longest_s = max(longest_s, took_s)
        if code != 0:
            fed.faults.append(f"SIGTERM number {count + 1} ended with {code} after {took_s:.1f} s")
        fed.start_worker(number)
    fed.notes.append(f"longest stop {longest_s:.1f} s")


def freeze(fed: Federation) -> None:
    """Stops a worker's time for longer than its session; it must find out when it wakes, and leave."""
    rounds = times(fed, 4)
    fed.load(rounds * 40)
    for count in range(rounds):
        name = f"w{1 + count % fed.workers}"
        fed.wait_for_outputs()
        fed.pause_about(1, 4)
        mate = fed.crew.mates[name]
        mate.signal(signal.SIGSTOP)
        fed.pause(FREEZE_S)
        mate.signal(signal.SIGCONT)
        fed.pause(6)
        if RESTART_CODE not in mate.codes[-1:]:
            fed.faults.append(f"the frozen {name} went on after {FREEZE_S:.0f} s as if nothing had been")


def storm(fed: Federation) -> None:
    """Lets workers come and go every ten seconds, ten times."""
    rounds = times(fed, 10)
    fed.load(rounds * STORM_EVERY_S * 2)
    fed.wait_for_outputs()
    for count in range(rounds):
        begun, number = time.monotonic(), 1 + count % fed.workers
        if count % 2:
            fed.crew.kill(f"w{number}")
        else:
            fed.crew.stop(f"w{number}")
        fed.pause_about(1, 4)
        fed.start_worker(number)
        fed.pause(max(0.0, STORM_EVERY_S - (time.monotonic() - begun)))


ROWS = (
    Row("kill", "worker kill -9: anywhere, mid-step, between send and mark, in recovery; 20 times", kill),
    Row("term", "SIGTERM under load, 20 times: exit code 0 within 30 s", term),
    Row("freeze", "SIGSTOP past the session, then CONT: the zombie's output is suppressed", freeze),
    Row("storm", "three workers, one leaves or joins every 10 s, ten times", storm, workers=3),
)
