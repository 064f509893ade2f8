"""Commands of this room."""

import typer

from fusionbus.deploy.backup.cli import backup_commands
from fusionbus.deploy.cli_broker import broker_commands
from fusionbus.deploy.cli_demo import demo_commands
from fusionbus.deploy.cli_keys import keys_commands
from fusionbus.deploy.cli_provision import provision_commands
from fusionbus.deploy.cli_rights import env_commands
from fusionbus.deploy.cli_up import up_commands
from fusionbus.deploy.evidence.cli import evidence_commands
from fusionbus.deploy.operators.cli import operator_commands

commands = typer.Typer()
commands.add_typer(broker_commands, name="broker")
commands.add_typer(provision_commands)
commands.add_typer(demo_commands)
commands.add_typer(up_commands)
commands.add_typer(env_commands)
commands.add_typer(keys_commands, name="keys")
commands.add_typer(operator_commands)
commands.add_typer(backup_commands)
commands.add_typer(evidence_commands, name="evidence")
