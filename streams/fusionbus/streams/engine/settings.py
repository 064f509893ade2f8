"""Engine settings: how hard, how long and how much; and how to get into the cluster."""

import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from faust.auth import Credentials, SASLCredentials, SSLCredentials

from fusionbus.contract.errors import Misconfigured

Protocol = Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"]
Mechanism = Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"]


@dataclass(frozen=True)
class BrokerSecurity:
    """How a worker proves who it is and whom it trusts. The default is an open broker on the loopback.

    Raises:
        Misconfigured: the fields contradict each other.
    """

    protocol: Protocol = "PLAINTEXT"
    mechanism: Mechanism = "SCRAM-SHA-512"
    username: str | None = None
    password: str | None = None
    ca_file: Path | None = None  # none: the system's authorities
    certificate_file: Path | None = None
    key_file: Path | None = None
    key_password: str | None = None

    def __post_init__(self) -> None:
        if self.uses_sasl and not (self.username and self.password):
            raise Misconfigured(f"{self.protocol} needs a username and a password: set both.")
        if not self.uses_sasl and (self.username or self.password):
            raise Misconfigured(f"A username or password is set, but {self.protocol} sends neither: use SASL_SSL.")
        if not self.uses_tls and (self.ca_file or self.certificate_file or self.key_file):
            raise Misconfigured(f"A certificate is set, but {self.protocol} does not encrypt: use SSL or SASL_SSL.")
        if (self.certificate_file is None) != (self.key_file is None):
            raise Misconfigured("A client certificate and its key come together: set both or none.")

    def __repr__(self) -> str:
        """Without the passwords: settings end up in logs and tracebacks."""
        return f"BrokerSecurity(protocol={self.protocol!r}, mechanism={self.mechanism!r}, username={self.username!r})"

    @property
    def uses_sasl(self) -> bool:
        """Whether a username and a password are sent."""
        return self.protocol.startswith("SASL_")

    @property
    def uses_tls(self) -> bool:
        """Whether the connection is encrypted."""
        return self.protocol.endswith("SSL")

    def librdkafka(self) -> dict[str, str]:
        """The settings of confluent-kafka."""
        found: dict[str, str | Path | None] = {"security.protocol": self.protocol}
        if self.uses_sasl:
            found |= {
                "sasl.mechanism": self.mechanism,
                "sasl.username": self.username,
                "sasl.password": self.password,
            }
        if self.uses_tls:
            found |= {
                "ssl.ca.location": self.ca_file,
                "ssl.certificate.location": self.certificate_file,
                "ssl.key.location": self.key_file,
                "ssl.key.password": self.key_password,
            }
        return {name: str(value) for name, value in found.items() if value is not None}

    def faust(self) -> Credentials | None:
        """What Faust hands to aiokafka; none for an open broker."""
        if self.uses_sasl:
            return SASLCredentials(
                username=self.username,
                password=self.password,
                mechanism=self.mechanism,
                ssl_context=self._tls() if self.uses_tls else None,
            )
        return SSLCredentials(self._tls()) if self.uses_tls else None

    def _tls(self) -> ssl.SSLContext:
        try:
            context = ssl.create_default_context(cafile=str(self.ca_file) if self.ca_file else None)
            if self.certificate_file and self.key_file:
                context.load_cert_chain(self.certificate_file, self.key_file, self.key_password)
        except (OSError, ssl.SSLError) as error:
            raise Misconfigured(f"A TLS file of the broker connection cannot be used ({error}).") from error
        return context


@dataclass(frozen=True)
class EngineSettings:
    """Every limit of the engine, with the reason for its default.

    Raises:
        Misconfigured: two limits contradict each other.
    """

    # Kafka's own default is 45 s; 10 s lets another worker take over in 11 s after a kill -9 (measured).
    session_timeout_s: float = 10.0
    # A third of the session: two heartbeats may get lost.
    heartbeat_s: float = 3.0
    # What a crash makes us do twice at most; each commit is one round trip.
    commit_interval_s: float = 1.0
    # Longest wait of the broker for a first byte when a topic is idle. Faust's 1,500 ms would be added to recovery.
    fetch_wait_ms: int = 50
    # 1,000 gives 28,000 records/s with RocksDB, 100 gives 12,000 (measured).
    batch_size_max: int = 1000
    # p50 of 3.4 ms at 500/s was measured with 1 ms; more gives larger requests and more delay.
    linger_ms: float = 1.0
    # Longest time without progress while there is something to do. Longer than any rebalance seen (12 s).
    stuck_s: float = 60.0
    # Longest time that one partition's commit may stand while records wait in it. Twice the above: when there is a
    # backlog other partitions may be served first.
    standstill_s: float = 120.0
    # A rebalance with recovery may rightly take longer, as long as it moves.
    rebalance_stuck_s: float = 180.0
    # Kafka's own default is 120 s; at 60 s a supervisor restarts us and Kafka replays.
    send_timeout_s: float = 60.0
    # What our topics take for one record; below the 1,048,588 of a topic with Kafka's own default.
    message_bytes_max: int = 2**20
    # Records between two writes of the changelog offset: a crash replays at most so many of each partition.
    checkpoint_every: int = 500
    # systemd and Kubernetes kill after 30 s and more; a stalled broker held Faust over 40 s (measured).
    shutdown_s: float = 25.0
    # Of one partition in one answer, and held for each partition of a backlog: at 1 MiB and 190 partitions over 100 MB
    # of a worker. A larger record still comes: since Kafka 0.10.1 an answer holds one record at least.
    fetch_bytes_max: int = 2**18
    # Records waiting in one agent's queue before its partitions are held back.
    queue_max: int = 4096
    # Records that an agent with lines by topic looks ahead, beyond that queue: 8,000 of 2 kB are some 25 MB.
    waiting_max: int = 8192
    # Of one topic so many wait here, then it is not fetched for a while: two seconds of a worker's work.
    waiting_of_topic_max: int = 2000

    def __post_init__(self) -> None:
        if self.heartbeat_s * 2 >= self.session_timeout_s:
            raise Misconfigured("The heartbeat must be less than half of the session timeout.")
        limits = self.batch_size_max, self.checkpoint_every, self.message_bytes_max, self.queue_max
        if min(*limits, self.waiting_max, self.waiting_of_topic_max) < 1:
            raise Misconfigured("Batch, queues, checkpoint and message size are at least 1.")

    @property
    def pause_s_max(self) -> float:
        """How long the process may stand still before others may own its partitions."""
        return self.session_timeout_s * 0.9

    @property
    def revoke_s_max(self) -> float:
        """How long the running batch and the commit may take when partitions are revoked."""
        return self.session_timeout_s * 0.8

    @property
    def request_timeout_s(self) -> float:
        """Time limit of a single call to the broker; Faust refuses one below the session timeout."""
        return max(40.0, self.session_timeout_s)
