"""Rows that take the workers' state away: the folder wiped, the changelogs recreated."""

import shutil
from functools import partial

from confluent_kafka.admin import AdminClient

from chaos.federation import Federation
from chaos.row import Row, times
from fusionbus.contract import topics

REFUSED = 2
"""The exit code of a worker that says in one sentence why it cannot start."""
CHANGELOGS = [topics.SEEN_CHANGELOG, topics.FUSED_CHANGELOG]


def wiped(fed: Federation) -> None:
    """Kills a worker and takes its state folder away, in turns, four times: the changelog has all of it."""
    rounds = times(fed, 4)
    fed.load(rounds * 25)
    for count in range(rounds):
        number = 1 + count % fed.workers
        fed.wait_for_outputs()
        fed.pause_about(2, 6)
        fed.crew.kill(f"w{number}")
        shutil.rmtree(fed.state_of(number))
        fed.start_worker(number)
        fed.pause_about(4, 8)


def recreated(fed: Federation) -> None:
    """Makes both changelogs anew while no worker runs: workers refuse their old state, and go on without it."""
    fed.load(20, prefix="before")
    fed.wait_for_outputs()
    fed.pause(22)
    fed.finish_loads()
    fed.drain()
    for number in range(1, fed.workers + 1):
        fed.crew.stop(f"w{number}")
    admin = AdminClient({"bootstrap.servers": fed.brokers.direct})
    for deleted in admin.delete_topics(CHANGELOGS).values():
        deleted.result(30)
    fed.pause(2)
    fed.provision()
    for number in range(1, fed.workers + 1):
        fed.start_worker(number)
    for number in range(1, fed.workers + 1):
        mate = fed.crew.mates[f"w{number}"]
        fed.wait_until(partial(len, mate.codes), 60)
        if REFUSED not in mate.codes or "was made anew" not in mate.told():
            fed.faults.append(f"{mate.name} did not refuse state that goes with other changelogs: {mate.codes}")
        fed.crew.kill(mate.name)
        fed.state_of(number).rename(fed.folder / f"state-{number}-of-before")
        fed.start_worker(number)
    fed.load(20, prefix="after")
    fed.wait_for_outputs()
    fed.pause(22)


ROWS = (
    Row("state-wiped", "a worker killed and its state folder deleted, 4 times", wiped),
    Row("changelog-recreated", "both changelogs deleted and made anew between stop and start", recreated),
)
