"""Commands of this room."""

import typer

commands = typer.Typer()
