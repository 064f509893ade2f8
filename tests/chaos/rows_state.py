"""Rows that take the workers' state away: the folder wiped, the changelogs recreated."""

import shutil

from confluent_kafka.admin import AdminClient

from chaos.federation import Federation
from chaos.row import Row, times
from fusionbus.contract import topics

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
    """Deletes and makes anew both changelogs while no worker runs; then lets new and old reports go on."""
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
    fed.load(20, prefix="after")
    fed.wait_for_outputs()
    fed.pause(22)


ROWS = (
    Row("state-wiped", "a worker killed and its state folder deleted, 4 times", wiped),
    Row("changelog-recreated", "both changelogs deleted and made anew between stop and start", recreated),
)
