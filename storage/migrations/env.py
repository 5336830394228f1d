"""Alembic's entry: it runs this file as a script, which is why something happens at import here.

Only a connection that is already open is migrated; the asynchronous engine lends it by `run_sync`.
"""

from alembic import context

from storage.schema import metadata

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=metadata,
    # SQLite cannot alter most things about a table: Alembic then copies it.
    render_as_batch=connection.dialect.name == "sqlite",
    # Alembic assumes that SQLite cannot undo DDL; it can.
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
