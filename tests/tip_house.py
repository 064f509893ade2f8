"""The tip line as its own process, as it is run."""

import os
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlencode
from urllib.request import Request, urlopen

from browsing import a_free_port, answers
from running_hub import COMMAND, WITHIN_S, until


@dataclass
class TipHouse:
    """A tip line in a folder, to be started, killed and started again."""

    folder: Path
    bootstrap: str = "127.0.0.1:1"
    env: Mapping[str, str] = field(default_factory=dict)
    port: int = field(default_factory=a_free_port)
    desk_port: int = field(default_factory=a_free_port)
    mail_port: int = field(default_factory=a_free_port)
    metrics_port: int = field(default_factory=a_free_port)
    process: "subprocess.Popen[bytes] | None" = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def desk_url(self) -> str:
        return f"http://127.0.0.1:{self.desk_port}"

    @property
    def log(self) -> str:
        return (self.folder / "tips.log").read_text(encoding="utf-8")

    def command(self, *words: str) -> str:
        """What a command of the tip line prints."""
        done = subprocess.run(
            [COMMAND, "tips", *words], env=self._env(), capture_output=True, text=True, check=False, timeout=WITHIN_S
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def start(self) -> None:
        """Serves, ready."""
        ports = {"--form-port": self.port, "--desk-port": self.desk_port, "--mail-port": self.mail_port}
        words = [str(word) for pair in (ports | {"--metrics-port": self.metrics_port}).items() for word in pair]
        with (self.folder / "tips.log").open("ab") as log:
            self.process = subprocess.Popen([COMMAND, "tips", "serve", *words], env=self._env(), stdout=log, stderr=log)
        until(lambda: answers(f"{self.url}/health") and answers(f"{self.desk_url}/health"), "the tip line answers")

    def kill(self) -> None:
        """Ends it as a power cut would."""
        assert self.process is not None
        self.process.kill()
        self.process.wait(WITHIN_S)

    def tell(self, **fields: str) -> str:
        """The page that answers a tip."""
        asked = Request(f"{self.url}/", urlencode(fields).encode(), {"User-Agent": "a rare telephone"})  # noqa: S310
        with urlopen(asked, timeout=WITHIN_S) as answer:  # noqa: S310 - our own process
            return str(answer.read().decode())

    def metrics(self) -> str:
        with urlopen(f"http://127.0.0.1:{self.metrics_port}/metrics", timeout=WITHIN_S) as answer:
            return str(answer.read().decode())

    def _env(self) -> dict[str, str]:
        clean = {name: value for name, value in os.environ.items() if not name.startswith("FUSION_")}
        home = {"FUSION_BOOTSTRAP": self.bootstrap, "FUSION_HOME": str(self.folder / "home")}
        return clean | home | {"FUSION_CONNECT_TIMEOUT_S": "5"} | dict(self.env)


@contextmanager
def tip_house(folder: Path, bootstrap: str = "127.0.0.1:1", **env: str) -> Iterator[TipHouse]:
    """A running one, which ends with the block."""
    house = TipHouse(folder, bootstrap, env)
    house.start()
    try:
        yield house
    finally:
        if house.process is not None:
            house.process.terminate()
            house.process.wait(WITHIN_S)
