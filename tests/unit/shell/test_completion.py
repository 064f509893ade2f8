"""Shell completion: what a person's Tab key gets."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

COMMAND = str(Path(sys.executable).parent / "fusionbus")


def completed(words: str, shell: str) -> list[str]:
    """What the shell's own script would be told, asked as it asks."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("FUSION_", "_TYPER"))}
    asked = {"COMP_WORDS": words, "COMP_CWORD": str(len(words.split(" ")) - 1), "_TYPER_COMPLETE_ARGS": words}
    env = clean | asked | {"_FUSIONBUS_COMPLETE": f"complete_{shell}", "_TYPER_COMPLETE_FISH_ACTION": "get-args"}
    done = subprocess.run([COMMAND], env=env, capture_output=True, text=True, timeout=120, check=False)
    return done.stdout.split()


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_tab_names_the_commands(shell: str) -> None:
    told = " ".join(completed("fusionbus ", shell))
    for command in ("alerts", "watch", "doctor", "agency", "publish"):
        assert command in told


def test_tab_goes_on_within_a_group_and_an_option() -> None:
    assert completed("fusionbus dead-letters re", "bash") == ["replay"]
    assert "--max-seconds" in completed("fusionbus lag --max", "bash")
