"""Rows that take the broker away: killed, bounced, frozen, one of three lost; and the line to it cut."""

from collections.abc import Callable

from chaos.brokers import Proxied
from chaos.federation import Federation
from chaos.proxy import Proxy
from chaos.row import Row, times
from fusionbus.deploy.broker import LocalBroker

AWAY_S = 60.0
DELAY_S = 0.1
LOAD_BESIDE_S = 60.0
"""What the load lasts beside the faults: starts, waits and the time after."""


def broker_kill(fed: Federation) -> None:
    """Kills the one broker and starts it again, five times."""
    _away_and_back(fed, LocalBroker.kill)


def broker_bounce(fed: Federation) -> None:
    """Stops the one broker in order and starts it again, five times."""
    _away_and_back(fed, LocalBroker.stop)


def _away_and_back(fed: Federation, end: Callable[[LocalBroker], object]) -> None:
    rounds = times(fed, 5)
    fed.load(rounds * 30)
    (node,) = fed.brokers.nodes
    for _ in range(rounds):
        fed.wait_for_outputs()
        fed.pause_about(1, 6)
        end(node)
        fed.pause_about(0, 4)
        node.start()


def broker_freeze(fed: Federation) -> None:
    """Freezes the one broker for twenty seconds."""
    fed.load(LOAD_BESIDE_S)
    (node,) = fed.brokers.nodes
    fed.wait_for_outputs()
    fed.pause_about(1, 4)
    node.pause()
    fed.pause(20)
    node.resume()
    fed.wait_for_outputs()


def cluster_loss(fed: Federation) -> None:
    """Kills one broker of three, a different one each time; the hub goes on without it, and with it again."""
    rounds = times(fed, 3)
    fed.load(rounds * 60)
    for count in range(rounds):
        fed.wait_for_outputs()
        fed.pause_about(1, 4)
        node = fed.brokers.nodes[count % len(fed.brokers.nodes)]
        node.kill()
        fed.pause(5)
        fed.wait_for_outputs()  # two of three are enough
        node.start()
        fed.pause(8)  # its copies catch up before the next one goes


def _proxy(fed: Federation) -> Proxy:
    if not isinstance(fed.brokers, Proxied):
        raise TypeError("this row needs the proxy")
    return fed.brokers.proxy


def line_resets(fed: Federation) -> None:
    """Breaks every connection of every client each second or two, twenty times."""
    rounds = times(fed, 20)
    fed.load(rounds * 2 + LOAD_BESIDE_S)
    fed.wait_for_outputs()
    for _ in range(rounds):
        fed.pause_about(0.5, 2.5)
        _proxy(fed).reset_all()
    fed.wait_for_outputs()


def line_delays(fed: Federation) -> None:
    """Holds every byte for 100 ms on each way."""
    _proxy(fed).weather.delay_s = DELAY_S
    fed.load(LOAD_BESIDE_S * fed.scale)
    fed.wait_for_outputs()
    fed.pause(LOAD_BESIDE_S * fed.scale)


def line_up(fed: Federation) -> None:
    """Lets nothing from clients to the broker for 20 s: requests hang."""
    _cut(fed, up=False, down=True, seconds=20)


def line_down(fed: Federation) -> None:
    """Lets nothing from the broker to clients for 20 s: what was written is not acknowledged."""
    _cut(fed, up=True, down=False, seconds=20)


def line_cut(fed: Federation) -> None:
    """Lets nothing through at all for a minute."""
    _cut(fed, up=False, down=False, seconds=AWAY_S)


def _cut(fed: Federation, *, up: bool, down: bool, seconds: float) -> None:
    weather = _proxy(fed).weather
    fed.load(seconds + LOAD_BESIDE_S)
    fed.wait_for_outputs()
    fed.pause_about(1, 4)
    weather.up, weather.down = up, down
    fed.pause(seconds)
    weather.up = weather.down = True
    fed.wait_for_outputs()


ROWS = (
    Row("broker-kill", "broker kill -9 under load, 5 times", broker_kill),
    Row("broker-bounce", "broker stopped in order and started again under load, 5 times", broker_bounce),
    Row("broker-freeze", "broker SIGSTOP for 20 s", broker_freeze),
    Row("cluster-loss", "three brokers, three copies, two of them sure: one killed, 3 times", cluster_loss, "three"),
    Row("line-resets", "a proxy that breaks all connections, 20 times", line_resets, "proxied"),
    Row("line-delays", "a proxy that holds every byte for 100 ms", line_delays, "proxied"),
    Row("line-up", "a proxy that lets nothing to the broker for 20 s", line_up, "proxied"),
    Row("line-down", "a proxy that lets nothing from the broker for 20 s", line_down, "proxied"),
    Row("line-cut", "a proxy that lets nothing through for 60 s", line_cut, "proxied"),
)
