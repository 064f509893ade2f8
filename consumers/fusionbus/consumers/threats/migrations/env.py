"""What Alembic runs: the steps, on the connection and in the transaction of whoever opens the database."""

from alembic import context

from fusionbus.consumers.threats.columns import METADATA


def run() -> None:
    """Takes the steps that are missing."""
    context.configure(
        connection=context.config.attributes["connection"],
        target_metadata=METADATA,
        transactional_ddl=True,
        transaction_per_migration=False,
    )
    context.run_migrations()


if __name__ == "env_py":  # the name that Alembic gives this file when it runs it
    run()
