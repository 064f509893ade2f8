"""What Alembic runs: the steps, on the connection and in the transaction of whoever opens the database."""

from alembic import context

from fusionbus.consumers.threats import tables, tables_hub
from fusionbus.consumers.threats.columns import METADATA

_READ = (tables, tables_hub)  # so that all tables are known
context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    transactional_ddl=True,
    transaction_per_migration=False,
)
context.run_migrations()
