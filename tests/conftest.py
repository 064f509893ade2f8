"""What every test may ask for: a real broker; and no network for those that did not ask."""

import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from pytest_socket import disable_socket, socket_allow_hosts

from postgresql import PostgreSQL, running

with warnings.catch_warnings():
    # kafka-python 3.0.12 reads its schemas through a function that Python 3.11 deprecates (3.13 took that back).
    warnings.simplefilter("ignore", DeprecationWarning)
    from fusionbus.deploy.broker import LocalBroker

# How long an example takes says how busy the machine is, and nothing of the code: speed belongs in `make bench`.
settings.register_profile("busy", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("busy")

NETWORKED = ("broker", "chaos")
KAFKA_PYTHON_WARNINGS = (
    r"ignore:(open|read)_text is deprecated:DeprecationWarning",  # for what it loads later
    # It forgets to close a socket that a dead broker refused; only such a socket is bound to 0.0.0.0.
    r"ignore:unclosed <socket.socket .*laddr=\('0.0.0.0':ResourceWarning",
)


def pytest_configure(config: pytest.Config) -> None:
    """Lets kafka-python be used while warnings are errors."""
    for line in KAFKA_PYTHON_WARNINGS:
        config.addinivalue_line("filterwarnings", line)


@pytest.fixture(autouse=True)
def _loopback_or_nothing(request: pytest.FixtureRequest) -> None:
    """Closes the network: tests with the marker broker or chaos reach 127.0.0.1, all others reach nothing.

    AF_UNIX stays open, because asyncio's event loops need it. A test that serves on loopback without a broker says so
    with `@pytest.mark.allow_hosts(["127.0.0.1"])`. pytest-socket lifts the guard after each test.
    """
    if any(request.node.get_closest_marker(name) for name in NETWORKED):
        socket_allow_hosts(["127.0.0.1"], allow_unix_socket=True)
    elif request.node.get_closest_marker("allow_hosts") is None:
        disable_socket(allow_unix_socket=True)


@pytest.fixture(scope="session")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a real Kafka, shared by the whole run: use topic and group names of your own.

    It fails, and never skips, when the broker cannot start.
    """
    with LocalBroker(tmp_path_factory.mktemp("broker")) as shared:
        yield shared.bootstrap


@pytest.fixture(scope="session")
def postgresql() -> Iterator[PostgreSQL]:
    """A real PostgreSQL on a Unix socket, shared by the whole run: take a database of your own.

    It fails, and never skips, where no server is installed.
    """
    with running() as cluster:
        yield cluster


@pytest.fixture
def own_broker(tmp_path: Path) -> Iterator[Callable[[], LocalBroker]]:
    """Makes a started broker of the test's own, to kill, freeze, stop and restart; each call makes another."""
    made: list[LocalBroker] = []

    def make() -> LocalBroker:
        fresh = LocalBroker(tmp_path / f"broker-{len(made)}")
        made.append(fresh)
        return fresh.start()

    yield make
    for one in made:
        one.resume()
        one.kill()
