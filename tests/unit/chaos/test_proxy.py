"""The proxy of the chaos matrix does to bytes what it is told; a line that is never cut proves nothing."""

import socket
import threading
import time
from collections.abc import Iterator

import pytest

from chaos.proxy import Proxy

pytestmark = pytest.mark.allow_hosts(["127.0.0.1"])
SOON_S = 0.3


def echo(server: socket.socket) -> None:
    """Sends back what comes, a thread for each connection."""

    def serve(connection: socket.socket) -> None:
        with connection:
            try:
                while piece := connection.recv(100):
                    heard.append(piece)
                    connection.sendall(piece)
            except OSError:
                return

    while True:
        try:
            connection, _ = server.accept()
        except OSError:
            return
        threading.Thread(target=serve, args=(connection,), daemon=True).start()


heard: list[bytes] = []


@pytest.fixture
def line() -> Iterator[tuple[Proxy, socket.socket]]:
    """A proxy before an echo, and a client that came through it."""
    heard.clear()
    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=echo, args=(server,), daemon=True).start()
        proxy = Proxy().start()
        proxy.lead_to(server.getsockname()[1])
        with socket.create_connection(("127.0.0.1", proxy.port), timeout=5) as client:
            yield proxy, client
        proxy.stop()


def nothing_comes(client: socket.socket) -> bool:
    client.settimeout(SOON_S)
    try:
        client.recv(100)
    except TimeoutError:
        return True
    finally:
        client.settimeout(5)
    return False


def is_broken(client: socket.socket) -> bool:
    try:
        return client.recv(100) == b""
    except ConnectionError:
        return True


def test_bytes_go_both_ways(line: tuple[Proxy, socket.socket]) -> None:
    _, client = line
    client.sendall(b"hello")
    assert client.recv(100) == b"hello"


def test_a_delay_holds_them_on_each_way(line: tuple[Proxy, socket.socket]) -> None:
    proxy, client = line
    proxy.weather.delay_s = 0.1
    begun = time.monotonic()
    client.sendall(b"slow")
    assert client.recv(100) == b"slow"
    assert time.monotonic() - begun >= 0.2


def test_what_is_cut_upwards_is_not_heard_until_it_is_mended(line: tuple[Proxy, socket.socket]) -> None:
    proxy, client = line
    proxy.weather.up = False
    client.sendall(b"held")
    assert nothing_comes(client)
    assert heard == []
    proxy.weather.up = True
    assert client.recv(100) == b"held"


def test_what_is_cut_downwards_is_heard_and_not_answered(line: tuple[Proxy, socket.socket]) -> None:
    proxy, client = line
    proxy.weather.down = False
    client.sendall(b"written")
    assert nothing_comes(client)
    assert heard == [b"written"]
    proxy.weather.down = True
    assert client.recv(100) == b"written"


def test_a_reset_breaks_what_is_open_and_lets_new_ones_through(line: tuple[Proxy, socket.socket]) -> None:
    proxy, client = line
    client.sendall(b"x")
    assert client.recv(100) == b"x"
    proxy.reset_all()
    assert is_broken(client)
    with socket.create_connection(("127.0.0.1", proxy.port), timeout=5) as again:
        again.sendall(b"back")
        assert again.recv(100) == b"back"
