"""Whether a cluster takes records, and what it holds: asked with an ordinary Kafka client."""

import contextlib
import logging
import time
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Any, Final

from kafka import KafkaAdminClient, KafkaProducer
from kafka.errors import KafkaError

# Its producer state is the one thing that a probe leaves behind, in Kafka's own topic, for a week at most.
PROBE_ID = "fusionbus-ready"
TRY_MS = 5_000
PAUSE_S = 0.1
OPEN: Final[Mapping[str, Any]] = MappingProxyType({})
"""kafka-python's options for a broker that asks for nothing."""


def takes_records(bootstrap: str, options: Mapping[str, Any] = OPEN) -> bool:
    """Whether an acks=all write came back.

    The write is a producer's registration: Kafka appends it to `__transaction_state` under acks=all and
    min.insync.replicas, so it proves what a produce proves and needs no topic of ours.
    """
    with _quiet():
        try:
            producer = KafkaProducer(
                **_reaching(bootstrap, options), transactional_id=PROBE_ID, acks="all", max_block_ms=TRY_MS
            )
        except (KafkaError, OSError):
            return False
        try:
            producer.init_transactions()
        except (KafkaError, OSError):
            return False
        finally:
            producer.close(timeout=1)
    return True


def wait_until_ready(
    bootstrap: str, time_s_max: float, has_ended: Callable[[], bool], options: Mapping[str, Any] = OPEN
) -> bool:
    """Whether the cluster took a record in time; ends early when `has_ended` says that waiting is in vain."""
    until = time.monotonic() + time_s_max
    while time.monotonic() < until and not has_ended():
        if listens(bootstrap) and takes_records(bootstrap, options):
            return True
        time.sleep(PAUSE_S)
    return False


def topic_names(bootstrap: str, options: Mapping[str, Any] = OPEN) -> frozenset[str] | None:
    """The topics but for Kafka's own, or None when the cluster does not answer."""
    with _quiet():
        try:
            admin = KafkaAdminClient(**_reaching(bootstrap, options))
        except (KafkaError, OSError):
            return None
        try:
            return frozenset(name for name in admin.list_topics() if not name.startswith("__"))
        except (KafkaError, OSError):
            return None
        finally:
            admin.close()


def listens(bootstrap: str) -> bool:
    """Whether any of the addresses (host:port, comma between) accepts a connection."""
    import socket  # noqa: PLC0415 - looked up at call time, so that a test's guard on sockets holds

    for address in bootstrap.split(","):
        host, _, port = address.strip().rpartition(":")
        with contextlib.suppress(OSError, ValueError), socket.create_connection((host, int(port)), timeout=1):
            return True
    return False


def _reaching(bootstrap: str, options: Mapping[str, Any]) -> dict[str, Any]:
    return {**options, "bootstrap_servers": bootstrap, "bootstrap_timeout_ms": TRY_MS}


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Keeps the client's complaints about a broker that is not up yet off the screen: that is what is being asked."""
    logger = logging.getLogger("kafka")
    before = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        logger.setLevel(before)
