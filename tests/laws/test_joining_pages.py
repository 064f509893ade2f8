"""Laws over the pages for those who join: what they tell to run exists."""

import re
from pathlib import Path

import pytest
import typer.main

from fusionbus.shell.cli import build

DOCS = Path(__file__).resolve().parents[2] / "docs"
KNOWN = set(typer.main.get_group(build()).commands)


@pytest.mark.parametrize("page", ["command-line.md", "monitoring.md"])
def test_every_command_on_the_page_exists(page: str) -> None:
    told = set(re.findall(r"fusionbus ([a-z][a-z-]*)", (DOCS / page).read_text(encoding="utf-8")))
    assert told
    assert told <= KNOWN
