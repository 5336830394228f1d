"""Messages as the world keeps them, apart from how a bot sees them (see `rendering`)."""

from dataclasses import dataclass, field, replace
from typing import Any

from sandbox.files import Document
from sandbox.pictures import Picture
from sandbox.users import User

Entities = list[dict[str, Any]]


@dataclass(frozen=True)
class Content:
    """What a message says: text, or a photo or document with `text` as its caption."""

    text: str = ""
    entities: Entities = field(default_factory=list)
    photo: Picture | None = None
    document: Document | None = None
    spoiler: bool = False
    caption_above: bool = False
    link_preview: dict[str, Any] | None = None
    """LinkPreviewOptions, where they were given."""

    @property
    def has_media(self) -> bool:
        return self.photo is not None or self.document is not None

    @property
    def right(self) -> str:
        """The permission that posting this takes. https://core.telegram.org/bots/api#chatpermissions"""
        if self.photo is not None:
            return "can_send_photos"
        return "can_send_documents" if self.document is not None else "can_send_messages"

    def with_text(self, text: str, entities: Entities) -> "Content":
        """The same media under another text."""
        return replace(self, text=text, entities=entities)


@dataclass
class Message:
    """One message of one chat."""

    id: int
    chat_id: int
    date: int
    content: Content
    sender: User | None = None
    author_bot_id: int | None = None
    """The bot that sent it, also where `sender` does not say so: in channels."""
    sender_chat: dict[str, Any] | None = None
    """The channel or group in whose name it was sent, as a Chat object."""
    signature: str | None = None
    reply_to: int | None = None
    thread_id: int | None = None
    in_topic: bool = False
    media_group_id: str | None = None
    reply_markup: dict[str, Any] | None = None
    protected: bool = False
    via_bot: User | None = None
    forward_origin: dict[str, Any] | None = None
    service: dict[str, Any] = field(default_factory=dict)
    """The fields of a service message, such as `new_chat_members`."""
    edit_date: int | None = None
    edit_hidden: bool = False
    """Only buttons changed: clients do not call that edited."""
    external_reply: dict[str, Any] | None = None
    """What it replies to in another chat."""
    quote: dict[str, Any] | None = None
    reactions: dict[int, list[dict[str, Any]]] = field(default_factory=dict)
    """User id to that user's ReactionType objects."""

    def is_by(self, bot_id: int) -> bool:
        """Whether this bot sent it."""
        return self.author_bot_id == bot_id or (self.sender is not None and self.sender.id == bot_id)

    @property
    def is_service(self) -> bool:
        return bool(self.service)
