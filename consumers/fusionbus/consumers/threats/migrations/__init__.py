"""How the database came to its tables, one step a file; Alembic runs them when a database is opened."""
