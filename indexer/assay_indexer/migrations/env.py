"""Alembic's entry point: runs the migrations on the connection that it is given."""

from alembic import context

from assay_indexer.tables import Kept

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=Kept.metadata)
with context.begin_transaction():
    context.run_migrations()
