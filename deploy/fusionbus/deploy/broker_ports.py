"""Loopback ports: which are free."""

import errno
import random
import socket
from collections.abc import Collection

from fusionbus.contract.errors import Misconfigured, RetryLater
from fusionbus.deploy.broker_files import HOST

FREE_PORT_TRIES = 200
# Below Linux's range for outgoing connections (from 32768): a client that retries a dead broker's port inside
# that range may be given the very port as its own, connect to itself, and keep the broker from coming back.
FREE_PORTS = range(20_000, 30_000)


def port_is_free(port: int) -> bool:
    """Whether a server could listen on this loopback port now.

    Raises:
        Misconfigured: this user may not use the port at all.
    """
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as Kafka does: closed connections do not count
        try:
            probe.bind((HOST, port))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                return False
            raise Misconfigured(
                f"Port {port} on {HOST} cannot be used ({error.strerror}): choose another with --port."
            ) from error
    return True


def free_port(taken: Collection[int] = ()) -> int:
    """A loopback port that nobody listens on and that is not among `taken`.

    Raises:
        RetryLater: none was found.
    """
    for port in random.sample(FREE_PORTS, FREE_PORT_TRIES):
        if port not in taken and port_is_free(port):
            return port
    raise RetryLater(f"No free port was found from {FREE_PORTS.start} to {FREE_PORTS.stop - 1}: end some servers.")
