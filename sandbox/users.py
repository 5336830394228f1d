"""People and bots as the Bot API's User objects show them."""

import asyncio
from dataclasses import dataclass, field
from typing import Any

from sandbox.updates import UpdateQueue
from sandbox.webhook import Webhook


@dataclass
class User:
    """A person, or the public half of a bot."""

    id: int
    first_name: str
    last_name: str | None = None
    username: str | None = None
    is_bot: bool = False
    language_code: str | None = "en"

    def as_object(self) -> dict[str, Any]:
        """https://core.telegram.org/bots/api#user, without what only getMe returns."""
        shown: dict[str, Any] = {"id": self.id, "is_bot": self.is_bot, "first_name": self.first_name}
        for name in ("last_name", "username"):
            if value := getattr(self, name):
                shown[name] = value
        if self.language_code and not self.is_bot:
            shown["language_code"] = self.language_code
        return shown

    @property
    def full_name(self) -> str:
        """First and last name, as clients show them."""
        return f"{self.first_name} {self.last_name}" if self.last_name else self.first_name


@dataclass
class Bot:
    """A bot account: its token, what BotFather set for it, and the updates that wait for it."""

    token: str
    user: User
    updates: UpdateQueue
    webhook: Webhook | None = None
    webhook_lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    """Held while the webhook is exchanged: of two at once neither may go on unseen."""
    can_join_groups: bool = True
    can_read_all_group_messages: bool = True
    """Privacy mode is off. A change reaches a group only when the bot is added to it again."""
    supports_inline_queries: bool = True
    inline_feedback: bool = True
    """Whether chosen inline results are reported (BotFather's /setinlinefeedback)."""
    commands: dict[tuple[str, str], list[dict[str, str]]] = field(default_factory=dict)
    """(scope as canonical JSON, language code) to the commands set there."""
    texts: dict[tuple[str, str], str] = field(default_factory=dict)
    """("description" | "short_description" | "name", language code) to the text set there."""
    file_links: dict[str, tuple[str, float]] = field(default_factory=dict)
    """`file_path` given by getFile to (file_unique_id, when it was given)."""
    file_paths: dict[str, str] = field(default_factory=dict)
    """file_unique_id to its `file_path`."""

    @property
    def id(self) -> int:
        return self.user.id

    def as_object(self) -> dict[str, Any]:
        """What getMe returns."""
        return self.user.as_object() | {
            "can_join_groups": self.can_join_groups,
            "can_read_all_group_messages": self.can_read_all_group_messages,
            "supports_inline_queries": self.supports_inline_queries,
            "can_connect_to_business": False,
            "has_main_web_app": False,
            "has_topics_enabled": False,
            "allows_users_to_create_topics": False,
            "can_manage_bots": False,
            "supports_guest_queries": False,
        }
