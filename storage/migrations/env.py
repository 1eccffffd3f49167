"""Alembic's entry: runs revisions on the connection that `storage.migrating` hands in, or writes them as SQL."""

from alembic import context

from storage.columns import metadata

connection = context.config.attributes.get("connection")

if context.is_offline_mode():
    dialect = context.config.attributes.get("dialect", "sqlite")
    context.configure(dialect_name=dialect, target_metadata=metadata, literal_binds=True)
    with context.begin_transaction():
        context.run_migrations()
else:
    context.configure(connection=connection, target_metadata=metadata, render_as_batch=True)
    with context.begin_transaction():
        context.run_migrations()
