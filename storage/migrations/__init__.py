"""The schema's history, run by Alembic inside the transaction in which `Database.open` begins.

`versions/` is append-only: a version that was released is never edited. No alembic.ini: the scripts are found
as a package, so that an installed program migrates like a checkout. A new version is written by hand, or with
`alembic.command.revision` on `configuration()`; a test compares the result with `storage.schema`.
"""

from __future__ import annotations

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from storage.errors import SchemaTooNew

UPGRADE_LOCK = 0x636C656E73
"""Key of PostgreSQL's advisory lock, so that two programs that start together upgrade one after the other."""


def configuration(connection: Connection | None = None) -> Config:
    """Alembic's settings; `env.py` takes the connection from `attributes`."""
    config = Config()
    config.set_main_option("script_location", "storage:migrations")
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


def upgrade(connection: Connection) -> None:
    """Bring the schema up to date inside the connection's transaction; raises SchemaTooNew."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": UPGRADE_LOCK})
    for revision in MigrationContext.configure(connection).get_current_heads():
        check_known(revision)
    command.upgrade(configuration(connection), "head")


def check_known(revision: str) -> None:
    """Raises SchemaTooNew."""
    scripts = ScriptDirectory.from_config(configuration()).walk_revisions()
    if revision not in {script.revision for script in scripts}:
        raise SchemaTooNew(revision)
