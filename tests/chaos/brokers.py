"""The brokers of a chaos run: one, one behind a proxy, or three; killed, bounced, cut off."""

from pathlib import Path
from typing import Protocol

from chaos.proxy import Proxy
from chaos.small_disk import SmallDisk
from fusionbus.deploy.broker import LocalBroker, LocalCluster
from fusionbus.deploy.broker_files import HOST
from fusionbus.deploy.broker_ports import free_port

SMALL_MB = 1_500
"""A broker wants 256 MB free at its start; its index files take 10 MB each when they are made."""


class Brokers(Protocol):
    """What the federation needs of its brokers."""

    copies: int
    """Of each record."""

    @property
    def nodes(self) -> tuple[LocalBroker, ...]:
        """One or three."""

    @property
    def bootstrap(self) -> str:
        """What the federation's processes connect to."""

    @property
    def direct(self) -> str:
        """What the oracle connects to."""

    def start(self) -> None:
        """Returns when records are taken."""

    def close(self) -> None:
        """Ends all of it."""


class Single:
    """One broker."""

    copies = 1

    def __init__(self, folder: Path) -> None:
        self._node = LocalBroker(folder)

    @property
    def nodes(self) -> tuple[LocalBroker, ...]:
        """The one."""
        return (self._node,)

    @property
    def bootstrap(self) -> str:
        """Its address."""
        return self._node.bootstrap

    @property
    def direct(self) -> str:
        """The same."""
        return self._node.bootstrap

    def start(self) -> None:
        """Starts it."""
        self._node.start()

    def close(self) -> None:
        """Ends it."""
        self._node.resume()
        self._node.kill()


class ProxiedBroker(LocalBroker):
    """A broker with a second listener, which tells its clients to come through the proxy."""

    def __init__(self, folder: Path, proxy: Proxy) -> None:
        super().__init__(folder)
        self._proxy, self._behind = proxy, 0

    def _write_settings(self) -> None:
        super()._write_settings()
        self._behind = self._behind or free_port(taken=(self.port, self.controller_port))
        self._proxy.lead_to(self._behind)
        plain, control = f"PLAINTEXT://{HOST}:{self.port}", f"CONTROLLER://{HOST}:{self.controller_port}"
        with self.folder.settings.open("a", encoding="utf-8") as file:  # of two lines of one name Java takes the last
            file.write(f"listeners={plain},{control},PROXIED://{HOST}:{self._behind}\n")
            file.write(f"advertised.listeners={plain},PROXIED://{self._proxy.address}\n")
            file.write("listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,PROXIED:PLAINTEXT\n")


class Proxied(Single):
    """One broker that clients reach through a proxy only; the oracle goes round it."""

    def __init__(self, folder: Path) -> None:
        self.proxy = Proxy().start()
        self._node = ProxiedBroker(folder, self.proxy)

    @property
    def bootstrap(self) -> str:
        """The proxy's address."""
        return self.proxy.address

    def close(self) -> None:
        """Ends both."""
        super().close()
        self.proxy.stop()


class OnSmallDisk(Single):
    """One broker whose records lie on a small disk of their own."""

    def __init__(self, folder: Path) -> None:
        self.disk = SmallDisk(folder, SMALL_MB)
        super().__init__(folder)

    def close(self) -> None:
        """Ends it and takes the disk away."""
        super().close()
        self.disk.close()


class Three:
    """Three brokers: three copies of each record, two of them sure."""

    copies = 3

    def __init__(self, folder: Path) -> None:
        self._cluster = LocalCluster(folder)

    @property
    def nodes(self) -> tuple[LocalBroker, ...]:
        """All three."""
        return self._cluster.nodes

    @property
    def bootstrap(self) -> str:
        """All three addresses."""
        return self._cluster.bootstrap

    @property
    def direct(self) -> str:
        """The same."""
        return self._cluster.bootstrap

    def start(self) -> None:
        """Starts them."""
        self._cluster.start()

    def close(self) -> None:
        """Ends them."""
        self._cluster.kill()
