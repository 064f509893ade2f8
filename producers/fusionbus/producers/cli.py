"""Commands of this room."""

import typer

from fusionbus.producers.cli_import import import_file
from fusionbus.producers.cli_keeping import hold, purge, release
from fusionbus.producers.cli_outbox import outbox_commands
from fusionbus.producers.cli_publish import publish, replay
from fusionbus.producers.cli_redress import redress_commands
from fusionbus.producers.cli_token import token
from fusionbus.producers.simulate.command import commands as simulate_commands
from fusionbus.producers.station.cli import station_commands
from fusionbus.producers.tips.cli import tip_commands

commands = typer.Typer()
commands.command("publish")(publish)
commands.command("import")(import_file)
commands.command("replay")(replay)
commands.command("purge")(purge)
commands.command("hold")(hold)
commands.command("release")(release)
commands.command("token")(token)
commands.add_typer(outbox_commands, name="outbox")
commands.add_typer(station_commands, name="station")
commands.add_typer(tip_commands, name="tips")
commands.add_typer(simulate_commands)
commands.add_typer(redress_commands, name="redress")
