"""Settings of the producers' room: the broker's, and what is ours."""

from pathlib import Path
from typing import Annotated

from pydantic import Field, SecretStr

from fusionbus.shell.settings import BrokerSettings, default_home


class ProducerSettings(BrokerSettings):
    """How this agency's machine sends."""

    home: Path = Field(default_factory=default_home)
    """`FUSION_HOME`: where the outbox lies."""
    federation_key: SecretStr | None = None
    """`FUSION_FEDERATION_KEY`: the secret that all agencies share and the hub does not know; persons and things are
    hashed under it."""
    federation_key_file: Path | None = None
    federation_key_id: Annotated[str, Field(pattern=r"^[a-z0-9]{1,8}$")] = "k1"
    """Which key it is: tokens compare only under the same key, so a new key gets a new id."""
    signing_key_file: Path | None = None
    """`FUSION_SIGNING_KEY_FILE`: an Ed25519 key in PEM; with it every report is signed as it leaves this machine."""
    in_flight_max: Annotated[int, Field(ge=1, le=100_000)] = 1_000
    """Reports handed to the broker and not yet acknowledged. kafka-python bounds nothing itself; 1,000 are a tenth of a
    second at its measured 10,000/s, and 250 MB at the most, when every report is of the largest size."""
    delivery_timeout_s: Annotated[float, Field(gt=0, le=3_600)] = 120.0
    """How long a report is tried before it counts as not sent. A broker killed and restarted was back after 12 s; two
    minutes ride out a reboot."""
    close_timeout_s: Annotated[float, Field(gt=0, le=3_600)] = 30.0
    """How long `close` waits for what is still under way."""
    receipt_wait_s: Annotated[float, Field(gt=0, le=600)] = 10.0
    """How long an order about a report waits for the hub's answer; a worker that starts anew is back within it."""
    outbox_bytes_max: Annotated[int, Field(ge=65_536)] = 536_870_912
    """Room for reports that wait: 512 MiB hold 250,000 reports of 2 kB, weeks of the busiest agency."""
    outbox_batch: Annotated[int, Field(ge=1, le=10_000)] = 500
    """Reports sent before they are marked together: one disk write for all, and at most so many sent again after a
    crash."""
    outbox_sent_days: Annotated[int, Field(ge=0, le=3_650)] = 30
    """How long a sent report's id is remembered here, so that the same file imported again sends nothing again."""
