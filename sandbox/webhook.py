"""Posting updates to a bot's own server. https://core.telegram.org/bots/api#setwebhook"""

from dataclasses import dataclass


@dataclass
class Webhook:
    """Where updates go instead of getUpdates."""

    url: str
