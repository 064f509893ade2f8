"""The tutorial is run as it stands: every command, and what is said to come of it."""

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from fusionbus.deploy.broker_ports import free_port

pytestmark = [pytest.mark.broker, pytest.mark.timeout(300)]

PAGE = Path(__file__).resolve().parents[2] / "docs" / "tutorial.md"
WITHIN_S = 120
TOLD_PORT = "19092"


@dataclass
class Shell:
    """A person's shell in an empty folder: what is set in one line holds in the next."""

    folder: Path
    env: dict[str, str]

    def run(self, line: str) -> str:
        """What the line printed, and its environment kept. Raises: AssertionError where it failed."""
        kept = shlex.quote(str(self.folder.parent / "environment"))
        script = f"[ -e {kept} ] && . {kept}\nset -a -o pipefail\n{line}\nstatus=$?; export -p > {kept}; exit $status"
        done = subprocess.run(
            ["bash", "-c", script],
            cwd=self.folder,
            env=self.env,
            capture_output=True,
            text=True,
            timeout=WITHIN_S,
            check=False,
        )
        assert done.returncode == 0, f"$ {line}\n{done.stdout}\n{done.stderr}"
        return done.stdout


@pytest.fixture
def shell(tmp_path: Path, broker: str) -> Iterator[Shell]:
    """An empty folder, with ports of its own; the broker's jars are cached by the shared one."""
    assert broker
    clean = {name: value for name, value in os.environ.items() if not name.startswith("FUSION_") or "CACHE" in name}
    one, other = free_port(), free_port()
    own = {
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "FUSION_HOME": str(tmp_path / "home"),
        "FUSION_BROKER_PORT": str(one),
        "FUSION_HUB_METRICS_PORT": str(other),
        "COLUMNS": "160",
    }
    made = Shell(tmp_path / "work", clean | own)
    made.folder.mkdir()
    yield made
    subprocess.run(["fusionbus", "down"], env=clean | own, check=False, capture_output=True, timeout=WITHIN_S)


def steps() -> list[tuple[str, list[str]]]:
    """Each command of the page with the lines that stand below it."""
    found: list[tuple[str, list[str]]] = []
    for block in re.findall(r"```console\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL):
        for line in block.splitlines():
            if line.startswith("$ "):
                found.append((line[2:], []))
            else:
                found[-1][1].append(line)
    return found


def shows(expected: str, printed: str) -> bool:
    """Whether one printed line has the parts of the expected one, in order; `…` stands for anything."""
    parts = [re.escape(" ".join(part.split())) for part in expected.split("…")]
    pattern = ".*".join(parts)
    return any(re.fullmatch(pattern, " ".join(line.split())) for line in printed.splitlines())


def test_every_line_of_the_tutorial_does_what_the_tutorial_says(shell: Shell) -> None:
    told = steps()
    assert len(told) >= 12
    for line, expected in told:
        printed = shell.run(line)
        for each in expected:
            assert each == "…" or shows(each, printed), f"$ {line}\n{printed}\nhas no line like: {each}"
        for settings in shell.folder.glob("*/settings.env"):  # the page says so, where the port is another
            settings.write_text(settings.read_text().replace(TOLD_PORT, shell.env["FUSION_BROKER_PORT"]))
