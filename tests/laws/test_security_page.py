"""Laws over docs/security.md: its table of rights is what provisioning gives, and what it tells to run exists."""

import re
from pathlib import Path

import typer.main

from fusionbus.contract.topics import all_topics
from fusionbus.deploy.broker_secured import ADMIN, environment
from fusionbus.deploy.certificates import CA_LIFE, NODE, NODE_LIFE, RENEW_BEFORE
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
    shown = [line for line in PAGE.splitlines() if re.match(r"\| `[a-z<>]+` \| [A-Z_, ]+ \|", line)]
    assert shown == rights()


def test_every_principal_variable_and_period_is_told() -> None:
    named = [*ROLES, ADMIN, NODE, *environment("127.0.0.1:29092", "X", Secrets(Path("secrets")))]
    assert [name for name in named if f"`{name}" not in PAGE] == []
    for period in (CA_LIFE, NODE_LIFE, RENEW_BEFORE):
        assert f"{period.days:,} days" in PAGE


def test_every_command_on_the_page_exists() -> None:
    known = set(typer.main.get_group(build()).commands)
    assert set(re.findall(r"fusionbus ([a-z-]+)", PAGE)) <= known
