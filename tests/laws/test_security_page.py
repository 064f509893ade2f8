"""Laws over docs/security.md: its table of rights is what provisioning gives, and what it tells to run exists."""

import ast
import re
from pathlib import Path

import typer.main

from fusionbus.contract.topics import all_topics
from fusionbus.deploy.broker_secured import ADMIN, environment
from fusionbus.deploy.certificates import CA_LIFE, NODE, NODE_LIFE, RENEW_BEFORE
from fusionbus.deploy.quotas import DEFAULT_BYTES_S
from fusionbus.deploy.rights import ROLES, acls_for
from fusionbus.deploy.secret_files import Secrets
from fusionbus.shell.cli import build

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "security.md").read_text(encoding="utf-8")
AGENCY = "<agency>"


def rights() -> list[str]:
    """The rows of the table: what a principal may do, and on what."""
    operations: dict[tuple[str, str], list[str]] = {}
    for acl in acls_for(all_topics([AGENCY]), [AGENCY]):
        operations.setdefault((acl.principal, f"{acl.resource} `{acl.name}{'…' * acl.prefixed}`"), []).append(
            acl.operation
        )
    places: dict[tuple[str, str], list[str]] = {}
    for (principal, place), may in operations.items():
        places.setdefault((principal, ", ".join(sorted(may))), []).append(place)
    return [f"| `{principal}` | {may} | {', '.join(where)} |" for (principal, may), where in places.items()]


def test_the_table_of_rights_is_what_provisioning_gives() -> None:
    shown = [line for line in PAGE.splitlines() if re.match(r"\| `[a-z<>-]+` \| [A-Z_, ]+ \|", line)]
    assert shown == rights()


def test_every_principal_variable_and_period_is_told() -> None:
    named = [*ROLES, ADMIN, NODE, *environment("127.0.0.1:29092", "X", Secrets(Path("secrets")))]
    assert [name for name in named if f"`{name}" not in PAGE] == []
    for period in (CA_LIFE, NODE_LIFE, RENEW_BEFORE):
        assert f"{period.days:,} days" in PAGE


def test_every_command_on_the_page_exists() -> None:
    known = set(typer.main.get_group(build()).commands)
    assert set(re.findall(r"fusionbus ([a-z-]+)", PAGE)) <= known


def test_every_test_in_the_table_of_attacks_exists() -> None:
    told = re.findall(r"`((?:unit|integration|laws)/[\w/]+\.py)::(test_\w+)`", PAGE)
    assert len(told) > 20
    tests = Path(__file__).resolve().parents[1]
    there = {
        (file, node.name)
        for file in {file for file, _ in told}
        if (tests / file).is_file()
        for node in ast.walk(ast.parse((tests / file).read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef)
    }
    assert [one for one in told if one not in there] == []


def test_every_row_of_the_table_of_attacks_names_a_test() -> None:
    table = PAGE.partition("| attack | what stops it | test |")[2].partition("\n\n")[0]
    rows = [line for line in table.splitlines() if line.startswith("| ") and "---" not in line]
    assert len(rows) > 20
    assert [row for row in rows if "::test_" not in row] == []


def test_the_quota_on_the_page_is_the_default() -> None:
    assert f"{DEFAULT_BYTES_S:,} bytes a second" in PAGE
    assert "quota.window.num" in PAGE
