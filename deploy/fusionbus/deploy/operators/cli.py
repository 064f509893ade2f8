"""All operators' commands, to be mounted by the room."""

import typer

from fusionbus.deploy.operators.cli_audit import audit_commands
from fusionbus.deploy.operators.cli_denials import denial_commands
from fusionbus.deploy.operators.cli_doctor import doctor_commands
from fusionbus.deploy.operators.cli_lag import lag_commands
from fusionbus.deploy.operators.cli_letters import letter_commands
from fusionbus.deploy.operators.cli_retention import retention_commands
from fusionbus.deploy.operators.cli_review import review_commands

operator_commands = typer.Typer()
operator_commands.add_typer(letter_commands, name="dead-letters")
operator_commands.add_typer(audit_commands, name="audit")
operator_commands.add_typer(review_commands)
operator_commands.add_typer(retention_commands, name="retention")
operator_commands.add_typer(lag_commands)
operator_commands.add_typer(doctor_commands)
operator_commands.add_typer(denial_commands)
