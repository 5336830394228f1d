"""What people may change about the whole world while it runs."""

from dataclasses import dataclass


@dataclass
class Settings:
    """Defaults are what is convenient for developing a bot; see docs/sandbox.md."""

    flood_limits: bool = False
    """Answer 429 above about 1 message/s per chat, 20/min per group and 30/s overall, edits counted like messages."""
    webhook_retry_seconds: float = 1.0
    """The first pause after a failed delivery to a webhook; it doubles up to a minute."""
    max_upload_bytes: int = 50 * 1024 * 1024
    max_download_bytes: int = 20 * 1024 * 1024
