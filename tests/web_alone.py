"""The web server over a filled threat database, with the broker out of reach."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from browsing import QUICK, a_free_port, answers
from running_hub import COMMAND, until


@dataclass(frozen=True)
class WebAlone:
    """A web server that is looked at."""

    url: str


@contextmanager
def serving(folder: Path) -> Iterator[WebAlone]:
    """A web server over `threats.db` in this folder."""
    port = a_free_port()
    env = {name: value for name, value in os.environ.items() if not name.startswith("FUSION_")}
    env |= {
        "FUSION_HOME": str(folder / "home"),
        "FUSION_DATABASE_URL": f"sqlite:{folder}/threats.db",
        "FUSION_OVERSIGHT_URL": f"sqlite:{folder}/oversight.db",
        "FUSION_BOOTSTRAP": f"127.0.0.1:{a_free_port()}",
        "FUSION_CONNECT_TIMEOUT_S": "1",
        "FUSION_WEB_SCRYPT_LOG2_N": str(QUICK),
    }
    with (folder / "web.log").open("wb") as log:
        server = subprocess.Popen((COMMAND, "web", "--port", str(port)), env=env, stdout=log, stderr=log)
        try:
            until(lambda: answers(f"http://127.0.0.1:{port}/health"), "the web server answers")
            yield WebAlone(f"http://127.0.0.1:{port}")
        finally:
            server.terminate()
            server.wait(15)
