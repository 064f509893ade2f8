"""Settings of the local broker."""

import os
from pathlib import Path
from typing import Annotated

from pydantic import Field

from fusionbus.deploy.secret_files import Secrets
from fusionbus.shell.settings import RoomSettings, default_home

DEFAULT_PORT = 19092


def default_cache() -> Path:
    """Where downloaded jars are kept: `$XDG_CACHE_HOME/fusionbus` or `~/.cache/fusionbus`."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "fusionbus"


class LocalBrokerSettings(RoomSettings):
    """Where the local broker lives, and whether it is wanted at all."""

    bootstrap: Annotated[str | None, Field(pattern=r"^[^\s,]+:\d+(,[^\s,]+:\d+)*$")] = None
    """`FUSION_BOOTSTRAP`: an existing cluster (host:port, comma separated); then no local broker is started."""
    home: Path = Field(default_factory=default_home)
    """`FUSION_HOME`: the broker's records lie in its folder `broker`."""
    cache: Path = Field(default_factory=default_cache)
    """`FUSION_CACHE`: where Kafka's jars are kept once they were fetched."""
    broker_port: Annotated[int, Field(ge=1024, le=65535)] = DEFAULT_PORT
    """`FUSION_BROKER_PORT`: the loopback port; not 9092, so that another Kafka may run beside it."""
    maven_mirror: Annotated[str | None, Field(pattern=r"^https?://\S+$")] = None
    """`FUSION_MAVEN_MIRROR`: an inner repository to fetch the jars from, for networks that are cut off."""
    kafka_home: Path | None = None
    """`FUSION_KAFKA_HOME`: an unpacked Kafka to run instead of fetched jars."""

    @property
    def secrets(self) -> Secrets:
        """Where passwords and certificates lie: the folder `secrets` of FUSION_HOME."""
        return Secrets((self.home.expanduser() / "secrets").absolute())
