"""The schema's history, run by Alembic inside the transaction in which `Database.open` begins.

`versions/` is append-only: a version that was released is never edited. No alembic.ini: the scripts are found
as a package, so that an installed program migrates like a checkout. Alembic itself is imported only where there is
something to do: it takes a third of a second. A new version is written by hand, or with
`alembic.command.revision` on `configuration()`; a test compares the result with `storage.schema`.
"""

from __future__ import annotations

from importlib.resources import files
from typing import TYPE_CHECKING

from sqlalchemy import Connection, inspect, text

from storage.errors import SchemaTooNew

if TYPE_CHECKING:
    from alembic.config import Config

UPGRADE_LOCK = 0x636C656E73
"""Key of PostgreSQL's advisory lock, so that two programs that start together upgrade one after the other."""


def configuration(connection: Connection | None = None) -> Config:
    """Alembic's settings; `env.py` takes the connection from `attributes`."""
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", "storage:migrations")
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


def upgrade(connection: Connection) -> None:
    """Bring the schema up to date inside the connection's transaction; raises SchemaTooNew."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": UPGRADE_LOCK})
    if is_current(connection):
        return
    from alembic import command  # noqa: PLC0415
    from alembic.runtime.migration import MigrationContext  # noqa: PLC0415

    for revision in MigrationContext.configure(connection).get_current_heads():
        check_known(revision)
    command.upgrade(configuration(connection), "head")


def is_current(connection: Connection) -> bool:
    """Whether the schema is the newest that is known here."""
    if not inspect(connection).has_table("alembic_version"):
        return False
    return list(connection.scalars(text("SELECT version_num FROM alembic_version"))) == [newest()]


def newest() -> str:
    """The last version: their files' names begin with their numbers."""
    names = (file.name for file in files("storage.migrations.versions").iterdir())
    return max(name.partition("_")[0] for name in names if name[0].isdigit())


def check_known(revision: str) -> None:
    """Raises SchemaTooNew."""
    from alembic.script import ScriptDirectory  # noqa: PLC0415

    scripts = ScriptDirectory.from_config(configuration()).walk_revisions()
    if revision not in {script.revision for script in scripts}:
        raise SchemaTooNew(revision)
