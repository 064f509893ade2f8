"""Laws over docs/threat-model.md and docs/audit.md: tests, files and words that they name exist."""

import ast
import re
from pathlib import Path

import typer.main

from fusionbus.deploy.operators import seal_check, seal_diff
from fusionbus.shell.cli import build

ROOT = Path(__file__).resolve().parents[2]
MODEL = (ROOT / "docs" / "threat-model.md").read_text(encoding="utf-8")
AUDIT = (ROOT / "docs" / "audit.md").read_text(encoding="utf-8")


def functions_in(file: str) -> set[str]:
    tree = ast.parse((ROOT / "tests" / file).read_text(encoding="utf-8"))
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


def test_every_test_that_the_threat_model_names_exists() -> None:
    told = re.findall(r"`((?:unit|integration|laws)/[\w/]+\.py)(?:::(test_\w+))?`", MODEL)
    assert len(told) > 20
    assert [one for one in told if not (ROOT / "tests" / one[0]).is_file()] == []
    assert [(file, name) for file, name in told if name and name not in functions_in(file)] == []


def test_every_row_of_an_attack_names_a_test() -> None:
    tables = MODEL.split("| attack | what stops it | test |")[1:]
    rows = [line for table in tables for line in table.partition("\n\n")[0].splitlines() if "---" not in line]
    assert [row for row in rows if row and not re.search(r"`(unit|integration|laws)/", row)] == []


def test_every_command_on_both_pages_exists() -> None:
    known = set(typer.main.get_group(build()).commands)
    assert set(re.findall(r"fusionbus ([a-z-]+)", MODEL + AUDIT)) <= known


def test_every_word_of_verify_on_the_page_is_one_it_says() -> None:
    said = "".join(Path(str(module.__file__)).read_text(encoding="utf-8") for module in (seal_check, seal_diff))
    flat = re.sub(r'"\s*\n\s*f?"', "", said)
    rows = [line for line in AUDIT.partition("| it says |")[2].splitlines() if line.startswith("| `")]
    words = [word for row in rows for word in re.findall(r"`([^`]+)`", row.split("|")[1])]
    assert len(words) > 8
    parts = [part.strip() for word in words for part in re.split("…|5", word) if part.strip()]
    assert [part for part in parts if part not in flat] == []
