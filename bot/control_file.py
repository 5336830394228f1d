"""`control.json` in the data directory: where the bot that runs there can be asked, and the secret that shows
that whoever asks may read the directory.
"""

import hmac
import json
import os
import secrets
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Self

NAME = "control.json"


@dataclass(frozen=True, slots=True)
class ControlFile:
    """What the file says. A bot that was killed leaves it behind, and then nobody answers there."""

    url: str
    secret: str = field(repr=False)

    @classmethod
    def of(cls, port: int) -> Self:
        """With a new secret."""
        return cls(f"http://127.0.0.1:{port}", secrets.token_urlsafe(32))

    @classmethod
    def read(cls, data_dir: Path) -> Self | None:
        """None where there is none, or half of one. Raises PermissionError where it is another user's."""
        try:
            told = json.loads((data_dir / NAME).read_text("utf-8"))
            return cls(str(told["url"]), str(told["secret"]))
        except PermissionError:
            raise
        except (OSError, ValueError, TypeError, KeyError):
            return None

    def write(self, data_dir: Path) -> None:
        """In place of whatever a bot that was killed left. Nobody but its owner may ever read it. Raises OSError."""
        being_written = data_dir / f"{NAME}.new"
        being_written.unlink(missing_ok=True)
        with os.fdopen(os.open(being_written, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            json.dump(asdict(self), file)
        being_written.replace(data_dir / NAME)

    def proof(self, nonce: str) -> str:
        """What only those can say who know the secret, without telling it."""
        return hmac.new(self.secret.encode(), nonce.encode(), "sha256").hexdigest()

    @staticmethod
    def remove(data_dir: Path) -> None:
        """From now on nobody is asked."""
        with suppress(OSError):
            (data_dir / NAME).unlink(missing_ok=True)
