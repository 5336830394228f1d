"""What an export says, as records: frozen, typed, with nothing of the files' formats left in them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from history.files import FileRef

DELETED_ACCOUNT = "Deleted account"
"""The name of those who have none any more."""
CHANNEL_IDS = -1_000_000_000_000
"""The Bot API's id of a supergroup or channel is this minus the id that exports give."""

_NUMBERED_FOR_ALL = frozenset({"private_supergroup", "public_supergroup", "private_channel", "public_channel"})


class PictureKind(StrEnum):
    PHOTO = "photo"
    DOCUMENT = "document"
    """A picture sent as a file."""
    STICKER = "sticker"


class Missing(StrEnum):
    """Why a picture has no file to read; the value is the sentence's end: "12 photos: …"."""

    NOT_INCLUDED = "not included: export again with photos ticked"
    TOO_LARGE = "larger than the export's size limit: export again with a higher one"
    UNAVAILABLE = "Telegram could not give it at the time: export again"
    ABSENT = "the file is not in the export"
    EMPTY = "the file is empty"
    CUT_OFF = "the file is cut off"
    OUTSIDE = "its path leads out of the export"


class Skipped(StrEnum):
    """Why something in a list of messages was passed over."""

    NOT_A_MESSAGE = "not a message"
    NO_ID = "a message without an id"
    NO_DATE = "a picture without a date, or with one before Telegram began or yet to come"
    SELF_DESTRUCTING = "a self-destructing picture"
    OTHER_FORMAT = "a picture of a format that is not read"


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportedChat:
    """A chat of an export, counted."""

    id: int
    """As the export has it, without -100. Negative where the export holds none (HTML): then it is just a number within
    this export, see `has_id`."""
    name: str
    kind: str
    """personal_chat, private_group, private_supergroup, public_supergroup, private_channel, public_channel,
    saved_messages, bot_chat, or what a later version calls it; empty where the export does not say (HTML)."""
    photos: int
    """Pictures whose file is there."""
    missing: Mapping[Missing, int]
    """Pictures whose file is not, by reason."""
    skipped: Mapping[Skipped, int]
    """What was passed over, by reason; messages without a picture do not count."""
    first: datetime | None
    """Of the pictures, with a file or without; UTC."""
    last: datetime | None
    has_left: bool = False
    """The account had left the chat when it was exported."""

    @property
    def has_id(self) -> bool:
        """Whether `id` is Telegram's."""
        return self.id > 0

    @property
    def telegram_id(self) -> int | None:
        """The chat's id as a bot sees it; None where the export cannot tell.

        A private chat is one of these: its id in the export is the other's, while a bot knows it by the user's.
        """
        if not self.has_id:
            return None
        if self.kind == "private_group":
            return -self.id
        return CHANNEL_IDS - self.id if self.kind in _NUMBERED_FOR_ALL else None

    @property
    def is_numbered_for_all(self) -> bool:
        """Whether everybody, a bot too, sees its messages under the same ids: in supergroups and channels only.

        In basic groups and private chats every account numbers on its own: an id of such an export is good for neither
        a link nor a reply, and says nothing of what a bot has seen.
        """
        return self.kind in _NUMBERED_FOR_ALL


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportedPhoto:
    """A picture that a message of an export shows."""

    chat_id: int
    """`ExportedChat.id`."""
    message_id: int
    """Negative for what a supergroup was before it became one: Telegram Desktop takes 1,000,000,000 from those ids, and
    so they never meet the supergroup's own. Such an id is good for neither a link nor a reply."""
    date: datetime
    """UTC."""
    sender_id: int | None
    """As the Bot API has it: of a user positive, of a channel or of the group itself negative, with its -100."""
    sender_name: str
    is_channel_sender: bool
    """Posted in the name of a channel or of the group."""
    caption: str | None
    """Without its formatting; None also where it is a command."""
    file: FileRef | None
    """None: there is none to read, see `missing_reason`."""
    missing_reason: Missing | None
    kind: PictureKind
    mime_type: str | None
    width: int | None
    height: int | None
    spoiler: bool
    edited: datetime | None
    """UTC."""
    thread_id: int | None = None
    """The topic, as far as its messages tell: what was not written as a reply, or replies to a recent message."""
    media_group: None = None
    """Exports do not tell which photos were an album."""
